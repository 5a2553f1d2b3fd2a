"""``/services``: web applications; they are described here and hosted elsewhere."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Literal

from fastapi import Request
from pydantic import Field
from pydantic import Field as ModelField
from sqlalchemy import Row, Select, select

from civis_nb.local.context import context_of
from civis_nb.local.endpoints.user_refs import UserRef, user_refs
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.http.wire import Wire
from civis_nb.local.records import crud, fields, lists
from civis_nb.local.records.deployments import (
    Deployment,
    ListedDeployment,
    deployable,
    deployment_type,
)
from civis_nb.local.records.fields import Computed, Stored, View
from civis_nb.local.records.projects import in_projects
from civis_nb.local.records.resource import Operation, Resource, build_router
from civis_nb.local.records.sharing import shared, transferable
from civis_nb.local.records.storage import delete_record, insert_record
from civis_nb.local.store.clock import in_future
from civis_nb.local.store.schema import records

__all__ = ["router"]

_ITEM: Any = deployment_type("service", ListedDeployment)
_DEPLOYMENT: Any = deployment_type("service", Deployment)
_TOKENS = "service_tokens"
_DAY_S = 24 * 60 * 60
_LONGEST_S = 10 * 365 * _DAY_S


class ServiceRecurrence(Wire):
    """Days and hours at which a service is on."""

    scheduled_days: list[int]
    scheduled_hours: list[int]


class ServiceSchedule(Wire):
    """When a service is on."""

    runtime_plan: Literal["on_demand", "specific_times", "always_on"]
    recurrences: list[ServiceRecurrence]


class ServiceNotifications(Wire):
    """Who is notified when a service fails."""

    failure_email_addresses: list[str] = ModelField(default_factory=list)
    failure_on: bool = True


class ServiceTokenBody(Wire):
    """A token to be created."""

    name: str
    machine_token: bool | None = None
    expires_in: int | None = Field(
        default=None, json_schema_extra={"minimum": 1, "maximum": _LONGEST_S}
    )


class ServiceToken(Wire):
    """A token for a service."""

    id: int
    name: str
    user: UserRef
    machine_token: bool
    expires_at: str
    created_at: str


class NewServiceToken(ServiceToken):
    """A token that was just created: its text is shown once."""

    token: str


def _report_id(view: View) -> int | None:
    """Show the service report of a service."""
    query = select(records.c.id).where(
        records.c.kind == "reports", records.c.body["service_id"].as_integer() == view.row.id
    )
    return view.connection.scalar(query.order_by(records.c.id))


def _tokens(service_id: int) -> Select[Any]:
    return select(records).where(records.c.kind == _TOKENS, records.c.parent_id == service_id)


def _token(row: Row[Any], people: dict[int, UserRef]) -> ServiceToken:
    body = row.body
    return ServiceToken(
        id=row.id,
        name=row.name,
        user=people[row.user_id],
        machine_token=body["machine_token"],
        expires_at=body["expires_at"],
        created_at=row.created_at,
    )


def _with_tokens(resource: Resource) -> Iterator[Operation]:
    """Declare ``/{id}/tokens``: keys that machines and people use a service with."""

    def post_token(request: Request, id: int, body: ServiceTokenBody) -> NewServiceToken:
        lifetime_s = _DAY_S if body.expires_in is None else body.expires_in
        if not 1 <= lifetime_s <= _LONGEST_S:
            raise Invalid(f"expires_in must be between 1 and {_LONGEST_S} seconds.")
        text = secrets.token_urlsafe(32)
        values = {
            "machine_token": bool(body.machine_token),
            "expires_at": in_future(timedelta(seconds=lifetime_s)),
        }
        with context_of(request).store.begin() as connection:
            resource.find(connection, id)
            user_id = request.state.user.id
            token_id = insert_record(connection, _TOKENS, user_id, body.name, values, parent_id=id)
            row = connection.execute(_tokens(id).where(records.c.id == token_id)).one()
            token = _token(row, user_refs(connection))
        return NewServiceToken(**token.model_dump(), token=text)

    def list_tokens(request: Request, id: int) -> list[ServiceToken]:
        with context_of(request).store.read() as connection:
            resource.find(connection, id)
            people = user_refs(connection)
            rows = connection.execute(_tokens(id).order_by(records.c.id))
            return [_token(row, people) for row in rows]

    def delete_token(request: Request, id: int, token_id: int) -> None:
        with context_of(request).store.begin() as connection:
            resource.find(connection, id)
            if connection.execute(_tokens(id).where(records.c.id == token_id)).first() is None:
                raise NotFound(f"Token {token_id} of service {id}")
            delete_record(connection, _TOKENS, token_id)

    path = "/{id}/tokens"
    yield Operation("POST", path, post_token, "Create a token for a service", NewServiceToken, 201)
    yield Operation("GET", path, list_tokens, "List the tokens of a service", list[ServiceToken])
    yield Operation("DELETE", path + "/{token_id}", delete_token, "Revoke a token of a service")


SERVICES = Resource(
    path="/services",
    noun="service",
    fields=(
        fields.ID,
        fields.NAME,
        Stored("description", str | None, listed=True),
        fields.USER,
        Stored("type", str, "App", listed=True, requests=("create",)),
        Stored("docker_image_name", str, "civisanalytics/civis-services-shiny"),
        Stored("docker_image_tag", str, "latest"),
        Stored("schedule", ServiceSchedule, {"runtime_plan": "on_demand", "recurrences": []}),
        Computed("time_zone", str, lambda view: "America/Chicago"),  # noqa: ARG005
        Stored("replicas", int, 1),
        Stored("max_replicas", int | None),
        Stored("instance_type", str | None),
        Stored("memory", int, 3000),
        Stored("cpu", int, 800),
        fields.CREATED_AT,
        fields.UPDATED_AT,
        fields.CREDENTIALS,
        Stored("permission_set_id", int | None),
        Stored("git_repo_url", str | None, listed=True),
        Stored("git_repo_ref", str | None, listed=True),
        Stored("git_path_dir", str | None, listed=True),
        Computed("report_id", int | None, _report_id),
        Computed("current_deployment", _ITEM | None, listed=True, detailed=False),
        Computed("current_deployment", _DEPLOYMENT | None),
        Computed("current_url", str | None),
        Stored("environment_variables", dict[str, Any], {}),
        Stored(
            "notifications",
            ServiceNotifications,
            {"failure_email_addresses": [], "failure_on": True},
        ),
        Stored("partition_label", str | None),
        fields.PERMISSION,
        fields.ARCHIVED,
        fields.HIDDEN,
    ),
    shapes=(
        lists.listed(20, 50, *lists.USUAL_FILTERS, lists.STATUS_FILTER),
        crud.created(),
        crud.read,
        crud.replaced,
        crud.updated,
        crud.archived_by_delete,
        shared,
        transferable,
        crud.archivable,
        in_projects(),
        deployable(_ITEM, _DEPLOYMENT, "Start its code on this machine.", again=True),
        crud.cloned(),
        _with_tokens,
    ),
)

router = build_router(SERVICES)
