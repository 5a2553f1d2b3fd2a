"""Snapshot: what a temporary platform holds at one moment, and the way back to it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from civis_nb.errors import CivisLocalError
from civis_nb.local.store.schema import databases, job_runs, metadata

if TYPE_CHECKING:
    from civis_nb.local.context import PlatformContext

__all__ = ["Snapshot"]

#: How long runs that go on may take to end.
_END_S = 30.0
_ACTIVE = ("queued", "running")
#: The size of a database's file and the time of its last change; None where there is no file.
_Mark = tuple[int, int] | None


class Snapshot:
    """What a temporary platform holds at one moment; made by `Platform.snapshot`.

    Parameters
    ----------
    context
        The platform's parts.
    folder
        Where copies of its databases are kept, below its state folder.

    Raises
    ------
    CivisLocalError
        When a run does not end, or a database can't be written to its file.
    """

    def __init__(self, context: PlatformContext, folder: Path) -> None:
        self._context = context
        self._folder = folder
        folder.mkdir(mode=0o700)
        self._end_runs()
        with context.store.read() as connection:
            self._rows = {
                table.name: [
                    tuple(row)
                    for row in connection.exec_driver_sql(f"SELECT * FROM {table.name}")  # noqa: S608 - our own name
                ]
                for table in metadata.sorted_tables
            }
        self._contents = self._stored_contents()
        self._databases: dict[int, _Mark] = {}
        for database_id, path in context.warehouses.paths().items():
            self._write_database(database_id, path)
            if path.exists():
                shutil.copy2(path, self._copy(database_id))
            self._databases[database_id] = _mark(path)

    def _write_database(self, database_id: int, path: Path) -> None:
        """Close a database, and check that all of it is in its file."""
        warehouses = self._context.warehouses
        warehouses.release(database_id)
        if _has_log(path):
            # It was closed while a transaction was open: the log is read when it is opened again.
            warehouses.get(database_id)
            warehouses.release(database_id)
        if not _has_log(path):
            return
        with self._context.store.read() as connection:
            query = select(databases.c.name).where(databases.c.id == database_id)
            name = connection.scalar(query)
        raise CivisLocalError(
            f"The latest changes of database {name!r} could not be written to its file, {path}. "
            "See that its disk has room, and take the snapshot again."
        )

    def restore(self) -> None:
        """Restore the platform's state of that moment; its ids are not used a second time.

        Runs that go on are cancelled first. Clients go on working.

        Raises
        ------
        CivisLocalError
            When a run does not end.
        """
        self._end_runs()
        self._restore_rows()
        self._restore_databases()
        for path in self._stored_contents() - self._contents:
            path.unlink(missing_ok=True)

    def _end_runs(self) -> None:
        """Cancel all runs that have not ended, and wait for their end."""
        with self._context.store.read() as connection:
            query = select(job_runs.c.id).where(job_runs.c.state.in_(_ACTIVE))
            going = list(connection.scalars(query))
        runner = self._context.runner
        for run_id in going:
            runner.cancel(run_id)
        for run_id in going:
            if not runner.wait(run_id, _END_S):
                raise CivisLocalError(
                    f"Run {run_id} was cancelled and has not ended after {_END_S:g} s, so the "
                    "platform can't be brought back to an earlier state."
                )

    def _restore_rows(self) -> None:
        """Write the rows of all tables again, as SQLite itself has them."""
        with self._context.store.begin(references=False) as connection:
            for table in metadata.sorted_tables:
                rows = self._rows[table.name]
                now = connection.exec_driver_sql(f"SELECT * FROM {table.name}").fetchall()  # noqa: S608 - our own name
                if [tuple(row) for row in now] == rows:
                    continue
                connection.exec_driver_sql(f"DELETE FROM {table.name}")  # noqa: S608
                if rows:
                    places = ", ".join("?" * len(rows[0]))
                    connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({places})", rows)  # noqa: S608

    def _restore_databases(self) -> None:
        """Restore the files of databases that were changed."""
        warehouses = self._context.warehouses
        for database_id, path in warehouses.paths().items():
            known = self._databases.get(database_id)
            if _mark(path) == known and not _wal(path).exists():
                continue
            warehouses.release(database_id, checkpoint=False)
            _wal(path).unlink(missing_ok=True)
            if _mark(path) == known:
                continue  # small changes are in the log alone: the file was not written to
            copy = self._copy(database_id)
            if copy.exists():
                shutil.copy2(copy, path)
            else:
                path.unlink(missing_ok=True)
            self._databases[database_id] = _mark(path)

    def _copy(self, database_id: int) -> Path:
        return self._folder / f"{database_id}.duckdb"

    def _stored_contents(self) -> set[Path]:
        """Return the files that hold contents and logs."""
        folders = [self._context.state / name for name in ("blobs", "logs")]
        return {path for folder in folders for path in folder.rglob("*") if path.is_file()}


def _mark(path: Path) -> _Mark:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns


def _has_log(path: Path) -> bool:
    """Return whether changes of a database are noted that are not in its file."""
    log = _mark(_wal(path))
    return log is not None and log[0] > 0


def _wal(path: Path) -> Path:
    """Return the file in which DuckDB notes changes until it writes them into the database."""
    return path.with_name(path.name + ".wal")
