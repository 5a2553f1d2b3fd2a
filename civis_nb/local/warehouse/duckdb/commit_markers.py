"""Markers that show, after a crash, whether a transaction was committed.

A marker is created inside the transaction, so that it exists exactly when the rows do. It is a
sequence: these are transactional, and no list of tables shows them.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import duckdb

from civis_nb.local.warehouse.dialects.builtins import built_in
from civis_nb.table_names import quoted

__all__ = ["add", "existing", "remove"]

_PREFIX = "civis_nb_done_"


def add(cursor: duckdb.DuckDBPyConnection, marker: str | None) -> None:
    """Create a marker in the open transaction; None creates none."""
    if marker is not None:
        cursor.execute(f"CREATE OR REPLACE SEQUENCE main.{quoted(_PREFIX + marker)}")


def existing(cursor: duckdb.DuckDBPyConnection) -> set[str]:
    """Return all markers."""
    rows = cursor.execute(
        built_in(
            "SELECT sequence_name FROM duckdb_sequences() WHERE schema_name = 'main' "
            "AND database_name = current_database() AND starts_with(sequence_name, $1)"
        ),
        [_PREFIX],
    ).fetchall()
    return {str(name).removeprefix(_PREFIX) for (name,) in rows}


def remove(cursor: duckdb.DuckDBPyConnection, markers: Iterable[str]) -> None:
    """Remove markers; one that can't be removed now does no harm later."""
    for marker in markers:
        with suppress(duckdb.Error):
            cursor.execute(f"DROP SEQUENCE IF EXISTS main.{quoted(_PREFIX + marker)}")
