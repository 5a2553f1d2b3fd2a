"""What stays in a notebook as data, for renderers that need no kernel: bounded in size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from civis_nb.display.columns import Column
from civis_nb.display.grid import short_cells

__all__ = ["TABLE_MIME", "Source", "table_record"]

TABLE_MIME: Final = "application/vnd.civis.table+json"


@dataclass(frozen=True)
class Source:
    """Where a result came from.

    Attributes
    ----------
    seconds
        How long its run took.
    run, url
        Which run, in words, and its page.
    dialect
        The dialect of the database.
    message
        What the statement did, where its result has no columns.
    """

    seconds: float | None = None
    run: str = ""
    url: str | None = None
    dialect: str | None = None
    message: str | None = None


def table_record(
    columns: Sequence[Column],
    *,
    title: str | None,
    caption: str,
    columns_total: int,
    held: int,
    total: int | None,
) -> dict[str, Any]:
    """Return the first rows of a table, as plain data.

    Parameters
    ----------
    columns
        The columns that are kept, with the rows that are.
    title, caption
        What the table is.
    columns_total
        How many columns it has.
    held, total
        How many rows are held, and how many the result has; None where that is unknown.
    """
    cells = [short_cells(column) for column in columns]
    return {
        "version": 1,
        "title": title,
        "caption": caption,
        "columns": [{"name": one.name, "type": one.type, "right": one.right} for one in columns],
        "rows": [list(row) for row in zip(*cells, strict=True)],
        "columns_total": columns_total,
        "rows_held": held,
        "rows_total": total,
    }
