"""Two output streams of a process, read in the order in which it wrote to them.

Two pipes have no common order, so the order has to be kept while it is there. On Linux each pipe
starts with room for a single write, and the reader is notified of writes in the order of
writing (edge-triggered epoll). A process that writes faster than it is read gets usual pipes
after a while: from then on nothing slows it down, and the order between its two streams is kept
as well as may be.
"""

from __future__ import annotations

import fcntl
import os
import select
import selectors
import threading
from collections.abc import Iterator
from contextlib import suppress

from civis_nb.local.runner.base import EXHAUSTED

__all__ = ["ERROR", "OUTPUT", "Streams"]

OUTPUT = "info"
ERROR = "error"

_READ_BYTES = 64 * 1024
#: So many times a process may write faster than it is read; then its pipes become wide.
_STRICT_READS = 300
#: How much of one stream is read before the other one has its turn.
_READS_IN_A_ROW = 16
_WIDE_BYTES = 64 * 1024
_HAS_EPOLL = hasattr(select, "epoll")


class Streams:
    """The reading ends of a process's standard output and error, and notice of its end.

    Attributes
    ----------
    writers
        The writing ends, for the process.
    woken
        Whether `wake` was called since this was last set to False.
    """

    def __init__(self) -> None:
        pairs: list[tuple[int, int, bool]] = []
        try:
            for _ in range(2):
                pairs.append(_narrow_pipe())
            pairs.append((*os.pipe(), True))
            self._poller = _EdgePoller() if _HAS_EPOLL else _LevelPoller()
        except OSError:
            # Too many files are open: least of all now may those stay that were opened here.
            for read, write, _strict in pairs:
                os.close(read)
                os.close(write)
            raise
        self._wake_read, self._wake_write, _ = pairs.pop()
        self.writers = [write for _read, write, _strict in pairs]
        self._strict = all(strict for _read, _write, strict in pairs)
        self._budget = _STRICT_READS
        self._process: int | None = None
        self._levels = {pairs[0][0]: OUTPUT, pairs[1][0]: ERROR}
        self._wake_lock = threading.Lock()
        self._closed = False
        for descriptor in (*self._levels, self._wake_read):
            os.set_blocking(descriptor, False)
            self._poller.register(descriptor)
        #: Those that may hold more than was read: their edge has been seen already.
        self._unfinished: list[int] = []
        self.woken = False

    @property
    def open(self) -> bool:
        """Whether anything can still come."""
        return bool(self._levels)

    def follow(self, pid: int) -> None:
        """Watch the process that now has the writing ends."""
        try:
            self._process = os.pidfd_open(pid)
            self._poller.register(self._process)
        except AttributeError:
            pass
        except OSError as error:
            if error.errno in EXHAUSTED:
                raise
        if not self._strict or self._process is None:
            # Where the system does not report the process's end, the end of its output shows it,
            # and that does not come while a writing end is open here.
            self._widen()

    def process_has_ended(self) -> bool | None:
        """Return whether the process has ended; None where the system does not report it."""
        if self._process is None:
            return None
        poll = select.poll()
        poll.register(self._process, select.POLLIN)
        return bool(poll.poll(0))

    def close_writers(self) -> None:
        """Close the writing ends: only the process holds them from now on."""
        for descriptor in self.writers:
            os.close(descriptor)
        self.writers = []

    def close(self) -> None:
        """Close everything."""
        self.close_writers()
        with self._wake_lock:
            self._closed = True
        self._poller.close()
        for descriptor in (*self._levels, self._wake_read, self._wake_write):
            os.close(descriptor)
        self._levels = {}
        if self._process is not None:
            os.close(self._process)

    def wake(self) -> None:
        """End a `read` that waits; from any thread."""
        with self._wake_lock:
            # Once closed, the number may be that of any other file.
            if not self._closed:
                os.write(self._wake_write, b"!")

    def read(self, timeout_s: float) -> Iterator[tuple[str, bytes]]:
        """Wait, and yield what was written: the stream's level and bytes, none at its end."""
        ready = self._poller.wait(0)
        if ready:
            self._fall_behind()
        elif not self._unfinished:
            ready = self._poller.wait(timeout_s)
        if not ready and not self._unfinished:
            ready = self._missed()
        ready += [descriptor for descriptor in self._unfinished if descriptor not in ready]
        self._unfinished = []
        for descriptor in ready:
            if descriptor == self._wake_read:
                self.woken = True
                with suppress(BlockingIOError):
                    os.read(descriptor, _READ_BYTES)
            elif descriptor in self._levels:
                yield from self._read_some(descriptor)

    def _missed(self) -> list[int]:
        """Return what can be read although no write was reported; nothing should be there."""
        poll = select.poll()
        for descriptor in self._levels:
            poll.register(descriptor, select.POLLIN)
        readable = [descriptor for descriptor, _event in poll.poll(0)]
        # What was written meanwhile is reported now, and in the order of writing.
        return self._poller.wait(0) or readable

    def _read_some(self, descriptor: int) -> Iterator[tuple[str, bytes]]:
        """Yield what one stream has; closes it at its end."""
        level = self._levels[descriptor]
        for _turn in range(1 if self._strict else _READS_IN_A_ROW):
            try:
                data = os.read(descriptor, _READ_BYTES)
            except BlockingIOError:
                return
            if not data:
                self._poller.unregister(descriptor)
                del self._levels[descriptor]
                os.close(descriptor)
                yield level, b""
                return
            yield level, data
        if not self._strict or descriptor in self._poller.hung_up:
            self._unfinished.append(descriptor)

    def _fall_behind(self) -> None:
        """Count a write that was faster than the reader; widen the pipes after many of them."""
        self._budget -= 1
        if self._strict and self._budget <= 0:
            self._widen()

    def _widen(self) -> None:
        """Set the pipes to their usual size, at the cost of the order between the two."""
        for descriptor in self.writers if self._strict else ():
            # Refused where a user may hold few pages in pipes: it stays slow, and right.
            with suppress(OSError):
                flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
                fcntl.fcntl(descriptor, fcntl.F_SETFL, flags & ~os.O_DIRECT)
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _WIDE_BYTES)
        self._strict = False
        self._unfinished = list(self._levels)
        self.close_writers()


def _narrow_pipe() -> tuple[int, int, bool]:
    """Return the ends of a new pipe, and whether it holds one write only, as the system allows."""
    if not _HAS_EPOLL:
        return *os.pipe(), False
    try:
        read, write = os.pipe2(os.O_CLOEXEC | os.O_DIRECT)
    except (AttributeError, OSError):
        return *os.pipe(), False
    try:
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError):
        return read, write, False
    return read, write, True


class _EdgePoller:
    """Reports each write once, in the order of writing."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self.hung_up: set[int] = set()

    def register(self, descriptor: int) -> None:
        self._epoll.register(descriptor, select.EPOLLIN | select.EPOLLET)

    def unregister(self, descriptor: int) -> None:
        self._epoll.unregister(descriptor)

    def wait(self, timeout_s: float) -> list[int]:
        events = self._epoll.poll(timeout_s)
        self.hung_up |= {number for number, event in events if event & select.EPOLLHUP}
        return [descriptor for descriptor, _event in events]

    def close(self) -> None:
        self._epoll.close()


class _LevelPoller:
    """Reports what can be read, where there is no epoll."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self.hung_up: set[int] = set()

    def register(self, descriptor: int) -> None:
        self._selector.register(descriptor, selectors.EVENT_READ)

    def unregister(self, descriptor: int) -> None:
        self._selector.unregister(descriptor)

    def wait(self, timeout_s: float) -> list[int]:
        return [int(key.fd) for key, _events in self._selector.select(timeout_s)]

    def close(self) -> None:
        self._selector.close()
