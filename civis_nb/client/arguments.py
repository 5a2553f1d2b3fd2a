"""The arguments of a method: bound to the operation, checked, sorted by where it goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from civis_nb.errors import CivisArgumentError
from civis_nb.near_names import did_you_mean
from civis_nb.spec.model import Operation, Parameter

__all__ = ["Request", "bind", "prepare"]


@dataclass(slots=True)
class Request:
    """Arguments, sorted.

    Attributes
    ----------
    path
        With the values of its parameters, percent-encoded.
    query, body, headers
        By their names on the wire.
    iterator
        Whether pages are to be walked.
    """

    path: str
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict, repr=False)
    headers: dict[str, str] = field(default_factory=dict)
    iterator: bool = False


def bind(operation: Operation, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments by name, those only that the caller gave.

    Raises
    ------
    CivisArgumentError
        When there are too many, too few, or unknown ones; the message names those allowed.
    """
    required = [parameter.name for parameter in operation.required]
    what = f"{operation.dotted}()"
    if len(args) > len(required):
        takes = f"takes {_count(len(required), 'positional argument')}"
        names = f" ({', '.join(required)})" if required else ""
        raise CivisArgumentError(
            f"{what} {takes}{names} but {len(args)} were given; "
            f"the others are given by name: {_listed(operation)}."
        )
    given = dict(zip(required, args, strict=False))
    allowed = {parameter.name for parameter in operation.parameters}
    if operation.paginated:
        allowed.add("iterator")
    for name, value in kwargs.items():
        if name in given:
            raise CivisArgumentError(f"{what} got two values for its argument {name!r}.")
        if name not in allowed:
            hint = did_you_mean(name, allowed)
            raise CivisArgumentError(
                f"{what} has no argument {name!r}.{hint} It takes: {_listed(operation)}."
            )
        given[name] = value
    missing = [name for name in required if name not in given]
    if missing:
        raise CivisArgumentError(
            f"{what} misses {_count(len(missing), 'required argument')}: {', '.join(missing)}. "
            f"It takes: {_listed(operation)}."
        )
    return given


def prepare(operation: Operation, given: Mapping[str, Any]) -> Request:
    """Check the arguments and sort them by where they go.

    Raises
    ------
    CivisArgumentError
        When a value can't be of the type that the specification says.
    """
    iterator = bool(given.get("iterator", False)) if operation.paginated else False
    request = Request(path=operation.path, iterator=iterator)
    for parameter in operation.parameters:
        name = parameter.name
        if name not in given:
            continue
        value = given[name]
        if value is not None:
            value = _checked(operation, parameter, value)
        if parameter.location == "path":
            text = _path_text(operation, parameter, value)
            request.path = request.path.replace("{" + parameter.wire_name + "}", text)
        elif parameter.location == "body":
            request.body[parameter.wire_name] = value
        elif value is not None and parameter.location == "header":
            request.headers[parameter.wire_name] = str(value)
        elif value is not None:
            request.query[parameter.wire_name] = (
                _encodable(operation, parameter, value) if isinstance(value, str) else value
            )
    return request


def _path_text(operation: Operation, parameter: Parameter, value: Any) -> str:
    """Check and quote an argument that is a part of the path."""
    text = "" if value is None else str(value)
    # A dot alone would be taken out of the URL on its way, and another object be asked.
    if text in ("", ".", ".."):
        raise CivisArgumentError(
            f"{operation.dotted}(): {parameter.name} is part of the address and can't be {value!r}."
        )
    return quote(_encodable(operation, parameter, text), safe="")


def _encodable(operation: Operation, parameter: Parameter, text: str) -> str:
    """Return a text that can be part of an address; refuse an unpaired surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise CivisArgumentError(
            f"{operation.dotted}(): {parameter.name} holds an unpaired surrogate: {text!r:.80}."
        ) from None
    return text


def _checked(operation: Operation, parameter: Parameter, value: Any) -> Any:
    """Return the value as it is sent, if it can be of the parameter's type at all."""
    kind = parameter.type
    if kind == "array":
        return _checked_array(operation, parameter, value)
    return _checked_one(operation, parameter, kind, value, parameter.location == "query")


def _checked_array(operation: Operation, parameter: Parameter, value: Any) -> Any:
    """Return a list as it is sent; one value is sent as it is."""
    # The service takes one value where it expects a list.
    if isinstance(value, (str, bytes, Mapping)) or hasattr(value, "json_data"):
        return _checked_one(operation, parameter, parameter.item_type, value, False)
    if not isinstance(value, Iterable):
        return _checked_one(operation, parameter, parameter.item_type, value, False)
    items = value.tolist() if hasattr(value, "tolist") else list(value)
    return [
        item
        if item is None
        else _checked_one(operation, parameter, parameter.item_type, item, False)
        for item in items
    ]


def _checked_one(
    operation: Operation, parameter: Parameter, kind: str, value: Any, lists: bool
) -> Any:
    """Return one value as it is sent, if it can be of a type."""
    check = _CHECKS.get(kind)
    if check is None:
        return value
    if lists and kind == "string" and isinstance(value, (list, tuple, set, frozenset)):
        # Comma lists in one string: the service takes a real list as well.
        return list(value)
    fine, sent = check(value)
    if not fine:
        raise CivisArgumentError(
            f"{operation.dotted}(): {parameter.name} must be {parameter.python_type}, "
            f"not {type(value).__name__}: {value!r:.80}."
        )
    return sent


def _integer(value: Any) -> tuple[bool, Any]:
    """Return whether a value can be sent as an integer, and as what it is sent."""
    if isinstance(value, bool):
        return False, value
    if isinstance(value, int):
        return True, value
    if isinstance(value, str):
        return value.strip().lstrip("+-").isdigit(), value
    if hasattr(value, "__index__"):
        return True, int(value)
    if isinstance(value, float) or hasattr(value, "as_integer_ratio"):
        whole = value == value and abs(value) != float("inf") and int(value) == value
        return whole, int(value) if whole else value
    return False, value


def _number(value: Any) -> tuple[bool, Any]:
    """Return whether a value can be sent as a number, and as what it is sent."""
    if isinstance(value, bool):
        return False, value
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return False, value
        return True, value
    if isinstance(value, (int, float)):
        return True, value
    return hasattr(value, "__float__") or hasattr(value, "__index__"), value


def _boolean(value: Any) -> tuple[bool, Any]:
    """Return whether a value can be sent as a boolean, and as what it is sent."""
    if isinstance(value, bool):
        return True, value
    if isinstance(value, str):
        return value.strip().lower() in ("true", "false"), value
    if type(value).__name__ in ("bool_", "bool"):
        return True, bool(value)
    return isinstance(value, int) and value in (0, 1), value


def _string(value: Any) -> tuple[bool, Any]:
    """Return whether a value can be sent as a text, and as what it is sent."""
    if isinstance(value, str):
        return True, value
    if hasattr(value, "isoformat"):
        return True, value.isoformat()
    if hasattr(value, "__fspath__"):
        return True, str(value)
    if isinstance(value, (bytes, bytearray, Mapping, list, tuple, set, frozenset)):
        return False, value
    return not hasattr(value, "json_data") and not callable(value), value


def _object(value: Any) -> tuple[bool, Any]:
    return isinstance(value, Mapping) or isinstance(getattr(value, "json_data", None), dict), value


_CHECKS = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "string": _string,
    "object": _object,
}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _listed(operation: Operation) -> str:
    """Return the names of an operation's arguments, for messages."""
    names = [parameter.name for parameter in operation.parameters]
    if operation.paginated:
        names.append("iterator")
    return ", ".join(names) or "nothing"
