"""Runs and transfers that go on at the same time, a line each, while somebody waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from civis_nb.display.activity import Activity
from civis_nb.display.bundle import Displayable
from civis_nb.display.html import DIM, Html, el, link

__all__ = ["ProgressView", "progress_bar"]

_MAX_LINES: Final = 6


@dataclass(frozen=True, repr=False)
class ProgressView(Displayable):
    """What goes on now, a line for each.

    Attributes
    ----------
    activities
        The runs and transfers, the oldest first.
    """

    activities: tuple[Activity, ...]

    @property
    def shown(self) -> tuple[Activity, ...]:
        """The activities that have a line of their own."""
        return self.activities[:_MAX_LINES]

    @property
    def more(self) -> str:
        """How many activities there are besides; empty where all are shown."""
        left = len(self.activities) - _MAX_LINES
        return f"and {left} more" if left > 0 else ""

    def __repr__(self) -> str:
        return "\n".join([*(one.line for one in self.shown), *filter(None, [self.more])])

    def _html(self) -> Html:
        more = el("div", self.more, style=DIM) if self.more else None
        return el(
            "div", *(_line(one) for one in self.shown), more, style="font-size:13px;line-height:1.5"
        )


def _line(activity: Activity) -> Html:
    """Return one activity as HTML: title, facts, bar."""
    title = activity.short_title
    return el(
        "div",
        el("div", el("strong", link(activity.url, title)), Html(" "),
           el("span", activity.facts, style=DIM)),
        progress_bar(title, activity.facts, activity.share, activity.elapsed_s or 0, "320px"),
        style="margin:2px 0",
    )  # fmt: skip


def progress_bar(
    label: str, value_text: str, share: float | None, elapsed_s: float, width: str
) -> Html:
    """Return a progress bar; without a share, a block that moves with the time.

    Parameters
    ----------
    label, value_text
        What a screen reader reads.
    share
        How much is done, from 0 to 1; None when unknown.
    elapsed_s
        For how long it goes on.
    width
        A CSS length.
    """
    if share is None:
        place, now = f"width:25%;left:{int(elapsed_s * 15) % 75}%", None
    else:
        place, now = f"width:{share:.1%};left:0", int(share * 100)
    return el(
        "div",
        el("div", style=f"position:absolute;height:100%;border-radius:2px;{place};"
           "background:currentColor"),
        role="progressbar",
        aria_label=label,
        aria_valuemin=None if now is None else 0,
        aria_valuemax=None if now is None else 100,
        aria_valuenow=now,
        aria_valuetext=value_text,
        style=f"position:relative;overflow:hidden;height:4px;width:{width};max-width:100%;"
        "margin:3px 0;border-radius:2px;"
        "background:color-mix(in srgb, currentColor 20%, transparent)",
    )  # fmt: skip
