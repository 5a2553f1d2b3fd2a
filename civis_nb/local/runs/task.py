"""A run as its handler sees it: what to do, where to log, when to end early."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from civis_nb.cancellation import CancelToken
from civis_nb.local.context import PlatformContext
from civis_nb.local.runner.base import Executor
from civis_nb.local.runs.logs import RunLog
from civis_nb.local.runs.parameters import unknown_arguments

__all__ = ["REQUESTING_RUN", "RunTask"]

#: The run whose process makes the request that is being answered; None when it is none.
REQUESTING_RUN: ContextVar[int | None] = ContextVar("civis_nb_requesting_run", default=None)


@dataclass
class RunTask:
    """One run, claimed and to be carried out.

    Attributes
    ----------
    context
        The platform.
    executor
        Carries out the commands of scripts.
    run_id, job_id, job_type, job_name, user_id
        Which run, of which job, for whom.
    body
        The job's create request in snake_case.
    log
        The run's log.
    cancel
        Cancelled when the run is to end early; stopped when the platform ends.
    result
        What is stored with the run when it ends, however it ends.
    complete
        Whether what the run did can't be undone: a request that it ends comes too late then.
    afterwards
        Called once the end of the run is stored.
    """

    context: PlatformContext
    executor: Executor
    run_id: int
    job_id: int
    job_type: str
    job_name: str
    user_id: int
    body: dict[str, Any]
    log: RunLog
    cancel: CancelToken
    result: dict[str, Any] = field(default_factory=dict)
    complete: bool = False
    afterwards: list[Callable[[], None]] = field(default_factory=list)

    def log_unused_arguments(self) -> None:
        """Write to the log which arguments belong to no parameter, if any do."""
        unused = unknown_arguments(self.body.get("params") or [], self.body.get("arguments") or {})
        # Executors give these to every script.
        unused = [name for name in unused if not name.startswith("CIVIS_PARENT_")]
        if unused:
            self.log.warn(f"Arguments that belong to no parameter: {', '.join(unused)}.")
