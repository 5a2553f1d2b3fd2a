"""Marks that tell, after a crash, whether a transaction was committed.

A mark is made inside the transaction, so that it is there exactly when the rows are. It is a
sequence: these are transactional, and no list of tables shows them.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import duckdb

from civis_nb.table_names import quoted

__all__ = ["forget", "known", "put"]

_PREFIX = "civis_nb_done_"


def put(cursor: duckdb.DuckDBPyConnection, mark: str | None) -> None:
    """Make a mark in the transaction that is open; None makes none."""
    if mark is not None:
        cursor.execute(f"CREATE OR REPLACE SEQUENCE main.{quoted(_PREFIX + mark)}")


def known(cursor: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the marks that there are."""
    rows = cursor.execute(
        "SELECT sequence_name FROM duckdb_sequences() WHERE schema_name = 'main' "
        "AND database_name = current_database() AND starts_with(sequence_name, $1)",
        [_PREFIX],
    ).fetchall()
    return {str(name).removeprefix(_PREFIX) for (name,) in rows}


def forget(cursor: duckdb.DuckDBPyConnection, marks: Iterable[str]) -> None:
    """Remove marks; one that can't be removed now does no harm later."""
    for mark in marks:
        with suppress(duckdb.Error):
            cursor.execute(f"DROP SEQUENCE IF EXISTS main.{quoted(_PREFIX + mark)}")
