"""Terminal codes in a line of text: colours and weights become styles, all others are left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from civis_nb._visible import TERMINAL_CODE, without_ansi

__all__ = ["PLAIN", "Style", "css", "styled_parts", "without_ansi"]

_SGR = re.compile(r"(?:\x1b\[|\x9b)([0-9;:]*)m")

#: Hues that stay apart once they are mixed with the text's own colour.
_HUES: Final = ("#666666", "#d32f2f", "#2e7d32", "#b26a00", "#1565c0", "#8e24aa", "#00838f",
                "#9e9e9e")  # fmt: skip
_WEIGHTS: Final[dict[int, dict[str, Any]]] = {
    1: {"bold": True}, 2: {"dim": True}, 3: {"italic": True}, 4: {"underline": True},
    22: {"bold": False, "dim": False}, 23: {"italic": False}, 24: {"underline": False},
}  # fmt: skip
_CUBE: Final = (0, 95, 135, 175, 215, 255)


@dataclass(frozen=True)
class Style:
    """How a stretch of text looks.

    Attributes
    ----------
    bold, dim, italic, underline
        Whether it is so.
    colour, background
        As ``#rrggbb``; None: that of the page.
    """

    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    colour: str | None = None
    background: str | None = None


PLAIN: Final = Style()


def styled_parts(text: str, style: Style = PLAIN) -> tuple[list[tuple[str, Style]], Style]:
    r"""Return the stretches of a text, each with its style, and the style after its end.

    Parameters
    ----------
    text
        May hold terminal codes.
    style
        The style at its start: a colour goes on until it is ended, over several lines.

    Examples
    --------
    >>> parts, after = styled_parts("a \x1b[1mb\x1b[0m")
    >>> [(text, style.bold) for text, style in parts], after == PLAIN
    ([('a ', False), ('b', True)], True)
    """
    parts: list[tuple[str, Style]] = []
    position = 0
    for code in TERMINAL_CODE.finditer(text):
        if code.start() > position:
            parts.append((text[position : code.start()], style))
        position = code.end()
        if sgr := _SGR.fullmatch(code.group()):
            style = _changed(style, sgr.group(1))
    if position < len(text):
        parts.append((text[position:], style))
    return parts, style


def css(style: Style) -> str:
    """Return a style as CSS declarations that can be read on light and on dark.

    Examples
    --------
    >>> css(Style(bold=True))
    'font-weight:bold'
    """
    found = []
    if style.bold:
        found.append("font-weight:bold")
    if style.italic:
        found.append("font-style:italic")
    if style.underline:
        found.append("text-decoration:underline")
    if style.colour:
        found.append(f"color:color-mix(in srgb, currentColor 45%, {style.colour})")
    elif style.dim:
        found.append("color:color-mix(in srgb, currentColor 72%, transparent)")
    if style.background:
        found.append(f"background:color-mix(in srgb, {style.background} 18%, transparent)")
    return ";".join(found)


def _changed(style: Style, codes: str) -> Style:
    """Return a style after an SGR sequence with these codes."""
    numbers = [int(one or 0) for one in codes.replace(":", ";").split(";")]
    at = 0
    while at < len(numbers):
        number = numbers[at]
        at += 1
        if number == 0:
            style = PLAIN
        elif number in _WEIGHTS:
            style = replace(style, **_WEIGHTS[number])
        elif number in (38, 48):
            colour, taken = _extended(numbers[at:])
            at += taken
            style = _coloured(style, colour, background=number == 48)
        elif number in (39, 49):
            style = _coloured(style, None, background=number == 49)
        elif 30 <= number <= 37 or 90 <= number <= 97:
            style = _coloured(style, _HUES[number % 10], background=False)
        elif 40 <= number <= 47 or 100 <= number <= 107:
            style = _coloured(style, _HUES[number % 10], background=True)
    return style


def _coloured(style: Style, colour: str | None, *, background: bool) -> Style:
    return replace(style, background=colour) if background else replace(style, colour=colour)


def _extended(numbers: list[int]) -> tuple[str | None, int]:
    """Return the colour that follows a 38 or 48, and how many numbers it takes."""
    if numbers[:1] == [5] and len(numbers) > 1:
        return _of_palette(min(numbers[1], 255)), 2
    if numbers[:1] == [2] and len(numbers) > 3:
        red, green, blue = (min(one, 255) for one in numbers[1:4])
        return f"#{red:02x}{green:02x}{blue:02x}", 4
    return None, len(numbers)


def _of_palette(number: int) -> str:
    """Return a colour of the palette of 256."""
    if number < 16:
        return _HUES[number % 8]
    if number >= 232:
        grey = 8 + 10 * (number - 232)
        return f"#{grey:02x}{grey:02x}{grey:02x}"
    red, rest = divmod(number - 16, 36)
    green, blue = divmod(rest, 6)
    return f"#{_CUBE[red]:02x}{_CUBE[green]:02x}{_CUBE[blue]:02x}"
