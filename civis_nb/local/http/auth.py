"""Who makes a request: API keys, as the user of Basic or as a Bearer token."""

from __future__ import annotations

import base64

from fastapi import Request
from sqlalchemy import select

from civis_nb.local.context import User
from civis_nb.local.errors import Forbidden
from civis_nb.local.http.errors import unauthorized
from civis_nb.local.store import Store, utc_now
from civis_nb.local.store.schema import api_keys, users

__all__ = ["Keys", "check_admin", "current_user"]


class Keys:
    """Finds the user of a key; remembers it until `clear` is called."""

    def __init__(self, store: Store) -> None:
        self._store = store
        #: By the whole header, so that the usual request decodes nothing.
        self._found: dict[str, tuple[User, str | None]] = {}

    def clear(self) -> None:
        """Remember nothing any more: keys or users have changed."""
        self._found = {}

    def known(self, authorization: str) -> User | None:
        """Return the user of a header that `user` has seen before; None when there is none."""
        user, expires_at = self._found.get(authorization, (None, None))
        return None if expires_at is not None and expires_at <= utc_now() else user

    def user(self, authorization: str) -> User:
        """Return the user whom an ``Authorization`` header names.

        Raises
        ------
        HttpError
            With status 401, when there is no key in it, or not one of this platform.
        """
        token = _token(authorization)
        if not token:
            raise unauthorized(
                "This request has no API key. Send it as the user name of HTTP Basic, or as a "
                "Bearer token."
            )
        # `clear` replaces the dictionary: what is read before must not be remembered after it.
        remembered = self._found
        found = self._look_up(token)
        if found is None or (found[1] is not None and found[1] <= utc_now()):
            raise unauthorized("This platform does not know the API key, or the key has expired.")
        remembered[authorization] = found
        return found[0]

    def _look_up(self, token: str) -> tuple[User, str | None] | None:
        """Return the user of a key and the end of its life; None when it is unknown."""
        query = (
            select(users, api_keys.c.expires_at)
            .join(api_keys, api_keys.c.user_id == users.c.id)
            .where(api_keys.c.token == token, api_keys.c.revoked_at.is_(None))
        )
        with self._store.read() as connection:
            row = connection.execute(query).one_or_none()
            others = select(users.c.id).where(users.c.id != row.id).limit(1) if row else None
            is_only = others is None or connection.scalar(others) is None
        if row is None:
            return None
        user = User(row.id, row.username, row.name, row.email, row.initials, is_only)
        return user, row.expires_at


def _token(authorization: str) -> str | None:
    """Return the key in an Authorization header; None when there is none."""
    scheme, _, value = authorization.strip().partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return value or None
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[0] or None
    except ValueError:  # no base64, not ASCII, no text
        return None


def check_admin(user: User, what: str) -> None:
    """Check that a user may do what only the administrator may.

    Raises
    ------
    Forbidden
        When not.
    """
    if not user.is_admin:
        raise Forbidden(f"Only the first user of a local platform may {what}.")


async def current_user(request: Request) -> User:
    """Return the user who makes the request; a FastAPI dependency."""
    # async although it waits for nothing: FastAPI takes a thread for every other dependency.
    user: User = request.state.user
    return user
