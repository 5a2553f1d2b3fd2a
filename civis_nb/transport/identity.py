"""Who sends a request and where to: the key, the product and the job, the address, proxies."""

from __future__ import annotations

import base64
import os
import platform
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from civis_nb._version import __version__
from civis_nb._wire_text import Secret, hide_key, masked_url
from civis_nb.errors import CivisConfigError, CivisError

if TYPE_CHECKING:
    import requests

__all__ = ["Environment", "KeyAuth", "checked_base", "own_headers", "user_agent"]

#: Shorter ones are no keys but test data; to replace them would garble words.
_MIN_KEY_CHARS = 8
_PROXY_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_PROXY_VARIABLES = (
    *_PROXY_NAMES,
    *(name.lower() for name in _PROXY_NAMES),
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "REQUEST_METHOD",
)


class KeyAuth:
    """Adds the key to a request when called with it; no repr shows it."""

    __slots__ = ("_header",)

    def __init__(self, api_key: str) -> None:
        # Hidden in the header too: an interrupted request is seen in a traceback with its headers.
        header = Secret("Basic " + base64.b64encode(f"{api_key}:".encode()).decode())
        hide_key(api_key)
        # Not an attribute: whoever looks through objects, a debugger or a serializer, finds none.
        self._header: Callable[[], str] = lambda: header

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request with the key."""
        request.headers["Authorization"] = self._header()
        return request

    def hide_in(self, error: CivisError) -> None:
        """Mask the key where a server gave it back in its answer, as debug pages do."""
        token = self._header().removeprefix("Basic ")
        secrets = [token, base64.b64decode(token).decode().removesuffix(":")]

        def hidden(value: Any) -> Any:
            if isinstance(value, str):
                for secret in secrets:
                    if len(secret) >= _MIN_KEY_CHARS:
                        value = value.replace(secret, "***")
            return value

        error.args = tuple(hidden(value) for value in error.args)
        for name, value in vars(error).items():
            setattr(error, name, hidden(value))

    def __repr__(self) -> str:
        return "<API key: ***>"

    def __reduce__(self) -> Any:
        raise TypeError("An API key is not pickled; make an APIClient where it is needed.")


class Environment:
    """Proxies and certificates as the environment has them.

    requests reads all variables for every request, a fifth of its time; for the API's own host
    the result is kept while the variables that count are the same.
    """

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: tuple[tuple[str | None, ...], dict[str, Any]] | None = None

    def settings(self, pool: requests.Session, url: str, keep: bool) -> dict[str, Any]:
        """Return the arguments proxies, verify and cert of a request.

        Parameters
        ----------
        pool
            The session that will send it.
        url
            Where to.
        keep
            Whether it goes to the API's own host.
        """
        now = tuple(os.environ.get(name) for name in _PROXY_VARIABLES)
        kept = self._kept
        if keep and kept is not None and kept[0] == now:
            return {**kept[1]}
        settings = dict(pool.merge_environment_settings(url, {}, None, None, None))
        settings.pop("stream", None)
        if keep:
            self._kept = (now, {**settings})
        return settings


def checked_base(base_url: str) -> str:
    """Return the address of an API with one slash at its end.

    Raises
    ------
    CivisConfigError
        When it is no http(s) address, or holds a user name or password.

    Examples
    --------
    >>> checked_base("http://127.0.0.1:8000")
    'http://127.0.0.1:8000/'
    """
    text = base_url.strip()
    try:
        parts = urlsplit(text)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        fine = fine and not parts.query and not parts.fragment
    except ValueError:
        fine = False
    if not fine or any(char.isspace() for char in text):
        raise CivisConfigError(
            f"The address of the API is no URL: {masked_url(base_url)!r}. Set CIVIS_API_ENDPOINT "
            "to one like https://api.civisanalytics.com."
        )
    if parts.username is not None or parts.password is not None:
        raise CivisConfigError(
            f"The address of the API names a user: {masked_url(text)}. Leave that out: the "
            "key alone says who you are (CIVIS_API_KEY)."
        )
    return text.rstrip("/") + "/"


def own_headers(product: str) -> dict[str, str]:
    """Return the headers that name the sender: the product and, inside a job, the job and run."""
    headers = {"User-Agent": user_agent(product)}
    job = os.environ.get("CIVIS_JOB_ID")
    if job:
        headers["X-Civis-Job-ID"] = job
        run_id = os.environ.get("CIVIS_RUN_ID")
        if run_id:
            headers["X-Civis-Run-ID"] = run_id
    return headers


def user_agent(product: str) -> str:
    """Return the text of ``User-Agent``: the product, the language, this package, requests."""
    import requests

    return (
        f"{product} (Python {platform.python_version()}; civis_nb {__version__}; "
        f"requests {requests.__version__})"
    )
