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

__all__ = ["check_columns", "exists_already", "with_likes"]


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


def check_columns(cursor: duckdb.DuckDBPyConnection, sql: str, dialect: Dialect) -> None:
    """Refuse CREATE TABLE AS and CREATE VIEW with columns that they can't have.

    Raises
    ------
    WarehouseError
        If a name occurs twice, where DuckDB would give the second another name; or if a column of a
        table is of the type SUPER.
    """
    tokens = Tokens(sql)
    words, at = tokens.words, 1
    while at < tokens.count and words[at] != "as":
        if words[at] == "(":
            return  # the columns are named, or this is no query
        at += 1
    end = tokens.count
    if words[end - 2 : end] in (["with", "data"], ["no", "data"]):
        end -= 2 + (words[end - 2] == "no")
    if at + 1 >= end:
        return
    # As long as what the statement has before it: so errors have their place in the statement.
    head = "DESCRIBE (".ljust(len(sql[: tokens.starts[at + 1]].encode()))
    seen: set[str] = set()
    for name, kind in columns_of(cursor, tokens.original(at + 1, end), head):
        if name.lower() in seen:
            raise WarehouseError(f'column "{name}" specified more than once{case_counts(name)}')
        seen.add(name.lower())
        if kind == "JSON" and dialect == "redshift" and "table" in words[1:3]:
            raise WarehouseError(f'column "{name}": {no_values("super")}')
