"""A disk of ours that is full: said as such, and nothing left behind."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.exhaustive

_ALONE = ["unshare", "--map-root-user", "--mount"]

_SCRIPT = """
import io, json, os, sys, tempfile
from pathlib import Path
import polars as pl
import civis_nb.io as cio
import civis_nb.local

full, roomy = Path(sys.argv[1]), Path(sys.argv[2])
tempfile.tempdir = str(roomy)
found = {}
sql = "select i as id, md5(i::varchar) as code from generate_series(0, 99999) t(i)"

def tried(name, call):
    try:
        call()
    except BaseException as error:
        found[name] = [[c.__name__ for c in type(error).__mro__], str(error)]
    else:
        found[name] = [[], ""]
    found[name].append(sorted(p.name for p in full.iterdir() if p.name != "old"))

with civis_nb.local.start(state=roomy / "state", samples=False) as platform:
    client = platform.client()
    args = {"database": "sample", "client": client, "polling_interval": 0.05}
    (full / "old").write_bytes(b"old")
    big = cio.file_to_civis(io.BytesIO(bytes(3_000_000)), "big", client=client)
    tried("file", lambda: cio.civis_to_file(big, full / "old", client=client))
    tried("csv", lambda: cio.civis_to_csv(full / "old", sql, **args).result())
    tried("zip", lambda: cio.civis_to_csv(full / "old", sql, compression="zip", **args).result())
    with open(full / "opened", "wb", buffering=0) as opened:
        tried("buffer", lambda: cio.civis_to_file(big, opened, client=client))
        found["buffer"].append(opened.tell())
    (full / "opened").unlink()
    tempfile.tempdir = str(full)
    codes = [os.urandom(30).hex() for _ in range(600_000)]
    tried("frame", lambda: cio.dataframe_to_civis(
        pl.DataFrame({"a": codes}), table="public.t", **args).result())
    # Its size can't be told from its beginning, middle and end: it waits on disk until it is known.
    for start in (0, 298_000, 596_000):
        codes[start : start + 4_000] = ["same"] * 4_000
    tried("uneven", lambda: cio.dataframe_to_civis(
        pl.DataFrame({"a": codes}), table="public.u", **args).result())
    for kind in ("list", "pandas", "polars", "arrow"):
        tried(kind, lambda: cio.read_civis_sql(sql, return_as=kind, **args))
    tried("batches", lambda: [None for _ in cio.iter_batches(sql, **args)])
    tried("pipe", lambda: cio.file_to_civis(os.fdopen(3, "rb"), "a", client=client))
    tempfile.tempdir = str(roomy)
    found["old"] = (full / "old").read_bytes().decode()
    count = cio.query_civis("select count(*) as n from public.t", **args).result()
    found["rows"] = count.result_rows[0][0]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    if shutil.which("unshare") is None or subprocess.run([*_ALONE, "true"], check=False).returncode:
        pytest.skip("this system does not let us mount a disk of our own")
    full, roomy = tmp_path_factory.mktemp("full"), tmp_path_factory.mktemp("roomy")
    mount = (
        f'mount -t tmpfs -o size=1m tmpfs "{full}" && '
        'head -c 4000000 /dev/zero | { exec 3<&0; exec "$@"; }'
    )
    ended = subprocess.run(
        [*_ALONE, "sh", "-c", mount, "sh", sys.executable, "-c", _SCRIPT, str(full), str(roomy)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


@pytest.mark.parametrize("call", ["file", "csv", "zip", "buffer"])
def test_a_download_to_a_full_disk_raises(found, call):
    classes, message, left = found[call][:3]
    assert "CivisDownloadError" in classes
    assert "No space left on device" in message
    assert left == (["opened"] if call == "buffer" else [])
    assert found["old"] == "old"


def test_a_buffer_on_a_full_disk_is_cut_back_to_what_it_held(found):
    assert found["buffer"][3] == 0


def test_a_large_frame_needs_no_room_on_disk(found):
    assert found["frame"] == [[], "", []]
    assert int(found["rows"]) == 600_000


@pytest.mark.parametrize("call", ["uneven", "pipe"])
def test_an_upload_without_room_for_its_temporary_file_says_which_room(found, call):
    classes, message, left = found[call]
    assert "CivisUploadError" in classes
    assert "TMPDIR" in message
    assert not left


@pytest.mark.parametrize("call", ["list", "pandas", "polars", "arrow", "batches"])
def test_a_read_without_room_for_temporary_files_is_right_or_raises(found, call):
    classes, _, left = found[call]
    assert not classes or "CivisError" in classes
    assert not left
