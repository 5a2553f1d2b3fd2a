"""One display: at most two updates a second, the same end in every mode."""

from __future__ import annotations

import pytest

from civis_nb import config
from civis_nb.display.live import LiveDisplay


class Screen:
    def __init__(self, replaces=True):
        self.replaces = replaces
        self.shown = []
        self.cleared = 0
        self.now = 0.0

    def show(self, view, handle=None):
        if handle is None:
            self.shown.append([view])
            return len(self.shown) - 1
        self.shown[handle].append(view)
        return handle

    def clear_cell(self):
        self.cleared += 1

    def display(self, delay_s=0.0):
        return LiveDisplay(delay_s, self, lambda: self.now)


@pytest.fixture(params=["auto", "widget", "static", "text"])
def mode(request):
    config.set_value("display", request.param)
    yield request.param
    config.reset("display")


def test_at_most_two_updates_a_second_and_the_end_always():
    screen = Screen()
    live = screen.display()
    for step in range(100):
        screen.now = step / 10
        live.update(step)
    live.settle("end")
    (views,) = screen.shown
    assert views == [*range(0, 100, 5), "end"]


def test_quick_work_shows_only_its_end():
    screen = Screen()
    live = screen.display(delay_s=0.4)
    screen.now = 0.3
    live.update("working")
    live.settle("end")
    assert screen.shown == [["end"]]


def test_there_is_one_display_and_its_end_is_the_same(mode):
    screen = Screen()
    live = screen.display()
    live.update("working")
    live.settle("end")
    assert len(screen.shown) == 1
    assert screen.shown[0][-1] == "end"
    assert (len(screen.shown[0]) == 1) == (mode in ("static", "text"))


def test_a_terminal_shows_the_end_only():
    screen = Screen(replaces=False)
    live = screen.display()
    live.update("working")
    live.settle("end")
    assert screen.shown == [["end"]]


class End:
    """The end of a terminal, as a list of what it showed."""

    def __init__(self):
        self.drawn = []

    def draw(self, view):
        self.drawn.append(view)

    def wipe(self):
        self.drawn.append(None)


def test_what_changes_in_a_terminal_is_gone_before_the_end_is_shown(mode):
    screen, end = Screen(replaces=False), End()
    live = LiveDisplay(0.0, screen, lambda: screen.now, end)
    for screen.now in (0.0, 0.2, 0.6):
        live.update(f"working {screen.now}")
    live.settle("end")
    assert screen.shown == [["end"]]
    shown = ["working 0.0", "working 0.6"] if mode in ("auto", "widget") else []
    assert end.drawn == [*shown, None]
    live.vanish(whole_cell=False)
    assert end.drawn[-1] is None


def test_what_was_never_shown_need_not_vanish():
    screen = Screen()
    screen.display(delay_s=1).vanish(whole_cell=True)
    assert (screen.shown, screen.cleared) == ([], 0)


def test_a_display_vanishes_with_the_cell_or_is_emptied():
    screen = Screen()
    live = screen.display()
    live.update("working")
    live.vanish(whole_cell=True)
    assert screen.cleared == 1
    live = screen.display()
    live.update("working")
    live.vanish(whole_cell=False)
    assert screen.cleared == 1
    assert screen.shown[1][-1]._repr_mimebundle_() == {"text/plain": ""}
