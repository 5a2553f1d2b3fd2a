"""Scripts that run as processes: Python, and the commands of containers."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from civis_nb.errors import CivisLocalError
from civis_nb.local.runner.base import Ended, JobSpec, NotStartedError
from civis_nb.local.runs.environment import job_environment, working_folder
from civis_nb.local.runs.handlers.repository import clone
from civis_nb.local.runs.task import RunTask
from civis_nb.local.store.descriptors import is_exhausted

__all__ = ["run_container", "run_python3", "run_r"]

_MAX_ERROR_CHARS = 1000
#: Seconds between two attempts to start a command while too many files are open.
_DESCRIPTORS_WAIT_S = 0.1


def run_python3(task: RunTask) -> None:
    """Run the source of a Python script with the interpreter that runs the platform.

    Raises
    ------
    CivisLocalError
        When the script fails.
    OperationCancelledError
        When it was cancelled.
    """
    source = (task.body.get("source") or "").encode("utf-8", "replace")
    with working_folder(task) as folder:
        command = [sys.executable, "-u", str(folder / "script.py")]
        _run(task, command, folder, {"script.py": source})


def run_r(task: RunTask) -> None:
    """Run the source of an R script with the machine's Rscript.

    Raises
    ------
    CivisLocalError
        When the machine has no R, or the script fails.
    OperationCancelledError
        When it was cancelled.
    """
    source = (task.body.get("source") or "").encode("utf-8", "replace")
    program = shutil.which("Rscript", path=job_environment(task)["PATH"])
    if program is None:
        raise CivisLocalError(
            "This machine has no R: the program Rscript is not found. Install R, so that R scripts "
            "can run here."
        )
    with working_folder(task) as folder:
        _run(task, [program, str(folder / "script.R")], folder, {"script.R": source})


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
    with working_folder(task) as folder:
        if task.body.get("repo_http_uri"):
            clone(task, folder)
        _run(task, ["/bin/sh", "-c", command], folder, {})


def _run(task: RunTask, command: Sequence[str], folder: Path, files: Mapping[str, bytes]) -> None:
    """Run a command with the job's environment; keep what it used, and raise when it fails."""
    task.log_unused_arguments()
    is_waiting = False
    while True:
        task.cancel.raise_if_cancelled()
        try:
            ended = task.executor.run(_spec(task, command, folder, files), task.log, task.cancel)
            break
        except NotStartedError as error:
            cause = error.__cause__ or error
            if not is_exhausted(cause):
                raise cause from None
        if not is_waiting:
            task.log.warn(
                "Too many files are open on the local platform: this run starts once it can open "
                "its own. A higher limit (ulimit -n) lets more runs go on at once."
            )
        is_waiting = True
        task.cancel.wait(_DESCRIPTORS_WAIT_S)
    task.result["max_memory_usage"] = ended.max_memory_mb
    task.result["max_cpu_usage"] = ended.max_cpu_millicores
    task.cancel.raise_if_cancelled()
    if ended.exit_code != 0:
        raise CivisLocalError(_failure(ended))


def _spec(
    task: RunTask, command: Sequence[str], folder: Path, files: Mapping[str, bytes]
) -> JobSpec:
    """Return what the executor is to carry out."""
    try:
        environment = job_environment(task)
    except DatabaseError as error:
        raise NotStartedError("The arguments of the run can't be read.") from error
    return JobSpec(
        task.run_id,
        command,
        environment,
        folder,
        files,
        cancel_timeout_s=float(task.body.get("cancel_timeout") or 0),
    )


def _failure(ended: Ended) -> str:
    """Return the error of a command that did not succeed."""
    if ended.exit_code < 0:
        number = -ended.exit_code
        try:
            name = f" ({signal.Signals(number).name})"
        except ValueError:
            name = ""
        what = f"Process was ended by signal {number}{name}."
        if number == signal.SIGKILL:
            what += " The platform did not end it; the machine may have run out of memory."
    else:
        what = f"Process exited with code {ended.exit_code}."
    line = ended.last_error_line
    if len(line) > _MAX_ERROR_CHARS:
        line = f"{line[:_MAX_ERROR_CHARS]} … (the log has the rest)"
    return f"{what} {line}".rstrip()
