"""Plain text of the client's objects: short, and without secrets."""

from __future__ import annotations

import re
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
    """Say whether a field of that name holds a secret.

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
        JSON, or a response.

    Examples
    --------
    >>> redacted("file", {"name": "a", "token": "abc", "url": "https://h/f?Signature=abc"})
    {'name': 'a', 'token': '***', 'url': 'https://h/f?Signature=***'}
    """
    value = getattr(value, "json_data", value)
    if value is not None and value != "" and not isinstance(value, bool) and is_secret(key):
        return MASK
    if isinstance(value, dict):
        if key in ("uploadFields", "upload_fields"):
            return {name: item if name == "key" else MASK for name, item in value.items()}
        return {name: redacted(str(name), item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        shown = [redacted(key, item) for item in value[:_MAX_ITEMS]]
        return [*shown, _Bare(f"… {len(value) - _MAX_ITEMS} more")] if value[_MAX_ITEMS:] else shown
    if isinstance(value, str):
        text = masked_url(value) if "://" in value else value
        if len(text) <= _MAX_TEXT_CHARS:
            return text
        return f"{text[:_MAX_TEXT_CHARS]}… ({len(text) - _MAX_TEXT_CHARS} more characters)"
    return value


class _Bare:
    """Text that stands without quotes in a repr."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _shown(data: Any) -> Any:
    """Return a Response or a list of them as plain JSON in snake_case, as it may be shown."""
    return redacted("", data.json() if hasattr(data, "json_data") else data)


def _formatted(kind: str, shown: Any, width: int | None) -> str:
    if width is None:
        return f"{kind}({shown!r})"
    # Imported here: only an interactive shell asks for lines.
    import pprint

    indent = " " * (len(kind) + 1)
    lines = pprint.pformat(shown, width=width - len(indent), sort_dicts=False, compact=True)
    return f"{kind}({lines.replace(chr(10), chr(10) + indent)})"


def response_text(response: Any, width: int | None = None) -> str:
    """Return the text of a Response: one line, or lines of at most `width` characters."""
    return _formatted("Response", _shown(response), width)


def list_text(responses: Any, width: int | None = None) -> str:
    """Return the text of a ListResponse, shortened as that of a Response is."""
    items = [_shown(item) for item in responses[:_MAX_ITEMS]]
    if len(responses) > _MAX_ITEMS:
        items.append(_Bare(f"… {len(responses) - _MAX_ITEMS} more"))
    return _formatted("ListResponse", items, width)
