"""Files: up, down, in parts, until they expire."""

from __future__ import annotations

import random
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy.exc import IntegrityError

from civis_nb.local.errors import NotFound
from civis_nb.local.files.registry import EXPORT_LIFETIME
from civis_nb.local.store import in_future
from tests.local.file_contents import crc32, downloaded, upload

pytestmark = pytest.mark.exhaustive


@pytest.mark.contract("S57")
def test_a_new_file_says_where_its_content_goes(http):
    answer = http("POST", "/files", json={"name": "a.csv", "description": "d"})
    assert answer.status_code == 201
    made = answer.json()
    assert next(iter(made["uploadFields"])) == "key"
    assert all(name == name.lower() for name in made["uploadFields"])
    assert urlsplit(made["uploadUrl"]).scheme == "http"
    assert (made["fileSize"], made["description"]) == (0, "d")


def test_names_of_files_are_bounded(http):
    assert http("POST", "/files", json={"name": "x" * 66_000}).status_code == 400
    assert http("POST", "/files", json={"name": "x" * 1024}).status_code == 201


@pytest.mark.parametrize("size", [1, 100, 65_536, 3_000_001])
def test_what_is_uploaded_is_downloaded(http, size):
    content = random.Random(size).randbytes(size)
    file_id = upload(http, "ä b/c#?.bin", content)
    details = http.json("GET", f"/files/{file_id}")
    assert details["fileSize"] == size
    assert details["fileUrl"] == details["downloadUrl"]
    assert downloaded(http, file_id) == content


def test_content_that_looks_like_a_boundary_is_content(http):
    content = b"--x\r\n\r\n--\r\n" * 1000 + b"\r\n"
    made = http.json("POST", "/files", json={"name": "a"})
    fields = {**made["uploadFields"], "file": content.decode()}
    body = "".join(
        f'--x-\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    answer = requests.post(
        made["uploadUrl"],
        data=(body + "--x---\r\n").encode(),
        headers={"Content-Type": "multipart/form-data; boundary=x-"},
        timeout=30,
    )
    assert answer.status_code == 201, answer.text
    assert downloaded(http, made["id"]) == content


@pytest.mark.contract("S58")
def test_fields_may_be_sent_as_file_parts_or_as_plain_fields(http):
    for as_parts in (True, False):
        made = http.json("POST", "/files", json={"name": "a"})
        fields = made["uploadFields"]
        answer = requests.post(
            made["uploadUrl"],
            data=None if as_parts else fields,
            files={**(fields if as_parts else {}), "file": ("x", b"content")},
            timeout=30,
        )
        assert answer.status_code == 201
        assert downloaded(http, made["id"]) == b"content"


@pytest.mark.parametrize("name", [".", "..", "../../etc/passwd", "a?b#c%d", "a\r\nX: y"])
def test_a_file_of_any_name_can_be_downloaded(http, name):
    made = http.json("POST", "/files", json={"name": name})
    fields = {**made["uploadFields"], "file": b"content"}
    assert requests.post(made["uploadUrl"], files=fields, timeout=30).ok
    url = http.json("GET", f"/files/{made['id']}")["fileUrl"]
    assert requests.get(url, timeout=30).content == b"content"


def test_a_second_upload_replaces_the_first(http):
    made = http.json("POST", "/files", json={"name": "a"})
    for content in (b"first", b"second!"):
        files = {**made["uploadFields"], "file": ("x", content)}
        assert requests.post(made["uploadUrl"], files=files, timeout=30).ok
    assert http.json("GET", f"/files/{made['id']}")["fileSize"] == 7
    assert downloaded(http, made["id"]) == b"second!"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"signature": "0" * 64}, 403),
        ({"signature": None}, 403),
        ({"signature": "ä"}, 403),
        ({"key": "files/1"}, 403),
        ({"policy": b64encode(b'{"key": "files/1", "expires": 9999999999}').decode()}, 403),
        ({"file": None}, 400),
    ],
)
def test_a_form_that_was_not_allowed_stores_nothing(http, change, status):
    made = http.json("POST", "/files", json={"name": "a"})
    fields = {**made["uploadFields"], "file": "content", **change}
    files = {name: ("x", value) for name, value in fields.items() if value is not None}
    answer = requests.post(made["uploadUrl"], files=files, timeout=30)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert http.json("GET", f"/files/{made['id']}")["fileUrl"] is None


def test_a_form_cut_short_stores_nothing(http, bare_platform):
    made = http.json("POST", "/files", json={"name": "a"})
    request = requests.Request(
        "POST", made["uploadUrl"], files={**made["uploadFields"], "file": ("x", b"c" * 100_000)}
    ).prepare()
    for cut in (request.body[:-10], request.body[:5000], b""):
        headers = {"Content-Type": request.headers["Content-Type"]}
        answer = requests.post(made["uploadUrl"], data=cut, headers=headers, timeout=30)
        assert answer.status_code == 400
    assert requests.post(made["uploadUrl"], data=b"plain", timeout=30).status_code == 400
    assert http.json("GET", f"/files/{made['id']}")["fileUrl"] is None
    assert not list((bare_platform.state / "blobs").rglob("*.partial"))


@pytest.mark.contract("S61")
def test_an_empty_file_has_no_link_and_no_detected_info(http):
    for file_id in (upload(http, "a", b""), http.json("POST", "/files", json={"name": "b"})["id"]):
        details = http.json("GET", f"/files/{file_id}")
        assert details["fileUrl"] is None
        assert details["detectedInfo"] == {
            "includeHeader": None,
            "columnDelimiter": None,
            "compression": None,
            "tableColumns": [],
        }


@pytest.mark.contract("S35")
def test_links_need_no_key_and_their_signature_is_checked(http):
    file_id = upload(http, "a", b"content")
    other = upload(http, "b", b"other")
    url = http.json("GET", f"/files/{file_id}")["fileUrl"]
    assert requests.get(url, timeout=30).content == b"content"
    bare = url.partition("?")[0]
    for bad in (
        bare,
        url[:-4] + "0000",
        url.replace(f"/blobs/{file_id}/", f"/blobs/{other}/"),
        url.replace("expires=1", "expires=2"),
        url.replace("inline=0", "inline=1"),
    ):
        answer = requests.get(bad, timeout=30)
        assert answer.status_code == 403
        assert b"content" not in answer.content
        assert not answer.text.startswith("<")
    assert requests.put(url, data=b"new", timeout=30).status_code == 403
    assert requests.delete(url, timeout=30).status_code == 405


@pytest.mark.contract("S35")
def test_an_expired_link_is_refused_and_says_so(http):
    file_id = upload(http, "a", b"content")
    when = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    url = http.json("GET", f"/files/{file_id}", params={"link_expires_at": when})["fileUrl"]
    answer = requests.get(url, timeout=30)
    while answer.status_code == 200:
        answer = requests.get(url, timeout=30)
    assert answer.status_code == 403
    assert "expired" in answer.text


@pytest.mark.parametrize("when", ["yesterday", "2001-01-01", "2999-01-01T00:00:00Z"])
def test_a_link_lives_at_most_36_hours(http, when):
    file_id = upload(http, "a", b"content")
    answer = http("GET", f"/files/{file_id}", params={"link_expires_at": when})
    assert answer.status_code == 400


@pytest.mark.contract("S35")
def test_ranges_head_and_etag(http):
    content = bytes(range(256)) * 10
    file_id = upload(http, "a", content)
    url = http.json("GET", f"/files/{file_id}")["fileUrl"]
    head = requests.head(url, timeout=30)
    assert head.headers["Content-Length"] == str(len(content))
    etag = head.headers["ETag"]
    assert head.headers["x-amz-checksum-crc32"] == crc32(content)
    part = requests.get(url, headers={"Range": "bytes=100-"}, timeout=30)
    assert (part.status_code, part.content) == (206, content[100:])
    assert part.headers["Content-Range"] == f"bytes 100-{len(content) - 1}/{len(content)}"
    last = requests.get(url, headers={"Range": "bytes=-5"}, timeout=30)
    assert last.content == content[-5:]
    same = requests.get(url, headers={"Range": "bytes=0-1", "If-Range": etag}, timeout=30)
    assert same.content == content[:2]
    changed = requests.get(url, headers={"Range": "bytes=0-1", "If-Range": '"x"'}, timeout=30)
    assert (changed.status_code, changed.content) == (200, content)
    beyond = requests.get(url, headers={"Range": "bytes=99999-"}, timeout=30)
    assert beyond.status_code == 416


@pytest.mark.contract("S59")
def test_expiry_absent_null_given_and_past(http):
    absent = http.json("POST", "/files", json={"name": "a"})["expiresAt"]
    days = datetime.fromisoformat(absent) - datetime.now(UTC)
    assert timedelta(days=29, hours=23) < days <= timedelta(days=30)
    assert http.json("POST", "/files", json={"name": "a", "expires_at": None})["expiresAt"] is None
    for given in ("2090-12-31", "2090-12-31T00:00:00Z", "2090-12-31 00:00:00"):
        made = http.json("POST", "/files", json={"name": "a", "expiresAt": given})
        assert made["expiresAt"] == "2090-12-31T00:00:00.000Z"
    expired = upload(http, "a", b"content", expires_at="2001-01-01")
    assert http.json("GET", f"/files/{expired}")["fileUrl"] is None


def test_a_file_that_expires_loses_its_content_for_good(http, bare_platform):
    file_id = upload(http, "a", b"content")
    url = http.json("GET", f"/files/{file_id}")["fileUrl"]
    before = set((bare_platform.state / "blobs").iterdir())
    changed = http.json("PATCH", f"/files/{file_id}", json={"expires_at": "2001-01-01"})
    assert changed["fileUrl"] is None
    assert changed["name"] == "a"
    assert requests.get(url, timeout=30).status_code == 404
    assert len(before - set((bare_platform.state / "blobs").iterdir())) == 1
    later = http.json("PATCH", f"/files/{file_id}", json={"expires_at": None})
    assert later["fileUrl"] is None


def test_details_are_changed_and_replaced(http):
    file_id = upload(http, "a", b"content", description="d")
    changed = http.json("PATCH", f"/files/{file_id}", json={"name": "b"})
    assert (changed["name"], changed["description"]) == ("b", "d")
    body = {"name": "c", "expires_at": "2090-01-01"}
    replaced = http.json("PUT", f"/files/{file_id}", json=body)
    assert (replaced["name"], replaced["description"]) == ("c", None)
    assert http("PUT", f"/files/{file_id}", json={"name": "c"}).status_code == 400
    assert http("PATCH", f"/files/{file_id}", json={"name": None}).status_code == 400
    assert downloaded(http, file_id) == b"content"


@pytest.mark.contract("S69")
def test_a_put_to_a_file_answers_exactly_200(http, bare_platform):
    file_id = http.json("POST", "/files", json={"name": "a"})["id"]
    url = bare_platform._context.files.upload_url(file_id)
    answer = requests.put(url, data=b"content", timeout=30)
    assert answer.status_code == 200
    assert downloaded(http, file_id) == b"content"


def test_the_platform_adds_files_of_its_own(http, bare_platform, tmp_path):
    context = bare_platform._context
    source = tmp_path / "made"
    source.write_bytes(b"content")
    detected = {"include_header": True, "table_columns": [{"name": "a", "sql_type": "INTEGER"}]}
    when = in_future(EXPORT_LIFETIME)
    file_id = context.files.add("x.csv", source, 1, when, detected)
    assert not source.exists()
    assert context.files.path(file_id).read_bytes() == b"content"
    assert (
        requests.get(context.files.download_url(context.files.row(file_id)), timeout=30).content
        == b"content"
    )
    details = http.json("GET", f"/files/{file_id}")
    assert details["detectedInfo"]["tableColumns"] == [{"name": "a", "sqlType": "INTEGER"}]
    assert details["expiresAt"] == when


def test_a_content_that_was_damaged_on_disk_is_not_handed_out(http, bare_platform):
    file_id = upload(http, "a", b"content")
    url = http.json("GET", f"/files/{file_id}")["fileUrl"]
    bare_platform._context.files.path(file_id).write_bytes(b"cont")
    assert requests.get(url, timeout=30).status_code == 500


def _stored(context, content):
    writer = context.files.blobs.writer()
    writer.write(content)
    return writer.finish()


def test_a_content_that_is_replaced_while_it_is_looked_up_is_not_damaged(
    http, bare_platform, monkeypatch
):
    context = bare_platform._context
    file_id = upload(http, "a", b"content")
    size_bytes = context.files.blobs.size_bytes

    def replaced(name):
        monkeypatch.undo()
        context.files.attach(file_id, _stored(context, b"another"))
        return size_bytes(name)

    monkeypatch.setattr(context.files.blobs, "size_bytes", replaced)
    row, path = context.files.content(file_id)
    assert path.read_bytes() == b"another"
    assert path.name == row.blob


def test_a_content_whose_file_can_not_be_stored_is_removed(http, bare_platform, tmp_path):
    context = bare_platform._context
    before = sorted(path.name for path in context.files.blobs.folder.iterdir())
    with pytest.raises(NotFound):
        context.files.attach(10**6, _stored(context, b"content"))
    source = tmp_path / "made"
    source.write_bytes(b"content")
    with pytest.raises(IntegrityError):
        context.files.add("x.csv", source, 10**6, None)
    assert sorted(path.name for path in context.files.blobs.folder.iterdir()) == before
