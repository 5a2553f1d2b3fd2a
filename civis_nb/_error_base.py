"""How every error of civis_nb is shown and pickled; `civis_nb.errors` has the tree of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from civis_nb._visible import printable
from civis_nb._wire_text import preformatted

__all__ = ["CivisError", "reduced"]


class CivisError(Exception):
    """The base of every exception that civis_nb raises.

    Its text may hold what a server or a job has said: terminal codes are left out of it, and
    other characters that can't be seen are escapes.
    """

    __module__ = "civis_nb.errors"

    #: Attributes that have another name in pickles of earlier versions: old name -> present one.
    _renamed_attributes: Mapping[str, str] = MappingProxyType({})

    def __str__(self) -> str:
        return printable(super().__str__())

    def add_note(self, note: str, /) -> None:
        """Add a note, in the same way."""
        super().add_note(printable(note))

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows of it: the user's own lines; all with ``%tb``."""
        # Imported here: the tree of errors is imported by everything.
        from civis_nb._tracebacks import traceback_lines

        return traceback_lines(self)

    def _repr_html_(self) -> str:
        return preformatted(f"{type(self).__name__}: {self}")


def reduced(error: CivisError) -> tuple[Any, ...]:
    """Return how an error is pickled whose constructor can't be called with its `args`."""
    return _restore, (type(error), error.args, error.__dict__.copy())


def _restore(cls: type[CivisError], args: tuple[Any, ...], state: dict[str, Any]) -> CivisError:
    """Build an exception anew from its pickled parts, without calling its constructor."""
    error = cls.__new__(cls, *args)
    error.args = args
    renamed = cls._renamed_attributes
    error.__dict__.update({renamed.get(name, name): value for name, value in state.items()})
    return error
