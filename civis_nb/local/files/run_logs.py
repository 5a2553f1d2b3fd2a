"""Logs of runs as text files: appended to, read from anywhere, shortened in their middle.

``logs/17.log`` is the beginning of the log of run 17, a line for each entry: time, level, message.
A longer log goes on in ``logs/17/``, in files that are called after the id of their first entry.
Ids are not written: they count the lines. A line is an entry once its line end is there; one that
lacks it, because the process was killed, is removed before the next is written.

A log keeps `log_limit_mib`: its beginning, which stays, and its end. Files between the two are
removed whole, the oldest first; ``left_out`` tells which entries they held.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from civis_nb import config

__all__ = ["LogLine", "RunLogs"]

_MIB = 1 << 20
#: A log that is as long as it may be is made of so many files.
_FILES = 64
_MAX_MESSAGE_CHARS = 1 << 20
#: Of how many logs the end is remembered, so that it need not be looked for.
_REMEMBERED = 256
_TIME_CHARS = len("2026-01-31T12:00:00.000Z")
_LEVEL_CHARS = len("unknown")
_PREFIX_BYTES = _TIME_CHARS + 1 + _LEVEL_CHARS + 1
_ESCAPED = re.compile(rb"\\(.)")
_LEFT_OUT = "left_out"


class LogLine(NamedTuple):
    """An entry of a log."""

    id: int
    created_at: str
    level: str
    message: str


@dataclass
class _End:
    """Where a log goes on: the next id, and the last file with its size."""

    next_id: int
    path: Path
    file_bytes: int
    log_bytes: int


class _LeftOut(NamedTuple):
    """The entries that were removed from the middle of a log."""

    first: int
    last: int
    message_bytes: int
    created_at: str

    def note(self, limit_mib: int) -> LogLine:
        """Return the entry that stands in their place."""
        text = (
            f"[{self.last - self.first + 1:,} lines with {self.message_bytes:,} bytes were left "
            f"out here: a log keeps {limit_mib} MiB, half of them of its beginning and half of "
            "its end (setting log_limit_mib).]"
        )
        return LogLine(self.last, self.created_at, "warn", text)


class RunLogs:
    """The logs of all runs of a platform.

    Parameters
    ----------
    folder
        Where they are; made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        #: Entries of one log must not mix; writing takes less than the wait for a lock of its own.
        self._writing = threading.Lock()
        self._ends: OrderedDict[int, _End] = OrderedDict()

    def append(self, run_id: int, entries: Iterable[tuple[str, str, str]]) -> None:
        """Add entries (level, message, time) to a log, in their order, under the next ids.

        All of them or, when that fails, none.

        Raises
        ------
        OSError
            When the disk is full, or no file can be opened.
        """
        lines = [_line(*entry) for entry in entries]
        if not lines:
            return
        limit_bytes = config.get("log_limit_mib") * _MIB
        with self._writing:
            end = self._ends.pop(run_id, None) or self._found_end(run_id)
            written = [(end.path, end.file_bytes)]
            try:
                for piece in _pieces(lines, limit_bytes // _FILES):
                    if end.file_bytes >= limit_bytes // _FILES:
                        end.path = self._folder / str(run_id) / f"{end.next_id}.log"
                        end.file_bytes = 0
                        written.append((end.path, 0))
                    _write(end, piece)
            except OSError:
                _undo(written)
                raise
            if end.log_bytes > limit_bytes:
                try:
                    self._leave_out(run_id, end, limit_bytes)
                except OSError:
                    return  # the entries are there; with the next ones it is tried again
            self._ends[run_id] = end
            if len(self._ends) > _REMEMBERED:
                self._ends.popitem(last=False)

    def highest_id(self, run_id: int) -> int:
        """Return the id of the last entry of a log; 0 when it has none."""
        while True:
            try:
                parts, _gap = self._parts(run_id)
                return parts[-1][0] + _whole_lines(parts[-1][1]).count(b"\n") - 1 if parts else 0
            except FileNotFoundError:
                continue  # left out since it was listed: look again

    def after(self, run_id: int, last_id: int) -> Iterator[LogLine]:
        """Yield the entries with a higher id, in order."""
        while True:
            try:
                for entry in self._ascending(run_id, last_id):
                    last_id = entry.id
                    yield entry
                return
            except FileNotFoundError:
                continue

    def newest(self, run_id: int) -> Iterator[LogLine]:
        """Yield the entries, the last one first."""
        before = None
        while True:
            try:
                for entry in self._descending(run_id, before):
                    before = entry.id
                    yield entry
                return
            except FileNotFoundError:
                continue

    def _ascending(self, run_id: int, last_id: int) -> Iterator[LogLine]:
        """Yield the entries after an id, with a note in place of those that were left out."""
        parts, gap = self._parts(run_id)
        for at, (first, path) in enumerate(parts):
            if at + 1 < len(parts) and parts[at + 1][0] <= last_id + 1:
                continue
            if gap is not None and last_id < gap.last < first:
                yield gap.note(config.get("log_limit_mib"))
                gap = None
            yield from _entries(path, first, last_id)

    def _descending(self, run_id: int, before: int | None) -> Iterator[LogLine]:
        """Yield the entries before an id, the newest first, with a note as in `_ascending`."""
        parts, gap = self._parts(run_id)
        for first, path in reversed(parts):
            if gap is not None and first < gap.first and (before is None or before > gap.last):
                yield gap.note(config.get("log_limit_mib"))
                gap = None
            if before is None or first < before:
                entries = reversed(list(_entries(path, first, 0)))
                yield from (e for e in entries if before is None or e.id < before)

    def _parts(self, run_id: int) -> tuple[list[tuple[int, Path]], _LeftOut | None]:
        """Return the files of a log, each with the id of its first entry, and what is left out."""
        path = self._folder / f"{run_id}.log"
        if not path.exists():
            return [], None
        parts = self._listed(run_id)
        # Of two files that come meanwhile a listing can have the second one alone.
        while parts and (again := self._listed(run_id)) != parts:
            parts = again
        # A file that the record names is removed in a moment, or was to be when it was killed.
        gap = self._left_out(run_id) if parts else None
        kept = [p for p in parts if gap is None or not gap.first <= p[0] <= gap.last]
        return [(1, path), *kept], gap

    def _listed(self, run_id: int) -> list[tuple[int, Path]]:
        """Return the files of a log after its first one, in order."""
        try:
            children = list((self._folder / str(run_id)).iterdir())
        except FileNotFoundError:
            return []
        return sorted((int(child.stem), child) for child in children if child.suffix == ".log")

    def _left_out(self, run_id: int) -> _LeftOut | None:
        try:
            text = (self._folder / str(run_id) / _LEFT_OUT).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        return _LeftOut(*json.loads(text))

    def _found_end(self, run_id: int) -> _End:
        """Find where a log goes on; remove what is left of a line that was being written."""
        parts, _gap = self._parts(run_id)
        if not parts:
            return _End(1, self._folder / f"{run_id}.log", 0, 0)
        first, path = parts[-1]
        lines = _whole_lines(path)
        if len(lines) < path.stat().st_size:
            os.truncate(path, len(lines))
        log_bytes = sum(part.stat().st_size for _first, part in parts)
        return _End(first + lines.count(b"\n"), path, len(lines), log_bytes)

    def _leave_out(self, run_id: int, end: _End, limit_bytes: int) -> None:
        """Remove files after the beginning of a log, the oldest first, until it is short enough."""
        parts, gap = self._parts(run_id)
        for first, path in self._listed(run_id):
            if gap is not None and gap.first <= first <= gap.last:
                path.unlink()  # when it was to be, the process was killed
        head_bytes = 0
        for at, (first, path) in enumerate(parts[:-1]):
            size = path.stat().st_size
            is_head = head_bytes < limit_bytes // 2 if gap is None else first < gap.first
            if is_head:
                head_bytes += size
                continue
            lines = _whole_lines(path)
            count = lines.count(b"\n")
            messages = size - count * (_PREFIX_BYTES + 1) - len(_ESCAPED.findall(lines))
            last_time = lines[lines.rfind(b"\n", 0, -1) + 1 :][:_TIME_CHARS].decode()
            gap = _LeftOut(
                gap.first if gap else first,
                parts[at + 1][0] - 1,
                (gap.message_bytes if gap else 0) + messages,
                last_time,
            )
            record = self._folder / str(run_id) / _LEFT_OUT
            temporary = record.with_suffix(".new")
            temporary.write_text(json.dumps(gap), encoding="utf-8")
            temporary.replace(record)
            path.unlink()
            end.log_bytes -= size
            if end.log_bytes <= limit_bytes:
                return


def _line(level: str, message: str, created_at: str) -> bytes:
    """Return an entry as a line of a file; a message that is too long is cut, and says so.

    NUL and half surrogate pairs, which is no text, are replaced.
    """
    text = message.replace("\0", "\ufffd")
    left_out = len(text) - _MAX_MESSAGE_CHARS
    if left_out > 0:
        text = f"{text[:_MAX_MESSAGE_CHARS]} [{left_out:,} characters were left out here.]"
    if "\\" in text or "\n" in text:
        text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return f"{created_at:<{_TIME_CHARS}} {level:<{_LEVEL_CHARS}} {text}\n".encode(
        "utf-8", "replace"
    )


def _write(end: _End, lines: list[bytes]) -> None:
    """Append lines to the last file of a log."""
    if end.file_bytes == 0:
        end.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = b"".join(lines)
    with end.path.open("ab", buffering=0) as file:
        rest = memoryview(text)
        while rest:
            rest = rest[file.write(rest) :]
    end.next_id += len(lines)
    end.file_bytes += len(text)
    end.log_bytes += len(text)


def _undo(written: list[tuple[Path, int]]) -> None:
    """Restore the sizes that files had; needs neither space nor a free descriptor."""
    for path, size in written:
        with suppress(FileNotFoundError):
            if size:
                os.truncate(path, size)
            else:
                path.unlink()


def _entries(path: Path, first: int, last_id: int) -> Iterator[LogLine]:
    """Yield the entries of a file, whose first one has the id `first`, that are above `last_id`."""
    lines = _whole_lines(path).split(b"\n")
    start = max(last_id + 1 - first, 0)
    for number in range(start, len(lines) - 1):
        line = lines[number]
        message = line[_PREFIX_BYTES:]
        if b"\\" in message:
            message = _ESCAPED.sub(lambda m: b"\n" if m[1] == b"n" else m[1], message)
        yield LogLine(
            first + number,
            line[:_TIME_CHARS].decode(),
            line[_TIME_CHARS + 1 : _PREFIX_BYTES - 1].decode().rstrip(),
            message.decode(),
        )


def _whole_lines(path: Path) -> bytes:
    """Return the content of a file up to its last line end."""
    content = path.read_bytes()
    return content[: content.rfind(b"\n") + 1]


def _pieces(lines: list[bytes], max_bytes: int) -> Iterator[list[bytes]]:
    """Yield the lines in lists, none much longer than a file may be."""
    piece: list[bytes] = []
    size = 0
    for line in lines:
        piece.append(line)
        size += len(line)
        if size >= max_bytes:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece
