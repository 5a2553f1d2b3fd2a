"""``%civis_tables``: tables of a database, and their columns, as the platform knows them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from civis_nb.display.tables import ResultTable
from civis_nb.errors import CivisMagicError
from civis_nb.futures import CivisFuture
from civis_nb.magics.options import Option, Positional, Syntax
from civis_nb.magics.session import Database, Session
from civis_nb.magics.waiting import display_of, start_or_cancel

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = ["SYNTAX", "tables_magic"]

#: Tables whose columns are shown, or which are scanned, at once.
_MAX_TABLES: Final = 50
_SHOWN: Final = 100
_WILDCARDS: Final = frozenset("*?%")
_NO_MATCH: Final = (
    "The platform knows no such table. %civis_tables alone shows all; --refresh scans for new ones."
)

SYNTAX: Final = Syntax(
    "%civis_tables",
    "Show the tables of a database.\n\n"
    "The value is a table. What the platform knows is that of its last scan; --refresh scans.",
    (
        Positional("PATTERN", "Text in schema.table, in upper or lower case; * and ? stand for any "
                   "characters."),
    ),
    (
        Option(("-d", "--database"), "The database, by name or id. Without it: the setting "
               "database, else the only one.", "DB", also=("--db",)),
        Option(("-s", "--schema"), "Tables of this schema.", "SCHEMA", also=("--in",)),
        Option(("--columns",), "Show the columns of the tables, with their types.",
               also=("--describe", "--types", "--fields", "-c")),
        Option(("--profile",), "Show what the last scan has counted in each column: NULLs, "
               "different values, the least, the greatest, the mean.",
               also=("--stats", "--summary", "--statistics")),
        Option(("--refresh",), "Scan the tables first, and wait for it.",
               also=("--scan", "--update", "--reload")),
    ),
)  # fmt: skip


def tables_magic(line: str, session: Session) -> ResultTable:
    """Run a ``%civis_tables``; return what there is to see.

    Raises
    ------
    CivisMagicError
        When there is no such database, or too many tables for their columns to be shown.
    """
    values = SYNTAX.parse(line)
    SYNTAX.exclusive(values, "columns", "profile")
    database = session.database(values["database"])
    client = session.client()
    if values["refresh"]:
        _scan(client, database, values)
    with display_of(f"Reading the tables of {database.name}") as display:
        tables = _tables(client, database, values)
        if values["columns"] or values["profile"]:
            display.tracker.begin_step("Reading the columns of the tables")
            return _columns_table(client, tables, profile=values["profile"], wanted=_wanted(values))
    cells = [
        [
            str(one.schema),
            str(one.name),
            "view" if one.is_view else "table",
            None if one.row_count is None else f"{one.row_count:,}",
            None if one.column_count is None else str(one.column_count),
            _scanned(one),
        ]
        for one in tables
    ]
    names = ["schema", "name", "kind", "rows", "columns", "scanned"]
    title = f"Tables of {database.name}" + ("" if tables else _wanted(values))
    return ResultTable(
        cells, columns=names, title=title, limit=_SHOWN, note=None if tables else _NO_MATCH
    )


def _wanted(values: Mapping[str, Any]) -> str:
    """Return which tables are asked for, in words; nothing when it is all."""
    pattern, schema = values["pattern"], values["schema"]
    return (f" in schema {schema}" if schema else "") + (f" like {pattern!r}" if pattern else "")


def _scanned(table: Any) -> str | None:
    """Return when the platform last looked at a table."""
    moment = table.get("last_refresh")
    return str(moment)[:19].replace("T", " ") if moment else None


def _tables(client: Client, database: Database, values: dict[str, Any]) -> list[Any]:
    """Return the tables that are asked for."""
    pattern = values["pattern"]
    wild = bool(pattern) and not _WILDCARDS.isdisjoint(pattern)
    given: dict[str, Any] = {"database_id": database.id, "iterator": True}
    if values["schema"]:
        given["schema"] = values["schema"]
    if pattern and not wild:
        given["search"] = pattern
    found = list(client.tables.list(**given))
    if wild:
        glob = pattern.replace("%", "*").lower()
        found = [one for one in found if _matches(one, glob)]
    return found


def _matches(table: Any, glob: str) -> bool:
    """Check whether a table's name, with or without its schema, matches a pattern."""
    name = str(table.name).lower()
    return fnmatch.fnmatchcase(name, glob) or fnmatch.fnmatchcase(
        f"{str(table.schema).lower()}.{name}", glob
    )


def _columns_table(
    client: Client, tables: Sequence[Any], *, profile: bool, wanted: str
) -> ResultTable:
    """Return the columns of tables, or what is counted in them."""
    _check_not_too_many(tables)
    cells: list[list[Any]] = []
    for table in tables:
        for column in _columns(client, table, profile):
            name = f"{table.schema}.{table.name}"
            facts: list[str | None] = [name, str(column.name), str(column.sql_type)]
            if profile:
                counts = (column.null_count, column.distinct_count)
                facts += [None if one is None else f"{one:,}" for one in counts]
                facts += [_text(one) for one in (
                    column.min_value, column.max_value, column.avg_value)]  # fmt: skip
            else:
                facts.append(_text(column.get("description")))
            cells.append(facts)
    names = ["table", "column", "type"]
    names += ["NULLs", "distinct", "min", "max", "mean"] if profile else ["description"]
    title = "Columns" + ("" if tables else f" of tables{wanted}")
    title += ", by the last scan" if profile else ""
    note = None if tables else _NO_MATCH
    return ResultTable(cells, columns=names, title=title, limit=max(len(cells), 1), note=note)


def _columns(client: Client, table: Any, profile: bool) -> Iterable[Any]:
    """Return the columns of a table in their order; with what is counted in them, or without.

    A platform may count when columns are listed; a table by itself has them as they are known.
    """
    found: Iterable[Any] | None = None
    if not profile:
        found = client.tables.get(table.id).get("columns")
    if not found:
        found = client.tables.list_columns(table.id, order="order", order_dir="asc", iterator=True)
    return found


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)


def _check_not_too_many(tables: Sequence[Any]) -> None:
    if len(tables) > _MAX_TABLES:
        raise CivisMagicError(
            f"{len(tables):,} tables are too many to show the columns of all, or to scan: at most "
            f"{_MAX_TABLES}. Give a PATTERN, or -s SCHEMA."
        )


def _scan(client: Client, database: Database, values: dict[str, Any]) -> None:
    """Scan what is asked for, and wait: a schema as a whole, or table by table."""
    if values["schema"] and not values["pattern"]:
        schema = values["schema"]
        starts = [
            lambda: client.databases.post_schemas_scan(database.id, schema, stats_priority="block")
        ]
    else:
        tables = _tables(client, database, values)
        _check_not_too_many(tables)
        starts = [
            lambda table=table: client.tables.post_scan(  # type: ignore[misc]
                database.id, table.schema, table.name, stats_priority="block"
            )
            for table in tables
        ]
    futures = [start_or_cancel(lambda start=start: _future(client, start())) for start in starts]  # type: ignore[misc]
    for future in futures:
        future.result()


def _future(client: Client, started: Any) -> CivisFuture:
    """Return the future of a scan, which an interrupt cancels."""
    return CivisFuture(
        client.jobs.get_runs,
        (started.job_id, started.run_id),
        client=client,
        poll_on_creation=False,
        cancel_on_interrupt=True,
    )
