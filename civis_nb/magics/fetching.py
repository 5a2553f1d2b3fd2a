"""Whole results as frames: an export that the caller waits for, then read with exact types."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from civis_nb.errors import CivisDownloadError, CivisMagicError, EmptyResultError
from civis_nb.futures import CivisFuture

__all__ = ["Export", "Fetch", "head", "rows_of", "start_export"]


@dataclass(frozen=True)
class Export:
    """What is exported: a statement, the id of its database, and of a credential or None."""

    sql: str
    database_id: int
    credential_id: int | None = None


def start_export(client: Any, export: Export) -> CivisFuture:
    """Start an export and give its run.

    Raises
    ------
    CivisAPIError
        When the platform refuses it.
    """
    from civis_nb.io.reading.export import start_export as start

    ids = start(
        client,
        export.sql,
        export.database_id,
        {"compression": "gzip"},
        credential_id=export.credential_id,
    )
    return CivisFuture(client.scripts.get_sql_runs, ids, client=client, poll_on_creation=False)


class Fetch(threading.Thread):
    """Reads the result of an export that has succeeded, beside the thread that waits for it.

    Parameters
    ----------
    client, future, export
        The run and what it exported.
    kind
        ``"pandas"``, ``"polars"`` or ``"arrow"``.

    Attributes
    ----------
    received_bytes, total_bytes
        How much has come; of how much, None when unknown.
    """

    def __init__(self, client: Any, future: CivisFuture, export: Export, kind: str) -> None:
        super().__init__(name="civis-sql-fetch", daemon=True)
        self._client, self._future, self._export, self._kind = client, future, export, kind
        self._stopped = threading.Event()
        self._frame: Any = None
        self._error: BaseException | None = None
        self.received_bytes = 0
        self.total_bytes: int | None = None

    def run(self) -> None:
        """Read; what goes wrong is kept for `frame`."""
        try:
            self._frame = self._read()
        except BaseException as error:
            # The thread that waits raises it.
            self._error = error

    def stop(self) -> None:
        """Return up reading at the next piece."""
        self._stopped.set()

    def frame(self) -> Any:
        """Return the frame, once the thread has ended.

        Raises
        ------
        CivisDownloadError
            When the content could not be had whole.
        CivisMagicError
            When the statement had no result.
        """
        if self._error is not None:
            raise self._error
        return self._frame

    def _read(self) -> Any:
        from civis_nb.io.reading.empty import empty_table
        from civis_nb.io.reading.outputs import find_outputs
        from civis_nb.io.reading.parsers.arrow_exact import exact_table
        from civis_nb.io.sql_types import types_told

        export, client = self._export, self._client
        ended = self._future.result()
        outputs = list(ended["output"] or [])
        if outputs:
            found = find_outputs(client, outputs)
            self.total_bytes = found.size
            content = found.content(client, self._count)
            return _as(exact_table(content, found.told, content.what), self._kind)
        try:
            job_id = self._future.job_id
            told = types_told(getattr(ended, "result_columns", None))
            table = empty_table(
                job_id, export.sql, export.database_id, client, export.credential_id, told
            )
        except EmptyResultError as error:
            raise CivisMagicError(
                f"The statement ran and gave no result to keep: {error} "
                "Leave the variable out of the magic's line."
            ) from None
        return _as(table, self._kind)

    def _count(self, count: int) -> None:
        if self._stopped.is_set():
            raise CivisDownloadError("Reading the result was interrupted.")
        self.received_bytes += count


def _as(table: Any, kind: str) -> Any:
    from civis_nb.io.reading.parsers.from_arrow import pandas_from_arrow, polars_from_arrow

    makers = {"pandas": pandas_from_arrow, "polars": polars_from_arrow}
    return makers[kind](table) if kind in makers else table


def rows_of(frame: Any) -> int:
    """Return the rows of a frame."""
    return int(frame.num_rows) if hasattr(frame, "num_rows") else len(frame)


def head(frame: Any, rows: int) -> Any:
    """Return the first rows of a frame."""
    return frame.slice(0, rows) if hasattr(frame, "num_rows") else frame.head(rows)
