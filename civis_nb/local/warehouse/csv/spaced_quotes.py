"""CSV text without blanks between delimiters and quotes, which Redshift's COPY ignores as well.

DuckDB drops those behind a quoted cell, and takes a cell with blanks before its quote for text that
begins with them.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from pathlib import Path

from civis_nb.local.warehouse.csv.text import blanks

__all__ = ["has_spaced_quotes", "join_quotes"]

_BOM = b"\xef\xbb\xbf"


def has_spaced_quotes(path: Path, delimiter: str) -> bool:
    """Return whether blanks stand between a delimiter, or the start of a line, and a quote.

    Those within a quoted cell count, too: `join_quotes` knows better.
    """
    ends = f"{delimiter}\r\n".encode()
    ignored = blanks(delimiter).encode()
    # Before the quote is a blank: which one is looked for alone, for that is fast.
    wanted = [re.compile(blank + b'"') for blank in (b" ", b"\t") if blank in ignored]
    if not path.stat().st_size:
        return False
    text = _mapped(path)
    start = len(_BOM) if text[: len(_BOM)] == _BOM else 0
    for pattern in wanted:
        for match in pattern.finditer(text, start):
            at = match.start() - 1
            while at >= start and text[at] in ignored:
                at -= 1
            if at < start or text[at] in ends:
                return True
    return False


def join_quotes(source: Path, target: Path, delimiter: str, *, escaped: bool) -> None:
    """Copy a plain UTF-8 file without the blanks around its quoted cells.

    Parameters
    ----------
    source, target
        The files.
    delimiter
        One character.
    escaped
        Whether a quote in a cell is written with a backslash instead of twice.
    """
    text = _mapped(source)
    if text[: len(_BOM)] == _BOM:
        text = text[len(_BOM) :]
    with target.open("wb") as out:
        for piece in _pieces(text, delimiter, escaped):
            out.write(piece)


def _pieces(text: memoryview, delimiter: str, escaped: bool) -> Iterator[memoryview]:
    """Yield what is kept of a text."""
    blank = b"[%s]" % blanks(delimiter).encode()
    end = b"[%s\r\n]" % re.escape(delimiter.encode())
    body = rb'[^"\\]*(?:\\.[^"\\]*)*' if escaped else rb'[^"]*(?:""[^"]*)*'
    # Quoted cells are consumed whole: what stands in them is never taken for the start of one.
    cell = re.compile(rb'(?:\A|(?<=%s))(%s*)"%s"(%s*)' % (end, blank, body, blank), re.DOTALL)
    done = 0
    for match in cell.finditer(text):
        before, behind = match.span(1), match.span(2)
        for start, stop in (before, behind):
            if start < stop:
                yield text[done:start]
                done = stop
    yield text[done:]


def _mapped(path: Path) -> memoryview:
    """Return the bytes of a file, which the system reads where they are looked at."""
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
