"""What carries out the commands of jobs: `Executor`, and the plain data that it works with.

Nothing here knows jobs, runs or stores: an executor gets a `JobSpec`, writes to a log, watches a
token, and returns how the command ended.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from civis_nb.cancellation import CancelToken
from civis_nb.errors import CivisLocalError

__all__ = [
    "EXHAUSTED",
    "IDENTITY",
    "Ended",
    "Executor",
    "JobSpec",
    "LogWriter",
    "NotStartedError",
    "StartedProcess",
]

#: The variables that tell whose process it is; runs of other platforms have the same numbers.
IDENTITY = ("CIVIS_API_KEY", "CIVIS_JOB_ID", "CIVIS_RUN_ID")
#: What the system says when no more files can be opened.
EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE})


class NotStartedError(CivisLocalError):
    """Nothing of a command was started; the cause says why, and it may be tried again."""


@dataclass(frozen=True)
class JobSpec:
    """A command to be carried out, as plain data.

    Attributes
    ----------
    run_id
        The run that it belongs to.
    command
        The program and its arguments.
    environment
        All that the command sees of the environment; holds the platform's key, and the ids of
        job and run under ``CIVIS_JOB_ID`` and ``CIVIS_RUN_ID``.
    folder
        The working folder; it exists.
    files
        Contents to be written into the working folder before the start, by name.
    cancel_timeout_s
        Seconds between the request to end (TERM) and the end by force (KILL).
    """

    run_id: int
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    cancel_timeout_s: float = 0.0


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes
    ----------
    exit_code
        Its exit code; negative: the signal that ended it.
    last_error_line
        The last line on its standard error that is not blank.
    max_memory_mb, max_cpu_millicores
        The most that it used together with its children; None when it was too short to measure.
    """

    exit_code: int
    last_error_line: str
    max_memory_mb: float | None
    max_cpu_millicores: float | None


@dataclass(frozen=True)
class StartedProcess:
    """A process as it is stored, so that a restarted platform can end it.

    Attributes
    ----------
    job_id, run_id
        What it belongs to.
    process_id, started_at
        Its id and its start time, as `Executor` implementations report them; None when the run
        was not yet so far.
    """

    job_id: int
    run_id: int
    process_id: int | None
    started_at: str | None


class LogWriter(Protocol):
    """The log of a run."""

    def add(self, level: str, message: str) -> None:
        """Add an entry; ``level`` is info for standard output, error for standard error."""

    def tick(self) -> None:
        """Store what has waited long enough; called several times a second."""


class Executor(Protocol):
    """Carries out commands; all methods may be called from several threads at once."""

    def run(self, spec: JobSpec, log: LogWriter, cancel: CancelToken) -> Ended:
        """Run a command to its end.

        Standard output is logged as info, standard error as error, line by line. When `cancel` is
        cancelled, the command and all that it started get a request to end, and are ended by force
        ``cancel_timeout_s`` later. What a command leaves running is ended with it.

        Raises
        ------
        CivisLocalError
            When the command can't be started: a `NotStartedError` with the cause for what has
            nothing to do with the command, as files that can't be opened.
        """

    def end_orphans(self, processes: Sequence[StartedProcess], api_key: str) -> None:
        """End what is left of processes that an earlier platform started.

        Parameters
        ----------
        processes
            As that platform stored them.
        api_key
            The key in their environment.
        """
