"""The statements of a script, in the meaning of its dialect, as DuckDB parses them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import Log
from civis_nb.local.warehouse.dialects import (
    PLAINLY,
    AliasUse,
    Combined,
    Dialect,
    ForeignCall,
    OffsetMap,
    Reading,
    SortedBy,
    UnsupportedSqlError,
    translate,
)
from civis_nb.local.warehouse.duckdb.failures import (
    is_refusal,
    located_error,
    position_error,
    statement_error,
)
from civis_nb.local.warehouse.redshift.ignored_statements import reason_to_ignore
from civis_nb.sql_text import has_word, only_reads, split_statements

if TYPE_CHECKING:
    from civis_nb.local.warehouse.redshift.translate import Translation

__all__ = ["Statement", "parse_script", "translations_of"]

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
    meaning
        The statement as the dialect means it, from which further translations start.
    offsets
        Where the pieces of ``meaning`` stand in the original.
    dialect
        Of the database.
    reading
        How the original is read in ``meaning``.
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
    meaning: str | None = None
    offsets: OffsetMap | None = None
    dialect: Dialect = "duckdb"
    reading: Reading = PLAINLY
    prerequisites: tuple[str, ...] = ()
    provisional: bool = False
    alias_uses: tuple[AliasUse, ...] = ()
    set_operations: tuple[Combined, ...] = ()
    foreign_calls: tuple[ForeignCall, ...] = ()
    sorted_by: tuple[SortedBy, ...] = ()

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
    cursor: duckdb.DuckDBPyConnection,
    sql: str,
    dialect: Dialect,
    log: Log,
    hidden: tuple[str, ...],
) -> list[Statement]:
    """Split a script into statements; nothing is run.

    Parameters
    ----------
    cursor
        Parses.
    sql
        The user's whole SQL.
    dialect
        Decides what it means.
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
    if dialect == "duckdb":
        try:
            return _parse(cursor, Statement(sql, sql, 0, ""))
        except duckdb.Error as refused:
            raise statement_error(refused, Statement(sql, sql, 0, ""), hidden) from None
    statements: list[Statement] = []
    for piece in split_statements(sql):
        offset = len(sql[: piece.start].encode())
        statement = _meant(piece.text, sql, offset, dialect)
        try:
            statements += _parse(cursor, statement)
        except duckdb.Error as refused:
            if not is_refusal(refused):
                raise statement_error(refused, statement, hidden) from None
            try:
                reason = reason_to_ignore(piece.text)
                found = None if reason is not None else _parse_translation(cursor, statement)
            except WarehouseError as error:
                raise located_error(error, statement) from None
            if reason is not None:
                log("info", reason)
                continue
            if found is None:
                raise statement_error(refused, statement, hidden) from None
            statements += found
    return statements


def _meant(text: str, script: str, offset: int, dialect: Dialect) -> Statement:
    """Return a statement in the dialect's meaning."""
    try:
        meant = translate(text, dialect)
    except UnsupportedSqlError as error:
        raise position_error(error, script, offset + len(text[: error.offset].encode())) from None
    return Statement(
        meant.sql,
        script,
        offset,
        "",
        original=text,
        meaning=meant.sql,
        offsets=meant.offsets,
        dialect=dialect,
        prerequisites=meant.prerequisites,
        provisional=True,
        alias_uses=meant.alias_uses,
        set_operations=meant.set_operations,
        foreign_calls=meant.foreign_calls,
        sorted_by=meant.sorted_by,
    )


def _parse(cursor: duckdb.DuckDBPyConnection, statement: Statement) -> list[Statement]:
    """Return the statements of a text, as DuckDB parses it."""
    statements, at = [], 0
    text, offset = statement.text, statement.offset
    found_statements = cursor.extract_statements(text)
    for parsed in found_statements:
        if statement.original is not None and len(found_statements) > 1:
            statements.append(
                replace(
                    statement,
                    text=parsed.query,
                    meaning=parsed.query,
                    offsets=None,
                    kind=_kind(parsed),
                )
            )
            continue
        if statement.original is not None:
            statements.append(replace(statement, kind=_kind(parsed)))
            continue
        found = text.find(parsed.query, at)
        if found > at:
            offset += len(text[at:found].encode())
            at = found
        statements.append(replace(statement, text=parsed.query, offset=offset, kind=_kind(parsed)))
        offset += len(parsed.query.encode())
        at += len(parsed.query)
    return statements


def _parse_translation(
    cursor: duckdb.DuckDBPyConnection, statement: Statement
) -> list[Statement] | None:
    """Return the first translation of a statement that DuckDB can parse."""
    for translation in translations_of(statement.text):
        with suppress(
            duckdb.ParserException, duckdb.NotImplementedException, duckdb.CatalogException
        ):
            return [
                replace(
                    statement,
                    text=parsed.query,
                    kind=_kind(parsed),
                    prerequisites=statement.prerequisites + translation.prerequisites,
                )
                for parsed in cursor.extract_statements(translation.sql)
            ]
    return None


def translations_of(text: str) -> Iterator[Translation]:
    """Return the translations of a text from Redshift's SQL, the nearest to it first."""
    # Imported here: sqlglot takes a while to load, and most SQL needs no translation.
    from civis_nb.local.warehouse.redshift.translate import translations

    return translations(text)


def _kind(parsed: duckdb.Statement) -> str:
    return str(parsed.type).rpartition(".")[2]
