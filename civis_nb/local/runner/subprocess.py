"""Commands as child processes: a group of their own, output into a log, ended on demand."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import psutil

from civis_nb.cancellation import STOPPED, CancelToken
from civis_nb.errors import CivisLocalError
from civis_nb.local.runner.base import Ended, JobSpec, LogWriter, StartedProcess
from civis_nb.local.runner.lines import LineSplitter
from civis_nb.local.runner.orphans import kill_group, kill_processes_of, process_started_at
from civis_nb.local.runner.streams import ERROR, OUTPUT, Streams
from civis_nb.local.runner.usage import UsageMeter

__all__ = ["SubprocessExecutor"]

#: Seconds between two checks of a silent process.
_CHECK_S = 0.1
#: How long output is still read after the process's end: something else may hold the pipe open.
_DRAIN_S = 1.0
#: A platform that stops does not wait for a job's own timeout.
_STOP_GRACE_S = 2.0


class SubprocessExecutor:
    """Runs commands as child processes of this one.

    Parameters
    ----------
    on_start
        Called with a run's id, and the id and start time of its process, as soon as it exists.
    """

    def __init__(
        self, on_start: Callable[[int, int, str | None], None] = lambda _run, _pid, _time: None
    ) -> None:
        self._on_start = on_start

    def run(self, spec: JobSpec, log: LogWriter, cancel: CancelToken) -> Ended:
        """Run a command to its end; see `base.Executor.run`.

        Raises
        ------
        CivisLocalError
            When the command can't be started.
        """
        for name, content in spec.files.items():
            (spec.folder / name).write_bytes(content)
        streams = Streams()
        try:
            process = subprocess.Popen(
                spec.command,
                cwd=spec.folder,
                env=dict(spec.environment),
                stdin=subprocess.DEVNULL,
                stdout=streams.writers[0],
                stderr=streams.writers[1],
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            streams.close()
            raise CivisLocalError(
                f"The command {spec.command[0]!r} can't be started: {error}."
            ) from error
        streams.follow(process.pid)
        with _Supervisor(process, streams, log, cancel, spec.cancel_timeout_s) as supervisor:
            self._on_start(spec.run_id, process.pid, process_started_at(process.pid))
            ended = supervisor.watch()
        if cancel.cancelled:
            kill_processes_of([spec.environment])
        return ended

    def end_orphans(self, processes: Sequence[StartedProcess], api_key: str) -> None:
        """End what is left of processes of an earlier platform; see `base.Executor`."""
        for process in processes:
            kill_group(process)
        kill_processes_of(
            {
                "CIVIS_API_KEY": api_key,
                "CIVIS_JOB_ID": str(process.job_id),
                "CIVIS_RUN_ID": str(process.run_id),
            }
            for process in processes
        )


class _Supervisor:
    """Watches one child process from start to end."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        streams: Streams,
        log: LogWriter,
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
        self._checked_at = 0.0
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
        """Log the process's output until it ends; return how it ended."""
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
        """Return how long to wait for output before the next check."""
        # With both pipes closed the end is near, and nothing else will announce it.
        pause = _CHECK_S if self._streams.open else _CHECK_S / 20
        if self._kill_at is not None:
            pause = min(pause, max(self._kill_at - time.monotonic(), 0))
        return pause

    def _has_exited(self) -> bool:
        """Return whether the process has ended; it is not collected by that."""
        ended = self._streams.process_has_ended()
        if ended is not None:
            return ended
        now = time.monotonic()
        if self._streams.open and now - self._checked_at < _CHECK_S / 2:
            return False
        self._checked_at = now
        try:
            return psutil.Process(self._process.pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    def _read(self, timeout_s: float) -> bool:
        """Wait for output and log it; return False when there was none."""
        any_output = False
        for level, data in self._streams.read(timeout_s):
            any_output = True
            splitter = self._splitters[level]
            for line in splitter.feed(data) if data else splitter.finish():
                self._log_line(level, line)
        if self._streams.woken:
            self._streams.woken = False
            self._terminate()
        return any_output

    def _log_line(self, level: str, line: str) -> None:
        """Log a line of output, and keep the last one of standard error."""
        self._log.add(level, line)
        if level == "error" and line.strip():
            self._last_error_line = line.strip()

    def _terminate(self) -> None:
        """Send TERM to the group, and set the time of KILL."""
        grace = self._timeout_s
        if self._cancel.reason == STOPPED:
            grace = min(grace, _STOP_GRACE_S)
        self._signal(signal.SIGTERM)
        kill_at = time.monotonic() + grace
        self._kill_at = kill_at if self._kill_at is None else min(self._kill_at, kill_at)

    def _signal(self, number: int) -> None:
        """Send a signal to the process group; one that is gone is no error."""
        # Gone already, or (macOS) all of the group are dead and not yet collected.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _drain(self) -> None:
        """Log what is still in the pipes."""
        deadline = time.monotonic() + _DRAIN_S
        while self._streams.open and time.monotonic() < deadline:
            self._read(max(deadline - time.monotonic(), 0))
        for level, splitter in self._splitters.items():
            for line in splitter.finish():
                self._log_line(level, line)

    def _collect(self) -> tuple[int, float]:
        """Return the exit code of the ended process and the processor seconds it used."""
        _pid, status, usage = os.wait4(self._process.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        self._process.returncode = code
        return code, usage.ru_utime + usage.ru_stime
