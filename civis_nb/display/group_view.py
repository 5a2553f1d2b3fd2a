"""Many runs at once: how many are in which state, and a row for each, failures first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from civis_nb import config
from civis_nb.display.activity import Activity
from civis_nb.display.bundle import Displayable
from civis_nb.display.grid import CAPTION_STYLE, TABLE_STYLE, TEXT_CELL_STYLE
from civis_nb.display.html import DIM, Html, el, link, scroll_box
from civis_nb.display.progress_view import progress_bar
from civis_nb.display.run_view import RunView
from civis_nb.display.text import counted, cut, one_line

__all__ = ["GROUP_MIME", "FollowedRuns", "GroupView"]

#: The MIME type of runs that have ended, as data.
GROUP_MIME: Final = "application/vnd.civis.runs+json"

_STATES: Final = ("failed", "running", "queued", "cancelled", "succeeded")
_TEXT_ROWS: Final = 20
_ROWS: Final = 50
_LIVE_ROWS: Final = 500
_ERROR_CHARS: Final = 200


def _kind(activity: Activity) -> str:
    """Return the state of a run as one of `_STATES`."""
    state = activity.state or ""
    if state == "success":
        return "succeeded"
    if state in _STATES:
        return state
    return "queued" if state in ("pending", "idle", "unknown", "") else "running"


@dataclass(frozen=True)
class FollowedRuns:
    """What a reader can do to runs that a live view follows.

    Attributes
    ----------
    cancel_all
        Cancels those that go on; returns what came of it, in words.
    cancel
        Cancels the one at a place, the first is 0.
    """

    cancel_all: Callable[[], str]
    cancel: Callable[[int], str]


@dataclass(frozen=True, repr=False)
class GroupView(Displayable):
    """Runs at one moment.

    Attributes
    ----------
    activities
        What is known of each, in their order.
    title
        What they are together; empty where there is no name for it.
    live
        Whether this view will be replaced by a newer one.
    followed
        What a live view needs besides.
    """

    activities: tuple[Activity, ...]
    title: str = ""
    live: bool = False
    followed: FollowedRuns | None = field(default=None, compare=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many runs are in which state, those that matter most first."""
        found = Counter(_kind(one) for one in self.activities)
        return {state: found[state] for state in _STATES if found[state]}

    @property
    def ended(self) -> bool:
        """Whether all have ended."""
        return all(one.ended for one in self.activities)

    @property
    def caption(self) -> str:
        """The number of runs and of those in each state."""
        states = ", ".join(f"{number:,} {state}" for state, number in self.counts.items())
        name = f"{one_line(self.title)} · " if self.title else ""
        return f"{name}{counted(len(self.activities), 'run')}" + (f": {states}" if states else "")

    def ordered(self) -> list[tuple[int, Activity]]:
        """Return the runs with their places: failures first, then those that go on."""
        places = enumerate(self.activities)
        return sorted(places, key=lambda one: (_STATES.index(_kind(one[1])), one[0]))

    def _left_out(self, shown: int) -> str:
        left = Counter(_kind(one) for _, one in self.ordered()[shown:])
        states = ", ".join(f"{left[state]:,} {state}" for state in _STATES if left[state])
        return (
            f"and {counted(sum(left.values()), 'more run').replace('more runs', 'more')}: {states}"
        )

    def __repr__(self) -> str:
        lines = [self.caption]
        rows = self.ordered()
        for _, activity in rows[:_TEXT_ROWS]:
            ids = "" if activity.ids == activity.short_title else activity.ids
            parts = [activity.state_text, ids, activity.times, _reason(activity)]
            facts = " · ".join(filter(None, parts))
            lines.append(f"  {activity.mark} {activity.short_title}: {facts}")
        if len(rows) > _TEXT_ROWS:
            lines.append(f"  {self._left_out(_TEXT_ROWS)}")
        return "\n".join(lines)

    def _html(self) -> Html:
        rows = self.ordered()
        header = el("tr", *(el("th", name, scope="col", align="left", style=TEXT_CELL_STYLE)
                            for name in ("state", "run", "time", "error")))  # fmt: skip
        body = [_row(activity) for _, activity in rows[:_ROWS]]
        if len(rows) > _ROWS:
            body.append(el("tr", el("td", self._left_out(_ROWS), colspan=4, style=DIM)))
        done = sum(one.ended for one in self.activities)
        bar = None
        if self.live and not self.ended:
            share = done / len(self.activities)
            bar = progress_bar(self.caption, self.caption, share, 0, "320px")
        table = el(
            "table",
            el("caption", self.caption, style=CAPTION_STYLE),
            el("thead", header),
            el("tbody", *body),
            style=TABLE_STYLE,
        )
        return el("div", bar, scroll_box(table, self.caption), style="font-size:13px")

    def data(self) -> dict[str, Any]:
        """Return what is known of the runs as plain JSON."""
        rows = [
            {**RunView(activity).data(), "place": place, "kind": _kind(activity)}
            for place, activity in self.ordered()[:_LIVE_ROWS]
        ]
        for row in rows:
            row["error"] = row["error"] and cut(one_line(row["error"]), _ERROR_CHARS)
        return {
            "title": one_line(self.title),
            "caption": self.caption,
            "total": len(self.activities),
            "done": sum(one.ended for one in self.activities),
            "counts": dict(self.counts),
            "ended": self.ended,
            "runs": rows,
            "left_out": self._left_out(_LIVE_ROWS) if len(self.activities) > _LIVE_ROWS else "",
        }

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_()
        if not self.live and config.get("display") in ("auto", "widget"):
            bundle[GROUP_MIME] = {"version": 1, **self.data()}
        return bundle


def _reason(activity: Activity) -> str:
    text = RunView(activity).data()["error"]
    return cut(one_line(str(text).split("\n", 1)[0]), _ERROR_CHARS) if text else ""


def _row(activity: Activity) -> Html:
    """Return the row of a run: state, title, time and error."""
    title = activity.short_title
    run = el("td", link(activity.url, title), style=TEXT_CELL_STYLE)
    if activity.ids and activity.ids != title:
        run = el("td", link(activity.url, title), el("br"),
                 el("span", activity.ids, style=DIM), style=TEXT_CELL_STYLE)  # fmt: skip
    return el(
        "tr",
        el("td", f"{activity.mark} {activity.state_text}", style=TEXT_CELL_STYLE),
        run,
        el("td", activity.times, style=TEXT_CELL_STYLE),
        el("td", _reason(activity), style=TEXT_CELL_STYLE),
    )
