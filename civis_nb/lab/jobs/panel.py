"""Jobs of the platform for the panel of jobs: listed, started, cancelled."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Final

from civis_nb.errors import CivisAPIError, CivisInputError, CivisMagicError
from civis_nb.futures.run import Run, header
from civis_nb.futures.states import field
from civis_nb.lab.account import Account, Connection
from civis_nb.lab.feeds import Feed, Seen
from civis_nb.magics.jobs.arguments import checked_arguments, copy_with_arguments, script_of

__all__ = ["SCOPES", "Jobs", "JobsFeed"]

#: Which jobs there are to be seen: one's own, everybody's, one's own queries and cells.
SCOPES: Final = ("mine", "all", "hidden")
#: Jobs on a page of a list: the API gives no more.
_PAGE: Final = 50
_ACTIVE: Final = "queued,running"


class Jobs:
    """The jobs of an account.

    Parameters
    ----------
    account
        Whose jobs they are.
    """

    def __init__(self, account: Account) -> None:
        self._account = account

    def page(self, scope: str, number: int = 1, text: str = "") -> dict[str, Any]:
        """Return a page of jobs, those that ran last first: ``{jobs, total}``.

        Parameters
        ----------
        scope
            One of `SCOPES`.
        number
            The page, from 1.
        text
            What the name, the type or the id contains.
        """
        arguments = {"q": text} if text else {}
        found = _listed(self._account.connection(), scope, page_num=number, **arguments)
        total = header(found, "x-pagination-total-entries") or ""
        rows = [_row(job) for job in found]
        return {"jobs": rows, "total": int(total) if total.isdigit() else None}

    def recent(
        self, scope: str, connection: Connection | None = None
    ) -> tuple[list[dict[str, Any]], tuple[int | None, int | None]]:
        """Return the jobs that run and those that ran last, and how many calls are left.

        Parameters
        ----------
        scope
            One of `SCOPES`.
        connection
            Whose jobs they are; None: those of the settings in force.
        """
        connection = connection or self._account.connection()
        last = _listed(connection, scope)
        rows = {job.id: _row(job) for job in last}
        if len(last) == _PAGE:
            # One that began long ago may not be among them.
            rows = {job.id: _row(job) for job in _listed(connection, scope, state=_ACTIVE)} | rows
        return list(rows.values()), (
            getattr(last, "calls_remaining", None), getattr(last, "rate_limit", None)
        )  # fmt: skip

    def details(self, job_id: int) -> dict[str, Any]:
        """Return a job with its parameters, for a form.

        Raises
        ------
        CivisAPIError
            When there is no such job.
        """
        client = self._account.client()
        job = client.jobs.get(job_id)
        run = Run("jobs", "get_runs", job_id, field(job.last_run, "id"))
        found = {**_row(job), "page": run.web_page(client), "params": [], "arguments": {}}
        try:
            _, script = script_of(client, job)
        except CivisMagicError:
            return {**found, "takes_arguments": False}
        params = [_param(param) for param in _plain(script.get("params")) or []]
        found["arguments"] = _plain(script.get("arguments")) or {}
        found["takes_arguments"] = bool(params)
        kinds = {param["type"] for param in params}
        if "database" in kinds:
            databases = client.databases.list()
            found["databases"] = [{"id": one.id, "name": one.name} for one in databases]
        if any(kind.startswith("credential") for kind in kinds):
            credentials = client.credentials.list(limit=1000)
            found["credentials"] = [
                {"id": one.id, "name": one.name, "type": one.type} for one in credentials
            ]
        return {**found, "params": params}

    def start(self, job_id: int, arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Start a job; with arguments a hidden copy of it, which keeps its own.

        Returns
        -------
        dict
            ``{job_id, run_id, state, queued_at}`` of what runs.

        Raises
        ------
        CivisInputError
            When the job does not take the arguments, or runs already; nothing was started.
        CivisAPIError
            When there is no such job, or the platform refuses it.
        """
        client = self._account.client()
        if arguments:
            path, script = script_of(client, client.jobs.get(job_id))
            checked = checked_arguments(client, script, arguments)
            job_id = int(copy_with_arguments(client, path, script, checked).id)
        try:
            run = client.jobs.post_runs(job_id)
        except CivisAPIError as error:
            if error.status_code != 409:
                raise
            raise CivisInputError(
                f"Job {job_id} is running already, and a job runs once at a time: wait for its "
                "end, or cancel it."
            ) from None
        return {
            "job_id": job_id, "run_id": run.id,
            "state": str(run.state), "queued_at": field(run, "created_at"),
        }  # fmt: skip

    def cancel(self, job_id: int, run_id: int) -> dict[str, Any]:
        """Ask the platform to stop a run; return its state, which may be an older one.

        Raises
        ------
        CivisAPIError
            When there is no such run, or it has ended.
        """
        client = self._account.client()
        client.jobs.delete_runs(job_id, run_id)
        return {"state": client.jobs.get_runs(job_id, run_id).state}


class JobsFeed(Feed):
    """The jobs that run and those that ran last, of one scope.

    Parameters
    ----------
    jobs
        Reads them.
    scope
        One of `SCOPES`.
    connection
        Whose jobs they are; None: those of the settings in force at each read.
    """

    def __init__(self, jobs: Jobs, scope: str, connection: Connection | None = None) -> None:
        super().__init__()
        self._jobs = jobs
        self._scope = scope
        self._connection = connection
        self._rows: list[dict[str, Any]] = []

    def read(self) -> bool:
        """Read the jobs; return whether any has changed."""
        rows, self.calls_left = self._jobs.recent(self._scope, self._connection)
        changed = rows != self._rows
        self._rows = rows
        return changed

    def content(self, seen: Seen) -> dict[str, Any]:  # noqa: ARG002 - it is told as a whole
        """Return the jobs, once they were read."""
        return {"jobs": self._rows} if self.version else {}


def _listed(connection: Connection, scope: str, **arguments: Any) -> Any:
    """Return the first page of the jobs of a scope."""
    if scope != "all":
        arguments["author"] = str(connection.user_id())
    return connection.client().jobs.list(
        order="last_run_updated_at", order_dir="desc", limit=_PAGE, hidden=scope == "hidden",
        **arguments,
    )  # fmt: skip


def _row(job: Any) -> dict[str, Any]:
    """Return what a list shows of a job."""
    run = field(job, "last_run")
    return {
        "id": job.id,
        "name": str(job.name),
        "type": str(job.type).removeprefix("JobTypes::"),
        "state": str(job.state),
        "author": field(field(job, "author"), "username"),
        "run_id": field(run, "id"),
        "queued_at": field(run, "created_at"),
        "started_at": field(run, "started_at"),
        "finished_at": field(run, "finished_at"),
        "error": field(run, "error"),
    }


def _param(param: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a dialog needs of a parameter."""
    names = ("name", "label", "description", "type", "required", "default", "value")
    found: dict[str, Any] = {name: param.get(name) for name in names}
    allowed = [entry for entry in param.get("allowed_values") or [] if "value" in entry]
    found["allowed_values"] = [
        {"value": entry["value"], "label": entry.get("label") or str(entry["value"])}
        for entry in allowed
    ]
    return found


def _plain(value: Any) -> Any:
    """Return part of a response as plain data."""
    with contextlib.suppress(AttributeError):
        return value.json()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
