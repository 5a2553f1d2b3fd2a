"""Errors as IPython shows them: the user's own lines, and none of what goes on inside.

All of it stays to be had: by ``%tb``, and with the setting ``traceback`` at ``full``.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Final

__all__ = ["end_at_users_line", "in_ipython", "lines_or_full_traceback", "traceback_lines"]

_OURS: Final = str(Path(__file__).parent)


def in_ipython() -> bool:
    """Return whether this process is one of IPython: a notebook's kernel, or a terminal of it."""
    module = sys.modules.get("IPython")
    return module is not None and module.get_ipython() is not None


def traceback_lines(error: BaseException) -> list[str]:
    """Return the lines that IPython shows of an error.

    Parameters
    ----------
    error
        The error, which was raised.
    """
    # Imported here: the settings raise errors of ours themselves.
    from civis_nb import config

    module = sys.modules.get("IPython")
    shell: Any = module.get_ipython() if module is not None else None
    if shell is None:
        return "".join(traceback.format_exception(error)).rstrip("\n").split("\n")
    frames = [one for one in _frames(error.__traceback__) if not _is_in(one, module)]
    if config.get("traceback") == "full" or _full_traceback_requested(sys._getframe(1)):
        return _formatted(shell, error, frames)
    users: list[TracebackType] = []
    for one in frames:
        if one.tb_frame.f_code.co_filename.startswith(_OURS):
            break
        users.append(one)
    cause, suppressed = error.__cause__, error.__suppress_context__
    error.__cause__ = None  # what led to it happened inside
    try:
        return _formatted(shell, error, users)
    finally:
        error.__cause__, error.__suppress_context__ = cause, suppressed


def lines_or_full_traceback(lines: Sequence[str]) -> list[str]:
    """Return these lines as what IPython shows of an error; with ``%tb`` all that is known of it.

    Parameters
    ----------
    lines
        What is shown of the error that was raised last.
    """
    error = getattr(sys, "last_value", None)
    if not isinstance(error, BaseException) or not _full_traceback_requested(sys._getframe(1)):
        return list(lines)
    module = sys.modules["IPython"]
    frames = [one for one in _frames(error.__traceback__) if not _is_in(one, module)]
    return _formatted(module.get_ipython(), error, frames)


def end_at_users_line(error: BaseException) -> None:
    """Register how IPython shows an error that is none of ours: as it shows ours."""
    if in_ipython() and not hasattr(error, "_render_traceback_"):
        error.__dict__["_render_traceback_"] = _traceback_lines_of_last


def _traceback_lines_of_last() -> list[str]:
    # Not the error itself: one that refers to itself is kept longer than it is needed.
    error = sys.last_value
    assert error is not None  # noqa: S101 - IPython sets it before it shows an error
    return traceback_lines(error)


def _frames(trace: TracebackType | None) -> list[TracebackType]:
    found = []
    while trace is not None:
        found.append(trace)
        trace = trace.tb_next
    return found


def _is_in(trace: TracebackType, module: Any) -> bool:
    """Return whether a frame is one of a package's own."""
    return trace.tb_frame.f_code.co_filename.startswith(str(Path(module.__file__).parent))


def _full_traceback_requested(frame: FrameType | None) -> bool:
    """Return whether the magic ``%tb`` asks."""
    while frame is not None:
        code = frame.f_code
        if code.co_name == "tb" and "IPython" in code.co_filename:
            return True
        frame = frame.f_back
    return False


def _formatted(shell: Any, error: BaseException, frames: list[TracebackType]) -> list[str]:
    """Return an error with these frames as IPython formats it."""
    if not frames:
        notes = getattr(error, "__notes__", ())
        return [f"{type(error).__name__}: {error}", *notes]
    trace = None
    for one in reversed(frames):
        trace = TracebackType(trace, one.tb_frame, one.tb_lasti, one.tb_lineno)
    lines: list[str] = shell.InteractiveTB.structured_traceback(
        type(error), error, trace, tb_offset=0
    )
    return lines
