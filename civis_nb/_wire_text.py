"""Text about requests and answers that may be shown to a person: secrets masked, words cut."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, SupportsIndex
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import requests

_MAX_TEXT_CHARS = 500
_MAX_TEXT_BYTES = 4 * _MAX_TEXT_CHARS
_MAX_JSON_BYTES = 1 << 24

#: Query parameters that sign a URL or carry a secret: AWS v2 and v4, Google, Azure, our own.
_SECRET_PARAMETERS = re.compile(
    r"(?i)([?&;](?:x-amz-[a-z-]+|x-goog-[a-z-]+|awsaccesskeyid|signature|sig|token|key|api_key|"
    r"access_token|password|secret|credential|policy|expires)=)[^&#\s\"']*"
)
#: Schemes are short: without that bound, a long text with dots takes the square of its length.
_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,30}://)[^/@\s\"']+@")


def preformatted(text: str) -> str:
    """Return text as HTML that keeps its lines, escaped and with secrets masked.

    Examples
    --------
    >>> preformatted("a < b")
    '<pre style="white-space:pre-wrap">a &lt; b</pre>'
    """
    from html import escape

    return f'<pre style="white-space:pre-wrap">{escape(masked_url(text))}</pre>'


class Secret(str):
    """A key as text that no repr shows, and so no traceback that lists variables.

    Examples
    --------
    >>> key = Secret("abc")
    >>> key, key == "abc"
    ('***', True)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"

    def __getitem__(self, key: SupportsIndex | slice) -> Secret:
        # Some print the start of a text only: that is no less secret.
        return type(self)(super().__getitem__(key))


class SecretUrl(Secret):
    """A presigned URL as text of which no repr shows the signature.

    Examples
    --------
    >>> SecretUrl("https://store/file?signature=abc&part=1")
    'https://store/file?signature=***&part=1'
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(masked_url(str(self)))

    def __getitem__(self, key: SupportsIndex | slice) -> Secret:
        return Secret(str(self)[key])


class SecretBytes(bytes):
    """Bytes that no repr shows.

    Examples
    --------
    >>> SecretBytes(b"abc")
    b'***'
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "b'***'"


#: What hides the keys of this process's clients in a text: functions, as no name holds a key.
_hiding: tuple[Callable[[str], str], ...] = ()
#: Shorter ones are no keys but test data; to replace them would garble words.
_MIN_KEY_CHARS = 16
_MAX_KEYS = 16


def hide_key(key: str) -> None:
    """Have `masked_url` replace a key from now on, as in the log of a job that prints its own."""
    global _hiding
    key = Secret(key)
    if len(key) >= _MIN_KEY_CHARS and masked_url(key) == key:
        # Of many clients those that came last: each costs a look at every text.
        _hiding = (*_hiding, lambda text: text.replace(key, "***"))[-_MAX_KEYS:]


def masked_url(text: str) -> str:
    """Return `text` with keys, and the secrets of every URL in it, replaced by ``***``.

    Parameters
    ----------
    text
        A URL, or any text that may hold URLs.

    Examples
    --------
    >>> masked_url("https://user:pw@host/file?Signature=abc&part=1")
    'https://***@host/file?Signature=***&part=1'
    """
    for hide in _hiding:
        text = hide(text)
    return _USERINFO.sub(r"\1***@", _SECRET_PARAMETERS.sub(r"\1***", text))


def masked_path(url: str) -> str:
    """Return the path and query of `url`, secrets masked.

    Examples
    --------
    >>> masked_path("https://api.test/jobs/1/runs?limit=5")
    '/jobs/1/runs?limit=5'
    """
    parts = urlsplit(masked_url(url))
    return parts.path + (f"?{parts.query}" if parts.query else "")


def is_loopback(url: str) -> bool:
    """Return whether a URL leads to this machine.

    Examples
    --------
    >>> is_loopback("http://127.0.0.1:8000"), is_loopback("https://api.civisanalytics.com")
    (True, False)
    """
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.\d+){3}", host) is not None


def describe_error(response: requests.Response) -> str:
    """Return the server's description of an error, secrets masked.

    The source is the body's ``errorDescription`` (else ``error``, ``message``); else the text of
    the body, cut to 500 characters; else the reason phrase of the status, with the challenge
    where it is one.
    """
    content = response.content or b""
    try:
        body = json.loads(content) if len(content) <= _MAX_JSON_BYTES else None
    except (ValueError, RecursionError):
        body = None
    reason = str(response.reason or f"HTTP status {response.status_code}, empty answer")
    if isinstance(body, dict):
        message = body.get("errorDescription") or body.get("error") or body.get("message")
        if message:
            return masked_url(str(message))
        if not any(value for key, value in body.items() if key not in ("code", "status")):
            return f"{response.reason or 'Error'}: the server gave no description"
    text = " ".join(_decoded(content[:_MAX_TEXT_BYTES]).split())
    if not text:
        challenge = response.headers.get("WWW-Authenticate")
        return f"{reason}: {masked_url(challenge)}" if challenge else reason
    shown = masked_url(text)
    return shown if len(shown) <= _MAX_TEXT_CHARS else shown[:_MAX_TEXT_CHARS] + " …"


def _decoded(content: bytes) -> str:
    """Decode the beginning of a body: UTF-8, which may be cut in a character, or Latin-1."""
    # Not by guessing from all of it, which takes seconds for a long page.
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        cut = len(content) == _MAX_TEXT_BYTES and error.start >= len(content) - 3
        return content[: error.start].decode() if cut else content.decode("latin-1")
