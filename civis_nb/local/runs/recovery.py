"""After a crash: what was active is told to have failed, what it left behind is ended."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Row

from civis_nb.local.http.auth import first_key
from civis_nb.local.runner.orphans import end_strays
from civis_nb.local.runs.jobs import fail_runs
from civis_nb.local.store import Store

__all__ = ["MESSAGE", "process_started_at", "recover"]

MESSAGE = "The local platform stopped while this run was active. Start it again."

#: The system tells start times to about a hundredth of a second, from a clock that may be set.
_SAME_START_S = 2.0


def process_started_at(pid: int) -> str | None:
    """Return the start time of a process as it is stored; None when it is gone."""
    try:
        return repr(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def recover(store: Store, runs_folder: Path | None = None) -> list[int]:
    """Fail all runs that are still active in `store`, and end what is left of their processes.

    To be called before the platform starts its runner, by the only platform on this state.

    Parameters
    ----------
    store
        What the platform remembers.
    runs_folder
        The folder of the runs' working folders, which are removed; None: beside the store.

    Returns
    -------
    list of int
        The ids of the runs.
    """
    rows = fail_runs(store, MESSAGE)
    folder = runs_folder or store.path.parent / "runs"
    for row in rows:
        _end_group(row)
        shutil.rmtree(folder / str(row.id), ignore_errors=True)
    end_strays(first_key(store), [(r.job_id, r.id) for r in rows if r.process_id is not None])
    return [row.id for row in rows]


def _end_group(row: Row[Any]) -> None:
    if row.process_id is None or not hasattr(os, "killpg"):
        return
    group = int(row.process_id)
    if _is_same_process(group, row.process_started_at):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
        return
    # The first process of the group is gone; what it started may still be there. Such a process
    # is known by the run that stands in its environment: ids of groups are used again.
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError, PermissionError):
            if os.getpgid(process.pid) == group and _belongs(process, row):
                process.kill()


def _is_same_process(pid: int, started_at: str | None) -> bool:
    found = process_started_at(pid)
    if found is None or started_at is None:
        return False
    return abs(float(found) - float(started_at)) < _SAME_START_S


def _belongs(process: psutil.Process, row: Row[Any]) -> bool:
    seen = process.environ()
    return (seen.get("CIVIS_JOB_ID"), seen.get("CIVIS_RUN_ID")) == (str(row.job_id), str(row.id))
