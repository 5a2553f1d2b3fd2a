"""Deployments of notebooks and services: a local platform hosts none, and its answers say so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from pydantic import Field, create_model

from civis_nb.local.context import context_of
from civis_nb.local.endpoints.filters import page_parameters
from civis_nb.local.errors import NotFound, NotSupported
from civis_nb.local.http.envelope import Page, sliced
from civis_nb.local.http.wire import Wire
from civis_nb.local.records.resource import Operation, Resource, Shape, path_id, typed

__all__ = ["Deployment", "ListedDeployment", "deployable", "deployment_type"]


class ListedDeployment(Wire):
    """A server that a notebook or a service runs on, in a list."""

    deployment_id: int
    user_id: int
    host: str
    name: str
    docker_image_name: str
    docker_image_tag: str
    instance_type: str | None
    memory: int
    cpu: int
    state: Literal["pending", "running", "terminated", "sleeping"]
    state_message: str | None
    max_memory_usage: float | None
    max_cpu_usage: float | None
    created_at: str
    updated_at: str


class Deployment(ListedDeployment):
    """A server that a notebook or a service runs on."""

    display_url: str


class DeploymentBody(Wire):
    """A deployment to be started."""

    deployment_id: int | None = None


class DeploymentLog(Wire):
    """A line of a deployment's log."""

    message: str
    stream: Literal["stdout", "stderr"]
    created_at: str
    source: Literal["system", "user"]


_PAGE = page_parameters({"created_at": lambda one: one.created_at}, default=20, maximum=50)


def deployment_type(owner: str, base: type[Wire]) -> type[Wire]:
    """Return the type of deployments whose owner is a notebook or a service."""
    field: Any = (int, Field(alias=f"{owner}Id"))
    name = owner.capitalize() + base.__name__
    return create_model(name, __base__=base, __doc__=base.__doc__, **{f"{owner}_id": field})


def deployable(
    listed: type[Wire], detail: type[Wire], advice: str, *, again: bool = False
) -> Shape:
    """Declare ``/{id}/deployments``.

    Parameters
    ----------
    listed, detail
        The types of deployments, see `deployment_type`.
    advice
        What a person can do instead of a deployment.
    again
        Whether the API has an operation ``redeploy`` too.
    """

    def operations(resource: Resource) -> Iterator[Operation]:
        owner = path_id(f"{resource.noun}_id")

        def check(request: Request, id: int) -> None:
            with context_of(request).store.read() as connection:
                resource.find(connection, id)

        def list_deployments(
            request: Request,
            response: Response,
            id: int,
            deployment_id: Annotated[  # noqa: ARG001 - there is none to be found
                int | None, Query(description="The id of a deployment.")
            ] = None,
            page: Page = _PAGE,
        ) -> list[Any]:
            check(request, id)
            none: list[ListedDeployment] = []
            return list(sliced(none, page, response))

        def deploy(request: Request, id: int, body: DeploymentBody) -> Any:  # noqa: ARG001
            check(request, id)
            raise NotSupported(f"The local platform hosts no {resource.kind}. {advice}")

        def get(request: Request, id: int, deployment_id: int) -> Any:
            check(request, id)
            raise NotFound(
                f"Deployment {deployment_id} of {resource.noun} {id}",
                f"The local platform hosts no {resource.kind}.",
            )

        def delete(request: Request, id: int, deployment_id: int) -> None:
            get(request, id, deployment_id)

        def logs(
            request: Request,
            id: int,
            deployment_id: int,
            start_at: Annotated[datetime | None, Query(description="The earliest time.")] = None,  # noqa: ARG001
            end_at: Annotated[datetime | None, Query(description="The latest time.")] = None,  # noqa: ARG001
            limit: int | None = None,  # noqa: ARG001
        ) -> Any:
            get(request, id, deployment_id)

        noun = resource.noun
        path = f"/{{{noun}_id}}/deployments"
        one = path + "/{deployment_id}"
        many = list[listed]  # type: ignore[valid-type]
        yield Operation(
            "GET", path, typed(list_deployments, id=owner), f"List deployments of a {noun}", many
        )
        typed(deploy, id=owner)
        yield Operation("POST", path, deploy, f"Deploy a {noun}", detail, 201)
        get_one, delete_one = typed(get, id=owner), typed(delete, id=owner)
        yield Operation("GET", one, get_one, f"Get a deployment of a {noun}", detail)
        yield Operation("DELETE", one, delete_one, f"Stop a deployment of a {noun}")
        if again:
            path = f"/{{{noun}_id}}/redeploy"
            yield Operation("POST", path, deploy, f"Deploy a {noun} again", detail, 201)
        yield Operation(
            "GET",
            "/{id}/deployments/{deployment_id}/logs",
            logs,
            f"Get the log of a deployment of a {noun}",
            list[DeploymentLog],
        )

    return operations
