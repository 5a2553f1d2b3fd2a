"""Names that are local to the functions in which a magic is called.

Python's own scopes are lexical, and a function keeps of the variables around it those that its
code names. A name in SQL is not named by code; so it is looked up in the frames themselves.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

__all__ = ["enclosing_names"]

_CALLS = ("run_line_magic", "run_cell_magic")


def enclosing_names(user_ns: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the local names of the function that calls a magic, and of those around it.

    Parameters
    ----------
    user_ns
        The notebook's variables, which are not among them.
    """
    frame = _caller(sys._getframe(1))
    found: list[Mapping[str, Any]] = []
    while frame is not None and frame.f_locals is not user_ns:
        code = frame.f_code
        if code.co_name == "<module>":
            break
        found.append(frame.f_locals)
        outer = code.co_qualname.rpartition(".<locals>.")[0]
        if not outer:
            break
        frame = next((one for one in _callers(frame) if _is(one, outer, frame)), None)
    return found


def _caller(frame: FrameType | None) -> FrameType | None:
    """Return the frame that calls the magic: the one before IPython's own."""
    while frame is not None and frame.f_code.co_name not in _CALLS:
        frame = frame.f_back
    shell = frame.f_code.co_filename if frame is not None else None
    while frame is not None and frame.f_code.co_filename == shell:
        frame = frame.f_back
    return frame


def _callers(frame: FrameType) -> Iterator[FrameType]:
    """Yield the frames that called a frame, the innermost first."""
    outer = frame.f_back
    while outer is not None:
        yield outer
        outer = outer.f_back


def _is(frame: FrameType, qualified_name: str, inner: FrameType) -> bool:
    """Return whether a frame is of the function of that name, in the same namespace."""
    return frame.f_code.co_qualname == qualified_name and frame.f_globals is inner.f_globals
