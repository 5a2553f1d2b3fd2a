"""Log lines as a page can show them: terminal codes out, rewritten lines as they ended."""

from __future__ import annotations

import re

from civis_nb._wire_text import masked_url
from civis_nb.display.text import cut

__all__ = ["log_lines", "without_ansi"]

_LINE_CHARS = 2000
_ANSI = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_].*?(?:\x1b\\|\x07|\Z)"  # OSC and its like: titles, hyperlinks
    r"|\x1b[ -/]*[0-~]?"  # two-character codes, and one cut off
    r"|\x9b[0-?]*[ -/]*[@-~]",
    re.DOTALL,
)


def without_ansi(text: str) -> str:
    r"""Return `text` without the codes that tell a terminal about colours and cursors.

    Examples
    --------
    >>> without_ansi("\x1b[1;31mred\x1b[0m")
    'red'
    """
    return _ANSI.sub("", text)


def log_lines(message: str) -> list[str]:
    r"""Return the lines of a log message as they look in the end.

    A line that was written over (``\r``, as progress bars do) counts as it was left.

    Examples
    --------
    >>> log_lines("10%\r20%\nred: \x1b[31mx\x1b[0m\n")
    ['20%', 'red: x']
    """
    text = masked_url(without_ansi(message)).replace("\r\n", "\n")
    lines = text.removesuffix("\n").split("\n")
    return [cut(line.rstrip("\r").rsplit("\r", 1)[-1], _LINE_CHARS) for line in lines]
