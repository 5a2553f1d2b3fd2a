"""The PyPI package ``civis`` and its command line work against the platform unchanged."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
import warnings
from typing import Any

import pytest


@pytest.fixture(scope="module")
def official(bare_platform) -> Any:
    import civis

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        # The package warns of its own future, and of names that it will drop.
        warnings.simplefilter("ignore")
        patch.setenv("CIVIS_API_ENDPOINT", bare_platform.endpoint)
        patch.setenv("CIVIS_API_KEY", bare_platform.api_key)
        yield civis.APIClient(force_refresh_api_spec=True)


def test_it_reads_who_and_what_is_there(official):
    assert official.users.get_me()["username"] == "local"
    assert official.get_database_id("sample") == 1
    assert official.default_database_credential_id == 1
    assert official.users.get_me().calls_remaining > 0
    assert [user.id for user in official.users.list(iterator=True, limit=1)] == [1]


@pytest.mark.exhaustive
def test_its_errors_are_the_ones_that_it_knows(official, bare_platform, monkeypatch):
    import civis
    from civis.base import CivisAPIError, CivisAPIKeyError

    with pytest.raises(CivisAPIError, match=r"\(404\) File 999999 could not be found"):
        official.files.get(999999)
    with pytest.raises(CivisAPIError) as caught:
        official.credentials.list(order="colour")
    assert caught.value.status_code == 400
    monkeypatch.setenv("CIVIS_API_KEY", bare_platform.api_key)
    refused = civis.APIClient(local_api_spec=_packaged_specification())
    refused._session_kwargs["api_key"] = "wrong"
    with pytest.raises(CivisAPIKeyError):
        refused.users.get_me()


def _packaged_specification() -> Any:
    from collections import OrderedDict
    from importlib.resources import files

    path = files("civis") / "resources" / "civis_api_spec.json"
    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=OrderedDict)


@pytest.mark.parametrize("size", [11, 55 * 1024 * 1024])
def test_files_go_up_and_come_down(official, size):
    import civis

    content = random.Random(size).randbytes(min(size, 1024 * 1024)) * max(size // 1024 // 1024, 1)
    file_id = civis.io.file_to_civis(io.BytesIO(content), "name.bin", client=official)
    assert official.files.get(file_id).file_size == len(content)
    got = io.BytesIO()
    civis.io.civis_to_file(file_id, got, client=official)
    assert got.getvalue() == content


def test_json_values_and_files_of_json(official):
    import civis

    made = official.json_values.post(json.dumps({"fooBar": [1, None]}), name="n")
    assert official.json_values.get(made.id).value == {"fooBar": [1, None]}
    file_id = civis.io.file_to_civis(io.BytesIO(b'{"a": 1}'), "a.json", client=official)
    assert civis.io.file_to_json(file_id, client=official) == {"a": 1}


def test_an_empty_or_expired_file_is_an_empty_result(official):
    import civis
    from civis.base import EmptyResultError

    empty = civis.io.file_to_civis(io.BytesIO(b""), "empty", client=official)
    gone = civis.io.file_to_civis(
        io.BytesIO(b"x"), "gone", client=official, expires_at="2001-01-01"
    )
    for file_id in (empty, gone):
        with pytest.raises(EmptyResultError):
            civis.io.civis_to_file(file_id, io.BytesIO(), client=official)


@pytest.mark.exhaustive
def test_the_command_line(bare_platform, tmp_path):
    environment = {
        **os.environ,
        "CIVIS_API_ENDPOINT": bare_platform.endpoint,
        "CIVIS_API_KEY": bare_platform.api_key,
        "HOME": str(tmp_path),
    }

    def civis(*arguments: str) -> str:
        program = [sys.executable, "-c", "from civis.cli.__main__ import main; main()"]
        return subprocess.run(
            [*program, *arguments],
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
            check=True,
        ).stdout

    assert "name: sample" in civis("databases", "list")
    (tmp_path / "up").write_text("content")
    file_id = civis("files", "upload", str(tmp_path / "up")).strip()
    civis("files", "download", file_id, str(tmp_path / "down"))
    assert (tmp_path / "down").read_text() == "content"
