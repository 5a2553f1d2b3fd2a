"""The key is in nothing that a person, a log or a saved notebook gets to see."""

from __future__ import annotations

import base64
import pickle
import signal
import threading
import traceback

import IPython
import pytest

from civis_nb import errors
from civis_nb._wire_text import masked_url
from civis_nb.client.client import APIClient
from civis_nb.display.log_lines import RunLog
from civis_nb.futures.failures import failure
from civis_nb.transport.session import Session

KEY = "key-that-nobody-may-see"
TOKEN = base64.b64encode(f"{KEY}:".encode()).decode()
EMPTY = {"swagger": "2.0", "paths": {"/users/me": {"get": {"summary": "Me", "responses": {}}}}}
#: The option had another name before IPython 9.
NO_COLOUR = (
    {"theme_name": "nocolor"} if IPython.version_info >= (9,) else {"color_scheme": "NoColor"}
)


def _hidden(text: str) -> None:
    assert KEY not in text
    assert TOKEN not in text


def _everything_shown(error: BaseException) -> str:
    """Return what the most talkative traceback says: all variables of all frames."""
    from IPython.core.ultratb import VerboseTB

    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    # The test's own frames hold the key by right.
    for part in (told, told.__cause__, told.__context__):
        if part is not None:
            part.stack = traceback.StackSummary.from_list(
                [frame for frame in part.stack if frame.filename != __file__]
            )
    tb = error.__traceback__
    while tb is not None and tb.tb_frame.f_code.co_filename == __file__:
        tb = tb.tb_next
    verbose = ""
    if tb is not None:
        verbose = VerboseTB(**NO_COLOUR).text(type(error), error, tb)
    return "\n".join([*told.format(), verbose, repr(error), str(error), repr(vars(error))])


def _start(url, **kwargs):
    return APIClient(KEY, endpoint=url, **kwargs)


def _raised(call):
    with pytest.raises(errors.CivisError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    "kwargs",
    [
        {"return_type": "pandas"},
        {"api_version": "9"},
        {"retries": 3},
        {"local_api_spec": {}},
        {"local_api_spec": "/no/such/file"},
    ],
)
def test_client_that_does_not_start_shows_no_key(scripted, kwargs):
    _hidden(_everything_shown(_raised(lambda: _start(scripted.url, **kwargs))))


@pytest.mark.parametrize("url", ["ftp://x", "no url", "https://127.0.0.1:1"])
def test_wrong_address_shows_no_key(scripted, url, at_once):
    _hidden(_everything_shown(_raised(lambda: _start(url, retries=at_once))))


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_refused_specification_shows_no_key(scripted, reply, status, at_once):
    scripted.on("GET", "/endpoints", reply({"errorDescription": "No"}, status))
    _hidden(_everything_shown(_raised(lambda: _start(scripted.url, retries=at_once))))


def test_key_of_the_environment_is_not_shown_either(scripted, monkeypatch, at_once):
    monkeypatch.setenv("CIVIS_API_KEY", KEY)
    monkeypatch.setenv("CIVIS_API_ENDPOINT", "ftp://x")
    _hidden(_everything_shown(_raised(APIClient)))


@pytest.mark.contract("D45")
@pytest.mark.parametrize("fault", ["close", "reset", "cut", "status", "html"])
def test_failed_call_shows_no_key(scripted, reply, at_once, fault):
    client = _start(scripted.url, local_api_spec=EMPTY, retries=at_once)
    answers = {"status": reply({}, 418), "html": reply(b"<html>"), "cut": reply({"a": 1}, fault)}
    scripted.on("GET", "/users/me", answers.get(fault) or reply(fault=fault))
    _hidden(_everything_shown(_raised(client.users.get_me)))
    client.close()


def test_interrupted_request_shows_no_key(scripted, reply):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    client = _start(scripted.url, local_api_spec=EMPTY)
    main = threading.main_thread().ident

    def interrupt(seen):
        signal.pthread_kill(main, signal.SIGINT)
        scripted.release.wait(20)
        return reply({})

    scripted.on("GET", "/users/me", interrupt)
    try:
        client.users.get_me()
    except KeyboardInterrupt as error:
        shown = _everything_shown(error)
    finally:
        signal.signal(signal.SIGINT, before)
    # The frames of the HTTP library, with the headers that were sent, are among them.
    assert "urllib3" in shown
    assert "Authorization" in shown
    _hidden(shown)
    client.close()


@pytest.mark.contract("D45")
def test_nothing_that_can_be_reached_by_name_holds_the_key(scripted):
    client = _start(scripted.url, local_api_spec=EMPTY)
    scripted.on("GET", "/users/me", {"id": 1})
    client.users.get_me()
    seen: set[int] = set()

    def walk(value, depth=0):
        if id(value) in seen or depth > 12:
            return
        seen.add(id(value))
        _hidden(repr(value))
        _hidden(str(value))
        items = list(getattr(value, "__dict__", {}).values())
        for kind in type(value).__mro__:
            slots = kind.__dict__.get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                items.append(getattr(value, name, None))
        if isinstance(value, dict):
            items += value.values()
        if isinstance(value, (list, tuple)):
            items += value
        for item in items:
            if type(item).__module__.startswith(("civis_nb", "requests", "builtins")):
                walk(item, depth + 1)

    walk(client)
    assert len(seen) > 20
    client.close()


def test_the_log_of_a_job_that_prints_its_key_shows_none(scripted):
    _start(scripted.url, local_api_spec=EMPTY).close()
    log = RunLog()
    half = len(KEY) // 2
    messages = (f"CIVIS_API_KEY={KEY}", f"\x1b[1m{KEY[:half]}\x1b[0m{KEY[half:]}")
    log.add([{"level": "info", "message": message} for message in messages])
    assert [line.text for line in log.lines(0, 2)] == ["CIVIS_API_KEY=***", "***"]
    error = failure(f"ValueError: {KEY}", None, 12, 34)
    _hidden(_everything_shown(error))
    assert "ValueError: ***" in str(error)


def test_a_short_key_of_a_test_garbles_no_words(scripted):
    APIClient("password", endpoint=scripted.url, local_api_spec=EMPTY).close()
    assert masked_url("the password of a user") == "the password of a user"


def test_client_is_not_pickled(scripted):
    client = _start(scripted.url, local_api_spec=EMPTY)
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)) as caught:
        pickle.dumps(client._session)
    _hidden(str(caught.value))
    client.close()


def test_errors_survive_pickling_without_the_key(scripted, reply, at_once):
    session = Session(scripted.url, KEY, retries=at_once)
    scripted.on("GET", "/a", reply({"errorDescription": "No"}, 401))
    scripted.on("GET", "/b", b"<html>")
    for path in ("a", "b"):
        error = _raised(lambda path=path: session.call("GET", path))
        content = pickle.dumps(error)
        assert KEY.encode() not in content
        assert TOKEN.encode() not in content
        again = pickle.loads(content)
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again) == vars(error)
    session.close()
