"""What is repeated, how often, and with which waits."""

from __future__ import annotations

import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
import tenacity

from civis_nb import errors
from civis_nb.transport import retry
from civis_nb.transport.faults import Outcome
from civis_nb.transport.session import Session


@pytest.fixture
def session(scripted, at_once):
    made = Session(scripted.url, "k", retries=at_once)
    yield made
    made.close()


REPEATED = [
    (verb, status)
    for verb in ("GET", "PUT", "DELETE")
    for status in (429, 502, 503, 504)
] + [("POST", 429), ("GET", 500)]  # fmt: skip
NOT_REPEATED = [
    ("POST", 502), ("POST", 504), ("POST", 500), ("PUT", 500), ("DELETE", 500),
    *(("PATCH", status) for status in (429, 500, 502, 503, 504)),
    ("GET", 400), ("GET", 404), ("GET", 413), ("GET", 501),
]  # fmt: skip


@pytest.mark.contract("C7", "D12")
@pytest.mark.parametrize(("verb", "status"), REPEATED)
def test_answer_is_asked_for_again(session, scripted, reply, verb, status):
    scripted.on(verb, "/a", reply({}, status), reply({}, status), {"ok": True})
    assert session.call(verb, "a", json={})[1] == {"ok": True}
    assert len(scripted.requests) == 3


@pytest.mark.contract("C7")
@pytest.mark.parametrize(("verb", "status"), NOT_REPEATED)
def test_answer_is_final(session, scripted, reply, verb, status):
    scripted.on(verb, "/a", reply({}, status), {"ok": True})
    with pytest.raises(errors.CivisAPIError):
        session.call(verb, "a", json={})
    assert len(scripted.requests) == 1


@pytest.mark.contract("D12")
@pytest.mark.parametrize("fault", ["close", "reset", "cut"])
@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE"])
def test_broken_connection_is_repeated_where_that_is_safe(session, scripted, reply, verb, fault):
    scripted.on(verb, "/a", reply({"a": "x" * 50}, fault=fault), {"ok": True})
    assert session.call(verb, "a")[1] == {"ok": True}
    assert len(scripted.requests) == 2


@pytest.mark.contract("C10")
@pytest.mark.parametrize("fault", ["close", "reset", "cut"])
@pytest.mark.parametrize("verb", ["POST", "PATCH"])
def test_broken_connection_of_a_write_is_not_repeated(session, scripted, reply, verb, fault):
    scripted.on(verb, "/a", reply({"a": "x" * 50}, fault=fault), {"ok": True})
    with pytest.raises(errors.CivisConnectionError, match="may have done the work"):
        session.call(verb, "a", json={})
    assert len(scripted.requests) == 1


def test_garbled_answer_is_asked_for_again(session, scripted):
    scripted.on("GET", "/a", b'{"ok": tr', {"ok": True})
    assert session.call("GET", "a")[1] == {"ok": True}


def test_broken_connection_is_repeated_without_a_policy_of_the_user(scripted, reply):
    session = Session(scripted.url, "k")
    scripted.on("GET", "/a", reply(fault="close"), {"ok": True})
    assert session.call("GET", "a")[1] == {"ok": True}
    session.close()


@pytest.mark.contract("C10")
def test_post_of_which_no_byte_was_sent_is_repeated(at_once):
    session = Session("http://127.0.0.1:9", "k", retries=at_once)
    calls = []

    class Counted(requests.adapters.HTTPAdapter):
        def send(self, *args, **options):
            calls.append(args)
            return super().send(*args, **options)

    session.raw_session().mount("http://", Counted())
    with pytest.raises(errors.CivisConnectionError) as caught:
        session.call("POST", "a", json={})
    assert len(calls) == 5
    assert "may have done" not in str(caught.value)


@pytest.mark.contract("C9", "D43")
def test_used_up_retries_give_the_last_answer(session, scripted, reply):
    scripted.on("GET", "/a", reply({"errorDescription": "busy"}, 503))
    with pytest.raises(errors.CivisAPIError, match="busy") as caught:
        session.call("GET", "a")
    assert caught.value.status_code == 503
    assert len(scripted.requests) == 5


def test_post_answered_503_is_not_repeated_where_nothing_can_be_looked_at(session, scripted, reply):
    scripted.on("POST", "/a", reply({}, 503), {"ok": True})
    with pytest.raises(errors.CivisAPIError, match="may have done the work"):
        session.call("POST", "a", json={})
    assert len(scripted.requests) == 1


def _state(outcome: Outcome, attempt: int = 1, elapsed: float = 0.0):
    state = tenacity.RetryCallState(tenacity.Retrying(), None, (), {})
    state.attempt_number = attempt
    state.set_result(outcome)
    state.outcome_timestamp = state.start_time + elapsed
    return state


def _answered(status: int, retry_after: str = "") -> Outcome:
    import requests

    response = requests.Response()
    response.status_code = status
    if retry_after:
        response.headers["Retry-After"] = retry_after
    return Outcome("status", response=response)


@pytest.mark.contract("C8")
def test_retry_after_is_the_least_wait():
    outcome = _answered(429, "7")
    wait = retry._at_least_retry_after(tenacity.wait_none())
    assert wait(_state(outcome)) == 7
    assert retry._at_least_retry_after(tenacity.wait_fixed(9))(_state(outcome)) == 9


@pytest.mark.contract("C8")
def test_retry_after_may_be_a_date():
    now = datetime(2026, 5, 1, tzinfo=UTC)
    date = format_datetime(now + timedelta(seconds=30), usegmt=True)
    assert retry.retry_after_s(_answered(429, date).headers, now.timestamp()) == 30
    past = format_datetime(now - timedelta(seconds=30), usegmt=True)
    assert retry.retry_after_s(_answered(429, past).headers, now.timestamp()) == 0
    for odd in ("soon", "-5", "nan", "inf", "Mon, 99 Foo"):
        assert retry.retry_after_s(_answered(429, odd).headers) == 0


def test_date_without_a_zone_is_of_greenwich(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        now = datetime(2026, 5, 1, tzinfo=UTC)
        old_form = (now + timedelta(seconds=30)).strftime("%a %b %d %H:%M:%S %Y")
        assert retry.retry_after_s(_answered(429, old_form).headers, now.timestamp()) == 30
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("told", ["1e308", "9" * 30, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nobody_waits_for_ever_because_a_server_says_so(scripted, reply, told):
    waits = []
    policy = tenacity.Retrying(stop=tenacity.stop_after_attempt(3), sleep=waits.append)
    session = Session(scripted.url, "key", retries=policy)
    scripted.on("GET", "/a", reply({"errorDescription": "slow"}, 429, {"Retry-After": told}))
    with pytest.raises(errors.CivisAPIError, match="slow"):
        session.call("GET", "a")
    assert not waits
    session.close()


@pytest.mark.contract("C9")
def test_patience_ends_after_ten_attempts_or_ten_minutes():
    assert not retry._stop(_state(_answered(503), attempt=9))
    assert retry._stop(_state(_answered(503), attempt=10))
    assert retry._stop(_state(_answered(503), attempt=2, elapsed=601))
    assert retry._stop(_state(_answered(503, "700"), attempt=1))
    assert retry._stop(_state(Outcome("timeout"), attempt=3))
    assert retry._stop(_state(_answered(500), attempt=4))


def test_waits_grow_to_a_minute_at_most():
    for attempt in range(1, 12):
        waits = [retry._wait(_state(_answered(503), attempt)) for _ in range(50)]
        assert max(waits) <= min(60.0, 2.0 * 2 ** (attempt - 1))


@pytest.fixture
def interruptible():
    """A process started in the background ignores Ctrl-C; here it is to be heard."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_interrupt_during_a_wait_ends_it_at_once(scripted, reply, interruptible):
    main = threading.main_thread().ident
    slept, done = threading.Event(), threading.Event()

    def noted(seconds):
        slept.set()
        time.sleep(seconds)

    policy = tenacity.Retrying(sleep=noted, stop=tenacity.stop_after_attempt(3))
    scripted.on("GET", "/a", reply({}, 503, {"Retry-After": "30"}))
    session = Session(scripted.url, "k", retries=policy)

    def interrupt():
        # Again and again: one that comes just before the sleep begins would not end it.
        while slept.wait(20) and not done.wait(0.3):
            signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        session.call("GET", "a")
    except KeyboardInterrupt:
        interrupted = True
    finally:
        done.set()
    assert interrupted
    thread.join()
    session.close()
    assert len(scripted.requests) == 1
