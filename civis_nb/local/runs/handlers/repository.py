"""Git repositories of container scripts: those that are reachable without a network."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

from civis_nb._wire_text import masked_url
from civis_nb.errors import CivisLocalError
from civis_nb.local.runner.base import JobSpec
from civis_nb.local.runs.environment import job_environment
from civis_nb.local.runs.task import RunTask

__all__ = ["clone", "local_path"]


def clone(task: RunTask, folder: Path) -> None:
    """Clone the script's repository to ``app`` in `folder`, at the ref that the script names.

    Raises
    ------
    CivisLocalError
        When the repository is not on this machine, or git can't clone it.
    OperationCancelledError
        When the run was cancelled meanwhile.
    """
    address = str(task.body["repo_http_uri"])
    ref = task.body.get("repo_ref")
    source = local_path(address)
    if source is None:
        raise CivisLocalError(
            f"The repository {masked_url(address)} can't be cloned: the local platform works "
            "offline. Give repoHttpUri the path of a git repository on this machine, or a "
            "file:// URL."
        )
    if not source.is_dir():
        raise CivisLocalError(f"The repository {source} can't be cloned: there is no such folder.")
    if shutil.which("git") is None:
        raise CivisLocalError("The repository can't be cloned: this machine has no git.")
    if ref and str(ref).startswith("-"):
        raise CivisLocalError(f"repoRef can't be {ref!r}: no branch, tag or commit is called so.")
    target = folder / "app"
    _git(task, folder, "clone", "--quiet", "--no-hardlinks", "--", str(source), str(target))
    if ref:
        # A branch of the source is a remote branch of the clone; tags and commits are as they are.
        _git(
            task,
            target,
            "-c",
            "advice.detachedHead=false",
            "checkout",
            "--quiet",
            str(ref),
            "--",
        )
    task.log.info(f"The repository {source} was cloned to ./app" + (f" at {ref}." if ref else "."))


def local_path(address: str) -> Path | None:
    """Return the folder of a repository on this machine; None when `address` is elsewhere."""
    if address.startswith("file://"):
        return Path(unquote(urlsplit(address).path))
    path = Path(address).expanduser()
    return path if path.is_absolute() else None


def _git(task: RunTask, folder: Path, *arguments: str) -> None:
    """Run git, and raise when it fails."""
    environment = {**job_environment(task), "GIT_TERMINAL_PROMPT": "0"}
    spec = JobSpec(task.run_id, ["git", *arguments], environment, folder)
    ended = task.executor.run(spec, task.log, task.cancel)
    task.cancel.raise_if_cancelled()
    if ended.exit_code != 0:
        raise CivisLocalError(
            f"The repository can't be cloned: git exited with code {ended.exit_code}. "
            f"{ended.last_error_line}".rstrip()
        )
