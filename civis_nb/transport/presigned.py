"""Requests to presigned URLs: no credentials, bounded waits, limited retries."""

from __future__ import annotations

import logging
import random
import re
import time
from dataclasses import dataclass
from typing import Any

import requests

from civis_nb import config
from civis_nb._wire_text import SecretUrl, masked_url
from civis_nb.cancellation import current_token
from civis_nb.errors import CivisError
from civis_nb.transport.pool import new_pool

__all__ = [
    "RETRIED_STATUSES",
    "RULE",
    "Attempts",
    "Broken",
    "Rule",
    "ask",
    "describe_answer",
    "plain_words",
    "session_for",
    "timeouts",
    "without_frames",
]

log = logging.getLogger(__name__)

#: A server that answers with one of these may do better when it is asked again.
RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})

#: Content that stands still for longer is asked for anew, however patient API calls are.
_MAX_STALL_S = 30.0
_MAX_SHOWN_CHARS = 300
_MAX_READ_BYTES = 4000
#: The answer did not come, or not whole.
_LOST = (
    requests.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


@dataclass(frozen=True)
class Rule:
    """How often a transfer is repeated that makes no progress.

    A connection that breaks or stands still is tried again for the setting ``failure_budget_s``.

    Attributes
    ----------
    tries
        Answers in a row that may be refusals.
    short_tries
        Answers in a row that may be complete by their own account but too short.
    lost_tries
        Connections in a row that may break or stand still; None: no matter how many.
    first_wait_s, max_wait_s
        The wait before the second attempt, doubled for each one after it, up to the maximum.
    """

    tries: int = 10
    short_tries: int = 3
    lost_tries: int | None = None
    first_wait_s: float = 0.2
    max_wait_s: float = 8.0


RULE = Rule()


class Broken(Exception):  # noqa: N818 - a state of the transfer, never shown
    """An attempt failed in a way that another one may repair.

    Parameters
    ----------
    reason
        What happened, in words for the final error.
    kind
        ``"cut"``, ``"stall"``, ``"short"``, ``"status"``, or ``"final"``: no other attempt helps.
    wait_s
        What the server asks to wait at least.
    """

    def __init__(self, reason: str, kind: str = "cut", wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind
        self.wait_s = wait_s


class Attempts:
    """Counts attempts that make no progress, and waits between them.

    Parameters
    ----------
    rule
        How many there may be.
    """

    def __init__(self, rule: Rule = RULE) -> None:
        self._rule = rule
        self._failures: dict[str, int] = {}
        #: When the first failure since the last progress was, by the monotonic clock.
        self._since: float | None = None

    @property
    def count(self) -> int:
        """The failed attempts since the last progress."""
        return sum(self._failures.values())

    def progress(self) -> None:
        """Forget failures: something new arrived."""
        if self._failures:
            self._failures.clear()
            self._since = None

    def another(self, broken: Broken) -> bool:
        """Wait before the next attempt; False when there are to be no more.

        That is so as well when the work is stopped meanwhile.
        """
        rule = self._rule
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        self._failures[broken.kind] = self._failures.get(broken.kind, 0) + 1
        limits = {"short": rule.short_tries, "status": rule.tries, "final": 1}
        limit = limits.get(broken.kind, rule.lost_tries)
        if limit is not None and self._failures[broken.kind] >= limit:
            return False
        longest = min(rule.first_wait_s * 2 ** (self.count - 1), rule.max_wait_s)
        wait_s = max(longest * random.uniform(0.5, 1.0), broken.wait_s)  # noqa: S311 - jitter
        if now - self._since + wait_s > float(config.get("failure_budget_s")):
            return False
        log.info("%s; another attempt in %.1f s", broken.reason, wait_s)
        return not current_token().wait(wait_s)


def session_for(client: Any = None) -> requests.Session:
    """Return a session for presigned URLs: the pooled one of `client`, else a new one.

    Parameters
    ----------
    client
        An `APIClient`; anything else (a mock) is passed over.
    """
    own = getattr(getattr(client, "_session", None), "raw_session", None)
    if callable(own):
        session = own()
        if isinstance(session, requests.Session):
            return session
    return new_pool()


def timeouts() -> tuple[float, float]:
    """Return the connect and read timeouts of transfers, in seconds."""
    read_s = min(float(config.get("read_timeout_s")), _MAX_STALL_S)
    return float(config.get("connect_timeout_s")), read_s


def ask(
    session: requests.Session, method: str, url: SecretUrl, **options: Any
) -> requests.Response:
    """Send one request to a presigned URL.

    What is raised holds neither the URL nor an exception, nor a frame of the HTTP library, which
    do: not in its context either.

    Raises
    ------
    Broken
        When there is no answer.
    CivisTransferError
        Of the body's source.
    """
    failure: BaseException
    try:
        return session.request(method, url, timeout=timeouts(), **options)
    except requests.Timeout:
        failure = Broken("the store gives no answer in time", "stall")
    except _LOST as error:
        failure = Broken(f"no connection to the store ({plain_words(error)})")
        has_ended = getattr(session, "has_ended", None)
        if has_ended is not None and has_ended():
            failure = Broken("the local platform has ended", "final")
    except requests.RequestException as error:
        failure = Broken(plain_words(error), "final")
    except BaseException as error:
        failure = error
    raise without_frames(failure)


def without_frames(error: BaseException) -> BaseException:
    """Return an exception without the frames that it came through, and what it came from."""
    if not isinstance(error, CivisError):
        error.__cause__ = None
    error.__context__ = None
    return error.with_traceback(None)


def plain_words(error: Exception) -> str:
    """Return what went wrong on the connection: the innermost message, without addresses."""
    inner: BaseException = error
    while True:
        nested = [part for part in inner.args if isinstance(part, BaseException)]
        reason = getattr(inner, "reason", None)
        if isinstance(reason, BaseException):
            nested.append(reason)
        if not nested:
            break
        inner = nested[0]
    return masked_url(str(inner) or type(inner).__name__)


def describe_answer(response: requests.Response) -> str:
    """Return a store's reply in one line: status, reason, and the code and message of S3 stores."""
    try:
        content: bytes = next(response.iter_content(_MAX_READ_BYTES), b"")
    except requests.RequestException:
        content = b""  # the status says enough
    text = content.decode("utf-8", "replace")
    message = [
        found.group(1)
        for tag in ("Code", "Message")
        if (found := re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL))
    ]
    words = ": ".join(message) if message else " ".join(text.split())
    status = f"HTTP {response.status_code} {response.reason or ''}".strip()
    return masked_url(f"{status} ({words[:_MAX_SHOWN_CHARS]})" if words else status)
