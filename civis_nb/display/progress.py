"""Work that somebody waits for: what is going on, how far it is, how fast, how much longer."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from civis_nb.display.bundle import Shown
from civis_nb.display.futures import future_view
from civis_nb.display.html import DIM, Html, el, link
from civis_nb.display.runs import duration
from civis_nb.display.text import cut, one_line

__all__ = ["ProgressView", "Step", "Work", "in_bytes"]

#: The rate is that of the last seconds; so a transfer that slows down says so.
_RATE_WINDOW_S: Final = 8.0
#: From here on a transfer to which nothing comes is said to stand still.
_STILL_S: Final = 3.0
_MOST_STEPS: Final = 6
_TITLE_CHARS: Final = 80


def in_bytes(count: float, total: float | None = None) -> str:
    """Return a number of bytes for a person.

    Examples
    --------
    >>> in_bytes(97_400_000), in_bytes(1200), in_bytes(45_200_000, 1_300_000_000)
    ('97.4 MB', '1.2 kB', '0.05 of 1.30 GB')
    """
    largest = count if total is None else total
    unit, size, digits = next(
        (one for one in (("GB", 1e9, 2), ("MB", 1e6, 1)) if largest >= one[1]), ("kB", 1e3, 1)
    )
    of = "" if total is None else f" of {total / size:,.{digits}f}"
    return f"{count / size:,.{digits}f}{of} {unit}"


@dataclass(frozen=True)
class Step:
    """What a piece of work does at one moment.

    Attributes
    ----------
    title
        What is going on.
    elapsed_s
        For how long.
    done, total
        Bytes; None where they are not what it is about, or not known.
    about
        Whether `total` is an estimate.
    rate
        Bytes a second; None as long as it can't be told.
    still_s
        How long nothing has moved; None when something does.
    state, since, url
        Of a run that is waited for: its state, when the wait began, its page.
    """

    title: str
    elapsed_s: float
    done: int | None = None
    total: int | None = None
    about: bool = False
    rate: float | None = None
    still_s: float | None = None
    state: str | None = None
    since: str | None = None
    url: str | None = None

    @property
    def share(self) -> float | None:
        """How much of it is done, from 0 to 1; None when unknown."""
        if self.done is None or not self.total:
            return None
        return min(self.done / self.total, 1.0)

    @property
    def left_s(self) -> float | None:
        """How many seconds it will still take at this rate; None when unknown."""
        if self.share is None or not self.rate or self.still_s is not None:
            return None
        left = max((self.total or 0) - (self.done or 0), 0) / self.rate
        return left if self.share < 1.0 else None

    @property
    def facts(self) -> str:
        """How far it is, in words."""
        return " · ".join(self._waited() if self.state is not None else self._moved())

    def _waited(self) -> list[str]:
        since = f"for {duration(self.elapsed_s)}" + (f", since {self.since}" if self.since else "")
        return [one_line(self.state or ""), since]

    def _moved(self) -> list[str]:
        facts = []
        if self.done:
            # More than was expected: then the whole is not known.
            total = self.total if self.total and self.done <= self.total else None
            moved = in_bytes(self.done, total)
            facts.append(moved.replace(" of ", " of about ") if self.about else moved)
        if self.still_s is not None:
            facts.append(f"nothing has come for {duration(self.still_s)}")
        elif self.rate and self.share != 1.0:
            facts.append(f"{in_bytes(self.rate)}/s")
        facts.append(
            f"for {duration(self.elapsed_s)}"
            if self.left_s is None
            else f"{duration(self.left_s)} left"
        )
        return facts

    @property
    def short_title(self) -> str:
        """What is going on, on one line that is not too long."""
        return cut(one_line(self.title), _TITLE_CHARS)

    def __str__(self) -> str:
        return f"{self.short_title}: {self.facts}"

    def html(self) -> Html:
        """Return it as HTML: title, bar, facts."""
        title = self.short_title
        return el(
            "div",
            el("div", el("strong", link(self.url, title)), Html(" "),
               el("span", self.facts, style=DIM)),
            self._bar(title),
            style="margin:2px 0",
        )  # fmt: skip

    def _bar(self, title: str) -> Html:
        share = self.share
        if share is None:
            place = f"width:25%;left:{int(self.elapsed_s * 15) % 75}%"
            now = None
        else:
            place = f"width:{share:.1%};left:0"
            now = int(share * 100)
        return el(
            "div",
            el("div", style=f"position:absolute;height:100%;border-radius:2px;{place};"
               "background:currentColor"),
            role="progressbar",
            aria_label=title,
            aria_valuemin=None if now is None else 0,
            aria_valuemax=None if now is None else 100,
            aria_valuenow=now,
            aria_valuetext=self.facts,
            style="position:relative;overflow:hidden;height:4px;width:320px;max-width:100%;"
            "margin:3px 0;border-radius:2px;"
            "background:color-mix(in srgb, currentColor 20%, transparent)",
        )  # fmt: skip


@dataclass(frozen=True, repr=False)
class ProgressView(Shown):
    """Pieces of work that go on at the same time.

    Attributes
    ----------
    steps
        What each of them does now, the oldest first.
    """

    steps: tuple[Step, ...]

    @classmethod
    def of(cls, works: Sequence[Work]) -> ProgressView:
        """Look at pieces of work."""
        return cls(tuple(work.step() for work in works))

    def shown(self) -> tuple[Step, ...]:
        """Return those of the steps that there is room for."""
        return self.steps[:_MOST_STEPS]

    def more(self) -> str:
        """Say how many there are besides."""
        left = len(self.steps) - _MOST_STEPS
        return f"and {left} more" if left > 0 else ""

    def __repr__(self) -> str:
        return "\n".join([*(str(step) for step in self.shown()), *filter(None, [self.more()])])

    def _html(self) -> Html:
        more = el("div", self.more(), style=DIM) if self.more() else None
        return el(
            "div",
            *(step.html() for step in self.shown()),
            more,
            style="font-size:13px;line-height:1.5",
        )


class Work:
    """Something that takes its time: one step after the other, watched from other threads.

    Parameters
    ----------
    clock
        Gives the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.begun = clock()
        #: Since when it lies still because another one's turn has come; None while it goes on.
        self.resting_since: float | None = None
        self.next("Preparing")

    def next(self, title: str, total: int | None = None, *, about: bool = False) -> None:
        """Begin a step.

        Parameters
        ----------
        title
            What is going on from now on.
        total
            The bytes that it is about; None when unknown.
        about
            Whether `total` is an estimate.
        """
        with self._lock:
            self._title, self._total, self._about = title, total, about
            self._future: Any = None
            self._done = 0
            self._since, self._moved_at = self._clock(), self._clock()
            self._wall = time.time()
            self._samples: deque[tuple[float, int]] = deque([(self._since, 0)])

    def wait_for(self, future: Any, *, since: float | None = None) -> None:
        """Begin to wait for a run; its `CivisFuture` tells how it is.

        Parameters
        ----------
        future
            Of the run.
        since
            When the wait began, by the clock; None: now.
        """
        self.next("Waiting for a run")
        with self._lock:
            self._future = future
            if since is not None:
                self._wall -= self._since - since
                self._since = since
                self.begun = min(self.begun, since)

    def add(self, count: int) -> None:
        """Count bytes; from any thread."""
        with self._lock:
            self._done += count
            self._moved_at = self._clock()

    def restart(self) -> None:
        """Count from now how long it takes."""
        self.begun = self._clock()

    def rest(self) -> None:
        """Lie still, while who asked for the work does something else."""
        self.resting_since = self._clock()

    def go_on(self) -> None:
        """Go on after a rest."""
        self.resting_since = None

    def step(self) -> Step:
        """Return what it does at this moment."""
        with self._lock:
            now = self._clock()
            if self._future is not None:
                return self._waiting(self._future, now)
            rate = self._rate(now)
            still_s = now - self._moved_at
            counts = bool(self._done or self._total)
            return Step(
                self._title,
                now - self._since,
                done=self._done if counts else None,
                total=self._total,
                about=self._about,
                rate=rate,
                still_s=still_s if counts and still_s > _STILL_S and not self._is_whole() else None,
            )

    def said_at_the_end(self) -> str:
        """Say in one line what was done."""
        with self._lock:
            took = f"{'' if not self._done else f'{in_bytes(self._done)} '}in "
            return f"{one_line(self._title)}: {took}{duration(self._clock() - self.begun)}"

    def _is_whole(self) -> bool:
        return self._total is not None and self._done >= self._total

    def _rate(self, now: float) -> float | None:
        while len(self._samples) > 1 and now - self._samples[0][0] > _RATE_WINDOW_S:
            self._samples.popleft()
        since, before = self._samples[0]
        self._samples.append((now, self._done))
        passed = now - since
        return (self._done - before) / passed if passed > 0 and self._done > before else None

    def _waiting(self, future: Any, now: float) -> Step:
        view = future_view(future)
        ids = [f"job {view.job_id}"] if view.job_id is not None else []
        ids += [f"run {view.run_id}"] if view.run_id is not None else []
        poll_error = getattr(future, "last_poll_error", None)
        state = "not asked yet" if view.state == "unknown" else view.state
        if poll_error is not None:
            state += " as last seen; the platform gives no answer now"
        return Step(
            f"Waiting for {', '.join(ids) or 'a run'}",
            now - self._since,
            state=state,
            since=time.strftime("%H:%M:%S", time.localtime(self._wall)),
            url=view.url,
        )
