"""Where an import goes: the table's columns, and which of them each column of a file fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ImportOptions
from civis_nb.local.warehouse.duckdb import catalog
from civis_nb.local.warehouse.duckdb.sqltypes import declared_length, to_duckdb
from civis_nb.table_names import literal, qualified, quoted

__all__ = ["Field", "Target", "file_columns", "find_target", "mapped"]


@dataclass(frozen=True)
class Field:
    """A column of the table.

    ``max_length`` is enforced when this import makes the table. ``found``: the type was found by
    looking at all values, so that a plain cast takes each of them for what it is.
    """

    name: str
    duckdb_type: str
    required: bool = False
    has_default: bool = False
    max_length: int | None = None
    found: bool = False


@dataclass(frozen=True)
class Target:
    """The table of an import. ``fields`` is empty when the table is not there yet."""

    schema: str
    table: str
    fields: tuple[Field, ...]

    @property
    def sql_name(self) -> str:
        """Return the quoted name."""
        return qualified(self.schema, self.table)

    @property
    def create_sql(self) -> str:
        """Write CREATE TABLE."""
        columns = ", ".join(f"{quoted(f.name)} {f.duckdb_type}" for f in self.fields)
        return f"CREATE TABLE {self.sql_name} ({columns})"


def find_target(cursor: duckdb.DuckDBPyConnection, options: ImportOptions) -> Target:
    """Look the table up.

    Raises
    ------
    WarehouseError
        If the schema is missing, or the name belongs to a view.
    """
    known = [
        str(row[0])
        for row in cursor.execute(
            "SELECT schema_name FROM duckdb_schemas() "
            "WHERE database_name = current_database() "
            "AND schema_name NOT IN ('information_schema', 'pg_catalog') ORDER BY 1"
        ).fetchall()
    ]
    schema = _same(options.schema, known)
    if schema is None:
        shown = ", ".join(name for name in known if name != "main")
        raise WarehouseError(
            f'there is no schema "{options.schema}"; there is: {shown}. '
            f"CREATE SCHEMA {quoted(options.schema)} makes it"
        )
    found = catalog.find(cursor, schema, options.table)
    if found is None:
        return Target(schema, options.table, ())
    _, table, is_view = found
    if is_view:
        raise WarehouseError(f'"{schema}"."{table}" is a view: rows can\'t be put into it')
    rows = cursor.execute(f"PRAGMA table_info({literal(qualified(schema, table))})").fetchall()
    fields = tuple(
        Field(name, kind, required=required, has_default=default is not None)
        for _, name, kind, required, default, _ in rows
    )
    return Target(schema, table, fields)


def new_fields(
    names: Sequence[str],
    told: Mapping[str, str | None],
    found: Mapping[str, str] | None = None,
    *,
    loosen: bool,
) -> tuple[Field, ...]:
    """Make the columns of a new table.

    Parameters
    ----------
    names
        Of the columns, in their order.
    told
        The types, in the words of the wire, of those whose type was told.
    found
        DuckDB's types, found in the files, of the others.
    loosen
        Whether texts may be longer than their type says.
    """
    _refuse_twice(names)
    fields = []
    for name in names:
        kind = told.get(name)
        if kind:
            length = None if loosen else declared_length(kind)
            fields.append(Field(name, to_duckdb(kind), max_length=length))
        else:
            fields.append(Field(name, (found or {})[name], found=True))
    return tuple(fields)


def file_columns(
    first: Sequence[str], options: ImportOptions, target: Target, name: str
) -> list[str]:
    """Return the name of each column of a file, in the file's order.

    Parameters
    ----------
    first
        The file's first row: its header, if it has one.
    name
        What the file is called in messages.

    Raises
    ------
    WarehouseError
        If the number of columns is not the one that was announced, or there is none.
    """
    if not first:
        raise WarehouseError(f"{name} is empty: it has neither a header nor rows")
    header = [title or f"column_{i}" for i, title in enumerate(first)]
    if options.table_columns:
        told = [column for column, _ in options.table_columns]
        if options.first_row_is_header and _folded(header) == _folded(told):
            return [_same(title, told) or title for title in header]
        if len(told) == len(header):
            return told
        raise WarehouseError(
            f"{name} has {len(header)} columns, but {len(told)} are described in table_columns; "
            "is the column delimiter right?"
        )
    if options.first_row_is_header:
        return header
    if not target.fields:
        return [f"column_{i}" for i in range(len(header))]
    if len(header) != len(target.fields):
        raise WarehouseError(
            f"{name} has {len(header)} columns, but the table {target.sql_name} has "
            f"{len(target.fields)}; without a header they must be the same, in the same order"
        )
    return [field.name for field in target.fields]


def mapped(columns: Sequence[str], target: Target, name: str) -> list[Field]:
    """Return the table's column that each column of a file fills; matched by name.

    Raises
    ------
    WarehouseError
        If a column is unknown, comes twice, or is missing though the table needs it.
    """
    _refuse_twice(columns)
    known = [field.name for field in target.fields]
    by_name = {field.name: field for field in target.fields}
    found: list[Field] = []
    unknown: list[str] = []
    for column in columns:
        same = _same(column, known) or _same(column.strip(), known)
        if same is None:
            unknown.append(column)
        else:
            found.append(by_name[same])
    if unknown:
        raise WarehouseError(
            f"{name} has the column {_listed(unknown)}, which the table {target.sql_name} has not; "
            f"it has: {_listed(known)}"
        )
    present = {field.name for field in found}
    missing = [
        f.name for f in target.fields if f.name not in present and f.required and not f.has_default
    ]
    if missing:
        raise WarehouseError(
            f"{name} lacks the column {_listed(missing)}, which may not be NULL in the table "
            f"{target.sql_name}"
        )
    return found


def keys(names: Sequence[str], target: Target, what: str) -> list[Field]:
    """Find the columns that ``names`` name.

    Raises
    ------
    WarehouseError
        If the table has no such column.
    """
    known = [field.name for field in target.fields]
    by_name = {field.name: field for field in target.fields}
    found = []
    for name in names:
        same = _same(name, known)
        if same is None:
            raise WarehouseError(
                f'{what} names "{name}", which is no column of the table; it has: {_listed(known)}'
            )
        found.append(by_name[same])
    return found


def _same(name: str, known: Sequence[str]) -> str | None:
    """Find a name: as it is, else in other case, as the database would."""
    if name in known:
        return name
    return next((k for k in known if k.lower() == name.lower()), None)


def _folded(names: Sequence[str]) -> list[str]:
    return sorted(name.lower() for name in names)


def _refuse_twice(names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise WarehouseError(
                f'the column "{name}" comes twice (names differ by more than case in a table); '
                "rename one"
            )
        seen.add(name.lower())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
