"""JobFuture: a run of a job of any type."""

from __future__ import annotations

import logging
from typing import Any

from civis_nb.errors import CivisAPIError
from civis_nb.futures.future import CivisFuture

__all__ = ["JobFuture"]

log = logging.getLogger(__name__)


class JobFuture(CivisFuture):
    """A run of a job of any type, whose result has what its type adds."""

    def _run_succeeded(self, response: Any) -> float | None:
        return super()._run_succeeded(self._typed(response))

    def _typed(self, response: Any) -> Any:
        """Return a SQL run with its output, which ``/jobs/{id}/runs`` leaves out."""
        client = self.client
        try:
            if client.jobs.get(self.job_id).type == "JobTypes::SqlRunner":
                return client.scripts.get_sql_runs(self.job_id, self.run_id)
        except (CivisAPIError, AttributeError) as error:
            # The run has succeeded; a key that may not read its script changes nothing of that.
            log.debug("Job %s: its type can't be found out: %s", self.job_id, error)
        return response


#: A private detail: to the user it is the `CivisFuture` that functions document.
JobFuture.__name__ = CivisFuture.__name__
