"""Scripts that run as processes: Python, and the commands of containers."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import update

from civis_nb.errors import CivisLocalError
from civis_nb.local.runner.environment import job_environment, job_folder
from civis_nb.local.runner.orphans import end_strays
from civis_nb.local.runner.process import Ended, run_process
from civis_nb.local.runner.repository import clone
from civis_nb.local.runs.recovery import process_started_at
from civis_nb.local.runs.task import RunTask
from civis_nb.local.store.schema import job_runs

__all__ = ["run_container", "run_python3"]

_MAX_SAID_CHARS = 1000


def run_python3(task: RunTask) -> None:
    """Run the source of a Python script with the interpreter that runs the platform.

    Raises
    ------
    CivisLocalError
        When the script fails.
    OperationCancelledError
        When it was cancelled.
    """
    folder = job_folder(task)
    try:
        script = folder / "script.py"
        script.write_text(task.body.get("source") or "", encoding="utf-8", errors="replace")
        _run(task, [sys.executable, "-u", str(script)], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_container(task: RunTask) -> None:
    """Run the command of a container script with this machine's programs.

    Raises
    ------
    CivisLocalError
        When there is no command, its repository can't be cloned, or it fails.
    OperationCancelledError
        When it was cancelled.
    """
    command = task.body.get("docker_command")
    image = task.body.get("docker_image_name")
    tag = task.body.get("docker_image_tag")
    named = f"The image {image}:{tag or 'latest'} is not used" if image else "No image is used"
    task.log.info(
        f"{named}: the local platform has no container engine. The command runs with this "
        "machine's programs."
    )
    if not command or not command.strip():
        raise CivisLocalError(
            "This container script has no dockerCommand, and the local platform can't run an "
            "image's own entry point. Give it a dockerCommand."
        )
    folder = job_folder(task)
    try:
        if task.body.get("repo_http_uri"):
            clone(task, folder)
        _run(task, ["/bin/sh", "-c", command], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(task: RunTask, command: Sequence[str], folder: Path) -> None:
    environment = job_environment(task)
    task.cancel.raise_if_cancelled()
    ended = run_process(
        command,
        folder=folder,
        environment=environment,
        log=task.log,
        cancel=task.cancel,
        cancel_timeout_s=float(task.body.get("cancel_timeout") or 0),
        started=lambda pid: _remember(task, pid),
    )
    task.result["max_memory_usage"] = ended.max_memory_mb
    task.result["max_cpu_usage"] = ended.max_cpu_millicores
    if task.cancel.cancelled:
        end_strays(task.context.api_key, [(task.job_id, task.run_id)])
    task.cancel.raise_if_cancelled()
    if ended.code != 0:
        raise CivisLocalError(_failure(ended))


def _remember(task: RunTask, pid: int) -> None:
    values = {"process_id": pid, "process_started_at": process_started_at(pid)}
    with task.context.store.begin() as connection:
        connection.execute(update(job_runs).where(job_runs.c.id == task.run_id).values(**values))


def _failure(ended: Ended) -> str:
    if ended.code < 0:
        number = -ended.code
        try:
            name = f" ({signal.Signals(number).name})"
        except ValueError:
            name = ""
        what = f"Process was ended by signal {number}{name}."
        if number == signal.SIGKILL:
            what += " Nobody asked the platform for it; the machine may have run out of memory."
    else:
        what = f"Process exited with code {ended.code}."
    said = ended.last_error_line
    if len(said) > _MAX_SAID_CHARS:
        said = f"{said[:_MAX_SAID_CHARS]} … (the log has the rest)"
    return f"{what} {said}".rstrip()
