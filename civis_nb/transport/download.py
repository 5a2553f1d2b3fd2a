"""Downloads that end in all of the data, in order, or in an exception.

What an answer must fulfil: its Content-Length or its last chunk, the size that the platform
tells for the file, and, where it resumes, that it goes on with the same content.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

import requests
import urllib3

from civis_nb._wire_text import SecretUrl, masked_url
from civis_nb.cancellation import current_token
from civis_nb.compression import crc32, inflate
from civis_nb.errors import CivisDownloadError
from civis_nb.transport.presigned import (
    RETRIED_STATUSES,
    RULE,
    Attempts,
    Broken,
    Rule,
    ask,
    describe_answer,
    plain_words,
    without_frames,
)
from civis_nb.transport.retry import retry_after_s

__all__ = ["Remote", "stream"]

CHUNK_BYTES = 1024 * 1024
#: A read of a slow connection ends after about so long: who watches is to see it move.
_READ_S = 0.25
_FIRST_READ_BYTES = 64 * 1024
_LEAST_READ_BYTES = 16 * 1024

#: What a store answers when a link is no longer, or not yet, good.
_LINK_STATUSES = frozenset({400, 401, 403, 404, 410})
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")


@dataclass(frozen=True)
class Remote:
    """A file to be downloaded.

    Attributes
    ----------
    what
        What to call it in an error: ``"file 12 (data.csv)"``.
    url
        Where its content is; a presigned URL.
    size
        Its size in bytes, where the platform tells it.
    renew
        Asks the platform for a new link; None when it has none.
    as_stored
        Keep the stored bytes even when the answer calls them gzip-encoded: the reader looks
        at the content itself. Otherwise the encoding is undone unless the size says that
        the stored file itself is the gzip file.
    """

    what: str
    url: str
    size: int | None = None
    renew: Callable[[], str | None] | None = None
    as_stored: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", SecretUrl(self.url))


def stream(
    remote: Remote, session: requests.Session, *, rule: Rule = RULE, chunk_bytes: int = CHUNK_BYTES
) -> Iterator[bytes]:
    """Download a file piece by piece.

    A broken connection is resumed where it broke: by a Range request where the store takes
    one and names the version of the content, else by reading the beginning again and comparing
    its checksum with what was given out already. An expired link is asked for anew.

    Parameters
    ----------
    remote
        What to download.
    session
        Sends the requests; it must not send credentials.
    rule
        How often attempts that bring nothing new are repeated.
    chunk_bytes
        The most that is read at once.

    Yields
    ------
    bytes
        The content in order. When the iteration ends without an exception, it was all.

    Raises
    ------
    CivisDownloadError
        When the content could not be had whole.
    """
    return _Download(remote, session, rule, chunk_bytes).run()


class _Download:
    """One download: what arrived so far, and how the next attempt goes on."""

    def __init__(
        self, remote: Remote, session: requests.Session, rule: Rule, chunk_bytes: int
    ) -> None:
        self._remote = remote
        self._session = session
        self._chunk_bytes = chunk_bytes
        self._read_bytes = min(_FIRST_READ_BYTES, chunk_bytes)
        self._attempts = Attempts(rule)
        self._url = SecretUrl(remote.url)
        self._got = 0
        self._crc = 0
        self._got_at_renewal = -1
        #: What the store says of the version that it sends: where it changes, so did the content.
        self._version: dict[str, str] = {}
        self._ranges = True

    def run(self) -> Iterator[bytes]:
        """Yield the content; where the connection breaks, go on with a new request."""
        while True:
            try:
                yield from self._attempt()
            except Broken as broken:
                if not self._attempts.another(broken):
                    raise self._error(broken.reason) from None
            else:
                return

    def _error(self, reason: str) -> CivisDownloadError:
        """Return the error of a download that ends early."""
        got = f"{self._got:,}"
        if self._remote.size is not None:
            got += f" of {self._remote.size:,}"
        return CivisDownloadError(
            f"{self._remote.what} could not be downloaded whole: {reason.rstrip('.')}. "
            f"{got} bytes arrived from {masked_url(self._url)}. Try again."
        )

    def _attempt(self) -> Iterator[bytes]:
        """Yield what one attempt brings that is new."""
        response = self._open()
        token = current_token()
        unsubscribe = token.on_cancel(_shut(response))
        try:
            self._check_announced(response)
            # What was given out already is read again, compared, and not given out twice.
            again = 0 if response.status_code == 206 else self._got
            crc = 0
            body = self._body(response)
            if self._is_to_be_decoded(response):
                self._ranges = False
                body = self._decoded(body)
            for data in body:
                if again:
                    seen, data = data[:again], data[again:]
                    crc = crc32(seen, crc)
                    again -= len(seen)
                    if not again and crc != self._crc:
                        raise self._error("its content changed while it was being downloaded")
                if data:
                    yield self._counted(data)
            # A connection that was shut looks like one that came to its end.
            token.raise_if_cancelled()
            if again:
                raise Broken("it is shorter than it was before", "short")
        finally:
            unsubscribe()
            response.close()
        if self._remote.size is not None and self._got < self._remote.size:
            raise Broken("the store sends less than the platform says the file holds", "short")

    def _check_announced(self, response: requests.Response) -> None:
        """Check the size that an answer announces, before any of it is given out.

        Another one is that of something else, the page of a proxy for instance, and the next
        answer may well be the file.
        """
        size, announced = self._remote.size, _content_length(response)
        if size is None or announced is None or _encoding(response):
            return
        wanted = size - self._got if response.status_code == 206 else size
        if announced != wanted:
            which = "less" if announced < wanted else "more"
            raise Broken(
                f"the store sends {which} than the platform says the file holds: it announces "
                f"{announced:,} bytes, not {wanted:,}",
                "short",
            )

    def _counted(self, data: bytes) -> bytes:
        """Count and check bytes that arrived; return them."""
        self._got += len(data)
        self._crc = crc32(data, self._crc)
        if self._remote.size is not None and self._got > self._remote.size:
            raise self._error("the store sends more than the platform says the file holds")
        self._attempts.progress()
        return data

    def _open(self) -> requests.Response:
        """Return a response that goes on where the last one broke; renew an expired link."""
        while True:
            response = self._request()
            status = response.status_code
            if status == 200 or (status == 206 and self._goes_on(response)):
                if status == 200:
                    self._version = _version_of(response)
                return response
            with response:
                if status == 206 or status == 416:
                    # The store does not hold to the range; from now on without.
                    self._ranges = False
                    raise Broken(f"the store refuses to go on at byte {self._got:,}", "short")
                message = describe_answer(response)
                if status in RETRIED_STATUSES:
                    raise Broken(
                        f"the store answers {message}", "status", retry_after_s(response.headers)
                    )
                if not (status in _LINK_STATUSES and self._renewed()):
                    hint = "; the link may have expired" if status in _LINK_STATUSES else ""
                    raise self._error(f"the store answers {message}{hint}")

    def _request(self) -> requests.Response:
        """Send the request for the rest of the content."""
        headers = {"Accept-Encoding": "identity"}
        # Without a word on the version the rest could be that of another one: then all is read
        # again, and compared.
        if self._got and self._ranges and self._version:
            headers["Range"] = f"bytes={self._got}-"
            etag = self._version.get("ETag", "")
            if etag.startswith('"'):  # a weak one is not allowed there
                headers["If-Range"] = etag
        return ask(self._session, "GET", self._url, headers=headers, stream=True)

    def _goes_on(self, response: requests.Response) -> bool:
        """Return whether an answer begins where the last one broke off."""
        found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
        if not found or found.group(1) is None or int(found.group(1)) != self._got:
            return False
        there = response.headers
        if any(there.get(name, value).strip() != value for name, value in self._version.items()):
            return False
        size = self._remote.size
        return size is None or found.group(3) in ("*", str(size))

    def _renewed(self) -> bool:
        """Return whether there is a new link, after one that no longer works."""
        if self._remote.renew is None or self._got == self._got_at_renewal:
            return False
        self._got_at_renewal = self._got
        url = SecretUrl(self._remote.renew() or "")
        if not url:
            return False
        self._url = url
        return True

    def _body(self, response: requests.Response) -> Iterator[bytes]:
        """Read the answer as it is sent, and check that it ends where it said it would."""
        announced = _content_length(response)
        read = 0
        while data := self._read(response):
            read += len(data)
            yield data
        if announced is not None and read < announced:
            raise Broken(f"the connection ended after {read:,} of {announced:,} bytes")

    def _read(self, response: requests.Response) -> bytes:
        """Read once; raise `Broken` where another attempt may repair it."""
        failure: BaseException
        began = time.monotonic()
        try:
            data: bytes = response.raw.read(self._read_bytes, decode_content=False)
        except urllib3.exceptions.ReadTimeoutError:
            failure = Broken("the store stopped sending", "stall")
        except (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
            failure = Broken(f"the connection broke ({plain_words(error)})")
        except BaseException as error:
            failure = error
        else:
            fitting = int(len(data) * _READ_S / max(time.monotonic() - began, 1e-6))
            self._read_bytes = min(max(fitting, _LEAST_READ_BYTES), self._chunk_bytes)
            return data
        raise without_frames(failure)

    def _decoded(self, body: Iterator[bytes]) -> Iterator[bytes]:
        """Yield a body uncompressed; a break in it is a fault that may be repeated."""
        try:
            yield from inflate(body, self._remote.what)
        except CivisDownloadError as error:
            raise Broken(str(error), "short") from None

    def _is_to_be_decoded(self, response: requests.Response) -> bool:
        """Return whether the content is compressed on its way only."""
        encoding = _encoding(response)
        if not encoding or response.status_code == 206:
            return False
        if self._remote.size is not None and self._remote.size == _content_length(response):
            return False
        if encoding not in ("gzip", "x-gzip"):
            raise self._error(f"the store sends it in the encoding {encoding!r}, unasked")
        return not self._remote.as_stored


def _encoding(response: requests.Response) -> str:
    """Return how the content of an answer is encoded; empty where it is not."""
    encoding: str = response.headers.get("Content-Encoding", "").strip().lower()
    return "" if encoding in ("identity", "aws-chunked") else encoding


def _content_length(response: requests.Response) -> int | None:
    """Return how many bytes an answer announces; None when it does not."""
    # With chunks, their end is what counts; a Content-Length beside them is void (RFC 9112, 6.3).
    if "chunked" in response.headers.get("Transfer-Encoding", "").lower():
        return None
    text = response.headers.get("Content-Length", "").strip()
    return int(text) if text.isdigit() else None


def _version_of(response: requests.Response) -> dict[str, str]:
    """Return the headers by which the store tells one version of the content from another."""
    found = {name: response.headers.get(name, "").strip() for name in ("ETag", "Last-Modified")}
    return {name: value for name, value in found.items() if value}


def _shut(response: Any) -> Callable[[], None]:
    """Return a function that ends the reading of a response from another thread."""

    def end() -> None:
        # Older versions of urllib3 can't; then the reading ends with its timeout.
        with contextlib.suppress(
            AttributeError, NotImplementedError, OSError, RuntimeError, ValueError
        ):
            response.raw.shutdown()

    return end
