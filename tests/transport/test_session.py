"""What a session sends, keeps open, masks, and makes of every kind of answer."""

from __future__ import annotations

import base64
import importlib.util
import logging
import os
import socket
import threading

import pytest

from civis_nb import errors
from civis_nb.transport.session import Session

KEY = "key-that-nobody-may-see"


@pytest.fixture
def session(scripted, at_once):
    made = Session(scripted.url, KEY, retries=at_once)
    yield made
    made.close()


@pytest.mark.contract("C3")
def test_request_carries_key_user_agent_and_no_job_headers(session, scripted):
    scripted.on("GET", "/users/me", {"id": 1})
    _, payload = session.call("GET", "users/me", json={})
    (seen,) = scripted.requests
    assert payload == {"id": 1}
    assert base64.b64decode(seen.headers["Authorization"].split()[1]) == f"{KEY}:".encode()
    assert seen.headers["User-Agent"].startswith("civis-python (Python 3.")
    assert "civis_nb" in seen.headers["User-Agent"]
    assert seen.body == b"{}"
    assert not [name for name in seen.headers if name.lower().startswith("x-civis")]


@pytest.mark.contract("C5")
def test_job_headers_are_sent_inside_a_job(session, scripted, monkeypatch):
    monkeypatch.setenv("CIVIS_JOB_ID", "5")
    monkeypatch.setenv("CIVIS_RUN_ID", "6")
    scripted.on("GET", "/users/me", {})
    session.call("GET", "users/me")
    headers = scripted.requests[0].headers
    assert (headers["X-Civis-Job-ID"], headers["X-Civis-Run-ID"]) == ("5", "6")


@pytest.mark.contract("C1")
def test_base_url_works_with_and_without_slash(scripted, at_once):
    scripted.on("GET", "/users/me", {})
    for url in (scripted.url, scripted.url + "/"):
        session = Session(url, KEY, retries=at_once)
        session.call("GET", "/users/me/")
        session.close()
    assert [seen.target for seen in scripted.requests] == ["/users/me"] * 2


def test_one_hundred_calls_use_one_connection(session, scripted):
    scripted.on("GET", "/users/me", {})
    for _ in range(100):
        session.call("GET", "users/me")
    assert scripted.connections == 1


@pytest.mark.contract("C6")
def test_presigned_urls_and_other_hosts_get_no_key(session, scripted):
    scripted.on("GET", "/blob", b"data")
    session.request("GET", scripted.url + "/blob", authenticated=False)
    other = scripted.url.replace("127.0.0.1", "localhost")
    session.request("GET", other + "/blob")
    session.raw_session().get(scripted.url + "/blob", timeout=10)
    assert [seen.headers.get("Authorization") for seen in scripted.requests] == [None] * 3


def test_netrc_is_not_read(session, scripted, reply, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    scripted.on("GET", "/blob", b"data")
    scripted.on("GET", "/moved", reply(status=302, headers={"Location": scripted.url + "/blob"}))
    session.request("GET", scripted.url + "/blob", authenticated=False)
    session.request("GET", scripted.url + "/moved", authenticated=False)
    assert len(scripted.requests) == 3
    assert not any("Authorization" in seen.headers for seen in scripted.requests)


def test_cookies_are_not_kept(session, scripted, reply):
    scripted.on("GET", "/a", reply({}, headers={"Set-Cookie": "s=1; Path=/"}))
    session.call("GET", "a")
    session.call("GET", "a")
    assert "Cookie" not in scripted.requests[1].headers


def test_key_is_shown_nowhere(session, scripted):
    scripted.on("GET", "/gone", {"errorDescription": "no"})
    token = base64.b64encode(f"{KEY}:".encode()).decode()
    response, _ = session.call("GET", "gone")
    with pytest.raises(errors.CivisAPIError) as caught:
        session.call("GET", "missing")
    texts = [repr(session), repr(session._auth), str(dict(response.request.headers))]
    error: BaseException | None = caught.value
    while error is not None:
        texts += [repr(error), str(vars(error)), str(error.args)]
        error = error.__cause__ or error.__context__
    assert not hasattr(session, "__dict__")
    for text in texts:
        assert KEY not in text
        assert token not in text


def test_connection_error_holds_no_request(at_once):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    session = Session(url, KEY, retries=at_once)
    with pytest.raises(errors.CivisConnectionError, match="No connection to 127") as caught:
        session.call("GET", "users/me")
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


@pytest.mark.contract("D17")
def test_signatures_are_masked_in_debug_logs(session, scripted, caplog):
    scripted.on("GET", "/blob", b"x")
    with caplog.at_level(logging.DEBUG, logger="urllib3"):
        session.raw_session().get(
            scripted.url + "/blob", params={"Signature": "abcdef", "part": "1"}, timeout=10
        )
    assert "abcdef" not in caplog.text
    assert "Signature=***&part=1" in caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://x",
        "civis.test",
        "http://",
        "http://a b/",
        "http://h:x",
        "http://h:0",
        "http://:80",
        "http://h/?a=b",
        "http://h/#f",
        "http://h:99999",
    ],
)
def test_address_that_is_no_url_is_refused(url):
    with pytest.raises(errors.CivisConfigError, match="CIVIS_API_ENDPOINT"):
        Session(url, KEY)


@pytest.mark.parametrize("user", ["me:hunter2@", "me@", ":hunter2@"])
def test_address_with_a_user_is_refused_without_showing_it(user):
    with pytest.raises(
        errors.CivisConfigError, match="names a user: https://\\*\\*\\*@api"
    ) as caught:
        Session(f"https://{user}api.test", KEY)
    assert "hunter2" not in str(caught.value)


@pytest.mark.contract("C12")
@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            400,
            {"error": "bad_request", "errorDescription": "Name is blank", "code": 400},
            "Name is",
        ),
        (404, b"", "Not Found"),
        (409, b"<html>Proxy says no</html>", "Proxy says no"),
        (422, [1, 2], "[1, 2]"),
        (400, b"\xff\xfe\x00", ""),
    ],
)
def test_error_has_status_message_method_and_path(session, scripted, reply, status, body, said):
    scripted.on("PATCH", "/jobs/1", reply(body, status))
    with pytest.raises(errors.CivisAPIError) as caught:
        session.call("PATCH", "jobs/1", params={"a": 1}, json={})
    assert caught.value.status_code == status
    assert said in caught.value.error_message
    assert f"({status})" in str(caught.value)
    assert "(PATCH /jobs/1?a=1)" in str(caught.value)


@pytest.mark.contract("C11", "D43")
def test_401_is_a_key_error_without_a_challenge(session, scripted, reply):
    scripted.on("GET", "/a", reply({"errorDescription": "Bad key"}, 401))
    with pytest.raises(errors.CivisAPIKeyError, match="Bad key"):
        session.call("GET", "a")


def test_empty_answer_is_none(session, scripted, reply):
    scripted.on("DELETE", "/a", reply(None, 204))
    assert session.call("DELETE", "a")[1] is None


@pytest.mark.parametrize("body", [b" ", b'{"a": 1', b"ok", b'{"a": 1}}'])
def test_answer_that_is_no_json_says_what_it_was(session, scripted, body):
    scripted.on("POST", "/a", body)
    with pytest.raises(errors.CivisClientError, match=r"POST /a at 127.* answered 200") as caught:
        session.call("POST", "a")
    assert "may have done the work" in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": 1, "token": "s3cret", "a',
        b'[{"token" : "s3cr\\"et"',
        b'{"token":"s3cret',
        b'{"token":"s3cr\\',
    ],
)
def test_answer_that_was_cut_shows_no_text_that_it_was_to_give(session, scripted, body):
    scripted.on("POST", "/a", body)
    with pytest.raises(errors.CivisClientError, match="token") as caught:
        session.call("POST", "a")
    assert "s3cr" not in str(caught.value)


def test_web_page_is_not_asked_for_again(session, scripted):
    scripted.on("GET", "/a", b"<!DOCTYPE html><title>Hotel login</title>")
    with pytest.raises(errors.CivisClientError, match="login page"):
        session.call("GET", "a")
    assert len(scripted.requests) == 1


def test_redirect_of_a_post_is_an_error_not_a_get(session, scripted, reply):
    scripted.on("POST", "/a", reply(None, 302, {"Location": "https://login.test/?token=abc"}))
    with pytest.raises(errors.CivisClientError, match=r"sends on to https://login\.test") as caught:
        session.call("POST", "a", json={})
    assert "abc" not in str(caught.value)
    assert len(scripted.requests) == 1


def test_redirect_to_another_host_loses_the_key(session, scripted, reply):
    other = scripted.url.replace("127.0.0.1", "localhost")
    scripted.on("GET", "/a", reply(None, 302, {"Location": f"{other}/b"}))
    scripted.on("GET", "/b", {})
    response, _ = session.call("GET", "a")
    assert "Authorization" not in scripted.requests[1].headers
    assert all("Authorization" not in item.request.headers for item in response.history)


@pytest.mark.contract("D8")
def test_request_that_gets_no_answer_times_out(scripted, reply, monkeypatch, at_once):
    monkeypatch.setenv("CIVIS_NB_READ_TIMEOUT_S", "0.1")
    scripted.on("POST", "/a", reply(fault="hang"))
    session = Session(scripted.url, KEY, retries=at_once)
    with pytest.raises(errors.CivisTimeoutError, match="CIVIS_NB_READ_TIMEOUT_S") as caught:
        session.call("POST", "a", json={})
    session.close()
    assert "look before you call again" in str(caught.value)
    assert len(scripted.requests) == 1


@pytest.mark.contract("C47", "D18")
def test_other_threads_do_not_wait_for_a_slow_call(session, scripted, reply):
    def slow(seen):
        scripted.release.wait(20)
        return reply({})

    scripted.on("GET", "/slow", slow)
    scripted.on("GET", "/quick", {})
    thread = threading.Thread(target=session.call, args=("GET", "slow"))
    thread.start()
    for _ in range(5):
        session.call("GET", "quick")
    assert thread.is_alive()
    scripted.release.set()
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_child_of_a_fork_opens_its_own_connection(session, scripted):
    scripted.on("GET", "/a", {})
    session.call("GET", "a")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            session._lock.acquire()  # as if another thread had held it
            session.call("GET", "a")
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    session.call("GET", "a")
    assert [seen.connection for seen in scripted.requests] == [1, 2, 1]


def test_calls_slow_down_near_the_rate_limit(session, scripted, reply, monkeypatch):
    naps = []
    monkeypatch.setattr("civis_nb.transport.session.time.sleep", naps.append)
    limit = {"X-RateLimit-Limit": "1000"}
    scripted.on(
        "GET",
        "/a",
        reply({}, headers={**limit, "X-RateLimit-Remaining": "900"}),
        reply({}, headers={**limit, "X-RateLimit-Remaining": "25"}),
        reply({}, headers={**limit, "X-RateLimit-Remaining": "0"}),
        reply({}),
    )
    for _ in range(5):
        session.call("GET", "a")
    assert naps == [0.5, 1.0]


def test_a_rate_limit_of_zero_does_not_fail_a_call(session, scripted, reply):
    headers = {"X-RateLimit-Limit": "0", "X-RateLimit-Remaining": "-1"}
    scripted.on("GET", "/a", reply({"id": 1}, headers=headers))
    assert session.call("GET", "a")[1] == {"id": 1}


def test_proxy_is_taken_from_the_environment(scripted, monkeypatch, at_once):
    monkeypatch.setenv("HTTP_PROXY", scripted.url)
    monkeypatch.setenv("http_proxy", scripted.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    session = Session("http://api.civis.test", KEY, retries=at_once)
    scripted.on("GET", "/users/me", {"via": "proxy"})
    assert session.call("GET", "users/me")[1] == {"via": "proxy"}
    assert scripted.requests[0].target == "http://api.civis.test/users/me"
    session.close()


def test_certificate_authority_is_taken_from_the_environment(monkeypatch, at_once):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
    session = Session("https://127.0.0.1:9", KEY, retries=at_once)
    with pytest.raises(errors.CivisConnectionError, match=r"bundle\.pem"):
        session.call("GET", "users/me")


def test_what_has_no_json_form_is_refused(session):
    for body in ({"a": float("nan")}, {"a": object()}, {"a": {1: {"b": b"x"}}}):
        with pytest.raises(errors.CivisInputError, match="no JSON form"):
            session.call("POST", "a", json=body)


@pytest.mark.parametrize("seconds", ["inf", "1e10", "nan", "0", "-1", "soon"])
@pytest.mark.parametrize("name", ["CIVIS_NB_READ_TIMEOUT_S", "CIVIS_NB_CONNECT_TIMEOUT_S"])
def test_time_that_nobody_can_wait_is_refused(monkeypatch, name, seconds):
    monkeypatch.setenv(name, seconds)
    with pytest.raises(errors.CivisConfigError, match=name):
        Session("http://h", "key")


@pytest.mark.parametrize(
    ("proxy", "said"),
    [("socks5://127.0.0.1:1", "pip install pysocks.*ALL_PROXY"), ("http://[bad", "proxy")],
)
def test_proxy_that_can_not_be_used_is_named(scripted, monkeypatch, at_once, proxy, said):
    if proxy.startswith("socks") and importlib.util.find_spec("socks"):
        pytest.skip("SOCKS can be used here")
    monkeypatch.setenv("HTTP_PROXY", proxy)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    session = Session(scripted.url, "key", retries=at_once)
    with pytest.raises(errors.CivisError, match=said):
        session.call("GET", "a")
    assert not scripted.requests
    session.close()


def test_host_that_can_not_be_one_is_a_clear_error(at_once):
    session = Session(f"http://{'a' * 64}.test", "key", retries=at_once)
    with pytest.raises(errors.CivisClientError, match="CIVIS_API_ENDPOINT"):
        session.call("GET", "a")
    session.close()


@pytest.mark.parametrize("user", ["someone:hidden", "someone", ":hidden"])
def test_an_address_with_a_user_is_refused_without_repeating_the_password(user):
    with pytest.raises(errors.CivisConfigError, match="names a user") as caught:
        Session(f"http://{user}@127.0.0.1:1", "key")
    assert "hidden" not in str(caught.value)
