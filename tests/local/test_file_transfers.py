"""Files: up, down, in parts, until they expire."""

from __future__ import annotations

import hashlib
import random
import re
import socket
import zlib
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests

from civis_nb.local.files.registry import EXPORT_LIFETIME
from civis_nb.local.store import in_future

pytestmark = pytest.mark.exhaustive


def _upload(http, name: str, content: bytes, **details) -> int:
    made = http.json("POST", "/files", json={"name": name, **details})
    answer = requests.post(
        made["uploadUrl"],
        files={**made["uploadFields"], "file": ("temporary", content)},
        timeout=30,
    )
    assert answer.status_code < 300, answer.text
    assert answer.headers["x-amz-checksum-crc32"] == _crc32(content)
    return made["id"]


def _crc32(content: bytes) -> str:
    return b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()


def _content(http, file_id: int) -> bytes:
    url = http.json("GET", f"/files/{file_id}")["fileUrl"]
    answer = requests.get(url, timeout=30)
    assert answer.headers["x-amz-checksum-crc32"] == _crc32(answer.content)
    return answer.content


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
    file_id = _upload(http, "ä b/c#?.bin", content)
    details = http.json("GET", f"/files/{file_id}")
    assert details["fileSize"] == size
    assert details["fileUrl"] == details["downloadUrl"]
    assert _content(http, file_id) == content


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
    assert _content(http, made["id"]) == content


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
        assert _content(http, made["id"]) == b"content"


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
    assert _content(http, made["id"]) == b"second!"


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
    for file_id in (_upload(http, "a", b""), http.json("POST", "/files", json={"name": "b"})["id"]):
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
    file_id = _upload(http, "a", b"content")
    other = _upload(http, "b", b"other")
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
    file_id = _upload(http, "a", b"content")
    when = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    url = http.json("GET", f"/files/{file_id}", params={"link_expires_at": when})["fileUrl"]
    answer = requests.get(url, timeout=30)
    while answer.status_code == 200:
        answer = requests.get(url, timeout=30)
    assert answer.status_code == 403
    assert "expired" in answer.text


@pytest.mark.parametrize("when", ["yesterday", "2001-01-01", "2999-01-01T00:00:00Z"])
def test_a_link_lives_at_most_36_hours(http, when):
    file_id = _upload(http, "a", b"content")
    answer = http("GET", f"/files/{file_id}", params={"link_expires_at": when})
    assert answer.status_code == 400


@pytest.mark.contract("S35")
def test_ranges_head_and_etag(http):
    content = bytes(range(256)) * 10
    file_id = _upload(http, "a", content)
    url = http.json("GET", f"/files/{file_id}")["fileUrl"]
    head = requests.head(url, timeout=30)
    assert head.headers["Content-Length"] == str(len(content))
    etag = head.headers["ETag"]
    assert head.headers["x-amz-checksum-crc32"] == _crc32(content)
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
    expired = _upload(http, "a", b"content", expires_at="2001-01-01")
    assert http.json("GET", f"/files/{expired}")["fileUrl"] is None


def test_a_file_that_expires_loses_its_content_for_good(http, bare_platform):
    file_id = _upload(http, "a", b"content")
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
    file_id = _upload(http, "a", b"content", description="d")
    changed = http.json("PATCH", f"/files/{file_id}", json={"name": "b"})
    assert (changed["name"], changed["description"]) == ("b", "d")
    body = {"name": "c", "expires_at": "2090-01-01"}
    replaced = http.json("PUT", f"/files/{file_id}", json=body)
    assert (replaced["name"], replaced["description"]) == ("c", None)
    assert http("PUT", f"/files/{file_id}", json={"name": "c"}).status_code == 400
    assert http("PATCH", f"/files/{file_id}", json={"name": None}).status_code == 400
    assert _content(http, file_id) == b"content"


PARTS = [b"a" * 1000, b"b" * 1000, b"c" * 1000, b"d" * 77]


def _multipart(http, count: int) -> dict:
    made = http.json("POST", "/files/multipart", json={"name": "big", "num_parts": count})
    assert len(made["uploadUrls"]) == count
    return made


def _put(url: str, content: bytes) -> None:
    answer = requests.put(url, data=content, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-amz-checksum-crc32"] == _crc32(content)
    assert not re.fullmatch('"[0-9a-f]{32}"', answer.headers["ETag"]), "it looks like an MD5"


@pytest.mark.contract("S60")
@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 3, 0, 1], [0, 0, 1, 2, 3, 3, 1]])
def test_parts_arrive_in_any_order_and_may_be_repeated(http, order):
    made = _multipart(http, 4)
    for index in order:
        _put(made["uploadUrls"][index], PARTS[index])
    complete = f"/files/multipart/{made['id']}/complete"
    answer = http("POST", complete, json={})
    assert (answer.status_code, answer.content) == (204, b"")
    assert http("POST", complete).status_code == 204
    assert _content(http, made["id"]) == b"".join(PARTS)
    assert http.json("GET", f"/files/{made['id']}")["fileSize"] == 3077


def test_parts_of_unequal_sizes_are_joined_in_order(http):
    made = _multipart(http, 4)
    parts = [b"a" * 10, b"b" * 3000, b"", b"d" * 500]
    for index in (1, 3, 0, 2):
        _put(made["uploadUrls"][index], parts[index])
    http("POST", f"/files/multipart/{made['id']}/complete")
    assert _content(http, made["id"]) == b"".join(parts)


def test_simultaneous_completions_of_an_upload_all_succeed(http):
    made = _multipart(http, 4)
    parts = [random.Random(n).randbytes(400_000 + n) for n in range(4)]
    for url, part in zip(made["uploadUrls"], parts, strict=True):
        _put(url, part)

    def complete(_number: int) -> int:
        url = f"{http.endpoint}/files/multipart/{made['id']}/complete"
        return requests.post(url, auth=(http.api_key, ""), timeout=30).status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(complete, range(16))) == [204] * 16
    assert _content(http, made["id"]) == b"".join(parts)


def test_a_repeated_part_with_other_content_wins(http):
    made = _multipart(http, 2)
    for index, content in ((0, b"old"), (1, b"end"), (0, b"new")):
        _put(made["uploadUrls"][index], content)
    http("POST", f"/files/multipart/{made['id']}/complete")
    assert _content(http, made["id"]) == b"newend"


@pytest.mark.contract("S60")
def test_parts_arrive_in_parallel(http):
    parts = [random.Random(n).randbytes(300_000) for n in range(12)]
    made = _multipart(http, 12)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(_put, reversed(made["uploadUrls"]), reversed(parts)))
    http("POST", f"/files/multipart/{made['id']}/complete")
    assert _content(http, made["id"]) == b"".join(parts)


@pytest.mark.contract("S60")
def test_completing_without_all_parts_is_refused_and_names_them(http):
    made = _multipart(http, 3)
    _put(made["uploadUrls"][1], b"x")
    answer = http("POST", f"/files/multipart/{made['id']}/complete")
    assert answer.status_code == 400
    assert "2 of the 3 parts" in answer.json()["errorDescription"]
    assert "1, 3" in answer.json()["errorDescription"]
    assert http.json("GET", f"/files/{made['id']}")["fileUrl"] is None


def test_a_part_cut_short_does_not_count(http):
    made = _multipart(http, 2)
    _put(made["uploadUrls"][1], b"end")
    address = urlsplit(made["uploadUrls"][0])
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(
            f"PUT {address.path}?{address.query} HTTP/1.1\r\nHost: x\r\n"
            "Content-Length: 1000\r\n\r\nonly this".encode()
        )
    assert http("POST", f"/files/multipart/{made['id']}/complete").status_code == 400
    _put(made["uploadUrls"][0], b"whole")
    assert http("POST", f"/files/multipart/{made['id']}/complete").status_code == 204
    assert _content(http, made["id"]) == b"wholeend"


@pytest.mark.parametrize("count", [0, -1, 10_001, "many", None])
def test_the_number_of_parts_is_checked(http, count):
    answer = http("POST", "/files/multipart", json={"name": "a", "num_parts": count})
    assert answer.status_code == 400
    assert "num" in answer.json()["errorDescription"]


def test_parts_need_their_own_signature(http):
    made = _multipart(http, 2)
    url = made["uploadUrls"][0]
    for bad in (
        url.partition("?")[0],
        url.replace("/parts/1?", "/parts/2?"),
        url.replace("/parts/1?", "?"),
    ):
        assert requests.put(bad, data=b"x", timeout=30).status_code == 403


def test_completing_what_is_no_multipart_upload(http):
    file_id = _upload(http, "a", b"content")
    assert http("POST", f"/files/multipart/{file_id}/complete").status_code == 409
    assert http("POST", "/files/multipart/99999/complete").status_code == 404


@pytest.mark.parametrize("to", ["part", "file"])
@pytest.mark.parametrize("header", ["Content-MD5", "x-amz-checksum-crc32"])
def test_a_checksum_that_the_client_announces_is_checked(http, bare_platform, to, header):
    made = _multipart(http, 2)
    url = made["uploadUrls"][0]
    if to == "file":
        url = bare_platform._context.files.upload_url(made["id"])
    for said, status in (("AAAA", 400), ("?", 400), (None, 200)):
        right = b64encode(hashlib.md5(b"content").digest()).decode()
        right = right if header == "Content-MD5" else _crc32(b"content")
        headers = {header: said or right}
        answer = requests.put(url, data=b"content", headers=headers, timeout=30)
        assert answer.status_code == status
        assert ("BadDigest" in answer.text) == (said == "AAAA")


@pytest.mark.contract("S69")
def test_a_put_to_a_file_answers_exactly_200(http, bare_platform):
    file_id = http.json("POST", "/files", json={"name": "a"})["id"]
    url = bare_platform._context.files.upload_url(file_id)
    answer = requests.put(url, data=b"content", timeout=30)
    assert answer.status_code == 200
    assert _content(http, file_id) == b"content"


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
    file_id = _upload(http, "a", b"content")
    url = http.json("GET", f"/files/{file_id}")["fileUrl"]
    bare_platform._context.files.path(file_id).write_bytes(b"cont")
    assert requests.get(url, timeout=30).status_code == 500


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
@pytest.mark.parametrize("digits", [19, 25, 5000])
def test_numbers_that_no_file_can_have_are_not_found(http, method, digits):
    path = f"{http.endpoint}/blobs/{'9' * digits}"
    assert requests.request(method, path, timeout=30).status_code == 404
