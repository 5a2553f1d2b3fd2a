"""Texts that are cast to dates and times, in all the forms that PostgreSQL reads.

Months come before days where both are numbers, as in 1/2/2024.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from civis_nb.local.warehouse.dialects.computed.time_formats import DAYS, MONTHS, days_of_date

__all__ = ["moment_of_text"]

_DAY = 86_400_000_000
_JULIAN_OF_EPOCH = 2_440_588
_CLOCK = re.compile(
    r"(?<!\d)(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2}(?:\.\d*)?))?"
    r"\s*(?P<half>[ap]\.?m\b\.?)?\s*(?P<zone>z\b|utc\b|gmt\b|[a-z]{1,4}[sd]t\b|[+-]\d\d?(?::?\d\d)?)?",
    re.IGNORECASE,
)
_COMPACT_CLOCK = re.compile(r"(?<=\d{8})[t ](\d\d)(\d\d)(\d\d(?:\.\d*)?)?\b", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+|\d+|[-/.,\s]+|.", re.IGNORECASE)
_MONTHS = {
    name.lower(): number for number, full in enumerate(MONTHS, 1) for name in (full, full[:3])
}
_MONTHS["sept"] = 9
_DAYS = {name.lower() for full in DAYS for name in (full, full[:3])} | {"tues", "wednes", "thurs"}
_NAMED = {"today": 0, "tomorrow": 1, "yesterday": -1}


def moment_of_text(text: str, kind: str) -> int:
    """Return the microseconds since 1970 of a text that is cast to a date or timestamp.

    Parameters
    ----------
    text
        What is cast.
    kind
        The type, as errors name it.

    Raises
    ------
    ValueError
        If the text is no time.

    Examples
    --------
    >>> [moment_of_text(text, "date") // 86_400_000_000 for text in
    ...  ("Jan 8, 1999", "1/8/99", "08-Jan-99", "19990108", "1999.008", "J2451187")]
    [10599, 10599, 10599, 10599, 10599, 10599]
    """
    rest = text.strip().lower()
    named = _of_name(rest)
    if named is not None:
        return named
    clock, rest = _clock_of(rest, text)
    words = [word for word in _WORD.findall(rest) if not re.fullmatch(r"[-/.,\s]+", word)]
    is_before_christ = "bc" in words
    words = [word for word in words if word not in _DAYS and word not in ("bc", "ad", "t")]
    found = _date_of(words, not is_before_christ)
    if found is None:
        raise ValueError(f'invalid input syntax for type {kind}: "{text}"')
    year, month, day = found
    if is_before_christ:
        year = 1 - year
    if month is None:
        return (days_of_date(year, 1, 1) + day - 1) * _DAY + clock
    longest = days_of_date(year + month // 12, month % 12 + 1, 1) - days_of_date(year, month, 1) \
        if 1 <= month <= 12 else 0  # fmt: skip
    if not 1 <= day <= longest or not found[0]:
        raise ValueError(f'date/time field value out of range: "{text}"')
    return days_of_date(year, month, day) * _DAY + clock


def _of_name(text: str) -> int | None:
    """Return the moment of a word such as today, or of a day that is counted; None for others."""
    if text == "epoch":
        return 0
    if re.fullmatch(r"j\d+", text):
        return (int(text[1:]) - _JULIAN_OF_EPOCH) * _DAY
    now = datetime.now(UTC)
    today = days_of_date(now.year, now.month, now.day)
    if text == "now":
        return today * _DAY + (now.hour * 3600 + now.minute * 60 + now.second) * 1_000_000
    return (today + _NAMED[text]) * _DAY if text in _NAMED else None


def _clock_of(rest: str, text: str) -> tuple[int, str]:
    """Return the time of day in microseconds, and the text without it."""
    match = _COMPACT_CLOCK.search(rest) or _CLOCK.search(rest)
    if match is None:
        return 0, rest
    hour, minute, second = int(match[1]), int(match[2]), round(float(match[3] or 0) * 1_000_000)
    half = match.groupdict().get("half")
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(f'date/time field value out of range: "{text}"')
        hour = hour % 12 + (12 if half[0] == "p" else 0)
    clock = (hour * 3600 + minute * 60) * 1_000_000 + second
    if minute > 59 or second > 60_000_000 or clock > _DAY:
        raise ValueError(f'date/time field value out of range: "{text}"')
    return clock, rest[: match.start()] + " " + rest[match.end() :]


def _date_of(words: list[str], is_short: bool) -> tuple[int, int | None, int] | None:
    """Return year, month and day; without a month it is a day of the year. None for no date.

    Years of two digits are near 2000 where ``is_short``.
    """
    names = [word for word in words if word in _MONTHS]
    numbers = [word for word in words if word.isascii() and word.isdecimal()]
    if len(names) + len(numbers) != len(words) or len(names) > 1:
        return None
    if names and len(numbers) == 2:
        day, year = numbers if len(numbers[0]) < 3 else reversed(numbers)
        return _year(year, is_short), _MONTHS[names[0]], int(day)
    if names:
        return None
    if len(numbers) == 3:
        if len(numbers[0]) > 2:
            return int(numbers[0]), int(numbers[1]), int(numbers[2])
        return _year(numbers[2], is_short), int(numbers[0]), int(numbers[1])
    joined = "".join(numbers)
    if len(numbers) == 1 and len(joined) in (6, 8):
        return _year(joined[:-4], is_short), int(joined[-4:-2]), int(joined[-2:])
    if len(joined) == 7 and (len(numbers) == 1 or len(numbers[0]) == 4):
        return int(joined[:4]), None, int(joined[4:])
    return None


def _year(digits: str, is_short: bool) -> int:
    year = int(digits)
    return year if len(digits) > 2 or not is_short else year + (2000 if year < 70 else 1900)
