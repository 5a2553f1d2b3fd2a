"""Quoted names under PostgreSQL's dialect, which are others in another case; DuckDB folds them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.dialects.expressions import RESERVED
from civis_nb.local.warehouse.dialects.tokens import NAME, NUMBER, STRING, WORD, Tokens
from civis_nb.local.warehouse.duckdb.failures import position_error
from civis_nb.local.warehouse.duckdb.statement import Statement

__all__ = ["check_quoted_names", "is_given"]

#: A quoted name that folding would change.
_CASED = re.compile(r'"[^"]*[A-Z][^"]*"')
_KINDS = frozenset(("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE"))


def check_quoted_names(cursor: duckdb.DuckDBPyConnection, statement: Statement) -> None:
    """Refuse a quoted name that nothing has but for its case.

    Parameters
    ----------
    cursor
        Has the catalog.
    statement
        Of any dialect; only PostgreSQL's names keep their case.

    Raises
    ------
    WarehouseError
        If there is such a name; with its place.
    """
    text = statement.original or statement.text
    if statement.dialect != "postgres" or statement.kind not in _KINDS or not _CASED.search(text):
        return
    tokens = Tokens(text)
    if statement.kind == "CREATE" and "as" not in tokens.words:
        return  # it defines names
    names = [at for at in range(tokens.count) if tokens.kinds[at] in (NAME, WORD)]
    given = {tokens.name(at) for at in names if is_given(tokens, at)}
    used = [at for at in names if _CASED.fullmatch(tokens.texts[at])]
    used = [at for at in used if tokens.name(at) not in given]
    if not used:
        return
    known = given | set(_stored(cursor, {tokens.name(at).lower() for at in names}))
    for at in used:
        name = tokens.name(at)
        other = next((k for k in sorted(known) if k.lower() == name.lower()), None)
        if name not in known and other is not None:
            raise position_error(
                WarehouseError(
                    f'"{name}" does not exist: a name in quotes keeps its case, and there is '
                    f'"{other}"'
                ),
                statement.script,
                statement.offset + len(text[: tokens.starts[at]].encode()),
            )


def is_given(tokens: Tokens, at: int) -> bool:
    """Return whether the statement gives a name to something there: an alias, or a query."""
    before, word = at - 1, tokens.words[at]
    if at == 0 or word in RESERVED:
        return False
    if tokens.words[before] in ("as", "with", "recursive", "table", "view"):
        return True
    if tokens.words[at + 1] in ("as", "(") and tokens.words[before] == ",":
        return True
    if tokens.kinds[before] in (NAME, NUMBER, STRING) or tokens.words[before] in (")", "]"):
        return True
    return tokens.kinds[before] == WORD and tokens.words[before] not in RESERVED


def _stored(cursor: duckdb.DuckDBPyConnection, names: set[str]) -> Iterator[str]:
    """Return the catalog's names of these tables, their columns and schemas, as they are stored."""
    here = "database_name IN (current_database(), 'temp')"
    rows = cursor.execute(
        f"SELECT table_name, column_name, schema_name FROM duckdb_columns() WHERE {here} "  # noqa: S608
        "AND NOT internal AND list_contains($1, lower(table_name))",
        [sorted(names)],
    ).fetchall()
    for row in rows:
        yield from map(str, row)
