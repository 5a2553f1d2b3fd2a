"""TO_DATE and TO_TIMESTAMP: texts read as times, in the formats of `time_formats`.

The reading is as lenient as PostgreSQL's: blanks are skipped, a separator matches any other, and
a number before another that is not one of digits may be longer than its pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from civis_nb.local.warehouse.dialects.computed.time_formats import (
    DAYS,
    DIGIT_WORDS,
    MONTHS,
    ROMAN_MONTHS,
    Piece,
    days_of_date,
    parse_time_format,
)

__all__ = ["time_of_text"]

_INTEGER = re.compile(r"\s*[+-]?\d+", re.ASCII)
_BLANKS = " \t\n\r\v\f"
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_JULIAN_OF_EPOCH = 2_440_588
_MICROSECONDS = 1_000_000
_FIELDS = {
    "HH": "hour", "HH12": "hour", "HH24": "hour", "MI": "minute", "SS": "second", "MS": "ms",
    "US": "us", "SSSS": "of_day", "SSSSS": "of_day", "MM": "month", "DD": "day",
    "DDD": "day_of_year", "IDDD": "day_of_year", "D": "weekday", "ID": "weekday", "WW": "week",
    "IW": "week", "W": "week_of_month", "CC": "century", "J": "julian", "YYYY": "year",
    "IYYY": "year", "YYY": "year", "IYY": "year", "YY": "year", "IY": "year", "Y": "year",
    "I": "year", "Q": "", "TZH": "zone_hour", "TZM": "zone_minute",
    **{f"FF{n}": "us" for n in range(1, 7)},
}  # fmt: skip
#: The number of digits that a pattern takes where it differs from the pattern's own length.
_LENGTHS = {"HH12": 2, "HH24": 2, "MS": 3, "US": 6, "ID": 1, "IDDD": 3, "TZH": 2, "TZM": 2}
_LENGTHS |= {f"FF{n}": n for n in range(1, 7)}


def time_of_text(text: str, pattern: str, overflows: bool) -> int:
    """Return the microseconds since 1970 of a text in a format.

    Parameters
    ----------
    text, pattern
        What is read, and how.
    overflows
        Whether days and months that do not exist go into the next month or year, as in Redshift;
        else they are errors.

    Raises
    ------
    ValueError
        If the text does not fit the format, or is no time.

    Examples
    --------
    >>> time_of_text("03 Feb 1970", "DD Mon YYYY", False) // 86_400_000_000
    33
    >>> time_of_text("1970-02-31", "YYYY-MM-DD", True) // 86_400_000_000
    61
    """
    return _moment(_Reader(text, pattern).read(), text, overflows)


@dataclass
class _Found:
    """The numbers that a text holds, by what they are."""

    values: dict[str, int] = field(default_factory=dict)
    year_digits: int = 4
    is_half_day: bool = False
    is_after_noon: bool = False
    is_before_christ: bool = False
    zone_sign: int = 0
    is_iso: bool | None = None

    def get(self, name: str) -> int:
        return self.values.get(name, 0)


class _Reader:
    """Read a text along a format."""

    def __init__(self, text: str, pattern: str) -> None:
        self.text, self.at = text, 0
        self.pieces = parse_time_format(pattern)
        self.found = _Found()
        self.is_exact = False
        self.skipped = 0  # blanks and separators that no part of the format stood for

    def read(self) -> _Found:
        """Return what was found."""
        for number, piece in enumerate(self.pieces):
            if not self.is_exact and piece.word != "FX" and (piece.word or number == 0):
                self._skip_blanks()
            if self.at >= len(self.text):
                break
            if not piece.word:
                self._text_piece(piece)
                continue
            self._word(piece, number)
            if not self.is_exact:
                self.skipped = 0
                self._skip_blanks()
        return self.found

    def _skip_blanks(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in _BLANKS:
            self.at += 1
            self.skipped += 1

    def _text_piece(self, piece: Piece) -> None:
        """Pass over what stands for a text of the format: it need not be the same text."""
        if self.is_exact:
            self.at += 1
        elif _is_separator(piece.written) or piece.written in _BLANKS:
            self.skipped -= 1
            letter = self.text[self.at]
            if letter in _BLANKS or _is_separator(letter):
                self.at += 1
                self.skipped += 1
        elif self.skipped > 0:
            self.skipped -= 1
        else:
            self.at += 1

    def _word(self, piece: Piece, number: int) -> None:
        word, found = piece.word, self.found
        self._note_calendar(word)
        if word == "FX":
            self.is_exact = True
        elif word in ("AM", "PM", "A.M.", "P.M."):
            halves = ("A.M.", "P.M.") if "." in word else ("AM", "PM")
            found.is_after_noon = self._name(piece, halves) == 1
            found.is_half_day = True
        elif word in ("AD", "BC", "A.D.", "B.C."):
            eras = ("A.D.", "B.C.") if "." in word else ("AD", "BC")
            found.is_before_christ = self._name(piece, eras) == 1
        elif word in ("MONTH", "MON"):
            names = [name if word == "MONTH" else name[:3] for name in MONTHS]
            self._set(piece, "month", self._name(piece, names) + 1)
        elif word in ("DAY", "DY"):
            names = [name if word == "DAY" else name[:3] for name in DAYS]
            self._set(piece, "weekday", self._name(piece, names) + 1)
        elif word == "RM":
            self._set(piece, "month", self._name(piece, ROMAN_MONTHS) + 1)
        elif word in ("TZ", "OF"):
            raise ValueError(f'formatting field "{word}" is only supported in TO_CHAR')
        elif word == "Y,YYY":
            self._grouped_year(piece)
        else:
            self._number_word(piece, number)

    def _note_calendar(self, word: str) -> None:
        """Refuse to mix the calendar with that of ISO weeks."""
        is_iso = word in ("IYYY", "IYY", "IY", "I", "IDDD", "ID", "IW")
        is_other = word in (
            "YYYY", "YYY", "YY", "Y", "Y,YYY", "MM", "MONTH", "MON", "DD", "DDD", "DAY", "DY", "D",
            "WW", "W", "CC", "RM", "J",
        ) and word not in ("CC", "J", "DAY", "DY")  # fmt: skip
        if not is_iso and not is_other:
            return
        if self.found.is_iso is not None and self.found.is_iso != is_iso:
            raise ValueError(
                "invalid combination of date conventions: Gregorian and ISO week parts are mixed"
            )
        self.found.is_iso = is_iso

    def _number_word(self, piece: Piece, number: int) -> None:
        word, found = piece.word, self.found
        if word == "TZH":
            letter = self.text[self.at]
            if letter in "+- ":
                found.zone_sign = -1 if letter == "-" else 1
                self.at += 1
            else:
                is_minus = self.skipped > 0 and self.text[self.at - 1] == "-"
                found.zone_sign = -1 if is_minus else 1
        elif word == "TZM":
            found.zone_sign = found.zone_sign or 1
        start = self.at
        value = self._integer(piece, number)
        length = self.at - start
        name = _FIELDS[word]
        if word in ("HH", "HH12"):
            found.is_half_day = True
        elif word == "MS":
            value *= {1: 100, 2: 10}.get(length, 1)
        elif name == "us":
            most = int(word[2]) if word.startswith("FF") else 6
            value = int(self.text[start : self.at].strip()[:most].ljust(6, "0"))
        elif word == "ID":
            value = value % 7 + 1  # Sunday is the first day
        elif name == "year":
            found.year_digits = len(word.lstrip("I")) or 1
            if word[0] == "I":
                found.year_digits = len(word)
            if len(word) < 4 and length < 4:
                value = _whole_year(value)
        if name:
            self._set(piece, name, value)
        if piece.ordinal:
            self.at += 2

    def _grouped_year(self, piece: Piece) -> None:
        match = re.compile(r"(\d+),(\d{3})").match(self.text, self.at)
        if match is None:
            raise ValueError('invalid input string for "Y,YYY"')
        self._set(piece, "year", int(match[1]) * 1000 + int(match[2]))
        self.at = match.end()

    def _set(self, piece: Piece, name: str, value: int) -> None:
        before = self.found.values.get(name)
        if before and before != value:
            raise ValueError(f'conflicting values for "{piece.written}" field in formatting string')
        self.found.values[name] = value

    def _name(self, piece: Piece, names: tuple[str, ...] | list[str]) -> int:
        rest = self.text[self.at :].lower()
        fitting = [i for i, name in enumerate(names) if rest.startswith(name.lower())]
        if not fitting:
            word = re.split(r"\s", self.text[self.at :])[0]
            raise ValueError(f'invalid value "{word}" for "{piece.written}"')
        best = max(fitting, key=lambda i: len(names[i]))
        self.at += len(names[best])
        return best

    def _integer(self, piece: Piece, number: int) -> int:
        """Read a number: of the pattern's length, or of any where no digit can follow."""
        length = _LENGTHS.get(piece.word, len(piece.word))
        start = self.at
        if piece.is_filled or self._ends_number(number):
            match = _INTEGER.match(self.text, start)
            if match is None:
                raise self._no_integer(piece, self.text[start : start + length])
            self.at = match.end()
            return int(match[0])
        taken = self.text[start : start + length]
        if len(taken) < length:
            raise ValueError(f'source string too short for "{piece.written}" formatting field')
        match = _INTEGER.match(taken)
        if match is None or match.end() < length:
            raise self._no_integer(piece, taken)
        self.at += length
        return int(match[0])

    def _no_integer(self, piece: Piece, text: str) -> ValueError:
        return ValueError(f'invalid value "{text}" for "{piece.written}"')

    def _ends_number(self, number: int) -> bool:
        """Return whether no digit can stand behind the number of a piece."""
        if self.pieces[number].ordinal or number + 1 >= len(self.pieces):
            return True
        following = self.pieces[number + 1]
        if following.word:
            return following.word not in DIGIT_WORDS
        return not following.written.isdigit()


def _is_separator(letter: str) -> bool:
    return " " < letter < "\x7f" and not letter.isalnum()


def _whole_year(year: int) -> int:
    """Return a year of less than four digits, near 2020."""
    if year < 70:
        return year + 2000
    if year < 100:
        return year + 1900
    if year < 520:
        return year + 2000
    return year + 1000 if year < 1000 else year


def _moment(found: _Found, text: str, overflows: bool) -> int:
    days = _days(found, text, overflows)
    of_day = found.get("of_day")
    hour = found.get("hour") or of_day // 3600
    minute = found.get("minute") or of_day // 60 % 60
    second = found.get("second") or of_day % 60
    if found.is_half_day:
        if not 1 <= hour <= 12:
            raise ValueError(f'hour "{hour}" is invalid for the 12-hour clock')
        hour = hour % 12 + (12 if found.is_after_noon else 0)
    micro = found.get("ms") * 1000 + found.get("us")
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60 and micro < _MICROSECONDS):
        raise _out_of_range(text)
    zone = found.zone_sign * (found.get("zone_hour") * 3600 + found.get("zone_minute") * 60)
    seconds = days * 86_400 + hour * 3600 + minute * 60 + second - zone
    return seconds * _MICROSECONDS + micro


def _days(found: _Found, text: str, overflows: bool) -> int:
    """Return the day, counted from 1970-01-01."""
    if julian := found.get("julian"):
        return julian - _JULIAN_OF_EPOCH
    year, month, day = _year(found), found.get("month") or 1, found.get("day") or 1
    of_year, week = found.get("day_of_year"), found.get("week")
    if found.is_iso:
        monday = _iso_monday(year)
        if week:
            weekday = found.get("weekday")
            return monday + (week - 1) * 7 + ((weekday - 2) % 7 if weekday else 0)
        if of_year:
            return monday + of_year - 1
    if week:
        of_year = (week - 1) * 7 + 1
    if week_of_month := found.get("week_of_month"):
        day = (week_of_month - 1) * 7 + 1
    if of_year and (month <= 1 or day <= 1):
        if not year and not found.is_before_christ:
            raise ValueError("cannot calculate day of year without year information")
        if not overflows and not 1 <= of_year <= 365 + _is_leap(year):
            raise _out_of_range(text)
        return days_of_date(year, 1, 1) + of_year - 1
    longest = _MONTH_DAYS[month - 1] + (month == 2 and _is_leap(year)) if 1 <= month <= 12 else 0
    if 1 <= month <= 12 and 1 <= day <= longest:
        return days_of_date(year, month, day)
    if not overflows or month < 1 or day < 1:
        raise _out_of_range(text)
    more_years, month = divmod(month - 1, 12)
    return days_of_date(year + more_years, month + 1, 1) + day - 1


def _year(found: _Found) -> int:
    """Return the year, where 0 is 1 BC."""
    year, century = found.get("year"), found.get("century")
    if not year and not century:
        return 0
    if century and found.is_before_christ:
        century = -century
    if not year:
        return (century - 1) * 100 + 1 if century >= 0 else century * 100 + 1
    if century and found.year_digits <= 2:
        year %= 100
        if not year:
            return century * 100 + (0 if century >= 0 else 1)
        return year + (century - 1) * 100 if century >= 0 else (century + 1) * 100 - year + 1
    year = -year if found.is_before_christ else year
    return year + 1 if year < 0 else year


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _iso_monday(year: int) -> int:
    """Return the first Monday of an ISO year."""
    fourth = days_of_date(year, 1, 4)
    return fourth - (fourth + 3) % 7


def _out_of_range(text: str) -> ValueError:
    return ValueError(f'date/time field value out of range: "{text}"')
