"""What a job's process sees: its folder and its environment."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from civis_nb.local.runs.parameters import environment
from civis_nb.local.runs.task import RunTask
from civis_nb.local.runs.user_keys import job_key

__all__ = ["job_environment", "remove_folder", "run_folder", "run_folders", "working_folder"]

#: What a job inherits from the platform's own environment. Nothing else: there may be secrets in
#: it, such as the key of another platform.
_INHERITED = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SYSTEMROOT",
)


_FOLDERS = "runs"


def run_folder(state: Path, run_id: int) -> Path:
    """Return the working folder of a run, in a state folder."""
    return state / _FOLDERS / str(run_id)


def run_folders(state: Path) -> list[Path]:
    """Return the working folders that there are in a state folder."""
    folders = state / _FOLDERS
    return list(folders.iterdir()) if folders.is_dir() else []


@contextmanager
def working_folder(task: RunTask) -> Iterator[Path]:
    """Create a run's working folder for the block, then remove it with all that is in it."""
    folder = run_folder(task.context.state, task.run_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        remove_folder(folder)


def remove_folder(folder: Path) -> None:
    """Remove the working folder of a run, also what the run has made read-only."""
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        return
    # What tools keep, such as modules of Go, nobody may write to: nor remove files from it.
    for place, names, _files in os.walk(folder):
        for name in names:
            below = Path(place, name)
            if not below.is_symlink():
                with suppress(OSError):
                    below.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def job_environment(task: RunTask) -> dict[str, str]:
    """Return the whole environment of a run's process (API protocol, 1.10 and 4.8).

    Raises
    ------
    CivisLocalError
        When an argument names a credential or a file that is not there.
    """
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    params = environment(
        task.context, task.body.get("params") or [], task.body.get("arguments") or {}, task.user_id
    )
    given = {param["name"] for param in task.body.get("params") or []}
    # A parameter called `path` is no reason to lose PATH; one called PATH is.
    result = {
        **inherited,
        **{k: v for k, v in params.items() if k not in inherited or k in given},
    }
    # `python` is the interpreter that runs the platform, so that civis_nb is there to import.
    programs = str(Path(sys.executable).parent)
    known = result.get("PATH", os.defpath).split(os.pathsep)
    if programs not in known:
        known.insert(0, programs)
    result |= {
        "PATH": os.pathsep.join(known),
        "PYTHONUNBUFFERED": "1",
        "CIVIS_API_KEY": job_key(task.context.store, task.user_id),
        "CIVIS_API_ENDPOINT": task.context.endpoint,
        "CIVIS_JOB_ID": str(task.job_id),
        "CIVIS_RUN_ID": str(task.run_id),
    }
    # Python would write its output in ASCII without a locale; the log is UTF-8.
    if not any(name in result for name in ("LANG", "LC_ALL", "LC_CTYPE")):
        result["LANG"] = "C.UTF-8"
    return result
