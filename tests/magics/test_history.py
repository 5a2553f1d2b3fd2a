"""The file of the history, which cells of all notebooks write; its connection is kept."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from civis_nb.errors import CivisMagicError
from civis_nb.magics.history import History, Saved


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CIVIS_NB_HISTORY_DIR", str(tmp_path))
    return tmp_path


def _add(history: History, title: str) -> int | None:
    return history.add("sql", title, "https://api.example.com", saved=Saved(f"select '{title}'"))


def _titles(history: History) -> list[str]:
    return [entry.title for entry in history.entries()]


def test_one_connection_serves_cells_and_the_threads_that_end_them(folder, monkeypatch):
    opened = []
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: opened.append(a) or connect(*a, **k))
    history = History()
    first, second = _add(history, "first"), _add(history, "second")
    thread = threading.Thread(target=history.finish, args=(first, "succeeded", 0.5))
    thread.start()
    thread.join()
    assert [(one.number, one.state) for one in history.entries()] == [
        (second, "started"), (first, "succeeded"),
    ]  # fmt: skip
    assert len(opened) == 1


def test_two_notebooks_see_each_other_s_entries_at_once(folder):
    one, other = History(), History()
    _add(one, "mine")
    _add(other, "theirs")
    assert _titles(one) == _titles(other) == ["theirs", "mine"]


def test_a_file_that_was_removed_or_replaced_is_opened_anew(folder, tmp_path_factory):
    history = History()
    _add(history, "gone")
    history.path.unlink()
    _add(history, "new")
    assert _titles(history) == ["new"]
    assert history.path.stat().st_mode & 0o777 == 0o600
    aside = folder / "aside"
    history.path.rename(aside)
    other = History()
    _add(other, "of another file")
    assert _titles(history) == ["of another file"]


def test_a_file_that_was_unreadable_is_opened_again(folder):
    history = History()
    history.path.write_bytes(b"no database " * 100)
    assert _add(history, "lost") is None
    with pytest.raises(CivisMagicError, match="can't be used"):
        history.entries()
    history.path.unlink()
    assert _add(history, "kept") is not None
    assert _titles(history) == ["kept"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no forks")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_has_a_connection_of_its_own(folder):
    history = History()
    _add(history, "parent")
    with history._opened() as connection:
        connection.execute("UPDATE runs SET title = 'changed'")
        # In the middle of a transaction: neither its lock nor what it writes is the child's.
        child = os.fork()
        if child == 0:
            code = 1
            try:
                history._opened().__enter__().execute("SELECT 1")
                code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert _titles(history) == ["changed"]
