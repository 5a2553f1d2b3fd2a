"""What a run or a transfer does at one moment, as plain data, and the words for it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from civis_nb.display.log_lines import LogLine
from civis_nb.display.text import cut, one_line, run_ids

if TYPE_CHECKING:
    from civis_nb.display.html import Html

__all__ = [
    "DONE_STATES",
    "SHOWN_AFTER_S",
    "Activity",
    "Picture",
    "duration",
    "in_bytes",
    "loading_note",
]

#: Work that is done sooner shows nothing.
SHOWN_AFTER_S: Final = 2.0
DONE_STATES: Final = frozenset({"succeeded", "success", "failed", "cancelled"})
_TITLE_CHARS: Final = 80
#: Packages whose first import takes a while.
_HEAVY: Final = ("altair", "vl_convert", "pandas", "polars", "pyarrow")
_MARKS: Final = {"succeeded": "✓", "success": "✓", "failed": "✗", "cancelled": "■"}


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


def in_bytes(count: float, total: float | None = None) -> str:
    """Return a number of bytes for a person.

    Examples
    --------
    >>> in_bytes(97_400_000), in_bytes(1200), in_bytes(45_200_000, 1_300_000_000)
    ('97.4 MB', '1.2 kB', '0.05 of 1.30 GB')
    >>> in_bytes(12, 60)
    '12 of 60 bytes'
    """
    largest = count if total is None else total
    if largest < 1000:
        return (f"{count:.0f}" if total is None else f"{count:.0f} of {total:.0f}") + " bytes"
    unit, size, digits = next(
        (one for one in (("GB", 1e9, 2), ("MB", 1e6, 1)) if largest >= one[1]), ("kB", 1e3, 1)
    )
    of = "" if total is None else f" of {total / size:,.{digits}f}"
    return f"{count / size:,.{digits}f}{of} {unit}"


def loading_note() -> str | None:
    """Return a sentence on the heavy package that Python imports now; None when it imports none."""
    for name in _HEAVY:
        spec = getattr(sys.modules.get(name), "__spec__", None)
        if getattr(spec, "_initializing", False):
            return f"Python loads {name}, once in a session."
    return None


class Picture(Protocol):
    """What a run consists of, drawn: the tasks of an execution and their states."""

    def text(self) -> str:
        """Return it as lines of text."""

    def html(self) -> Html:
        """Return it as HTML without a script."""

    def tree(self) -> list[Any]:
        """Return it for a live view: elements of SVG, each ``[name, attributes, children]``."""

    def data(self) -> list[dict[str, Any]]:
        """Return its parts as plain JSON."""


@dataclass(frozen=True)
class Activity:
    """A run or a transfer at one moment.

    Attributes
    ----------
    title
        What runs or is transferred, for a person.
    state
        The platform's word for the state of a run; None where it is no run.
    job_id, run_id
        Which run; None where they are not known.
    is_workflow
        Whether these are the ids of a workflow and its execution.
    picture
        What it consists of; None where that is not known.
    url
        The page of the run.
    unreachable
        Whether the platform did not answer the last poll, so that `state` is an older one.
    elapsed_s, since
        How long the wait or the transfer has taken so far, and the time of day of its start.
    queued_s, running_s
        How long a run waited and ran by the platform's clock; None where unknown.
    done_bytes, total_bytes
        How much was transferred, and of how much; None where unknown, or where it is no transfer.
    estimated
        Whether `total_bytes` is an estimate.
    bytes_per_s
        The present rate; None where unknown.
    stalled_s
        For how long nothing has been transferred; None while something is.
    log, log_total
        The last lines of the log, and how many lines there were in all. None: the log is not
        shown.
    error
        What went wrong.
    note
        One more sentence, such as what became of the run after an interrupt.
    """

    title: str
    state: str | None = None
    job_id: int | None = None
    run_id: int | None = None
    url: str | None = None
    unreachable: bool = False
    elapsed_s: float | None = None
    since: str | None = None
    queued_s: float | None = None
    running_s: float | None = None
    done_bytes: int | None = None
    total_bytes: int | None = None
    estimated: bool = False
    bytes_per_s: float | None = None
    stalled_s: float | None = None
    log: tuple[LogLine, ...] | None = None
    log_total: int = 0
    error: str | None = None
    note: str | None = None
    is_workflow: bool = False
    picture: Picture | None = None

    @property
    def ended(self) -> bool:
        """Whether the run has ended."""
        return self.state in DONE_STATES

    @property
    def share(self) -> float | None:
        """How much of the transfer is done, from 0 to 1; None when unknown."""
        if self.done_bytes is None or not self.total_bytes:
            return None
        return min(self.done_bytes / self.total_bytes, 1.0)

    @property
    def left_s(self) -> float | None:
        """How many seconds the transfer will still take at this rate; None when unknown."""
        if self.share is None or not self.bytes_per_s or self.stalled_s is not None:
            return None
        left = max((self.total_bytes or 0) - (self.done_bytes or 0), 0) / self.bytes_per_s
        return left if self.share < 1.0 else None

    # -- words ----------------------------------------------------------------------------

    @property
    def ids(self) -> str:
        """The ids of the run; empty where they are not known."""
        return run_ids(self.job_id, self.run_id, is_workflow=self.is_workflow)

    @property
    def mark(self) -> str:
        """A sign for the state of the run."""
        return _MARKS.get(self.state or "", "…")

    @property
    def state_text(self) -> str:
        """The state of the run, for a person; empty where it is no run."""
        if self.state is None:
            return ""
        # "unknown" is the state of a run before the first poll.
        text = "not polled yet" if self.state == "unknown" else one_line(self.state)
        if self.unreachable:
            text += " as last seen; the platform gives no answer now"
        return text

    @property
    def times(self) -> str:
        """How long the run waited and ran; empty where unknown."""
        words = [f"queued {duration(self.queued_s)}"] if self.queued_s is not None else []
        if self.ended and self.running_s is not None:
            words.append(f"ran {duration(self.running_s)}")
        elif not self.ended and self.elapsed_s is not None:
            words.append(f"running {duration(self.elapsed_s)}")
        return ", ".join(words)

    @property
    def short_title(self) -> str:
        """The title, on one line that is not too long."""
        return cut(one_line(self.title), _TITLE_CHARS)

    @property
    def facts(self) -> str:
        """How far it is: of a run its state, of a transfer the amount, rate, and time left."""
        elapsed = f"for {duration(self.elapsed_s or 0)}"
        if self.state is not None:
            since = f", since {self.since}" if self.since else ""
            return f"{self.state_text} · {elapsed}{since}"
        left = elapsed if self.left_s is None else f"{duration(self.left_s)} left"
        return " · ".join(filter(None, [self._moved, left]))

    @property
    def amount(self) -> str:
        """How much was transferred, how fast, and how long it will take."""
        left = "" if self.left_s is None else f"{duration(self.left_s)} left"
        return " · ".join(filter(None, [self._moved, left]))

    @property
    def _moved(self) -> str:
        """Return how many bytes have come or gone, and how fast."""
        facts = []
        if self.done_bytes:
            # More than was expected: then the total is not known.
            total = self.total_bytes
            total = total if total and self.done_bytes <= total else None
            amount = in_bytes(self.done_bytes, total)
            facts.append(amount.replace(" of ", " of about ") if self.estimated else amount)
        if self.stalled_s is not None:
            facts.append(f"nothing has come for {duration(self.stalled_s)}")
        elif self.bytes_per_s and self.share != 1.0:
            facts.append(f"{in_bytes(self.bytes_per_s)}/s")
        return " · ".join(facts)

    @property
    def line(self) -> str:
        """The activity on one line."""
        return f"{self.short_title}: {self.facts}"
