"""What the panel of files asks its server; content passes in pieces, both ways."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from jupyter_core.utils import ensure_async
from tornado import iostream, web

from civis_nb.cancellation import CancelToken
from civis_nb.errors import CivisError
from civis_nb.lab.files.panel import Files, attachment
from civis_nb.lab.http import Handler, allowed, whole_number
from civis_nb.lab.threads import in_thread, in_time

__all__ = ["ContentHandler", "FileHandler", "FilesHandler", "UploadHandler"]

#: What stays in memory of an upload; more is on the disk until the platform has it.
_IN_MEMORY_BYTES: Final = 8 * 1024**2
#: The platform takes no file that is larger.
_MAX_BYTES: Final = 5 * 1024**4
_LONGEST_NAME: Final = 255
_LONGEST_ID: Final = 64


class _OfFiles(Handler):
    def initialize(self, files: Files, uploads: dict[str, FilesHandler]) -> None:
        self._files = files
        self._uploads = uploads


@web.stream_request_body
class FilesHandler(_OfFiles):
    """The files that are found: ``files?of=own``, ``outputs``, ``projects`` or a project's id.

    A POST with ``?name=`` uploads its body as a new file. With ``&upload=``, an id that the page
    makes up, it can be cancelled.
    """

    #: Whether all of the body has arrived.
    is_received = False

    async def prepare(self) -> None:  # type: ignore[override]  # as Jupyter's own handlers
        """Check who asks before a body is taken in."""
        await super().prepare()
        self._body: BinaryIO | None = None
        if self.request.method != "POST" or self._finished:
            return
        if not self.current_user:
            raise web.HTTPError(403)
        verdict = self.authorizer.is_authorized(
            self, self.current_user, "write", self.auth_resource
        )
        if not await ensure_async(verdict):
            raise web.HTTPError(403)
        self._name = self.get_query_argument("name", "")
        if not 0 < len(self._name) <= _LONGEST_NAME:
            raise web.HTTPError(400, f"name must be of 1 to {_LONGEST_NAME} characters.")
        # The body may take an hour to come: it goes to the platform for which it was begun.
        await self.begin()
        self._upload_id = self.get_query_argument("upload", "")
        if len(self._upload_id) > _LONGEST_ID or self._upload_id in self._uploads:
            raise web.HTTPError(400, f"upload must be a new id, at most {_LONGEST_ID} long.")
        _check_space(self._name, self.request.headers.get("Content-Length", ""))
        self.request.connection.set_max_body_size(_MAX_BYTES)  # type: ignore[union-attr]
        self.cancel_token = CancelToken()
        if self._upload_id:
            self._uploads[self._upload_id] = self
        self._body = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # type: ignore[assignment]  # noqa: SIM115 - closed at the end

    async def data_received(self, chunk: bytes) -> None:
        """Keep a piece of the body."""
        if self._body is not None:
            await asyncio.to_thread(self._body.write, chunk)

    @allowed("read")
    async def get(self) -> None:
        """Answer with the files, or with the projects."""
        of = self.get_query_argument("of", "own")
        listed = {"own": self._files.own, "outputs": self._files.outputs,
                  "projects": self._files.projects}  # fmt: skip
        if of in listed:
            await self.reply(listed[of])
        else:
            await self.reply(self._files.of_project, whole_number("of", of))

    @allowed("write")
    async def post(self) -> None:
        """Upload the body, and answer with the file."""
        # From here on it is the upload's own: who leaves the page does not break that off, only who
        # cancels it.
        self.is_received = True
        body, self._body = self._body, None
        assert body is not None  # noqa: S101 - `prepare` has opened it
        try:
            await asyncio.to_thread(body.seek, 0)
            await self.reply(self._files.upload, body, self._name, self.cancel_token)
        finally:
            body.close()
            self._uploads.pop(self._upload_id, None)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write an error; where a body is refused, end the connection: the rest is not read."""
        if self.request.method == "POST" and not self.is_received:
            self.set_header("Connection", "close")
        super().write_error(status_code, **kwargs)

    def on_finish(self) -> None:
        """Remove what was kept of a body."""
        self._end()
        super().on_finish()

    def on_connection_close(self) -> None:
        """Remove what has arrived of a body: the rest does not come any more."""
        self._end()
        super().on_connection_close()

    def _end(self) -> None:
        """Close the stream of an upload, and forget it."""
        if getattr(self, "_body", None) is not None:
            self._body.close()  # type: ignore[union-attr]
            self._body = None
            self._uploads.pop(self._upload_id, None)


class UploadHandler(_OfFiles):
    """An upload that is under way: ``files/uploads/ID``."""

    @allowed("write")
    async def delete(self, upload_id: str) -> None:
        """Cancel it; answer with whether all of it has arrived here.

        If so, it may be too late, which the answer to the upload tells; else nothing comes of it.
        """
        upload = self._uploads.get(upload_id)
        if upload is not None:
            upload.cancel_token.cancel()
        # One that is not there has ended: its answer is on its way.
        self.finish(json.dumps({"is_received": upload is None or upload.is_received}))


class FileHandler(_OfFiles):
    """A file: ``files/ID``."""

    @allowed("read")
    async def get(self, file: str) -> None:
        """Answer with it; it is remembered."""
        self.check_xsrf_cookie()
        await self.reply(self._files.look_up, whole_number("The file's id", file))

    @allowed("write")
    async def delete(self, file: str) -> None:
        """Take it from the list of what is remembered; the API deletes no files."""
        await self.reply(self._files.forget, whole_number("The file's id", file))


class ContentHandler(_OfFiles):
    """The content of a file, to be saved: ``files/ID/content``."""

    @allowed("read")
    async def get(self, file: str) -> None:
        """Answer with the content; where it can't be had whole, the connection breaks."""
        file_id = whole_number("The file's id", file)
        try:
            name, size, piece, pieces = await in_time(in_thread(self._begun, file_id))
        except (CivisError, TimeoutError) as error:
            self.finish(json.dumps(self.refusal(error)))
            return
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Disposition", attachment(name))
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")
        if size is not None:
            self.set_header("Content-Length", str(size))
        try:
            while piece is not None:
                self.write(piece)
                await self.flush()
                piece = await in_thread(_next, pieces)
        except iostream.StreamClosedError:
            return  # the browser has gone
        except CivisError as error:
            self.log.warning("A download broke off: %s", error)
            self._break_off()
            return
        self.finish(set_content_type="application/octet-stream")

    def _begun(self, file_id: int) -> tuple[str, int | None, bytes | None, Iterator[bytes]]:
        """Return a download with its first piece."""
        name, size, pieces = self._files.download(file_id)
        # Before the answer begins: a file that has expired has none.
        return name, size, _next(pieces), pieces

    def _break_off(self) -> None:
        """Close the connection, by which a browser knows that the file is not whole."""
        connection: Any = self.request.connection
        connection.stream.close()


def _check_space(name: str, length: str) -> None:
    """Refuse a body for which the disk has no room, before it is taken in.

    Raises
    ------
    web.HTTPError
        With status 507.
    """
    size = int(length) if length.isascii() and length.isdecimal() else 0
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if size > _IN_MEMORY_BYTES and size > free:
        raise web.HTTPError(
            507,
            f"{name} has {size:,} bytes; the Jupyter server has room for {free:,} in {folder}. "
            "Upload it with civis_nb.io.file_to_civis, which keeps no copy.",
            reason="Insufficient Storage",
        )


def _next(pieces: Iterator[bytes]) -> bytes | None:
    """Return the next piece; None after the last one."""
    return next(pieces, None)
