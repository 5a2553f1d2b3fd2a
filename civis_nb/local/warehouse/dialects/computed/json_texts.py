"""JSON as PostgreSQL writes it: jsonb without repeated keys, in its order and with its blanks."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

__all__ = [
    "json_at",
    "jsonb_joined",
    "jsonb_set",
    "jsonb_text",
    "ordered",
    "parsed",
    "steps_of",
    "written",
]


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
    return written(parsed(text))


def json_at(text: str, path: str) -> str:
    """Return the jsonb at a path, an array of PostgreSQL of keys and numbers of elements.

    Where there is none, it is empty: DuckDB takes no NULL from a function in Python.

    Examples
    --------
    >>> json_at('{"a": [5, {"1": 2}]}', "{a,-1,1}"), json_at("[1]", "{a}")
    ('2', '')
    """
    value = parsed(text)
    for step in steps_of(path):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.removeprefix("-").isdecimal():
            at = int(step)
            if not -len(value) <= at < len(value):
                return ""
            value = value[at]
        else:
            return ""
    return written(value)


def jsonb_joined(one: str, other: str) -> str:
    """Return two jsonb values as one, as the operator ``||`` joins them.

    Examples
    --------
    >>> jsonb_joined('{"a": 1}', '{"a": 2}'), jsonb_joined("[1]", '"x"')
    ('{"a": 2}', '[1, "x"]')
    """
    first, second = parsed(one), parsed(other)
    if isinstance(first, dict) and isinstance(second, dict):
        return written({**first, **second})
    lists = (value if isinstance(value, list) else [value] for value in (first, second))
    return written([item for each in lists for item in each])


def jsonb_set(text: str, path: str, new: str, create: bool) -> str:
    """Return JSON with another value at a path.

    Parameters
    ----------
    text
        The JSON.
    path
        As an array of PostgreSQL: keys and numbers of elements, from -1 backwards.
    new
        The JSON to put there.
    create
        Whether a key or an element that is not there is added.

    Examples
    --------
    >>> jsonb_set('{"a": [1, 2]}', "{a,-1}", "5", True), jsonb_set("{}", "{b}", "5", False)
    ('{"a": [1, 5]}', '{}')
    """
    steps = steps_of(path)
    return written(_set(parsed(text), steps, parsed(new), create) if steps else parsed(text))


def steps_of(path: str) -> list[str]:
    """Return the keys and numbers of elements in an array of PostgreSQL."""
    return [step.strip().strip('"') for step in path.strip("{}").split(",") if step.strip()]


def _set(value: Any, steps: list[str], new: Any, create: bool) -> Any:
    """Return a value with another one at a path."""
    first, *others = steps
    if isinstance(value, dict):
        if others:
            changed = {first: _set(value[first], others, new, create)} if first in value else {}
        else:
            changed = {first: new} if create or first in value else {}
        return {**value, **changed}
    if not isinstance(value, list):
        return value
    if not first.lstrip("-").isdecimal():
        raise ValueError(f'path element is not an integer: "{first}"')
    at = int(first) + (len(value) if int(first) < 0 else 0)
    if 0 <= at < len(value):
        item = _set(value[at], others, new, create) if others else new
        return [*value[:at], item, *value[at + 1 :]]
    if others or not create:
        return value
    return [new, *value] if at < 0 else [*value, new]


def parsed(text: str) -> Any:
    """Return the value of a JSON text, with decimals of as many digits as are written.

    Raises
    ------
    ValueError
        If it is no JSON.
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except ValueError:
        raise ValueError(f'invalid input syntax for type json: "{text}"') from None


def _refuse(name: str) -> Any:
    raise ValueError(name)


def ordered(value: dict[str, Any]) -> list[str]:
    """Return the keys of an object in the order of jsonb: shorter ones first."""
    return sorted(value, key=lambda key: (len(key.encode()), key.encode()))


def written(value: Any) -> str:
    """Return the text of a value as PostgreSQL writes jsonb."""
    if isinstance(value, dict):
        items = (f"{written(key)}: {written(value[key])}" for key in ordered(value))
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)
