"""Bytes of a process's output, cut into the lines of a log."""

from __future__ import annotations

import codecs
import re

__all__ = ["MAX_LINE_CHARS", "LineSplitter"]

#: Longer lines become several entries.
MAX_LINE_CHARS = 64 * 1024

_END = re.compile(r"\r\n|\n|\r")


class LineSplitter:
    r"""Decodes and splits a stream that arrives in pieces cut anywhere.

    Lines end with ``\n``, ``\r\n`` or, as progress bars write them, ``\r``. The last is kept, so
    that a reader knows which lines are written over by the next. What is no UTF-8 is replaced by
    U+FFFD.

    Examples
    --------
    >>> splitter = LineSplitter()
    >>> splitter.feed(b"one\r\ntwo\xc3"), splitter.feed(b"\xa9\n10%\r20%")
    (['one'], ['twoé', '10%\r'])
    >>> splitter.finish()
    ['20%']
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._parts: list[str] = []
        self._held = 0
        #: Whether the last piece ended in a carriage return.
        self._returned = False

    def feed(self, data: bytes) -> list[str]:
        """Decode the next piece and return the lines that it completes."""
        return self._split(self._decoder.decode(data))

    def finish(self) -> list[str]:
        """Return what is left once no more comes."""
        self._returned = False
        lines = self._split(self._decoder.decode(b"", final=True))
        rest = "".join(self._parts)
        self._parts, self._held = [], 0
        return lines + (_cut(rest) if rest else [])

    def _split(self, text: str) -> list[str]:
        """Return the lines that a text completes, and hold what follows the last of them."""
        if self._returned and text:
            text = "\r" + text
        if text:
            # Only what comes next shows whether it ends a line, or is half of the end of one.
            self._returned = text.endswith("\r")
            text = text.removesuffix("\r")
        lines: list[str] = []
        pieces = _END.split(text)
        for piece, end in zip(pieces, _END.findall(text), strict=False):
            self._hold(piece)
            line = "".join(self._parts)
            self._parts, self._held = [], 0
            if end != "\r":
                lines += _cut(line)
            elif line:
                *whole, last = _cut(line)
                lines += [*whole, last + end]
        self._hold(pieces[-1])
        if self._held > MAX_LINE_CHARS:
            *whole, rest = _cut("".join(self._parts))
            lines += whole
            self._parts, self._held = [rest], len(rest)
        return lines

    def _hold(self, piece: str) -> None:
        """Keep a piece of a line that has not ended."""
        # Parts in a list: a line that arrives in a thousand pieces is not copied a thousand times.
        if piece:
            self._parts.append(piece)
            self._held += len(piece)


def _cut(line: str) -> list[str]:
    starts = range(0, max(len(line), 1), MAX_LINE_CHARS)
    return [line[start : start + MAX_LINE_CHARS] for start in starts]
