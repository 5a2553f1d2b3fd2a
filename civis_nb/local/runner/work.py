"""A run as the code that carries it out sees it: what to do, where to log, when to give up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from civis_nb.local.run_logs import RunLog

if TYPE_CHECKING:
    from civis_nb.local.context import PlatformContext

__all__ = ["ASKED_BY", "Control", "RunCancelledError", "RunTask"]

#: The run whose process makes the request that is being answered; None when it is none.
ASKED_BY: ContextVar[int | None] = ContextVar("civis_nb_asked_by", default=None)


class RunCancelledError(Exception):
    """Unwinds the work of a run that is to end before its time; never leaves the runner."""


class Control:
    """Carries the wish that a run ends from whoever has it to whoever can fulfil it."""

    def __init__(self, depth: int = 0) -> None:
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        #: How many runs are waiting above this one, each started by the one before.
        self.depth = depth
        #: Why the run is to end: ``cancelled`` or ``stopped``; None while it may go on.
        self.reason: str | None = None
        #: Set once the run has ended and its state is stored.
        self.ended = threading.Event()

    def cancel(self, reason: str = "cancelled") -> None:
        """Ask for the end. Being stopped is the stronger wish; the same one twice is one."""
        with self._lock:
            if self.reason in (reason, "stopped"):
                return
            self.reason = reason
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Call `callback` when the end is asked for: at once, when it already was."""
        with self._lock:
            self._callbacks.append(callback)
            asked = self.reason is not None
        if asked:
            callback()

    def forget(self, callback: Callable[[], None]) -> None:
        """Call `callback` no more."""
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

    def check(self) -> None:
        """Give up here when the end was asked for.

        Raises
        ------
        RunCancelledError
            When it was.
        """
        if self.reason is not None:
            raise RunCancelledError


@dataclass
class RunTask:
    """One run, claimed and to be carried out.

    Attributes
    ----------
    context
        The platform.
    run_id, job_id, job_type, job_name, user_id
        Which run, of which job, for whom.
    body
        The job's create request in snake_case.
    log
        The run's log.
    control
        Tells when to end early.
    result
        What is stored with the run when it ends, however it ends.
    complete
        Whether what the run did can't be undone: a wish that it ends comes too late then.
    afterwards
        Called once the end of the run is stored.
    """

    context: PlatformContext
    run_id: int
    job_id: int
    job_type: str
    job_name: str
    user_id: int
    body: dict[str, Any]
    log: RunLog
    control: Control
    result: dict[str, Any] = field(default_factory=dict)
    complete: bool = False
    afterwards: list[Callable[[], None]] = field(default_factory=list)
