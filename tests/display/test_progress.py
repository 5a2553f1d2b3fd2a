"""Boards that show progress after a while, and remove it."""

from __future__ import annotations

import sys
import threading
import time
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

from civis_nb import config
from civis_nb.display import live
from civis_nb.display.activity import loading_note
from civis_nb.display.live import Board, Display
from civis_nb.display.run_view import RunView
from civis_nb.display.screens import Log, NotebookCell, Screen, StaticCell, Terminal
from civis_nb.display.tracker import Tracker


class RecordingScreen(Screen):
    interval_s = 0.01

    def __init__(self):
        self.events = []
        self.drawn = threading.Event()

    def draw(self, view):
        shown = [view.activity] if isinstance(view, RunView) else view.activities
        self.events.append([type(view).__name__, *(one.title for one in shown)])
        self.drawn.set()

    def clear(self, *, whole_cell=False):
        self.events.append("cleared" + (" cell" if whole_cell else ""))

    def show(self, view):
        self.events.append(view)

    def summarize(self, text):
        self.events.append(text)


@pytest.fixture
def screen(monkeypatch):
    """Return the screen on which everything is shown."""
    screen = RecordingScreen()
    board = Board(screen)
    monkeypatch.setattr(live, "board_for", lambda *args, **kwargs: board)
    return screen


def test_what_goes_on_is_shown_together_and_cleared(screen):
    with Display(Tracker("one"), delay_s=0.0):
        assert screen.drawn.wait(30)
        with Display(Tracker("two"), delay_s=0.0):
            screen.drawn.clear()
            assert screen.drawn.wait(30)
    assert ["ProgressView", "one"] in screen.events
    assert ["ProgressView", "one", "two"] in screen.events
    assert screen.events[-2] == "cleared"
    assert screen.events[-1].startswith("one: in ")


def test_work_that_fails_is_not_summarized(screen):
    with pytest.raises(ZeroDivisionError), Display(Tracker("one"), delay_s=0.0):
        1 / 0  # noqa: B018
    assert screen.events[-1] == "cleared"


def test_work_that_is_shown_twice_has_one_line(screen):
    tracker = Tracker("one")
    with Display(tracker, delay_s=0.0), Display(tracker, delay_s=0.0):
        screen.drawn.clear()
        assert screen.drawn.wait(30)
    assert {tuple(one) for one in screen.events if isinstance(one, list)} == {
        ("ProgressView", "one")
    }


def test_quick_work_shows_nothing(screen):
    with Display(Tracker(), delay_s=3600.0):
        pass
    assert set(screen.events) <= {"cleared"}


def test_paused_work_is_not_shown(screen):
    tracker = Tracker()
    tracker.started = tracker.paused_since = time.monotonic() - 3600
    with Display(tracker, delay_s=0.0):
        pass
    assert not screen.drawn.is_set()


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (OSError("the terminal is gone"), "DEBUG"),
        (ValueError("the stream is closed"), "DEBUG"),
        (KeyError("a mistake of ours"), "ERROR"),
    ],
)
def test_a_screen_that_breaks_does_not_break_the_work(screen, error, level, caplog):
    def fail(*args, **kwargs):
        raise error

    screen.draw = screen.clear = fail
    with caplog.at_level("DEBUG", "civis_nb"), Display(Tracker(), delay_s=0.0):
        pass
    assert level in {record.levelname for record in caplog.records}


def interrupted_once(function):
    """Return a function that is interrupted when it is called for the first time."""
    pending = [KeyboardInterrupt]

    def call(*args, **kwargs):
        while pending:
            raise pending.pop()
        return function(*args, **kwargs)

    return call


@pytest.mark.parametrize("end", ["remove", "settle", "leave"])
def test_an_interrupt_while_a_display_ends_leaves_nothing_on_the_screen(screen, end):
    screen.clear = interrupted_once(screen.clear)
    screen.show = interrupted_once(screen.show)
    ends = {
        "remove": lambda display: display.remove(),
        "settle": lambda display: display.settle("the end"),
        "leave": lambda display: None,
    }
    with pytest.raises(KeyboardInterrupt), Display(Tracker("x"), delay_s=0.0) as display:
        ends[end](display)
    assert live.board_for().idle
    assert screen.events[-1] == "cleared"


def test_an_interrupt_while_a_display_begins_leaves_nothing_on_the_screen(screen, monkeypatch):
    board = live.board_for()
    begin = board.add

    def add_and_interrupt(display, **options):
        begin(display)
        assert screen.drawn.wait(30)
        raise KeyboardInterrupt

    monkeypatch.setattr(board, "add", add_and_interrupt)
    with pytest.raises(KeyboardInterrupt), Display(Tracker("x"), delay_s=0.0):
        pass
    assert board.idle
    assert screen.events[-1] == "cleared"


def test_a_command_is_shown_in_detail_unless_other_work_goes_on(screen):
    with Display(Tracker("command"), delay_s=0.0, command=True) as display:
        assert screen.drawn.wait(30)
        with Display(Tracker("other"), delay_s=0.0):
            screen.drawn.clear()
            assert screen.drawn.wait(30)
        display.settle("the end")
    assert ["RunView", "command"] in screen.events
    assert ["ProgressView", "command", "other"] in screen.events
    assert screen.events[-1] == "the end"


def test_a_display_settles_or_vanishes_once(screen):
    with Display(Tracker("x"), delay_s=0.0) as display:
        display.remove(whole_cell=True)
        display.settle("late")
    assert screen.events[-1] == "cleared cell"


class Output:
    def __init__(self):
        self.shown = []
        self.cleared = 0

    def show(self, view, handle=None):
        self.shown.append((handle, view))
        return handle or f"display {len(self.shown)}"

    def empty(self, handle):
        self.shown.append((handle, None))

    def clear_cell(self):
        self.cleared += 1


def test_a_cell_has_one_display_that_is_empty_in_the_end():
    output = Output()
    cell = NotebookCell(output)
    for _ in range(2):
        cell.draw("working")
        cell.clear()
    cell.clear()
    assert [handle for handle, _ in output.shown] == [None] + ["display 1"] * 3
    assert output.shown[-1][1] is None
    assert len(output.shown) == 4


def test_what_stays_in_a_cell_replaces_what_changed():
    output = Output()
    cell = NotebookCell(output)
    cell.draw("working")
    cell.show("the end")
    cell.draw("something else")
    assert output.shown == [(None, "working"), ("display 1", "the end"), (None, "something else")]


def test_what_a_view_does_to_be_drawn_is_not_shown_in_its_place(monkeypatch, caplog):
    class Drawn(Output):
        def show(self, view, handle=None):
            if view == "chart":  # drawing it is work that has a display itself
                with Display(Tracker("Drawing the chart"), delay_s=0.0):
                    pass
            return super().show(view, handle)

    output = Drawn()
    board = Board(NotebookCell(output))
    monkeypatch.setattr(live, "board_for", lambda *args, **kwargs: board)
    with Display(Tracker("Querying"), delay_s=0.0) as display:
        deadline = time.monotonic() + 30
        while not output.shown and time.monotonic() < deadline:
            time.sleep(0.01)
        display.settle("chart")
    assert output.shown[-1] == ("display 1", "chart")
    assert None not in [view for _, view in output.shown]
    assert caplog.records == []


def test_a_cell_that_holds_nothing_else_is_cleared():
    output = Output()
    cell = NotebookCell(output)
    cell.clear(whole_cell=True)
    assert output.cleared == 0
    cell.draw("working")
    cell.clear(whole_cell=True)
    assert (output.cleared, len(output.shown)) == (1, 1)


def test_a_static_cell_shows_in_the_end_what_was_done(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    cell = StaticCell()
    cell.draw("working")
    cell.clear()
    cell.summarize("Downloading <x>: 5.0 MB in 3.0 s")
    (view,) = shown
    assert repr(view) == "Downloading <x>: 5.0 MB in 3.0 s"
    assert "&lt;x&gt;" in view._repr_mimebundle_()["text/html"]


# -- who watches ------------------------------------------------------------------------------


class Stream:
    def __init__(self, tty):
        self.isatty = lambda: tty


@pytest.fixture(params=["auto", "widget", "static", "text"])
def mode(request):
    config.set_value("display", request.param)
    yield request.param
    config.reset("display")


@pytest.mark.parametrize(
    ("progress", "tty", "kind"),
    [
        (None, False, Screen),
        (None, True, Terminal),
        (True, False, Log),
        (True, True, Terminal),
        (False, True, Screen),
        (False, False, Screen),
    ],
)
def test_outside_of_notebooks_a_terminal_is_what_counts(progress, tty, kind, mode, monkeypatch):
    monkeypatch.setattr("sys.stderr", Stream(tty))
    assert type(live.board_for(progress).screen) is kind


def test_work_with_two_displays_is_summarized_once_in_a_static_cell(monkeypatch):
    monkeypatch.setenv("CIVIS_NB_DISPLAY", "static")
    monkeypatch.setattr(live, "_kernel", lambda: object())
    monkeypatch.setattr(live, "_cell", lambda: "cell of two displays")
    summaries = []
    monkeypatch.setattr(StaticCell, "summarize", lambda screen, text: summaries.append(text))
    tracker = Tracker()
    with live.Display(tracker, True, delay_s=0), live.Display(tracker, True, delay_s=0):
        tracker.begin_step("exporting")
    assert len(summaries) == 1


@pytest.mark.parametrize("progress", [None, True])
def test_a_wrong_setting_does_not_stop_functions_outside_of_notebooks(progress, monkeypatch):
    monkeypatch.setenv("CIVIS_NB_DISPLAY", "bogus")
    monkeypatch.setattr("sys.stderr", Stream(True))
    assert type(live.board_for(progress).screen) is Terminal


def test_a_command_changes_a_terminal_only_where_the_setting_allows_it(mode, monkeypatch):
    monkeypatch.setattr("sys.stderr", Stream(True))
    kind = Terminal if mode in ("auto", "widget") else Screen
    assert type(live.board_for(command=True).screen) is kind


@pytest.mark.parametrize(
    ("watched", "progress", "command", "live_kind", "static_kind"),
    [
        (True, None, False, NotebookCell, Screen),
        (False, None, False, Screen, Screen),
        (False, True, False, NotebookCell, StaticCell),
        (True, False, True, Screen, Screen),
        (False, None, True, NotebookCell, Screen),
    ],
)
def test_a_notebook_changes_for_those_who_watch(
    watched, progress, command, live_kind, static_kind, mode, monkeypatch
):
    kernel = type("Kernel", (), {"_allow_stdin": watched})()
    monkeypatch.setattr(live, "_kernel", lambda: kernel)
    monkeypatch.setattr(live, "_cell", lambda: "cell 1")
    kind = live_kind if mode in ("auto", "widget") else static_kind
    assert type(live.board_for(progress, command=command).screen) is kind


def test_a_command_has_its_own_screen_in_a_cell_that_has_shown_progress(monkeypatch):
    class OwnCell(NotebookCell):
        pass

    kernel = type("Kernel", (), {"_allow_stdin": True})()
    monkeypatch.setattr(live, "_kernel", lambda: kernel)
    monkeypatch.setattr(live, "_cell", lambda: "cell 1")
    monkeypatch.setattr(live, "_boards", {})
    upload = Display(Tracker("Uploading"))
    upload.open()
    at_work = live.board_for(command=True, cell=OwnCell)
    assert at_work is live.board_for()
    upload.remove()
    own = live.board_for(command=True, cell=OwnCell)
    assert type(own.screen) is OwnCell
    assert live.board_for() is own


def test_the_package_that_python_imports_is_named(monkeypatch):
    package = ModuleType("altair")
    package.__spec__ = ModuleSpec("altair", None)
    package.__spec__._initializing = True
    monkeypatch.setitem(sys.modules, "altair", package)
    assert loading_note() == "Python loads altair, once in a session."
    package.__spec__._initializing = False
    assert loading_note() is None


def test_an_emptied_display_is_removed_with_the_cell():
    output = Output()
    cell = NotebookCell(output)
    cell.clear(whole_cell=True)
    assert output.cleared == 0
    cell.draw("working")
    cell.clear()
    cell.clear(whole_cell=True)
    cell.clear(whole_cell=True)
    assert output.cleared == 1
