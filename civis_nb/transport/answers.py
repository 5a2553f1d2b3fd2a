"""What a reply means: a result, an error of the API, or nothing that can be read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from civis_nb._wire_text import masked_path, masked_url
from civis_nb.errors import (
    CivisAPIError,
    CivisAPIKeyError,
    CivisClientError,
    CivisError,
    CivisNotImplementedError,
)
from civis_nb.transport.faults import Outcome

if TYPE_CHECKING:
    import requests

__all__ = ["Wanted", "add_advice", "check_complete", "judge"]

#: What an answer is to hold; empty: it may hold nothing.
Wanted = Literal["", "object", "list"]

#: Statuses that have an error of their own.
_KINDS = {401: CivisAPIKeyError, 501: CivisNotImplementedError}
_WITHOUT_BODY = frozenset({204, 304})
#: A text in JSON, and the colon behind it where it names a field.
_JSON_TEXT = re.compile(r'"(?:[^"\\]|\\.)*(?:"(\s*:)?|\\?\Z)', re.DOTALL)
#: What gzip makes of nothing.
_EMPTY_GZIP_BYTES = 20

_MAY_BE_DONE = (
    ". The server may have done the work all the same: look before you call again, "
    "so that it is not done twice."
)

#: What stands in front of a server answers these when it has lost sight of the server's work.
_AMBIGUOUS_STATUSES = frozenset({502, 503, 504})

_MAY_BE_GONE = (
    ". An attempt before this one got no answer that says so, but may have deleted it already."
)


def check_complete(response: requests.Response) -> None:
    """Check that the answer came whole; urllib3 does not count bytes in 1.26, nor head lines ever.

    Raises
    ------
    requests.exceptions.ChunkedEncodingError
        When it did not: the fault of a connection that broke off.
    """
    status, headers = response.status_code, response.headers
    if status < 200:
        # The real answer is still to come, where nobody waits for it.
        raise _broken(f"the server sent the interim status {status} in place of an answer")
    if response.request.method == "HEAD" or status in _WITHOUT_BODY:
        return
    content, came = response.content, response.raw.tell()
    announced = headers.get("Content-Length") or ""
    chunked = "Transfer-Encoding" in headers
    if announced.isdigit() and not chunked and came < int(announced):
        raise _broken(f"{came} of {announced} bytes came")
    if content:
        return
    if came and came != _EMPTY_GZIP_BYTES and "gzip" in headers.get("Content-Encoding", "").lower():
        raise _broken(f"{came} bytes of a compressed content came, too few for any of it")
    ends = status == 205 or "close" in headers.get("Connection", "").lower()
    if not announced and not chunked and not ends and response.raw.version == 11:
        # The head says neither how much follows nor that the end of the connection ends it: its
        # own last lines are missing.
        raise _broken("the head of the answer is cut")


def _broken(text: str) -> Exception:
    from requests.exceptions import ChunkedEncodingError

    return ChunkedEncodingError(text)


def judge(
    response: requests.Response,
    method: str,
    accept: frozenset[int],
    parse: bool,
    wanted: Wanted = "",
) -> Outcome:
    """Return what a reply means.

    Parameters
    ----------
    response
        The answer.
    method
        The HTTP method that was asked with.
    accept
        Statuses from 300 on that are no errors here.
    parse
        Read the content as JSON.
    wanted
        What the answer holds, so that one that holds nothing is none.
    """
    status = response.status_code
    if status >= 400 and status not in accept:
        kind = _KINDS.get(status, CivisAPIError)
        return Outcome("status", response=response, error=kind(response))
    if 300 <= status < 400 and status not in accept:
        target = masked_url(str(response.headers.get("Location") or "a place it does not name"))
        text = (
            f"{_named(response, method)} answered {status} and sends on to {target}. "
            "Is CIVIS_API_ENDPOINT right, or does a login page stand in between?"
        )
        return Outcome("final", response=response, error=CivisClientError(text, response))
    if not parse or not response.content:
        return _wanting(response, method, None, wanted)
    try:
        return _wanting(response, method, json.loads(response.content), wanted)
    except (ValueError, RecursionError):
        return _garbled(response, method)


def _wanting(response: requests.Response, method: str, payload: Any, wanted: Wanted) -> Outcome:
    """Return the outcome of an answer; of one without what is wanted that of a lost answer."""
    is_without = payload is None or (wanted == "list" and payload == {})
    if not wanted or not is_without or response.status_code in _WITHOUT_BODY:
        return Outcome(response=response, payload=payload)
    # For a list, it would look like one without items.
    text = (
        f"{_named(response, method)} answered {response.status_code} and nothing where "
        f"{'a list' if wanted == 'list' else 'an object'} was asked for. "
        "Something between here and the server may have lost it."
    )
    error = CivisClientError(text, response)
    return Outcome("malformed", response=response, error=error)


def _garbled(response: requests.Response, method: str) -> Outcome:
    """Return the outcome of an answer that should be JSON and is not."""
    start = response.content[:2000].lstrip()[:200].lower()
    html = start.startswith((b"<!doctype", b"<!--", b"<html", b"<?xml", b"<head", b"<body")) or (
        "html" in response.headers.get("Content-Type", "").lower()
    )
    beginning = response.content[:2000].decode("utf-8", "replace")
    if beginning.lstrip()[:1] in ("{", "["):
        # A value may be a new key, which the answer was to give.
        beginning = _JSON_TEXT.sub(lambda found: found[0] if found[1] else '"…"', beginning)
    message = masked_url(" ".join(beginning.split())[:200])
    hint = (
        "It is a web page: is CIVIS_API_ENDPOINT right, or does a login page stand in between?"
        if html
        else "The answer may have been cut."
    )
    text = (
        f"{_named(response, method)} answered {response.status_code} with what is no JSON: "
        f"{message!r}. {hint}"
    )
    error = CivisClientError(text, response)
    return Outcome("final" if html else "malformed", response=response, error=error)


def _named(response: requests.Response, method: str) -> str:
    url = response.url or ""
    return f"{method} {masked_path(url)} at {urlsplit(url).netloc.rpartition('@')[2]}"


def add_advice(outcome: Outcome, method: str, attempts: int) -> None:
    """Add to an error that the request may have done its work, where that can't be known.

    Parameters
    ----------
    outcome
        How the last attempt ended, with its error.
    method
        The HTTP method that was asked with.
    attempts
        How many there were.
    """
    status = outcome.status
    lost = outcome.fault in ("broken", "timeout", "malformed") or status in _AMBIGUOUS_STATUSES
    if outcome.error is None:
        return
    if method in ("POST", "PATCH") and lost:
        _add_text(outcome.error, _MAY_BE_DONE)
    if method == "DELETE" and attempts > 1 and status == 404:
        _add_text(outcome.error, _MAY_BE_GONE)


def _add_text(error: CivisError, text: str) -> None:
    """Add a sentence to the message of an error, wherever it keeps one."""
    if isinstance(error, CivisAPIError):
        error.error_message = error.error_message.rstrip(". ") + text
    elif isinstance(error, CivisClientError):
        error.message = error.message.rstrip(". ") + text
    error.args = (str(error.args[0]).rstrip(". ") + text, *error.args[1:])
