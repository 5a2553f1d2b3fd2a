"""Processes that outlived what started them, or left their group (daemons, setsid)."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Mapping
from contextlib import suppress

import psutil

from civis_nb.local.runner.base import StartedProcess

__all__ = ["kill_group", "kill_processes_of", "process_started_at"]

#: The variables that tell whose process it is; runs of other platforms have the same numbers.
_IDENTITY = ("CIVIS_API_KEY", "CIVIS_JOB_ID", "CIVIS_RUN_ID")
#: The system reports start times to about a hundredth of a second, from a clock that may be set.
_SAME_START_S = 2.0


def process_started_at(pid: int) -> str | None:
    """Return the start time of a process as it is stored; None when it is gone."""
    try:
        return repr(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def kill_processes_of(environments: Iterable[Mapping[str, str]]) -> None:
    """Kill all processes that belong to the runs of some environments, wherever they went."""
    wanted = {_identity(environment) for environment in environments}
    # Without all of its variables a process is not known to be of any run.
    wanted = {identity for identity in wanted if None not in identity}
    if not wanted:
        return
    for process in psutil.process_iter():
        # Other users' processes don't show theirs; some end meanwhile.
        with suppress(psutil.Error, OSError):
            if _identity(process.environ()) in wanted:
                process.kill()


def kill_group(started: StartedProcess) -> None:
    """Kill the group of a process that was started earlier, if it is still that process's."""
    if not hasattr(os, "killpg"):
        return
    group = started.process_id
    if _is_same_process(group, started.started_at):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
        return
    # The first process of the group is gone; what it started may still be there. Such a process
    # is known by the run in its environment: ids of groups are used again.
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError, PermissionError):
            if os.getpgid(process.pid) == group and _belongs(process, started):
                process.kill()


def _identity(environment: Mapping[str, str]) -> tuple[str | None, ...]:
    return tuple(environment.get(name) for name in _IDENTITY)


def _is_same_process(pid: int, started_at: str | None) -> bool:
    """Return whether an id still belongs to the process that had it then."""
    found = process_started_at(pid)
    if found is None or started_at is None:
        return False
    return abs(float(found) - float(started_at)) < _SAME_START_S


def _belongs(process: psutil.Process, started: StartedProcess) -> bool:
    return _identity(process.environ())[1:] == (str(started.job_id), str(started.run_id))
