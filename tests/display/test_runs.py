"""A run's view: state, times, log, error, in text and HTML."""

from __future__ import annotations

import json
import re

import pytest

from civis_nb.display.activity import Activity
from civis_nb.display.log_lines import LogLine, RunLog
from civis_nb.display.run_view import RunView

DONE = RunView(
    Activity(
        "Nightly",
        "succeeded",
        job_id=12,
        run_id=34,
        url="https://platform.test/jobs/12",
        queued_s=0.21,
        running_s=12.34,
        log=(LogLine("info", "one"), LogLine("error", "two")),
        log_total=2,
    )
)


def test_text_says_state_ids_times_log():
    assert repr(DONE).splitlines() == [
        "✓ Nightly: succeeded",
        "job 12, run 34 · queued 0.2 s, ran 12.3 s",
        "https://platform.test/jobs/12",
        "Log: 2 lines",
        "  one",
        "  two",
    ]


def test_html_of_a_settled_run_has_no_progress_bar_and_a_polite_state():
    html = DONE._repr_mimebundle_()["text/html"]
    assert "progressbar" not in html
    assert 'role="status" aria-live="polite"' in html
    assert '<a href="https://platform.test/jobs/12"' in html
    assert 'role="log"' in html
    assert ">one\n<span" in html


def test_html_of_a_run_that_goes_on_has_a_progress_bar():
    running = Activity("x", "running", elapsed_s=3.0)
    html = RunView(running, live=True)._html()
    assert 'role="progressbar"' in html
    assert 'aria-valuetext="running"' in html
    # A view that nobody will replace does not pretend to move.
    assert "progressbar" not in RunView(running)._html()


def test_view_escapes_names_logs_errors_and_drops_bad_links():
    evil = "<img src=x onerror=alert(1)>"
    view = RunView(
        Activity(evil, evil, 1, 2, "javascript:alert(1)", log=(LogLine("info", evil),), log_total=1,
                 error=evil, note=evil)
    )  # fmt: skip
    html = view._html()
    assert "<img" not in html
    assert "javascript" not in html
    assert "javascript" not in repr(view)


def test_ten_thousand_lines_show_the_last_two_hundred():
    tail = RunLog()
    for start in range(0, 10_000, 250):
        tail.add({"message": f"line {n}", "level": "info"} for n in range(start, start + 250))
    lines, total = tail.read()
    text = repr(RunView(Activity("x", "succeeded", log=lines, log_total=total)))
    assert "Log: the last 200 of 10,000 lines" in text
    shown = re.findall(r"line (\d+)", text)
    assert shown == [str(n) for n in range(9800, 10_000)]


def test_log_lines_lose_terminal_codes_and_signatures():
    tail = RunLog()
    tail.add([{"message": "\x1b[31mred\x1b[0m\nsee https://s3.test/x?X-Amz-Signature=abc"}])
    assert [line.text for line in tail.read()[0]] == [
        "red",
        "see https://s3.test/x?X-Amz-Signature=***",
    ]


def test_what_github_leaves_of_the_html_is_complete():
    log = RunLog()
    log.add({"message": f"\x1b[31mline {n}\x1b[0m", "level": "info"} for n in range(1000))
    lines, total = log.read(50)
    activity = Activity("Nightly", "failed", 1, 2, "https://platform.test/jobs/1", running_s=3.0,
                        log=lines, log_total=total, error="It broke.")  # fmt: skip
    html = str(RunView(activity)._html())
    # As a sanitizer does: no styles, no classes, and of what it does not know the text.
    bare = re.sub(r"<style>.*?</style>", "", html)
    bare = re.sub(r' (style|class|role|aria-\w+|tabindex)="[^"]*"', "", bare)
    assert "color" not in bare
    for said in (
        "Nightly",
        "✗ failed",
        "job 1, run 2",
        "ran 3.0 s",
        "It broke.",
        "Log: the last 50 of 1,000 lines",
        'href="https://platform.test/jobs/1"',
    ):
        assert said in bare
    assert re.findall(r"line (\d+)", bare) == [str(n) for n in range(950, 1000)]


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ("Exit code 1. ValueError: no", "Error: Exit code 1."),
        ("Exit code 1. first\nValueError: no", "Error: Exit code 1."),
        ("first\nValueError: no", None),
        ("NoValueError: no", "Error: NoValueError: no"),
        ("Exit code 1.", "Error: Exit code 1."),
    ],
)
def test_an_error_does_not_repeat_the_end_of_the_log(error, shown):
    lines = (LogLine("info", "begins"), LogLine("info", "first"), LogLine("info", "ValueError: no"))
    view = RunView(Activity("x", "failed", log=lines, log_total=3, error=error))
    assert re.findall(r"^Error: .*", repr(view), re.MULTILINE) == ([shown] if shown else [])
    assert view.data()["error"] == (shown.removeprefix("Error: ") if shown else None)


def test_a_settled_run_is_bounded():
    log = RunLog()
    log.add({"message": "<" * 5000, "level": "info"} for _ in range(1000))
    lines, total = log.read(50)
    view = RunView(Activity("x", "failed", log=lines, log_total=total, error="e" * 100_000))
    data = view._repr_mimebundle_()["application/vnd.civis.run+json"]
    assert len(json.dumps(data)) < 150_000
    assert data["log"]["total"] == 1000


def test_a_saved_log_keeps_its_colours():
    log = RunLog()
    log.add([{"message": "plain\na \x1b[31mred\x1b[0m word", "level": "info"}])
    lines, total = log.read()
    bundle = RunView(Activity("x", "succeeded", log=lines, log_total=total))._repr_mimebundle_()
    red = "color:color-mix(in srgb, currentColor 45%, #d32f2f)"
    assert bundle["application/vnd.civis.run+json"]["log"] == {
        "total": 2,
        "lines": [
            ["info", "plain"],
            ["info", "a red word", [["a ", ""], ["red", red], [" word", ""]]],
        ],
    }
