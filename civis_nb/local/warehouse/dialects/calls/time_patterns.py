"""Formats of times that SQL can do: the usual ones of TO_CHAR, TO_DATE and TO_TIMESTAMP.

A call with another format is left to the functions of `computed`, which know every pattern.
"""

from __future__ import annotations

import re

from civis_nb.local.warehouse.dialects.computed.time_formats import Piece, parse_time_format
from civis_nb.table_names import literal

__all__ = ["number_scale", "strptime_codes", "time_text"]

#: Pattern -> (expression of the time ``{0}``, width with leading zeros).
_NUMBERS = {
    "HH24": ("hour({0})", 2), "HH12": ("((hour({0}) + 11) % 12 + 1)", 2),
    "HH": ("((hour({0}) + 11) % 12 + 1)", 2), "MI": ("minute({0})", 2),
    "SS": ("second({0})", 2), "MS": ("microsecond({0}) // 1000 % 1000", 3),
    "US": ("microsecond({0}) % 1000000", 6), "YYYY": ("year({0})", 4),
    "YY": ("year({0}) % 100", 2), "IYYY": ("isoyear({0})", 4), "MM": ("month({0})", 2),
    "DDD": ("dayofyear({0})", 3), "DD": ("day({0})", 2), "D": ("dayofweek({0}) + 1", 1),
    "ID": ("isodow({0})", 1), "IW": ("week({0})", 2), "WW": ("(dayofyear({0}) - 1) // 7 + 1", 2),
    "Q": ("quarter({0})", 1),
}  # fmt: skip
_NAMES = {
    "MONTH": ("monthname({0})", 9), "MON": ("left(monthname({0}), 3)", 0),
    "DAY": ("dayname({0})", 9), "DY": ("left(dayname({0}), 3)", 0),
}  # fmt: skip
_STRPTIME = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH24": "%H", "MI": "%M", "SS": "%S"}


def time_text(value: str, pattern: str) -> str | None:
    """Write TO_CHAR of a time in SQL; None for a format with a part that is not usual.

    Examples
    --------
    >>> time_text("t", "MM/Q")
    "(lpad((month(t))::VARCHAR, 2, '0') || '/' || (quarter(t))::VARCHAR)"
    >>> time_text("t", "J") is None
    True
    """
    terms: list[str] = []
    for piece in parse_time_format(pattern):
        if not piece.word:
            terms.append(literal(piece.written))
        elif piece.ordinal or piece.translates:
            return None
        elif piece.word in _NUMBERS:
            terms.append(_number(value, piece))
        elif piece.word in _NAMES:
            terms.append(_name(value, piece))
        elif piece.word in ("AM", "PM"):
            halves = ("AM", "PM") if piece.written.isupper() else ("am", "pm")
            terms.append(f"CASE WHEN hour({value}) < 12 THEN '{halves[0]}' ELSE '{halves[1]}' END")
        else:
            return None
    return "(" + " || ".join(terms) + ")" if terms else None


def _number(value: str, piece: Piece) -> str:
    expression, width = _NUMBERS[piece.word]
    text = f"({expression.format(value)})::VARCHAR"
    if piece.word in ("YYYY", "IYYY") and not piece.is_filled:
        return f"lpad({text}, greatest(4, length({text}))::INTEGER, '0')"
    return f"lpad({text}, {width}, '0')" if width > 1 and not piece.is_filled else text


def _name(value: str, piece: Piece) -> str:
    expression, width = _NAMES[piece.word]
    text = expression.format(value)
    if piece.written.isupper():
        text = f"upper({text})"
    elif piece.written.islower():
        text = f"lower({text})"
    return f"rpad({text}, {width}, ' ')" if width and not piece.is_filled else text


def strptime_codes(pattern: str) -> str | None:
    """Write a format of numbers for strptime; None for another.

    Examples
    --------
    >>> strptime_codes("YYYY-MM-DD HH24:MI:SS"), strptime_codes("DD Mon YYYY")
    ('%Y-%m-%d %H:%M:%S', None)
    """
    out = ""
    for piece in parse_time_format(pattern):
        if not piece.word and piece.written in "-/:. ":
            out += piece.written
        elif piece.word in _STRPTIME and not piece.ordinal and not piece.is_filled:
            out += _STRPTIME[piece.word]
        else:
            return None
    return out if out.startswith("%Y") and "%d" in out else None


def number_scale(pattern: str) -> int:
    """Return the number of digits behind the point that a format has.

    Examples
    --------
    >>> number_scale("99G999D99S"), number_scale("99V9")
    (2, 1)
    """
    behind = re.split(r"[.DdVv]", re.sub(r'"[^"]*"', "", pattern), maxsplit=1)
    return len(re.findall("[09]", behind[1])) if len(behind) > 1 else 0
