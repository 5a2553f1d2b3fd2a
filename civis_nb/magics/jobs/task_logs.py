"""The logs of an execution's tasks: read when somebody opens one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from civis_nb.errors import CivisMagicError
from civis_nb.futures.execution import newest_run
from civis_nb.futures.states import field
from civis_nb.magics.jobs.read_log import ReadLog

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client
    from civis_nb.display.activity import Activity
    from civis_nb.display.log_lines import RunLog
    from civis_nb.futures import CivisFuture

__all__ = ["TaskLogs"]


class TaskLogs:
    """The logs of the tasks of an execution, in the place of the log of a run (`ReadLog`).

    Parameters
    ----------
    client
        The client.
    future
        The execution.
    """

    #: An execution has no log of its own.
    lines: RunLog | None = None
    shortfall: str | None = None

    def __init__(self, client: Client, future: CivisFuture) -> None:
        self._client = client
        self._future = future
        self._opened: ReadLog | None = None

    def open(self, task: str) -> RunLog:
        """Return the log of a task's newest run, which is read from now on.

        Raises
        ------
        CivisMagicError
            When the task has not run.
        CivisError
            When the log can't be read.
        """
        # What was seen last of the execution may be older than the run.
        workflow_id, execution_id = self._future.job_id, self._future.run_id
        found = self._client.workflows.get_executions_tasks(workflow_id, execution_id, task)
        run = newest_run(found)
        if run is None:
            going = field(found, "mistral_state") in ("running", "delayed", "waiting")
            rest = "yet: choose it again in a moment." if going else "for it."
            raise CivisMagicError(f"The task {task} has no log: no run was started {rest}")
        opened = ReadLog(self._client, *run)
        while opened.read_now() and not opened.complete:
            pass
        self._opened = opened
        return opened.lines

    @property
    def complete(self) -> bool:
        """Whether everything was read of the log that is open."""
        return self._opened is None or self._opened.complete

    def read(self) -> None:
        """Read what is new of the log that is open."""
        if self._opened is not None and not self._opened.complete:
            self._opened.read()

    def finish(self) -> None:
        """Read to the end of the log that is open."""
        if self._opened is not None:
            self._opened.finish()

    def added_to(self, seen: Activity, max_lines: int) -> Activity:  # noqa: ARG002 - as ReadLog
        """Return what was seen of the execution: logs are not part of it."""
        return seen
