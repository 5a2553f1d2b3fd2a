"""The statements of a script, as DuckDB or the translation from Redshift's SQL parses them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import Log
from civis_nb.local.warehouse.duckdb.failures import is_refusal, statement_error
from civis_nb.local.warehouse.redshift.ignored_statements import reason_to_ignore
from civis_nb.local.warehouse.redshift.semantics import with_redshift_semantics
from civis_nb.sql_text import has_word, only_reads, split_statements

if TYPE_CHECKING:
    from civis_nb.local.warehouse.redshift.translate import Translation

__all__ = ["Statement", "parse_script", "translated"]

#: Kinds of statements whose rows are shown; others show rows only with RETURNING.
_WITH_ROWS = {"SELECT", "EXPLAIN", "PRAGMA", "CALL", "EXECUTE", "MULTI"}
_WITH_RETURNING = {"INSERT", "UPDATE", "DELETE", "MERGE_INTO", "MERGE"}


@dataclass(frozen=True)
class Statement:
    """One statement of a script.

    Attributes
    ----------
    text
        What DuckDB runs.
    script
        The user's whole SQL.
    offset
        Where the user's statement starts in it, in bytes.
    kind
        DuckDB's name of the kind of statement, such as SELECT.
    original
        The user's statement when ``text`` is a translation of it.
    prerequisites
        Statements that must run before it.
    provisional
        Whether another translation may fit better: this one has only been parsed.
    """

    text: str
    script: str
    offset: int
    kind: str
    original: str | None = None
    prerequisites: tuple[str, ...] = ()
    provisional: bool = False

    @property
    def has_rows(self) -> bool:
        """Return whether the statement has a result set."""
        if self.kind in _WITH_RETURNING:
            return has_word(self.text, "returning")
        return self.kind in _WITH_ROWS

    @property
    def is_query(self) -> bool:
        """Return whether the statement only reads, and may stand inside another query."""
        return self.kind == "SELECT" and only_reads(self.text, backslashes=False)


def parse_script(
    cursor: duckdb.DuckDBPyConnection, sql: str, log: Log, hidden: tuple[str, ...]
) -> list[Statement]:
    """Split a script into statements; nothing is run.

    Parameters
    ----------
    cursor
        Parses.
    sql
        The user's whole SQL.
    log
        Receives why a statement is ignored.
    hidden
        Paths that errors must not show.

    Raises
    ------
    WarehouseError
        If a statement can be parsed neither as DuckDB's SQL nor as Redshift's.
    """
    try:
        sql.encode()
    except UnicodeEncodeError as error:
        raise WarehouseError(
            f"the SQL holds an unpaired surrogate at character {error.start + 1}"
        ) from None
    try:
        return _parse(cursor, sql, sql, 0)
    except duckdb.Error as error:
        if not is_refusal(error):
            raise
    statements: list[Statement] = []
    for piece in split_statements(sql):
        offset = len(sql[: piece.start].encode())
        try:
            statements += _parse(cursor, sql, piece.text, offset)
        except duckdb.Error as refused:
            if not is_refusal(refused):
                raise
            reason = reason_to_ignore(piece.text)
            if reason is not None:
                log("info", reason)
                continue
            found = _parse_translation(cursor, sql, piece.text, offset)
            if found is None:
                statement = Statement(piece.text, sql, offset, "")
                raise statement_error(refused, statement, hidden) from None
            statements += found
    return statements


def _parse(
    cursor: duckdb.DuckDBPyConnection, script: str, text: str, offset: int
) -> list[Statement]:
    """Return the statements of a part of the script, as DuckDB parses it."""
    statements, at = [], 0
    for parsed in cursor.extract_statements(text):
        found = text.find(parsed.query, at)
        if found > at:
            offset += len(text[at:found].encode())
            at = found
        statement = Statement(parsed.query, script, offset, _kind(parsed))
        rewritten = with_redshift_semantics(parsed.query)
        if rewritten != parsed.query:
            statement = replace(statement, text=rewritten, original=parsed.query, provisional=True)
        statements.append(statement)
        offset += len(parsed.query.encode())
        at += len(parsed.query)
    return statements


def _parse_translation(
    cursor: duckdb.DuckDBPyConnection, script: str, text: str, offset: int
) -> list[Statement] | None:
    """Return the first translation of a statement that DuckDB can parse."""
    for translation in _translations(text):
        with suppress(duckdb.ParserException, duckdb.NotImplementedException):
            return [
                Statement(
                    parsed.query,
                    script,
                    offset,
                    _kind(parsed),
                    original=text,
                    prerequisites=translation.prerequisites,
                    provisional=True,
                )
                for parsed in cursor.extract_statements(translation.sql)
            ]
    return None


def translated(statement: Statement) -> Iterator[Statement]:
    """Yield the translations of a statement, the nearest to the original first."""
    original = statement.original or statement.text
    for translation in _translations(original):
        if translation.sql != statement.text:
            yield replace(
                statement,
                text=translation.sql,
                original=original,
                prerequisites=translation.prerequisites,
                provisional=False,
            )


def _translations(text: str) -> Iterator[Translation]:
    # Imported here: sqlglot takes a while to load, and most SQL needs no translation.
    from civis_nb.local.warehouse.redshift.translate import translations

    return translations(text)


def _kind(parsed: duckdb.Statement) -> str:
    return str(parsed.type).rpartition(".")[2]
