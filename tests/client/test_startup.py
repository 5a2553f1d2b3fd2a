"""Starting a client: where the specification and the key come from, and what can be wrong."""

from __future__ import annotations

import json
import os
import stat
import time

import pytest

from civis_nb import errors
from civis_nb.client.client import APIClient
from civis_nb.spec import cache

KEY = "secret-key"


@pytest.fixture
def served(scripted, small_spec, reply):
    scripted.on("GET", "/endpoints", reply(small_spec, headers={"ETag": '"1"'}))
    scripted.on("GET", "/users/me", {"id": 1})
    return scripted


def _start(scripted, **kwargs):
    client = APIClient(KEY, endpoint=scripted.url, **kwargs)
    client.close()
    return client


def _file(tmp_path):
    (path,) = (tmp_path / "cache").glob("spec-*.civis")
    return path


def _asked(scripted):
    return len(scripted.seen("GET", "/endpoints"))


def test_specification_is_asked_for_once_and_kept_privately(served, tmp_path):
    first = _start(served)
    second = _start(served)
    assert _asked(served) == 1
    assert served.requests[0].body == b""
    assert second.spec.resources == first.spec.resources
    assert second.users.get_me().id == 1
    assert list(second.spec.operations("jobs")) == list(first.spec.operations("jobs"))
    path = _file(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KEY not in path.name
    assert KEY.encode() not in path.read_bytes()
    second.close()


def test_another_key_has_another_file(served):
    _start(served)
    APIClient("other", endpoint=served.url).close()
    assert _asked(served) == 2


def test_refresh_asks_again(served):
    _start(served)
    _start(served, force_refresh_api_spec=True)
    assert _asked(served) == 2
    assert "If-None-Match" not in served.requests[1].headers


def _age(monkeypatch, seconds):
    real = time.time
    monkeypatch.setattr(cache.time, "time", lambda: real() + seconds)


def test_after_a_day_the_server_is_asked_whether_it_changed(served, reply, monkeypatch):
    _start(served)
    served.on("GET", "/endpoints", reply(None, 304))
    _age(monkeypatch, 25 * 3600)
    assert "jobs" in _start(served).spec
    assert served.requests[1].headers["If-None-Match"] == '"1"'
    _start(served)
    assert _asked(served) == 2


def test_an_interactive_session_asks_after_a_quarter_of_an_hour(served, monkeypatch):
    _start(served)
    _age(monkeypatch, 16 * 60)
    _start(served)
    assert _asked(served) == 1
    monkeypatch.setattr("sys.ps1", ">>> ", raising=False)
    _start(served)
    assert _asked(served) == 2


@pytest.mark.parametrize(
    "damage", ["cut", "flip", "empty", "text", "header", "foreign", "writable"]
)
def test_damaged_or_foreign_file_is_downloaded_again(served, tmp_path, damage):
    _start(served)
    path = _file(tmp_path)
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[:-100])
    elif damage == "flip":
        path.write_bytes(content[:-50] + b"#" + content[-49:])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "text":
        path.write_bytes(b"\xff\xfe hello")
    elif damage == "header":
        path.write_bytes(content.replace(b'"index"', b'"indxe"', 1))
    elif damage == "foreign":
        path.write_bytes(_for_endpoint(content, "http://elsewhere/"))
    elif damage == "writable":
        path.chmod(0o666)
    client = _start(served)
    assert _asked(served) == 2
    assert "get" in client.spec.operations("jobs")
    _start(served)
    assert _asked(served) == 2


def _for_endpoint(content, endpoint):
    import zlib

    _, head, body = content.split(b"\n", 2)
    head = json.dumps({**json.loads(head), "endpoint": endpoint}).encode()
    return b"civis_nb spec 1 %d %d\n" % (len(head), zlib.crc32(head)) + head + b"\n" + body


def test_folder_that_can_not_be_written_is_no_error(served, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("CIVIS_NB_CACHE_DIR", str(blocked / "cache"))
    assert "jobs" in _start(served).spec


def test_browsing_uses_what_was_kept(served):
    from civis_nb.spec import describe

    _start(served)
    assert describe("jobs.get").startswith("client.jobs.get(id: int) -> Response")


@pytest.mark.parametrize("status", [401, 403])
def test_refused_key_is_a_key_error_with_a_hint(scripted, reply, status):
    scripted.on("GET", "/endpoints", reply({"errorDescription": "No"}, status))
    with pytest.raises(errors.CivisAPIKeyError, match="may be wrong or have expired") as caught:
        _start(scripted)
    assert caught.value.status_code == status
    assert KEY not in str(vars(caught.value))


def test_web_page_in_place_of_the_api_is_a_clear_error(scripted):
    scripted.on("GET", "/endpoints", b"<html>Welcome to the hotel</html>")
    with pytest.raises(errors.CivisSpecError, match="Welcome to the hotel"):
        _start(scripted)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"swagger": "2.0", "paths": {'])
def test_answer_that_is_no_specification_is_a_clear_error(scripted, body, at_once):
    scripted.on("GET", "/endpoints", body)
    with pytest.raises(errors.CivisSpecError, match="no API specification"):
        _start(scripted, retries=at_once)


def test_login_redirect_is_a_clear_error(scripted, reply):
    scripted.on("GET", "/endpoints", reply(None, 302, {"Location": f"{scripted.url}/login"}))
    scripted.on("GET", "/login", b"<html>Login</html>")
    with pytest.raises(errors.CivisSpecError, match="Login"):
        _start(scripted)


def test_missing_key_names_both_ways_out(scripted):
    with pytest.raises(EnvironmentError, match=r"CIVIS_API_KEY.*CIVIS_NB_BACKEND=local"):
        APIClient()
    assert not scripted.requests


def test_key_and_endpoint_come_from_the_environment(served, monkeypatch):
    monkeypatch.setenv("CIVIS_API_KEY", KEY)
    monkeypatch.setenv("CIVIS_API_ENDPOINT", served.url)
    client = APIClient()
    assert client.base_url == served.url + "/"
    client.close()


def test_local_specification_from_object_and_file(scripted, small_spec, tmp_path):
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(small_spec))
    for source in (small_spec, str(path), path):
        assert "jobs" in _start(scripted, local_api_spec=source).spec
    assert not scripted.requests


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "hello", "\x00"])
def test_file_that_is_no_specification_is_a_clear_error(scripted, tmp_path, content):
    path = tmp_path / "spec.json"
    path.write_text(content)
    with pytest.raises(errors.CivisSpecError, match=r"spec\.json is no API specification"):
        _start(scripted, local_api_spec=path)


def test_file_that_is_missing_is_a_clear_error(scripted, tmp_path):
    with pytest.raises(errors.CivisSpecError, match="can't be read: No such file"):
        _start(scripted, local_api_spec=tmp_path / "none.json")


@pytest.mark.parametrize(
    ("kwargs", "kind"),
    [
        ({"return_type": "pandas"}, ValueError),
        ({"api_version": "2.0"}, ValueError),
        ({"local_api_spec": {}, "force_refresh_api_spec": True}, TypeError),
        ({"retries": 5}, TypeError),
    ],
)
def test_wrong_arguments_are_refused(scripted, kwargs, kind):
    with pytest.raises(kind):
        _start(scripted, **kwargs)


def test_server_that_is_not_there_is_a_connection_error(scripted, at_once):
    url = scripted.url
    scripted.close()
    with pytest.raises(ConnectionError, match="CIVIS_API_ENDPOINT"):
        APIClient(KEY, endpoint=url, retries=at_once)


def test_user_agent_can_be_set(served):
    _start(served, user_agent=" my-tool ")
    assert served.requests[0].headers["User-Agent"].startswith("my-tool (Python")


@pytest.mark.skipif(os.name == "nt", reason="needs os.getuid")
def test_old_files_are_forgotten(served, tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    old = folder / "spec-old.civis"
    old.write_bytes(b"")
    os.utime(old, (0, 0))
    _start(served)
    assert not old.exists()
