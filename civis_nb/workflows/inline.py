"""Short forms in one line of text: ``std.echo output="x"``, ``fail(msg="…")``, ``x in <% … %>``."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["NotReadableError", "read_call", "read_items", "read_words"]

_NAME = re.compile(r"\s*([\w.]+)\s*")
_WORD = re.compile(
    r"""\s*([-\w]+)\s*=\s*
    ("[^"]*" | '[^']*' | <%.*?%> | \{\{.*?\}\} | \[.*?\](?=\s|$) | [^\s"'<,\[{]+)
    \s*""",
    re.VERBOSE,
)
_ITEMS = re.compile(r"\s*([-\w]+)\s+in\s+(<%.*%>|\{\{.*\}\}|\[.*\])\s*")


class NotReadableError(ValueError):
    """A text is not in the form that was expected; the message says which."""


def read_call(text: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the arguments of a call in one line.

    Examples
    --------
    >>> read_call('std.echo output="Hello" delay=2')
    ('std.echo', {'output': 'Hello', 'delay': 2})
    >>> read_call("fail(msg='no rows')")
    ('fail', {'msg': 'no rows'})
    """
    name = _NAME.match(text)
    if name is None or (" " not in text.strip() and "(" not in text):
        # A name alone, or an expression: as it is.
        return text, {}
    rest = text[name.end() :].strip()
    if rest.startswith("(") and rest.endswith(")"):
        rest = rest[1:-1]
    return name.group(1), read_words(rest)


def read_words(text: str) -> dict[str, Any]:
    """Return the values of ``name=value`` pairs.

    A value is in quotes, an expression, or JSON.

    Raises
    ------
    NotReadableError
        When there is something else in the text.

    Examples
    --------
    >>> read_words("count=3 delay=0.5 break-on=<% $.done %>")
    {'count': 3, 'delay': 0.5, 'break-on': '<% $.done %>'}
    """
    found: dict[str, Any] = {}
    at = 0
    while at < len(text):
        match = _WORD.match(text, at)
        if match is None:
            raise NotReadableError(f"name=value was expected at {text[at : at + 30]!r}")
        found[match.group(1)] = _value(match.group(2))
        at = match.end()
        if text[at : at + 1] == ",":
            at += 1
    return found


def read_items(text: str) -> tuple[str, str | tuple[Any, ...]]:
    """Return the variable and the items of ``name in items``.

    Raises
    ------
    NotReadableError
        When the text is something else.

    Examples
    --------
    >>> read_items("city in <% $.cities %>")
    ('city', '<% $.cities %>')
    >>> read_items('n in [1, 2]')
    ('n', (1, 2))
    """
    match = _ITEMS.fullmatch(text)
    if match is None:
        raise NotReadableError("expected is 'name in <% expression %>' or 'name in [1, 2]'")
    name, items = match.groups()
    if not items.startswith("["):
        return name, items
    try:
        return name, tuple(json.loads(items))
    except ValueError as error:
        raise NotReadableError(f"the list is no JSON: {error}") from None


def _value(text: str) -> Any:
    """Return a value of the short form: a quoted text, an expression, or JSON."""
    if text[0] in "\"'":
        return text[1:-1]
    if text.startswith(("<%", "{{")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        raise NotReadableError(
            f"{text!r} is neither in quotes, nor an expression, nor JSON"
        ) from None
