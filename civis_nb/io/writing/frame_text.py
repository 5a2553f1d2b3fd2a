"""A frame as CSV text, block by block: NULL is an empty field, the empty text two quotes."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FrameText"]

#: Small enough that the texts of a few blocks stay in the processor's cache.
_ROWS_AT_ONCE = 25_000
#: Frames from this size on are sampled, to know how large their deflated text will be.
_SAMPLED_FROM_BYTES = 16 * 1024 * 1024
_SAMPLES = 3


class FrameText:
    r"""The CSV of a frame, written block by block.

    Parameters
    ----------
    table
        The frame, in columns whose CSV text is exact.
    header
        Whether the first line holds the names.
    delimiter
        The character.

    Examples
    --------
    >>> import pyarrow as pa
    >>> list(FrameText(pa.table({"a": ["x", "", None]})).chunks())
    [b'a\nx\n""\n\n']
    """

    def __init__(self, table: pa.Table, header: bool = True, delimiter: str = ",") -> None:
        import polars as pl

        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table never gives a series
        self._frame = frame
        self._header = header
        self._delimiter = delimiter

    def in_order(self, names: Sequence[str]) -> FrameText:
        """Return the text with the columns in the order of their names."""
        copied = copy.copy(self)
        copied._frame = self._frame.select(names)
        return copied

    def _text(self, start: int, rows: int, *, header: bool) -> bytes:
        piece = self._frame.slice(start, rows)
        return piece.write_csv(include_header=header, separator=self._delimiter).encode()

    def chunks(self) -> Iterator[bytes]:
        """Yield all of the text."""
        for start in range(0, max(self._frame.height, 1), _ROWS_AT_ONCE):
            yield self._text(start, _ROWS_AT_ONCE, header=self._header and start == 0)

    def samples(self) -> tuple[list[bytes], float]:
        """Return pieces from all over the text, and the share they make; none of a short one."""
        rows = self._frame.height
        if rows < _SAMPLES or self._frame.estimated_size() < _SAMPLED_FROM_BYTES:
            return [], 0.0
        count = min(max(rows // 500, 1), _ROWS_AT_ONCE)
        starts = [(rows - count) * at // (_SAMPLES - 1) for at in range(_SAMPLES)]
        texts = [self._text(at, count, header=False) for at in starts]
        return texts, count * _SAMPLES / rows
