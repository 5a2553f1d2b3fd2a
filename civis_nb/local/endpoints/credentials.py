"""``/credentials``: names and passwords for databases and other services."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlalchemy import Connection, Row, Select, select

from civis_nb.local.context import User, context_of
from civis_nb.local.endpoints.filters import author_ids, page_parameters
from civis_nb.local.endpoints.user_refs import UserRef, user_refs
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.http.auth import current_user
from civis_nb.local.http.envelope import Page, comma_list, paginated
from civis_nb.local.http.wire import NotBlank, Wire, given
from civis_nb.local.store import utc_now
from civis_nb.local.store.permissions import visible
from civis_nb.local.store.schema import credentials, databases

__all__ = ["TYPES", "router"]

router = APIRouter(tags=["credentials"])

TYPES = (
    "Amazon Web Services S3",
    "Bitbucket",
    "CASS/NCOA PAF",
    "Certificate",
    "Civis Platform",
    "Custom",
    "Database",
    "Google",
    "Github",
    "OAuth User",
    "Salesforce User",
    "Salesforce Client",
    "TableauUser",
)


class Credential(Wire):
    """A credential; its password is never shown."""

    id: int
    name: str
    type: str
    username: str
    description: str | None
    owner: str
    user: UserRef
    remote_host_id: int | None
    remote_host_name: str | None
    state: str | None = None
    created_at: str
    updated_at: str
    default: bool
    oauth: bool = False
    provider: str | None = None
    provider_metadata: dict[str, Any] | None = None


class CredentialTypes(Wire):
    """The kinds of credentials."""

    types: list[str]


class CredentialBody(Wire):
    """A credential that is made or replaced."""

    name: NotBlank | None = None
    type: str = Field(json_schema_extra={"enum": list(TYPES)})
    description: str | None = None
    username: NotBlank
    password: str
    remote_host_id: int | None = None
    user_id: int | None = None
    state: str | None = None
    system_credential: bool | None = None
    default: bool | None = None
    oauth: bool | None = None


class CredentialPatch(Wire):
    """What is to be changed of a credential."""

    name: NotBlank | None = None
    type: str | None = Field(default=None, json_schema_extra={"enum": list(TYPES)})
    description: str | None = None
    username: NotBlank | None = None
    password: str | None = None
    remote_host_id: int | None = None
    user_id: int | None = None
    state: str | None = None
    system_credential: bool | None = None
    default: bool | None = None
    oauth: bool | None = None


_STORED = ("name", "type", "description", "username", "password", "remote_host_id")
_ORDERS = {
    "updated_at": credentials.c.updated_at,
    "created_at": credentials.c.created_at,
    "name": credentials.c.name,
}
_NEVER_NULL = ("type", "username", "name")


@router.get("/credentials/types", summary="Get list of Credential Types")
def get_types() -> CredentialTypes:
    """Return the kinds of credentials that the API knows."""
    return CredentialTypes(types=list(TYPES))


@router.get("/credentials", summary="List credentials")
def list_credentials(
    request: Request,
    response: Response,
    user: Annotated[User, Depends(current_user)],
    page: Annotated[Page, page_parameters(_ORDERS, default=1000, maximum=1000)],
    type: str | None = None,
    remote_host_id: int | None = None,
    default: bool | None = None,
    system_credentials: bool | None = None,
    users: str | None = None,
    name: str | None = None,
    provider: str | None = None,
) -> list[Credential]:
    """Return the credentials that pass the filters."""
    found = _rows().where(*visible("credentials"))
    if type:
        found = found.where(credentials.c.type.in_(comma_list(type)))
    if remote_host_id is not None:
        found = found.where(credentials.c.remote_host_id == remote_host_id)
    if default:
        found = found.where(credentials.c.is_default, credentials.c.user_id == user.id)
    if users:
        found = found.where(credentials.c.user_id.in_(author_ids(users)))
    if name:
        found = found.where(credentials.c.name.icontains(name, autoescape=True))
    if system_credentials or provider:
        found = found.where(credentials.c.id < 0)
    with context_of(request).store.read() as connection:
        rows = paginated(connection, found, page, response)
        people = user_refs(connection)
    return [_shown(row, people) for row in rows]


@router.post("/credentials", status_code=201, summary="Create a credential")
def post_credential(
    request: Request, body: CredentialBody, user: Annotated[User, Depends(current_user)]
) -> Credential:
    """Create a credential."""
    values = {name: value for name, value in body.model_dump().items() if name in _STORED}
    values["name"] = values["name"] or body.username
    now = utc_now()
    with context_of(request).store.begin() as connection:
        _check(connection, values)
        made = credentials.insert().values(
            **values, user_id=user.id, is_default=False, created_at=now, updated_at=now
        )
        made_id = int(connection.execute(made.returning(credentials.c.id)).scalar_one())
        if body.default:
            _make_default(connection, made_id, user.id)
        return _shown(_row(connection, made_id), user_refs(connection))


@router.get("/credentials/{id}", summary="Get a credential")
def get_credential(request: Request, id: int) -> Credential:
    """Return one credential."""
    with context_of(request).store.read() as connection:
        return _shown(_row(connection, id), user_refs(connection))


@router.put("/credentials/{id}", summary="Update an existing credential")
def put_credential(request: Request, id: int, body: CredentialBody) -> Credential:
    """Replace a credential."""
    changes = body.model_dump()
    changes["name"] = changes["name"] or body.username
    return _changed(request, id, changes)


@router.patch("/credentials/{id}", summary="Update some attributes of a credential")
def patch_credential(request: Request, id: int, body: CredentialPatch) -> Credential:
    """Change the fields that were sent."""
    return _changed(request, id, given(body))


@router.delete("/credentials/{id}", status_code=204, summary="Delete a credential")
def delete_credential(request: Request, id: int) -> None:
    """Delete a credential."""
    with context_of(request).store.begin() as connection:
        _row(connection, id)
        connection.execute(credentials.delete().where(credentials.c.id == id))


def _rows() -> Select[Any]:
    """Return the query for credentials and the names of their databases."""
    return select(credentials, databases.c.name.label("remote_host_name")).outerjoin(
        databases, databases.c.id == credentials.c.remote_host_id
    )


def _row(connection: Connection, credential_id: int) -> Row[Any]:
    row = connection.execute(_rows().where(credentials.c.id == credential_id)).one_or_none()
    if row is None:
        raise NotFound(f"Credential {credential_id}")
    return row


def _check(connection: Connection, values: dict[str, Any]) -> None:
    """Check the values of a credential."""
    for name in _NEVER_NULL:
        if name in values and not values[name]:
            raise Invalid(f"{name} can't be blank.")
    if "type" in values and values["type"] not in TYPES:
        raise Invalid(f"type can't be {values['type']!r}; it is one of: {', '.join(TYPES)}.")
    host = values.get("remote_host_id")
    query = select(databases.c.id).where(databases.c.id == host)
    if host is not None and connection.scalar(query) is None:
        raise Invalid(f"remoteHostId: there is no database {host}.")


def _make_default(connection: Connection, credential_id: int, user_id: int) -> None:
    statement = credentials.update().where(credentials.c.user_id == user_id)
    connection.execute(statement.values(is_default=credentials.c.id == credential_id))


def _changed(request: Request, credential_id: int, sent: dict[str, Any]) -> Credential:
    """Change a credential and return it."""
    with context_of(request).store.begin() as connection:
        row = _row(connection, credential_id)
        changes = {name: value for name, value in sent.items() if name in _STORED}
        _check(connection, changes)
        statement = credentials.update().where(credentials.c.id == credential_id)
        connection.execute(statement.values(**changes, updated_at=utc_now()))
        if sent.get("default"):
            _make_default(connection, credential_id, row.user_id)
        elif sent.get("default") is False:
            connection.execute(statement.values(is_default=False))
        return _shown(_row(connection, credential_id), user_refs(connection))


def _shown(row: Row[Any], people: dict[int, UserRef]) -> Credential:
    """Return a credential as the API shows it."""
    owner = people[row.user_id]
    return Credential(
        id=row.id,
        name=row.name,
        type=row.type,
        username=row.username,
        description=row.description,
        owner=owner.username,
        user=owner,
        remote_host_id=row.remote_host_id,
        remote_host_name=row.remote_host_name,
        created_at=row.created_at,
        updated_at=row.updated_at,
        default=row.is_default,
    )
