"""What is known of a run of the platform: which it is, its pages, its outputs and its log."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from civis_nb.display.text import run_ids
from civis_nb.futures.execution import execution_picture
from civis_nb.futures.pollable import PollableResult
from civis_nb.futures.run import Run
from civis_nb.futures.states import field

if TYPE_CHECKING:
    from civis_nb.client.response import Response
    from civis_nb.display.activity import Activity
    from civis_nb.workflows.execution import ExecutionPicture

__all__ = ["RunResult"]


class RunResult(PollableResult):
    """What a `CivisFuture` knows of its run; the parameters are those of `PollableResult`."""

    _run = Run("", "")
    #: The execution of a workflow that was drawn last, and its picture.
    _pictured: tuple[Any, ExecutionPicture | None] = (None, None)

    @property
    def job_id(self) -> Any:
        """The id of the job: of the script, query, import, or workflow."""
        return self._run.job_id

    @property
    def run_id(self) -> Any:
        """The id of the run; None as long as it is not known."""
        if self._run.run_id is not None:
            return self._run.run_id
        newest = field(self._last_seen, "last_run_id")
        return newest if isinstance(newest, int | str) else None

    @property
    def job_url(self) -> str | None:
        """The address of the job's page."""
        return self._known_run().page(self._client_if_any())

    @property
    def job_run_url(self) -> str | None:
        """The address of the run's page; None as long as the run is not known."""
        return self._known_run().run_page(self._client_if_any())

    def activity(self, title: str = "") -> Activity:
        """Return what was seen last of the run, as plain data for a display; no call is made.

        Parameters
        ----------
        title
            What runs, for a person.
        """
        seen = self._last_seen
        if self._run.is_workflow and seen is not None and self._pictured[0] is not seen:
            self._pictured = seen, execution_picture(seen, self._pictured[1])
        shown = super().activity(title)
        if self._is_paused():
            resume = f"client.workflows.post_executions_resume({self.job_id}, {self.run_id})"
            shown = replace(shown, state="paused", note=f"It is paused; {resume} goes on.")
        return replace(
            shown,
            picture=self._pictured[1],
            job_id=self.job_id,
            run_id=self.run_id,
            url=self._known_run().web_page(self._client_if_any()),
            is_workflow=self._run.is_workflow,
        )

    def outputs(self) -> list[Response]:
        """Return the outputs that the run has posted, all of them.

        Raises
        ------
        CivisInputError
            When it is an execution of a workflow, whose tasks have outputs.
        CivisError
            When the API does not answer, or does not know the run.
        """
        return self._found_run().outputs(self.client)

    def log_tail(self, limit: int = 15) -> list[Any]:
        """Return the newest entries of the run's log, oldest first.

        Parameters
        ----------
        limit
            How many at most.

        Raises
        ------
        CivisError
            When the log can't be read.
        """
        return self._found_run().last_log_entries(self.client, limit)[0]

    def _known_run(self) -> Run:
        return Run(self._run.resource, self._run.method, self.job_id, self.run_id)

    def _found_run(self) -> Run:
        """Return the run, looked up where a query's answer does not name it."""
        return self._known_run().found(self.client)

    def _is_paused(self) -> bool:
        """Return whether it is an execution that waits for somebody: its state is "running"."""
        return self._run.is_workflow and field(self._last_seen, "mistral_state") == "paused"

    def _shown_state(self) -> str:
        return "paused" if self._is_paused() else super()._shown_state()

    def _subject(self) -> str:
        """Return which run this is, as messages begin."""
        ids = run_ids(self.job_id, self.run_id, is_workflow=self._run.is_workflow)
        return f"{ids.replace(', ', ' / ')}: " if ids else ""
