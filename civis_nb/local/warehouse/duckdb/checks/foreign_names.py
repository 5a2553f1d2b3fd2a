"""Names of DuckDB's alone: the views of its catalog, and the column that numbers a table's rows."""

from __future__ import annotations

import re

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.dialects.builtins import built_in
from civis_nb.local.warehouse.dialects.tokens import NAME, WORD, Tokens
from civis_nb.local.warehouse.duckdb.checks.quoted_names import is_given
from civis_nb.local.warehouse.duckdb.failures import position_error
from civis_nb.local.warehouse.duckdb.statement import Statement

__all__ = ["check_foreign_names"]

_FOREIGN = re.compile(
    r"\b(?:rowid|duckdb_\w+|pragma_\w+|sqlite_(?:temp_)?(?:master|schema))\b", re.IGNORECASE
)
_ROW_ID = "rowid"
#: Words before a table.
_BEFORE_TABLE = frozenset(("from", "join", ",", "into", "update"))
_KINDS = frozenset(("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "MERGE_INTO", "EXPLAIN"))
# A table or a column of the user's may have the name.
_OWN = built_in(
    "SELECT lower(table_name), lower(column_name) FROM duckdb_columns() WHERE NOT internal "
    "AND (lower(column_name) = 'rowid' OR regexp_matches(lower(table_name), "
    "'^(duckdb|pragma|sqlite)_'))"
)


def check_foreign_names(cursor: duckdb.DuckDBPyConnection, statement: Statement) -> None:
    """Refuse a name that DuckDB knows, the dialect does not, and nothing of the user's has.

    Parameters
    ----------
    cursor
        Has the catalog.
    statement
        Of any dialect; those of DuckDB's own may have such names.

    Raises
    ------
    WarehouseError
        If there is such a name; with its place.
    """
    text = statement.original or statement.text
    if statement.dialect == "duckdb" or statement.kind not in _KINDS or not _FOREIGN.search(text):
        return
    tokens = Tokens(text)
    if statement.kind == "CREATE" and "as" not in tokens.words:
        return  # it defines names
    used = [
        at
        for at in range(tokens.count)
        if tokens.kinds[at] in (NAME, WORD)
        and _FOREIGN.fullmatch(tokens.name(at))
        and tokens.words[at + 1] != "("
    ]
    rows = cursor.execute(_OWN).fetchall() if used else []
    tables = {table for table, _ in rows} | {tokens.name(at) for at in used if is_given(tokens, at)}
    has_own = (
        any(column == _ROW_ID for _, column in rows)
        or _ROW_ID in tables
        or any(_is_listed(tokens, at) for at in used)
    )
    for at in used:
        name = tokens.name(at).lower()
        if name == _ROW_ID and not has_own:
            message = (
                'column "rowid" does not exist: number the rows with ROW_NUMBER() OVER (ORDER BY …)'
            )
        elif name != _ROW_ID and _is_relation(tokens, at) and name not in tables:
            message = f'relation "{name}" does not exist: query information_schema'
        else:
            continue
        raise position_error(
            WarehouseError(message),
            statement.script,
            statement.offset + len(text[: tokens.starts[at]].encode()),
        )


def _is_relation(tokens: Tokens, at: int) -> bool:
    """Return whether a name stands where a table does."""
    while tokens.words[at - 1] == "." and at > 1:
        at -= 2
    return at > 0 and tokens.words[at - 1] in _BEFORE_TABLE


def _is_listed(tokens: Tokens, at: int) -> bool:
    """Return whether a name is in the list of columns behind an alias, or a query of WITH."""
    opened = max((o for o, c in tokens.partners.items() if o < at < c), default=0)
    before = opened - 1
    if before < 1 or tokens.kinds[before] not in (NAME, WORD):
        return False
    close = tokens.partners[opened]
    is_query = tokens.words[close + 1] == "as"
    return is_query or (tokens.words[before - 1] != "," and is_given(tokens, before))
