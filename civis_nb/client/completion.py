"""Lets IPython complete through objects whose attributes are made on first use."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any, TypeVar, cast

__all__ = ["without_side_effects"]

_F = TypeVar("_F", bound=Callable[..., Any])


class _OnInstances:
    """A method that can be had from instances only."""

    __slots__ = ("_method",)

    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return None if instance is None else MethodType(self._method, instance)


def without_side_effects(method: _F) -> _F:
    """Mark a ``__getattr__`` as one that calls nothing and changes nothing.

    Completing ``client.jobs.po``, IPython evaluates ``client.jobs``, but not on objects whose
    class shows a ``__getattr__``, since that may do anything. Python itself finds the method
    on the class by another way and calls it as ever.

    Examples
    --------
    >>> class Thing:
    ...     @without_side_effects
    ...     def __getattr__(self, name):
    ...         return name.upper()
    >>> Thing().abc, getattr(Thing, "__getattr__", None)
    ('ABC', None)
    """
    return cast("_F", _OnInstances(method))
