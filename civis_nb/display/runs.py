"""A run as it goes: state, times, link, the end of its log, its error."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from civis_nb._wire_text import masked_url
from civis_nb.display.ansi import log_lines, without_ansi
from civis_nb.display.bundle import Shown
from civis_nb.display.html import DIM, FAINT_LINE, Html, el, join, link, visible
from civis_nb.display.text import counted, one_line

__all__ = ["DONE_STATES", "LogTail", "RunView", "duration", "run_times"]

DONE_STATES: Final = frozenset({"succeeded", "success", "failed", "cancelled"})
LOG_LINES: Final = 200

_MARKS = {"succeeded": "✓", "success": "✓", "failed": "✗", "cancelled": "■"}
_HUES = {"✓": "#2e7d32", "✗": "#d32f2f", "■": "#b26a00"}
_RED = "color:color-mix(in srgb, currentColor 50%, #d32f2f)"


def duration(seconds: float) -> str:
    """Return a length of time for a person.

    Examples
    --------
    >>> duration(0.25), duration(150), duration(9000)
    ('0.2 s', '2.5 min', '2.5 h')
    """
    if seconds < 120:
        return f"{max(seconds, 0):.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def run_times(run: Mapping[str, Any] | None) -> tuple[float | None, float | None]:
    """Return how long a run was queued and how long it ran, in seconds, where it tells."""
    created, started, finished = (
        _instant(run.get(key) if run is not None else None)
        for key in ("created_at", "started_at", "finished_at")
    )
    queued = (started - created).total_seconds() if created and started else None
    ran = (finished - started).total_seconds() if started and finished else None
    return queued, ran


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


class LogTail:
    """The last lines of a log, and how many there were before.

    Parameters
    ----------
    keep
        Lines to keep.
    """

    def __init__(self, keep: int = LOG_LINES) -> None:
        self._lines: deque[tuple[str, str]] = deque(maxlen=keep)
        self.total = 0

    def add(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Take log entries (``message``, ``level``), oldest first."""
        for entry in entries:
            level = str(entry.get("level") or "info")
            for line in log_lines(str(entry.get("message") or "")):
                self._lines.append((level, line))
                self.total += 1

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Return the lines kept, each with its level."""
        return tuple(self._lines)


@dataclass(frozen=True, repr=False)
class RunView(Shown):
    """What is known of a run at one moment.

    Attributes
    ----------
    title
        What runs, for a person.
    state
        The platform's word for it.
    job_id, run_id
        Which run; None where there is none yet.
    url
        Where the platform shows it.
    queued_s, running_s
        How long it waited and ran; None where unknown.
    log, log_total
        The last lines with their levels, and how many lines there were in all. None: no log asked.
    error
        What went wrong.
    note
        One more sentence, such as what became of the run after an interrupt.
    live
        Whether this view will be replaced by a newer one: then it has a progress bar.
    """

    title: str
    state: str = "queued"
    job_id: int | None = None
    run_id: int | None = None
    url: str | None = None
    queued_s: float | None = None
    running_s: float | None = None
    log: tuple[tuple[str, str], ...] | None = None
    log_total: int = field(default=0)
    error: str | None = None
    note: str | None = None
    live: bool = False

    @property
    def done(self) -> bool:
        """Whether the run has ended."""
        return self.state in DONE_STATES

    @property
    def _said_state(self) -> str:
        # What a future says of its run before it has looked for the first time.
        return "not asked yet" if self.state == "unknown" else one_line(self.state)

    def _ids(self) -> str:
        words = [f"job {self.job_id}"] if self.job_id is not None else []
        words += [f"run {self.run_id}"] if self.run_id is not None else []
        return ", ".join(words)

    def _times(self) -> str:
        words = [f"queued {duration(self.queued_s)}"] if self.queued_s is not None else []
        if self.running_s is not None:
            verb = "ran" if self.done else "running"
            words.append(f"{verb} {duration(self.running_s)}")
        return ", ".join(words)

    def _log_title(self) -> str:
        shown = len(self.log or ())
        if not shown:
            return "Log: no lines" if self.done else "Log: no lines yet"
        if shown < self.log_total:
            return f"Log: the last {shown:,} of {counted(self.log_total, 'line')}"
        return f"Log: {counted(shown, 'line')}"

    # -- text -----------------------------------------------------------------------------

    def __repr__(self) -> str:
        mark = _MARKS.get(self.state, "…")
        facts = " · ".join(part for part in (self._ids(), self._times()) if part)
        parts = [f"{mark} {one_line(self.title)}: {self._said_state}"]
        parts += [facts] if facts else []
        if self.url and link(self.url, "") != "":
            parts.append(masked_url(self.url))
        if self.log is not None:
            parts.append(self._log_title())
            parts += [f"  {visible(line)}" for _, line in self.log]
        if self.error:
            parts.append(f"Error: {_tidy(self.error)}")
        if self.note:
            parts.append(_tidy(self.note))
        return "\n".join(parts)

    # -- html -----------------------------------------------------------------------------

    def _head(self) -> Html:
        mark = _MARKS.get(self.state, "…")
        hue = _HUES.get(mark)
        colour = f"color:color-mix(in srgb, currentColor 45%, {hue})" if hue else None
        state = el("span", f"{mark} {self._said_state}", role="status", aria_live="polite",
                   style=colour)  # fmt: skip
        facts = [state]
        if ids := self._ids():
            facts.append(link(self.url, ids))
        if times := self._times():
            facts.append(el("span", times, style=DIM))
        dotted = [part for fact in facts for part in (Html(" · "), fact)][1:]
        return el("div", el("strong", one_line(self.title)), el("br"), *dotted)

    def _bar(self) -> Html | None:
        if not self.live or self.done:
            return None
        seconds = (self.queued_s or 0) + (self.running_s or 0)
        block = el(
            "div",
            style="position:absolute;height:100%;width:25%;border-radius:2px;"
            f"left:{int(seconds * 15) % 75}%;background:currentColor",
        )
        return el(
            "div",
            block,
            role="progressbar",
            aria_label=self.title,
            aria_valuetext=self.state,
            style="position:relative;height:4px;width:220px;margin:6px 0;border-radius:2px;"
            "background:color-mix(in srgb, currentColor 20%, transparent)",
        )

    def _log_html(self) -> Html | None:
        if self.log is None:
            return None
        title = self._log_title()
        if not self.log:
            return el("div", title, style=DIM)
        lines = [
            el("span", line, style=_RED) if level in ("error", "fatal") else join(line)
            for level, line in self.log
        ]
        content = [part for line in lines for part in (line, Html("\n"))][:-1]
        text = el(
            "pre",
            *content,
            style="margin:0;padding:4px 8px;flex:none;overflow:visible;white-space:pre;"
            "font-size:12px;line-height:1.4;background:transparent;color:inherit;"
            "font-family:var(--jp-code-font-family, monospace)",
        )
        # The reversed column keeps the newest line in sight without a script.
        box = el(
            "div",
            text,
            role="log",
            aria_label=title,
            tabindex=0,
            style="display:flex;flex-direction:column-reverse;max-height:24em;overflow:auto;"
            f"border:{FAINT_LINE};border-radius:3px;margin:4px 0",
        )
        return el("details", el("summary", title, style=DIM), box, open="")

    def _html(self) -> Html:
        error = el("div", "Error: ", _tidy(self.error), style=f"white-space:pre-wrap;{_RED}") if (
            self.error
        ) else None  # fmt: skip
        note = el("div", _tidy(self.note)) if self.note else None
        return el(
            "div",
            self._head(),
            self._bar(),
            self._log_html(),
            error,
            note,
            style="font-size:13px;line-height:1.5",
        )


def _tidy(text: str) -> str:
    return masked_url(without_ansi(visible_lines(text)))


def visible_lines(text: str) -> str:
    """Return `text` with its line ends kept and everything unseen written out."""
    return visible(without_ansi(text).strip("\n"))
