"""Files of the platform for the panel of files: found, uploaded, downloaded."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote

from civis_nb._cache_folder import history_folder
from civis_nb._wire_text import is_loopback
from civis_nb.cancellation import CancelToken
from civis_nb.errors import CivisError, EmptyResultError
from civis_nb.futures.states import field
from civis_nb.io.call import open_call
from civis_nb.io.files.remote import remote_file
from civis_nb.io.files.transfers import file_to_civis
from civis_nb.lab.account import Account, Connection
from civis_nb.transport.download import stream
from civis_nb.transport.presigned import session_for

__all__ = ["Files", "attachment"]

#: Jobs whose last outputs are listed, and files of one's own that are remembered.
_JOBS: Final = 20
_REMEMBERED: Final = 200


class Files:
    """The files of an account.

    The API has no list of files: those are found that belong to projects, that runs have put out,
    and that were uploaded or looked up here.

    Parameters
    ----------
    account
        Whose files they are.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._lock = threading.Lock()

    def own(self) -> list[dict[str, Any]]:
        """Return the files that were uploaded or looked up here, the newest first."""
        platform = _platform(self._account.connection())
        with self._lock:
            return self._remembered().get(platform, [])

    def outputs(self) -> list[dict[str, Any]]:
        """Return the files that the last runs of one's own jobs have put out."""
        connection = self._account.connection()
        client = connection.client()
        jobs = client.jobs.list(
            author=str(connection.user_id()),
            order="last_run_updated_at",
            order_dir="desc",
            limit=_JOBS,
        )
        found = []
        for job in jobs:
            run_id = field(job.last_run, "id")
            outputs = client.jobs.list_runs_outputs(job.id, run_id) if run_id else []
            found += [
                {"id": one.object_id, "name": str(one.name), "size": None, "of": str(job.name)}
                for one in outputs
                if one.object_type == "File"
            ]
        return found

    def projects(self) -> list[dict[str, Any]]:
        """Return the projects, in the order of their names."""
        found = self._account.client().projects.list(limit=1000, iterator=True)
        return sorted(
            ({"id": one.id, "name": str(one.name)} for one in found), key=lambda one: one["name"]
        )

    def of_project(self, project_id: int) -> list[dict[str, Any]]:
        """Return the files of a project.

        Raises
        ------
        CivisAPIError
            When there is no such project.
        """
        return [
            {"id": one.id, "name": str(one.file_name), "size": one.file_size}
            for one in self._account.client().projects.get(project_id).files
            if not one.expired
        ]

    def look_up(self, file_id: int) -> dict[str, Any]:
        """Return a file by its id, and remember it.

        Raises
        ------
        CivisAPIError
            When there is no such file.
        """
        return self._looked_up(self._account.connection(), file_id)

    def upload(self, content: BinaryIO, name: str, token: CancelToken) -> dict[str, Any]:
        """Upload content as a new file, check that all of it arrived, and remember it.

        Raises
        ------
        CivisUploadError
            When the platform does not hold all of it.
        OperationCancelledError
            When the token was cancelled before all of it was sent.
        """
        token.raise_if_cancelled()
        connection = self._account.connection()
        client = connection.client()
        with open_call(progress=False) as call:
            unsubscribe = token.on_cancel(call.token.cancel)
            try:
                file_id = file_to_civis(content, name, client=client, progress=False)
            except CivisError:
                token.raise_if_cancelled()
                raise
            finally:
                unsubscribe()
        return self._looked_up(connection, file_id)

    def download(self, file_id: int) -> tuple[str, int | None, Iterator[bytes]]:
        """Return the name of a file, its size where it is known, and its content.

        Raises
        ------
        CivisAPIError
            When there is no such file.
        CivisDownloadError
            By the content: when it can't be had whole.
        """
        client = self._account.client()
        file = client.files.get(file_id)
        try:
            remote = remote_file(client, file_id)
        except EmptyResultError:
            if file.file_size != 0:
                raise
            return str(file.name), 0, iter(())
        return str(file.name), remote.size, stream(remote, session_for(client))

    def forget(self, file_id: int) -> None:
        """Remember a file no longer; on the platform it stays."""
        platform = _platform(self._account.connection())
        with self._lock:
            known = self._remembered()
            known[platform] = [one for one in known.get(platform, []) if one["id"] != file_id]
            self._write(known)

    # -- what is remembered ---------------------------------------------------------------------

    def _looked_up(self, connection: Connection, file_id: int) -> dict[str, Any]:
        """Return a file by its id, and remember it as the newest of its platform."""
        file = connection.client().files.get(file_id)
        found = {
            "id": file.id, "name": str(file.name), "size": file.file_size,
            "expires_at": file.expires_at,
        }  # fmt: skip
        platform = _platform(connection)
        with self._lock:
            known = self._remembered()
            others = [one for one in known.get(platform, []) if one["id"] != file_id]
            known[platform] = [found, *others][:_REMEMBERED]
            self._write(known)
        return found

    def _path(self) -> Path:
        return history_folder() / "lab_files.json"

    def _remembered(self) -> dict[str, list[dict[str, Any]]]:
        """Return the files that were looked up, by platform; none where they can't be read."""
        try:
            found = json.loads(self._path().read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, known: dict[str, list[dict[str, Any]]]) -> None:
        """Replace the remembered files in one step."""
        path = self._path()
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.new")
        try:
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps(known), encoding="utf-8")
            fresh.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                fresh.unlink()
            raise


def _platform(connection: Connection) -> str:
    """Return the name under which a platform's files are remembered.

    It may ask the platform for the user, which can take long: no lock is held meanwhile.
    """
    endpoint, key_hash = connection.identity
    if is_loopback(endpoint):
        # A local platform has another port each time, but keys of its own.
        return f"local {key_hash[:12]}"
    return f"{endpoint} {connection.user_id()}"


def attachment(name: str) -> str:
    """Return the header by which a browser saves a file under its name, in no other folder.

    Examples
    --------
    >>> print(attachment("../../é.csv"))
    attachment; filename="_.csv"; filename*=UTF-8''%C3%A9.csv
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1].strip(". ")
    safe = "".join(one if one.isprintable() and one not in '<>:"|?*' else "_" for one in last)
    safe = safe[:200] or "file"
    plain = "".join(one if one.isascii() else "_" for one in safe)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"
