"""One run in detail: state, times, link, the end of its log, its error."""

from __future__ import annotations

from dataclasses import dataclass

from civis_nb._wire_text import masked_url
from civis_nb.display.activity import Activity
from civis_nb.display.bundle import Shown
from civis_nb.display.html import DIM, FAINT_LINE, Html, el, join, link, visible
from civis_nb.display.log_lines import without_ansi
from civis_nb.display.progress_view import progress_bar
from civis_nb.display.text import counted, one_line

__all__ = ["RunView"]

_MARKS = {"succeeded": "✓", "success": "✓", "failed": "✗", "cancelled": "■"}
_HUES = {"✓": "#2e7d32", "✗": "#d32f2f", "■": "#b26a00"}
_RED = "color:color-mix(in srgb, currentColor 50%, #d32f2f)"


@dataclass(frozen=True, repr=False)
class RunView(Shown):
    """A run at one moment.

    Attributes
    ----------
    activity
        What is known of the run.
    live
        Whether this view will be replaced by a newer one: then it has a progress bar.
    """

    activity: Activity
    live: bool = False

    def _log_title(self) -> str:
        activity = self.activity
        shown = len(activity.log or ())
        if not shown:
            return "Log: no lines" if activity.ended else "Log: no lines yet"
        if shown < activity.log_total:
            return f"Log: the last {shown:,} of {counted(activity.log_total, 'line')}"
        return f"Log: {counted(shown, 'line')}"

    # -- text -----------------------------------------------------------------------------

    def __repr__(self) -> str:
        activity = self.activity
        mark = _MARKS.get(activity.state or "", "…")
        facts = " · ".join(part for part in (activity.ids, activity.times) if part)
        head = ": ".join(filter(None, [one_line(activity.title), activity.state_text]))
        parts = [f"{mark} {head}"]
        parts += [facts] if facts else []
        if activity.url and link(activity.url, "") != "":
            parts.append(masked_url(activity.url))
        if activity.log is not None:
            parts.append(self._log_title())
            parts += [f"  {visible(line)}" for _, line in activity.log]
        if activity.error:
            parts.append(f"Error: {_clean(activity.error)}")
        if activity.note:
            parts.append(_clean(activity.note))
        return "\n".join(parts)

    # -- html -----------------------------------------------------------------------------

    def _head(self) -> Html:
        activity = self.activity
        mark = _MARKS.get(activity.state or "", "…")
        hue = _HUES.get(mark)
        colour = f"color:color-mix(in srgb, currentColor 45%, {hue})" if hue else None
        state = el("span", f"{mark} {activity.state_text}", role="status", aria_live="polite",
                   style=colour)  # fmt: skip
        facts = [state]
        if activity.ids:
            facts.append(link(activity.url, activity.ids))
        if activity.times:
            facts.append(el("span", activity.times, style=DIM))
        dotted = [part for fact in facts for part in (Html(" · "), fact)][1:]
        return el("div", el("strong", one_line(activity.title)), el("br"), *dotted)

    def _bar(self) -> Html | None:
        activity = self.activity
        if not self.live or activity.ended:
            return None
        seconds = (activity.queued_s or 0) + (activity.elapsed_s or 0)
        return progress_bar(activity.title, activity.state_text, None, seconds, "220px")

    def _log_html(self) -> Html | None:
        log = self.activity.log
        if log is None:
            return None
        title = self._log_title()
        if not log:
            return el("div", title, style=DIM)
        lines = [
            el("span", line, style=_RED) if level in ("error", "fatal") else join(line)
            for level, line in log
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
        activity = self.activity
        error = note = None
        if activity.error:
            style = f"white-space:pre-wrap;{_RED}"
            error = el("div", "Error: ", _clean(activity.error), style=style)
        if activity.note:
            note = el("div", _clean(activity.note))
        return el(
            "div",
            self._head(),
            self._bar(),
            self._log_html(),
            error,
            note,
            style="font-size:13px;line-height:1.5",
        )


def _clean(text: str) -> str:
    """Return text of the platform without terminal codes and secrets, its line ends kept."""
    return masked_url(visible(without_ansi(text).strip("\n")))
