"""The whole result of a query, as the frame that a magic gives; kept for ``--cache``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from civis_nb import config
from civis_nb.errors import EmptyResultError
from civis_nb.frames.native import exact_columns_note
from civis_nb.frames.typed import TypedTable
from civis_nb.io.reading.first_rows import first_rows
from civis_nb.io.reading.options import ReadOptions, SqlExport
from civis_nb.io.reading.pipeline import read_result, read_typed

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client
    from civis_nb.futures import CivisFuture

__all__ = ["ExactResult", "Fetched", "FrameRequest"]


@dataclass(frozen=True)
class ExactResult:
    """A result with exact types.

    Attributes
    ----------
    result
        The result.
    complete
        Whether it has all rows, and not the first ones of ``--max-rows``.
    age
        How old it is, where it was kept; None: it is new.
    """

    result: TypedTable
    complete: bool = True
    age: str | None = None


@dataclass(frozen=True)
class Fetched:
    """A result as a frame.

    Attributes
    ----------
    frame
        The frame.
    shown
        What its first rows are shown of: the result with exact types where it has them.
    complete, age
        As for `ExactResult`.
    note
        Which columns have no native type; empty when all have one.
    """

    frame: Any
    shown: Any = None
    complete: bool = True
    age: str | None = None
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
        Rows to fetch at most; None: all.
    limited
        Whether the SQL itself gives no more than that.
    """

    kind: str | None = None
    types: str | None = None
    max_rows: int | None = None
    limited: bool = False

    @property
    def infers(self) -> bool:
        """Whether the library of the frame reads the CSV."""
        return str(config.get("types", self.types)) == "infer" and self._kind != "arrow"

    @property
    def _kind(self) -> str:
        return self.kind or str(config.get("frame"))

    def typed(self, client: Client, future: CivisFuture, export: SqlExport) -> ExactResult:
        """Return the result of an export with exact types.

        Raises
        ------
        EmptyResultError
            When the statement has run and has no result.
        """
        if self.max_rows is not None and not self.limited:
            found = first_rows(client, future, export, self.max_rows, progress=False)
            if found is not None:
                return ExactResult(*found)
        result = read_typed(client, future, export)
        return ExactResult(result, self.max_rows is None or result.table.num_rows < self.max_rows)

    def frame(self, whole: ExactResult) -> Fetched:
        """Return a result as the frame."""
        types = str(config.get("types", self.types))
        frame, kept = whole.result.frame(self._kind, "exact" if types == "exact" else "native")
        note = exact_columns_note(kept, "--types exact")
        return Fetched(frame, whole.result, whole.complete, whole.age, note)

    def fetched(self, client: Client, future: CivisFuture, export: SqlExport) -> Fetched:
        """Return the result of an export as the frame.

        Raises
        ------
        EmptyResultError
            When the statement has run and has no result.
        """
        if not self.infers:
            return self.frame(self.typed(client, future, export))
        options = ReadOptions(return_as=self._kind, types="infer")
        try:
            frame = read_result(client, future, export, options, progress=False)
        except EmptyResultError:
            # Nothing to infer from, but columns all the same.
            return self.frame(self.typed(client, future, export))
        complete = self.max_rows is None or len(frame) < self.max_rows + (not self.limited)
        kept = frame if self.max_rows is None else frame.head(self.max_rows)
        return Fetched(kept, kept, complete)
