"""``/scripts/custom``: scripts of templates, with arguments of their own."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Connection, Row, select

from civis_nb.local.context import PlatformContext, User, context_of
from civis_nb.local.endpoints.checks import check_credential, check_database, default_credential
from civis_nb.local.endpoints.filters import JobId, KindConditions, page_parameters
from civis_nb.local.endpoints.jobs.models import ArchiveBody, CloneBody, Run
from civis_nb.local.endpoints.jobs.runs import RunKind, add_run_routes, run_fields, show_common
from civis_nb.local.endpoints.jobs.service import JobService, merged
from civis_nb.local.endpoints.scripts.fields import TYPE_WORDS, script_fields
from civis_nb.local.endpoints.scripts.models import (
    CustomBody,
    CustomCreate,
    CustomItem,
    CustomScript,
    TemplateAlias,
)
from civis_nb.local.errors import NotFound
from civis_nb.local.http.auth import current_user
from civis_nb.local.http.envelope import Page, comma_list, paginated
from civis_nb.local.runs import jobs as states
from civis_nb.local.runs.parameters import check_given
from civis_nb.local.runs.placeholders import expanded_arguments, fill_placeholders
from civis_nb.local.runs.templates import custom_body, custom_fields, find_template
from civis_nb.local.store.objects import find_object
from civis_nb.local.store.schema import job_runs, jobs, records

__all__ = ["CUSTOM_SCRIPTS", "router"]

router = APIRouter(tags=["scripts"])


class CustomRun(Run):
    """A run of a custom script."""

    custom_id: int
    is_cancel_requested: bool
    max_memory_usage: float | None = None
    max_cpu_usage: float | None = None


class CustomInputs(CustomBody):
    """What a run of a custom script was given: the fields of its job."""

    from_template_id: int
    hidden: bool


def _run(_context: PlatformContext, row: Row[Any]) -> CustomRun:
    usage = row.result or {}
    return CustomRun(
        custom_id=row.job_id,
        max_memory_usage=usage.get("max_memory_usage"),
        max_cpu_usage=usage.get("max_cpu_usage"),
        **run_fields(row),
    )


def _last_success(context: PlatformContext, connection: Connection, job_id: int) -> Run | None:
    succeeded = select(job_runs).where(job_runs.c.job_id == job_id, job_runs.c.state == "succeeded")
    row = connection.execute(succeeded.order_by(job_runs.c.id.desc()).limit(1)).first()
    return None if row is None else show_common(context, row)


def _fields(context: PlatformContext, connection: Connection, row: Row[Any]) -> dict[str, Any]:
    """Return the fields that lists of custom scripts and single ones show."""
    return {
        **script_fields(context, connection, row),
        "backing_script_type": TYPE_WORDS[row.type],
        "last_successful_run": _last_success(context, connection, row.id),
    }


def _show(context: PlatformContext, connection: Connection, row: Row[Any]) -> CustomScript:
    """Return a custom script as the API shows it."""
    body = row.body
    template = find_object(connection, "templates", row.from_template_id)
    stored = template.body if template is not None else {}
    report = find_object(connection, "reports", stored.get("ui_report_id") or 0)
    preview = None
    if row.type == states.SQL:
        params, arguments = body.get("params") or [], body.get("arguments") or {}
        preview = fill_placeholders(body["sql"], expanded_arguments(connection, params, arguments))
    fields: dict[str, Any] = _fields(context, connection, row)
    fields["ui_report_provide_api_key"] = report and bool(report.body.get("provide_api_key"))
    return CustomScript(
        **fields,
        from_template_aliases=_aliases(connection, row.from_template_id),
        category="script",
        ui_report_url=None,
        ui_report_id=report and report.id,
        template_note=stored.get("note"),
        remote_host_id=body.get("remote_host_id"),
        credential_id=body.get("credential_id"),
        code_preview=preview,
        required_resources=body.get("required_resources"),
        partition_label=body.get("partition_label"),
    )


def _aliases(connection: Connection, template_id: int) -> list[TemplateAlias]:
    """Return the aliases of a template of scripts."""
    body = records.c.body
    chosen = (
        records.c.kind == "aliases",
        body["object_type"].as_string() == "template_script",
        body["object_id"].as_integer() == template_id,
    )
    rows = connection.execute(select(records).where(*chosen).order_by(records.c.id))
    return [
        TemplateAlias(id=row.id, object_id=template_id, alias=row.body["alias"]) for row in rows
    ]


def _check(connection: Connection, values: dict[str, Any], user_id: int) -> None:
    """Check the arguments, the database and the credential of a custom script."""
    check_given(values.get("params") or [], values.get("arguments") or {})
    if values.get("remote_host_id") is not None:
        check_database(connection, values["remote_host_id"])
    check_credential(connection, custom_fields(values).get("credential_id"), user_id)
    if "sql" in values and custom_fields(values).get("credential_id") is None:
        # That of the template's author is not for whoever runs the script.
        values["credential_id"] = default_credential(connection, user_id)


class _CustomService(JobService[CustomScript]):
    def insert(self, connection: Connection, values: dict[str, Any], user_id: int) -> int:
        """Check and store a new custom script, given all fields of its body; return its id."""
        template, script = find_template(connection, values.pop("from_template_id"), user_id)
        name, hidden = values.pop("name", None), bool(values.pop("hidden", None))
        body = custom_body(script.body, values)
        self._checked(connection, body, user_id)
        return states.create_job(
            connection,
            script.type,
            name,
            user_id,
            body,
            hidden=hidden,
            default_name=f"{template.name} #{{id}}",
            from_template_id=template.id,
        )

    def _cloned(self, connection: Connection, job_id: int, copy_id: int) -> None:  # noqa: ARG002
        # Whoever copies a custom script must be let use the template, too.
        copy = states.find_job(connection, copy_id)
        find_template(connection, copy.from_template_id, copy.user_id)

    def _changed_body(
        self, connection: Connection, row: Row[Any], sent: dict[str, Any], *, keep: bool
    ) -> dict[str, Any]:
        # By the owner of the script: what is shared with them may have changed.
        _template, script = find_template(connection, row.from_template_id, row.user_id)
        own = merged(custom_fields(row.body), sent, self._merged_fields) if keep else sent
        return custom_body(script.body, own)


CUSTOM_SCRIPTS = _CustomService(states.CUSTOM, _show, _check)

_ORDERS = {
    "updated_at": states.stable(jobs.c.updated_at),
    "name": states.stable(jobs.c.name),
    "created_at": states.stable(jobs.c.created_at),
}


@router.get("/scripts/custom", summary="List custom scripts")
def list_custom(
    request: Request,
    response: Response,
    conditions: KindConditions,
    page: Annotated[Page, page_parameters(_ORDERS, default=50, maximum=50)],
    from_template_id: Annotated[
        str | None, Query(description="Ids of templates, separated by commas.")
    ] = None,
) -> list[CustomItem]:
    """Return the custom scripts that pass the filters."""
    found = states.jobs_with_last_run().where(*states.of_type(states.CUSTOM), *conditions)
    if from_template_id:
        ids = [int(text) for text in comma_list(from_template_id) if text.isdecimal()]
        found = found.where(jobs.c.from_template_id.in_(ids))
    context = context_of(request)
    with context.store.read() as connection:
        rows = paginated(connection, found, page, response)
        return [CustomItem(**_fields(context, connection, row)) for row in rows]


@router.post("/scripts/custom", status_code=201, summary="Create a custom script")
def post_custom(
    request: Request, body: CustomCreate, user: Annotated[User, Depends(current_user)]
) -> CustomScript:
    """Create a custom script of a template, without running it."""
    return CUSTOM_SCRIPTS.create(request, body, user)


@router.get("/scripts/custom/{id}", summary="Get a custom script")
def get_custom(request: Request, id: JobId) -> CustomScript:
    """Return a custom script."""
    return CUSTOM_SCRIPTS.get(request, id)


@router.put("/scripts/custom/{id}", summary="Replace a custom script")
def put_custom(request: Request, id: JobId, body: CustomBody) -> CustomScript:
    """Replace all of a custom script except its template."""
    return CUSTOM_SCRIPTS.replace(request, id, body)


@router.patch("/scripts/custom/{id}", summary="Change parts of a custom script")
def patch_custom(request: Request, id: JobId, body: CustomBody) -> CustomScript:
    """Change the fields that were sent."""
    return CUSTOM_SCRIPTS.patch(request, id, body)


@router.put("/scripts/custom/{id}/archive", summary="Archive a custom script, or restore it")
def put_custom_archive(request: Request, id: JobId, body: ArchiveBody) -> CustomScript:
    """Set whether the script is archived."""
    return CUSTOM_SCRIPTS.archive(request, id, body.status)


@router.delete(
    "/scripts/custom/{id}",
    status_code=204,
    deprecated=True,
    summary="Archive a custom script (deprecated)",
)
def delete_custom(request: Request, id: JobId) -> None:
    """Archive a script, as old clients do it."""
    CUSTOM_SCRIPTS.archive(request, id, True)


@router.post("/scripts/custom/{id}/clone", status_code=201, summary="Copy a custom script")
def post_custom_clone(
    request: Request, id: JobId, body: CloneBody, user: Annotated[User, Depends(current_user)]
) -> CustomScript:
    """Create a copy."""
    return CUSTOM_SCRIPTS.clone(request, id, body, user)


@router.get(
    "/scripts/custom/{id}/runs/{run_id}/inputs", summary="Get what a run of a script was given"
)
def list_custom_runs_inputs(request: Request, id: JobId, run_id: int) -> CustomInputs:
    """Return the fields that the script of a run had: they are known until it changes."""
    with context_of(request).store.read() as connection:
        row = states.find_job(connection, id, states.CUSTOM)
        run = states.find_run(connection, id, run_id)
    if row.updated_at > run.created_at:
        raise NotFound(
            f"What run {run_id} of script {id} was given",
            "The script has changed since, and the local platform keeps its present fields only.",
        )
    fields = {**custom_fields(row.body), "from_template_id": row.from_template_id}
    return CustomInputs(**fields, name=row.name, hidden=row.hidden)


add_run_routes(
    router,
    RunKind(
        job_type=states.CUSTOM,
        path="/scripts/custom",
        noun="custom script",
        model=CustomRun,
        show=_run,
        posts_outputs=True,
    ),
)
