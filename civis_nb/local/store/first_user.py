"""What a fresh platform has: its user, key, database and credential."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, select

from civis_nb._wire_text import Secret
from civis_nb.local.store.clock import utc_now
from civis_nb.local.store.schema import api_keys, credentials, databases, users
from civis_nb.local.store.store import Store

__all__ = ["add_default_credential", "first_key"]

_FIRST_USER = {
    "username": "local",
    "name": "Local User",
    "email": "local@localhost",
    "initials": "LU",
}
SAMPLE_DATABASE = "sample"


def first_key(store: Store) -> Secret:
    """Return the key of the first user; a fresh platform gets user, database and credential."""
    with store.begin() as connection:
        token = connection.scalar(
            select(api_keys.c.token)
            .where(api_keys.c.revoked_at.is_(None), api_keys.c.expires_at.is_(None))
            .order_by(api_keys.c.id)
            .limit(1)
        )
        return Secret(token) if token else _create_first_user(connection)


def _create_first_user(connection: Connection) -> Secret:
    """Create user, key, database and credential; return the key."""
    now = {"created_at": utc_now(), "updated_at": utc_now()}
    connection.execute(users.insert().values(id=1, **_FIRST_USER, **now))
    token = Secret(secrets.token_urlsafe(32))
    connection.execute(api_keys.insert().values(user_id=1, name="local", token=token, **now))
    connection.execute(
        databases.insert().values(
            id=1,
            name=SAMPLE_DATABASE,
            adapter="duckdb",
            url=f"duckdb:///warehouse/{SAMPLE_DATABASE}.duckdb",
            **now,
        )
    )
    add_default_credential(connection, 1, _FIRST_USER["username"])
    return token


def add_default_credential(connection: Connection, user_id: int, username: str) -> None:
    """Create the credential that a new user's scripts have where they name none."""
    now = utc_now()
    made = credentials.insert().values(
        user_id=user_id,
        name=username,
        type="Database",
        username=username,
        remote_host_id=1,
        is_default=True,
        created_at=now,
        updated_at=now,
    )
    connection.execute(made)
