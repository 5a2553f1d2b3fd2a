"""The connection to the local platform's store, and its transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, inspect, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.schema import CreateIndex

from civis_nb._version import __version__
from civis_nb.errors import CivisLocalError
from civis_nb.local.errors import StateMissing
from civis_nb.local.store.full_disk import is_full
from civis_nb.local.store.migrations import MIGRATIONS, SCHEMA_VERSION, check_references
from civis_nb.local.store.schema import metadata, platform_facts

_LOCK_WAIT_S = 30
_KEPT_CONNECTIONS = 8
#: An empty part of the file that is worth the time it takes to shorten it.
_MUCH_BYTES = 16 << 20


class Store:
    """The database of the platform's records.

    Parameters
    ----------
    path
        The SQLite file; made when absent, and brought to the present schema when it is older.

    Raises
    ------
    CivisLocalError
        When the file is no SQLite database or one of another program, was written by a newer
        version, or is missing though other parts of the state folder are there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        #: Writers wait for it in turn. At SQLite's own lock they would poll it, every 100 ms.
        self._writing = threading.Lock()
        if not path.exists():
            _refuse_remains(path)
        # It holds the key: nobody else may read it. SQLite's other files take its mode.
        path.touch(mode=0o600)
        self.engine = create_engine(
            f"sqlite:///{path}",
            connect_args={"check_same_thread": False, "timeout": _LOCK_WAIT_S},
            pool_size=_KEPT_CONNECTIONS,
            max_overflow=-1,
            # Errors would show the values of a statement: keys, passwords.
            hide_parameters=True,
        )
        event.listen(self.engine, "connect", _configure)
        event.listen(self.engine, "begin", _begin)
        self._writer = self.engine.execution_options(writes=True)
        try:
            self._open()
            self._file = path.stat()
        except DatabaseError as error:
            self.engine.dispose()
            raise CivisLocalError(
                f"{path} can't be opened as the memory of a local platform ({error.orig}). "
                "Give another state folder, or move this file away."
            ) from error
        except BaseException:
            self.engine.dispose()
            raise

    def _open(self) -> None:
        """Create the tables of a new store, or bring those of an older one to this version."""
        with self.begin() as connection:
            tables = inspect(connection).get_table_names()
            if not tables:
                metadata.create_all(connection)
                self._set_fact(connection, "schema_version", str(SCHEMA_VERSION))
            found = self._schema_version(connection, tables)
        for version in range(found, SCHEMA_VERSION):
            self._migrate(version)
        self._give_back()
        with self.begin() as connection:
            _add_indices(connection)
            # A store that is as it should be opens on a full disk, too: nothing is written.
            if self._fact(connection, "written_by") != __version__:
                self._set_fact(connection, "written_by", __version__)

    def _schema_version(self, connection: Connection, tables: list[str]) -> int:
        """Return the number of the schema; raise when this version can't read it."""
        if tables and platform_facts.name not in tables:
            raise CivisLocalError(
                f"{self.path} is a database of another program. Give another state folder, or move "
                "this file away."
            )
        found = self._fact(connection, "schema_version") or ""
        if found.isdecimal() and 1 <= int(found) <= SCHEMA_VERSION:
            return int(found)
        writer = self._fact(connection, "written_by")
        maker = f"civis_nb {writer}" if writer else "another version of civis_nb"
        raise CivisLocalError(
            f"{self.path} was written by {maker} (schema {found or 'unknown'}); this is civis_nb "
            f"{__version__}, which reads schemas up to {SCHEMA_VERSION}. Nothing was changed. Use "
            f"{maker if writer else 'that version'} or a later one, or another state folder."
        )

    def _migrate(self, version: int) -> None:
        """Migrate the store from one version of the schema to the next, in one transaction."""
        with self.begin(references=False) as connection:
            MIGRATIONS[version - 1](connection, self.path.parent)
            check_references(connection)
            self._set_fact(connection, "schema_version", str(version + 1))

    def _give_back(self) -> None:
        """Shorten a file that is mostly empty, as after a migration that moves rows elsewhere."""
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            free, pages, page_bytes = (
                cursor.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("freelist_count", "page_count", "page_size")
            )
            if 2 * free > pages and free * page_bytes >= _MUCH_BYTES:
                cursor.execute("VACUUM")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            if not is_full(error):
                raise
            # It is as good as before, and shortened another time.
        finally:
            connection.close()

    @contextmanager
    def begin(self, *, references: bool = True) -> Iterator[Connection]:
        """Open a transaction that may write; it commits at the end, or undoes all on an error.

        It takes SQLite's write lock at once, so that two writers wait for one another instead
        of failing when the second wants to write what it has read.

        Parameters
        ----------
        references
            Whether SQLite enforces foreign keys.
        """
        engine = self._writer
        if not references:
            engine = engine.execution_options(references=False)
        with self._writing, engine.connect() as connection, connection.begin():
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

    def check_present(self) -> None:
        """Check that the file is still where it was opened.

        Open connections go on without it, and what they store would be lost.

        Raises
        ------
        StateMissing
            When it is not.
        """
        try:
            found = self.path.stat()
        except OSError:
            found = None
        if found is None or not os.path.samestat(found, self._file):
            raise StateMissing(self.path.parent)

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
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Begin a transaction, for writing where the options say so; set the check of references."""
    options = connection.get_execution_options()
    # Only possible outside of a transaction, and kept by the connection in the pool.
    references = "ON" if options.get("references", True) else "OFF"
    if connection.info.get("references") != references:
        connection.exec_driver_sql(f"PRAGMA foreign_keys={references}")
        connection.info["references"] = references
    writes = options.get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _refuse_remains(path: Path) -> None:
    """Raise when the store is missing though a platform has been in the folder.

    A new store would know none of the contents and tables there.
    """
    for name, what in (("blobs", "contents of files"), ("logs", "logs of runs")):
        folder = path.parent / name
        if folder.is_dir() and any(child.is_file() for child in folder.iterdir()):
            raise CivisLocalError(
                f"{path} is missing, though {folder} holds {what}: without it nothing tells whose "
                "they are. Put it back, or give another state folder."
            )
