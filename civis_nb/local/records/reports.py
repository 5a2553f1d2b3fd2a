"""``/reports``: HTML, service and SQL reports."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from fastapi import Request
from sqlalchemy import Row, false, select

from civis_nb.local.context import context_of
from civis_nb.local.endpoints.jobs.models import Run, last_run, run_state
from civis_nb.local.endpoints.queries import query_fields, query_row
from civis_nb.local.endpoints.scripts.fields import TYPE_PATHS, type_path
from civis_nb.local.endpoints.user_refs import UserRef
from civis_nb.local.errors import Invalid, NotFound, NotSupported
from civis_nb.local.http.auth import Keys
from civis_nb.local.http.envelope import comma_list
from civis_nb.local.http.wire import Wire
from civis_nb.local.records import crud, fields, lists
from civis_nb.local.records.fields import Computed, Named, Stored, View
from civis_nb.local.records.git import versioned
from civis_nb.local.records.projects import in_projects, project_names
from civis_nb.local.records.resource import Change, Operation, Resource, build_router
from civis_nb.local.records.sharing import shared, transferable
from civis_nb.local.records.storage import object_name, update_record
from civis_nb.local.records.templates import REPORT_TEMPLATES
from civis_nb.local.records.texts import show_link, store_text
from civis_nb.local.runs import jobs as states
from civis_nb.local.store import utc_now
from civis_nb.local.store.objects import find_object
from civis_nb.local.store.schema import api_keys, jobs, records

__all__ = ["router"]

_HTML, _SERVICE, _SQL = "ReportTypes::Html", "ReportTypes::ShinyApp", "ReportTypes::SQL"


class ReportScript(Wire):
    """The job that makes the data of a report."""

    id: int
    name: str
    sql: str | None


class ReportQuery(Wire):
    """The query of a SQL report, with the rows of its last run."""

    id: int
    database: int
    sql: str
    credential: int | None
    result_rows: list[list[str | None]]
    result_columns: list[str]
    error: str | None
    started_at: str | None
    finished_at: str | None
    state: str
    running_as: UserRef


class TableauOrganization(Wire):
    """How often an organization may refresh Tableau reports."""

    id: int
    tableau_refresh_usage: int
    tableau_refresh_limit: int
    tableau_refresh_history: list[dict[str, Any]]


class TableauRefresh(Wire):
    """A refresh of a Tableau report that was started."""

    id: int
    tableau_refresh_job_id: str
    organization: TableauOrganization


class TableauRefreshState(Wire):
    """The state of a refresh of a Tableau report."""

    job_id: str
    state: str
    error: str | None


def _job(view: View) -> Row[Any] | None:
    """Return the job of a report, with its last run."""
    if "job" not in view.cache:
        query = states.jobs_with_last_run().where(jobs.c.id == view.value("script_id"))
        view.cache["job"] = view.connection.execute(query).one_or_none()
    job: Row[Any] | None = view.cache["job"]
    return job


def _state(view: View) -> str:
    job = _job(view)
    return "idle" if job is None else run_state(job)


def _finished_at(view: View) -> str | None:
    job = _job(view)
    return None if job is None else job.run_finished_at


def _last_run(view: View) -> Run | None:
    job = _job(view)
    return None if job is None else last_run(job)


def _script(view: View) -> ReportScript | None:
    job = _job(view)
    return job and ReportScript(id=job.id, name=job.name, sql=job.body.get("sql"))


def _job_path(view: View) -> str | None:
    """Return the path of the script that a report shows; None without one."""
    job = _job(view)
    if job is None:
        return None
    path = f"scripts/{type_path(job)}" if job.type in TYPE_PATHS else "jobs"
    return f"/{path}/{job.id}"


def _api_key(view: View) -> str | None:
    """Show the key that a report was granted."""
    key = api_keys.c
    query = select(key.token).where(key.id == view.value("api_key_id"), key.revoked_at.is_(None))
    return view.connection.scalar(query)


def _query(view: View) -> ReportQuery:
    row = query_row(view.connection, view.value("query_id"))
    return ReportQuery(**query_fields(row), running_as=view.people[row.user_id])


def _before_save_html(change: Change) -> None:
    """Store the code of a HTML report as a file; without code of its own it has its template's."""
    template_id = change.values.get("template_id")
    if template_id is not None and change.row is None and not change.is_clone:
        template = REPORT_TEMPLATES.find(change.connection, template_id)
        change.values.setdefault("code_file_id", template.body.get("code_file_id"))
    store_text(change, "code_body", "code_file_id", "report.html")
    if change.row is None:
        change.values["type"] = _HTML


def _before_save_service(change: Change) -> None:
    """Set the name of a new report to that of its service."""
    if change.row is None:
        service_id = change.values["service_id"]
        change.values["name"] = object_name(change.connection, "services", service_id)


def _before_save_sql(change: Change) -> None:
    """Check that the report is of a query."""
    query_id = change.values.get("query_id")
    if query_id is not None:
        job = find_object(change.connection, "jobs", query_id)
        if job is None or job.type != states.QUERY:
            raise Invalid(f"query_id: there is no query {query_id}.")


def _grants(resource: Resource) -> Iterator[Operation]:
    """Declare ``/{id}/grants``: create and revoke the API key of a report."""

    def post_grants(request: Request, id: int) -> Wire:
        context, user_id = context_of(request), request.state.user.id
        now = utc_now()
        times = {"created_at": now, "updated_at": now}
        with context.store.begin() as connection:
            row = resource.find(connection, id)
            key_id = row.body.get("api_key_id")
            if key_id is None:
                values = {"user_id": user_id, "name": f"Report {id}", **times}
                key = api_keys.insert().values(**values, token=secrets.token_urlsafe(32))
                key_id = connection.execute(key.returning(api_keys.c.id)).scalar_one()
            granted = {"provide_api_key": True, "api_key_id": key_id}
            update_record(connection, id, body={**row.body, **granted})
            return resource.show(resource.view(connection, context, id))

    def delete_grants(request: Request, id: int) -> None:
        with context_of(request).store.begin() as connection:
            row = resource.find(connection, id)
            statement = api_keys.update().where(api_keys.c.id == row.body.get("api_key_id"))
            connection.execute(statement.values(revoked_at=utc_now(), updated_at=utc_now()))
            revoked = {"provide_api_key": False, "api_key_id": None}
            update_record(connection, id, body={**row.body, **revoked})
        keys: Keys = request.app.state.keys
        keys.clear()

    path = "/{id}/grants"
    summary = "Give a report an API key of its own"
    yield Operation("POST", path, post_grants, summary, resource.detail)
    yield Operation("DELETE", path, delete_grants, "Revoke the API key of a report")


def _tableau(resource: Resource) -> Iterator[Operation]:
    """Declare ``/{id}/refresh`` of Tableau reports, which the local platform does not have."""

    def post_refresh(request: Request, id: int) -> Any:
        with context_of(request).store.read() as connection:
            resource.find(connection, id)
        raise NotSupported(
            "The local platform has no Tableau reports. Refresh the report in Tableau itself."
        )

    def get_refresh(request: Request, id: int, job_id: str) -> Any:
        with context_of(request).store.read() as connection:
            resource.find(connection, id)
        raise NotFound(f"Tableau refresh {job_id!r} of report {id}")

    path = "/{id}/refresh"
    summary = "Refresh the data of a Tableau report"
    yield Operation("POST", path, post_refresh, summary, TableauRefresh, 202)
    summary = "Get the state of a refresh of a Tableau report"
    yield Operation("GET", path + "/{job_id}", get_refresh, summary, TableauRefreshState)


def _refreshed(resource: Resource) -> Iterator[Operation]:
    """Declare ``POST /{id}/refresh``: run the query of a report again."""

    def post_refresh(request: Request, id: int) -> Wire:
        context = context_of(request)
        with context.store.read() as connection:
            query_id = resource.find(connection, id).body["query_id"]
        states.start_run(context, query_id, states.QUERY)
        with context.store.read() as connection:
            return resource.show(resource.view(connection, context, id))

    summary = "Run the query of a SQL report again"
    yield Operation("POST", "/{id}/refresh", post_refresh, summary, resource.detail)


def _types(value: str | None) -> list[Any]:
    # All reports here are of the type that the API calls other: none is of Tableau.
    return [] if value is None or "other" in comma_list(value) else [false()]


def _template(value: int | None) -> list[Any]:
    return [] if value is None else [records.c.body["template_id"].as_integer() == value]


_COMMON = (
    fields.ID,
    fields.USER,
    fields.CREATED_AT,
    fields.UPDATED_AT,
    Computed("type", str, lambda view: view.value("type"), listed=True),
    fields.PERMISSION,
    fields.ARCHIVED,
)
_DESCRIPTION = Stored("description", str | None)
_PROVIDE_KEY = Stored("provide_api_key", bool, False, alias="provideAPIKey")
_KEY = (
    Computed("api_key", str | None, _api_key),
    Computed("api_key_id", int | None, lambda view: view.value("api_key_id")),
)
_SHARED_SHAPES = (shared, transferable, in_projects(), crud.archivable)

HTML_REPORTS = Resource(
    path="/reports",
    noun="report",
    fields=(
        *_COMMON,
        fields.NAME,
        _DESCRIPTION,
        Computed("projects", list[Named], project_names, listed=True),
        Computed("state", str, _state, listed=True),
        Computed("finished_at", str | None, _finished_at, listed=True),
        Computed("viz_updated_at", str | None, listed=True),
        Stored("script_id", int | None, detailed=False, refers_to="jobs"),
        Computed("script", ReportScript | None, _script, listed=True),
        Computed("job_path", str | None, _job_path, listed=True),
        Computed("tableau_id", int | None, listed=True),
        Stored("template_id", int | None, listed=True, refers_to="templates"),
        Computed("auth_thumbnail_url", str | None, listed=True),
        Computed("last_run", Run | None, _last_run, listed=True),
        fields.HIDDEN,
        Computed("auth_data_url", str | None),
        Stored("code_body", str | None, detailed=False),
        Computed("auth_code_url", str | None, show_link("code_file_id")),
        Stored("config", str | None, requests=("update",)),
        Computed("valid_output_file", bool, lambda view: _state(view) == "succeeded"),
        _PROVIDE_KEY,
        *_KEY,
        Stored("app_state", dict[str, Any], {}),
        Stored("use_viewers_tableau_username", bool, False, requests=("update",)),
    ),
    shapes=(
        lists.listed(
            20,
            50,
            lists.Filter("type", str, "Types of reports: tableau, other.", _types),
            lists.Filter("template_id", int, "The id of a template.", _template),
            *lists.USUAL_FILTERS,
        ),
        crud.created(200),
        versioned,
        crud.read,
        crud.updated,
        _grants,
        *_SHARED_SHAPES,
        _tableau,
    ),
    before_save=_before_save_html,
)

SERVICE_REPORTS = Resource(
    path="/reports/services",
    noun="service report",
    constants={"type": _SERVICE},
    fields=(
        *_COMMON,
        Stored("name", str, requests=("update",), show=lambda view: view.row.name),
        Computed("description", str | None),
        Computed("host", str | None),
        Computed("display_url", str | None),
        Stored("service_id", int, required=True, requests=("create",), refers_to="services"),
        _PROVIDE_KEY,
        *_KEY,
    ),
    shapes=(crud.created(200), crud.read, crud.updated, *_SHARED_SHAPES),
    before_save=_before_save_service,
)

SQL_REPORTS = Resource(
    path="/reports/sql",
    noun="SQL report",
    constants={"type": _SQL},
    fields=(
        *_COMMON,
        Stored("query_id", int, required=True, detailed=False, refers_to="jobs"),
        fields.REQUIRED_NAME,
        Stored("config", str, required=True),
        _DESCRIPTION,
        Computed("query", ReportQuery, _query),
    ),
    shapes=(crud.created(200), crud.read, crud.updated, _refreshed, *_SHARED_SHAPES),
    before_save=_before_save_sql,
)

router = build_router(SERVICE_REPORTS, SQL_REPORTS, HTML_REPORTS)
