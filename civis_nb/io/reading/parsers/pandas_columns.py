"""Columns that arrive block by block, collected in a few large chunks of memory.

Values are copied out of the small Arrow arrays of a block, so that the next block can use their
memory. The chunks are allocated by Arrow: numpy would request huge pages, and where memory is
fragmented, waiting for these takes longer than parsing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

__all__ = ["NumberColumn", "TextColumn"]

#: Memory that is never touched costs nothing: so a chunk is larger than may be needed.
_CHUNK_BYTES = 16 * 1024 * 1024
_SMALL_ROWS = 64 * 1024
#: Of fewer numbers, each column costs more than its values.
_ROWS_AT_ONCE = 2 * 1024


def _empty(count: int, dtype: Any) -> np.ndarray[Any, Any]:
    """Return a writable array; the part that is never touched costs nothing."""
    import numpy as np
    import pyarrow as pa

    if not count:
        return np.empty(0, dtype)
    size = count * np.dtype(dtype).itemsize
    return np.frombuffer(pa.allocate_buffer(size, memory_pool=pa.system_memory_pool()), dtype)


class NumberColumn:
    """A column of integers or fractions, as pandas has it: with NULLs, integers are fractions.

    Examples
    --------
    >>> import pyarrow as pa
    >>> numbers = NumberColumn()
    >>> numbers.add(pa.array([1, 2]))
    >>> numbers.add(pa.array([3, None]))
    >>> numbers.array().tolist()
    [1.0, 2.0, 3.0, nan]
    """

    def __init__(self) -> None:
        self._largest = 0.0
        self._is_whole = True
        self._values: Any = None
        self._used = 0
        self._waiting: list[Any] = []
        self._waiting_rows = 0

    @property
    def largest(self) -> float:
        """The largest of the fractions without their sign."""
        self._take_waiting()
        return self._largest

    @property
    def is_whole(self) -> bool:
        """Whether none of the fractions has digits other than 0 after the point."""
        self._take_waiting()
        return self._is_whole

    def add(self, values: Any) -> None:
        """Append an Arrow array of int64 or double."""
        self._waiting.append(values)
        self._waiting_rows += len(values)
        if self._waiting_rows >= _ROWS_AT_ONCE:
            self._take_waiting()

    def _take_waiting(self) -> None:
        """Copy the values that wait: of many columns each block has few, which wait for others."""
        import pyarrow as pa

        if self._waiting:
            waiting, self._waiting, self._waiting_rows = self._waiting, [], 0
            self._take(waiting[0] if len(waiting) == 1 else pa.concat_arrays(waiting))

    def _take(self, values: Any) -> None:
        """Copy the values of an array."""
        import numpy as np
        import pyarrow as pa

        new = values.to_numpy(zero_copy_only=False)
        if pa.types.is_floating(values.type) and len(new):
            ends = float(np.fmax.reduce(new)), float(-np.fmin.reduce(new))
            self._largest = max([self._largest, *(end for end in ends if end == end)])
            # NaN is neither less nor more.
            self._is_whole = self._is_whole and not bool((np.floor(new) < new).any())
        if self._values is None:
            self._values = _empty(len(new), new.dtype)
        end = self._used + len(new)
        if end > len(self._values):
            grown = _empty(_capacity(end), self._values.dtype)
            grown[: self._used] = self._values[: self._used]
            self._values = grown
        if new.dtype == np.float64 and self._values.dtype != np.float64:
            fractions = _empty(len(self._values), np.float64)
            fractions[: self._used] = self._values[: self._used]
            self._values = fractions
        self._values[self._used : end] = new
        self._used = end

    def array(self) -> np.ndarray[Any, Any]:
        """Return all of the values; nothing can be added after that."""
        import numpy as np

        self._take_waiting()
        if self._values is None:
            return np.empty(0)
        values: np.ndarray[Any, Any] = self._values[: self._used]
        return values


def _capacity(rows: int) -> int:
    """Return for how many rows to allocate memory when there are `rows`."""
    return rows * 2 if rows < _SMALL_ROWS else max(rows * 2, _CHUNK_BYTES // 8)


class TextColumn:
    """A column of texts as a few large chunks of large_string.

    Examples
    --------
    >>> import pyarrow as pa
    >>> texts = TextColumn()
    >>> texts.add(pa.array(["a", None, ""], pa.large_string()))
    >>> texts.add(pa.array(["bc"], pa.large_string()))
    >>> texts.column().to_pylist()
    ['a', None, '', 'bc']
    """

    def __init__(self) -> None:
        self._done: list[Any] = []
        self._first: list[Any] = []
        self._first_rows = 0
        self._offsets: Any = b""
        self._values: Any = b""
        self._rows = self._size = 0
        self._valid: list[tuple[int, Any]] = []

    def _begin(self, rows: int, size: int) -> None:
        """Allocate memory for the next chunk."""
        import numpy as np

        self._offsets = _empty(rows + 1, np.int64)
        self._offsets[0] = 0
        self._values = _empty(size, np.uint8)
        self._rows = self._size = 0
        self._valid = []

    def add(self, texts: Any) -> None:
        """Append an Arrow array of large_string."""
        import numpy as np

        rows = len(texts)
        if not rows:
            return
        if self._first_rows < _SMALL_ROWS:
            self._first.append(texts)
            self._first_rows += rows
            return
        buffers = texts.buffers()
        offsets = np.frombuffer(buffers[1], np.int64)[texts.offset : texts.offset + rows + 1]
        start, size = int(offsets[0]), int(offsets[-1] - offsets[0])
        full = self._rows + rows >= len(self._offsets) or self._size + size > len(self._values)
        if full:
            self._end()
            self._begin(max(rows, _CHUNK_BYTES // 8), max(size, _CHUNK_BYTES))
        if size:
            source = np.frombuffer(buffers[2], np.uint8)[start : start + size]
            self._values[self._size : self._size + size] = source
        target = self._offsets[self._rows + 1 : self._rows + rows + 1]
        np.add(offsets[1:], self._size - start, out=target)
        if texts.null_count:
            self._valid.append((self._rows, texts.is_valid().to_numpy(zero_copy_only=False)))
        self._rows += rows
        self._size += size

    def _end(self) -> None:
        """Create a chunk from the texts added so far."""
        import numpy as np
        import pyarrow as pa

        if self._first:
            self._done.append(pa.concat_arrays(self._first))
            self._first = []
        if not self._rows:
            return
        bitmap = None
        if self._valid:
            valid = np.ones(self._rows, bool)
            for at, piece in self._valid:
                valid[at : at + len(piece)] = piece
            bitmap = pa.py_buffer(np.packbits(valid, bitorder="little"))
        offsets = pa.py_buffer(self._offsets[: self._rows + 1])
        values = pa.py_buffer(self._values[: self._size])
        self._done.append(pa.LargeStringArray.from_buffers(self._rows, offsets, values, bitmap))

    def column(self) -> Any:
        """Return all of the texts as a chunked array; nothing can be added after that."""
        import pyarrow as pa

        self._end()
        self._rows = 0
        return pa.chunked_array(self._done, pa.large_string())
