"""Plain text of responses: short, and without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

from civis_nb._wire_text import masked_url

__all__ = ["MASK", "is_secret", "list_text", "redacted", "response_text"]

MASK = "***"
_MAX_TEXT_CHARS = 300
_MAX_ITEMS = 50

_SECRET_KEY = re.compile(
    r"(^|_)(password|passwd|passphrase|token|secret|signature|api_?key|access_key|secret_key|"
    r"private_key|authorization|policy)$"
)


def is_secret(key: str) -> bool:
    """Return whether a field of that name holds a secret.

    Examples
    --------
    >>> [is_secret(name) for name in ("password", "apiKey", "tokenName", "name")]
    [True, True, False, False]
    """
    from civis_nb.spec.names import camel_to_snake

    return _SECRET_KEY.search(camel_to_snake(key)) is not None


def redacted(key: str, value: Any) -> Any:
    """Return a value as it may be shown: secrets masked, long text cut, long lists shortened.

    Parameters
    ----------
    key
        The field that holds it; empty where there is none.
    value
        JSON.

    Examples
    --------
    >>> redacted("file", {"name": "a", "token": "abc", "url": "https://h/f?Signature=abc"})
    {'name': 'a', 'token': '***', 'url': 'https://h/f?Signature=***'}
    """
    if value is not None and value != "" and not isinstance(value, bool) and is_secret(key):
        return MASK
    if isinstance(value, dict):
        if key in ("uploadFields", "upload_fields"):
            return {name: item if name == "key" else MASK for name, item in value.items()}
        return {name: redacted(str(name), item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        shown = [redacted(key, item) for item in value[:_MAX_ITEMS]]
        if value[_MAX_ITEMS:]:
            shown.append(_Unquoted(f"… {len(value) - _MAX_ITEMS} more"))
        return shown
    if isinstance(value, str):
        text = masked_url(value) if "://" in value else value
        if len(text) <= _MAX_TEXT_CHARS:
            return text
        return f"{text[:_MAX_TEXT_CHARS]}… ({len(text) - _MAX_TEXT_CHARS} more characters)"
    return value


class _Unquoted:
    """Text that stands without quotes in a repr."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _formatted(kind: str, shown: Any, width: int | None) -> str:
    """Return the text of an object, on several lines where a width is given."""
    if width is None:
        return f"{kind}({shown!r})"
    # Imported here: only an interactive shell asks for lines.
    import pprint

    indent = " " * (len(kind) + 1)
    lines = pprint.pformat(shown, width=width - len(indent), sort_dicts=False, compact=True)
    return f"{kind}({lines.replace(chr(10), chr(10) + indent)})"


def response_text(data: Any, width: int | None = None) -> str:
    """Return the text of a Response: one line, or lines of at most `width` characters.

    Parameters
    ----------
    data
        The answer as plain JSON.
    width
        The most characters of a line; None: one line of any length.
    """
    return _formatted("Response", redacted("", data), width)


def list_text(items: Iterable[Any], total: int, width: int | None = None) -> str:
    """Return the text of a ListResponse, shortened as that of a Response is.

    Parameters
    ----------
    items
        The items as plain JSON; no more are read than are shown.
    total
        How many items there are.
    width
        As for `response_text`.
    """
    shown = [redacted("", item) for item in islice(items, _MAX_ITEMS)]
    if total > _MAX_ITEMS:
        shown.append(_Unquoted(f"… {total - _MAX_ITEMS} more"))
    return _formatted("ListResponse", shown, width)
