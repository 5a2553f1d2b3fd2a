"""Files of logs: what is written is read again, whatever happens in between."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civis_nb.local.files.run_logs import RunLogs

TIME = "2026-01-31T12:00:00.000Z"


@pytest.fixture
def logs(tmp_path):
    return RunLogs(tmp_path / "logs")


@pytest.fixture
def small(monkeypatch):
    """Limit a log to one MiB."""
    monkeypatch.setenv("CIVIS_NB_LOG_LIMIT_MIB", "1")


def _add(logs, run_id, *messages):
    logs.append(run_id, [("info", message, TIME) for message in messages])


def _read(logs, run_id, last_id=0):
    return [(entry.id, entry.message) for entry in logs.after(run_id, last_id)]


def _size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*.log"))


def test_entries_are_read_as_they_were_written(logs):
    logs.append(7, [("warn", "one", TIME), ("debug", "", "2026-02-01T00:00:00.000Z")])
    assert [tuple(entry) for entry in logs.after(7, 0)] == [
        (1, TIME, "warn", "one"),
        (2, "2026-02-01T00:00:00.000Z", "debug", ""),
    ]
    assert logs.highest_id(7) == 2
    assert (_read(logs, 8), logs.highest_id(8)) == ([], 0)


@given(batches=st.lists(st.lists(st.text(), max_size=5), max_size=5), last_id=st.integers(0, 30))
def test_any_text_comes_back(tmp_path_factory, batches, last_id):
    logs = RunLogs(tmp_path_factory.mktemp("logs"))
    for batch in batches:
        _add(logs, 1, *batch)
    messages = [m.replace("\0", "\ufffd") for batch in batches for m in batch]
    expected = list(enumerate(messages, 1))
    assert _read(logs, 1, last_id) == [entry for entry in expected if entry[0] > last_id]
    assert [(e.id, e.message) for e in logs.newest(1)] == expected[::-1]


def test_another_platform_goes_on_where_the_first_ended(tmp_path, logs):
    _add(logs, 1, "a", "b")
    _add(RunLogs(tmp_path / "logs"), 1, "c")
    assert _read(logs, 1) == [(1, "a"), (2, "b"), (3, "c")]


def test_half_a_line_is_no_entry_and_is_removed_before_the_next(tmp_path, logs):
    _add(logs, 1, "a")
    with (tmp_path / "logs" / "1.log").open("ab") as file:
        file.write(f"{TIME} info    half of ".encode())
    assert (_read(logs, 1), logs.highest_id(1)) == ([(1, "a")], 1)
    again = RunLogs(tmp_path / "logs")
    _add(again, 1, "b")
    assert _read(again, 1) == [(1, "a"), (2, "b")]


def test_a_long_log_keeps_its_beginning_and_its_end(tmp_path, logs, small):
    for start in range(0, 20_000, 100):
        _add(logs, 1, *(f"{i} \\ {'é' * 40}" for i in range(start, start + 100)))
    assert 2**20 * 7 / 8 < _size(tmp_path) <= 2**20
    entries = list(logs.after(1, 0))
    (note,) = [entry for entry in entries if "left out" in entry.message]
    kept = [entry for entry in entries if entry is not note]
    assert [int(entry.message.split()[0]) for entry in kept] == [entry.id - 1 for entry in kept]
    at = entries.index(note)
    assert [entry.id for entry in entries[:at]] == list(range(1, at + 1))
    assert [entry.id for entry in entries[at:]] == list(range(note.id, 20_001))
    lost = [f"{i} \\ {'é' * 40}" for i in range(at, note.id)]
    said = f"[{len(lost):,} lines with {sum(len(text.encode()) for text in lost):,} bytes were"
    assert note.message.startswith(said)
    assert 0.4 < at / (at + 20_000 - note.id) < 0.6
    # From within what was left out, from behind it, and backwards.
    assert list(logs.after(1, note.id - 1)) == entries[at:]
    assert list(logs.after(1, at + 1)) == entries[at:]
    assert list(logs.after(1, note.id)) == entries[at + 1 :]
    assert list(logs.newest(1)) == entries[::-1]
    assert logs.highest_id(1) == 20_000


def test_another_platform_goes_on_with_a_long_log(tmp_path, logs, small):
    for start in range(0, 12_000, 400):
        _add(logs, 1, *(f"{i} {'x' * 80}" for i in range(start, start + 400)))
        logs = RunLogs(tmp_path / "logs")
    ids = [entry.id for entry in logs.after(1, 0)]
    assert (ids[0], ids[-1], logs.highest_id(1)) == (1, 12_000, 12_000)
    assert len(list((tmp_path / "logs" / "1").glob("left_out*"))) == 1
    assert 2**20 * 7 / 8 < _size(tmp_path) <= 2**20


def test_a_file_that_was_to_be_removed_is_passed_over_and_removed(tmp_path, logs, small):
    for start in range(0, 12_000, 400):
        _add(logs, 1, *(f"{i} {'x' * 80}" for i in range(start, start + 400)))
    before = list(logs.after(1, 0))
    (note,) = [entry for entry in before if "left out" in entry.message]
    # As if the process had been killed after the record was written.
    left = tmp_path / "logs" / "1" / f"{note.id - 5}.log"
    left.write_bytes(b"left\n" * 5)
    assert list(logs.after(1, 0)) == before
    assert list(logs.newest(1)) == before[::-1]
    _add(logs, 1, *(f"{i} {'x' * 80}" for i in range(12_000, 12_400)))
    assert not left.exists()


def test_a_log_that_can_not_be_shortened_now_has_its_lines_once(tmp_path, logs, small, monkeypatch):
    failures = []
    write_text = Path.write_text

    def full(path, *args, **kwargs):
        if len(failures) < 3:
            failures.append(path)
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_text(path, *args, **kwargs)

    monkeypatch.setattr(Path, "write_text", full)
    for start in range(0, 12_000, 400):
        _add(logs, 1, *(f"{i} {'x' * 80}" for i in range(start, start + 400)))
        assert logs.highest_id(1) == start + 400
    assert len(failures) == 3
    assert logs.highest_id(1) == 12_000
    assert _size(tmp_path) <= 2**20


def test_what_is_left_out_while_a_log_is_read_does_not_come_twice(logs, small, monkeypatch):
    for start in range(0, 10_000, 400):
        _add(logs, 1, *(f"{i} {'x' * 80}" for i in range(start, start + 400)))
    assert any("left out" in entry.message for entry in logs.after(1, 0))
    read_text = Path.read_text

    def read_and_shorten(path, *args, **kwargs):
        text = read_text(path, *args, **kwargs)
        monkeypatch.undo()
        monkeypatch.setenv("CIVIS_NB_LOG_LIMIT_MIB", "1")
        # The files themselves are removed in a moment.
        with monkeypatch.context() as patched:
            patched.setattr(Path, "unlink", lambda self, missing_ok=False: None)
            _add(logs, 1, *(f"{i} {'x' * 80}" for i in range(10_000, 12_000)))
        return text

    monkeypatch.setattr(Path, "read_text", read_and_shorten)
    ids = [entry.id for entry in logs.after(1, 0)]
    assert ids == sorted(set(ids))
    assert ids[-1] >= 10_000


def test_a_file_that_a_listing_lacks_is_not_passed_over(logs, small, monkeypatch):
    for start in range(0, 6_000, 400):
        _add(logs, 1, *(f"{i} {'x' * 80}" for i in range(start, start + 400)))
    listed, iterdir = [], Path.iterdir

    def without_one(path):
        children = sorted(iterdir(path))
        listed.append(len(children))
        return iter(children[:3] + children[4:] if len(listed) == 1 else children)

    monkeypatch.setattr(Path, "iterdir", without_one)
    assert [entry.id for entry in logs.after(1, 0)] == list(range(1, 6_001))
    assert listed[0] > 4


@pytest.mark.exhaustive
def test_readers_see_a_log_in_order_while_it_grows_and_is_shortened(logs, small):
    done = threading.Event()
    wrong = []

    def read():
        while not done.is_set():
            ids = [entry.id for entry in logs.after(1, 0)]
            if ids != sorted(set(ids)) or ids[:1] not in ([], [1]):
                wrong.append(ids)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for start in range(0, 40_000, 500):
            _add(logs, 1, *(f"{i} {'x' * 80}" for i in range(start, start + 500)))
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not wrong
    assert logs.highest_id(1) == 40_000


def test_writers_of_one_log_do_not_mix(logs):
    def write(name):
        for i in range(50):
            _add(logs, 1, *(f"{name} {i} {part}" for part in range(3)))

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = _read(logs, 1)
    assert [number for number, _ in entries] == list(range(1, 601))
    texts = [message for _, message in entries]
    for at in range(0, 600, 3):
        name, i, _ = texts[at].split()
        assert texts[at : at + 3] == [f"{name} {i} {part}" for part in range(3)]


@pytest.mark.skipif(os.name == "nt", reason="limits the size of files as POSIX does")
def test_what_can_not_be_written_leaves_the_log_as_it_was(tmp_path):
    source = f"""
import resource, signal, sys
from pathlib import Path
from civis_nb.local.files.run_logs import RunLogs
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
logs = RunLogs(Path({str(tmp_path)!r}))
logs.append(1, [("info", "first", {TIME!r})])
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
for _ in range(2):
    try:
        logs.append(1, [("info", "x" * 3000, {TIME!r}), ("info", "y" * 3000, {TIME!r})])
    except OSError as error:
        print(type(error).__name__)
logs.append(1, [("info", "second", {TIME!r})])
print([(entry.id, entry.message) for entry in logs.after(1, 0)])
"""
    ended = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "OSError\nOSError\n[(1, 'first'), (2, 'second')]\n"
