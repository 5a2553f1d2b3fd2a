"""Databases and credentials that requests name: whether they exist, and the default."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from civis_nb.local.errors import Invalid
from civis_nb.local.store.permissions import find_readable
from civis_nb.local.store.schema import credentials, databases

__all__ = ["check_credential", "check_database", "check_file", "default_credential"]

#: Made once: making a statement takes longer than running it.
_DATABASES = select(databases.c.id, databases.c.name)
_DEFAULT_CREDENTIAL = (
    select(credentials.c.id)
    .where(credentials.c.user_id == bindparam("this_user"), credentials.c.is_default.is_(True))
    .order_by(credentials.c.id)
    .limit(1)
)


def check_database(connection: Connection, database_id: int) -> None:
    """Check that a database exists.

    Raises
    ------
    Invalid
        When it does not; the text names those that do.
    """
    rows = connection.execute(_DATABASES)
    known = {row.id: row.name for row in rows}
    if database_id not in known:
        there = ", ".join(f"{number} ({name})" for number, name in sorted(known.items()))
        raise Invalid(f"There is no database {database_id}. Databases: {there}.")


def check_credential(connection: Connection, credential_id: int | None, user_id: int) -> None:
    """Check that a credential exists, and that a user may use it; None is none.

    Raises
    ------
    Invalid
        When not.
    """
    if credential_id is None:
        return
    if find_readable(connection, "credentials", credential_id, user_id) is None:
        raise Invalid(
            f"There is no credential {credential_id}. GET /credentials lists those there are."
        )


def check_file(connection: Connection, name: str, file_id: int | None, user_id: int) -> None:
    """Check that the file that a field `name` holds exists, and that a user may read it.

    Raises
    ------
    Invalid
        When not.
    """
    if file_id is None or find_readable(connection, "files", file_id, user_id) is None:
        raise Invalid(f"{name}: there is no file {file_id}.")


def default_credential(connection: Connection, user_id: int) -> int | None:
    """Return the user's default database credential."""
    return connection.scalar(_DEFAULT_CREDENTIAL, {"this_user": user_id})
