"""What the Data panel shows: databases, schemas, tables and columns, first rows and statistics."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Final

from civis_nb.display.columns import columns_of_rows
from civis_nb.display.settled import TABLE_MIME, table_record
from civis_nb.display.static_table import StaticTable
from civis_nb.errors import CivisError, CivisLookupError
from civis_nb.futures import CivisFuture
from civis_nb.io import query_civis
from civis_nb.lab.account import Account
from civis_nb.lab.catalog import Catalog, Column, Database, Table
from civis_nb.lab.data.statistics import profile_of, shown_type
from civis_nb.lab.names import sql_name
from civis_nb.lab.threads import in_thread, in_time
from civis_nb.table_names import qualified

__all__ = ["Data"]

_WAIT_S: Final = 20.0
_PREVIEW_ROWS: Final = 100
_PREVIEW_COLUMNS: Final = 300


class Data:
    """The data of an account, as the panel shows it.

    Parameters
    ----------
    account
        Whose data they are.
    catalog
        The names, kept between calls.
    """

    def __init__(self, account: Account, catalog: Catalog) -> None:
        self._account = account
        self._catalog = catalog

    def databases(self, fresh: bool = False) -> dict[str, Any]:
        """Return the databases, and which one the server's settings name.

        The tables of that one are loaded from now on.

        Parameters
        ----------
        fresh
            Forget what is kept, of tables and columns as well.
        """
        if fresh:
            self._catalog.forget()
        known = self._catalog.databases(_WAIT_S)
        default = self._catalog.meant(None, known)
        if default is not None:
            # Who asks for the tables is told why there are none.
            with contextlib.suppress(TimeoutError, CivisError):
                self._catalog.tables(default.id, wait_s=0)
        return {
            "databases": [asdict(one) for one in known],
            "default": default.id if default else None,
        }

    def tables(self, database_id: int) -> dict[str, Any]:
        """Return the tables of a database by schema.

        Each is a list of its id, name, whether it is a view, and how SQL writes the name, where
        that differs: there may be a hundred thousand.
        """
        self._database(database_id)
        names = self._catalog.schemas(database_id, _WAIT_S)
        schemas: dict[str, list[Any]] = {name: [] for name in names}
        tables = self._catalog.tables(database_id, _WAIT_S)
        for one in sorted(tables, key=lambda table: (table.name.lower(), table.name)):
            written = sql_name(one.name)
            entry = [one.id, one.name, one.is_view, *([written] if written != one.name else [])]
            schemas.setdefault(one.schema, []).append(entry)
        return {
            "schemas": [
                {"name": name, "sql": sql_name(name), "tables": found}
                for name, found in sorted(schemas.items(), key=lambda pair: pair[0].lower())
            ]
        }

    def columns(self, database_id: int, table_id: int) -> dict[str, Any]:
        """Return the columns of a table."""
        self._table(database_id, table_id)
        found = self._catalog.columns(table_id, _WAIT_S)
        return {
            "columns": [
                {
                    "name": one.name,
                    "type": one.type.lower(),
                    "description": one.description,
                    "sql": sql_name(one.name),
                }
                for one in found
            ]
        }

    async def scan(self, database_id: int, schema: str) -> dict[str, Any]:
        """Scan a schema for its tables on the platform, and wait for the end."""
        await in_thread(self._database, database_id)
        await _outcome(partial(self._start_scan, database_id, schema), is_read=False)
        self._catalog.forget()
        return {}

    async def preview(self, database_id: int, table_id: int) -> dict[str, Any]:
        """Return the first rows of a table, as a notebook would keep them."""
        table, known = await self._table_with_columns(database_id, table_id)
        sql = f"select * from {qualified(table.schema, table.name)} limit {_PREVIEW_ROWS}"  # noqa: S608
        found = await self._run(database_id, sql, _PREVIEW_ROWS)
        names, rows = list(found.result_columns or []), list(found.result_rows or [])
        # The columns that are kept may be older than the table.
        same = [one.name for one in known] == names
        return await in_thread(
            _preview, names, rows, [one.type.lower() for one in known] if same else None,
            f"{table.schema}.{table.name}",
        )  # fmt: skip

    async def profile(self, database_id: int, table_id: int, column: str | None) -> dict[str, Any]:
        """Return statistics of a table's columns, or of one of them, as a notebook keeps them."""
        table, columns = await self._table_with_columns(database_id, table_id)
        title = f"{table.schema}.{table.name}"
        if column is not None:
            columns = [one for one in columns if one.name == column]
            if not columns:
                raise CivisLookupError(
                    f"The table {title} has no column {column!r} any more: refresh the panel."
                )

        async def ask(sql: str) -> Sequence[Sequence[Any]]:
            return list((await self._run(database_id, sql, 1000)).result_rows or [])

        profile = await profile_of(ask, qualified(table.schema, table.name), columns, title)
        return {"bundle": profile._repr_mimebundle_()}

    async def _table_with_columns(
        self, database_id: int, table_id: int
    ) -> tuple[Table, list[Column]]:
        def found() -> tuple[Table, list[Column]]:
            table = self._table(database_id, table_id)
            return table, self._catalog.columns(table_id, _WAIT_S)

        return await in_time(in_thread(found))

    def _start_scan(self, database_id: int, schema: str) -> CivisFuture:
        """Start the platform's look for the tables of a schema."""
        client = self._account.client()
        started = client.databases.post_schemas_scan(database_id, schema, stats_priority="flag")
        return CivisFuture(
            client.jobs.get_runs, (started.job_id, started.run_id), client=client, progress=False
        )

    async def _run(self, database_id: int, sql: str, rows: int) -> Any:
        """Run a statement; return the query as it ended."""
        return await _outcome(
            lambda: query_civis(
                sql, database_id, client=self._account.client(), preview_rows=rows, progress=False
            )
        )

    def _database(self, database_id: int) -> Database:
        for one in self._catalog.databases(_WAIT_S):
            if one.id == database_id:
                return one
        raise CivisLookupError(f"There is no database {database_id} any more: refresh the panel.")

    def _table(self, database_id: int, table_id: int) -> Table:
        self._database(database_id)
        for one in self._catalog.tables(database_id, _WAIT_S):
            if one.id == table_id:
                return one
        raise CivisLookupError(f"The database has no table {table_id} any more: refresh the panel.")


def _preview(
    names: list[str], rows: list[Any], types: list[str] | None, title: str
) -> dict[str, Any]:
    """Return first rows as a notebook keeps them, with more columns and a note for the tab."""
    columns = columns_of_rows(names, rows, _PREVIEW_ROWS, types)
    if types:
        shown = map(shown_type, types)
        columns = [replace(one, type=kind) for one, kind in zip(columns, shown, strict=True)]
    total = len(rows) if len(rows) < _PREVIEW_ROWS else None
    table = StaticTable(columns, len(rows), total, title, has_view=False)
    bundle = table._repr_mimebundle_()
    if columns:
        # A tab has room for more than what a notebook keeps.
        record = table_record(
            columns[:_PREVIEW_COLUMNS], title=title, caption=table.caption,
            columns_total=len(columns), held=len(rows), total=total,
        )  # fmt: skip
        left_out = len(columns) - _PREVIEW_COLUMNS
        note = f"the first {_PREVIEW_COLUMNS} of {len(columns):,} columns" if left_out > 0 else ""
        more = "" if total is not None else "a SELECT cell has the others"
        record["note"] = " · ".join(filter(None, [note, more])) or "all of the table"
        record["rows_seen"] = _PREVIEW_ROWS
        bundle[TABLE_MIME] = record
    return {"bundle": bundle}


async def _outcome(start: Callable[[], CivisFuture], *, is_read: bool = True) -> Any:
    """Start a run in a thread, and wait for its end without one; a cancelled wait cancels it.

    The start of one that only reads is given up as other reads are.
    """
    starting = asyncio.ensure_future(in_thread(start))
    begun = asyncio.shield(starting)
    try:
        try:
            future = await (in_time(begun) if is_read else begun)
        except TimeoutError:
            starting.add_done_callback(_cancel_late)
            raise
        return await asyncio.shield(asyncio.wrap_future(future))
    except asyncio.CancelledError:
        # It may be being started just now: then it is cancelled as soon as it has been.
        with contextlib.suppress(CivisError):
            await in_thread((await starting).cancel)
        raise


def _cancel_late(starting: asyncio.Future[CivisFuture]) -> None:
    """Cancel a run for whose start nobody waits any more."""
    if not starting.cancelled() and starting.exception() is None:
        threading.Thread(target=starting.result().cancel, daemon=True).start()
