"""Cells of a table as texts: short ones for the page, exact ones for the clipboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from civis_nb.display.columns import column_texts, is_numeric
from civis_nb.display.values import decimals_of, type_name

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SQL_TEXTS", "Cell", "CellWriter", "tab_separated"]

#: A text, None for NULL, or the beginning of a long text with the length of the whole.
Cell: TypeAlias = "str | dict[str, Any] | None"

#: short name of a type -> what DuckDB writes its values with as `CellWriter.exact` does, where a
#: cast to text writes them otherwise
SQL_TEXTS: Final = {
    **dict.fromkeys(("list", "struct", "map"), "CAST(to_json({0}) AS VARCHAR)"),
    "bytes": r"'\x' || LOWER(HEX({0}))",
    **dict.fromkeys(
        ("float16", "real", "double"),
        "replace(CAST({0} AS VARCHAR), 'nan', 'NaN')",
    ),
}
_CELL_CHARS: Final = 150
#: Floats of a column have as many decimals as the first of them need.
_ROWS_FOR_DECIMALS: Final = 1000


class CellWriter:
    """Writes cells of one table.

    Parameters
    ----------
    table
        The table.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._types = [type_name(field.type) for field in table.schema]
        self._decimals: dict[int, int | None] = {}

    def right(self, column: int) -> bool:
        """Return whether the cells of a column stand on the right, as numbers do."""
        return is_numeric(self._types[column])

    def block(self, page: pa.Table, columns: Sequence[int]) -> list[list[Cell]]:
        """Return the cells of a page, column by column, long texts cut.

        Parameters
        ----------
        page
            Some rows of these columns.
        columns
            Their indexes in the table.
        """
        return [
            [_short(text) for text in column_texts(page.column(at), self._decimals_of(column))]
            for at, column in enumerate(columns)
        ]

    def exact(self, page: pa.Table, columns: Sequence[int]) -> list[list[str | None]]:
        """Return the cells of a page, column by column, with every digit."""
        return [column_texts(page.column(at), exact=True) for at in range(len(columns))]

    def _decimals_of(self, column: int) -> int | None:
        """Return how many decimals a column of doubles is shown with; None for other columns."""
        import pyarrow as pa

        if column not in self._decimals:
            values = self._table.column(column)
            self._decimals[column] = (
                decimals_of(values.slice(0, _ROWS_FOR_DECIMALS).to_pylist())
                if pa.types.is_floating(values.type)
                else None
            )
        return self._decimals[column]


def _short(text: str | None) -> Cell:
    """Return a text as a cell; a long one is cut, with its length."""
    if text is None or len(text) <= _CELL_CHARS:
        return text
    return {"text": text[:_CELL_CHARS], "length": len(text)}


def tab_separated(names: Sequence[str] | None, columns: Sequence[Sequence[str | None]]) -> str:
    r"""Return cells as spreadsheets read them: NULL is an empty cell.

    Parameters
    ----------
    names
        The names of the columns; None leaves them out.
    columns
        The cells of each column.

    Examples
    --------
    >>> tab_separated(["a", "b"], [["1", None], ["x\ty", 'say "hi"']])
    'a\tb\n1\t"x\ty"\n\tsay "hi"'
    """
    rows = [list(names)] if names is not None else []
    lines = [*rows, *(list(row) for row in zip(*columns, strict=True))]
    return "\n".join("\t".join(_field(cell) for cell in line) for line in lines)


def _field(text: str | None) -> str:
    """Return a text as a spreadsheet reads it from the clipboard."""
    if text is None:
        return ""
    if any(character in text for character in "\t\n\r") or text.startswith('"'):
        return '"' + text.replace('"', '""') + '"'
    return text
