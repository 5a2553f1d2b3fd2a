"""INSERT, UPDATE and MERGE whose values are converted as the dialect does, not as DuckDB."""

from __future__ import annotations

import duckdb

from civis_nb.local.warehouse.dialects.catalog.notes import kept_json
from civis_nb.local.warehouse.dialects.rules import CATALOG, Dialect, UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import Tokens
from civis_nb.local.warehouse.dialects.types.assigned import (
    ANY_NUMERIC,
    IDENTITY,
    JSONB,
    assign,
    assigned,
    keep,
    kept,
)
from civis_nb.local.warehouse.dialects.types.decimals import PLAIN_NUMERIC
from civis_nb.local.warehouse.duckdb import catalog
from civis_nb.local.warehouse.duckdb.failures import position_error
from civis_nb.local.warehouse.duckdb.statement import Statement
from civis_nb.local.warehouse.redshift.ddl import ALWAYS
from civis_nb.local.warehouse.sqltypes import TextLimit
from civis_nb.table_names import literal, quoted

__all__ = ["CONVERTED", "converted"]

# ruff: noqa: S608 - parts of the user's own statement

#: Kinds of statements that put values into columns.
CONVERTED = frozenset(("INSERT", "UPDATE", "MERGE", "MERGE_INTO"))
#: Functions that return something else whenever they are called.
_NEW_EACH_TIME = frozenset(("nextval", "random", "gen_random_uuid", "clock_timestamp"))
_TWICE = (
    "ON CONFLICT DO UPDATE command cannot affect row a second time: several of the rows that are "
    "inserted have the same"
)
_ENDS_OF_SET = frozenset(("from", "where", "returning", "when"))


def converted(cursor: duckdb.DuckDBPyConnection, statement: Statement) -> str:
    """Return the text of a statement whose values are converted to their columns' types.

    Parameters
    ----------
    cursor
        Knows the table.
    statement
        In DuckDB's text; what is no INSERT, UPDATE or MERGE stays as it is.

    Raises
    ------
    WarehouseError
        If a value is of another type than its column, with its place.
    """
    if statement.dialect == "duckdb" or statement.kind not in CONVERTED:
        return statement.text
    tokens = Tokens(statement.text)
    at = _verb(tokens)
    try:
        if tokens.matches(0, "merge", "into"):
            _merge(cursor, tokens, statement.dialect)
        elif tokens.matches(at, "insert", "into"):
            _insert(cursor, tokens, at, statement.dialect)
        elif tokens.words[at] == "update":
            _update(cursor, tokens, at, statement.dialect)
    except UnsupportedSqlError as error:
        raise _placed(error, statement) from None
    return tokens.result()[0]


def _placed(error: UnsupportedSqlError, statement: Statement) -> Exception:
    at, original = error.offset, statement.original or statement.text
    if statement.offsets is not None:
        at = statement.offsets.source(at)
    at = min(at, len(original))
    return position_error(error, statement.script, statement.offset + len(original[:at].encode()))


def _verb(tokens: Tokens) -> int:
    """Return the place of INSERT or UPDATE, which queries in WITH may stand before."""
    at = 0
    while at < tokens.count and tokens.words[at] not in ("insert", "update"):
        at = tokens.partners.get(at, at) + 1
    return at


def _types(cursor: duckdb.DuckDBPyConnection, table: str, dialect: Dialect) -> dict[str, str]:
    """Return DuckDB's types of a table's columns by their names in lower case.

    SUPER and IDENTITY stand for those of columns that take no values, `ANY_NUMERIC` for that of
    one that keeps all digits, `JSONB` for that of one that writes JSON in its own way.
    """
    types, has_json = {}, False
    for name, kind, _null, _key, default, *_ in cursor.execute(f"DESCRIBE {table}").fetchall():
        is_super = dialect == "redshift" and kind == "JSON"
        is_identity = str(default).startswith(f"nextval('\"{ALWAYS}")
        native = "SUPER" if is_super else IDENTITY if is_identity else str(kind)
        if native == "JSON":
            has_json = True
        is_plain = dialect == "postgres" and native == PLAIN_NUMERIC.replace(" ", "")
        types[str(name).lower()] = ANY_NUMERIC if is_plain else native
    if has_json:
        path = Tokens(table).path(0)[0]
        definition = catalog.definition_of(cursor, path[-2] if len(path) > 1 else None, path[-1])
        as_written = {name.lower() for name in kept_json(definition)}
        for name, kind in types.items():
            if kind == "JSON" and name not in as_written:
                types[name] = JSONB
    return types


def _limits(cursor: duckdb.DuckDBPyConnection, path: list[str]) -> dict[str, TextLimit]:
    """Return the limits of a table's columns of texts, by their names in lower case."""
    found = catalog.text_limits(cursor, path[-2] if len(path) > 1 else None, path[-1])
    return {name.lower(): limit for name, limit in found.items()}


def _update(cursor: duckdb.DuckDBPyConnection, tokens: Tokens, at: int, dialect: Dialect) -> None:
    path, behind = tokens.path(at + 1)
    types = _types(cursor, tokens.render(at + 1, behind), dialect)
    limits = _limits(cursor, path) if "VARCHAR" in types.values() else {}
    _set(tokens, behind, types, limits)


def _set(tokens: Tokens, first: int, types: dict[str, str], limits: dict[str, TextLimit]) -> None:
    """Convert the values of the next SET."""
    while first < tokens.count and tokens.words[first] != "set":
        first += 1
    end = _end_of_set(tokens, first)
    for start, stop in tokens.items(first + 1, min(end, tokens.count)):
        column = tokens.name(start)
        behind = tokens.partners.get(start, start) + 1
        if tokens.words[behind] != "=":
            continue
        if tokens.words[start] == "(":
            row = behind + 1 + (tokens.words[behind + 1] == "row")
            if tokens.words[row] == "(" and tokens.words[row + 1] not in ("select", "with"):
                names = [tokens.name(name) for name, _ in tokens.items(start + 1, behind - 1)]
                columns = [(name, types.get(name, "")) for name in names]
                _rows(tokens, row, tokens.partners[row] + 1, columns, limits)
        elif column in types:
            assign(tokens, start + 2, stop, column, types[column])
            keep(tokens, start + 2, stop, limits.get(column))


def _end_of_set(tokens: Tokens, at: int) -> int:
    """Return the place behind the values of SET: WHEN ends those of MERGE, but not in CASE."""
    depth = 0
    while at < tokens.count and (depth or tokens.words[at] not in _ENDS_OF_SET):
        depth += (tokens.words[at] == "case") - (tokens.words[at] == "end")
        at = tokens.partners.get(at, at) + 1
    return at


def _merge(cursor: duckdb.DuckDBPyConnection, tokens: Tokens, dialect: Dialect) -> None:
    words = tokens.words
    path, behind = tokens.path(2)
    types = _types(cursor, tokens.render(2, behind), dialect)
    limits = _limits(cursor, path) if "VARCHAR" in types.values() else {}
    for at in range(behind, tokens.count):
        if words[at - 1] != "then":
            continue
        if words[at] == "update":
            _set(tokens, at + 1, types, limits)
        elif words[at] == "insert":
            names, first = list(types), at + 1
            if words[first] == "(":
                close = tokens.partners[first]
                names = [tokens.name(start) for start, _ in tokens.items(first + 1, close)]
                first = close + 1
            if words[first] == "values":
                columns = [(name, types.get(name, "")) for name in names]
                _rows(tokens, first + 1, tokens.partners[first + 1] + 1, columns, limits)


def _insert(cursor: duckdb.DuckDBPyConnection, tokens: Tokens, at: int, dialect: Dialect) -> None:
    words = tokens.words
    path, behind = tokens.path(at + 2)
    types = _types(cursor, tokens.render(at + 2, behind), dialect)
    limits = _limits(cursor, path) if "VARCHAR" in types.values() else {}
    if words[behind] == "as":
        behind += 2
    names = list(types)
    if words[behind] == "(" and words[behind + 1] not in ("select", "with", "values", "("):
        close = tokens.partners[behind]
        names = [tokens.name(start) for start, _ in tokens.items(behind + 1, close)]
        behind = close + 1
    if words[behind] == "overriding":
        if words[behind + 1] == "user":
            raise UnsupportedSqlError(
                "OVERRIDING USER VALUE is not supported: leave the identity column out",
                tokens.starts[behind],
            )
        tokens.drop(behind, behind + 3)
        types = {name: "" if kind == IDENTITY else kind for name, kind in types.items()}
        behind += 3
    end = _end_of_source(tokens, behind)
    columns = [(name, types.get(name.lower(), "")) for name in names]
    if words[behind] == "values":
        _rows(tokens, behind + 1, end, columns, limits)
    elif words[behind] in ("select", "with", "("):
        _query(cursor, tokens, at, behind, end, columns, limits)
    if tokens.matches(end, "on", "conflict"):
        if "update" in words[end:]:
            _check_rows(cursor, tokens, (at, behind, end), columns)
        _set(tokens, end, types, limits)


def _check_rows(
    cursor: duckdb.DuckDBPyConnection, tokens: Tokens, places: tuple[int, int, int],
    columns: list[tuple[str, str]],
) -> None:  # fmt: skip
    """Refuse to insert two rows of one key where ON CONFLICT updates: DuckDB keeps one of them.

    ``places`` are those of INSERT, of what is inserted, and of ON CONFLICT.
    """
    _, first, conflict = places
    opened = conflict + 2
    close = tokens.partners.get(opened, opened)
    keys = [tokens.name(start).lower() for start, _ in tokens.items(opened + 1, close)]
    types = {name.lower(): native for name, native in columns}
    given = list(types)
    if tokens.words[opened] != "(" or not set(keys) <= types.keys():
        return
    key = ", ".join(map(quoted, keys))
    if tokens.words[first] != "values":
        _check_query(cursor, tokens, places, given, keys)
        return
    if {types[name] for name in keys} & {ANY_NUMERIC, IDENTITY, JSONB, ""}:
        return
    rows = []
    for start, stop in tokens.items(first + 1, conflict):
        values = dict(zip(given, tokens.items(start + 1, stop - 1), strict=False))
        if any(name not in values or tokens.words[values[name][0]] == "default" for name in keys):
            return
        if any(not _NEW_EACH_TIME.isdisjoint(tokens.words[slice(*values[name])]) for name in keys):
            return
        row = (f"CAST({tokens.render(*values[name])} AS {types[name]})" for name in keys)
        rows.append(f"({', '.join(row)})")
    query = (
        f"SELECT 1 FROM (VALUES {', '.join(rows)}) AS given({key}) WHERE {_present(keys)} "
        f"GROUP BY {key} HAVING count(*) > 1 LIMIT 1"
    )
    if cursor.execute(query).fetchall():
        raise UnsupportedSqlError(f"{_TWICE} {', '.join(keys)}", tokens.starts[conflict])


def _check_query(
    cursor: duckdb.DuckDBPyConnection, tokens: Tokens, places: tuple[int, int, int],
    given: list[str], keys: list[str],
) -> None:  # fmt: skip
    """Let a query that is inserted fail where two of its rows have one key.

    It is run once: what it calls, such as NEXTVAL, may count.
    """
    at, first, conflict = places
    source = tokens.render(first, conflict)
    described = f"DESCRIBE (\n{tokens.original(0, at)}\n{source}\n)"
    given = given[: len(cursor.execute(described).fetchall())]
    if not set(keys) <= set(given):
        return
    names, key = (", ".join(map(quoted, some)) for some in (given, keys))
    told = literal(f"{_TWICE} {', '.join(keys)}")
    tokens.rewrite(
        first, conflict,
        f"SELECT {names} FROM (SELECT *, count(*) OVER (PARTITION BY {key}) AS civis_rows FROM "
        f"(SELECT *, row_number() OVER () AS civis_place FROM (\n{source}\n) AS given({names})) AS "
        f"placed) AS counted WHERE CASE WHEN civis_rows > 1 AND {_present(keys)} "
        f"THEN {CATALOG}.fail({told}) IS NULL ELSE true END ORDER BY civis_place ",
    )  # fmt: skip


def _present(keys: list[str]) -> str:
    """Return the condition that a key is whole: one with NULL is the same as no other."""
    return " AND ".join(f"{quoted(name)} IS NOT NULL" for name in keys)


def _end_of_source(tokens: Tokens, at: int) -> int:
    """Return the place behind what is inserted: of RETURNING, ON CONFLICT, or the end."""
    while at < tokens.count and tokens.words[at] != "returning":
        if tokens.matches(at, "on", "conflict"):
            return at
        at = tokens.partners.get(at, at) + 1
    return min(at, tokens.count)


def _rows(
    tokens: Tokens, at: int, end: int, columns: list[tuple[str, str]],
    limits: dict[str, TextLimit],
) -> None:  # fmt: skip
    for start, stop in tokens.items(at, end):
        if tokens.words[start] != "(" or tokens.partners.get(start) != stop - 1:
            return
        for (first, behind), (name, native) in zip(
            tokens.items(start + 1, stop - 1), columns, strict=False
        ):
            assign(tokens, first, behind, name, native)
            keep(tokens, first, behind, limits.get(name.lower()))


def _query(
    cursor: duckdb.DuckDBPyConnection, tokens: Tokens, at: int, first: int, end: int,
    columns: list[tuple[str, str]], limits: dict[str, TextLimit],
) -> None:  # fmt: skip
    """Convert the columns of a query whose types are others than the table's."""
    before = tokens.original(0, at)
    if before and tokens.words[first] == "with":
        return
    source = tokens.original(first, end)
    # At the same place as in the statement, where errors point to.
    describe = f"DESCRIBE ({before} ".ljust(len(tokens.sql[: tokens.starts[first]].encode()))
    given = [str(row[1]) for row in cursor.execute(f"{describe}{source}\n)").fetchall()]
    if len(given) > len(columns):
        return  # DuckDB says so
    names = [f"c{number}" for number in range(len(given))]
    values = [
        kept(assigned(name, kind, column, native, tokens.starts[first]), limits.get(column.lower()))
        for name, kind, (column, native) in zip(names, given, columns, strict=False)
    ]
    if values == names:
        return
    tokens.rewrite(
        first, end,
        f"SELECT {', '.join(values)} FROM (\n{source}\n) AS given({', '.join(names)})",
    )  # fmt: skip
