"""What a transfer or a run says of itself: in words, and as HTML."""

from __future__ import annotations

import time

import pytest

from civis_nb import config
from civis_nb.display.activity import Activity
from civis_nb.display.progress_view import ProgressView
from civis_nb.display.tracker import Tracker


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tracker(clock):
    return Tracker(clock=clock)


def test_bytes_rate_and_time_left(tracker, clock):
    tracker.begin_step("Downloading file 1", 100_000_000)
    for _ in range(5):
        clock.now += 1
        tracker.add(10_000_000)
        activity = tracker.activity()
    assert activity.line == "Downloading file 1: 50.0 of 100.0 MB · 10.0 MB/s · 5.0 s left"


def test_the_rate_is_that_of_the_last_seconds(tracker, clock):
    tracker.begin_step("Downloading", 1_000_000_000)
    tracker.add(500_000_000)
    clock.now += 1
    tracker.activity()
    for _ in range(20):
        clock.now += 1
        tracker.add(1_000_000)
        activity = tracker.activity()
    assert activity.bytes_per_s == pytest.approx(1_000_000)


def test_an_unknown_size_has_no_time_left(tracker, clock):
    tracker.begin_step("Uploading")
    clock.now += 4
    tracker.add(8_000_000)
    assert tracker.activity().facts == "8.0 MB · 2.0 MB/s · for 4.0 s"


def test_an_estimate_is_called_one(tracker, clock):
    tracker.begin_step("Uploading", 16_000_000, estimated=True)
    clock.now += 4
    tracker.add(8_000_000)
    assert tracker.activity().facts == "8.0 of about 16.0 MB · 2.0 MB/s · 4.0 s left"


def test_more_than_was_expected_is_not_out_of_a_total(tracker, clock):
    tracker.begin_step("Uploading", 4_000_000, estimated=True)
    clock.now += 4
    tracker.add(8_000_000)
    assert tracker.activity().facts == "8.0 MB · for 4.0 s"
    assert tracker.activity().share == 1.0


def test_a_transfer_that_stands_still_says_so(tracker, clock):
    tracker.begin_step("Downloading", 8_000_000)
    tracker.add(1_000_000)
    clock.now += 12
    assert tracker.activity().facts == "1.0 of 8.0 MB · nothing has come for 12.0 s · for 12.0 s"


def test_what_has_come_whole_does_not_stand_still(tracker, clock):
    tracker.begin_step("Reading", 8_000_000)
    tracker.add(8_000_000)
    clock.now += 12
    assert tracker.activity().facts == "8.0 of 8.0 MB · for 12.0 s"


def test_steps_without_bytes_say_how_long_they_take(tracker, clock):
    tracker.begin_step("Preparing the frame")
    clock.now += 200
    assert tracker.activity().line == "Preparing the frame: for 3.3 min"


def test_a_run_is_waited_for_by_name_since_a_time(tracker, clock):
    tracker.wait_for_run(lambda: Activity("", "running", job_id=5, run_id=6))
    clock.now += 34
    said = tracker.activity().line
    assert said.startswith("Waiting for job 5, run 6: running · for 34.0 s, since ")
    assert time.strftime("%H:") in said


def test_a_platform_that_gives_no_answer_is_told(tracker):
    tracker.wait_for_run(lambda: Activity("", "running", job_id=5, run_id=6, unreachable=True))
    assert "gives no answer now" in tracker.activity().line


# -- how it looks -----------------------------------------------------------------------------


def test_html_says_what_text_says_and_is_a_progressbar():
    activity = Activity("Downloading file 1", elapsed_s=4.0, done_bytes=5_000_000,
                        total_bytes=10_000_000, bytes_per_s=1e6)  # fmt: skip
    view = ProgressView((activity,))
    html = str(view._html())
    assert "Downloading file 1" in html
    assert "5.0 of 10.0 MB · 1.0 MB/s · 5.0 s left" in html
    assert 'role="progressbar"' in html
    assert 'aria-valuenow="50"' in html
    assert view._repr_mimebundle_() == {"text/plain": activity.line, "text/html": html}


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>", '"><script>', "a\x1b[31mb\u202ec", "x\ny"]
)
def test_names_are_inert(name):
    view = ProgressView(
        (Activity(f"Downloading {name}", elapsed_s=1.0, done_bytes=1, total_bytes=2),)
    )
    html = str(view._html())
    assert "<img" not in html
    assert "<script" not in html
    for text in (html, repr(view)):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "\n" not in repr(view)


def test_many_pieces_of_work_stay_readable():
    view = ProgressView(tuple(Activity(f"Downloading {n}", elapsed_s=3.0) for n in range(20)))
    assert repr(view).splitlines()[-1] == "and 14 more"
    assert "and 14 more" in str(view._html())


def test_text_mode_has_no_html():
    config.set_value("display", "text")
    try:
        assert set(ProgressView((Activity("x", elapsed_s=1.0),))._repr_mimebundle_()) == {
            "text/plain"
        }
    finally:
        config.reset("display")
