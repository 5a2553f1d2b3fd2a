"""Which run a poller polls, and the other calls that the API has about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from civis_nb._wire_text import is_loopback
from civis_nb.errors import CivisInputError
from civis_nb.futures.states import field

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = ["Run", "header", "newest_run_id"]

_SQL_POLLERS = (("queries", "get"), ("queries", "get_runs"), ("scripts", "get_sql_runs"))
_WORKFLOW_POLLER = ("workflows", "get_executions")
_RESOURCES = frozenset({"jobs", "scripts", "queries", "imports", "exports", "workflows"})
#: Fields that only the answers about SQL have.
_SQL_FIELDS = ("result_columns", "sql_id", "query_id")
_WEB = "https://platform.civisanalytics.com/spa/#"


@dataclass(frozen=True)
class Run:
    """One run of one job.

    Attributes
    ----------
    resource, method
        The API resource and method that poll it; empty where they are not known.
    job_id, run_id
        The ids; None where they are not known.
    """

    resource: str
    method: str
    job_id: Any = None
    run_id: Any = None

    @classmethod
    def polled_by(
        cls, poller: Callable[..., Any], poller_args: Sequence[Any], client: Client | None = None
    ) -> Run:
        """Return the run from a method of the client and its arguments.

        Examples
        --------
        >>> class Scripts:
        ...     def get_sql_runs(self, id, run_id): ...
        >>> Run.polled_by(Scripts().get_sql_runs, (7, 8))
        Run(resource='scripts', method='get_sql_runs', job_id=7, run_id=8)
        """
        method = _text(getattr(poller, "__name__", None))
        resource = _resource(poller)
        if not resource or not method:
            resource, method = _found_in(client, poller)
        ids = [*poller_args[:2], None, None]
        return cls(resource, method, ids[0], ids[1])

    def is_sql(self, response: Any) -> bool:
        """Return whether it is a run of one SQL statement."""
        if (self.resource, self.method) in _SQL_POLLERS:
            return True
        return any(_has_field(response, name) for name in _SQL_FIELDS)

    @property
    def is_workflow(self) -> bool:
        """Whether it is an execution of a workflow, which is no run of a job."""
        return self.resource == "workflows"

    def cancel(self, client: Client) -> Any:
        """Request its cancellation; return the answer, often an empty one."""
        if self.is_workflow:
            return client.workflows.post_executions_cancel(self.job_id, self.run_id)
        if self.run_id is not None:
            return client.jobs.delete_runs(self.job_id, self.run_id)
        return client.scripts.post_cancel(self.job_id)

    def page(self, client: Client | None) -> str | None:
        """Return the address of the job's page; of the API's own record on a local platform."""
        if self.job_id is None:
            return None
        part = "workflows" if self.is_workflow else "jobs"
        base = _local_address(client)
        return f"{base or _WEB}/{part}/{self.job_id}"

    def run_page(self, client: Client | None) -> str | None:
        """Return the address of the run's page; None where the run is not known."""
        page = self.page(client)
        if page is None or self.run_id is None:
            return None
        if _local_address(client):
            part = "executions" if self.is_workflow else "runs"
            return f"{page}/{part}/{self.run_id}"
        return f"{page}?{'executionId' if self.is_workflow else 'runId'}={self.run_id}"

    def web_page(self, client: Client | None) -> str | None:
        """Return the address of a page for people: a local platform has none."""
        return None if _local_address(client) else self.run_page(client) or self.page(client)

    def found(self, client: Client) -> Run:
        """Return it with the id of its run, which is looked up where it is not known."""
        if self.run_id is not None or self.job_id is None:
            return self
        return replace(self, run_id=newest_run_id(client, self.job_id))

    def last_log_entries(self, client: Client, limit: int = 15) -> tuple[list[Any], bool]:
        """Return the newest log entries, oldest first, and whether more may come."""
        if self.is_workflow or self.job_id is None or self.run_id is None:
            return [], False
        entries = client.jobs.list_runs_logs(self.job_id, self.run_id, limit=limit)
        more = header(entries, "civis-cache-control") == "no-store"
        return oldest_first(entries), more

    def outputs(self, client: Client) -> list[Any]:
        """Return all outputs, page after page; raise where it is an execution of a workflow."""
        if self.is_workflow:
            # A job may have the same id, and outputs that are not meant.
            raise CivisInputError(
                "An execution of a workflow has no outputs: the runs of its tasks have. "
                "result().tasks names them: client.jobs.list_runs_outputs(run.job_id, run.id) for "
                "a run in task.runs."
            )
        first = client.jobs.list_runs_outputs(self.job_id, self.run_id)
        found = list(first)
        pages = header(first, "x-pagination-total-pages") or "1"
        for page_num in range(2, int(pages) + 1 if pages.isdigit() else 2):
            found += client.jobs.list_runs_outputs(self.job_id, self.run_id, page_num=page_num)
        return found


def newest_run_id(client: Client, job_id: Any) -> Any:
    """Return the id of a job's newest run; None when it has none."""
    runs = list(client.jobs.list_runs(job_id, limit=1, order="id", order_dir="desc"))
    return field(runs[0], "id") if runs else None


def header(response: Any, name: str) -> str | None:
    """Return a header of a response, whatever the case of its name; None when it has none."""
    headers = getattr(response, "headers", None)
    try:
        found = {str(key).lower(): value for key, value in headers.items()}  # type: ignore[union-attr]
    except (AttributeError, TypeError, ValueError):
        return None  # a plain list, or a mock in somebody's test
    value = found.get(name.lower())
    return value if isinstance(value, str) else None


def oldest_first(entries: Iterable[Any]) -> list[Any]:
    """Return log entries in the order of their ids; servers differ in theirs."""
    found = list(entries)
    ids = [field(entry, "id") for entry in found]
    if all(isinstance(one, int) for one in ids):
        return sorted(found, key=lambda entry: int(field(entry, "id")))
    return found[::-1]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _resource(poller: Any) -> str:
    """Return the API resource of a bound method: its owner's name, or its own path."""
    owner = getattr(poller, "__self__", None)
    hints = [getattr(owner, "_name", None), type(owner).__name__]
    hints += _text(getattr(poller, "__qualname__", None)).split(".")[-2:-1]
    for hint in hints:
        if _text(hint).lower() in _RESOURCES:
            return _text(hint).lower()
    return ""


def _found_in(client: Client | None, poller: Any) -> tuple[str, str]:
    """Return resource and method of a callable without a name, as mocking libraries make them."""
    for resource, method in (*_SQL_POLLERS, _WORKFLOW_POLLER):
        if getattr(getattr(client, resource, None), method, None) is poller:
            return resource, method
    return "", ""


def _has_field(response: Any, name: str) -> bool:
    # Any object of a mocking library has every attribute, but none of these types.
    return isinstance(field(response, name), int | str | list)


def _local_address(client: Client | None) -> str | None:
    """Return the API address of a client of a platform on this machine; else None."""
    address = _text(getattr(client, "base_url", None))
    return address.rstrip("/") if is_loopback(address) else None
