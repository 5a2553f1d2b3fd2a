"""Chunks of bytes as a file."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

__all__ = ["ChunkReader"]


class ChunkReader(io.RawIOBase):
    """Chunks of bytes as a file that can be read once.

    Parameters
    ----------
    chunks
        The content, in order.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a part of `buffer`; 0 at the end."""
        if not self._more():
            return 0
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, fewer only at the end; without a size, all.

        pyarrow parses what it gets as one block, and a record that reaches over two blocks is an
        error: so a block is always filled.
        """
        if size is None or size < 0:
            return self.readall()
        parts: list[memoryview] = []
        while size and self._more():
            parts.append(self._rest[:size])
            self._rest = self._rest[size:]
            size -= len(parts[-1])
        return b"".join(parts)

    def _more(self) -> bool:
        """Ensure that there are bytes to give; return False at the end of the chunks."""
        while not self._rest:
            try:
                self._rest = memoryview(next(self._chunks))
            except StopIteration:
                return False
        return True
