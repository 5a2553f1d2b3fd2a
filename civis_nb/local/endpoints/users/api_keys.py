"""``/users/{id}/api_keys``: more keys for the platform's users, each with an end."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlalchemy import Connection, Row, select

from civis_nb.local.context import User, context_of
from civis_nb.local.endpoints.filters import page_parameters
from civis_nb.local.errors import Conflict, Invalid, NotFound
from civis_nb.local.http.auth import Keys, check_admin, current_user
from civis_nb.local.http.envelope import Page, paginated
from civis_nb.local.http.wire import Wire
from civis_nb.local.store import in_future, utc_now
from civis_nb.local.store.schema import api_keys, users

__all__ = ["router"]

router = APIRouter(tags=["users"])

_LONGEST_S = 10 * 365 * 24 * 3600


class Constraint(Wire):
    """What a key may be used for; the local platform refuses such keys."""

    constraint: str | None = None
    constraint_type: str
    get_allowed: bool = False
    head_allowed: bool = False
    post_allowed: bool = False
    put_allowed: bool = False
    patch_allowed: bool = False
    delete_allowed: bool = False


class KeyCreate(Wire):
    """A new key."""

    expires_in: int = Field(json_schema_extra={"minimum": 1, "maximum": _LONGEST_S})
    constraints: list[Constraint] | None = None
    name: str


class _Key(Wire):
    id: int
    name: str
    expires_at: str | None
    created_at: str
    revoked_at: str | None
    last_used_at: str | None = None
    scopes: list[str] = Field(default_factory=list)
    use_count: int | None = None
    expired: bool
    active: bool


class KeySummary(_Key):
    """A key in a list."""

    constraint_count: int = 0


class KeyDetail(_Key):
    """A key; never its token."""

    constraints: list[Constraint] = Field(default_factory=list)


class NewKey(KeyDetail):
    """A key that was just made: the one time that its token is shown."""

    token: str


@router.get("/users/{id}/api_keys", summary="Show API keys belonging to the specified user")
def list_api_keys(
    request: Request,
    response: Response,
    user: Annotated[User, Depends(current_user)],
    id: str,
    page: Annotated[Page, page_parameters({"id": api_keys.c.id}, default=50, maximum=50)],
) -> list[KeySummary]:
    """Return a user's keys, without their tokens."""
    with context_of(request).store.read() as connection:
        found = select(api_keys).where(api_keys.c.user_id == _user_id(connection, id, user))
        rows = paginated(connection, found, page, response)
    return [KeySummary.model_validate(_shown(row)) for row in rows]


@router.post("/users/{id}/api_keys", summary="Create a new API key belonging to the logged-in user")
def post_api_key(
    request: Request, id: str, body: KeyCreate, user: Annotated[User, Depends(current_user)]
) -> NewKey:
    """Create a key."""
    if not 1 <= body.expires_in <= _LONGEST_S:
        raise Invalid(f"expires_in must be between 1 and {_LONGEST_S} seconds.")
    if body.constraints:
        raise Invalid("The local platform does not know constraints of keys; leave them out.")
    now = utc_now()
    with context_of(request).store.begin() as connection:
        statement = api_keys.insert().values(
            user_id=_user_id(connection, id, user),
            name=body.name,
            token=secrets.token_urlsafe(32),
            expires_at=in_future(timedelta(seconds=body.expires_in)),
            created_at=now,
            updated_at=now,
        )
        row = connection.execute(statement.returning(api_keys)).one()
    return NewKey.model_validate({**_shown(row), "token": row.token})


@router.get("/users/{id}/api_keys/{key_id}", summary="Show the specified API key")
def get_api_key(
    request: Request, id: str, key_id: int, user: Annotated[User, Depends(current_user)]
) -> KeyDetail:
    """Return one key, without its token."""
    with context_of(request).store.read() as connection:
        row = _row(connection, _user_id(connection, id, user), key_id)
    return KeyDetail.model_validate(_shown(row))


@router.delete("/users/{id}/api_keys/{key_id}", summary="Revoke the specified API key")
def delete_api_key(
    request: Request, id: str, key_id: int, user: Annotated[User, Depends(current_user)]
) -> KeyDetail:
    """End a key at once; the platform's own stays, since its jobs use it."""
    context = context_of(request)
    with context.store.begin() as connection:
        owner_id = _user_id(connection, id, user)
        row = _row(connection, owner_id, key_id)
        if row.token == context.api_key:
            raise Conflict(f"API key {key_id} is the platform's own; its jobs use it.")
        if row.revoked_at is None:
            ended = api_keys.update().where(api_keys.c.id == key_id)
            connection.execute(ended.values(revoked_at=utc_now(), updated_at=utc_now()))
        row = _row(connection, owner_id, key_id)
    keys: Keys = request.app.state.keys
    keys.clear()
    return KeyDetail.model_validate(_shown(row))


def _user_id(connection: Connection, text: str, user: User) -> int:
    """Parse the id of a user, a number or ``me``: of oneself, or of anybody for the first user."""
    if text in ("me", str(user.id)):
        return user.id
    known = select(users.c.id).where(users.c.id == (int(text) if text.isdecimal() else 0))
    if connection.scalar(known) is None:
        raise NotFound(f"User {text}")
    check_admin(user, "see and change the keys of other users")
    return int(text)


def _row(connection: Connection, user_id: int, key_id: int) -> Row[Any]:
    """Return the record of a key of a user."""
    query = select(api_keys).where(api_keys.c.id == key_id, api_keys.c.user_id == user_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"API key {key_id}")
    return row


def _shown(row: Row[Any]) -> dict[str, Any]:
    """Return a key as the API shows it."""
    expired = row.expires_at is not None and row.expires_at <= utc_now()
    return {
        "id": row.id,
        "name": row.name,
        "expires_at": row.expires_at,
        "created_at": row.created_at,
        "revoked_at": row.revoked_at,
        "expired": expired,
        "active": not expired and row.revoked_at is None,
    }
