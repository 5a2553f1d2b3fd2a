"""What can go wrong with a request: each fault of requests and urllib3 gets a class of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from civis_nb._wire_text import is_loopback, masked_path, masked_url
from civis_nb.errors import (
    CivisClientError,
    CivisConnectionError,
    CivisError,
    CivisInputError,
    CivisPlatformEndedError,
    CivisTimeoutError,
)

if TYPE_CHECKING:
    import requests

__all__ = ["Fault", "Outcome", "classify", "platform_ended"]

#: unsent: nothing reached the server; broken: the answer was lost on its way, the request may
#: have been served; timeout: no answer in time; final: trying again can't help.
Fault = Literal["", "unsent", "broken", "timeout", "malformed", "status", "final"]

_GONE = (
    "Nothing listens there: a local platform ends with the program that started it. Start one "
    "again and make a new client for it, or see where CIVIS_API_ENDPOINT leads."
)


_RIGHT = "Is CIVIS_API_ENDPOINT right?"


@dataclass(slots=True)
class Outcome:
    """How one attempt at a request ended.

    Attributes
    ----------
    fault
        Empty when an answer came that is none of the others.
    response
        The answer, where one came.
    payload
        Its JSON, where it was asked for.
    error
        What to raise when no more attempt is made.
    """

    fault: Fault = ""
    response: requests.Response | None = None
    payload: Any = None
    error: CivisError | None = None

    @property
    def status(self) -> int:
        """The reply's HTTP status; 0 where none came."""
        return 0 if self.response is None else int(self.response.status_code)

    @property
    def headers(self) -> Mapping[str, str] | None:
        """The reply's headers, where one came."""
        return None if self.response is None else self.response.headers


def classify(error: Exception, method: str, url: str) -> Outcome:
    """Return an exception of requests as an outcome, with an error of our tree.

    The error holds neither the request nor the exception, so that no secret can be reached
    from it; raise it outside the ``except`` block to keep it so.
    """
    import requests
    from urllib3 import exceptions as urllib3

    exceptions = requests.exceptions
    what = f"{method} {masked_path(url)}"
    host = _host(url)
    inner = error.args[0] if error.args else None
    reason = getattr(inner, "reason", inner)
    detail = _detail(reason if isinstance(reason, BaseException) else error)
    if isinstance(error, exceptions.ConnectTimeout):
        text = f"{host} took no connection in time ({what}). Is the network up? A longer wait: "
        return Outcome("unsent", error=CivisTimeoutError(text + "CIVIS_NB_CONNECT_TIMEOUT_S."))
    if isinstance(error, exceptions.Timeout) or isinstance(reason, urllib3.ReadTimeoutError):
        text = f"{host} gave no answer in time to {what}. A longer wait: CIVIS_NB_READ_TIMEOUT_S."
        return Outcome("timeout", error=CivisTimeoutError(text))
    if isinstance(error, exceptions.SSLError) and "EOF" not in detail:
        text = f"No safe connection to {host} for {what}: {detail}. A company's own certificate "
        text += "authority is set with the environment variable REQUESTS_CA_BUNDLE."
        return Outcome("final", error=CivisConnectionError(text))
    no_proxy = isinstance(error, exceptions.InvalidProxyURL) or "SOCKS" in detail
    if isinstance(error, exceptions.ProxyError) or no_proxy:
        text = f"The proxy gave no connection to {host} for {what}: {detail}. "
        if "dependencies for SOCKS" in detail:
            text += "A SOCKS proxy needs a further package: pip install pysocks. "
        text += "Proxies are set with the environment variables HTTPS_PROXY, HTTP_PROXY, "
        text += "ALL_PROXY and NO_PROXY."
        fault: Fault = "final" if no_proxy else "unsent"
        return Outcome(fault, error=CivisConnectionError(text))
    if isinstance(reason, urllib3.NewConnectionError):
        text = f"No connection to {host} for {what}: {detail}. "
        text += (
            _GONE
            if is_loopback(f"//{host}")
            else "Is CIVIS_API_ENDPOINT right, and the network up?"
        )
        return Outcome("unsent", error=CivisConnectionError(text))
    if isinstance(error, urllib3.LocationValueError):
        return Outcome("final", error=_final_error(error, what, host, detail))
    lost = (exceptions.ConnectionError, exceptions.ChunkedEncodingError)
    if isinstance(error, (*lost, exceptions.ContentDecodingError, urllib3.HTTPError)):
        text = f"The connection to {host} broke off before {what} was answered whole: {detail}."
        return Outcome("broken", error=CivisConnectionError(text))
    return Outcome("final", error=_final_error(error, what, host, detail))


def platform_ended(method: str, url: str) -> CivisPlatformEndedError:
    """Return the error of a request to a local platform that is there no more."""
    return CivisPlatformEndedError(
        f"The local platform at {_host(url)} has ended, so {method} {masked_path(url)} has no "
        "answer. Its runs ended with it. Start one again and make a new client for it."
    )


def _final_error(error: Exception, what: str, host: str, detail: str) -> CivisError:
    """Return the error of a request that no repetition would help."""
    from requests import exceptions
    from urllib3 import exceptions as urllib3

    from civis_nb.transport.pool import AnswerTooLongError

    if isinstance(error, AnswerTooLongError):
        return CivisClientError(f"{host} answered {what} without an end: {detail}. {_RIGHT}")
    if isinstance(error, exceptions.TooManyRedirects):
        return CivisClientError(f"{host} sends {what} round in circles: {detail}.")
    if isinstance(error.args[0] if error.args else None, urllib3.InvalidHeader):
        return CivisClientError(f"{host} answered {what} with a head that can't be read: {detail}.")
    kinds = (exceptions.InvalidHeader, exceptions.InvalidJSONError, UnicodeError)
    if isinstance(error, kinds) and not isinstance(error, exceptions.InvalidURL):
        return CivisInputError(f"{what} can't be sent: {detail}.")
    if isinstance(error, ValueError):
        # Every class of requests for a URL that is none is a ValueError. The API's own address
        # was looked at when the session was made.
        return CivisClientError(
            f"{what} leads to an address that can't be asked: {detail}. Are CIVIS_API_ENDPOINT "
            "and the proxy's address right, or does the server there send the request on?"
        )
    return CivisConnectionError(f"{what} failed at {host}: {detail}.")


def _host(url: str) -> str:
    """Return the host of a URL, without user and password."""
    from urllib.parse import urlsplit

    try:
        return urlsplit(url).netloc.rpartition("@")[2] or masked_url(url)
    except ValueError:
        return masked_url(url)


def _detail(error: BaseException) -> str:
    """Return the innermost words of an exception, without the object addresses around them."""
    parts = error.args
    if len(parts) == 2 and isinstance(parts[0], str) and isinstance(parts[1], Exception):
        # What urllib3 tells twice, or in the words of a tuple.
        inner = str(parts[1]) or type(parts[1]).__name__
        text = parts[0] if inner in parts[0] else f"{parts[0].rstrip('.')}: {inner}"
    else:
        text = str(error)
    if ">: " in text:
        text = text.rpartition(">: ")[2]
    elif text.startswith("HTTP") and "): " in text:
        text = text.partition("): ")[2]
    return masked_url(" ".join(text.split()))[:300].rstrip(".") or type(error).__name__
