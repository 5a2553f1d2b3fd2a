"""One command under its supervisor, as the executor sees it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from civis_nb.errors import CivisLocalError
from civis_nb.local.runner.base import EXHAUSTED, IDENTITY, JobSpec

__all__ = ["SupervisedCommand", "SupervisorReport"]

_PROGRAM = str(Path(__file__).with_name("supervisor.py"))
#: What the supervisor's own interpreter may need.
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
_END_WAIT_S = 10.0


@dataclass(frozen=True)
class SupervisorReport:
    """How a command ended.

    Attributes
    ----------
    exit_code
        Its exit code; negative: the signal that ended it.
    cpu_s
        The processor seconds of the command and of what it started.
    whole
        Whether it is certain that none of its processes is left.
    """

    exit_code: int
    cpu_s: float
    whole: bool


class SupervisedCommand:
    """A command and its supervisor, which waits for `start`.

    Parameters
    ----------
    spec
        The command.
    writers
        The descriptors of its standard output and standard error; they stay open here.

    Attributes
    ----------
    pid
        The id of the supervisor, which leads the session of all processes of the command.
    command_pid
        The id of the command's own process, once it is started.
    """

    def __init__(self, spec: JobSpec, writers: list[int]) -> None:
        self._spec = spec
        self._reports, report = os.pipe()
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        environment |= {k: spec.environment[k] for k in IDENTITY if k in spec.environment}
        try:
            # Its requests come on a pipe that no other process has: when this one ends, however,
            # the supervisor sees the end of the pipe, and ends the command.
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", _PROGRAM, str(report)],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=writers[0],
                stderr=writers[1],
                pass_fds=[report],
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            os.close(self._reports)
            if error.errno in EXHAUSTED:
                raise
            raise CivisLocalError(
                f"The supervisor of run {spec.run_id} can't be started: {error}."
            ) from error
        finally:
            os.close(report)
        self.pid = self._process.pid
        self.command_pid: int | None = None

    def start(self) -> None:
        """Start the command.

        Raises
        ------
        CivisLocalError
            When it can't be started.
        """
        spec = self._spec
        with suppress(BrokenPipeError):  # the missing report says so
            _write(self._requests, _message(spec))
        word, _, number = self._line().partition(" ")
        if word == "started":
            self.command_pid = int(number)
            return
        reason = (
            OSError(int(number), os.strerror(int(number)))
            if word == "failed"
            else "its supervisor has ended"
        )
        raise CivisLocalError(f"The command {spec.command[0]!r} can't be started: {reason}.")

    def terminate(self) -> None:
        """Request the end of the command and of all that it started (TERM)."""
        self._request(b"T")

    def kill(self) -> None:
        """End the command, and all that it started, by force (KILL)."""
        self._request(b"K")
        with suppress(ProcessLookupError):
            # A command may have stopped its supervisor; it may even have killed it.
            self._process.send_signal(signal.SIGCONT)

    def collect(self) -> SupervisorReport:
        """Return how the command ended, once its supervisor has ended."""
        words = self._line().split()
        code = self._process.wait()
        self.close()
        if words[:1] != ["ended"]:
            return SupervisorReport(code, 0.0, whole=False)
        return SupervisorReport(int(words[1]), float(words[2]), whole=words[3] == "1")

    def close(self) -> None:
        """End what still runs, and close all descriptors; a second time it does nothing."""
        self._requests.close()
        if self._process.returncode is None:
            try:
                self._process.wait(_END_WAIT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._reports >= 0:
            os.close(self._reports)
            self._reports = -1

    @property
    def _requests(self) -> IO[bytes]:
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        return self._process.stdin

    def _request(self, letter: bytes) -> None:
        with suppress(BrokenPipeError):  # it has ended
            self._requests.write(letter)

    def _line(self) -> str:
        """Read a line of the supervisor's reports; empty when it has ended without one."""
        line = b""
        while not line.endswith(b"\n") and (byte := os.read(self._reports, 1)):
            line += byte
        return line.decode().strip()


def _message(spec: JobSpec) -> bytes:
    """Return a command as its supervisor reads it.

    Raises
    ------
    CivisLocalError
        When a word or a variable holds a NUL, which no command can have.
    """
    words = [os.fsencode(word) for word in spec.command]
    variables = [os.fsencode(f"{name}={value}") for name, value in spec.environment.items()]
    fields = [os.fsencode(spec.folder), str(len(words)).encode(), *words, *variables]
    if any(b"\0" in field for field in fields):
        raise CivisLocalError(
            f"The command {spec.command[0]!r} can't be started: a NUL character is in it, or in "
            "an environment variable (a parameter of the job)."
        )
    content = b"\0".join(fields)
    return b"%d\n" % len(content) + content


def _write(file: IO[bytes], data: bytes) -> None:
    """Write all of some data to an unbuffered file."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
