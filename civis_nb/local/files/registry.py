"""Files as the rest of the platform uses them: their records, contents and signed URLs."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Row, select

from civis_nb.local.errors import Conflict, DamagedContent, NotFound
from civis_nb.local.files.blobs import Blob, BlobStore
from civis_nb.local.files.signing import Signer
from civis_nb.local.store import Store, utc_now
from civis_nb.local.store.clock import to_wire
from civis_nb.local.store.schema import files

__all__ = [
    "EXPORT_LIFETIME",
    "FILE_LIFETIME",
    "LINK_LIFETIME",
    "Files",
    "has_content",
    "was_replaced",
]

#: How long a file lives when its creator does not set it.
FILE_LIFETIME = timedelta(days=30)
#: How long the results of exports live, and the longest life of a link.
EXPORT_LIFETIME = timedelta(hours=36)
LINK_LIFETIME = timedelta(hours=36)


class Files:
    """The files of a platform.

    Parameters
    ----------
    store
        Where their records are.
    blobs
        Where their contents are.
    signer
        Signs the URLs of uploads and downloads.
    endpoint
        What the URLs start with: the platform's address without a final slash.
    """

    def __init__(self, store: Store, blobs: BlobStore, signer: Signer, endpoint: str) -> None:
        self._store = store
        self.blobs = blobs
        self.signer = signer
        self.endpoint = endpoint

    def add(
        self,
        name: str,
        source_path: Path,
        user_id: int,
        expires_at: str | None,
        detected_info: dict[str, Any] | None = None,
    ) -> int:
        """Create a file whose content is moved from `source_path`.

        Parameters
        ----------
        name
            The file's name.
        source_path
            The content; afterwards it is no longer there.
        user_id
            The file's author.
        expires_at
            When it expires, as the API writes times; None: never. See `in_future`.
        detected_info
            What is known of the content, in the form of the API's ``detectedInfo``.

        Returns
        -------
        int
            The id of the file.
        """
        blob = self.blobs.take(source_path)
        now = utc_now()
        values = {
            "name": name,
            "user_id": user_id,
            "expires_at": expires_at,
            "size_bytes": blob.size_bytes,
            "crc32": blob.crc32,
            "blob": blob.name,
            "detected_info": detected_info,
            "created_at": now,
            "updated_at": now,
        }
        with self._kept(blob), self._store.begin() as connection:
            made = connection.execute(files.insert().values(**values).returning(files.c.id))
            return int(made.scalar_one())

    @contextmanager
    def _kept(self, blob: Blob) -> Iterator[None]:
        """Remove a content when the block fails, which is to store whose it is."""
        try:
            yield
        except BaseException:
            self.blobs.remove(blob.name)
            raise

    def attach(self, file_id: int, blob: Blob, *, instead_of: str | None = None) -> None:
        """Replace the content of a file by `blob`, and remove the old one.

        Parameters
        ----------
        file_id, blob
            The file, and what becomes its content; removed when that fails.
        instead_of
            The name of the content that the file must still have; None: whatever it has.

        Raises
        ------
        NotFound
            When there is no such file.
        Conflict
            When it got another content meanwhile.
        """
        values = {
            "blob": blob.name,
            "size_bytes": blob.size_bytes,
            "crc32": blob.crc32,
            "detected_info": None,
            "updated_at": utc_now(),
        }
        with self._kept(blob), self._store.begin() as connection:
            old = connection.scalar(select(files.c.blob).where(files.c.id == file_id))
            if instead_of is not None and old != instead_of:
                raise was_replaced(file_id)
            changed = files.update().where(files.c.id == file_id).values(**values)
            if connection.execute(changed).rowcount == 0:
                raise NotFound(f"File {file_id}")
        self.blobs.remove(old)

    def row(self, file_id: int) -> Row[Any]:
        """Return the record of a file; the content of an expired one is removed.

        Raises
        ------
        NotFound
            When there is no such file.
        """
        with self._store.read() as connection:
            row = connection.execute(select(files).where(files.c.id == file_id)).one_or_none()
        if row is None:
            raise NotFound(f"File {file_id}")
        if row.blob is not None and _expired(row):
            with self._store.begin() as connection:
                # Of this content only: another one may have been uploaded meanwhile.
                same = (files.c.id == file_id) & (files.c.blob == row.blob)
                connection.execute(files.update().where(same).values(blob=None))
            self.blobs.remove(row.blob)
        return row

    def sweep(self) -> None:
        """Remove contents that expired, that no file has, and parts whose upload can't go on.

        To be called before the platform accepts requests.
        """
        now = utc_now()
        with self._store.begin() as connection:
            expired = files.c.expires_at.is_not(None) & (files.c.expires_at <= now)
            connection.execute(
                files.update().where(expired, files.c.blob.is_not(None)).values(blob=None)
            )
            named = set(connection.scalars(select(files.c.blob).where(files.c.blob.is_not(None))))
            # The URLs of its parts have expired as well, 36 hours after the upload began.
            begun = to_wire(datetime.now(UTC) - LINK_LIFETIME)
            going_on = files.c.num_parts.is_not(None) & files.c.blob.is_(None)
            uploads = set(
                connection.scalars(
                    select(files.c.id).where(going_on, files.c.created_at > begun, ~expired)
                )
            )
        self.blobs.sweep(named, uploads)

    def path(self, file_id: int) -> Path:
        """Return the path of a file's content; see `content`."""
        return self.content(file_id)[1]

    def content(self, file_id: int) -> tuple[Row[Any], Path]:
        """Return the record of a file and the path of its content, to be read only.

        Raises
        ------
        NotFound
            When there is no such file, nothing was uploaded to it, or it has expired.
        DamagedContent
            When its content is not on the disk as it was stored.
        """
        row, before = self.row(file_id), None
        while True:
            what = f"The content of file {file_id} ({row.name!r})"
            if _expired(row):
                raise NotFound(what, f"It expired at {row.expires_at}; upload it again.")
            if row.blob is None:
                raise NotFound(what, "Nothing was uploaded to it, or the upload was not completed.")
            if self.blobs.size_bytes(row.blob) == row.size_bytes:
                return row, self.blobs.path(row.blob)
            if row.blob == before:
                raise DamagedContent(f"{what} was damaged on the platform's disk; upload it again.")
            # Another content may have come since the record was read, and this one is removed.
            row, before = self.row(file_id), row.blob

    def download_url(
        self, row: Row[Any], lifetime: timedelta = LINK_LIFETIME, *, inline: bool = False
    ) -> str:
        """Return a URL that downloads the content of the file of a record, without a key."""
        path = f"/blobs/{row.id}"
        query = self.signer.query("GET", path, lifetime_s=lifetime.total_seconds(), inline=inline)
        name = str(row.name).replace("/", "_")
        # Clients leave out what means "this folder" or "the one above" in a path.
        shown = quote(name, safe="") if name.strip(".") else "file"
        return f"{self.endpoint}{path}/{shown}?{query}"

    def upload_url(self, file_id: int, part: int | None = None) -> str:
        """Return a URL whose PUT stores the content of a file, or one part of it (from 1)."""
        path = f"/blobs/{file_id}" + (f"/parts/{part}" if part else "")
        query = self.signer.query("PUT", path, lifetime_s=LINK_LIFETIME.total_seconds())
        return f"{self.endpoint}{path}?{query}"

    def form_url(self, file_id: int) -> str:
        """Return the URL to which a form with the `form_fields` posts the content of a file."""
        return f"{self.endpoint}/blobs/{file_id}"

    def form_fields(self, file_id: int) -> dict[str, str]:
        """Return the fields that allow one form upload; names in lower case (API protocol, 5.5)."""
        key = f"files/{file_id}"
        expires = int(time.time() + LINK_LIFETIME.total_seconds())
        policy = base64.b64encode(json.dumps({"key": key, "expires": expires}).encode()).decode()
        return {
            "key": key,
            "policy": policy,
            "signature": self.signer.digest("POST", policy),
            "success_action_status": "201",
        }


def was_replaced(file_id: int) -> Conflict:
    """Return the error of a change to a content that is no longer that of its file."""
    return Conflict(
        f"File {file_id} got another content while the earlier one was read: that one stays. Run "
        "this again."
    )


def has_content(row: Row[Any]) -> bool:
    """Return whether there is anything to download."""
    return row.blob is not None and row.size_bytes > 0 and not _expired(row)


def _expired(row: Row[Any]) -> bool:
    return row.expires_at is not None and row.expires_at <= utc_now()
