"""What PostgreSQL's operators of jsonb compute: containment, and JSON without some of its parts."""

from __future__ import annotations

from typing import Any

from civis_nb.local.warehouse.dialects.computed.json_texts import (
    ordered,
    parsed,
    steps_of,
    written,
)

__all__ = [
    "jsonb_contains",
    "jsonb_cut",
    "jsonb_indented",
    "jsonb_insert",
    "jsonb_without",
    "jsonb_without_element",
]


def jsonb_contains(text: str, other: str) -> bool:
    """Return whether the first JSON contains the second, as the operator ``@>`` finds.

    Examples
    --------
    >>> jsonb_contains('{"a": {"b": 1}}', '{"b": 1}'), jsonb_contains('[1, 2, [3]]', "[3]")
    (False, False)
    >>> jsonb_contains('[1, {"b": 1, "c": 2}]', '[{"b": 1.0}]'), jsonb_contains("[1]", "1")
    (True, True)
    """
    whole, part = parsed(text), parsed(other)
    if isinstance(whole, list) and not isinstance(part, (list, dict)):
        return _has_item(whole, part)  # of the outermost array alone
    return _contains(whole, part)


def _contains(whole: Any, part: Any) -> bool:
    """Return whether a value has all of another one, at the same places."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and _contains(whole[key], part[key]) for key in part)
    if isinstance(whole, list) and isinstance(part, list):
        return all(_has_item(whole, item) for item in part)
    if isinstance(whole, (dict, list)) or isinstance(part, (dict, list)):
        return False
    # True equals 1 in Python.
    return isinstance(whole, bool) == isinstance(part, bool) and bool(whole == part)


def _has_item(whole: list[Any], part: Any) -> bool:
    return any(_contains(item, part) for item in whole)


def jsonb_without(text: str, keys: list[str | None]) -> str:
    """Return JSON without some keys of an object, or texts of an array: the operator ``-``.

    Examples
    --------
    >>> jsonb_without('{"a": 1, "b": 2}', ["b", None]), jsonb_without('["a", "b", 1]', ["a"])
    ('{"a": 1}', '["b", 1]')
    """
    value = parsed(text)
    if isinstance(value, dict):
        return written({key: item for key, item in value.items() if key not in keys})
    if isinstance(value, list):
        kept = [item for item in value if not (isinstance(item, str) and item in keys)]
        return written(kept)
    raise ValueError("cannot delete from scalar")


def jsonb_without_element(text: str, number: int) -> str:
    """Return an array of JSON without one element, from -1 backwards.

    Examples
    --------
    >>> jsonb_without_element("[1, 2, 3]", -1), jsonb_without_element("[1]", 4)
    ('[1, 2]', '[1]')
    """
    value = parsed(text)
    if isinstance(value, dict):
        raise ValueError("cannot delete from object using integer index")
    if not isinstance(value, list):
        raise ValueError("cannot delete from scalar")
    if -len(value) <= number < len(value):
        del value[number]
    return written(value)


def jsonb_cut(text: str, path: str) -> str:
    """Return JSON without what is at a path: the operator ``#-``.

    Examples
    --------
    >>> jsonb_cut('{"a": [1, {"b": 2}]}', "{a,1,b}"), jsonb_cut('{"a": 1}', "{b,c}")
    ('{"a": [1, {}]}', '{"a": 1}')
    """
    value, steps, holder = _at(text, path, "delete")
    if isinstance(holder, dict):
        holder.pop(steps[-1], None)
    elif isinstance(holder, list):
        number = _number(steps[-1], len(steps))
        if -len(holder) <= number < len(holder):
            del holder[number]
    return written(value)


def jsonb_insert(text: str, path: str, new: str, is_behind: bool) -> str:
    """Return JSON with a value put into an array, or under a key that is not there yet.

    Parameters
    ----------
    text
        The JSON.
    path
        As an array of PostgreSQL; the value is put before the element there.
    new
        The JSON to put there.
    is_behind
        Whether it is put behind that element.

    Examples
    --------
    >>> jsonb_insert('{"a": [0, 1]}', "{a,1}", "5", False), jsonb_insert("{}", "{a}", "5", True)
    ('{"a": [0, 5, 1]}', '{"a": 5}')
    """
    value, steps, holder = _at(text, path, "set")
    if isinstance(holder, dict):
        if steps[-1] in holder:
            raise ValueError("cannot replace existing key: use jsonb_set to replace its value")
        holder[steps[-1]] = parsed(new)
    elif isinstance(holder, list):
        number = _number(steps[-1], len(steps))
        if number < -len(holder):
            number = 0
        else:
            number = min(number + len(holder) * (number < 0), len(holder)) + is_behind
        holder.insert(number, parsed(new))
    return written(value)


def jsonb_indented(text: str) -> str:
    """Return JSON in lines, each value in one of its own, as JSONB_PRETTY writes it.

    Examples
    --------
    >>> print(jsonb_indented('{"a": [1, {}]}'))
    {
        "a": [
            1,
            {
            }
        ]
    }
    """
    return "\n".join(_lines(parsed(text), ""))


def _lines(value: Any, margin: str) -> list[str]:
    if not isinstance(value, (dict, list)):
        return [written(value)]
    inner = margin + "    "
    if isinstance(value, dict):
        items = [(f"{written(key)}: ", value[key]) for key in ordered(value)]
        opening, closing = "{", "}"
    else:
        items, opening, closing = [("", item) for item in value], "[", "]"
    lines = [opening]
    for place, (before, item) in enumerate(items):
        first, *others = _lines(item, inner)
        lines += [inner + before + first, *others]
        lines[-1] += "," if place < len(items) - 1 else ""
    return [*lines, margin + closing]


def _at(text: str, path: str, action: str) -> tuple[Any, list[str], Any]:
    """Return the value of JSON, the steps of a path, and what `_holder` finds there."""
    value = parsed(text)
    if not isinstance(value, (dict, list)):
        raise ValueError(f"cannot {action} path in scalar")
    steps = steps_of(path)
    return value, steps, _holder(value, steps)


def _holder(value: Any, steps: list[str]) -> Any:
    """Return the object or array that the last step of a path leads into; None for none."""
    if not steps:
        return None
    for depth, step in enumerate(steps[:-1], start=1):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list):
            number = _number(step, depth)
            value = value[number] if -len(value) <= number < len(value) else None
    return value


def _number(step: str, place: int) -> int:
    if not step.removeprefix("-").isdecimal():
        raise ValueError(f'path element at position {place} is not an integer: "{step}"')
    return int(step)
