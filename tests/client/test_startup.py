"""Starting a client: where the specification and the key come from, and what can be wrong."""

from __future__ import annotations

import json
import os
import stat
import threading
import time

import pytest
import tenacity

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


@pytest.mark.contract("C46")
def test_refresh_asks_again(served):
    _start(served)
    _start(served, force_refresh_api_spec=True)
    assert _asked(served) == 2
    assert "If-None-Match" not in served.requests[1].headers


def _age(monkeypatch, seconds):
    real = time.time
    monkeypatch.setattr(cache.time, "time", lambda: real() + seconds)


@pytest.mark.contract("C46")
def test_after_a_day_the_server_is_asked_whether_it_changed(served, reply, monkeypatch):
    _start(served)
    served.on("GET", "/endpoints", reply(None, 304))
    _age(monkeypatch, 25 * 3600)
    assert "jobs" in _start(served).spec
    assert served.requests[1].headers["If-None-Match"] == '"1"'
    _start(served)
    assert _asked(served) == 2


def test_an_interactive_session_asks_after_a_quarter_of_an_hour(served, monkeypatch):
    # What a test before this one may have left.
    monkeypatch.delattr("sys.ps1", raising=False)
    monkeypatch.delattr("builtins.__IPYTHON__", raising=False)
    _start(served)
    _age(monkeypatch, 16 * 60)
    _start(served)
    assert _asked(served) == 1
    monkeypatch.setattr("sys.ps1", ">>> ", raising=False)
    _start(served)
    assert _asked(served) == 2


@pytest.mark.parametrize(
    "damage",
    ["cut", "flip", "empty", "text", "header", "foreign", "writable", "folder", "link", "pipe"],
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
    elif damage == "folder":
        path.unlink()
        path.mkdir()
    elif damage == "link":
        path.unlink()
        path.symlink_to(tmp_path / "nowhere")
    elif damage == "pipe":
        path.unlink()
        os.mkfifo(path)
    client = _start(served)
    assert _asked(served) == 2
    assert "get" in client.spec.operations("jobs")
    _start(served)
    # A folder of that name can't be written over; the next process asks again.
    assert _asked(served) == (3 if damage == "folder" else 2)


@pytest.mark.parametrize(
    "header",
    [
        [],
        {},
        {"index": None},
        {"index": "jobs"},
        {"index": {"jobs": 5}},
        {"index": {"jobs": [0, 10**9]}},
        {"index": {"jobs": [-1, 5]}},
        {"fetched_at": None},
        {"fetched_at": "today"},
        {"crc": None},
        {"etag": 5},
    ],
    ids=str,
)
def test_header_that_makes_no_sense_counts_as_none(served, tmp_path, header):
    _start(served)
    path = _file(tmp_path)
    path.write_bytes(_with_header(path.read_bytes(), header))
    assert "get" in _start(served).spec.operations("jobs")
    assert _asked(served) == 2


def test_etag_that_can_not_be_sent_is_left_out(served, tmp_path):
    _start(served)
    path = _file(tmp_path)
    path.write_bytes(_with_header(path.read_bytes(), {"etag": "a\r\nX: y", "fetched_at": 0}))
    assert "get" in _start(served).spec.operations("jobs")
    assert "If-None-Match" not in served.requests[-1].headers


def test_index_that_points_elsewhere_is_an_error_that_names_the_file(served, tmp_path):
    _start(served)
    path = _file(tmp_path)
    path.write_bytes(_with_header(path.read_bytes(), {"index": {"jobs": [1, 5]}}))
    with pytest.raises(errors.CivisSpecError, match="is damaged: delete the file"):
        _start(served).jobs  # noqa: B018


def _for_endpoint(content, endpoint):
    return _with_header(content, {"endpoint": endpoint})


def _with_header(content, header):
    import zlib

    _, head, body = content.split(b"\n", 2)
    head = {**json.loads(head), **header} if header else header
    head = json.dumps(head).encode()
    return b"civis_nb spec 1 %d %d\n" % (len(head), zlib.crc32(head)) + head + b"\n" + body


def test_writers_at_the_same_time_leave_a_whole_file(served, tmp_path):
    threads = [
        threading.Thread(target=_start, args=(served,), kwargs={"force_refresh_api_spec": True})
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    asked = _asked(served)
    assert "get" in _start(served).spec.operations("jobs")
    assert _asked(served) == asked
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [_file(tmp_path).name]


def test_user_without_a_home_has_a_cache_as_well(served, tmp_path, monkeypatch):
    import platformdirs

    from civis_nb.spec.cache import default_folder

    def homeless(*_, **__):
        raise RuntimeError("could not determine the home directory")

    monkeypatch.delenv("CIVIS_NB_CACHE_DIR")
    monkeypatch.setattr(platformdirs, "user_cache_path", homeless)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert default_folder().parent == tmp_path
    _start(served)
    _start(served)
    assert _asked(served) == 1


def test_named_folder_may_be_below_the_home(monkeypatch, tmp_path):
    from civis_nb.spec.cache import default_folder

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CIVIS_NB_CACHE_DIR", "~/mine")
    assert default_folder() == tmp_path / "mine"


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


def test_cut_specification_is_asked_for_again(scripted, small_spec, at_once):
    content = json.dumps(small_spec).encode()
    scripted.on("GET", "/endpoints", content[:-10], content)
    assert "jobs" in _start(scripted, retries=at_once).spec
    assert _asked(scripted) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"swagger": "2.0", "paths": {',
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
def test_answer_that_is_no_specification_is_a_clear_error(scripted, body, at_once):
    scripted.on("GET", "/endpoints", body)
    with pytest.raises(errors.CivisSpecError, match="no API specification"):
        _start(scripted, retries=at_once)


def test_login_redirect_is_a_clear_error(scripted, reply):
    scripted.on("GET", "/endpoints", reply(None, 302, {"Location": f"{scripted.url}/login"}))
    scripted.on("GET", "/login", b"<html>Login</html>")
    with pytest.raises(errors.CivisSpecError, match="Login"):
        _start(scripted)


@pytest.mark.contract("C2")
def test_missing_key_names_both_ways_out(scripted):
    with pytest.raises(EnvironmentError, match=r"CIVIS_API_KEY.*CIVIS_NB_BACKEND=local"):
        APIClient()
    assert not scripted.requests


@pytest.mark.contract("C1")
def test_key_and_endpoint_come_from_the_environment(served, monkeypatch):
    monkeypatch.setenv("CIVIS_API_KEY", KEY)
    monkeypatch.setenv("CIVIS_API_ENDPOINT", served.url)
    client = APIClient()
    assert client.base_url == served.url + "/"
    client.close()


@pytest.mark.contract("C46")
def test_local_specification_from_object_and_file(scripted, small_spec, tmp_path):
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(small_spec))
    for source in (small_spec, str(path), path):
        assert "jobs" in _start(scripted, local_api_spec=source).spec
    assert not scripted.requests


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", "hello", "\x00", pytest.param("[" * 100_000, id="deep")]
)
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
        ({"retries": {}}, TypeError),
        ({"retries": tenacity.AsyncRetrying()}, TypeError),
        ({"local_api_spec": 5}, TypeError),
        ({"local_api_spec": [1]}, TypeError),
        ({"local_api_spec": b"/a/path"}, TypeError),
        ({"user_agent": 5}, TypeError),
        ({"user_agent": "Zürich"}, ValueError),
        ({"user_agent": "a\x00b"}, ValueError),
    ],
)
def test_wrong_arguments_are_refused(scripted, kwargs, kind):
    with pytest.raises(kind):
        _start(scripted, **kwargs)


@pytest.mark.parametrize("key", [b"key-of-bytes", 123456789])
def test_key_that_is_no_text_is_refused_and_not_shown(scripted, key):
    import traceback

    with pytest.raises(TypeError, match=r"api_key must be text, not (bytes|int)") as caught:
        APIClient(key, endpoint=scripted.url)
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert not any(str(key) in str(frame.locals) for frame in told.stack[1:])


def test_server_that_is_not_there_is_a_connection_error(scripted, at_once):
    url = scripted.url
    scripted.close()
    with pytest.raises(ConnectionError, match="CIVIS_API_ENDPOINT"):
        APIClient(KEY, endpoint=url, retries=at_once)


@pytest.mark.contract("C4")
def test_user_agent_can_be_set(served):
    _start(served, user_agent=" my-tool ")
    assert served.requests[0].headers["User-Agent"].startswith("my-tool (Python")


@pytest.mark.skipif(os.name == "nt", reason="needs os.getuid")
def test_old_files_are_forgotten(served, tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    old = folder / "spec-old.civis"
    left = folder / ".spec-half"
    for path in (old, left):
        path.write_bytes(b"")
        os.utime(path, (0, 0))
    _start(served)
    assert not old.exists()
    assert not left.exists()
