"""The variables that magics assign: names of Python's own are not taken away by an oversight."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any, Final

from civis_nb.errors import CivisMagicError

__all__ = ["check_hides_nothing"]

_OF_IPYTHON: Final = ("In", "Out", "get_ipython", "exit", "quit")


def check_hides_nothing(magic: str, name: str | None, user_ns: Mapping[str, Any]) -> None:
    """Refuse a variable whose name is Python's or IPython's, unless the notebook has set it itself.

    Parameters
    ----------
    magic
        The magic's name with its percent signs.
    name
        The variable; None: the magic assigns none.
    user_ns
        The notebook's variables.

    Raises
    ------
    CivisMagicError
        When the notebook would lose what the name means. Nothing was sent.

    Examples
    --------
    >>> check_hides_nothing("%%civis_sql", "sum", {"sum": 5})  # the notebook's own
    """
    if name is None or name.startswith("_"):
        return
    if name not in _OF_IPYTHON and (not hasattr(builtins, name) or _is_set(name, user_ns)):
        return
    owner = "IPython" if name in _OF_IPYTHON else "Python"
    raise CivisMagicError(
        f"{magic}: {name} is a name of {owner}'s own, which this notebook could no longer use: "
        f"call the variable something else, such as {name}_result. Nothing was sent."
    )


def _is_set(name: str, user_ns: Mapping[str, Any]) -> bool:
    """Return whether the notebook has given a name a value; IPython does so with ``open``."""
    if name not in user_ns:
        return False
    value, original = user_ns[name], getattr(builtins, name)
    return value is not original and getattr(value, "__wrapped__", None) is not original
