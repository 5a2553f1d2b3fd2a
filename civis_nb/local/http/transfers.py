"""Uploads and downloads on signed URLs, without API key, as an object store offers them.

========================  ====================================================
``POST /blobs/ID``        a form: the fields of ``uploadFields``, then ``file``
``PUT /blobs/ID``         the bytes of a file
``PUT /blobs/ID/parts/N`` the bytes of part N of a multipart upload
``GET /blobs/ID/NAME``    the content; also HEAD; ranges
========================  ====================================================

A later upload replaces an earlier one, so that a client may repeat one whose answer it lost.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import anyio.to_thread
from fastapi.responses import FileResponse, PlainTextResponse, Response
from sqlalchemy import Row
from sqlalchemy.exc import DatabaseError
from starlette.types import Message, Receive, Scope, Send

from civis_nb.local.errors import Forbidden, Invalid, NotFound, RequestError
from civis_nb.local.files.blobs import BlobWriter, etag
from civis_nb.local.files.checksum import CHECKSUM_HEADER, header_value
from civis_nb.local.files.parts import PartWriter
from civis_nb.local.files.registry import Files
from civis_nb.local.http.errors import HttpError, error_headers, error_status
from civis_nb.local.http.form_data import UploadForm
from civis_nb.local.store.descriptors import is_exhausted, no_descriptors
from civis_nb.local.store.full_disk import is_full, no_space
from civis_nb.local.store.locked import is_locked, store_is_locked

__all__ = ["PREFIX", "Transfers"]

PREFIX = "/blobs/"
_BATCH_BYTES = 1024 * 1024
#: How long the fields of a form may take to arrive, which say who allowed it.
SIGNATURE_DEADLINE_S = 30.0
#: No id has as many.
_MANY_DIGITS = 19


class _Download(FileResponse):
    chunk_size = 1024 * 1024


class Transfers:
    """The ASGI application of signed URLs.

    Parameters
    ----------
    files
        The files of the platform.
    state
        Its state folder, which the error of a full disk names.
    """

    def __init__(self, files: Files, state: Path) -> None:
        self._files = files
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            response = await self._answer(scope, receive)
        except RequestError as error:
            response = PlainTextResponse(
                f"{error.code}: {error}\n", error_status(error), error_headers(error)
            )
        except ClientGoneError:
            return
        except (OSError, DatabaseError) as error:
            if is_exhausted(error):
                refusal: RequestError = no_descriptors()
            elif is_locked(error):
                refusal = store_is_locked()
            elif is_full(error):
                refusal = no_space(self._state, error)
            else:
                raise
            response = PlainTextResponse(
                f"{refusal.code}: {refusal}\n", error_status(refusal), error_headers(refusal)
            )
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        """Return the response to one upload or download."""
        method: str = scope["method"]
        number, _, rest = scope["path"].removeprefix(PREFIX).partition("/")
        if not number.isdecimal() or len(number) >= _MANY_DIGITS:
            raise NotFound(f"The path {scope['path']}")
        file_id = int(number)
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        if method == "POST" and not rest:
            return await self._post(file_id, headers, receive)
        if method == "PUT":
            return await self._put(scope["path"], file_id, rest, query, headers, receive)
        if method in ("GET", "HEAD"):
            self._files.signer.check("GET", f"{PREFIX}{file_id}", query)
            return await anyio.to_thread.run_sync(self._download, file_id, "inline=1" in query)
        raise HttpError(
            405,
            "method_not_allowed",
            f"{method} is not possible here.",
            {"Allow": "GET, PUT, POST"},
        )

    def _download(self, file_id: int, inline: bool) -> Response:
        """Return the content of a file as a response."""
        row, path = self._files.content(file_id)
        how = "inline" if inline else "attachment"
        return _Download(
            path,
            media_type="application/octet-stream",
            headers={
                "etag": etag(row.blob, row.crc32),
                CHECKSUM_HEADER: header_value(row.crc32),
                "content-disposition": f"{how}; filename*=utf-8''{quote(row.name, safe='')}",
            },
        )

    async def _post(self, file_id: int, headers: dict[str, str], receive: Receive) -> Response:
        """Store the file of an upload form."""
        await anyio.to_thread.run_sync(self._files.row, file_id)
        form = UploadForm(headers.get("content-type", ""), partial(self._opened, file_id))
        blob = await _store(_timely(receive, form), {}, form, form.feed)
        await anyio.to_thread.run_sync(self._files.attach, file_id, blob)
        status = 201 if form.fields.get("success_action_status") == "201" else 204
        return _stored(status, blob.etag, blob.crc32)

    def _opened(self, file_id: int, fields: dict[str, str]) -> BlobWriter:
        """Check the fields of an upload form, which come before its file; open what takes it."""
        policy = fields.get("policy", "")
        if not self._files.signer.matches(fields.get("signature", ""), "POST", policy):
            raise Forbidden(
                "The fields policy and signature must come before the file, as the API gave them.",
                "signature_mismatch",
            )
        allowed = json.loads(base64.b64decode(policy))
        if not (fields.get("key") == allowed["key"] == f"files/{file_id}"):
            raise Forbidden("The field key belongs to another file.")
        self._files.signer.check_time(allowed["expires"])
        return self._files.blobs.writer()

    async def _put(
        self,
        path: str,
        file_id: int,
        rest: str,
        query: str,
        headers: dict[str, str],
        receive: Receive,
    ) -> Response:
        """Store a body as the content of a file, or as one part of it."""
        self._files.signer.check("PUT", path, query)
        row = await anyio.to_thread.run_sync(self._files.row, file_id)
        if not rest:
            writer = self._files.blobs.writer()
            blob = await _store(receive, headers, writer, writer.write)
            await anyio.to_thread.run_sync(self._files.attach, file_id, blob)
            return _stored(200, blob.etag, blob.crc32)
        length = headers.get("content-length", "")
        part = await anyio.to_thread.run_sync(
            self._part_writer, row, rest, int(length) if length.isdecimal() else None
        )
        crc = await _store(receive, headers, part, part.write)
        return _stored(200, etag(f"part-{rest.rpartition('/')[2]}", crc), crc)

    def _part_writer(self, row: Row[Any], rest: str, length: int | None) -> PartWriter:
        """Return what writes a part of `length` bytes; None: that is not announced."""
        number = self._part_number(row, rest)
        return self._files.blobs.parts(row.id, row.num_parts).writer(number, length)

    @staticmethod
    def _part_number(row: Row[Any], rest: str) -> int:
        """Return the number of a part, which must be expected."""
        _, _, number = rest.partition("parts/")
        if not number.isdecimal() or not row.num_parts or not 1 <= int(number) <= row.num_parts:
            raise NotFound(f"Part {number!r} of file {row.id}")
        if row.blob is not None:
            raise NotFound(f"The upload of file {row.id}", "It was completed before.")
        return int(number)


def _stored(status: int, tag: str, crc: int) -> Response:
    return Response(status_code=status, headers={"ETag": tag, CHECKSUM_HEADER: header_value(crc)})


_Stored = TypeVar("_Stored", covariant=True)


class _Writer(Protocol[_Stored]):
    @property
    def crc32(self) -> int: ...
    def finish(self) -> _Stored: ...
    def discard(self) -> None: ...


class ClientGoneError(Exception):
    """The client went away before its request was whole."""


async def _store(
    receive: Receive,
    headers: dict[str, str],
    writer: _Writer[_Stored],
    feed: Callable[[bytes], None],
) -> _Stored:
    """Stream a request's body through `feed`, in a thread, and keep it when it is whole."""
    md5 = hashlib.md5(usedforsecurity=False) if headers.get("content-md5") else None
    try:
        await _stream(receive, feed if md5 is None else _both(md5.update, feed))
        if md5 is not None:
            _check("Content-MD5", headers["content-md5"], md5.digest())
        if announced := headers.get(CHECKSUM_HEADER):
            _check(CHECKSUM_HEADER, announced, writer.crc32.to_bytes(4, "big"))
        return await anyio.to_thread.run_sync(writer.finish)
    finally:
        writer.discard()


def _timely(receive: Receive, form: UploadForm) -> Receive:
    """Return what receives the body of a form, and waits only so long for its signature.

    Before it nobody knows whose form it is: it must not hold a connection for ever.

    Raises
    ------
    HttpError
        With status 408, when called: if the fields of the form have not come in time.
    """
    deadline = asyncio.get_running_loop().time() + SIGNATURE_DEADLINE_S

    async def limited() -> Message:
        if not form.is_open:
            try:
                async with asyncio.timeout_at(deadline):
                    return await receive()
            except TimeoutError:
                if not form.is_open:
                    raise HttpError(
                        408,
                        "request_timeout",
                        "The signed fields of the upload form did not arrive within "
                        f"{SIGNATURE_DEADLINE_S:g} s.",
                        {"Connection": "close"},
                    ) from None
        return await receive()

    return limited


async def _stream(receive: Receive, feed: Callable[[bytes], None]) -> None:
    """Feed a request's body in batches; one is written in a thread while the next arrives."""
    writing: asyncio.Task[None] | None = None
    try:
        async for batch in _batches(receive):
            if writing is not None:
                await writing
            writing = asyncio.create_task(anyio.to_thread.run_sync(feed, batch))
        if writing is not None:
            await writing
    finally:
        if writing is not None:
            # Whoever broke off will close the file: not while the thread writes to it.
            await asyncio.wait([writing])
            writing.cancelled() or writing.exception()


async def _batches(receive: Receive) -> AsyncIterator[bytes]:
    """Yield a request's body in pieces of about a mebibyte.

    The first ones are smaller, so that the fields of a form are read when they come, not when a
    slow client has sent a mebibyte.
    """
    pieces: list[bytes] = []
    size = passed = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        more = message.get("more_body", False)
        piece = message.get("body", b"")
        pieces.append(piece)
        size += len(piece)
        if size > min(passed, _BATCH_BYTES) or (size and not more):
            yield b"".join(pieces)
            passed += size
            pieces, size = [], 0


def _both(first: Callable[[bytes], object], second: Callable[[bytes], None]) -> Any:
    """Return a function that passes each piece to both."""

    def feed(piece: bytes) -> None:
        first(piece)
        second(piece)

    return feed


def _check(header: str, announced: str, found: bytes) -> None:
    """Compare a checksum that the client announced with that of what arrived."""
    try:
        expected = base64.b64decode(announced, validate=True)
    except binascii.Error:
        raise Invalid(f"The header {header} is no base64.") from None
    if expected != found:
        raise Invalid(
            f"The bytes that arrived don't have the {header} that was announced.", "BadDigest"
        )
