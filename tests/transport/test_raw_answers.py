"""What a session makes of answers that no proper server gives."""

from __future__ import annotations

import base64
import gzip
import socket

import pytest

from civis_nb import errors
from civis_nb.transport import pool as pool_module
from civis_nb.transport import session as session_module
from civis_nb.transport.session import Session

KEY = "key-that-nobody-may-see"
OK = b"HTTP/1.1 200 OK\r\n"
ZIPPED = gzip.compress(b'{"id": 1, "text": "' + bytes(range(97, 123)) * 9 + b'"}')


def _zipped(content: bytes) -> bytes:
    return OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(content) + content


@pytest.fixture
def session(raw, at_once):
    made = Session(raw.url, KEY, retries=at_once)
    yield made
    made.close()


CUT = [
    (OK + b'Content-Length: 20\r\n\r\n{"id"', "close"),
    OK + b'Content-Length: 4\r\n\r\n{"id": 1}',
    (OK + b'Transfer-Encoding: chunked\r\n\r\n9\r\n{"id": 1}\r\n', "close"),
    (OK + b'Transfer-Encoding: chunked\r\n\r\n18\r\n{"id": 1}', "close"),
    (OK + b'Transfer-Encoding: chunked\r\n\r\nzz\r\n{"id": 1}', "close"),
    (OK + b"Transfer-Encoding: chunked\r\n\r\n", "close"),
    (OK + b'\r\n{"id":', "close"),
    (OK + b"\r\n", "close"),
    (OK + b"Content-Le", "close"),
    (b"HTTP/1.1 20", "close"),
    (b"SSH-2.0-OpenSSH\r\n", "close"),
    _zipped(ZIPPED[:12] + b"XXXX" + ZIPPED[16:]),
    _zipped(ZIPPED[:-6] + b"XX" + ZIPPED[-4:]),
    _zipped(ZIPPED[:10]),
    _zipped(ZIPPED[:40]),
    _zipped(b'{"id": 1}'),
    OK + b"Content-Length: 10\r\n\r\n\xff\xfe{}      ",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
]


@pytest.mark.contract("D12")
@pytest.mark.parametrize("broken", CUT, ids=range(len(CUT)))
def test_cut_or_garbled_answer_of_a_get_is_asked_for_again(session, raw, broken):
    raw.answers = [broken, broken, raw.whole()]
    assert session.call("GET", "a")[1] == {"id": 1}
    assert len(raw.requests) == 3


@pytest.mark.parametrize("broken", CUT, ids=range(len(CUT)))
def test_cut_or_garbled_answer_of_a_post_is_an_error_that_says_so(session, raw, broken):
    raw.answers = [broken, raw.whole()]
    with pytest.raises(errors.CivisError, match="may have done the work all the same"):
        session.call("POST", "a", json={})
    assert len(raw.requests) == 1


@pytest.mark.parametrize("broken", CUT, ids=range(len(CUT)))
def test_answer_that_stays_cut_is_an_error_never_an_empty_result(session, raw, broken):
    raw.answers = [broken]
    with pytest.raises((errors.CivisConnectionError, errors.CivisClientError), match="GET /a"):
        session.call("GET", "a")


@pytest.mark.parametrize("head", [b"Transfer-Encoding: chunked\r\n\r\n", b"\r\n"])
def test_endless_answer_is_an_error(session, raw, monkeypatch, head):
    monkeypatch.setattr(pool_module, "_MAX_ANSWER_BYTES", 1_000_000)
    piece = b" " * 100_000
    chunk = b"186a0\r\n" + piece + b"\r\n" if b"chunked" in head else piece
    raw.answers = [(OK + head, *[chunk] * 40)]
    with pytest.raises(errors.CivisClientError, match=r"GET /a without an end.*goes on after 1,"):
        session.call("GET", "a")
    assert len(raw.requests) == 1


def test_late_answer_answers_no_other_request(session, raw):
    hints = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    raw.answers = [hints + raw.whole(b'{"id": "first"}'), raw.whole(b'{"id": "second"}')]
    with pytest.raises(errors.CivisConnectionError, match="interim status 103"):
        session.call("POST", "a", json={})
    assert session.call("POST", "b", json={})[1] == {"id": "second"}
    assert raw.connections == 2


EMPTY = [
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
    OK + b"Content-Length: 0\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    (OK + b"Connection: close\r\n\r\n", "close"),
    (b"HTTP/1.1 205 Reset Content\r\n\r\n", "close"),
    (b"HTTP/1.0 200 OK\r\n\r\n", "close"),
    _zipped(gzip.compress(b"")),
]


@pytest.mark.contract("C14")
@pytest.mark.parametrize("empty", EMPTY, ids=range(len(EMPTY)))
def test_whole_answer_without_content_is_no_error(session, raw, empty):
    raw.answers = [empty]
    assert session.call("GET", "a")[1] is None
    assert len(raw.requests) == 1


def test_kept_connection_that_the_server_has_closed_is_not_used(session, raw):
    raw.answers = [(OK + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}", "close")]
    for _ in range(5):
        session.call("POST", "a", json={})
    assert raw.connections == 5


def test_connection_that_was_long_idle_is_not_used(session, raw, monkeypatch):
    raw.answers = [raw.whole()]
    session.call("POST", "a", json={})
    session.call("POST", "a", json={})
    assert raw.connections == 1
    monkeypatch.setattr(session_module, "_MAX_IDLE_S", -1.0)
    session.call("POST", "a", json={})
    assert raw.connections == 2


def test_head_that_can_not_be_read_is_blamed_on_the_server(session, raw):
    raw.answers = [OK + b"Content-Length: 5\r\nContent-Length: 8\r\n\r\n{}"]
    with pytest.raises(errors.CivisClientError, match=r"answered GET /a .* can't be read"):
        session.call("GET", "a")


@pytest.mark.contract("C6")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_to_another_port_loses_the_key(session, raw, open_raw, status):
    other = open_raw()
    other.answers = [other.whole()]
    raw.answers = [raw.whole(b"", f"{status} Moved", f"Location: {other.url}/elsewhere")]
    assert session.call("GET", "a")[1] == {"id": 1}
    assert raw.heads("Authorization")[0].startswith("Basic ")
    assert other.heads("Authorization") == [""]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://x/y", "http://[bad", "http://h:x"])
def test_redirect_to_what_is_no_address_is_blamed_on_the_server(session, raw, target):
    raw.answers = [raw.whole(b"", "302 Found", f"Location: {target}")]
    with pytest.raises(errors.CivisClientError, match=r"sends? .*on"):
        session.call("GET", "a")
    assert len(raw.requests) == 1


def test_redirect_in_circles_ends(session, raw):
    raw.answers = [raw.whole(b"", "302 Found", f"Location: {raw.url}/a")]
    with pytest.raises(errors.CivisClientError, match="round in circles"):
        session.call("GET", "a")


def test_ipv6_address(open_raw, at_once):
    try:
        server = open_raw(socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    server.answers = [server.whole()]
    session = Session(server.url, KEY, retries=at_once)
    assert session.call("GET", "a")[1] == {"id": 1}
    assert server.heads("Host") == [server.url.removeprefix("http://")]
    session.close()


@pytest.mark.contract("C13", "D43")
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "Nope"),
        (b"null", "null"),
        (b"{}", "Nope: the server gave no description"),
        (b'{"errorDescription": null, "code": 418}', "Nope: the server gave no description"),
        (b'{"errors": ["a", "b"]}', '{"errors": ["a", "b"]}'),
        (b'{"error": {"message": "deep"}}', "deep"),
        (b'\xef\xbb\xbf{"errorDescription": "with a mark"}', "with a mark"),
        ("später".encode(), "später"),
        ("später".encode("latin-1"), "später"),
        pytest.param(b"[" * 100_000, "[[[", id="deep"),
        pytest.param(b"a\xe9 " * 1_000_000, "aé aé", id="long"),
        pytest.param(b"a " + "é".encode() * 1000, "éé", id="cut"),
        (b'{"errorDescription": "at https://s/x?X-Amz-Signature=SECRET"}', "X-Amz-Signature=***"),
    ],
)
def test_error_says_what_the_server_said(session, raw, body, said):
    raw.answers = [raw.whole(body, "418 Nope")]
    with pytest.raises(errors.CivisAPIError) as caught:
        session.call("GET", "a")
    assert said in caught.value.error_message
    assert "SECRET" not in str(caught.value)
    assert len(caught.value.error_message) < 600


def test_challenge_of_a_refused_key_is_told(session, raw):
    raw.answers = [raw.whole(b"", "401 Unauthorized", 'WWW-Authenticate: Bearer error="expired"')]
    with pytest.raises(errors.CivisAPIKeyError, match='Unauthorized: Bearer error="expired"'):
        session.call("GET", "a")


@pytest.mark.parametrize("status", ["400 Bad Request", "200 OK"])
def test_key_that_the_server_gives_back_is_masked(session, raw, status):
    def echo(content: bytes) -> bytes:
        return raw.whole(b"<p>debug: " + content + b"</p>", status, "Content-Type: text/html")

    token = base64.b64encode(f"{KEY}:".encode())
    raw.answers = [echo(KEY.encode() + b" " + token)]
    with pytest.raises((errors.CivisAPIError, errors.CivisClientError)) as caught:
        session.call("GET", "a")
    shown = f"{caught.value} {vars(caught.value)} {caught.value.args}"
    assert "debug: *** ***" in shown
    assert KEY not in shown
    assert token.decode() not in shown


@pytest.mark.parametrize("verb", ["POST", "PATCH"])
@pytest.mark.parametrize("status", [502, 503, 504])
def test_gateway_that_lost_sight_of_a_write_is_no_proof_that_nothing_was_done(
    session, raw, verb, status
):
    raw.answers = [raw.whole(b"", f"{status} Gateway")]
    with pytest.raises(errors.CivisAPIError, match="may have done the work"):
        session.call(verb, "a", json={})
    assert len(raw.requests) == 1
