from __future__ import annotations

import itertools
import threading

import pytest

from civis_nb.errors import CivisClientError, CivisInputError
from civis_nb.futures import timing
from civis_nb.utils import LogCursor, job_logs, logs


def messages(entries):
    return [entry["message"] for entry in entries]


def test_log_of_a_finished_run_is_given_whole(log_server):
    log_server.write("a", "b", "c")
    log_server.complete = True
    entries = list(job_logs(1, 2, client=log_server))
    assert messages(entries) == ["a", "b", "c"]
    assert entries[0] == {
        "id": 1,
        "created_at": "2026-01-01T00:00:00.000Z",
        "message": "a",
        "level": "info",
    }


@pytest.mark.contract("C35")
@pytest.mark.parametrize("max_id_header", [True, False])
@pytest.mark.parametrize("cache_header", [True, False])
def test_finished_run_without_logs_ends(log_server, max_id_header, cache_header):
    log_server.complete = True
    log_server.max_id_header, log_server.cache_header = max_id_header, cache_header
    log_server.run["state"] = "succeeded"
    assert list(job_logs(1, 2, client=log_server)) == []


@pytest.mark.contract("C35")
@pytest.mark.parametrize("max_id_header", [True, False])
@pytest.mark.parametrize("page_entries", [7, 10**6])
def test_ten_thousand_lines_come_once_and_in_order(log_server, max_id_header, page_entries):
    log_server.page_entries = page_entries
    log_server.max_id_header = max_id_header
    count = 10_000 if page_entries > 100 else 500
    log_server.write(*map(str, range(count)))
    log_server.complete = True
    assert messages(job_logs(1, 2, client=log_server)) == [str(n) for n in range(count)]


def test_log_is_followed_while_it_is_written(log_server):
    numbers = itertools.count()

    def more():
        number = next(numbers)
        if number < 20:
            log_server.write(f"line {number}")
        else:
            log_server.complete = True

    log_server.on_read = more
    found = messages(job_logs(1, 2, client=log_server))
    assert found == [f"line {number}" for number in range(20)]


def test_entries_that_appear_late_between_others_are_not_lost(log_server, monkeypatch):
    monkeypatch.setattr(logs, "_REREAD_S", 0.0)
    log_server.entries = {11: "k", 13: "m", 17: "q"}
    follower = job_logs(1, 2, client=log_server)
    assert messages(itertools.islice(follower, 3)) == ["k", "m", "q"]
    log_server.entries.update({12: "l", 16: "p"})
    assert messages(itertools.islice(follower, 2)) == ["l", "p"]
    log_server.entries.update({14: "n", 19: "s"})
    log_server.complete = True
    assert sorted(messages(follower)) == ["n", "s"]


def test_the_end_is_read_once_more_for_late_entries(log_server):
    log_server.entries = {11: "k", 13: "m"}
    cursor = LogCursor(log_server, 1, 2)
    assert messages(cursor.read()) == ["k", "m"]
    log_server.entries[12] = "l"
    log_server.complete = True
    assert messages(cursor.read()) == ["l"]
    assert cursor.complete


def test_server_that_ignores_last_id_gives_nothing_twice(log_server):
    log_server.ignores_last_id = True
    log_server.write(*"abc")
    cursor = LogCursor(log_server, 1, 2)
    assert messages(cursor.read()) == ["a", "b", "c"]
    assert cursor.read() == []
    log_server.write("d")
    log_server.complete = True
    assert messages(cursor.read()) == ["d"]


def test_entries_announced_but_never_given_do_not_hold_the_end(log_server):
    log_server.write("a")
    log_server.complete, log_server.max_id = True, 99
    assert messages(job_logs(1, 2, client=log_server)) == ["a"]


def test_entries_announced_and_given_late_are_waited_for(log_server):
    log_server.write("a")
    log_server.complete, log_server.max_id = True, 2
    follower = job_logs(1, 2, client=log_server)
    assert next(follower)["message"] == "a"
    log_server.write("b")
    assert messages(follower) == ["b"]


def test_read_that_fails_loses_and_repeats_nothing(log_server, monkeypatch):
    monkeypatch.setattr(timing, "MAX_WAIT_S", 0.01)
    log_server.page_entries = 2
    log_server.write(*"abcdef")
    log_server.complete = True
    log_server.on_read = lambda: (
        log_server.faults.append(ConnectionResetError("reset"))
        if len(log_server.reads) in (1, 4)
        else None
    )
    assert messages(job_logs(1, 2, client=log_server)) == list("abcdef")


def test_cursor_raises_and_goes_on_where_it_was(log_server):
    log_server.faults = [ConnectionResetError("reset")]
    log_server.write("a")
    cursor = LogCursor(log_server, 1, 2)
    with pytest.raises(ConnectionResetError):
        cursor.read()
    assert messages(cursor.read()) == ["a"]


def test_refusal_is_raised(log_server):
    class Refused(Exception):
        status_code = 404

    log_server.faults = [Refused()]
    with pytest.raises(Refused):
        next(job_logs(1, 2, client=log_server))


def test_cursor_does_not_wait_for_entries(log_server):
    cursor = LogCursor(log_server, 1, 2)
    assert cursor.read() == []
    assert not cursor.complete
    log_server.write("a")
    assert messages(cursor.read()) == ["a"]
    log_server.complete = True
    assert cursor.read() == []
    assert cursor.complete
    reads = len(log_server.reads)
    assert cursor.read() == []
    assert len(log_server.reads) == reads


def test_entry_without_an_id_is_an_error(log_server):
    log_server.list_runs_logs = lambda *_, **__: [{"message": "a"}]
    with pytest.raises(CivisClientError, match="no id"):
        LogCursor(log_server, 1, 2).read()


def test_newest_run_is_followed_when_none_is_given(log_server):
    log_server.write("a")
    log_server.complete = True
    assert messages(job_logs(1, client=log_server)) == ["a"]


def test_job_without_a_run_is_refused(log_server):
    log_server.runs = []
    with pytest.raises(CivisInputError, match="Job 1 has no run"):
        next(job_logs(1, client=log_server))


def test_finished_timeout_ends_a_log_that_is_never_called_complete(log_server):
    log_server.write("a")
    log_server.run.update(state="succeeded", finishedAt="2020-01-01T00:00:00.000Z")
    assert messages(job_logs(1, 2, finished_timeout=60, client=log_server)) == ["a"]


def test_finished_timeout_waits_for_the_run_to_end(log_server):
    log_server.write("a")
    follower = job_logs(1, 2, finished_timeout=0, client=log_server)
    assert next(follower)["message"] == "a"
    threading.Timer(0.05, log_server.run.update, [{"finishedAt": "2020-01-01T00:00:00Z"}]).start()
    assert list(follower) == []


def test_finished_timeout_goes_by_the_clock_of_the_server(log_server):
    def later():
        if len(log_server.reads) == 4:
            log_server.write("b")
            log_server.complete = True

    log_server.write("a")
    log_server.run.update(state="succeeded", finishedAt="2020-01-01T00:00:00.000Z")
    log_server.run_headers = {"Date": "Wed, 01 Jan 2020 00:00:01 GMT"}
    log_server.on_read = later
    assert messages(job_logs(1, 2, finished_timeout=60, client=log_server)) == ["a", "b"]


def test_window_of_late_entries_is_bounded(log_server):
    log_server.entries = {n * 3: str(n) for n in range(1, 5000)}
    cursor = LogCursor(log_server, 1, 2)
    assert len(cursor.read()) == 4999
    assert cursor.read() == []
    assert len(cursor._seen) <= logs._WINDOW_ENTRIES
    assert log_server.reads[-1]["last_id"] > 14000
