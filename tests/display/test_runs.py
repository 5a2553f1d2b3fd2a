"""A run's view: state, times, log, error, in text and HTML."""

from __future__ import annotations

import re

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
