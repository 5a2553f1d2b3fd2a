"""Text that comes from elsewhere, as a terminal or a page may show it."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["TERMINAL_CODE", "printable", "visible", "without_ansi"]

#: Characters that move, hide or reverse what stands around them, or that no encoding can carry:
#: controls but newline and tab, bidirectional marks, zero-width space and joiner marks, surrogates.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff]"
)

#: A code that a terminal obeys.
TERMINAL_CODE: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_].*?(?:\x1b\\|\x07|\Z)"  # OSC and its like: titles, hyperlinks
    r"|\x1b[ -/]*[0-~]?"  # two-character codes, and one cut off
    r"|\x9b[0-?]*[ -/]*[@-~]",
    re.DOTALL,
)


def visible(text: str) -> str:
    r"""Return `text` with characters that can't be seen, or that deceive, written as escapes.

    Examples
    --------
    >>> visible("a\x1b[31mb\u202ec")
    'a\\x1b[31mb\\u202ec'
    """
    return _UNSEEN.sub(lambda match: _escape(match.group()), text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def without_ansi(text: str) -> str:
    r"""Return `text` without terminal codes for colours and cursors.

    Examples
    --------
    >>> without_ansi("\x1b[1;31mred\x1b[0m")
    'red'
    """
    return TERMINAL_CODE.sub("", text)


def printable(text: str) -> str:
    r"""Return `text` without terminal codes, and with all else that can't be seen as escapes.

    Examples
    --------
    >>> printable("\x1b]8;;http://bad.test\x07here\x1b]8;;\x07 \x1b[31mred\a")
    'here red\\x07'
    """
    return visible(without_ansi(text))
