"""RunGroup: many runs that are waited for, shown and cancelled together."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from civis_nb._waiting import after_interrupt, still_running
from civis_nb.display.bundle import Displayable
from civis_nb.display.group_view import FollowedRuns, GroupView
from civis_nb.errors import CivisInputError
from civis_nb.futures.interrupts import cancel_run, in_thread

if TYPE_CHECKING:
    from civis_nb.display.activity import Activity
    from civis_nb.display.html import Html

__all__ = ["RunGroup"]

#: So many runs are cancelled at the same time.
_CANCELS: Final = 8


class RunGroup(Displayable):
    """Futures of runs as one: shown with counts and a row for each, failures first.

    Parameters
    ----------
    futures
        The futures, such as those of `civis_nb.utils.run_job`.
    names
        A name for each; None: the ids of its run.
    title
        What they are together.

    Raises
    ------
    CivisInputError
        When there are not as many names as futures.

    Examples
    --------
    >>> from civis_nb.futures import CivisFuture
    >>> def poll(job_id, run_id):
    ...     return {"id": run_id, "state": "succeeded"}
    >>> group = RunGroup([CivisFuture(poll, (7, run)) for run in (1, 2)], names=["a", "b"])
    >>> group.wait()
    2 runs: 2 succeeded
      ✓ a: succeeded · job 7, run 1
      ✓ b: succeeded · job 7, run 2
    """

    def __init__(
        self, futures: Iterable[Any], names: Sequence[str] | None = None, *, title: str = ""
    ) -> None:
        self.futures = tuple(futures)
        if names is not None and len(names) != len(self.futures):
            raise CivisInputError(
                f"There are {len(self.futures)} futures and {len(names)} names: give one for each."
            )
        self.names = None if names is None else tuple(map(str, names))
        self.title = title
        self._followed = FollowedRuns(self.cancel, self._cancel_one)
        #: When each was first seen running, by the monotonic clock.
        self._seen_running: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self.futures)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.futures)

    def __getitem__(self, index: int) -> Any:
        return self.futures[index]

    @property
    def failed(self) -> list[Any]:
        """The futures whose runs failed, as last seen."""
        return [one for one in self.futures if one.state == "failed"]

    def wait(self, timeout: float | None = None) -> RunGroup:
        """Wait until all have ended, whichever way; show them meanwhile.

        Parameters
        ----------
        timeout
            The longest wait in seconds; None: until the end.

        Returns
        -------
        RunGroup
            This one.

        Raises
        ------
        TimeoutError
            When some go on after that time; they do so.
        KeyboardInterrupt
            When interrupted; the runs go on.
        """
        from civis_nb.display.live import Display
        from civis_nb.display.tracker import Tracker
        from civis_nb.widgets.cell import WidgetCell

        tracker = Tracker(self.title or "Waiting for runs")
        tracker.wait_for_runs(lambda: self.view(live=True))
        with Display(tracker, cell=WidgetCell):
            try:
                going = still_running(self._running(), timeout)
            except KeyboardInterrupt as interrupt:
                interrupt.args = ("The runs go on; .cancel() on the group stops them.",)
                raise
        if going:
            raise TimeoutError(f"{self.view().caption} after {timeout} s; they go on.")
        return self

    def results(self, timeout: float | None = None) -> list[Any]:
        """Wait for all, and return their results in order.

        Parameters
        ----------
        timeout
            As for `wait`.

        Raises
        ------
        CivisJobFailure
            Of the first run that failed; a note says how many did.
        TimeoutError
            When some go on after that time; they do so.
        """
        self.wait(timeout)
        try:
            return [one.result() for one in self.futures]
        except Exception as error:
            error.add_note(f"Of {self.view().caption}.")
            raise

    def cancel(self) -> str:
        """Cancel the runs that go on; return what became of them, in words."""
        going = self._running()
        with concurrent.futures.ThreadPoolExecutor(_CANCELS) as pool:
            # Interrupts reach the main thread only: it waits for those who cancel.
            answers = in_thread(lambda: list(pool.map(cancel_run, going)), "civis-cancel")
            reports = after_interrupt(answers.result)
        if not reports:
            return "All runs had ended before."
        stopped = sum(one.state == "cancelled" for one in going)
        rest = [text for one, text in zip(going, reports, strict=True) if one.state != "cancelled"]
        return " ".join([f"{stopped} of {len(going)} runs are cancelled.", *rest[:3]])

    def view(self, *, live: bool = False) -> GroupView:
        """Return what was seen last of the runs; no call is made.

        Parameters
        ----------
        live
            Whether a newer view will follow.
        """
        activities = tuple(self._activity(at) for at in range(len(self.futures)))
        return GroupView(activities, self.title, live, self._followed)

    def _activity(self, at: int) -> Activity:
        """Return what was seen last of a run, with the time since it was first seen running."""
        future = self.futures[at]
        seen: Activity = future.activity(self.names[at] if self.names else "")
        elapsed_s = None
        if seen.state == "running":
            now = time.monotonic()
            elapsed_s = now - self._seen_running.setdefault(at, now)
        return replace(seen, title=seen.title or seen.ids or f"run {at + 1}", elapsed_s=elapsed_s)

    def _cancel_one(self, at: int) -> str:
        return cancel_run(self.futures[at])

    def _running(self) -> list[Any]:
        return [one for one in self.futures if not one.done()]

    def __repr__(self) -> str:
        return repr(self.view())

    def _html(self) -> Html:
        return self.view()._html()

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        return self.view()._repr_mimebundle_(**options)
