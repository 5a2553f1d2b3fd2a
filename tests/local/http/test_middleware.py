"""What holds for every request: slashes, keys, names, bodies, errors."""

from __future__ import annotations

import json
import re
import socket
from base64 import b64encode
from urllib.parse import urlsplit

import psutil
import pytest
import requests

COLLECTIONS = ["/endpoints", "/users", "/databases", "/credentials", "/storage_hosts"]


@pytest.mark.contract("S1", "S2")
@pytest.mark.parametrize("path", COLLECTIONS)
def test_both_slash_forms_answer_without_redirect(http, path):
    bare, slashed = http("GET", path), http("GET", path + "/")
    assert bare.status_code == slashed.status_code == 200
    assert bare.json() == slashed.json()


def test_slashes_before_and_after_a_path_do_not_matter(http):
    assert http("GET", "//users/me/").status_code == 200


@pytest.mark.contract("S3", "S4")
def test_basic_and_bearer_are_accepted(http):
    basic = "Basic " + b64encode(f"{http.api_key}:".encode()).decode()
    for header in (basic, f"Bearer {http.api_key}", f"bearer {http.api_key}"):
        url = http.endpoint + "/users/me"
        assert requests.get(url, headers={"Authorization": header}, timeout=30).status_code == 200


@pytest.mark.contract("S5")
@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Bearer wrong",
        "Bearer ",
        "Digest x",
        "Basic d3Jvbmc6",
        b"Basic \xff",
    ],
)
def test_a_wrong_or_missing_key_is_challenged(http, header):
    headers = {} if header is None else {"Authorization": header}
    answer = requests.get(http.endpoint + "/users/me", headers=headers, timeout=30)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"]
    assert answer.json()["code"] == 401
    assert answer.json()["errorDescription"]


@pytest.mark.contract("S6", "S7")
@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/files/999999", 404, "not_found"),
        ("GET", "/files/abc", 404, "not_found"),
        ("GET", "/no/such/path", 404, "not_found"),
        ("GET", "/", 404, "not_found"),
        ("DELETE", "/users/me", 405, "method_not_allowed"),
        ("GET", "/credentials?limit=ten", 400, "bad_request"),
        ("GET", "/credentials?limit=0", 400, "bad_request"),
        ("GET", "/credentials?page_num=0", 400, "bad_request"),
        ("GET", "/credentials?order=colour", 400, "bad_request"),
        ("GET", "/credentials?order_dir=up", 400, "bad_request"),
        ("GET", "/files/99999999999999999999999", 404, "not_found"),
        ("GET", "/endpoints?openapi_version=4", 400, "bad_request"),
    ],
)
def test_errors_have_the_three_fields(http, method, path, status, slug):
    answer = http(method, path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    body = answer.json()
    assert (body["error"], body["code"]) == (slug, status)
    assert body["errorDescription"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "name is required"),
        (b"{}", "name is required"),
        (b"no json", "not valid JSON"),
        (b'{"name": "a"', "not valid JSON"),
        (b"\xff\xfe", "body"),
        (b"[1]", "JSON object"),
        (b'{"name": ["a"]}', "name"),
        (b'{"name": "a", "expiresAt": "soon"}', "expires_at: 'soon'"),
    ],
)
def test_a_bad_body_is_400_and_names_the_field(http, sent, said):
    answer = http("POST", "/files", data=sent, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"] == "bad_request"
    assert said in answer.json()["errorDescription"]


@pytest.mark.contract("S8", "S23")
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_bodies_of_get_and_delete_are_ignored(http, method):
    made = http.json(
        "POST", "/credentials", json={"type": "Custom", "username": "a", "password": "b"}
    )
    headers = {"Content-Type": "application/json"}
    answer = http(method, f"/credentials/{made['id']}", data=b"{}", headers=headers)
    assert answer.status_code == {"GET": 200, "DELETE": 204}[method]
    if method == "DELETE":
        assert answer.content == b""
        assert http("GET", f"/credentials/{made['id']}").status_code == 404


@pytest.mark.contract("S9", "S10", "S11")
@pytest.mark.parametrize(
    "body",
    [
        {"type": "Database", "username": "u", "password": "p", "remote_host_id": 1},
        {"type": "Database", "username": "u", "password": "p", "remoteHostId": 1},
        {"type": "Database", "username": "u", "password": "p", "remoteHostID": "1"},
        {"type": "Database", "username": "u", "password": "p", "RemoteHostId": 1, "odd": {"x": 1}},
    ],
)
def test_body_keys_are_understood_in_every_spelling(http, body):
    made = http.json("POST", "/credentials", json=body)
    assert made["remoteHostId"] == 1
    assert made["remoteHostName"] == "sample"
    http("DELETE", f"/credentials/{made['id']}")


def test_a_body_needs_no_content_type(http):
    answer = http("POST", "/files", data=json.dumps({"name": "a"}).encode(), headers={})
    assert answer.status_code == 201


def test_a_body_is_sent_as_json_or_as_nothing(http):
    for kind in ("application/json", "application/json; charset=utf-8", "Application/vnd.x+json"):
        headers = {"Content-Type": kind}
        assert http("POST", "/files", data=b'{"name": "a"}', headers=headers).status_code == 201


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "a/b"],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_what_a_form_of_a_web_page_can_send_is_refused(http, kind, method):
    made = http.json("POST", "/scripts/python3", json={"name": "old", "source": "1"})
    path = "/scripts/python3" + ("" if method == "POST" else f"/{made['id']}")
    body = b'{"name": "new", "source": "2"}'
    before = http.json("GET", "/scripts", params={"limit": 50})
    answer = http(method, path, data=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["error"]) == (415, "unsupported_media_type")
    assert "Content-Type: application/json" in answer.json()["errorDescription"]
    assert http.json("GET", "/scripts", params={"limit": 50}) == before


def test_a_request_without_body_may_say_anything_of_it(http):
    job = http.json("POST", "/scripts/python3", json={"name": "a", "source": "1"})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = http("POST", f"/scripts/python3/{job['id']}/runs", headers=headers)
    assert answer.status_code == 202


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "null", "http://127.0.0.1:1", ""])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/files"), ("PATCH", "/files/1"), ("DELETE", "/files/1"), ("POST", "/blobs/1")],
)
def test_pages_of_other_sites_change_nothing(http, origin, method, path):
    answer = http(method, path, json={"name": "a"}, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["error"]) == (403, "foreign_origin")


def test_requests_that_change_nothing_and_the_own_origin_are_answered(http):
    foreign, own = {"Origin": "http://elsewhere.example"}, {"Origin": http.endpoint}
    answer = http("GET", "/users/me", headers=foreign)
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert http("POST", "/files", json={"name": "a"}, headers=own).status_code == 201


@pytest.mark.contract("S12", "S13")
@pytest.mark.parametrize("flag", ["True", "true", "TRUE", "1"])
@pytest.mark.parametrize("name", ["remote_host_id", "remoteHostId", "remoteHostID"])
def test_query_names_and_booleans_in_every_spelling(http, flag, name):
    found = http.json("GET", f"/credentials?default={flag}&{name}=1")
    assert [(c["default"], c["remoteHostId"]) for c in found] == [(True, 1)]


@pytest.mark.contract("S14")
@pytest.mark.parametrize(
    "query", ["group_ids[]=1&group_ids[]=2", "group_ids%5B%5D=1", "groupIds=1&groupIds=2"]
)
def test_arrays_in_queries_in_every_spelling(http, query):
    assert http.json("GET", f"/users?{query}") == []


@pytest.mark.contract("S15")
def test_unknown_and_blank_query_parameters_are_no_error(http):
    assert http("GET", "/users?colour=blue&page_num=&limit=&query=").status_code == 200


@pytest.mark.contract("S16", "S17")
def test_pagination_headers_and_past_the_end(http):
    first = http("GET", "/users?limit=1")
    assert first.headers["X-Pagination-Current-Page"] == "1"
    assert first.headers["X-Pagination-Per-Page"] == "1"
    assert first.headers["X-Pagination-Total-Pages"] == "1"
    assert first.headers["X-Pagination-Total-Entries"] == "1"
    past = http("GET", "/users?limit=1&page_num=2")
    assert past.status_code == 200
    assert past.json() == []
    assert past.headers["X-Pagination-Current-Page"] == "2"


def test_every_answer_has_an_id_and_rate_limits(http):
    answers = [http("GET", "/users/me"), http("GET", "/nothing"), http("GET", "/users/me")]
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == 3
    for answer in answers:
        assert int(answer.headers["X-RateLimit-Remaining"]) > 0
        assert int(answer.headers["X-RateLimit-Limit"]) > 0


@pytest.mark.contract("S22")
def test_times_have_milliseconds_and_a_z(http):
    me = http.json("GET", "/users/me")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", me["createdAt"])


def test_connections_are_kept_open(http):
    address = urlsplit(http.endpoint)
    request = f"GET /users/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {http.api_key}\r\n\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        for _ in range(3):
            connection.sendall(request.encode())
            assert _answer(connection).startswith(b"HTTP/1.1 200")


def _answer(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
    while len(body) < length:
        body += connection.recv(65536)
    return head + body


def test_a_fault_of_the_platform_is_500_without_its_traceback(caplog):
    from civis_nb.local import start

    with start(samples=False) as platform:
        # The memory is taken away under the platform's feet.
        with platform._context.store.begin() as connection:
            connection.exec_driver_sql("DROP TABLE files")
        answer = requests.get(
            platform.endpoint + "/files/1", auth=(platform.api_key, ""), timeout=30
        )
    assert answer.status_code == 500
    assert answer.json()["code"] == 500
    assert "files" not in answer.json()["errorDescription"]
    assert answer.headers["X-Request-Id"] in answer.json()["errorDescription"]
    assert answer.headers["X-Request-Id"] in caplog.text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/files", r'{"name": "\ud800"}'),
        ("/scripts/python3", r'{"name": "a", "source": "x", "arguments": {"\udc00": 1}}'),
        ("/queries", r'{"database": 1, "previewRows": 1, "sql": "select 1 as \ud83d"}'),
        ("/json_values", r'{"valueStr": "\"\\ud800\""}'),
    ],
)
def test_half_characters_are_refused(http, path, body):
    answer = http("POST", path, data=body.encode())
    assert answer.status_code == 400
    assert "unpaired surrogate" in answer.json()["errorDescription"]


def test_whole_characters_that_json_spells_as_two_are_taken(http):
    answer = http("POST", "/files", data=rb'{"name": "\ud83d\ude00.csv"}')
    assert answer.status_code == 201
    assert answer.json()["name"] == "\U0001f600.csv"
    broken = http("POST", "/files", data=b'{"name": "\xed\xa0\x80"}')
    assert broken.status_code == 400


@pytest.mark.parametrize("length", ["announced", "unannounced"])
def test_a_body_too_large_is_refused_with_the_way_out(http, length):
    mebibyte = b"x" * 2**20
    body = mebibyte * 17 if length == "announced" else (mebibyte for _ in range(17))
    answer = http("POST", "/queries", data=body)
    assert answer.status_code == 413
    assert "POST /files" in answer.json()["errorDescription"]


def test_a_large_body_in_chunks_is_not_kept(http):
    process = psutil.Process()
    sizes = []

    def pieces():
        for _ in range(300):
            sizes.append(process.memory_info().rss)
            yield b"x" * 2**20

    assert http("POST", "/queries", data=pieces()).status_code == 413
    # The platform is in this process: what it kept would be seen between the pieces.
    assert len(sizes) == 300
    assert max(sizes) - sizes[0] < 100 * 2**20


def test_json_nested_too_deeply_is_a_bad_request(http):
    answer = http("POST", "/json_values", json={"valueStr": "[" * 100_000})
    assert answer.status_code == 400
    assert "too deeply" in answer.json()["errorDescription"]


@pytest.mark.parametrize("depth", [101, 300, 100_000])
def test_nesting_is_bounded_before_anything_is_stored(http, depth):
    nested = "[" * depth + "]" * depth
    before = http.json("GET", "/scripts", params={"limit": 50})
    for body in (
        f'{{"name": "a", "source": "1", "arguments": {{"a": {nested}}}}}',
        '{{"name": "a", "source": "1", "arguments": {}1{}}}'.format('{"a":' * depth, "}" * depth),
    ):
        answer = http("POST", "/scripts/python3", data=body)
        assert answer.status_code == 400
        assert "too deeply" in answer.json()["errorDescription"]
    assert http.json("GET", "/scripts", params={"limit": 50}) == before
    assert http("POST", "/json_values", json={"valueStr": nested}).status_code == 400


def test_nesting_that_is_not_too_deep_is_kept(http):
    text = "[" * 90 + json.dumps("]" * 200 + '"[') + "]" * 90
    made = http.json("POST", "/json_values", json={"valueStr": text})
    assert made["value"] == json.loads(text)
