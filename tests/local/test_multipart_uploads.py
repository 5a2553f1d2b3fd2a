"""Files that are uploaded in parts."""

from __future__ import annotations

import hashlib
import random
import re
import socket
import sqlite3
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

from civis_nb.local.files.blobs import BlobStore
from tests.local.file_contents import crc32, downloaded, upload

pytestmark = pytest.mark.exhaustive


PARTS = [b"a" * 1000, b"b" * 1000, b"c" * 1000, b"d" * 77]


def _multipart(http, count: int) -> dict:
    made = http.json("POST", "/files/multipart", json={"name": "big", "num_parts": count})
    assert len(made["uploadUrls"]) == count
    return made


def _put(url: str, content: bytes) -> None:
    answer = requests.put(url, data=content, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-amz-checksum-crc32"] == crc32(content)
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
    assert downloaded(http, made["id"]) == b"".join(PARTS)
    assert http.json("GET", f"/files/{made['id']}")["fileSize"] == 3077


def test_parts_of_unequal_sizes_are_joined_in_order(http):
    made = _multipart(http, 4)
    parts = [b"a" * 10, b"b" * 3000, b"", b"d" * 500]
    for index in (1, 3, 0, 2):
        _put(made["uploadUrls"][index], parts[index])
    http("POST", f"/files/multipart/{made['id']}/complete")
    assert downloaded(http, made["id"]) == b"".join(parts)


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
    assert downloaded(http, made["id"]) == b"".join(parts)


def test_a_repeated_part_with_other_content_wins(http):
    made = _multipart(http, 2)
    for index, content in ((0, b"old"), (1, b"end"), (0, b"new")):
        _put(made["uploadUrls"][index], content)
    http("POST", f"/files/multipart/{made['id']}/complete")
    assert downloaded(http, made["id"]) == b"newend"


@pytest.mark.contract("S60")
def test_parts_arrive_in_parallel(http):
    parts = [random.Random(n).randbytes(300_000) for n in range(12)]
    made = _multipart(http, 12)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(_put, reversed(made["uploadUrls"]), reversed(parts)))
    http("POST", f"/files/multipart/{made['id']}/complete")
    assert downloaded(http, made["id"]) == b"".join(parts)


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
    assert downloaded(http, made["id"]) == b"wholeend"


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
    file_id = upload(http, "a", b"content")
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
        right = right if header == "Content-MD5" else crc32(b"content")
        headers = {header: said or right}
        answer = requests.put(url, data=b"content", headers=headers, timeout=30)
        assert answer.status_code == status
        assert ("BadDigest" in answer.text) == (said == "AAAA")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
@pytest.mark.parametrize("digits", [19, 25, 5000])
def test_numbers_that_no_file_can_have_are_not_found(http, method, digits):
    path = f"{http.endpoint}/blobs/{'9' * digits}"
    assert requests.request(method, path, timeout=30).status_code == 404


def _names(folder):
    return [path.name for path in folder.iterdir() if path.name != "parts"]


def test_a_completion_that_can_not_be_stored_loses_nothing(http, bare_platform):
    made = _multipart(http, 4)
    for url, part in zip(made["uploadUrls"], PARTS, strict=True):
        _put(url, part)
    blobs = bare_platform.state / "blobs"
    before = _names(blobs)
    complete = f"/files/multipart/{made['id']}/complete"
    with sqlite3.connect(bare_platform.state / "platform.sqlite", isolation_level=None) as other:
        other.execute(
            "CREATE TRIGGER refused BEFORE UPDATE ON files BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        try:
            assert http("POST", complete).status_code == 500
        finally:
            other.execute("DROP TRIGGER refused")
    other.close()
    assert _names(blobs) == before
    assert http("POST", complete).status_code == 204
    assert downloaded(http, made["id"]) == b"".join(PARTS)
    assert not (blobs / "parts" / str(made["id"])).exists()


def test_a_platform_that_was_killed_after_the_join_joins_again(tmp_path):
    blobs = BlobStore(tmp_path)
    for number, part in enumerate(PARTS, start=1):
        writer = blobs.parts(7, 4).writer(number, len(part))
        writer.write(part)
        writer.finish()
    blobs.join(blobs.parts(7, 4))
    again = BlobStore(tmp_path)
    again.sweep(set(), {7})
    assert _names(tmp_path) == []
    assert again.parts(7, 4).missing() == []
    blob = again.join(again.parts(7, 4))
    assert again.path(blob.name).read_bytes() == b"".join(PARTS)
    again.remove_parts(7)
    assert _names(tmp_path) == [blob.name]


def test_a_part_that_comes_after_the_completion_leaves_nothing(http, bare_platform):
    made = _multipart(http, 1)
    _put(made["uploadUrls"][0], b"all")
    assert http("POST", f"/files/multipart/{made['id']}/complete").status_code == 204
    assert requests.put(made["uploadUrls"][0], data=b"late", timeout=30).status_code == 404
    assert not (bare_platform.state / "blobs" / "parts" / str(made["id"])).exists()
    assert downloaded(http, made["id"]) == b"all"
