"""What a start finds in a state folder, and removes or refuses."""

from __future__ import annotations

import shutil

import pytest
import requests

from civis_nb.errors import CivisLocalError
from civis_nb.local import start


def _upload(platform, **fields):
    auth = (platform.api_key, "")
    url = platform.endpoint + "/files"
    made = requests.post(url, json={"name": "a", **fields}, auth=auth, timeout=30).json()
    form = {**made["uploadFields"], "file": b"content"}
    assert requests.post(made["uploadUrl"], files=form, timeout=30).ok
    return made["id"]


def _begin(platform):
    """Begin an upload of two parts, and send the first."""
    auth, body = (platform.api_key, ""), {"name": "b", "numParts": 2}
    url = platform.endpoint + "/files/multipart"
    made = requests.post(url, json=body, auth=auth, timeout=30).json()
    assert requests.put(made["uploadUrls"][0], data=b"part", timeout=30).ok
    return made


def _content(platform, file_id):
    auth = (platform.api_key, "")
    file = requests.get(f"{platform.endpoint}/files/{file_id}", auth=auth, timeout=30).json()
    return file["fileUrl"] and requests.get(file["fileUrl"], timeout=30).content


def test_a_start_removes_what_nothing_names(tmp_path):
    with start(tmp_path, samples=False) as platform:
        kept, expired = _upload(platform), _upload(platform)
        going_on, given_up = _begin(platform), _begin(platform)
        store = platform._context.store
        with store.begin() as connection:
            old = "2020-01-01T00:00:00.000Z"
            for file_id, column in ((expired, "expires_at"), (given_up["id"], "created_at")):
                connection.exec_driver_sql(
                    f"UPDATE files SET {column} = ? WHERE id = ?",
                    (old, file_id),
                )
    blobs = tmp_path / "blobs"
    assert len([path for path in blobs.iterdir() if path.is_file()]) == 2
    (blobs / ("0" * 32)).write_bytes(b"of nobody")
    (blobs / f".{'1' * 32}.partial").write_bytes(b"unfinished")
    (blobs / "README").write_text("of the user")
    (tmp_path / "warehouse" / "sample.duckdb.tmp").mkdir(parents=True, exist_ok=True)
    with start(tmp_path, samples=False) as platform:
        assert _content(platform, kept) == b"content"
        assert _content(platform, expired) is None
        left = [path.name for path in blobs.iterdir() if path.is_file()]
        assert len(left) == 2
        assert "README" in left
        assert [path.name for path in (blobs / "parts").iterdir()] == [str(going_on["id"])]
        path = going_on["uploadUrls"][1].partition("/blobs")[2]
        assert requests.put(f"{platform.endpoint}/blobs{path}", data=b"more", timeout=30).ok


def test_contents_without_their_records_are_refused_and_kept(tmp_path):
    with start(tmp_path, samples=False) as platform:
        _upload(platform)
    for path in tmp_path.glob("platform.sqlite*"):
        path.unlink()
    with pytest.raises(CivisLocalError, match=r"platform\.sqlite is missing"):
        start(tmp_path, samples=False)
    assert len([path for path in (tmp_path / "blobs").iterdir() if path.is_file()]) == 1
    shutil.rmtree(tmp_path / "blobs")
    start(tmp_path, samples=False).stop()


def test_a_file_in_the_place_of_the_folder_of_contents_is_a_clear_error(tmp_path):
    (tmp_path / "blobs").write_text("a file")
    with pytest.raises(CivisLocalError, match="blobs can't be used") as caught:
        start(tmp_path, samples=False)
    assert "another state folder" in str(caught.value)
    (tmp_path / "blobs").unlink()
    start(tmp_path, samples=False).stop()
