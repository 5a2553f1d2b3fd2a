"""The format texts of TO_CHAR, TO_DATE and TO_TIMESTAMP, as DuckDB expressions.

The formats are PostgreSQL's (https://www.postgresql.org/docs/current/functions-formatting.html),
which Redshift shares.
"""

from __future__ import annotations

import re

from civis_nb.table_names import literal

__all__ = ["number_as_text", "strptime_format", "time_as_text"]

#: Format word -> (strftime code, function around it). Longest first where one begins another.
_WORDS: tuple[tuple[str, str, str], ...] = (
    ("HH24", "%H", ""),
    ("HH12", "%I", ""),
    ("HH", "%I", ""),
    ("MI", "%M", ""),
    ("SSSSS", "", "sssss"),
    ("SS", "%S", ""),
    ("MS", "%g", ""),
    ("US", "%f", ""),
    ("YYYY", "%Y", ""),
    ("IYYY", "%G", ""),
    ("YY", "%y", ""),
    ("MONTH", "%B", "upper"),
    ("Month", "%B", ""),
    ("month", "%B", "lower"),
    ("MON", "%b", "upper"),
    ("Mon", "%b", ""),
    ("mon", "%b", "lower"),
    ("MM", "%m", ""),
    ("DAY", "%A", "upper"),
    ("Day", "%A", ""),
    ("day", "%A", "lower"),
    ("DDD", "%j", ""),
    ("DD", "%d", ""),
    ("DY", "%a", "upper"),
    ("Dy", "%a", ""),
    ("dy", "%a", "lower"),
    ("D", "", "dow"),
    ("ID", "%u", ""),
    ("IW", "%V", ""),
    ("WW", "", "week"),
    ("Q", "", "quarter"),
    ("AM", "%p", "upper"),
    ("PM", "%p", "upper"),
    ("am", "%p", "lower"),
    ("pm", "%p", "lower"),
    ("TZ", "%Z", ""),
    ("OF", "%z", ""),
)
_PADDED = {"%B": 9, "%A": 9}
_PARTS = re.compile(
    r'"(?P<quoted>[^"]*)"|(?P<fm>FM|fm)|(?P<word>'
    + "|".join(sorted((re.escape(w) for w, _, _ in _WORDS), key=len, reverse=True))
    + r"|hh24|hh12|hh|mi|ss|ms|us|yyyy|yy|iyyy|mm|ddd|dd|id|iw|ww|d|q|tz)|(?P<other>.)",
    re.DOTALL,
)
_CODES = {word: (code, around) for word, code, around in _WORDS}


def _pieces(pattern: str) -> list[tuple[str, str, bool]]:
    """Split a format into (text or code, function or kind, padded) pieces."""
    pieces: list[tuple[str, str, bool]] = []
    fill = True
    for match in _PARTS.finditer(pattern):
        if match["fm"]:
            fill = False
        elif match["word"]:
            code, around = _CODES.get(match["word"]) or _CODES[match["word"].upper()]
            pieces.append((code, around, fill))
            fill = True
        else:
            text = match["quoted"] if match["quoted"] is not None else match["other"]
            pieces.append((text.replace("%", "%%"), "text", fill))
    return pieces


def time_as_text(value: str, pattern: str) -> str | None:
    """Write TO_CHAR of a date or timestamp; None if the format has no part of one.

    Examples
    --------
    >>> time_as_text("d", "YYYY-MM-DD HH24:MI")
    "strftime(d, '%Y-%m-%d %H:%M')"
    """
    pieces = _pieces(pattern)
    if all(around == "text" for _, around, _ in pieces):
        return None
    terms: list[str] = []
    plain = ""
    for code, around, fill in pieces:
        pad = _PADDED.get(code) if fill else None
        if around == "text" or (not around and pad is None and fill):
            plain += code
            continue
        if plain:
            terms.append(f"strftime({value}, {literal(plain)})")
            plain = ""
        terms.append(_special(value, code, around, pad, fill))
    if plain or not terms:
        terms.append(f"strftime({value}, {literal(plain)})")
    return terms[0] if len(terms) == 1 else "(" + " || ".join(terms) + ")"


def _special(value: str, code: str, around: str, pad: int | None, fill: bool) -> str:
    """Write a piece that strftime alone can't write."""
    if around == "sssss":
        return f"(epoch({value})::BIGINT % 86400)::VARCHAR"
    if around == "dow":
        return f"(dayofweek({value}) + 1)::VARCHAR"
    if around == "week":
        return f"lpad((((dayofyear({value}) - 1) // 7) + 1)::VARCHAR, 2, '0')"
    if around == "quarter":
        return f"quarter({value})::VARCHAR"
    term = f"strftime({value}, {literal(code)})"
    if around:
        term = f"{around}({term})"
    if pad:
        return f"rpad({term}, {pad}, ' ')"
    if not fill and code not in _PADDED and code not in ("%b", "%a", "%p"):
        return f"ltrim({term}, '0')"
    return term


def strptime_format(pattern: str) -> str | None:
    """Write the format of TO_DATE or TO_TIMESTAMP for strptime; None if it can't be.

    Examples
    --------
    >>> strptime_format("DD-MON-YYYY HH24:MI:SS")
    '%d-%b-%Y %H:%M:%S'
    """
    out = ""
    for code, around, _ in _pieces(pattern):
        if not code or (around and around not in ("text", "upper", "lower")):
            return None
        out += code
    return out


def number_as_text(value: str, pattern: str) -> str | None:
    """Write TO_CHAR of a number; None if the format is not understood.

    Examples
    --------
    >>> number_as_text("x", "FM9,999.00")
    "format('{:,.2f}', CAST(x AS DOUBLE))"
    """
    match = re.fullmatch(r"(FM|fm)?([$L]?)([09G,]*[09])(?:([.D])([09]*))?(%?)", pattern)
    if match is None:
        return None
    fm, sign, whole, point, behind, percent = match.groups()
    digits = len(re.sub(r"[G,]", "", whole))
    decimals = len(behind or "")
    grouped = "," if re.search(r"[G,]", whole) else ""
    zeros = f"0{len(whole) + (decimals + 1 if decimals else 0)}" if whole.startswith("0") else ""
    text = f"format('{{:{zeros}{grouped}.{decimals}f}}', CAST({value} AS DOUBLE))"
    if fm and behind and "9" in behind:
        text = f"regexp_replace({text}, '0+$', '')"
    if sign:
        text = f"{literal('$')} || {text}"
    if percent:
        text = f"{text} || '%'"
    if not fm:
        width = len(whole) + (decimals + 1 if point else 0) + 1 + len(sign) + len(percent)
        text = f"lpad({text}, {width}, ' ')"
    if fm:
        return text
    full = literal(re.sub("[09]", "#", pattern))
    return f"CASE WHEN abs({value}) >= {10**digits} THEN {full} ELSE {text} END"
