"""What an answer means: a result, an error of the API, or nothing that can be read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from civis_nb._wire_text import masked_path, masked_url
from civis_nb.errors import CivisAPIError, CivisAPIKeyError, CivisClientError
from civis_nb.transport.faults import Outcome

if TYPE_CHECKING:
    import requests

__all__ = ["check_whole", "judge"]

_WITHOUT_BODY = frozenset({204, 304})


def check_whole(response: requests.Response) -> None:
    """Check that as many bytes came as the answer said; urllib3 1.26 does not.

    Raises
    ------
    requests.exceptions.ChunkedEncodingError
        When fewer did: the fault of a connection that broke off.
    """
    told = response.headers.get("Content-Length") or ""
    bare = response.request.method == "HEAD" or response.status_code in _WITHOUT_BODY
    if bare or not told.isdigit() or "Transfer-Encoding" in response.headers:
        return
    _ = response.content
    came = response.raw.tell()
    if came < int(told):
        from requests.exceptions import ChunkedEncodingError

        raise ChunkedEncodingError(f"{came} of {told} bytes came")


def judge(response: requests.Response, method: str, accept: frozenset[int], parse: bool) -> Outcome:
    """Say what an answer means.

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
    """
    status = response.status_code
    if status >= 400 and status not in accept:
        kind = CivisAPIKeyError if status == 401 else CivisAPIError
        return Outcome("status", response=response, error=kind(response))
    if 300 <= status < 400 and status not in accept:
        target = masked_url(str(response.headers.get("Location") or "another place"))
        text = (
            f"{_named(response, method)} answered {status} and sends on to {target}. "
            "Is CIVIS_API_ENDPOINT right, or does a login page stand in between?"
        )
        return Outcome("final", response=response, error=CivisClientError(text, response))
    if not parse or not response.content:
        return Outcome(response=response)
    try:
        return Outcome(response=response, payload=json.loads(response.content))
    except (ValueError, RecursionError):
        return _garbled(response, method)


def _garbled(response: requests.Response, method: str) -> Outcome:
    start = response.content[:2000].lstrip()[:200].lower()
    html = start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body"))
    said = masked_url(" ".join(response.content[:2000].decode("utf-8", "replace").split())[:200])
    hint = (
        "It is a web page: is CIVIS_API_ENDPOINT right, or does a login page stand in between?"
        if html
        else "The answer may have been cut."
    )
    text = (
        f"{_named(response, method)} answered {response.status_code} with what is no JSON: "
        f"{said!r}. {hint}"
    )
    error = CivisClientError(text, response)
    return Outcome("final" if html else "malformed", response=response, error=error)


def _named(response: requests.Response, method: str) -> str:
    url = response.url or ""
    return f"{method} {masked_path(url)} at {urlsplit(url).netloc.rpartition('@')[2]}"
