"""Work that goes on while the notebook does: shown in its cell, waited for, failures reported."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from civis_nb._waiting import still_running, wait_event
from civis_nb.display.activity import Activity
from civis_nb.display.bundle import Note
from civis_nb.display.followed import FollowedRun, Following
from civis_nb.display.live import Display
from civis_nb.display.log_lines import LOG_LAG_S, LOG_LINES, SETTLED_LINES
from civis_nb.display.run_view import RunView
from civis_nb.display.screens import Screen
from civis_nb.display.text import counted
from civis_nb.display.tracker import Tracker
from civis_nb.errors import CivisJobFailure, CivisMagicError, CivisTimeoutError
from civis_nb.futures.interrupts import cancel_run
from civis_nb.magics.failures import message_of, without_traceback
from civis_nb.magics.options import Option, Positional, Syntax
from civis_nb.magics.views import EndedRuns
from civis_nb.magics.words import seconds, variable
from civis_nb.widgets.cell import BackgroundWidgetCell

if TYPE_CHECKING:
    from civis_nb.futures import CivisFuture
    from civis_nb.magics.sql.background import FrameFuture

__all__ = ["SYNTAX", "Background", "wait_magic"]

SYNTAX: Final = Syntax(
    "%civis_wait",
    "Wait for what runs in the background, and raise what failed.\n\n"
    "At the end of a notebook it makes the notebook fail when any of its background work has\n"
    "failed: for papermill, nbclient and nbval. Interrupting it leaves the runs alone.",
    (
        Positional("FUTURE", "The variables of futures to wait for; by default all that was "
                   "started with --bg in this notebook.", read=variable, repeated=True),
    ),
    (
        Option(("--timeout",), "Wait no longer than this; the runs go on.", "S", seconds),
        Option(("-q", "--quiet"), "Show nothing.", also=("--silent",)),
    ),
)  # fmt: skip

#: A log says itself when it is to be read again; so often it is asked.
_LOG_READ_S: Final = 0.25
#: Work that ended well and was shown is forgotten, all but so much.
_KEPT: Final = 1000


@dataclass(eq=False)
class _Work:
    """One piece of background work.

    Attributes
    ----------
    future
        A `CivisFuture` or a `FrameFuture`.
    title
        What it is.
    cell
        The number of the cell that started it; None where cells have none.
    variable
        The variable that was given its future; None where the future is the cell's value.
    following
        How its cell follows it.
    advice
        What can be done with it while it goes on; empty where there is nothing to say.
    display
        Shows it in that cell; None where nothing is shown.
    screen
        Where it is shown.
    settled
        Set when its cell shows how it has ended, or shows nothing of it.
    reported
        Whether its failure was shown under another cell.
    """

    future: CivisFuture | FrameFuture
    title: str
    cell: int | None
    variable: str | None = None
    following: Following | None = None
    advice: str = ""
    display: Display | None = None
    screen: Screen | None = None
    settled: threading.Event = field(default_factory=threading.Event)
    reported: bool = False
    repeated: bool = field(default=False)

    @property
    def error(self) -> BaseException | None:
        """What it failed with; None when it has not. It does not count as retrieved."""
        if not Future.done(self.future):
            return None
        if Future.cancelled(self.future):
            if self.future.cancel_requested:
                return None
            message = "The run was cancelled on the platform."
            return CivisJobFailure(message, None, self.future.job_id, self.future.run_id)
        return Future.exception(self.future, 0)

    @property
    def name(self) -> str:
        """What tells it from other work: its title, with the variable of its future."""
        return f"{self.title} ({self.variable})" if self.variable else self.title

    def activity(self, max_lines: int = SETTLED_LINES) -> Activity:
        """Return what was seen last, with so many lines of its log at most."""
        seen: Activity = (
            self.future.activity(self.title)
            if self.following is None
            else self.following.describe(max_lines)
        )
        error = self.error
        if error is not None:
            return replace(seen, state=seen.state if seen.ended else "failed",
                           error=message_of(error), note=None)  # fmt: skip
        if Future.done(self.future) or not self.advice:
            return seen
        return replace(seen, note=f"It {self.advice}")


class Background:
    """The background work of one notebook."""

    def __init__(self) -> None:
        self._work: list[_Work] = []

    def add(
        self, future: Any, title: str, cell: int | None, *, variable: str | None = None,
        quiet: bool = False, following: Following | None = None,
    ) -> None:  # fmt: skip
        """Follow a piece of work: its cell shows it until it has ended.

        Parameters
        ----------
        future
            A `CivisFuture` or a `FrameFuture`.
        title
            What it is, for a person.
        cell
            The number of the cell that runs.
        variable
            The variable that holds the future; None: it is the value of the cell.
        quiet
            Whether nothing is shown as long as it does not fail.
        following
            How its cell follows it; None: without a log.
        """
        what = (
            f"{variable}.result(), or await {variable},"
            if variable
            else "the magic's value is a future, whose .result()"
        )
        advice = f"runs in the background: {what} waits for its end and gives the result."
        work = _Work(future, title, cell, variable, following, advice)
        self._forget()
        self._work.append(work)
        if quiet:
            work.settled.set()
            return
        plain = FollowedRun(None, {"cancel": lambda: cancel_run(future)})
        followed = plain if following is None else following.followed
        tracker = Tracker(title)
        tracker.wait_for_run(lambda: work.activity(LOG_LINES), followed=followed)
        work.display = Display(tracker, delay_s=0.0, command=True, background=True,
                               cell=BackgroundWidgetCell)  # fmt: skip
        work.display.open()
        screen = work.screen = work.display.screen
        if screen is not None and not work.display.changes:
            # Nobody replaces this while the work goes on: it says nothing that will not stay true.
            screen.show(_started_note(work))
        if followed.log is None and followed.open_log is None:
            future.call_at_end(lambda _: self._settle(work))
        else:
            threading.Thread(
                target=self._follow, args=(work,), name="civis-bg-log", daemon=True
            ).start()

    def shows(self, future: Any, cell: int | None) -> bool:
        """Return whether a cell shows a piece of work already, so that its value need not be."""
        return any(
            work.future is future and work.cell == cell and work.screen is not None
            for work in self._work
        )

    def _follow(self, work: _Work) -> None:
        """Read the log of a piece of work until it has ended; the target of a thread."""
        assert work.following is not None  # noqa: S101 - it has a log
        read, ended_at = work.following.read, None
        try:
            while ended_at is None or time.monotonic() - ended_at < LOG_LAG_S:
                if Future.done(work.future):
                    ended_at = ended_at or time.monotonic()
                if read() and ended_at is not None:
                    break
                if ended_at is None:
                    concurrent.futures.wait([work.future], _LOG_READ_S)
                else:
                    time.sleep(_LOG_READ_S)
        finally:
            self._settle(work)

    def _settle(self, work: _Work) -> None:
        """Show how a piece of work has ended, in the cell that started it."""
        display, work.display = work.display, None
        screen = work.screen
        try:
            if display is not None and screen is not None and screen.outlives_cell:
                display.settle(RunView(work.activity()))
            elif display is not None:
                display.remove()
        finally:
            work.settled.set()

    def after_cell(self, cell: int | None) -> None:
        """Show failures that nobody looked at, under the cell that has just run.

        Parameters
        ----------
        cell
            Its number.
        """
        for work in list(self._work):
            if not Future.done(work.future):
                continue
            self._repeat(work)
            error = work.error
            if error is None or work.future.outcome_retrieved or work.reported or work.cell == cell:
                continue
            work.reported = True
            begun = f"in cell [{work.cell}]" if work.cell is not None else "earlier"
            note = f"It was started {begun}, in the background; .result() on its future raises it."
            seen = work.activity()  # without lines: they are yet to be read
            seen = replace(seen, title=work.name, note=note, log=seen.log or None)
            Screen().show(RunView(seen))

    def _repeat(self, work: _Work) -> None:
        """Send how a piece of work has ended once more, for runners of notebooks."""
        if work.settled.is_set() and not work.repeated and work.screen is not None:
            work.repeated = True
            work.screen.repeat()

    def _forget(self) -> None:
        """Forget work of which everything was reported."""
        if len(self._work) > _KEPT:
            self._work = [one for one in self._work
                          if not Future.done(one.future) or one.error is not None]  # fmt: skip

    def wait(
        self, futures: Sequence[Any] | None, timeout_s: float | None, *, quiet: bool = False
    ) -> None:
        """Wait until work has ended; show how, and raise what failed first.

        Parameters
        ----------
        futures
            The futures; None: all background work.
        timeout_s
            The longest wait; None: until the end.
        quiet
            Whether nothing is shown.

        Raises
        ------
        CivisTimeoutError
            When the time is up; the runs go on.
        CivisError
            What the first failed piece of work failed with.
        """
        if futures is None:
            chosen = list(self._work)
        else:
            known = {id(one.future): one for one in self._work}
            chosen = [
                known.get(id(future)) or _Work(future, getattr(future, "title", ""), None)
                for future in futures
            ]
        self._wait(chosen, timeout_s, quiet)
        for work in chosen:
            if any(work is one for one in self._work):
                # Its cell shows how it has ended once the log has come.
                wait_event(work.settled, LOG_LAG_S)
            self._repeat(work)
            work.future.outcome_retrieved = True
        if futures is None:
            self._work = [one for one in self._work if one not in chosen]
        if chosen and not quiet:
            ends = (replace(work.activity(), title=work.name) for work in chosen)
            Screen().show(EndedRuns(tuple(ends)))
        _raise_first([work for work in chosen if work.error is not None])

    def _wait(self, chosen: Sequence[_Work], timeout_s: float | None, quiet: bool) -> None:
        """Wait for background work, with a display; an interrupt or timeout leaves it going on."""
        going = [work for work in chosen if not work.future.done()]
        if not going:
            return

        def describe() -> Activity:
            left = [work for work in going if not Future.done(work.future)]
            done = len(chosen) - len(left)
            return Activity(f"{done} of {len(chosen)} background runs have ended", "running")

        tracker = Tracker()
        tracker.wait_for_run(describe)
        try:
            with Display(tracker, False if quiet else None, command=True):
                late = still_running([work.future for work in going], timeout_s)
                if late:
                    many = counted(len(late), "background run")
                    raise CivisTimeoutError(
                        f"{many} had not ended after {timeout_s:g} s, and will go on."
                    )
        except KeyboardInterrupt as interrupt:
            left = [work for work in going if not Future.done(work.future)]
            many = counted(len(left), "background run")
            report = f"{many} will go on; .cancel() on a future stops it."
            without_traceback(interrupt, [f"KeyboardInterrupt: {report}"])
            interrupt.args = (report,)
            raise


def _started_note(work: _Work) -> Note:
    """Return what to say of a piece of work where its display does not change."""
    ids = work.activity().ids
    title = f"{work.title} ({ids})" if ids else work.title
    return Note(f"{title} {work.advice} %civis_wait waits for all background work.")


def _raise_first(failed: Sequence[_Work]) -> None:
    """Raise what the first of some failed with; it names the others."""
    if not failed:
        return
    error = failed[0].error
    assert error is not None  # noqa: S101 - it is one of those that failed
    others = [f"{work.name}: {message_of(work.error or Exception())}" for work in failed[1:]]
    lines = list(error.__dict__["_render_traceback_"]()) if (
        "_render_traceback_" in error.__dict__
    ) else f"{type(error).__name__}: {error}".split("\n")  # fmt: skip
    if failed[0].cell is not None:
        # Its place is counted in that cell.
        lines.append(f"{failed[0].name} was started in cell [{failed[0].cell}].")
    if others:
        lines.append(f"{counted(len(others), 'more background run')} failed, shown above.")
        for text in others[:10]:
            if text not in getattr(error, "__notes__", ()):
                error.add_note(text)
    raise without_traceback(error, lines)


def wait_magic(line: str, background: Background, namespaces: Sequence[Mapping[str, Any]]) -> None:
    """Run a ``%civis_wait``.

    Raises
    ------
    CivisMagicError
        When a word is no variable with a future.
    CivisTimeoutError, CivisError
        As `Background.wait`.
    """
    values = SYNTAX.parse(line)
    futures = None
    if values["future"]:
        futures = [_future(name, namespaces) for name in values["future"]]
    background.wait(futures, values["timeout"], quiet=values["quiet"])


def _future(name: str, namespaces: Sequence[Mapping[str, Any]]) -> Any:
    """Return the future that a variable holds."""
    source = next((names for names in namespaces if name in names), None)
    found = None if source is None else source[name]
    if not isinstance(found, Future) or not hasattr(found, "cancel_requested"):
        what = (
            "is not set" if source is None else f"is of type {type(found).__name__}, and no future"
        )
        raise CivisMagicError(f"%civis_wait: {name} {what}. Give variables of --bg.")
    return found
