"""The result set of a statement: its columns, and a query over it that is run exactly once."""

from __future__ import annotations

from typing import Any

import duckdb

from civis_nb.local.warehouse.duckdb.session import Session
from civis_nb.local.warehouse.duckdb.statement import Statement
from civis_nb.sql_text import without_terminator

__all__ = ["Result"]

_NAME = "civis_result"


class Result:
    """What a statement gives, not yet read.

    Attributes
    ----------
    names, types
        Of the columns, as DuckDB tells them; a name may occur twice.
    """

    def __init__(self, session: Session, statement: Statement, sql: str) -> None:
        self._session = session
        self._sql = sql
        self._relation: duckdb.DuckDBPyRelation | None = None
        if statement.is_query:
            self._statement, columns = session.bound(statement, sql)
        else:
            self._statement = statement
            self._relation = self._executed()
            columns = [(str(item[0]), str(item[1])) for item in self._relation.description]
        self.names = tuple(name for name, _ in columns)
        self.types = tuple(kind for _, kind in columns)
        self.has_rows = not (self.names == ("Success",) and self.types == ("BOOLEAN",))

    def _executed(self) -> duckdb.DuckDBPyRelation:
        """Run a statement that can't stand inside a query, such as EXPLAIN or RETURNING."""
        cursor = self._session.cursor
        relation = self._session.attempt(self._statement, self._sql, lambda s: cursor.sql(s.text))
        # Settings and the like give nothing at all.
        if relation is None:
            relation = cursor.sql('SELECT true AS "Success" WHERE false')
        return relation

    @property
    def aliases(self) -> tuple[str, ...]:
        """Return a name for each column that no other column has."""
        return tuple(f"c{i}" for i in range(len(self.names)))

    def query(self, prefix: str, suffix: str) -> list[tuple[Any, ...]]:
        """Run ``prefix result suffix`` once; ``result`` has the columns `aliases`.

        Raises
        ------
        WarehouseError
            With the place in the user's SQL.
        """
        columns = ", ".join(self.aliases)
        if self._relation is not None:
            relation = self._relation
            return self._session.attempt(
                self._statement,
                self._sql,
                lambda _: _rows(
                    relation.query(_NAME, f"{prefix} {_NAME} AS civis_rows({columns}) {suffix}")
                ),
            )
        head = f"{prefix} (\n"
        body = without_terminator(self._statement.text)
        cursor = self._session.cursor
        try:
            rows: list[tuple[Any, ...]] = cursor.execute(
                f"{head}{body}\n) AS civis_rows({columns}) {suffix}"
            ).fetchall()
        except duckdb.Error as error:
            shift = len(head.encode())
            raise self._session.error(error, self._statement, self._sql, shift) from None
        return rows


def _rows(relation: duckdb.DuckDBPyRelation | None) -> list[tuple[Any, ...]]:
    return [] if relation is None else relation.fetchall()
