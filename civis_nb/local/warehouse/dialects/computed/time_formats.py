"""TO_CHAR of dates, times and intervals, for every pattern that PostgreSQL documents.

The patterns are those of https://www.postgresql.org/docs/current/functions-formatting.html, which
Redshift shares.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

__all__ = [
    "DAYS", "DIGIT_WORDS", "MONTHS", "ROMAN_MONTHS", "Piece", "TimeParts", "date_of_days",
    "days_of_date", "iso_week", "parse_time_format", "text_of_interval", "text_of_time",
]  # fmt: skip

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split()  # noqa: SIM905
ROMAN_MONTHS = "I II III IV V VI VII VIII IX X XI XII".split()  # noqa: SIM905

#: Patterns of digits; a number of another pattern before them has a fixed length.
DIGIT_WORDS = frozenset(
    """CC DDD DD D HH24 HH12 HH IDDD ID IW IYYY IYY IY I J MI MM MS Q SSSSS SSSS SS US WW W Y,YYY
    YYYY YYY YY Y""".split()  # noqa: SIM905 - shorter to read
)
_OTHER_WORDS = """A.D. AD A.M. AM B.C. BC P.M. PM DAY DY FF1 FF2 FF3 FF4 FF5 FF6 FX MONTH MON OF RM
    TZH TZM TZ""".split()  # noqa: SIM905 - shorter to read
_ALL = sorted((*DIGIT_WORDS, *_OTHER_WORDS), key=len, reverse=True)
# A word is in capitals or small letters; of names also the first letter alone may be a capital.
_WORDS = [*_ALL, *(word.lower() for word in _ALL), "Day", "Dy", "Month", "Mon"]
_PIECE = re.compile(
    r'"(?P<quoted>(?:[^"\\]|\\.)*)"?|\\(?P<escaped>")'
    r"|(?P<before>(?:FM|fm|TM|tm)*)(?P<word>"
    + "|".join(map(re.escape, sorted(_WORDS, key=len, reverse=True)))
    + r")(?P<behind>(?:TH|th|SP)*)|(?P<lone>FM|fm|TM|tm)|(?P<other>.)",
    re.DOTALL,
)
_INTERVAL_LACKS = frozenset(
    "TZ TZH TZM OF AD A.D. BC B.C. MONTH MON DAY DY D ID".split()  # noqa: SIM905
)
_DAY_MICROSECONDS = 86_400_000_000
_EPOCH_DAYS = 719_468  # from 1 March of the year 0 to 1970
_JULIAN_OF_EPOCH = 2_440_588


@dataclass(frozen=True)
class Piece:
    """One pattern of a format, or a text: then ``word`` is empty."""

    word: str
    written: str
    is_filled: bool = False
    ordinal: str = ""
    translates: bool = False


@dataclass(frozen=True)
class TimeParts:
    """A moment or an interval, in parts."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    microsecond: int
    weekday: int = 0
    day_of_year: int = 0
    has_zone: bool = False
    is_interval: bool = False


@lru_cache(maxsize=256)
def parse_time_format(pattern: str) -> tuple[Piece, ...]:
    """Read a format."""
    found: list[Piece] = []
    fills_next = False
    for match in _PIECE.finditer(pattern):
        if match["word"] is None:
            if match["lone"]:
                fills_next = match["lone"].upper() == "FM"
                continue
            text = match["quoted"]
            text = re.sub(r"\\(.)", r"\1", text) if text is not None else match["escaped"]
            found += [Piece("", letter) for letter in (text or match["other"] or "")]
            continue
        before, behind = match["before"].upper(), match["behind"]
        found.append(
            Piece(
                match["word"].upper(),
                match["word"],
                "FM" in before or fills_next,
                behind if behind.upper() == "TH" else "",
                "TM" in before,
            )
        )
        fills_next = False
    return tuple(found)


def days_of_date(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to a date; the year 0 is 1 BC.

    Examples
    --------
    >>> days_of_date(1970, 1, 1), days_of_date(2024, 2, 29)
    (0, 19782)
    """
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - _EPOCH_DAYS


def date_of_days(days: int) -> tuple[int, int, int]:
    """Return year, month and day of a day counted from 1970-01-01.

    Examples
    --------
    >>> date_of_days(19782), date_of_days(-719529)
    ((2024, 2, 29), (-1, 12, 31))
    """
    era, of_era = divmod(days + _EPOCH_DAYS, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return year + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


def iso_week(year: int, month: int, day: int) -> tuple[int, int, int]:
    """Return the ISO year, week and weekday of a date.

    Examples
    --------
    >>> iso_week(2021, 1, 3), iso_week(2024, 12, 31)
    ((2020, 53, 7), (2025, 1, 2))
    """
    days = days_of_date(year, month, day)
    weekday = (days + 3) % 7  # Monday is 0
    thursday = days - weekday + 3
    iso_year = date_of_days(thursday)[0]
    week = (thursday - days_of_date(iso_year, 1, 1)) // 7 + 1
    return iso_year, week, weekday + 1


def text_of_time(microseconds: int, has_zone: bool, pattern: str) -> str | None:
    """Return TO_CHAR of a moment; None for an empty format.

    Parameters
    ----------
    microseconds
        Since 1970, in UTC.
    has_zone
        Whether the type has a time zone, which is UTC then.
    pattern
        The format.

    Examples
    --------
    >>> text_of_time(86_400_000_000 * 19782, False, 'FMDDth "of" Month, IYYY-IW')
    '29th of February , 2024-09'
    """
    days, rest = divmod(microseconds, _DAY_MICROSECONDS)
    year, month, day = date_of_days(days)
    of_year = days - days_of_date(year, 1, 1) + 1
    parts = TimeParts(
        year, month, day, *_clock(rest), weekday=(days + 4) % 7, day_of_year=of_year,
        has_zone=has_zone,
    )  # fmt: skip
    return _text(parts, pattern)


def text_of_interval(months: int, days: int, microseconds: int, pattern: str) -> str | None:
    """Return TO_CHAR of an interval.

    Raises
    ------
    ValueError
        If the format has a part that intervals lack.

    Examples
    --------
    >>> text_of_interval(0, 3, 95_700_000_000, "DD HH24:MI")
    '03 26:35'
    """
    years, left = _divided(months, 12)
    hours, rest = _divided(microseconds, 3_600_000_000)
    minutes, rest = _divided(rest, 60_000_000)
    seconds, rest = _divided(rest, 1_000_000)
    parts = TimeParts(
        years, left, days, hours, minutes, seconds, rest, day_of_year=months * 30 + days,
        is_interval=True,
    )  # fmt: skip
    return _text(parts, pattern)


def _divided(number: int, by: int) -> tuple[int, int]:
    """Divide towards zero."""
    quotient = abs(number) // by * (1 if number >= 0 else -1)
    return quotient, number - quotient * by


def _clock(microseconds: int) -> tuple[int, int, int, int]:
    seconds, micro = divmod(microseconds, 1_000_000)
    return seconds // 3600, seconds // 60 % 60, seconds % 60, micro


def _text(parts: TimeParts, pattern: str) -> str | None:
    if not pattern:
        return None
    out = ""
    for piece in parse_time_format(pattern):
        if not piece.word:
            out += piece.written
            continue
        if parts.is_interval and piece.word in _INTERVAL_LACKS:
            raise ValueError(
                f'invalid format specification for an interval value: "{piece.written}"'
            )
        text = _piece(parts, piece)
        out += text
        if piece.ordinal and text[-1:].isdigit():
            ending = _ordinal(text)
            out += ending if piece.ordinal == "th" else ending.upper()
    return out


def _ordinal(digits: str) -> str:
    if digits[-2:-1] == "1":
        return "th"
    return {"1": "st", "2": "nd", "3": "rd"}.get(digits[-1], "th")


def _padded(number: int, width: int, piece: Piece) -> str:
    """Write a number with leading zeros, one more place where it is negative."""
    if piece.is_filled:
        return str(number)
    return f"{number:0{width + (number < 0)}d}"


def _piece(parts: TimeParts, piece: Piece) -> str:
    word = piece.word
    if word in _NAMED:
        return _named(parts, piece)
    if word in _CLOCK:
        number, width = _CLOCK[word](parts)
    elif word in ("AM", "PM", "A.M.", "P.M."):
        half = "P" if parts.hour % 24 >= 12 else "A"
        text = f"{half}.M." if "." in word else f"{half}M"
        return text if piece.written.isupper() else text.lower()
    elif word in ("AD", "BC", "A.D.", "B.C."):
        text = "BC" if parts.year <= 0 else "AD"
        text = ".".join(text) + "." if "." in word else text
        return text if piece.written.isupper() else text.lower()
    elif word in ("TZ", "TZH", "TZM", "OF"):
        name = "UTC" if parts.has_zone else ""
        zone = {"TZ": name if piece.written == "TZ" else name.lower(), "TZM": "00"}
        return zone.get(word, "+0" if word == "OF" and piece.is_filled else "+00")
    elif word == "Y,YYY":
        year = _shown_year(parts)
        return f"{year // 1000},{year % 1000:03d}"
    elif word == "FX":
        return ""
    else:
        number, width = _calendar(parts, word)
    return _padded(number, width, piece)


def _shown_year(parts: TimeParts) -> int:
    return 1 - parts.year if parts.year <= 0 and not parts.is_interval else parts.year


#: Pattern -> number and width of it.
_CLOCK: dict[str, Callable[[TimeParts], tuple[int, int]]] = {
    "HH": lambda p: (p.hour % 12 or 12, 2), "HH12": lambda p: (p.hour % 12 or 12, 2),
    "HH24": lambda p: (p.hour, 2), "MI": lambda p: (p.minute, 2), "SS": lambda p: (p.second, 2),
    "MS": lambda p: (p.microsecond // 1000, 3), "US": lambda p: (p.microsecond, 6),
    "SSSS": lambda p: (p.hour * 3600 + p.minute * 60 + p.second, 0),
    "SSSSS": lambda p: (p.hour * 3600 + p.minute * 60 + p.second, 0),
    "FF1": lambda p: (p.microsecond // 100_000, 1), "FF2": lambda p: (p.microsecond // 10_000, 2),
    "FF3": lambda p: (p.microsecond // 1000, 3), "FF4": lambda p: (p.microsecond // 100, 4),
    "FF5": lambda p: (p.microsecond // 10, 5), "FF6": lambda p: (p.microsecond, 6),
}  # fmt: skip
_NAMED = frozenset(("MONTH", "MON", "DAY", "DY", "RM"))


def _named(parts: TimeParts, piece: Piece) -> str:
    """Write the name of a month or day, padded to the longest."""
    word, width = piece.word, 0
    if word == "RM":
        month = parts.month
        if month < 0:
            month += 13
        elif not month:
            month = 12 if parts.year >= 0 else 1
        name, width = ROMAN_MONTHS[month - 1] if parts.month or parts.year else "", 4
    elif word in ("MONTH", "MON"):
        name = MONTHS[parts.month - 1]
        name, width = (name, 9) if word == "MONTH" else (name[:3], 0)
    else:
        name = DAYS[parts.weekday]
        name, width = (name, 9) if word == "DAY" else (name[:3], 0)
    if piece.written.isupper():
        name = name.upper()
    elif piece.written.islower():
        name = name.lower()
    return name if piece.is_filled or piece.translates else name.ljust(width)


def _calendar(parts: TimeParts, word: str) -> tuple[int, int]:
    """Return the number for a pattern of the date, and its width."""
    year = _shown_year(parts)
    if word[0] == "Y":
        return _shortened(year, len(word))
    if word in ("MM", "DD"):
        return (parts.month if word == "MM" else parts.day), 2
    if word == "DDD":
        return parts.day_of_year, 3
    if word == "Q":
        return (parts.month - 1) // 3 + 1, 1
    if word == "CC":
        if parts.is_interval:
            return _divided(parts.year, 100)[0], 2
        return ((parts.year - 1) // 100 + 1 if parts.year > 0 else -(-parts.year // 100) - 1), 2
    if word == "W":
        return (parts.day - 1) // 7 + 1, 1
    if word == "WW":
        return (parts.day_of_year - 1) // 7 + 1, 2
    if word == "D":
        return parts.weekday + 1, 1
    if word == "ID":
        return parts.weekday or 7, 1
    if word == "J":
        return days_of_date(parts.year, parts.month, parts.day) + _JULIAN_OF_EPOCH, 0
    iso_year, week, weekday = iso_week(parts.year, parts.month, parts.day)
    if word == "IW":
        return week, 2
    if word == "IDDD":
        return (week - 1) * 7 + weekday, 3
    return _shortened(1 - iso_year if iso_year <= 0 else iso_year, len(word))


def _shortened(year: int, digits: int) -> tuple[int, int]:
    return (year if digits == 4 else _divided(year, 10**digits)[1]), digits
