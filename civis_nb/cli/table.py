"""Results as text: a table for the eye, and JSON in which nothing is lost."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import IO, Any

from civis_nb._visible import printable

__all__ = ["table_lines", "write_json"]


def table_lines(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    r"""Return a table as lines: names, a rule, the values to the right.

    Examples
    --------
    >>> print("\n".join(table_lines(["id", "name"], [["1", "Ann"], ["12", "Bo"]])))
    id | name
    ---------
     1 |  Ann
    12 |   Bo
    """
    texts = [[_cell(value) for value in row] for row in (columns, *rows)]
    widths = [max(map(_width, column)) for column in zip(*texts, strict=True)]
    head = " | ".join(
        text + " " * (width - _width(text)) for text, width in zip(texts[0], widths, strict=True)
    )
    lines = [head, "-" * _width(head)]
    for row in texts[1:]:
        cells = zip(row, widths, strict=True)
        lines.append(" | ".join(" " * (width - _width(text)) + text for text, width in cells))
    return lines


def _cell(value: Any) -> str:
    """Return a value on one line; NULL is empty."""
    if value is None:
        return ""
    return printable(str(value)).replace("\n", "\\n").replace("\t", "\\t")


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    return max(wcswidth(text), 0) or len(text)


def write_json(table: Any, file: IO[bytes]) -> None:
    """Write an Arrow table as a list of objects, one a line; decimals keep every digit."""
    names = [json.dumps(name, ensure_ascii=False) for name in table.column_names]
    separator = "[\n"
    for batch in table.to_batches():
        columns = [column.to_pylist() for column in batch.columns]
        for row in zip(*columns, strict=True):
            cells = (f"{name}: {_json(value)}" for name, value in zip(names, row, strict=True))
            file.write(f"{separator}{{{', '.join(cells)}}}".encode())
            separator = ",\n"
    file.write(b"[]\n" if separator == "[\n" else b"\n]\n")


def _json(value: Any) -> str:
    """Return a value of a result as JSON."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return json.dumps(str(value))
    if isinstance(value, bytes):
        return json.dumps(value.hex())
    if isinstance(value, datetime.date | datetime.time):
        return json.dumps(value.isoformat())
    return json.dumps(value, ensure_ascii=False, default=str)
