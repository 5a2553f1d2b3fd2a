"""find and find_one: objects of a list by what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

__all__ = ["find", "find_one"]

_T = TypeVar("_T")


def find(
    object_list: Iterable[_T], filter_func: Callable[[_T], Any] | None = None, **kwargs: Any
) -> list[_T]:
    """Return the objects that a function, or the values of their fields, select.

    Parameters
    ----------
    object_list
        Responses, or any objects.
    filter_func
        Takes an object and says whether to keep it. Where it is given, the fields do not count.
    **kwargs
        A field's name, and what it must be: a function of its value that says so, True or
        False (the very one), or an equal value. An object without the field is left out.

    Examples
    --------
    >>> from civis_nb.client.response import Response
    >>> jobs = [Response({"id": 1, "state": "failed"}), Response({"id": 2})]
    >>> [job.id for job in find(jobs, state="failed")]
    [1]
    """
    return list(_found(object_list, filter_func, kwargs))


def find_one(
    object_list: Iterable[_T], filter_func: Callable[[_T], Any] | None = None, **kwargs: Any
) -> _T | None:
    """Return the first object that `find` would give, or None; the rest is not read."""
    return next(_found(object_list, filter_func, kwargs), None)


def _found(
    objects: Iterable[_T], filter_func: Callable[[_T], Any] | None, fields: dict[str, Any]
) -> Iterator[_T]:
    """Yield the objects that pass a filter, or whose fields match."""
    for item in objects:
        if filter_func is not None:
            if filter_func(item):
                yield item
        elif all(_matches(item, name, wanted) for name, wanted in fields.items()):
            yield item


def _matches(item: Any, name: str, wanted: Any) -> bool:
    """Return whether a field of an object is, or by a function passes for, what is wanted."""
    if not hasattr(item, name):
        return False
    value = getattr(item, name)
    if callable(wanted):
        return bool(wanted(value))
    if isinstance(wanted, bool):
        return value is wanted
    return bool(value == wanted)
