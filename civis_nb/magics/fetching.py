"""The whole result of a query, as the frame that a magic gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from civis_nb import config
from civis_nb.errors import CivisMagicError, EmptyResultError
from civis_nb.frames.native import kept_note
from civis_nb.frames.typed import TypedTable
from civis_nb.io.reading.options import ReadOptions, SqlExport
from civis_nb.io.reading.pipeline import read_result, read_typed

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client
    from civis_nb.futures import CivisFuture

__all__ = ["Fetched", "FrameRequest"]


@dataclass(frozen=True)
class Fetched:
    """A whole result.

    Attributes
    ----------
    frame
        The frame.
    shown
        What its first rows are shown of: the result with exact types where it has them.
    total
        The rows of the result, of which `frame` may hold the first ones only.
    note
        Which columns have no native type; empty when all have one.
    """

    frame: Any
    shown: Any
    total: int
    note: str = ""


@dataclass(frozen=True)
class FrameRequest:
    """Which frame a magic is to give.

    Attributes
    ----------
    kind
        ``"pandas"``, ``"polars"`` or ``"arrow"``; None: the setting ``frame``.
    types
        ``"native"``, ``"exact"`` or ``"infer"``; None: the setting ``types``.
    max_rows
        Rows to keep at most; None: all.
    """

    kind: str | None = None
    types: str | None = None
    max_rows: int | None = None

    def typed(self, client: Client, future: CivisFuture, export: SqlExport) -> TypedTable:
        """Return the result of an export with exact types.

        Raises
        ------
        CivisMagicError
            When the statement has no result.
        """
        try:
            return read_typed(client, future, export)
        except EmptyResultError as error:
            raise _no_result(error) from None

    def fetched(self, client: Client, future: CivisFuture, export: SqlExport) -> Fetched:
        """Return the result of an export.

        Raises
        ------
        CivisMagicError
            When the statement has no result.
        """
        kind = self.kind or str(config.get("frame"))
        types = str(config.get("types", self.types))
        if types == "infer" and kind != "arrow":
            return self._inferred(client, future, export, kind)
        result = self.typed(client, future, export)
        total = result.table.num_rows
        if self.max_rows is not None:
            result = TypedTable(result.table.slice(0, self.max_rows), result.sql_types)
        frame, kept = result.frame(kind, types)
        return Fetched(frame, result, total, kept_note(kept, "--types exact"))

    def _inferred(
        self, client: Client, future: CivisFuture, export: SqlExport, kind: str
    ) -> Fetched:
        """Return the result as the library of the frame reads CSV."""
        options = ReadOptions(return_as=kind, types="infer")
        try:
            frame = read_result(client, future, export, options, progress=False)
        except EmptyResultError as error:
            raise _no_result(error) from None
        kept = frame if self.max_rows is None else frame.head(self.max_rows)
        return Fetched(kept, kept, len(frame))


def _no_result(error: EmptyResultError) -> CivisMagicError:
    return CivisMagicError(
        f"The statement ran and gave no result to keep: {error} "
        "Leave the variable out of the magic's line."
    )
