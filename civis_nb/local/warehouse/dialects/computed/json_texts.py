"""JSON as PostgreSQL writes it: jsonb without repeated keys, in its order and with its blanks."""

from __future__ import annotations

import json
from decimal import MAX_PREC, Context, Decimal
from typing import Any

__all__ = [
    "json_at",
    "jsonb_joined",
    "jsonb_key",
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


def jsonb_key(text: str) -> str:
    """Return a text of jsonb that is smaller than another one's where the jsonb is.

    Objects are larger than arrays, these than truth values, numbers, texts and null; of two objects
    or arrays the one of more elements is larger.

    Examples
    --------
    >>> sorted(["10", "9", "[]", "true", '"x"', "-1.5", "[1]", "{}", "null"], key=jsonb_key)
    ['[]', 'null', '"x"', '-1.5', '9', '10', 'true', '[1]', '{}']
    >>> jsonb_key("5.0") == jsonb_key("5")
    True
    """
    value = parsed(text)
    return "0" if value == [] else _key(value)


def _key(value: Any) -> str:
    if isinstance(value, dict):
        keys = ordered(value)
        items = "".join(_text_key(key) + _key(value[key]) for key in keys)
        return f"6{len(keys):010}{items}"
    if isinstance(value, list):
        return f"5{len(value):010}{''.join(map(_key, value))}"
    if isinstance(value, bool):
        return f"4{int(value)}"
    if isinstance(value, int | Decimal):
        return f"3{_number_key(Decimal(value))}"
    return "1" if value is None else f"2{_text_key(value)}"


def _text_key(text: str) -> str:
    """Return the bytes of a text, and an end that is smaller than all of them."""
    return f"{text.encode().hex()}!"


def _number_key(number: Decimal) -> str:
    """Return a text for a number: its sign, its size, its digits; of negative ones, the reverse."""
    if not number:
        return "1"
    sign, digits, exponent = number.normalize(Context(prec=MAX_PREC)).as_tuple()
    size = len(digits) + int(exponent) + 10**9
    written_digits = "".join(map(str, digits))
    if not sign:
        return f"2{size:011}{written_digits}!"
    reverse = str.maketrans("0123456789!", "9876543210~")
    return "0" + f"{size:011}{written_digits}!".translate(reverse)


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
