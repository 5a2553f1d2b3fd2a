"""A run's view: state, times, log, error, in text and HTML."""

from __future__ import annotations

import re

from civis_nb.display.futures import future_html, future_view
from civis_nb.display.runs import LogTail, RunView, run_times

DONE = RunView(
    "Nightly", "succeeded", 12, 34, "https://platform.test/jobs/12", 0.21, 12.34,
    (("info", "one"), ("error", "two")), 2,
)  # fmt: skip


class _Future:
    state = "failed"
    job_id = 5
    run_id = 6
    job_url = "https://platform.test/spa/#/jobs/5"
    last_seen = {  # noqa: RUF012
        "state": "failed",
        "created_at": "2026-01-01T00:00:00.000Z",
        "started_at": "2026-01-01T00:00:01.500Z",
        "finished_at": "2026-01-01T00:01:00.000Z",
        "error": "boom <b>",
    }


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
    html = RunView("x", "running", running_s=3.0, live=True)._html()
    assert 'role="progressbar"' in html
    assert 'aria-valuetext="running"' in html
    # A view that nobody will replace does not pretend to move.
    assert "progressbar" not in RunView("x", "running", running_s=3.0)._html()


def test_view_escapes_names_logs_errors_and_drops_bad_links():
    evil = "<img src=x onerror=alert(1)>"
    view = RunView(evil, evil, 1, 2, "javascript:alert(1)", log=(("info", evil),), log_total=1,
                   error=evil, note=evil)  # fmt: skip
    html = view._html()
    assert "<img" not in html
    assert "javascript" not in html
    assert "javascript" not in repr(view)


def test_ten_thousand_lines_show_the_last_two_hundred():
    tail = LogTail()
    for start in range(0, 10_000, 250):
        tail.add({"message": f"line {n}", "level": "info"} for n in range(start, start + 250))
    view = RunView("x", "succeeded", log=tail.lines(), log_total=tail.total)
    text = repr(view)
    assert "Log: the last 200 of 10,000 lines" in text
    shown = re.findall(r"line (\d+)", text)
    assert shown == [str(n) for n in range(9800, 10_000)]


def test_log_lines_lose_terminal_codes_and_signatures():
    tail = LogTail()
    tail.add([{"message": "\x1b[31mred\x1b[0m\nsee https://s3.test/x?X-Amz-Signature=abc"}])
    assert [line for _, line in tail.lines()] == [
        "red",
        "see https://s3.test/x?X-Amz-Signature=***",
    ]


def test_times_come_from_the_run():
    assert run_times(_Future.last_seen) == (1.5, 58.5)
    assert run_times(None) == (None, None)
    assert run_times({"created_at": "soon"}) == (None, None)


def test_future_is_shown_from_what_was_seen():
    html = future_html(_Future())
    assert "✗ failed" in html
    assert "job 5, run 6" in html
    assert "boom &lt;b&gt;" in html
    assert "queued 1.5 s, ran 58.5 s" in html


def test_future_that_was_never_seen_is_shown():
    class Bare:
        pass

    assert future_view(Bare()).state == "unknown"
    assert "not asked yet" in repr(future_view(Bare()))
    assert "not asked yet" in future_html(Bare())
    assert "Bare" in future_html(Bare())


def test_a_local_platform_has_no_page_to_link_to():
    class Local(_Future):
        job_url = "http://127.0.0.1:8000/jobs/5"

    assert future_view(Local()).url is None
    assert "<a " not in future_html(Local())
