"""Files of records in git: repositories on this machine are read and committed to with git."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from fastapi import Request
from sqlalchemy import Connection, Row, select

from civis_nb._wire_text import masked_url
from civis_nb.local.context import User, context_of
from civis_nb.local.errors import Conflict, Invalid, NotFound, NotSupported
from civis_nb.local.http.wire import Wire, given
from civis_nb.local.records.fields import View
from civis_nb.local.records.resource import Operation
from civis_nb.local.records.sharing import Shareable
from civis_nb.local.records.storage import insert_record, set_body
from civis_nb.local.runs.handlers.repository import local_path
from civis_nb.local.store.schema import records

__all__ = ["checked_out", "register_repository", "repository_id", "versioned"]

_REPOSITORIES = "git_repos"
_TIMEOUT_S = 60
#: What git writes between the fields of a commit.
_SEPARATOR = "\x1f"


class GitRepository(Wire):
    """A git repository."""

    id: int
    repo_url: str
    created_at: str
    updated_at: str


class Git(Wire):
    """Where the file of an object is in git; all null when it is in none."""

    git_ref: str | None
    git_branch: str | None
    git_path: str | None
    git_repo: GitRepository | None
    git_ref_type: str | None
    pull_from_git: bool | None


class GitBody(Wire):
    """Where the file of an object is to be in git."""

    git_ref: str | None = None
    git_branch: str | None = None
    git_path: str | None = None
    git_repo_url: str | None = None
    git_ref_type: str | None = None
    pull_from_git: bool | None = None


class Commit(Wire):
    """A commit."""

    commit_hash: str
    author_name: str
    date: str
    message: str


class CommitBody(Wire):
    """A new version of a file."""

    content: str
    message: str
    file_hash: str


class FileVersion(Wire):
    """A file at a commit."""

    content: str
    type: str
    size: int
    file_hash: str


def register_repository(connection: Connection, user_id: int, url: str | None) -> None:
    """Store a repository under a new id, unless it is stored already."""
    if url is not None and _repository(connection, url) is None:
        insert_record(connection, _REPOSITORIES, user_id, url, {})


def _repository(connection: Connection, url: str | None) -> Row[Any] | None:
    known = (records.c.kind == _REPOSITORIES, records.c.name == url)
    return connection.execute(select(records).where(*known)).first()


def repository_id(view: View) -> int | None:
    """Show the id of the repository that a record names."""
    row = _repository(view.connection, view.value("git_repo_url"))
    return None if row is None else int(row.id)


def versioned(resource: Shareable) -> Iterator[Operation]:
    """Declare ``/{id}/git`` and the commits of the file."""

    def show(connection: Connection, id: int) -> Git:
        body = resource.find(connection, id).body
        row = _repository(connection, body.get("git_repo_url"))
        repository = row and GitRepository(
            id=row.id, repo_url=row.name, created_at=row.created_at, updated_at=row.updated_at
        )
        names = [name for name in Git.model_fields if name != "git_repo"]
        return Git(git_repo=repository, **{name: body.get(name) for name in names})

    def save(request: Request, id: int, values: dict[str, Any]) -> Git:
        user: User = request.state.user
        with context_of(request).store.begin() as connection:
            row = resource.find(connection, id)
            register_repository(connection, user.id, values.get("git_repo_url"))
            set_body(connection, resource.kind, id, {**row.body, **values})
            return show(connection, id)

    def get_git(request: Request, id: int) -> Git:
        with context_of(request).store.read() as connection:
            return show(connection, id)

    def put_git(request: Request, id: int, body: GitBody) -> Git:
        return save(request, id, body.model_dump())

    def patch_git(request: Request, id: int, body: GitBody) -> Git:
        return save(request, id, given(body))

    def file_of(request: Request, id: int) -> _VersionedFile:
        with context_of(request).store.read() as connection:
            body = resource.find(connection, id).body
        return _VersionedFile.of(body, f"{resource.title} {id}")

    def list_commits(request: Request, id: int) -> list[Commit]:
        return file_of(request, id).commits()

    def get_commit(request: Request, id: int, commit_hash: str) -> FileVersion:
        return file_of(request, id).version(commit_hash)

    def post_commit(request: Request, id: int, body: CommitBody) -> FileVersion:
        return file_of(request, id).commit(body, request.state.user)

    noun = resource.noun
    yield Operation("GET", "/{id}/git", get_git, f"Get where a {noun} is in git", Git)
    yield Operation("PUT", "/{id}/git", put_git, f"Set where a {noun} is in git", Git)
    yield Operation("PATCH", "/{id}/git", patch_git, f"Update where a {noun} is in git", Git)
    commits = "/{id}/git/commits"
    one = commits + "/{commit_hash}"
    yield Operation(
        "GET", commits, list_commits, f"List the commits of a {noun}'s file", list[Commit]
    )
    yield Operation("POST", commits, post_commit, f"Commit a {noun}'s file", FileVersion)
    yield Operation("GET", one, get_commit, f"Get a {noun}'s file at a commit", FileVersion)


def checked_out(
    save: Callable[[Request, int, str], None], *, at_ref: bool = False
) -> Callable[[Shareable], Iterator[Operation]]:
    """Declare ``POST /{id}/git/checkout-latest``: take the file as it is on the branch.

    Parameters
    ----------
    save
        Called with the request, the id and the content: stores that as the object's own.
    at_ref
        Whether to declare ``/{id}/git/checkout`` as well: the file as it is at the object's ref.
    """

    def operations(resource: Shareable) -> Iterator[Operation]:
        def checkout(request: Request, id: int, **other: Any) -> FileVersion:
            with context_of(request).store.read() as connection:
                body = {**resource.find(connection, id).body, **other}
            version = _VersionedFile.of(body, f"{resource.title} {id}").chosen()
            save(request, id, version.content)
            return version

        def post_checkout_latest(request: Request, id: int) -> FileVersion:
            return checkout(request, id, git_ref=None)

        def post_checkout(request: Request, id: int) -> FileVersion:
            return checkout(request, id)

        path, whose = "/{id}/git/checkout", f"Replace a {resource.noun}'s content by"
        summary = f"{whose} the latest commit's"
        yield Operation("POST", f"{path}-latest", post_checkout_latest, summary, FileVersion)
        if at_ref:
            summary = f"{whose} that of its ref"
            yield Operation("POST", path, post_checkout, summary, FileVersion)

    return operations


class _VersionedFile:
    """A file in a git repository on this machine."""

    def __init__(self, repository: Path, path: str, branch: str | None, ref: str) -> None:
        self._repository = repository
        self._path = path
        self._branch = branch
        self._ref = ref

    @classmethod
    def of(cls, body: dict[str, Any], title: str) -> _VersionedFile:
        """Return the file that a record's git fields name.

        Raises
        ------
        NotFound
            When they name none, or the repository is not there.
        NotSupported
            When the repository is not on this machine, or git is not.
        """
        url, path = body.get("git_repo_url"), body.get("git_path")
        if not url or not path:
            raise NotFound(f"The git file of {title}", "PUT its git_repo_url and git_path first.")
        folder = local_path(url)
        if folder is None:
            raise NotSupported(
                f"The local platform works offline and can't reach {masked_url(url)}. Commit in a "
                "clone on this machine, and give git_repo_url the path of that."
            )
        if not folder.is_dir():
            raise NotFound(f"The repository {folder}")
        if shutil.which("git") is None:
            raise NotSupported("This machine has no git.")
        branch = body.get("git_branch")
        ref = body.get("git_ref") or branch or "HEAD"
        for name in (ref, branch or ""):
            _check_name(name)
        return cls(folder, path, branch, ref)

    def commits(self) -> list[Commit]:
        """Return the commits that changed the file, the newest first."""
        form = "--format=" + _SEPARATOR.join(("%H", "%an", "%aI", "%s"))
        text = self._git("log", form, self._ref, "--", self._path)
        names = ("commit_hash", "author_name", "date", "message")
        lines = (line.split(_SEPARATOR) for line in text.splitlines())
        return [Commit(**dict(zip(names, line, strict=True))) for line in lines]

    def version(self, ref: str) -> FileVersion:
        """Return the file at a commit.

        Raises
        ------
        NotFound
            When there is no such commit, or the file is not in it.
        """
        _check_name(ref)
        try:
            file_hash = self._git("rev-parse", "--verify", f"{ref}:{self._path}").strip()
        except Conflict:
            raise NotFound(f"The file {self._path} at {ref!r}") from None
        content = self._git("cat-file", "blob", file_hash)
        size = len(content.encode())
        return FileVersion(content=content, type="file", size=size, file_hash=file_hash)

    def chosen(self) -> FileVersion:
        """Return the file as it is at the ref of the object, by default on the branch."""
        return self.version(self._ref)

    def commit(self, body: CommitBody, user: User) -> FileVersion:
        """Commit a new version of the file, and push it to the repository's branch."""
        branch = self._branch or self._git("symbolic-ref", "--short", "HEAD").strip()
        with tempfile.TemporaryDirectory() as folder:
            clone = Path(folder, "clone")
            source = str(self._repository)
            arguments = ("--quiet", "--no-hardlinks", "--branch", branch, "--", source, str(clone))
            _run(Path(folder), "clone", *arguments)
            target = clone / self._path
            inside = target.resolve().is_relative_to(clone.resolve())
            if not inside or ".git" in Path(self._path).parts:
                raise Invalid("git_path must be a path inside the repository.")
            present = _run(clone, "ls-files", "-s", "--", self._path).split()
            if present and present[1] != body.file_hash:
                raise Conflict(
                    f"The file {self._path} has changed since: its hash is {present[1]}, not "
                    f"{body.file_hash}. Read it again."
                )
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(body.content, encoding="utf-8", newline="")
            _run(clone, "add", "--", self._path)
            who = ("-c", f"user.name={user.name}", "-c", f"user.email={user.email}")
            if not _run(clone, "status", "--porcelain"):
                raise Conflict(f"The file {self._path} has this content already.")
            _run(clone, *who, "commit", "--quiet", f"--message={body.message}")
            _run(clone, "push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
        return self.version(branch)

    def _git(self, *arguments: str) -> str:
        return _run(self._repository, *arguments)


def _check_name(ref: str) -> None:
    if ref.startswith("-"):
        raise Invalid(f"{ref!r} can't be the name of a branch, a tag or a commit.")


def _run(folder: Path, *arguments: str) -> str:
    """Run git and return what it writes.

    Raises
    ------
    Conflict
        When git fails, e.g. as there is no such commit, or a push is refused.
    """
    try:
        ended = subprocess.run(
            ["git", *arguments],  # noqa: S607
            cwd=folder,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Conflict(f"git {arguments[0]} took longer than {_TIMEOUT_S} seconds.") from None
    if ended.returncode != 0:
        reason = (ended.stderr.strip() or ended.stdout.strip()).decode(errors="replace")
        raise Conflict(f"git {arguments[0]} failed: {reason}")
    return ended.stdout.decode(errors="replace")
