"""CREATE where other tables count: LIKE, and names of columns that occur twice."""

from __future__ import annotations

import re

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.dialects import CATALOG, Dialect
from civis_nb.local.warehouse.dialects.catalog.notes import likes
from civis_nb.local.warehouse.dialects.tokens import Tokens
from civis_nb.local.warehouse.dialects.types.names import no_values
from civis_nb.local.warehouse.duckdb.binding import columns_of
from civis_nb.local.warehouse.duckdb.plain_words import case_counts
from civis_nb.local.warehouse.duckdb.table_text import TableText, find_relation, read_table
from civis_nb.table_names import quoted

__all__ = ["checked", "exists_already", "with_likes"]

#: DuckDB's type of a column in which a query has NULL only; such a column takes no values.
_NO_TYPE = '"NULL"'


def with_likes(cursor: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Return a CREATE TABLE with the columns that LIKE copies.

    Raises
    ------
    WarehouseError
        If a table that is named does not exist.
    """
    for whole, name, copied in likes(sql):
        table = read_table(cursor, Tokens(name).path(0)[0])
        if table is None:
            raise WarehouseError(f'relation "{name}" does not exist')
        sql = sql.replace(whole, ", ".join(_copied(table, copied)))
    return sql


def _copied(table: TableText, copied: str) -> list[str]:
    """Return the definitions that LIKE copies from a table."""
    columns = [_without_default(c) if "d" not in copied else c for c in table.columns.values()]
    return columns + [text for text in table.constraints if _is_copied(text, copied)]


def _is_copied(constraint: str, copied: str) -> bool:
    """Return whether LIKE copies a constraint: the lengths of texts, keys and checks if wanted."""
    if re.match(r"(?i)check", constraint) and CATALOG not in constraint:
        of_type = re.match(
            r"(?i)CHECK\((?:\((?:\d+ >= )?(?:strlen|length)|COALESCE\(json_valid)\(", constraint
        )
        return bool(of_type) or "c" in copied
    return "k" in copied and not re.match(r"(?i)foreign", constraint)


def _without_default(column: str) -> str:
    tokens = Tokens(column)
    for at in range(1, tokens.count):
        if tokens.words[at] == "default" and tokens.words[at + 1] == "(":
            tokens.drop(at, tokens.partners[at + 1] + 1)
    return tokens.render(0, tokens.count)


def exists_already(cursor: duckdb.DuckDBPyConnection, sql: str) -> bool:
    """Return whether a CREATE TABLE is of a table that is there."""
    tokens = Tokens(sql)
    at = 1
    while tokens.words[at] in ("temp", "temporary"):
        at += 1
    if tokens.words[at] != "table":
        return False
    at += 4 if tokens.matches(at + 1, "if", "not", "exists") else 1
    found = find_relation(cursor, tokens.path(at)[0])
    return found is not None and (found[0] == "temp") == (tokens.words[1] in ("temp", "temporary"))


def checked(cursor: duckdb.DuckDBPyConnection, sql: str, dialect: Dialect) -> str:
    """Return CREATE TABLE AS with a text type for columns of nothing but NULL; others as they are.

    Raises
    ------
    WarehouseError
        If a name occurs twice, where DuckDB would give the second another name; or if a column of a
        table is of the type SUPER.
    """
    tokens = Tokens(sql)
    words, at = tokens.words, 1
    named = False
    while at < tokens.count and words[at] != "as":
        named = named or words[at] == "("
        at = tokens.partners[at] + 1 if words[at] == "(" else at + 1
    end = tokens.count
    if words[end - 2 : end] in (["with", "data"], ["no", "data"]):
        end -= 2 + (words[end - 2] == "no")
    is_table = "table" in words[1:3]
    if at + 1 >= end or (named and not is_table):
        return sql
    # As long as what the statement has before it: so errors have their place in the statement.
    head = "DESCRIBE (".ljust(len(sql[: tokens.starts[at + 1]].encode()))
    columns = columns_of(cursor, tokens.original(at + 1, end), head)
    seen: set[str] = set()
    for name, kind in columns if not named else ():
        if name.lower() in seen:
            raise WarehouseError(f'column "{name}" specified more than once{case_counts(name)}')
        seen.add(name.lower())
        if kind == "JSON" and dialect == "redshift" and is_table:
            raise WarehouseError(f'column "{name}": {no_values("super")}')
    if is_table and any(kind == _NO_TYPE for _, kind in columns):
        listed = ["SELECT", _with_texts(columns), "FROM ("]
        tokens.insert_before(at + 1, " ".join(listed))
        tokens.insert_after(end - 1, f"\n) AS civis_rows({_places(columns)})")
        return tokens.render(0, tokens.count)
    return sql


def _with_texts(columns: list[tuple[str, str]]) -> str:
    """Return the columns of a query by their places, those without a type as texts."""
    return ", ".join(
        f"CAST(c{place} AS VARCHAR) AS {quoted(name)}" if kind == _NO_TYPE
        else f"c{place} AS {quoted(name)}"
        for place, (name, kind) in enumerate(columns)
    )  # fmt: skip


def _places(columns: list[tuple[str, str]]) -> str:
    return ", ".join(f"c{place}" for place in range(len(columns)))
