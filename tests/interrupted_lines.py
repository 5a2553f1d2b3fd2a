"""An interrupt at a chosen line of a function, in place of one that comes by chance."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

__all__ = ["interrupted"]


def interrupted(call: Callable[[], Any], functions: Iterable[FunctionType], number: int) -> bool:
    """Call with an interrupt at the n-th line of some functions; return whether it came."""
    codes = {function.__code__ for function in functions}
    left = number

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal left
        if frame.f_code not in codes:
            return None
        # At the end of a with block its line comes again, where Python takes no interrupt.
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
        if event == "line" and not line.startswith("with "):
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False
