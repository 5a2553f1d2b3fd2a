"""A real disk that is really full: a small one, mounted where only the test sees it."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from civis_nb.local.store.full_disk import Reserve, is_full

_ALONE = ["unshare", "--map-root-user", "--mount"]

_SCRIPT = """
import json, shutil, sys, time
import requests
from civis_nb.local import start

found = {}
with start(state=sys.argv[1] + "/state", samples=False) as platform:
    session = requests.Session()
    session.auth = (platform.api_key, "")

    def call(method, path, **arguments):
        return session.request(method, platform.endpoint + path, timeout=30, **arguments)

    def ended(path):
        deadline = time.monotonic() + 30
        while (run := call("GET", path).json())["state"] in ("queued", "running"):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return run

    def query(sql):
        body = {"database": 1, "sql": sql, "previewRows": 5}
        return ended(f"/queries/{call('POST', '/queries', json=body).json()['id']}")

    def job(source):
        made = call("POST", "/scripts/python3", json={"name": "a", "source": source}).json()
        run = call("POST", f"/jobs/{made['id']}/runs").json()
        return ended(f"/jobs/{made['id']}/runs/{run['id']}")

    query("CREATE TABLE kept AS SELECT i FROM generate_series(0, 999) t(i);"
          "CREATE TABLE texts AS SELECT sha256(i::text) a FROM generate_series(0, 19999) t(i)")
    made = call("POST", "/files", json={"name": "a"}).json()
    upload = requests.post(
        made["uploadUrl"], files={**made["uploadFields"], "file": bytes(21_000_000)}, timeout=30
    )
    found["upload"] = [upload.status_code, upload.text]
    found["statement"] = query("CREATE TABLE big AS SELECT sha256(i::text) a, md5(i::text) b "
                               "FROM generate_series(0, 399999) t(i)")["error"]
    found["next statement"] = query("SELECT count(*) FROM kept")["resultRows"]
    # Again and again, so that nothing is left of what the first failure gave back.
    found["writes"] = []
    for _ in range(3):
        query("INSERT INTO texts SELECT sha256(i::text) FROM generate_series(0, 899999) t(i)")
        made = query("DROP TABLE IF EXISTS small; CREATE TABLE small AS SELECT 1")
        found["writes"].append(made["error"])
        found["writes"].append(call("POST", "/files", json={"name": "a"}).status_code)
    found["free"] = shutil.disk_usage(sys.argv[1]).free
    found["log"] = job("for i in range(100000): print('x' * 600)")["error"]
    found["user"] = call("GET", "/users/me").status_code
with start(state=sys.argv[1] + "/state", samples=False) as platform:
    answer = requests.get(platform.endpoint + "/users/me", auth=(platform.api_key, ""), timeout=30)
    found["started again"] = answer.status_code
    found["tables"] = requests.get(
        platform.endpoint + "/databases/1/schemas/public/tables",
        auth=(platform.api_key, ""), timeout=30,
    ).json()
print(json.dumps(found))
"""


def _found(folder: Path) -> dict[str, Any]:
    if shutil.which("unshare") is None or subprocess.run([*_ALONE, "true"], check=False).returncode:
        pytest.skip("this system does not let us mount a disk of our own")
    mount = f'mount -t tmpfs -o size=20m tmpfs "{folder}" && exec "$@"'
    ended = subprocess.run(
        [*_ALONE, "sh", "-c", mount, "sh", sys.executable, "-c", _SCRIPT, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.mark.exhaustive
def test_a_full_disk_is_said_and_nothing_is_lost_or_stuck(tmp_path: Path) -> None:
    found = _found(tmp_path)
    status, text = found["upload"]
    assert status == 507
    assert "is full" in text
    assert "Free some space" in text
    assert "No space left on device" in found["statement"]
    assert "Nothing of this statement was kept" in found["statement"]
    assert found["next statement"] == [["1000"]]
    assert found["writes"] == [None, 201] * 3
    assert found["free"] > 8_000_000
    assert "is full" in found["log"]
    assert found["user"] == 200
    assert found["started again"] == 200
    assert [table["name"] for table in found["tables"]] == ["kept", "small", "texts"]


_LIMITED = """
import io, resource, sys
from civis_nb import io as cio, local
from civis_nb.errors import CivisError

resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000))
with local.start(state=sys.argv[1], samples=False) as platform:
    client = platform.client()
    try:
        cio.file_to_civis(io.BytesIO(bytes(5_000_000)), "large", client=client)
    except CivisError as error:
        print(error)
    print(cio.file_to_civis(io.BytesIO(b"x"), "small", client=client) > 0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_file_that_may_not_become_so_large_is_said(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _LIMITED, str(tmp_path / "state")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    said, small = ended.stdout.splitlines()
    assert "HTTP 507" in said
    assert "can become as large as this needs" in said
    assert "ulimit -f" in said
    assert small == "True"


def test_only_a_full_disk_is_called_full() -> None:
    assert is_full(OSError(errno.ENOSPC, "No space left on device"))
    assert is_full(OSError(errno.EFBIG, "File too large"))
    assert is_full(duckdb.IOException('Could not write file "a": No space left on device'))
    assert not is_full(OSError(errno.EIO, "Input/output error"))
    assert not is_full(ValueError("No space left on device"))


def test_a_reserve_frees_its_space_once(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve")
    reserve.fill()
    assert (tmp_path / "reserve").stat().st_size > 0
    assert reserve.release()
    assert not reserve.release()
