"""Users as other objects show them."""

from __future__ import annotations

from sqlalchemy import Connection, select

from civis_nb.local.context import User
from civis_nb.local.http.wire import Wire
from civis_nb.local.store.schema import users

__all__ = ["ORGANIZATION_ID", "ORGANIZATION_NAME", "UserRef", "user_ref", "user_refs"]

#: A local platform is one organization.
ORGANIZATION_ID, ORGANIZATION_NAME = 1, "Local"
#: Made once: making a statement takes longer than running it.
_USERS = select(users)


class UserRef(Wire):
    """A user, in short."""

    id: int
    name: str
    username: str
    initials: str
    online: bool | None

    @classmethod
    def of(cls, user: User) -> UserRef:
        """Return the user who makes the request, in short."""
        return cls(
            id=user.id, name=user.name, username=user.username, initials=user.initials, online=True
        )


def user_refs(connection: Connection) -> dict[int, UserRef]:
    """Return all users by id; a local platform has few."""
    return {
        row.id: UserRef(
            id=row.id, name=row.name, username=row.username, initials=row.initials, online=True
        )
        for row in connection.execute(_USERS)
    }


def user_ref(connection: Connection, user_id: int) -> UserRef:
    """Return one user, who exists."""
    return user_refs(connection)[user_id]
