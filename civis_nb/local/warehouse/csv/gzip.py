"""The fastest zlib that this machine has: ISA-L where its wheel exists."""

from __future__ import annotations

import zlib
from typing import Any

__all__ = ["ZipError", "fast_zlib"]

fast_zlib: Any = zlib
try:
    from isal import isal_zlib

    fast_zlib = isal_zlib
except ImportError:  # no wheel for this machine: zlib has the same names
    fast_zlib = zlib

#: What damaged data raises.
ZipError: tuple[type[Exception], ...] = tuple({zlib.error, fast_zlib.error})
