"""Uploads to presigned URLs: one form, or parts side by side, each checked and repeated alone.

The wire rules are those of the API protocol, section 5.5: form fields verbatim with ``key`` first
and the file last; parts by PUT with a Content-Length and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, wait

import requests

from civis_nb._waiting import first_done
from civis_nb._wire_text import Secret, SecretBytes, SecretUrl, masked_url
from civis_nb.cancellation import CancelToken, current_token
from civis_nb.compression import crc32
from civis_nb.errors import CivisUploadError
from civis_nb.transport.presigned import (
    RETRIED_STATUSES,
    RULE,
    Attempts,
    Broken,
    Rule,
    ask,
    describe_answer,
)
from civis_nb.transport.retry import retry_after_s
from civis_nb.transport.slots import parallel_parts, slot
from civis_nb.transport.sources import CountedSource, Source

__all__ = ["MAX_SINGLE_BYTES", "PartSender", "part_ranges", "post_form", "put_parts"]

#: The largest file that goes up in one piece.
MAX_SINGLE_BYTES = 50 * 1024 * 1024
#: How long a failed upload waits for parts that are being sent to break off.
_BREAK_OFF_S = 2.0
_MIN_PART_BYTES = 5 * 1024 * 1024
_MD5_ETAG = re.compile(r'"?([0-9a-f]{32})"?')


def part_ranges(size: int) -> list[tuple[int, int]]:
    """Return the (start, stop) of each part of a multipart upload of `size` bytes.

    Examples
    --------
    >>> [stop - start for start, stop in part_ranges(60 * 1024 * 1024)]
    [18161869, 18161869, 18161869, 8428953]
    """
    part = max(int(math.sqrt(_MIN_PART_BYTES) * math.sqrt(size)), _MIN_PART_BYTES)
    return [(start, min(start + part, size)) for start in range(0, size, part)]


def post_form(
    session: requests.Session,
    url: str,
    fields: Mapping[str, str],
    source: Source,
    *,
    filename: str,
    what: str,
    rule: Rule = RULE,
) -> None:
    """Send a whole file as one form.

    Parameters
    ----------
    session
        Sends the request; it must not send credentials.
    url
        The presigned URL.
    fields
        The form's fields, sent verbatim, ``key`` first.
    source
        The content.
    filename
        The name of the file part; only its shape matters to the store.
    what
        What is uploaded, for errors.
    rule
        How often a failed attempt is repeated.

    Raises
    ------
    CivisUploadError
        When the store does not take the file.
    """
    url = SecretUrl(url)
    fields = {name: Secret(value) for name, value in fields.items()}
    boundary = secrets.token_hex(16)
    head = _form_head(fields, filename, boundary)
    body = _Body(source, 0, source.size, head, f"\r\n--{boundary}--\r\n".encode())
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    _send(session, "POST", url, body, headers, what, rule)


def _form_head(fields: Mapping[str, str], filename: str, boundary: str) -> SecretBytes:
    """Return what comes before the content: ``key`` first, the others, the head of the file."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'
        for name, value in sorted(fields.items(), key=lambda item: item[0].lower() != "key")
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
        f'filename="{_quoted(filename)}"\r\n\r\n'
    )
    return SecretBytes("".join(parts).encode())


def put_parts(
    session: requests.Session,
    urls: Sequence[str],
    source: Source,
    *,
    what: str,
    rule: Rule = RULE,
) -> None:
    """Send a file in parts, several at a time, each repeated alone when it fails.

    Parameters
    ----------
    session
        Sends the requests; it must not send credentials.
    urls
        One presigned URL for each part of `part_ranges`, in order.
    source
        The content.
    what
        What is uploaded, for errors.
    rule
        How often a failed part is repeated.

    Raises
    ------
    CivisUploadError
        When the number of URLs is wrong, or the store does not take every part.
    """
    urls = [SecretUrl(url) for url in urls]
    ranges = part_ranges(source.size)
    with PartSender(session, urls, len(ranges), what, rule) as sender:
        for number, (start, stop) in enumerate(ranges):
            sender.send(number, source, start, stop)
        sender.settle()


class PartSender:
    """Sends parts as they are given, several at a time, each repeated alone when it fails.

    The setting ``parallel_parts`` is the limit for all uploads of the process together.
    A context manager: when its block fails, no further part is started, and those that
    are being sent break off. A block that succeeds calls `settle` at its end.

    Parameters
    ----------
    session
        Sends the requests; it must not send credentials.
    urls
        One presigned URL for each part.
    count
        The number of parts.
    what
        What is uploaded, for errors.
    rule
        How often a failed part is repeated.

    Raises
    ------
    CivisUploadError
        When the number of URLs is wrong.
    """

    def __init__(
        self,
        session: requests.Session,
        urls: Sequence[str],
        count: int,
        what: str,
        rule: Rule = RULE,
    ) -> None:
        if len(urls) != count:
            raise CivisUploadError(
                f"{what} was to be sent in {count} parts, and the platform gave "
                f"{len(urls)} URLs. Nothing was sent; try again."
            )
        self._session = session
        self._urls = [SecretUrl(url) for url in urls]
        self._what = what
        self._rule = rule
        self._max_parts = parallel_parts()
        self._token, self._unsubscribe = current_token().child()
        self._sending: set[Future[None]] = set()

    def __enter__(self) -> PartSender:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._unsubscribe()
        self._token.cancel()
        wait(self._sending, _BREAK_OFF_S)

    def send(self, number: int, source: Source, start: int = 0, stop: int | None = None) -> None:
        """Start sending part `number` (from 0), a piece of `source`, once a slot is free.

        Raises
        ------
        CivisUploadError
            When an earlier part could not be sent.
        """
        self.settle(self._max_parts - 1)
        stop = source.size if stop is None else stop
        sent: Future[None] = Future()
        self._sending.add(sent)
        # A thread that nobody need wait for: a store that stands still does not keep a process
        # from ending.
        threading.Thread(
            target=self._put,
            args=(sent, number, source, start, stop),
            name=f"civis-upload-{number}",
            daemon=True,
        ).start()

    def settle(self, most: int = 0) -> None:
        """Wait until no more than `most` parts are on their way.

        Raises
        ------
        CivisUploadError
            When a part could not be sent.
        """
        while len(self._sending) > most:
            done, self._sending = first_done(self._sending)
            for future in done:
                future.result()

    def _put(self, sent: Future[None], number: int, source: Source, start: int, stop: int) -> None:
        """Send one part, in its thread, and set its future."""
        body = _Body(source, start, stop, token=self._token)
        part = f"part {number + 1} of {len(self._urls)} of {self._what}"
        try:
            with self._token.active(), slot(self._token):
                _send(self._session, "PUT", self._urls[number], body, {}, part, self._rule)
        except BaseException as error:
            # Raised where the part is waited for.
            sent.set_exception(error)
        else:
            sent.set_result(None)


class _Body:
    """A request body of known length that can be sent again from its start.

    It has no ``read``, so that it is sent in the pieces that it gives, not in small ones.

    Attributes
    ----------
    crc32
        The CRC-32 of the content as it was sent last.
    """

    def __init__(
        self,
        source: Source,
        start: int,
        stop: int,
        head: bytes = b"",
        tail: bytes = b"",
        token: CancelToken | None = None,
    ) -> None:
        self._token = token
        self._source = source
        self._start = start
        self._stop = stop
        self._head = head
        self._tail = tail
        self.crc32 = 0

    def __len__(self) -> int:
        return len(self._head) + (self._stop - self._start) + len(self._tail)

    def __iter__(self) -> Iterator[bytes | memoryview]:
        if self._head:
            yield self._head
        crc = 0
        for data in self._source.read(self._start, self._stop):
            if self._token is not None and self._token.cancelled:
                raise CivisUploadError("The upload was given up: another part of it failed.")
            crc = crc32(data, crc)
            yield data
        self.crc32 = crc
        if self._tail:
            yield self._tail

    def md5(self) -> str:
        """Return the MD5 of the content as hexadecimal digits.

        The content is read once more: few stores need it, and it costs more than sending.
        """
        digest = hashlib.md5(usedforsecurity=False)
        source = self._source.source if isinstance(self._source, CountedSource) else self._source
        for data in source.read(self._start, self._stop):
            digest.update(data)
        return digest.hexdigest()


def _send(
    session: requests.Session,
    method: str,
    url: SecretUrl,
    body: _Body,
    headers: Mapping[str, str],
    what: str,
    rule: Rule,
) -> None:
    """Send a body until the store takes it, as often as the rule allows."""
    attempts = Attempts(rule)
    while True:
        try:
            _send_once(session, method, url, body, headers, what)
        except Broken as broken:
            if not attempts.another(broken):
                raise CivisUploadError(
                    f"{what} could not be uploaded: {broken.reason}. "
                    f"It was sent to {masked_url(url)}. Try again."
                ) from None
        else:
            return


def _send_once(
    session: requests.Session,
    method: str,
    url: SecretUrl,
    body: _Body,
    headers: Mapping[str, str],
    what: str,
) -> None:
    """Send a body once, and check what the store answers."""
    # requests adds a Content-Length of its own only to bodies that are not empty.
    headers = {**headers, "Content-Length": str(len(body))}
    data: object = body if len(body) else b""
    response = ask(session, method, url, data=data, headers=headers)
    if response.status_code in RETRIED_STATUSES:
        wait_s = retry_after_s(response.headers)
        raise Broken(f"the store answers {describe_answer(response)}", "status", wait_s)
    if not 200 <= response.status_code < 300:
        advice = "Try again"
        if response.status_code < 500:
            advice += "; the link may have expired"
        raise CivisUploadError(
            f"{what} could not be uploaded: the store answers {describe_answer(response)}. "
            f"It was sent to {masked_url(url)}. {advice}."
        )
    if not _checksum_matches(response.headers, body):
        raise Broken("the store's checksum of it is not that of what was sent", "short")


def _checksum_matches(headers: Mapping[str, str], body: _Body) -> bool:
    """Check the checksum that the store reports; return True when it reports none."""
    crc = headers.get("x-amz-checksum-crc32")
    if crc is not None:
        return crc == base64.b64encode(body.crc32.to_bytes(4, "big")).decode()
    encryption = headers.get("x-amz-server-side-encryption", "AES256")
    if encryption != "AES256" or "x-amz-server-side-encryption-customer-algorithm" in headers:
        return True  # the ETag of an object that is encrypted so is no MD5
    found = _MD5_ETAG.fullmatch(headers.get("ETag", "").strip().lower())
    return found is None or found.group(1) == body.md5()


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
