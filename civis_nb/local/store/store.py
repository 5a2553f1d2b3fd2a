"""The connection to the local platform's store, and its transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.schema import CreateIndex

from civis_nb.errors import CivisLocalError
from civis_nb.local.store.schema import metadata, platform_facts

SCHEMA_VERSION = 2
_LOCK_WAIT_S = 30
_KEPT_CONNECTIONS = 8


class Store:
    """The database of the platform's records.

    Parameters
    ----------
    path
        The SQLite file; made when absent.

    Raises
    ------
    CivisLocalError
        When the file is no SQLite database, or was written by another version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # It holds the key: nobody else may read it. SQLite's other files take its mode.
        path.touch(mode=0o600)
        self.engine = create_engine(
            f"sqlite:///{path}",
            connect_args={"check_same_thread": False, "timeout": _LOCK_WAIT_S},
            pool_size=_KEPT_CONNECTIONS,
            max_overflow=-1,
        )
        event.listen(self.engine, "connect", _configure)
        event.listen(self.engine, "begin", _begin)
        try:
            with self.begin() as connection:
                metadata.create_all(connection)
                self._check_version(connection)
                _add_indices(connection)
        except DatabaseError as error:
            self.engine.dispose()
            raise CivisLocalError(
                f"{path} can't be opened as the memory of a local platform ({error.orig}). "
                "Give another state folder, or move this file away."
            ) from error

    def _check_version(self, connection: Connection) -> None:
        """Raise when another version of the schema wrote the store; set that of a new one."""
        found = self._fact(connection, "schema_version")
        if found is None:
            self._set_fact(connection, "schema_version", str(SCHEMA_VERSION))
        elif found != str(SCHEMA_VERSION):
            raise CivisLocalError(
                f"{self.path} was written by another version of civis_nb (schema {found}, this "
                f"one reads {SCHEMA_VERSION}). Use that version, or another state folder."
            )

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a transaction that may write; it commits at the end, or undoes all on an error.

        It takes SQLite's write lock at once, so that two writers wait for one another instead
        of failing when the second wants to write what it has read.
        """
        engine = self.engine.execution_options(writes=True)
        with engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads: one consistent view, blocking nobody."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    def fact(self, key: str) -> str | None:
        """Return a fact about the platform; None when it was never set."""
        with self.read() as connection:
            return self._fact(connection, key)

    def set_fact(self, key: str, value: str) -> None:
        """Set a fact about the platform."""
        with self.begin() as connection:
            self._set_fact(connection, key, value)

    @staticmethod
    def _fact(connection: Connection, key: str) -> str | None:
        value = connection.scalar(select(platform_facts.c.value).where(platform_facts.c.key == key))
        return None if value is None else str(value)

    @staticmethod
    def _set_fact(connection: Connection, key: str, value: str) -> None:
        connection.execute(platform_facts.delete().where(platform_facts.c.key == key))
        connection.execute(platform_facts.insert().values(key=key, value=value))

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _add_indices(connection: Connection) -> None:
    """Create the indices that the state folder of an earlier version lacks."""
    for table in metadata.sorted_tables:
        for index in table.indexes:
            connection.execute(CreateIndex(index, if_not_exists=True))


def _configure(dbapi_connection: Any, _record: Any) -> None:
    """Set up a new connection to SQLite."""
    # The driver would begin transactions by itself, too late and without the lock; _begin does.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
