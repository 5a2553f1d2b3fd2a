"""Runs of jobs in a cell: started, shown with their log until they end, their outputs kept."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from civis_nb.display.activity import Activity
from civis_nb.display.followed import FollowedRun, Following
from civis_nb.display.live import Display
from civis_nb.display.log_lines import LOG_LINES, SETTLED_LINES
from civis_nb.display.run_view import RunView
from civis_nb.display.text import cut
from civis_nb.display.tracker import Tracker
from civis_nb.errors import CivisAPIError, CivisError, CivisJobFailure, CivisMagicError
from civis_nb.futures import CivisFuture
from civis_nb.futures.interrupts import cancel_run
from civis_nb.magics.failures import message_of, without_traceback
from civis_nb.magics.jobs.read_log import ReadLog
from civis_nb.magics.jobs.task_logs import TaskLogs
from civis_nb.magics.options import Option
from civis_nb.magics.session import Session
from civis_nb.magics.waiting import interrupted, start_or_cancel, wait
from civis_nb.magics.words import positive, seconds, variable
from civis_nb.widgets.cell import WidgetCell

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = ["FOLLOW_OPTIONS", "FollowOptions", "Followable", "RunOfJob", "by_name", "run_and_follow"]

#: How much of a line of an error is shown below a display that has all of it.
_LINE_CHARS: Final = 300


#: The options that ``%civis_run`` and ``%%civis_run`` share.
FOLLOW_OPTIONS: Final = (
    Option(("--bg",), "Start it and give its future at once.",
           also=("--background", "--async", "--nowait", "--no-wait", "--detach")),
    Option(("--no-logs",), "Leave the log out.", also=("--nologs", "--quiet", "--silent")),
    Option(("--tail",), f"Log lines to show: {LOG_LINES} by default, of which {SETTLED_LINES} "
           "stay when the run has ended.", "N", positive),
    Option(("-o", "--outputs"), "A variable for the outputs: a dictionary of each output's "
           "name with its value, or with its file's id. With --bg for the future.", "VAR",
           variable, also=("--output", "--out", "--result")),
    Option(("--timeout",), "Cancel the run when it has not ended after this time.", "S",
           seconds, also=("--time-limit", "--wait")),
    Option(("--no-raise",), "A run that fails raises nothing.",
           also=("--ignore-errors", "--allow-errors")),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FollowOptions:
    """How a run is followed: the values of `FOLLOW_OPTIONS`."""

    bg: bool = False
    no_logs: bool = False
    tail: int | None = None
    outputs: str | None = None
    timeout: float | None = None
    no_raise: bool = False


class Followable(Protocol):
    """What a magic starts and follows: a job, or a workflow."""

    @property
    def title(self) -> str:
        """What it is called."""

    @property
    def kind(self) -> str:
        """What the history calls it."""

    def start(self, client: Client) -> CivisFuture:
        """Start it, and return its future."""

    def log(self, client: Client, future: CivisFuture) -> ReadLog | TaskLogs:
        """Return what is read of its log while it goes on."""

    def outputs(self, client: Client, future: CivisFuture) -> dict[str, Any]:
        """Return what it has put out."""


@dataclass(frozen=True)
class RunOfJob:
    """A run of a job; as `Followable`.

    Attributes
    ----------
    job_id
        The job.
    """

    job_id: int
    title: str
    kind: str

    def start(self, client: Client) -> CivisFuture:
        """Start a run; explain a refusal because one is active."""
        from civis_nb.utils import run_job

        try:
            return run_job(self.job_id, client=client)  # type: ignore[arg-type]
        except CivisAPIError as error:
            if error.status_code != 409:
                raise
            raise CivisMagicError(
                f"Job {self.job_id} ({self.title}) is running already, and a job runs once at a "
                "time: wait for its end, or stop it on the platform."
            ) from None

    def log(self, client: Client, future: CivisFuture) -> ReadLog:
        """Return the log of the run."""
        return ReadLog(client, future.job_id, future.run_id)

    def outputs(self, client: Client, future: CivisFuture) -> dict[str, Any]:  # noqa: ARG002 - others need it
        """Return the outputs by name."""
        return by_name(future.outputs())


def run_and_follow(
    job: Followable,
    call: FollowOptions,
    session: Session,
    user_ns: MutableMapping[str, Any],
    cell: int | None,
) -> Any:
    """Start a job or workflow, show it until its end; with ``--bg`` return its future at once.

    Raises
    ------
    CivisMagicError
        When it is running already.
    CivisJobFailure, KeyboardInterrupt, CivisTimeoutError
        As ``%civis_run``: the run failed, or the wait for it ended early.
    """
    client, title = session.client(), job.title

    def start() -> Any:
        # An interrupt while it is remembered cancels the run as well.
        future = job.start(client)
        session.started(future, job.kind, title)
        return future

    future = start_or_cancel(start)
    log = None if call.no_logs else job.log(client, future)
    if call.bg:
        if call.timeout is not None:
            future.cancel_after(call.timeout)
        following = _following(client, job, future, log, call.tail)
        session.background.add(future, title, cell, variable=call.outputs, following=following)
        if call.outputs:
            user_ns[call.outputs] = future
            return None
        return future
    ended = _follow(client, job, future, log, call)
    failed = ended.state not in ("succeeded", "success")
    # Outputs of an earlier run would be taken for those of one that failed.
    if call.outputs and (call.no_raise or not failed):
        user_ns[call.outputs] = job.outputs(client, future)
    if failed and not call.no_raise:
        raise _failure(future)
    return None


def _seen(
    future: CivisFuture, log: ReadLog | TaskLogs | None, title: str, max_lines: int
) -> Activity:
    """Return what was seen last of a run and its log."""
    seen = future.activity(title)
    return seen if log is None else log.added_to(seen, max_lines)


def _following(
    client: Client,
    job: Followable,
    future: CivisFuture,
    log: ReadLog | TaskLogs | None,
    tail: int | None = None,
) -> Following:
    """Return a run as its view follows it: it can be cancelled, and started once more."""

    def repeat() -> Following:
        again = job.start(client)
        its_log = None if log is None else job.log(client, again)
        return _following(client, job, again, its_log)

    def read() -> bool:
        if log is None:
            return True
        log.read()
        return log.complete

    lines = None if log is None else log.lines
    return Following(
        FollowedRun(
            lines,
            {"cancel": lambda: cancel_run(future)},
            repeat,
            log.open if isinstance(log, TaskLogs) else None,
        ),
        lambda max_lines: _seen(future, log, job.title, tail or max_lines),
        read,
    )


def _follow(
    client: Client,
    job: Followable,
    future: CivisFuture,
    log: ReadLog | TaskLogs | None,
    call: FollowOptions,
) -> Activity:
    """Show a run until it has ended; return how it ended."""
    following = _following(client, job, future, log, call.tail)
    describe = following.describe
    with Display(Tracker(job.title), delay_s=0.0, command=True, cell=WidgetCell) as display:
        display.tracker.wait_for_run(lambda: describe(LOG_LINES), followed=following.followed)
        wait(future, display, call.timeout, log.read if log else None)
        note = None
        if log is not None:
            try:
                log.finish()
            except KeyboardInterrupt:
                message = "The run had ended; its log was not read to the end."
                display.settle(RunView(replace(describe(SETTLED_LINES), note=message)))
                raise interrupted(message) from None
            note = log.shortfall
        ended = replace(describe(SETTLED_LINES), error=_error_text(future), note=note)
        display.settle(RunView(ended))
    return ended


def _error_text(future: Any) -> str | None:
    """Return what a future failed with; None if it has not, or was cancelled."""
    try:
        error = future.exception()
    except concurrent.futures.CancelledError:
        return None
    return message_of(error) if error else None


def _failure(future: Any) -> CivisError:
    """Return what a run that did not succeed raises."""
    if future.cancelled():
        message = "The run was cancelled."
        return without_traceback(
            CivisJobFailure(message, future.last_seen, future.job_id, future.run_id)
        )
    error = future.exception()
    if not isinstance(error, CivisError):
        raise error
    # The display above shows the whole of it.
    first = [cut(line, _LINE_CHARS) for line in str(error).strip().split("\n")[:3]]
    return without_traceback(error, [f"{type(error).__name__}: {first[0]}", *first[1:]])


def by_name(outputs: Iterable[Any]) -> dict[str, Any]:
    """Return ``{name: value}`` for JSON values, ``{name: object id}`` for files and the rest."""
    found: dict[str, Any] = {}
    # The newest comes first, and wins over older ones of the same name.
    for output in outputs:
        is_value = output.object_type == "JSONValue"
        found.setdefault(str(output.name), output.value if is_value else output.object_id)
    return found
