"""Tables as the API knows them: the warehouse's own knowledge, with ids and statistics.

A table keeps its id for ever, also when it is dropped and made again, because clients and
people note ids.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.sqlite import insert

from civis_nb.local.context import PlatformContext
from civis_nb.local.errors import Conflict, NotFound
from civis_nb.local.store import Store, utc_now
from civis_nb.local.store.schema import databases, tables
from civis_nb.local.warehouse.base import TableInfo

__all__ = [
    "CatalogTable",
    "all_tables",
    "by_id",
    "by_name",
    "counted",
    "database_ids",
    "known",
    "matches",
    "measured",
    "refresh",
    "reset_refreshes",
]


#: Held while the tables that are being refreshed are looked at and changed.
_noting = threading.Lock()


@dataclass(frozen=True)
class CatalogTable:
    """A table: its stored record, and its present description in the warehouse."""

    row: Row[Any]
    info: TableInfo

    @property
    def id(self) -> int:
        """The table's id."""
        return int(self.row.id)


def database_ids(context: PlatformContext, database_id: int | None) -> list[int]:
    """Return the ids of all databases, or of the one that is given.

    Raises
    ------
    NotFound
        When there is no such database.
    """
    with context.store.read() as connection:
        known = list(connection.scalars(select(databases.c.id).order_by(databases.c.id)))
    if database_id is None:
        return known
    if database_id not in known:
        raise NotFound(f"Database {database_id}")
    return [database_id]


def all_tables(context: PlatformContext, database_id: int) -> list[CatalogTable]:
    """Return the tables and views of a database, without their columns."""
    infos = context.warehouses.get(database_id).tables()
    with context.store.read() as connection:
        rows = _rows(connection, database_id)
    if any((info.schema, info.name) not in rows for info in infos):
        with context.store.begin() as connection:
            _store_ids(connection, database_id, infos)
            rows = _rows(connection, database_id)
    return [CatalogTable(rows[info.schema, info.name], info) for info in infos]


def counted(context: PlatformContext, shown: Sequence[CatalogTable]) -> list[CatalogTable]:
    """Return tables of a list with their columns, and the numbers of their rows."""
    infos = {}
    for number in {table.row.database_id for table in shown}:
        of_it = [table.info for table in shown if table.row.database_id == number]
        for info in context.warehouses.get(number).counted(of_it):
            infos[number, info.schema, info.name] = info
    return [
        replace(table, info=infos[table.row.database_id, table.info.schema, table.info.name])
        for table in shown
    ]


def by_name(context: PlatformContext, database_id: int, schema: str, name: str) -> CatalogTable:
    """Return one table with its columns.

    Raises
    ------
    NotFound
        When there is no such database or table.
    """
    info = context.warehouses.get(database_id).table(schema, name)
    if info is None:
        raise NotFound(f"Table {schema}.{name} of database {database_id}")
    query = select(tables).where(
        tables.c.database_id == database_id,
        tables.c.schema == info.schema,
        tables.c.name == info.name,
    )
    with context.store.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        with context.store.begin() as connection:
            _store_ids(connection, database_id, [info])
            row = connection.execute(query).one()
    return CatalogTable(row, info)


def by_id(context: PlatformContext, table_id: int) -> CatalogTable:
    """Return one table with its columns.

    Raises
    ------
    NotFound
        When there is no such table, or no more.
    """
    with context.store.read() as connection:
        row = connection.execute(select(tables).where(tables.c.id == table_id)).one_or_none()
    if row is None:
        raise NotFound(f"Table {table_id}")
    info = context.warehouses.get(row.database_id).table(row.schema, row.name)
    if info is None:
        raise NotFound(
            f"Table {table_id} ({row.schema}.{row.name})", "It is no longer in the database."
        )
    return CatalogTable(row, info)


def _rows(connection: Connection, database_id: int) -> dict[tuple[str, str], Row[Any]]:
    query = select(tables).where(tables.c.database_id == database_id)
    return {(row.schema, row.name): row for row in connection.execute(query)}


def _store_ids(connection: Connection, database_id: int, infos: Sequence[TableInfo]) -> None:
    """Store tables that have no id yet, which gives them one."""
    values = [
        {"database_id": database_id, "schema": info.schema, "name": info.name} for info in infos
    ]
    # Row by row: of a statement with all of them SQLite counts the values, and takes not too many.
    connection.execute(insert(tables).on_conflict_do_nothing(), values)


def matches(pattern: str | None, text: str) -> bool:
    """Return whether a name passes a filter; ``%`` and ``*`` stand for anything.

    Examples
    --------
    >>> matches("find%", "find_it"), matches("*IT", "find_it"), matches("find", "find_it")
    (True, True, False)
    """
    if pattern is None:
        return True
    parts = (re.escape(part) for part in re.split(r"[%*]", pattern))
    return re.fullmatch(".*".join(parts), text, re.IGNORECASE | re.DOTALL) is not None


def known(table: CatalogTable) -> dict[str, dict[str, Any]] | None:
    """Return the statistics of a table's columns, by name; None when it has changed since."""
    statistics = table.row.statistics
    if not statistics or statistics["shape"] != _shape(table.info):
        return None
    return dict(statistics["columns"])


def measured(context: PlatformContext, table: CatalogTable) -> dict[str, dict[str, Any]]:
    """Return the statistics of a table's columns, by name; measured anew when it has changed."""
    found = known(table)
    return _measure(context, table) if found is None else found


def refresh(context: PlatformContext, table: CatalogTable) -> CatalogTable:
    """Measure a table anew; give it as it stood while that was going on.

    Raises
    ------
    Conflict
        When another request is doing so.
    """
    statement = tables.update().where(tables.c.id == table.id)
    with _only_refresh(context, table.id):
        with context.store.begin() as connection:
            connection.execute(statement.values(refresh_status="refreshing"))
            during = connection.execute(select(tables).where(tables.c.id == table.id)).one()
        try:
            _measure(context, table)
        finally:
            with context.store.begin() as connection:
                connection.execute(statement.values(refresh_status="current"))
    return CatalogTable(during, table.info)


@contextmanager
def _only_refresh(context: PlatformContext, table_id: int) -> Iterator[None]:
    """Note in memory that a table is being refreshed: the end need not be stored to be known."""
    with _noting:
        if table_id in context.refreshing:
            raise Conflict(f"Table {table_id} is being refreshed already; wait for its end.")
        context.refreshing.add(table_id)
    try:
        yield
    finally:
        context.refreshing.discard(table_id)


def reset_refreshes(store: Store) -> None:
    """Reset the status of refreshes that the end of an earlier process has interrupted."""
    cut_off = tables.update().where(tables.c.refresh_status == "refreshing")
    with store.begin() as connection:
        connection.execute(cut_off.values(refresh_status="current"))


def _shape(info: TableInfo) -> list[Any]:
    return [info.row_count, *([column.name, column.sql_type] for column in info.columns)]


def _measure(context: PlatformContext, table: CatalogTable) -> dict[str, dict[str, Any]]:
    """Compute and store the statistics of a table; return those of its columns."""
    found = context.warehouses.get(table.row.database_id).column_stats(
        table.info.schema, table.info.name
    )
    columns = {name: asdict(stats) for name, stats in found.items()}
    for values in columns.values():
        for key in ("avg_value", "stddev"):
            values[key] = _number(values[key])
    statistics = {"shape": _shape(table.info), "columns": columns}
    change = tables.update().where(tables.c.id == table.id)
    with context.store.begin() as connection:
        connection.execute(change.values(statistics=statistics, last_refresh=utc_now()))
    return columns


def _number(text: str | None) -> float | None:
    """Parse a number of a statistic; None for what is none."""
    try:
        number = Decimal(text) if text is not None else None
    except InvalidOperation:
        return None
    return float(number) if number is not None and number.is_finite() else None
