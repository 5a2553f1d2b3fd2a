"""The first rows of a result, as text."""

from __future__ import annotations

from civis_nb.local.warehouse.base import Preview
from civis_nb.local.warehouse.duckdb.result import Result
from civis_nb.local.warehouse.duckdb.session import Session
from civis_nb.local.warehouse.duckdb.sqltypes import to_wire

__all__ = ["preview"]


def preview(session: Session, sql: str, max_rows: int) -> Preview:
    """Run all statements once; give the first rows of the last result set.

    The query stops when it has the rows; of a query that writes nothing no more is computed.
    """
    statements = session.plan(sql)
    last = max((i for i, s in enumerate(statements) if s.has_rows), default=-1)
    shown = Preview((), (), [])
    for i, statement in enumerate(statements):
        if i != last:
            session.run(statement, sql)
            continue
        result = Result(session, statement, sql)
        if result.has_rows:
            cells = ", ".join(f"CAST({alias} AS VARCHAR)" for alias in result.aliases)
            rows = result.query(f"SELECT {cells} FROM", f"LIMIT {max(1, max_rows)}")
            kinds = tuple(to_wire(kind) for kind in result.types)
            shown = Preview(result.names, kinds, [list(row) for row in rows[:max_rows]])
    return shown
