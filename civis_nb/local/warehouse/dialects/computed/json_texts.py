"""JSON as PostgreSQL writes it: jsonb without repeated keys, in its order and with its blanks."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

__all__ = ["jsonb_text"]


def jsonb_text(text: str) -> str:
    """Return a JSON text as PostgreSQL writes the jsonb of it.

    Raises
    ------
    ValueError
        If it is no JSON.

    Examples
    --------
    >>> jsonb_text('{"bb":1, "a":[1,2.50], "a":{}}')
    '{"a": {}, "bb": 1}'
    """
    try:
        return _text(json.loads(text, parse_float=Decimal, parse_constant=_refuse))
    except ValueError:
        raise ValueError(f'invalid input syntax for type json: "{text}"') from None


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{_text(key)}: {_text(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_text, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)
