"""What the API is asked about a run that failed, for the exception that tells it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisJobFailure
from civis_nb.futures.execution import failed_tasks, newest_run
from civis_nb.futures.failures import add_log, failure, sql_position
from civis_nb.futures.run import Run
from civis_nb.futures.states import field

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = ["add_logs", "failure_of_run"]

log = logging.getLogger(__name__)

#: Of so many tasks an execution that failed shows the ends of the logs.
_FAILED_TASKS = 3


def failure_of_run(
    run: Run, text: str, response: Any, client: Callable[[], Client]
) -> CivisJobFailure:
    """Return the exception of a failed run, with the place in the SQL where it was a statement.

    Parameters
    ----------
    run
        The run.
    text
        Why it failed; may be empty.
    response
        The last state of the run.
    client
        Returns the client, which is needed where the response lacks the SQL of a script.
    """
    is_sql = run.is_sql(response) or (
        # A run of any kind of job: only SQL fails with a place.
        run.resource == "jobs" and sql_position(text)[1] is not None
    )
    sql = field(response, "sql") if is_sql else None
    if is_sql and not isinstance(sql, str) and "Position: " in text:
        sql = _sql_of_script(run, client())
    known = sql if isinstance(sql, str) else None
    ids = run.job_id, run.run_id
    return failure(text, response, *ids, is_sql=is_sql, sql=known, is_workflow=run.is_workflow)


def add_logs(failed: CivisJobFailure, run: Run, client: Client) -> None:
    """Add the end of the run's log, and the address of its page, as notes.

    Of an execution of a workflow these are the logs of the tasks that failed. A log that can't be
    read is left out: the failure itself is what matters.
    """
    for whose, one in _runs_with_logs(failed, run):
        try:
            entries = one.found(client).last_log_entries(client)[0]
        except Exception as error:
            log.debug("%s of job %s can't be read: %s", whose, one.job_id, error)
            continue
        add_log(failed, entries, whose)
    if url := run.web_page(client):
        failed.add_note(url)


def _runs_with_logs(failed: CivisJobFailure, run: Run) -> Iterator[tuple[str, Run]]:
    """Return the runs whose logs tell why it failed, and what the logs are called."""
    if not run.is_workflow:
        yield "its log", run
        return
    for task in failed_tasks(failed.response)[:_FAILED_TASKS]:
        ids = newest_run(task)
        if ids is not None:
            yield f"the log of {field(task, 'name')}", Run("jobs", "get_runs", *ids)


def _sql_of_script(run: Run, client: Client) -> Any:
    """Return the SQL of a script, for the place of its error; None when it can't be read."""
    try:
        return field(client.scripts.get_sql(run.job_id), "sql")
    except Exception as error:
        log.debug("the SQL of script %s can't be read: %s", run.job_id, error)
        return None
