"""Plain JSON: copied, frozen, and what headers and field names say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

__all__ = ["MethodUnlessKey", "RateLimited", "copied", "field_list", "frozen", "header_int"]

_T = TypeVar("_T")


class MethodUnlessKey:
    """A method of a response that is hidden by a field of the answer of the same name."""

    def __init__(self, method: Callable[[Any], Any]) -> None:
        self._method = method
        self._name = method.__name__
        self.__doc__ = method.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self._method
        if self._name in instance:
            return instance[self._name]
        return self._method.__get__(instance, owner)


#: What JSON holds beside lists and objects, and texts most of all: no call for each of them.
_SCALARS = frozenset({str, type(None), int, float, bool})


def copied(value: _T) -> _T:
    """Copy JSON; quicker than copy.deepcopy, as there can be no cycle."""
    if isinstance(value, dict):
        return {  # type: ignore[return-value]
            key: item if type(item) in _SCALARS else copied(item) for key, item in value.items()
        }
    if isinstance(value, list):
        return [  # type: ignore[return-value]
            item if type(item) in _SCALARS else copied(item) for item in value
        ]
    return value


def frozen(value: Any) -> Any:
    """Return JSON as something that can be hashed, equal where the JSON is equal."""
    if isinstance(value, dict):
        return frozenset((key, frozen(item)) for key, item in value.items())
    if isinstance(value, list):
        return tuple(frozen(item) for item in value)
    return value


def header_int(headers: Mapping[str, str] | None, name: str) -> int | None:
    """Return a header's whole number; None where it is missing or none."""
    for key, value in (headers or {}).items():
        if key.lower() == name.lower():
            try:
                return int(value)
            except ValueError:
                return None
    return None


class RateLimited:
    """What the headers of an answer say of the limit of calls."""

    __slots__ = ()

    headers: Mapping[str, str] | None

    @property
    def calls_remaining(self) -> int | None:
        """How many calls the server still takes from you; None where it doesn't say."""
        return header_int(self.headers, "X-RateLimit-Remaining")

    @property
    def rate_limit(self) -> int | None:
        """How many calls the server takes in a period; None where it doesn't say."""
        return header_int(self.headers, "X-RateLimit-Limit")


def field_list(names: Iterable[str]) -> str:
    """Return a sentence that lists an answer's fields, a dozen at most."""
    shown = [name for name in names if isinstance(name, str)]
    if not shown:
        return "The answer was empty."
    more = f" and {len(shown) - 12} more" if len(shown) > 12 else ""
    return f"It has: {', '.join(shown[:12])}{more}."
