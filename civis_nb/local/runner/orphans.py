"""Processes that outlived what started them, or left their group (daemons, setsid)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import psutil

from civis_nb.local.runner.base import IDENTITY, StartedProcess

__all__ = ["end_sessions", "kill_processes_of", "process_started_at"]

#: How long a process that is asked to end, or killed, may take for it.
_END_WAIT_S = 5.0
_MAX_PASSES = 10
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
    # More than once: what is killed may have started others meanwhile.
    for _pass in range(_MAX_PASSES):
        killed = []
        for process in psutil.process_iter():
            # Other users' processes don't show theirs; some end meanwhile.
            with suppress(psutil.Error, OSError):
                if _identity(process.environ()) in wanted:
                    process.kill()
                    killed.append(process)
        if not killed:
            return
        psutil.wait_procs(killed, _END_WAIT_S)


def end_sessions(started: Sequence[StartedProcess]) -> None:
    """End supervisors that were started earlier, with all that they supervise.

    They have seen the end of the platform and are about to do so by themselves; those that do not
    are ended by force, and so is what is left in their sessions.
    """
    supervisors = [
        process
        for one in started
        if one.process_id is not None
        and (process := _same_process(one.process_id, one.started_at)) is not None
    ]
    for process in supervisors:
        with suppress(psutil.Error):
            process.terminate()
    _ended, alive = psutil.wait_procs(supervisors, _END_WAIT_S)
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
    if not hasattr(os, "getsid"):
        return
    sessions = {one.process_id: one for one in started if one.process_id is not None}
    if not sessions:
        return
    # The first process of the session is gone; what it started may still be there. Such a process
    # is known by the run in its environment: ids of sessions are used again.
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError, PermissionError):
            one = sessions.get(os.getsid(process.pid)) or sessions.get(os.getpgid(process.pid))
            if one is not None and _belongs(process, one):
                process.kill()


def _identity(environment: Mapping[str, str]) -> tuple[str | None, ...]:
    return tuple(environment.get(name) for name in IDENTITY)


def _same_process(pid: int, started_at: str | None) -> psutil.Process | None:
    """Return the process of an id if it is still the one that had it then."""
    try:
        process = psutil.Process(pid)
        found = process.create_time()
    except psutil.Error:
        return None
    if started_at is None or abs(found - float(started_at)) >= _SAME_START_S:
        return None
    return process


def _belongs(process: psutil.Process, started: StartedProcess) -> bool:
    return _identity(process.environ())[1:] == (str(started.job_id), str(started.run_id))
