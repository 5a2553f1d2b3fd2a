"""No exception of requests or urllib3 escapes, and none is kept inside ours."""

from __future__ import annotations

import contextlib
import inspect
import socket
import threading

import pytest
import requests
import urllib3

from civis_nb.errors import CivisConnectionError, CivisError
from civis_nb.transport.faults import classify
from civis_nb.transport.session import Session


def _subclasses(base):
    for kind in base.__subclasses__():
        yield kind
        yield from _subclasses(kind)


KINDS = sorted(
    {
        requests.RequestException,
        *(
            kind
            for kind in _subclasses(requests.RequestException)
            if kind.__module__.startswith("requests") and not issubclass(kind, Warning)
        ),
    },
    key=lambda kind: kind.__name__,
)
URLLIB3_KINDS = [
    kind
    for _, kind in inspect.getmembers(urllib3.exceptions, inspect.isclass)
    if issubclass(kind, urllib3.exceptions.HTTPError)
    and not issubclass(kind, (Warning, urllib3.exceptions.IncompleteRead))
    and kind is not urllib3.exceptions.InvalidChunkLength  # its text needs a response
]
URL = "https://key:secret@api.test/jobs?token=secret"


def _made(kind):
    error = kind.__new__(kind)
    Exception.__init__(error, f"no luck with {URL}")
    return error


@pytest.mark.parametrize("kind", [*KINDS, *URLLIB3_KINDS, OSError, ValueError, UnicodeError])
def test_every_exception_becomes_one_of_ours(kind, at_once):
    class Broken(requests.adapters.HTTPAdapter):
        def send(self, *args, **options):
            raise _made(kind)

    session = Session("https://api.test", "key", retries=at_once)
    session.raw_session().mount("https://", Broken())
    with pytest.raises(CivisError) as caught:
        session.call("GET", "jobs", params={"token": "secret"})
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "secret" not in str(caught.value)


def test_message_names_host_request_and_reason():
    inner = urllib3.exceptions.NewConnectionError("host", "Connection refused")
    inner = urllib3.exceptions.MaxRetryError(None, URL, inner)
    outcome = classify(requests.ConnectionError(inner), "GET", URL)
    assert outcome.fault == "unsent"
    assert isinstance(outcome.error, CivisConnectionError)
    assert str(outcome.error) == (
        "No connection to api.test for GET /jobs?token=***: host: Connection refused. "
        "Is CIVIS_API_ENDPOINT right, and the network up?"
    )


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_a_local_platform_that_has_ended_is_named_as_the_likely_reason(host):
    url = f"http://{host}/jobs"
    inner = urllib3.exceptions.NewConnectionError("host", "Connection refused")
    inner = urllib3.exceptions.MaxRetryError(None, url, inner)
    outcome = classify(requests.ConnectionError(inner), "GET", url)
    assert "a local platform ends with the program that started it" in str(outcome.error)


def test_safe_connection_that_breaks_off_is_asked_for_again(at_once):
    listening = socket.create_server(("127.0.0.1", 0))
    hellos = []

    def answer():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                hellos.append(connection.recv(65536))
                connection.close()

    threading.Thread(target=answer, daemon=True).start()
    session = Session(f"https://127.0.0.1:{listening.getsockname()[1]}", "key", retries=at_once)
    with pytest.raises(CivisConnectionError, match="broke off"):
        session.call("GET", "a")
    assert len(hellos) == 5
    with pytest.raises(CivisConnectionError, match="broke off"):
        session.call("POST", "a", json={})
    assert len(hellos) == 6
    listening.close()
    session.close()
