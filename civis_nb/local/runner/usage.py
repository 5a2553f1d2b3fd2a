"""How much memory and processor time a process and its children use."""

from __future__ import annotations

import time

import psutil

__all__ = ["UsageMeter"]

_FIRST_S = 0.05
_LONGEST_S = 1.0
_MB = 1024 * 1024
#: Shorter spans say more of the clock's steps than of the process.
_SPAN_S = 0.25
#: A process that has ended, or that can't be looked at because too many files are open: no reason
#: to fail its run.
_UNKNOWN = (psutil.Error, OSError)


class UsageMeter:
    """Measures a process at intervals, and keeps the highest values.

    Parameters
    ----------
    supervisor
        The process all of whose descendants count, and not itself.
    pid
        The most important of them.
    """

    def __init__(self, supervisor: int, pid: int | None) -> None:
        self._started = self._seen_at = time.monotonic()
        self._cpu_s = 0.0
        self._wait_s = _FIRST_S
        self._next = self._started
        self.max_memory_mb: float | None = None
        self.max_cpu_millicores: float | None = None
        try:
            self._supervisor: psutil.Process | None = psutil.Process(supervisor)
            self._process = psutil.Process(pid)
        except _UNKNOWN:
            self._supervisor = None

    def tick(self, *, idle: bool) -> None:
        """Measure, when it is time to: often at first, later once a second.

        Finding the children means going through all processes of the machine; that is done only
        when there is nothing to read.
        """
        now = time.monotonic()
        if self._supervisor is None or now < self._next:
            return
        self._wait_s = min(self._wait_s * 1.5, _LONGEST_S)
        self._next = now + self._wait_s
        try:
            members = self._supervisor.children(recursive=True) if idle else [self._process]
        except _UNKNOWN:
            return
        memory, cpu = 0, 0.0
        for member in members:
            try:
                memory += member.memory_info().rss
                times = member.cpu_times()
            except _UNKNOWN:
                continue
            cpu += times.user + times.system
        self.max_memory_mb = max(self.max_memory_mb or 0.0, round(memory / _MB, 1))
        self._measure_cpu(now, cpu)

    def _measure_cpu(self, now: float, cpu_s: float) -> None:
        """Keep the highest processor use between two measurements."""
        span = now - self._seen_at
        if span < _SPAN_S:
            return
        used = max(cpu_s - self._cpu_s, 0.0) / span * 1000
        self.max_cpu_millicores = max(self.max_cpu_millicores or 0.0, round(used, 1))
        self._seen_at, self._cpu_s = now, cpu_s

    def finish(self, cpu_s: float) -> None:
        """Add the processor seconds that the system counted in the end."""
        span = max(time.monotonic() - self._started, 0.01)
        mean = round(cpu_s / span * 1000, 1)
        self.max_cpu_millicores = max(self.max_cpu_millicores or 0.0, mean)
