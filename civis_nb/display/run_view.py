"""One run in detail: state, times, link, the end of its log, its error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from civis_nb import config
from civis_nb._wire_text import masked_url
from civis_nb.display.activity import Activity
from civis_nb.display.ansi import without_ansi
from civis_nb.display.bundle import Displayable
from civis_nb.display.followed import FollowedRun
from civis_nb.display.html import (
    CODE_FONT,
    DIM,
    FAINT_LINE,
    Html,
    el,
    join,
    link,
    visible,
    web_address,
)
from civis_nb.display.progress_view import progress_bar
from civis_nb.display.text import counted, cut, one_line

__all__ = ["RUN_MIME", "RunView"]

#: The MIME type of a run that has ended, as data: docs/reference/outputs.md.
RUN_MIME: Final = "application/vnd.civis.run+json"

_HUES = {"✓": "#2e7d32", "✗": "#d32f2f", "■": "#b26a00"}
_RED = "color:color-mix(in srgb, currentColor 50%, #d32f2f)"


#: How much of an error message is kept as data.
_ERROR_CHARS: Final = 10_000
#: All of a log is to be seen on paper, where nothing scrolls.
_PRINT_CSS: Final = "@media print{.civis-static-log{max-height:none!important}}"


@dataclass(frozen=True, repr=False)
class RunView(Displayable):
    """A run at one moment.

    Attributes
    ----------
    activity
        What is known of the run.
    live
        Whether this view will be replaced by a newer one: then it has a progress bar.
    followed
        What a live view needs of the run besides; None where there is no more to be had.
    """

    activity: Activity
    live: bool = False
    followed: FollowedRun | None = field(default=None, compare=False)

    def _log_title(self) -> str:
        """Return how many lines of the log are shown."""
        activity = self.activity
        shown = len(activity.log or ())
        if not shown:
            return "Log: no lines" if activity.ended else "Log: no lines yet"
        if shown < activity.log_total:
            return f"Log: the last {shown:,} of {counted(activity.log_total, 'line')}"
        return f"Log: {counted(shown, 'line')}"

    def _error(self) -> str:
        """Return what went wrong, but for the last lines of the log, which stand above it."""
        text = _clean(self.activity.error or "")
        for line in reversed(self.activity.log or ()):
            message = visible(line[1]).strip()
            before = text.removesuffix(message)
            if not message or before == text or not (before[-1:] or " ").isspace():
                break
            text = before.rstrip()
        return text

    # -- text -----------------------------------------------------------------------------

    def __repr__(self) -> str:
        activity = self.activity
        facts = " · ".join(part for part in (activity.ids, activity.times) if part)
        head = ": ".join(filter(None, [one_line(activity.title), activity.state_text]))
        parts = [f"{activity.mark} {head}"]
        parts += [facts] if facts else []
        if activity.url and link(activity.url, "") != "":
            parts.append(masked_url(activity.url))
        if self.live and activity.done_bytes is not None and activity.amount:
            parts.append(activity.amount)
        if activity.picture is not None:
            parts.append(activity.picture.text())
        if activity.log is not None:
            parts.append(self._log_title())
            parts += [f"  {visible(line[1])}" for line in activity.log]
        if error := self._error():
            parts.append(f"Error: {error}")
        if activity.note:
            parts.append(_clean(activity.note))
        return "\n".join(parts)

    # -- html -----------------------------------------------------------------------------

    def _head(self) -> Html:
        """Return the title of the run, with its state, its ids and its times."""
        activity = self.activity
        hue = _HUES.get(activity.mark)
        colour = f"color:color-mix(in srgb, currentColor 45%, {hue})" if hue else None
        words = f"{activity.mark} {activity.state_text}"
        state = el("span", words, role="status", aria_live="polite", style=colour)
        facts = [state]
        if activity.ids:
            facts.append(link(activity.url, activity.ids))
        if activity.times:
            facts.append(el("span", activity.times, style=DIM))
        dotted = [part for fact in facts for part in (Html(" · "), fact)][1:]
        return el("div", el("strong", one_line(activity.title)), el("br"), *dotted)

    def _bar(self) -> Html | None:
        """Return the progress bar of a run that goes on, or of a transfer."""
        activity = self.activity
        if not self.live:
            return None
        if activity.done_bytes is not None:
            seconds = activity.elapsed_s or 0
            return join(
                progress_bar(activity.title, activity.amount, activity.share, seconds, "320px"),
                el("div", activity.amount, style=DIM),
            )
        if activity.ended:
            return None
        seconds = (activity.queued_s or 0) + (activity.elapsed_s or 0)
        return progress_bar(activity.title, activity.state_text, None, seconds, "220px")

    def _log_html(self) -> Html | None:
        """Return the log in a box that scrolls, the newest lines in sight; None without a log."""
        log = self.activity.log
        if log is None:
            return None
        title = self._log_title()
        if not log:
            return el("div", title, style=DIM)
        lines = [_line(*line) for line in log]
        content = [part for line in lines for part in (line, Html("\n"))][:-1]
        text = el(
            "pre",
            *content,
            style="margin:0;padding:4px 8px;flex:none;overflow:visible;white-space:pre;"
            f"font-size:12px;line-height:1.4;background:transparent;color:inherit;{CODE_FONT}",
        )
        # The reversed column keeps the newest line in sight without a script.
        box = el(
            "div",
            text,
            role="log",
            class_="civis-static-log",
            aria_label=title,
            tabindex=0,
            style="display:flex;flex-direction:column-reverse;max-height:24em;overflow:auto;"
            f"border:{FAINT_LINE};border-radius:3px;margin:4px 0",
        )
        return el("details", el("summary", title, style=DIM), el("style", _PRINT_CSS), box, open="")

    def _html(self) -> Html:
        activity = self.activity
        error = note = None
        if text := self._error():
            font = f"{CODE_FONT};font-size:12px;" if "\n" in text else ""
            error = el("div", "Error: ", text, style=f"white-space:pre-wrap;{font}{_RED}")
        if activity.note:
            note = el("div", _clean(activity.note))
        return el(
            "div",
            self._head(),
            self._bar(),
            None if activity.picture is None else activity.picture.html(),
            self._log_html(),
            error,
            note,
            style="font-size:13px;line-height:1.5",
        )

    # -- data -----------------------------------------------------------------------------

    def data(self) -> dict[str, Any]:
        """Return what is known of the run as plain JSON, without its log."""
        activity, error = self.activity, self._error()
        transfer = None
        if activity.done_bytes is not None:
            transfer = {"share": activity.share, "text": activity.amount}
        return {
            "title": one_line(activity.title),
            "state": activity.state,
            "state_text": activity.state_text,
            "ended": activity.ended,
            "job_id": activity.job_id,
            "run_id": activity.run_id,
            "ids": activity.ids,
            "url": web_address(activity.url),
            "queued_s": activity.queued_s,
            "running_s": activity.running_s,
            "elapsed_s": activity.elapsed_s,
            "transfer": transfer,
            "error": cut(error, _ERROR_CHARS) if error else None,
            "note": _clean(activity.note) if activity.note else None,
        }

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_()
        if not self.live and config.get("display") in ("auto", "widget"):
            log = self.activity.log
            kept = None
            if log is not None:
                kept = {"total": self.activity.log_total, "lines": [_kept(*line) for line in log]}
            bundle[RUN_MIME] = {"version": 1, **self.data(), "log": kept}
            if self.activity.picture is not None:
                bundle[RUN_MIME]["tasks"] = self.activity.picture.data()
        return bundle


def _kept(level: str, text: str, parts: tuple[tuple[str, str], ...] = ()) -> list[Any]:
    """Return a line of a log as data: its colours are what the text alone does not have."""
    coloured = [[list(part) for part in parts]] if any(look for _, look in parts) else []
    return [level, visible(text), *coloured]


def _line(level: str, text: str, parts: tuple[tuple[str, str], ...] = ()) -> Html:
    """Return a line of a log as HTML."""
    styled = [el("span", part, style=look) if look else join(part) for part, look in parts]
    content = styled or [join(text)]
    return el("span", *content, style=_RED) if level in ("error", "fatal") else join(*content)


def _clean(text: str) -> str:
    """Return text of the platform without terminal codes and secrets, its line ends kept."""
    return masked_url(visible(without_ansi(text).strip("\n")))
