"""The pool of kept connections that requests are sent on; it knows no key, and shows no secret.

Importing this module imports requests, which takes a while: it is imported for the first request.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from civis_nb import config
from civis_nb._wire_text import masked_url

__all__ = ["AnswerTooLongError", "new_pool"]

_POOL_SIZE = 64
_READ_BYTES = 64 * 1024
#: No answer of the API is longer: what is goes on for ever, or is no answer of it.
_MAX_ANSWER_BYTES = 512 * 1024 * 1024
_LOGGERS = (
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)


class AnswerTooLongError(requests.RequestException):
    """An answer that is read whole has no end in sight."""


class _Answer(requests.Response):
    """A response of which the content is read up to a limit of size and time."""

    _content_consumed: bool

    @property
    def content(self) -> Any:
        read: Any = self._content
        if read is False and not self._content_consumed and self.raw is not None:
            self._content = b"".join(self._bounded())
            self._content_consumed = True
        return super().content

    def _bounded(self) -> Iterator[bytes]:
        """Yield the content; raise AnswerTooLongError where it passes a limit."""
        limit_s = float(config.get("failure_budget_s"))
        size, begun = 0, time.monotonic()
        for chunk in self.iter_content(_READ_BYTES):
            size += len(chunk)
            elapsed_s = time.monotonic() - begun
            if size > _MAX_ANSWER_BYTES or elapsed_s > limit_s:
                self.close()
                raise AnswerTooLongError(
                    f"the answer goes on after {size:,} bytes and {elapsed_s:.0f} s; the rest was "
                    "not read"
                )
            yield chunk


class _Adapter(HTTPAdapter):
    """Makes responses with a limit."""

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Return the response to a request."""
        response = super().build_response(req, resp)
        response.__class__ = _Answer
        return response


class _NoAuth(requests.auth.AuthBase):
    """Leaves a request as it is, so that requests does not look into ~/.netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Pool(requests.Session):
    """A session that adds no credentials of its own, not after a redirect either.

    Attributes
    ----------
    has_ended
        Tells whether the server is a local platform that has ended; None: it is another server.
    """

    has_ended: Callable[[], bool] | None = None

    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        """Drop the key where a redirect leads to another host."""
        url = prepared_request.url or ""
        came_from = response.request.url or ""
        if self.should_strip_auth(came_from, url):  # type: ignore[no-untyped-call]
            prepared_request.headers.pop("Authorization", None)


def new_pool(has_ended: Callable[[], bool] | None = None) -> requests.Session:
    """Return a session of requests that keeps connections, no cookies, and knows no key.

    Parameters
    ----------
    has_ended
        Tells whether the server is a local platform that has ended.
    """
    # The loggers are urllib3's own, one for the process; adding a filter twice changes nothing.
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_MASK)
    pool = _Pool()
    pool.has_ended = has_ended
    pool.auth = _NoAuth()
    pool.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # requests looks for two variables of its own; this one is that of OpenSSL, curl and Python.
    authorities = os.environ.get("SSL_CERT_FILE", "")
    if os.path.isfile(authorities):  # noqa: PTH113 - no text is none, where Path("") is a folder
        pool.verify = authorities
    adapter = _Adapter(pool_connections=8, pool_maxsize=_POOL_SIZE)
    pool.mount("https://", adapter)
    pool.mount("http://", adapter)
    return pool


class _Mask(logging.Filter):
    """Replaces the secrets of URLs in a record's arguments."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                masked_url(value) if isinstance(value, str) else _masked_object(value)
                for value in record.args
            )
        return True


def _masked_object(value: object) -> object:
    """Return an argument of a log record without the secrets of URLs in it."""
    if value is None or isinstance(value, (int, float)):
        return value
    shown = str(value)
    masked = masked_url(shown)
    return value if masked == shown else masked


_MASK = _Mask()
