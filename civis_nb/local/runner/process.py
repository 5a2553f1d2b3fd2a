"""A command as a child process: its own group, its output into a log, its end on demand."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from civis_nb.cancellation import STOPPED, CancelToken
from civis_nb.errors import CivisLocalError
from civis_nb.local.runner.lines import LineSplitter
from civis_nb.local.runner.streams import ERROR, OUTPUT, Streams
from civis_nb.local.runner.usage import UsageMeter
from civis_nb.local.runs.logs import RunLog

__all__ = ["Ended", "run_process"]

#: How often a silent process is looked at.
_LOOK_S = 0.1
#: How long output is still read after the process's end: something else may hold the pipe open.
_DRAIN_S = 1.0
#: A platform that stops does not wait for a job's own timeout.
_STOP_GRACE_S = 2.0


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes
    ----------
    code
        Its exit code; negative: the signal that ended it.
    last_error_line
        The last line on its standard error that is not blank.
    max_memory_mb, max_cpu_millicores
        The most that it used together with its children; None when it was too short to see.
    """

    code: int
    last_error_line: str
    max_memory_mb: float | None
    max_cpu_millicores: float | None


def run_process(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    log: RunLog,
    cancel: CancelToken,
    cancel_timeout_s: float = 0.0,
    started: Callable[[int], None] = lambda _pid: None,
) -> Ended:
    """Run a command to its end and give how it ended.

    Standard output is logged as info, standard error as error. When `cancel` is cancelled,
    the whole process group gets TERM, and KILL `cancel_timeout_s` seconds later. What the command
    leaves running in its group is ended with it, as in a container.

    Parameters
    ----------
    command, folder, environment
        What to run, where, and all that it sees of the environment.
    log, cancel
        Where output goes, and what ends the command early.
    cancel_timeout_s
        Seconds between TERM and KILL.
    started
        Called with the process's id as soon as it exists.

    Raises
    ------
    CivisLocalError
        When the command can't be started.
    """
    streams = Streams()
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=streams.writers[0],
            stderr=streams.writers[1],
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        streams.close()
        raise CivisLocalError(f"The command {command[0]!r} can't be started: {error}.") from error
    streams.follow(process.pid)
    with _Supervisor(process, streams, log, cancel, cancel_timeout_s) as supervisor:
        started(process.pid)
        return supervisor.watch()


class _Supervisor:
    """Watches one child process from start to end."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        streams: Streams,
        log: RunLog,
        cancel: CancelToken,
        cancel_timeout_s: float,
    ) -> None:
        self._process = process
        self._streams = streams
        self._splitters = {OUTPUT: LineSplitter(), ERROR: LineSplitter()}
        self._log = log
        self._cancel = cancel
        self._timeout_s = cancel_timeout_s
        self._meter = UsageMeter(process.pid)
        self._kill_at: float | None = None
        self._looked_at = 0.0
        self._last_error_line = ""

    def __enter__(self) -> _Supervisor:
        self._unsubscribe = self._cancel.on_cancel(self._streams.wake)
        return self

    def __exit__(self, *_: object) -> None:
        self._unsubscribe()
        self._streams.close()
        if self._process.returncode is None:
            # Only when watching failed: nothing of the job may outlive its run.
            self._signal(signal.SIGKILL)
            self._process.wait()

    def watch(self) -> Ended:
        while not self._has_exited():
            idle = not self._read(self._pause())
            self._log.tick()
            self._meter.tick(idle=idle)
            if self._kill_at is not None and time.monotonic() >= self._kill_at:
                self._signal(signal.SIGKILL)
                self._kill_at = None
        self._streams.close_writers()
        # While the dead process is not yet collected its id, and so its group, can't be another's.
        self._signal(signal.SIGKILL)
        self._drain()
        code, cpu_s = self._collect()
        self._meter.finish(cpu_s)
        return Ended(
            code,
            self._last_error_line,
            self._meter.max_memory_mb,
            self._meter.max_cpu_millicores,
        )

    def _pause(self) -> float:
        # With both pipes closed the end is near, and nothing else will tell of it.
        pause = _LOOK_S if self._streams.open else _LOOK_S / 20
        if self._kill_at is not None:
            pause = min(pause, max(self._kill_at - time.monotonic(), 0))
        return pause

    def _has_exited(self) -> bool:
        ended = self._streams.process_has_ended()
        if ended is not None:
            return ended
        now = time.monotonic()
        if self._streams.open and now - self._looked_at < _LOOK_S / 2:
            return False
        self._looked_at = now
        try:
            return psutil.Process(self._process.pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    def _read(self, timeout_s: float) -> bool:
        """Wait for output and take it; False when there was none."""
        any_output = False
        for level, data in self._streams.read(timeout_s):
            any_output = True
            splitter = self._splitters[level]
            for line in splitter.feed(data) if data else splitter.finish():
                self._note(level, line)
        if self._streams.woken:
            self._streams.woken = False
            self._begin_end()
        return any_output

    def _note(self, level: str, line: str) -> None:
        self._log.add(level, line)
        if level == "error" and line.strip():
            self._last_error_line = line.strip()

    def _begin_end(self) -> None:
        grace = self._timeout_s
        if self._cancel.reason == STOPPED:
            grace = min(grace, _STOP_GRACE_S)
        self._signal(signal.SIGTERM)
        kill_at = time.monotonic() + grace
        self._kill_at = kill_at if self._kill_at is None else min(self._kill_at, kill_at)

    def _signal(self, number: int) -> None:
        # Gone already, or (macOS) all of the group are dead and not yet collected.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _drain(self) -> None:
        deadline = time.monotonic() + _DRAIN_S
        while self._streams.open and time.monotonic() < deadline:
            self._read(max(deadline - time.monotonic(), 0))
        for level, splitter in self._splitters.items():
            for line in splitter.finish():
                self._note(level, line)

    def _collect(self) -> tuple[int, float]:
        _pid, status, usage = os.wait4(self._process.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        self._process.returncode = code
        return code, usage.ru_utime + usage.ru_stime
