"""What requests do with an execution that is under way, or has ended: cancel, resume, retry."""

from __future__ import annotations

from civis_nb.local.errors import Conflict
from civis_nb.local.workflows.progress import Progress

__all__ = ["cancel", "rerun", "resume"]

_CANCELLED = "Cancelled by a request."


def cancel(progress: Progress) -> None:
    """Cancel an execution with all that is under way.

    Raises
    ------
    Conflict
        When it has ended.
    """
    execution = progress.execution
    if execution.has_ended:
        raise Conflict(f"Execution {execution.id} has ended already: {execution.state}.")
    progress.cancel(_CANCELLED)


def resume(progress: Progress) -> None:
    """Continue a paused execution.

    Raises
    ------
    Conflict
        When it is not paused.
    """
    execution = progress.execution
    if execution.state != "paused":
        raise Conflict(f"Execution {execution.id} is not paused: its state is {execution.state}.")
    progress.resume()


def rerun(progress: Progress, name: str | None) -> None:
    """Start a failed task of an execution anew; without a name, all that have failed.

    Raises
    ------
    Conflict
        When the execution succeeded or was cancelled, or no such task has failed.
    """
    execution = progress.execution
    message = f"Execution {execution.id} can't be retried"
    if execution.state in ("success", "cancelled"):
        raise Conflict(f"{message}: its state is {execution.state}.")
    failed = [task.name for task in execution.latest.values() if task.state == "error"]
    names = failed if name is None else [one for one in failed if one == name]
    if not names:
        which = "no task has failed" if name is None else f"the task {name!r} has not failed"
        raise Conflict(f"{message}: {which}.")
    progress.rerun(names)
