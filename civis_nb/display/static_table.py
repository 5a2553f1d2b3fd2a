"""A table as a notebook keeps it: its first rows as text, as HTML and as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from civis_nb.display.bundle import Displayable, Note
from civis_nb.display.columns import Column
from civis_nb.display.grid import first_rows, grid_html, grid_text, kept_columns
from civis_nb.display.html import DIM, Html, el, join
from civis_nb.display.settled import TABLE_MIME, table_record
from civis_nb.display.text import counted, one_line

__all__ = ["StaticTable"]


@dataclass(frozen=True, repr=False)
class StaticTable(Displayable):
    """The first rows of a table, and what is said of the others.

    Attributes
    ----------
    columns
        The columns, with the rows that are shown.
    held
        How many rows the table holds.
    total
        How many rows the result has; None where that is unknown.
    title
        What the table is.
    note
        A line below it.
    message
        What the statement did, where it has no columns.
    is_result
        Whether its cells are data; in words for a person, long lines are wrapped.
    has_view
        Whether a live view is shown in its place while there is a kernel.
    """

    columns: Sequence[Column]
    held: int
    total: int | None
    title: str | None = None
    note: str | None = None
    message: str | None = None
    is_result: bool = True
    has_view: bool = True

    @property
    def caption(self) -> str:
        """What the table is, and how many of its rows are shown."""
        return self._caption(self.columns)

    def _caption(self, shown: Sequence[Column]) -> str:
        """Return the line above the table: its title, and how many of its rows are shown."""
        rows = len(shown[0].cells) if shown else 0
        if not self.columns:
            text = self.message or "The statement returned no result."
        elif self.total is None:
            text = f"{rows:,} of the first {counted(self.held, 'row')}; the total is not known"
        elif self.total == 0:
            text = "no rows"
        else:
            text = f"{rows:,} of {counted(self.total, 'row')}"
        return f"{one_line(self.title)}: {text}" if self.title else text

    def __repr__(self) -> str:
        return self._text(self.columns)

    def _plain(self) -> str:
        kept = kept_columns(self.columns)
        return self._text(first_rows(self.columns, len(kept[0].cells))) if kept else repr(self)

    def _text(self, shown: Sequence[Column]) -> str:
        parts = [self._caption(shown), grid_text(shown) if shown else "", self.note or ""]
        return "\n".join(filter(None, parts))

    def _html(self) -> Html:
        note = Note(self.note)._html() if self.note else None
        if not self.columns:
            return join(el("p", self.caption, style=f"margin:0;{DIM}"), note)
        kept = kept_columns(self.columns)
        caption = self._caption(kept)
        table = grid_html(
            kept, caption, caption, len(self.columns),
            style="data" if self.is_result else "words", has_view=self.has_view,
        )  # fmt: skip
        return el("div", table, note) if note else table

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Return what stays in a notebook: bounded, however many rows and columns there are."""
        bundle: dict[str, Any] = super()._repr_mimebundle_()
        if not self.columns:
            return bundle
        if "text/html" in bundle:
            kept = kept_columns(self.columns)
            bundle[TABLE_MIME] = table_record(
                kept,
                title=self.title,
                caption=self._caption(kept),
                columns_total=len(self.columns),
                held=self.held,
                total=self.total,
            )
        return bundle
