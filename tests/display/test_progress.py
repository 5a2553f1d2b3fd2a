"""Progress in words and as HTML; boards that show it after a while, and take it away."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from civis_nb import config
from civis_nb.display import watching
from civis_nb.display.progress import ProgressView, Step, Work
from civis_nb.display.screens import CellEnd, LiveCell
from civis_nb.display.watching import ProgressBoard


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def work(clock):
    return Work(clock)


# -- what is said -----------------------------------------------------------------------------


def test_bytes_rate_and_time_left(work, clock):
    work.next("Downloading file 1", 100_000_000)
    for _ in range(5):
        clock.now += 1
        work.add(10_000_000)
        step = work.step()
    assert str(step) == "Downloading file 1: 50.0 of 100.0 MB · 10.0 MB/s · 5.0 s left"


def test_the_rate_is_that_of_the_last_seconds(work, clock):
    work.next("Downloading", 1_000_000_000)
    work.add(500_000_000)
    clock.now += 1
    work.step()
    for _ in range(20):
        clock.now += 1
        work.add(1_000_000)
        step = work.step()
    assert step.rate == pytest.approx(1_000_000)


def test_an_unknown_size_has_no_time_left(work, clock):
    work.next("Uploading")
    clock.now += 4
    work.add(8_000_000)
    assert work.step().facts == "8.0 MB · 2.0 MB/s · for 4.0 s"


def test_an_estimate_is_called_one(work, clock):
    work.next("Uploading", 16_000_000, about=True)
    clock.now += 4
    work.add(8_000_000)
    assert work.step().facts == "8.0 of about 16.0 MB · 2.0 MB/s · 4.0 s left"


def test_more_than_was_expected_is_not_out_of_a_total(work, clock):
    work.next("Uploading", 4_000_000, about=True)
    clock.now += 4
    work.add(8_000_000)
    assert work.step().facts == "8.0 MB · for 4.0 s"
    assert work.step().share == 1.0


def test_a_transfer_that_stands_still_says_so(work, clock):
    work.next("Downloading", 8_000_000)
    work.add(1_000_000)
    clock.now += 12
    assert work.step().facts == "1.0 of 8.0 MB · nothing has come for 12.0 s · for 12.0 s"


def test_what_has_come_whole_does_not_stand_still(work, clock):
    work.next("Reading", 8_000_000)
    work.add(8_000_000)
    clock.now += 12
    assert work.step().facts == "8.0 of 8.0 MB · for 12.0 s"


def test_steps_without_bytes_say_how_long_they_take(work, clock):
    work.next("Preparing the frame")
    clock.now += 200
    assert str(work.step()) == "Preparing the frame: for 3.3 min"


def test_a_run_is_waited_for_by_name_since_a_time(work, clock):
    future = SimpleNamespace(
        job_id=5, run_id=6, state="running", last_seen=None, last_poll_error=None
    )
    work.wait_for(future)
    clock.now += 34
    said = str(work.step())
    assert said.startswith("Waiting for job 5, run 6: running · for 34.0 s, since ")
    assert time.strftime("%H:") in said


def test_a_platform_that_gives_no_answer_is_told(work):
    future = SimpleNamespace(job_id=5, run_id=6, state="running", last_poll_error=OSError("gone"))
    work.wait_for(future)
    assert "gives no answer now" in str(work.step())


# -- how it looks -----------------------------------------------------------------------------


def test_html_says_what_text_says_and_is_a_progressbar():
    step = Step("Downloading file 1", 4.0, done=5_000_000, total=10_000_000, rate=1e6)
    view = ProgressView((step,))
    html = str(view._html())
    assert "Downloading file 1" in html
    assert "5.0 of 10.0 MB · 1.0 MB/s · 5.0 s left" in html
    assert 'role="progressbar"' in html
    assert 'aria-valuenow="50"' in html
    assert view._repr_mimebundle_() == {"text/plain": str(step), "text/html": html}


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>", '"><script>', "a\x1b[31mb\u202ec", "x\ny"]
)
def test_names_are_inert(name):
    view = ProgressView((Step(f"Downloading {name}", 1.0, done=1, total=2),))
    html = str(view._html())
    assert "<img" not in html
    assert "<script" not in html
    for text in (html, repr(view)):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "\n" not in repr(view)


def test_many_pieces_of_work_stay_readable():
    view = ProgressView(tuple(Step(f"Downloading {n}", 3.0) for n in range(20)))
    assert repr(view).splitlines()[-1] == "and 14 more"
    assert "and 14 more" in str(view._html())


def test_text_mode_has_no_html():
    config.set_value("display", "text")
    try:
        assert set(ProgressView((Step("x", 1.0),))._repr_mimebundle_()) == {"text/plain"}
    finally:
        config.reset("display")


# -- boards -----------------------------------------------------------------------------------


class ProgressSink:
    every_s = 0.01

    def __init__(self):
        self.events = []
        self.drawn = threading.Event()

    def draw(self, view):
        self.events.append([step.title for step in view.steps])
        self.drawn.set()

    def wipe(self):
        self.events.append("wiped")

    def settle(self, said):
        self.events.append(said)


def test_a_board_shows_what_goes_on_and_is_wiped():
    place = ProgressSink()
    board = ProgressBoard(place, delay_s=0.0)
    one, two = Work(), Work()
    one.next("one")
    two.next("two")
    board.add(one)
    assert place.drawn.wait(30)
    board.add(two)
    place.drawn.clear()
    assert place.drawn.wait(30)
    board.remove(one, well=False)
    board.remove(two, well=False)
    assert ["one"] in place.events
    assert place.events[-1] == "wiped"
    assert board.idle


def test_quick_work_shows_nothing():
    place = ProgressSink()
    board = ProgressBoard(place, delay_s=3600.0)
    work = Work()
    board.add(work)
    board.remove(work, well=True)
    assert set(map(str, place.events)) <= {"wiped"}


def test_what_lies_still_is_not_shown():
    place = ProgressSink()
    board = ProgressBoard(place, delay_s=0.0)
    clock = Clock()
    work = Work(clock)
    work.begun = work.resting_since = time.monotonic() - 3600
    board.add(work)
    board.remove(work, well=True)
    assert not place.drawn.is_set()


def test_a_place_that_breaks_does_not_break_the_work():
    place = ProgressSink()
    place.draw = lambda view: 1 / 0
    board = ProgressBoard(place, delay_s=0.0)
    work = Work()
    board.add(work)
    board.remove(work, well=True)


class Screen:
    replaces = True

    def __init__(self):
        self.shown = []

    def show(self, view, handle=None):
        self.shown.append((handle, view))
        return handle or f"display {len(self.shown)}"


def test_a_cell_has_one_display_that_is_empty_in_the_end():
    screen = Screen()
    cell = LiveCell(screen)
    for _ in range(2):
        cell.draw("working")
        cell.wipe()
    cell.wipe()
    assert [handle for handle, _ in screen.shown] == [None] + ["display 1"] * 3
    assert screen.shown[-1][1]._repr_mimebundle_() == {"text/plain": ""}
    assert len(screen.shown) == 4


def test_a_static_cell_says_in_the_end_what_was_done():
    screen = Screen()
    cell = CellEnd(screen)
    cell.draw("working")
    cell.wipe()
    cell.settle("Downloading <x>: 5.0 MB in 3.0 s")
    ((_, view),) = screen.shown
    assert repr(view) == "Downloading <x>: 5.0 MB in 3.0 s"
    assert "&lt;x&gt;" in view._repr_mimebundle_()["text/html"]


# -- who watches ------------------------------------------------------------------------------


class Stream:
    def __init__(self, tty):
        self.isatty = lambda: tty


@pytest.mark.parametrize(
    ("progress", "tty", "kind"),
    [
        (None, False, None),
        (None, True, "terminal"),
        (True, False, "lines"),
        (True, True, "terminal"),
        (False, True, None),
        (False, False, None),
    ],
)
def test_outside_of_notebooks_a_terminal_is_what_counts(progress, tty, kind, monkeypatch):
    monkeypatch.setattr("sys.stderr", Stream(tty))
    board = watching.board_for(progress)
    assert board is (watching._boards.get((kind, None)) if kind else None)
