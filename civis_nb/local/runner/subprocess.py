"""Commands as processes with a supervisor: output into a log, all of them ended with the run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import psutil

from civis_nb.cancellation import STOPPED, CancelToken
from civis_nb.errors import CivisLocalError
from civis_nb.local.runner.base import (
    Ended,
    JobSpec,
    LogWriter,
    NotStartedError,
    StartedProcess,
)
from civis_nb.local.runner.command import SupervisedCommand
from civis_nb.local.runner.lines import LineSplitter
from civis_nb.local.runner.orphans import end_sessions, kill_processes_of, process_started_at
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
    """Runs commands as processes of this machine, each under a supervisor of its own.

    Parameters
    ----------
    on_start
        Called with a run's id, and the id and start time of its supervisor, before the command is
        started: whoever stores them can end all of it later.
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
        with _not_started():
            for name, content in spec.files.items():
                (spec.folder / name).write_bytes(content)
            streams = Streams()
            try:
                command = SupervisedCommand(spec, streams.writers)
            except BaseException:
                streams.close()
                raise
        with _Watch(command, streams, log, cancel, spec) as watch:
            with _not_started():
                streams.follow(command.pid)
                self._on_start(spec.run_id, command.pid, process_started_at(command.pid))
            command.start()
            return watch.until_end()

    def end_orphans(self, processes: Sequence[StartedProcess], api_key: str) -> None:
        """End what is left of processes of an earlier platform; see `base.Executor`."""
        end_sessions(processes)
        kill_processes_of(
            {
                "CIVIS_API_KEY": api_key,
                "CIVIS_JOB_ID": str(process.job_id),
                "CIVIS_RUN_ID": str(process.run_id),
            }
            for process in processes
        )


@contextmanager
def _not_started() -> Iterator[None]:
    """Raise NotStartedError for what goes wrong in the block, in which nothing is started yet."""
    try:
        yield
    except CivisLocalError:
        raise
    except Exception as error:
        raise NotStartedError(f"Nothing of the command was started: {error!r}") from error


class _Watch:
    """Watches one command from start to end."""

    def __init__(
        self,
        command: SupervisedCommand,
        streams: Streams,
        log: LogWriter,
        cancel: CancelToken,
        spec: JobSpec,
    ) -> None:
        self._command = command
        self._streams = streams
        self._splitters = {OUTPUT: LineSplitter(), ERROR: LineSplitter()}
        self._log = log
        self._cancel = cancel
        self._spec = spec
        self._kill_at: float | None = None
        self._checked_at = 0.0
        self._last_error_line = ""

    def __enter__(self) -> _Watch:
        self._unsubscribe = self._cancel.on_cancel(self._streams.wake)
        return self

    def __exit__(self, *_: object) -> None:
        self._unsubscribe()
        self._streams.close()
        # Only when watching failed does anything run: nothing of the job may outlive its run.
        self._command.close()

    def until_end(self) -> Ended:
        """Log the command's output until it ends; return how it ended."""
        meter = UsageMeter(self._command.pid, self._command.command_pid)
        while not self._has_exited():
            idle = not self._read(self._pause())
            self._log.tick()
            meter.tick(idle=idle)
            if self._kill_at is not None and time.monotonic() >= self._kill_at:
                self._command.kill()
                self._kill_at = None
        self._streams.close_writers()
        self._drain()
        report = self._command.collect()
        if not report.whole:
            # No Linux, or somebody has ended the supervisor: the environment tells whose they are.
            kill_processes_of([self._spec.environment])
        meter.finish(report.cpu_s)
        return Ended(
            report.exit_code,
            self._last_error_line,
            meter.max_memory_mb,
            meter.max_cpu_millicores,
        )

    def _pause(self) -> float:
        """Return how long to wait for output before the next check."""
        # With both pipes closed the end is near, and nothing else will announce it.
        pause = _CHECK_S if self._streams.open else _CHECK_S / 20
        if self._kill_at is not None:
            pause = min(pause, max(self._kill_at - time.monotonic(), 0))
        return pause

    def _has_exited(self) -> bool:
        """Return whether the supervisor has ended, the last of all; it is not collected by that."""
        ended = self._streams.process_has_ended()
        if ended is not None:
            return ended
        now = time.monotonic()
        if self._streams.open and now - self._checked_at < _CHECK_S / 2:
            return False
        self._checked_at = now
        try:
            return psutil.Process(self._command.pid).status() == psutil.STATUS_ZOMBIE
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
        """Request the end, and set the time of the end by force."""
        grace = self._spec.cancel_timeout_s
        if self._cancel.reason == STOPPED:
            grace = min(grace, _STOP_GRACE_S)
        self._command.terminate()
        kill_at = time.monotonic() + grace
        self._kill_at = kill_at if self._kill_at is None else min(self._kill_at, kill_at)

    def _drain(self) -> None:
        """Log what is still in the pipes."""
        deadline = time.monotonic() + _DRAIN_S
        while self._streams.open and time.monotonic() < deadline:
            self._read(max(deadline - time.monotonic(), 0))
        for level, splitter in self._splitters.items():
            for line in splitter.finish():
                self._log_line(level, line)
