"""JobFuture: a run of a job of any type."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from civis_nb.errors import CivisAPIError
from civis_nb.futures.future import CivisFuture
from civis_nb.futures.timing import passes

__all__ = ["JobFuture"]

log = logging.getLogger(__name__)


class JobFuture(CivisFuture):
    """A run of a job of any type, whose result has what its type adds."""

    def _run_succeeded(self, response: Any) -> float | None:
        try:
            found = self._typed(response)
        except Exception as error:
            self._last_poll_error = error
            wait_s = self._failure_budget.wait_s(error)
            if wait_s is None:
                error.add_note(f"{self._subject()}it has succeeded; what it gave can't be read.")
                raise
            # Its end is known: what its type adds is borne for as long as failed polls are.
            self._stage = partial(self._run_succeeded, response)
            return wait_s
        self._last_poll_error = None
        return super()._run_succeeded(found)

    def _typed(self, response: Any) -> Any:
        """Return a SQL run with its output, which ``/jobs/{id}/runs`` leaves out."""
        client = self.client
        try:
            if client.jobs.get(self.job_id).type == "JobTypes::SqlRunner":
                return client.scripts.get_sql_runs(self.job_id, self.run_id)
        except (CivisAPIError, AttributeError) as error:
            if isinstance(error, CivisAPIError) and passes(error):
                raise
            # The run has succeeded; a key that may not read its script changes nothing of that.
            log.debug("Job %s: its type can't be found out: %s", self.job_id, error)
        return response


#: A private detail: to the user it is the `CivisFuture` that functions document.
JobFuture.__name__ = CivisFuture.__name__
