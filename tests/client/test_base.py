"""The helpers of `civis_nb.base`, for scripts that build requests of their own."""

from __future__ import annotations

import base64

import pytest
import requests

from civis_nb import base, errors


def _prepared(session, scripted, method="GET", path="/a"):
    return session.prepare_request(requests.Request(method, scripted.url + path))


def test_open_session_sends_the_key_and_shows_it_nowhere(scripted):
    scripted.on("GET", "/a", {"a": 1})
    with base.open_session("secret-key", {"X-Mine": "1"}) as session:
        assert session.get(scripted.url + "/a", timeout=10).json() == {"a": 1}
        assert "secret" not in repr(vars(session))
    headers = scripted.requests[0].headers
    assert headers["X-Mine"] == "1"
    assert base64.b64decode(headers["Authorization"].split()[1]) == b"secret-key:"


def test_retry_request_repeats_what_is_safe(scripted, reply, at_once):
    scripted.on("GET", "/a", reply({}, 503), reply(fault="close"), {"a": 1})
    with base.open_session("k") as session:
        answer = base.retry_request("get", _prepared(session, scripted), session, at_once)
    assert answer.json() == {"a": 1}
    assert len(scripted.requests) == 3


def test_retry_request_gives_the_last_answer_whatever_its_status(scripted, reply, at_once):
    scripted.on("GET", "/a", reply({}, 502))
    scripted.on("POST", "/a", reply({}, 503))
    with base.open_session("k") as session:
        answer = base.retry_request("GET", _prepared(session, scripted), session, at_once)
        assert answer.status_code == 502
        seen = len(scripted.requests)
        answer = base.retry_request("POST", _prepared(session, scripted, "POST"), session, at_once)
        assert answer.status_code == 503
    assert len(scripted.requests) == seen + 1


def test_retry_request_without_an_answer_is_an_error_of_ours(scripted, reply, at_once):
    scripted.on("GET", "/a", reply(fault="reset"))
    with (
        base.open_session("k") as session,
        pytest.raises(errors.CivisConnectionError, match="broke off") as caught,
    ):
        base.retry_request("GET", _prepared(session, scripted), session, at_once)
    assert caught.value.__context__ is None


def test_resources_are_endpoints(client):
    assert isinstance(client.jobs, base.Endpoint)


def test_headers_tell_the_job(monkeypatch):
    monkeypatch.setenv("CIVIS_JOB_ID", "7")
    headers = base.get_headers("tool")
    assert headers["User-Agent"].startswith("tool (Python 3")
    assert headers["X-Civis-Job-ID"] == "7"
    assert "X-Civis-Run-ID" not in headers
