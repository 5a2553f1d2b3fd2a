"""Rows of CSV text with cells of any length, for which Python's csv module has a global limit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["CsvFormat", "blanks", "csv_rows"]


@dataclass(frozen=True)
class CsvFormat:
    """How a CSV file is written.

    ``delimiter`` is one character; ``escaped`` files put a backslash before a quote in a cell,
    others double it.
    """

    delimiter: str = ","
    header: bool = True
    escaped: bool = False


def blanks(delimiter: str) -> str:
    """Return the characters that may stand between a delimiter and a quote and mean nothing."""
    return " \t".replace(delimiter, "")


def csv_rows(
    text: str, delimiter: str, *, whole: bool = True, escaped: bool = False
) -> Iterator[list[str]]:
    r"""Split CSV text into rows of cells; blank lines are left out, and blanks around quotes.

    Parameters
    ----------
    text
        The start of a file.
    delimiter
        One character.
    whole
        Whether the text is all of the file; else its last row, maybe cut off, is left out.
    escaped
        Whether a quote in a cell is written with a backslash instead of twice.

    Examples
    --------
    >>> list(csv_rows('a, "b, c" \n1, 2', ","))
    [['a', 'b, c'], ['1', ' 2']]
    """
    plain = re.compile(f"[{re.escape(delimiter)}\r\n]")
    blank = re.compile(f"[{blanks(delimiter)}]*")
    row: list[str] = []
    at, size = 0, len(text)
    while at <= size:
        quote = blank.match(text, at).end()  # type: ignore[union-attr]  # no blank matches, too
        cell = ""
        if text.startswith('"', quote):
            cell, at = _quoted(text, quote + 1, escaped)
            at = blank.match(text, at).end()  # type: ignore[union-attr]
        match = plain.search(text, at)
        end = match.start() if match else size
        cell, at = cell + text[at:end], end
        row.append(cell)
        if at >= size:
            if whole and row != [""]:
                yield row
            return
        if text[at] == delimiter:
            at += 1
            continue
        at += 2 if text.startswith("\r\n", at) else 1
        if row != [""]:
            yield row
        row = []
        if at == size:
            return


def _quoted(text: str, at: int, escaped: bool) -> tuple[str, int]:
    """Return a quoted cell, read from behind its first quote, and the index behind it."""
    parts: list[str] = []
    stop = re.compile(r'["\\]' if escaped else '"')
    while True:
        match = stop.search(text, at)
        if match is None:
            return "".join(parts) + text[at:], len(text)
        end = match.start()
        parts.append(text[at:end])
        if match.group() != '"' or (not escaped and text.startswith('""', end)):
            parts.append(text[end + 1 : end + 2])
            at = end + 2
            continue
        return "".join(parts), end + 1
