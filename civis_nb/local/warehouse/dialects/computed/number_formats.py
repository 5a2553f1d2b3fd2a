"""TO_CHAR of numbers, for every pattern that PostgreSQL documents.

The patterns are those of https://www.postgresql.org/docs/current/functions-formatting.html, which
Redshift shares. The signs, the decimal point and the currency are those of the locale C.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

__all__ = [
    "DIGITS", "EXACT", "NumberFormat", "parse_number_format", "rounded", "text_of_number",
]  # fmt: skip

_WORD = re.compile(
    r'"(?P<quoted>(?:[^"\\]|\\.)*)"?|(?P<word>EEEE|eeee|FM|fm|MI|mi|PL|pl|PR|pr|RN|rn|SG|sg|SP|sp'
    r'|TH|th|[,.09BbCcDdGgLlSsVv])|\\(?P<escaped>")|(?P<other>.)',
    re.DOTALL,
)
DIGITS = ("9", "0", ".", "D")
EXACT = Context(prec=200)
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
    (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


@dataclass
class NumberFormat:
    """A format: its words and texts in order, and what they say together.

    ``before`` and ``behind`` count the digits on both sides of the point; ``zero_start`` is the
    place of the first 0 (0 for none), ``zero_end`` that of the last; ``sign`` is where S stands.
    """

    words: list[tuple[str, str]]
    before: int = 0
    behind: int = 0
    shift: int = 0
    zero_start: int = 0
    zero_end: int = 0
    sign: str = ""
    sign_place: int = 0
    fills: bool = True
    has_point: bool = False
    has_minus: bool = False
    has_plus: bool = False
    has_brackets: bool = False
    has_shift: bool = False
    is_roman: bool = False
    is_scientific: bool = False


@lru_cache(maxsize=256)
def parse_number_format(pattern: str) -> NumberFormat:
    """Read a format.

    Raises
    ------
    ValueError
        If it contradicts itself.
    """
    found = NumberFormat([])
    for match in _WORD.finditer(pattern):
        written = match["word"]
        if written is None:
            text = match["quoted"]
            text = re.sub(r"\\(.)", r"\1", text) if text is not None else match["escaped"]
            found.words += [("", letter) for letter in (text or match["other"] or "")]
            continue
        word = written.upper()
        _note(found, word)
        found.words.append((word, written))
    return found


def _note(found: NumberFormat, word: str) -> None:
    """Note what one word of a format says about the whole."""
    if word in ("9", "0") and found.has_brackets:
        raise ValueError(f'"{word}" must be ahead of "PR"')
    if word == "9":
        if found.has_shift:
            found.shift += 1
        elif found.has_point:
            found.behind += 1
        else:
            found.before += 1
    elif word == "0":
        if not found.zero_start and not found.has_point:
            found.zero_start = found.before + 1
        if found.has_point:
            found.behind += 1
        else:
            found.before += 1
        found.zero_end = found.before + found.behind
    elif word in (".", "D"):
        if found.has_point:
            raise ValueError("multiple decimal points")
        if found.has_shift:
            raise ValueError('cannot use "V" and decimal point together')
        found.has_point = True
    elif word == "FM":
        found.fills = False
    elif word == "S":
        _note_sign(found)
    elif word in ("MI", "PL", "SG"):
        if found.sign:
            raise ValueError(f'cannot use "S" and "{word}" together')
        found.has_minus = found.has_minus or word in ("MI", "SG")
        found.has_plus = found.has_plus or word in ("PL", "SG")
    elif word == "PR":
        if found.sign or found.has_plus or found.has_minus:
            raise ValueError('cannot use "PR" and "S"/"PL"/"MI"/"SG" together')
        found.has_brackets = True
    elif word == "RN":
        found.is_roman = True
    elif word == "V":
        if found.has_point:
            raise ValueError('cannot use "V" and decimal point together')
        found.has_shift = True
    elif word == "EEEE":
        others = found.sign or found.has_brackets or found.has_minus or found.has_plus
        if found.is_scientific or not found.fills or others or found.is_roman or found.has_shift:
            raise ValueError('"EEEE" is incompatible with other formats')
        found.is_scientific = True


def _note_sign(found: NumberFormat) -> None:
    if found.sign:
        raise ValueError('cannot use "S" twice')
    if found.has_plus or found.has_minus or found.has_brackets:
        raise ValueError('cannot use "S" and "PL"/"MI"/"SG"/"PR" together')
    found.sign = "behind" if found.has_point else "before"
    found.sign_place = found.before


def text_of_number(number: str, float_digits: int, pattern: str) -> str:
    """Return TO_CHAR of a number.

    Parameters
    ----------
    number
        The number as text.
    float_digits
        How many digits of it count, where it is a float: 15 or 6; 0 where it is exact.
    pattern
        The format.

    Raises
    ------
    ValueError
        If the format contradicts itself.

    Examples
    --------
    >>> text_of_number("-1234.5", 0, "9,999.99"), text_of_number("4.85", 0, "9V99")
    ('-1,234.50', ' 485')
    >>> text_of_number("1234.5678", 0, "9.99EEEE"), text_of_number("0.5", 0, "FM9.99")
    (' 1.23e+03', '.5')
    """
    form = parse_number_format(pattern)
    # Of a float the value counts that it has in binary, not its shortest text.
    value = Decimal(float(number)) if float_digits else Decimal(number)
    rounding = ROUND_HALF_EVEN if float_digits else ROUND_HALF_UP
    if form.is_scientific:
        return _scientific(value, form, rounding)
    if form.is_roman:
        return _Writer(form, _roman(value, rounding), 0, "+", 0, 0).text()
    if not value.is_finite():
        return _not_finite(form, value)
    if form.has_shift:
        value = EXACT.scaleb(value, form.shift)
    before = form.before + form.shift
    behind = form.behind
    if float_digits:
        whole = len(rounded(abs(value), 0, rounding))
        behind = max(0, min(behind, float_digits - whole))
    digits = rounded(value, behind, rounding)
    if not float_digits and not digits.strip("-0."):
        digits = digits.removeprefix("-")  # an exact zero has no sign
    sign = "-" if digits.startswith("-") else "+"
    digits = digits.removeprefix("-")
    length = len(digits.split(".")[0])
    spaces = max(0, before - length)
    if length > before:
        digits = "#" * before + "." + "#" * behind
    return _Writer(form, digits, spaces, sign, before, behind).text()


def rounded(value: Decimal, scale: int, rounding: str) -> str:
    """Return a number as text, with `scale` digits behind the point."""
    return format(value.quantize(Decimal(1).scaleb(-scale), rounding, EXACT), "f")


def _scientific(value: Decimal, form: NumberFormat, rounding: str) -> str:
    if not value.is_finite():
        return " " + "#" * form.before + "." + "#" * (form.behind + 4)
    rounded = Context(prec=form.behind + 1, rounding=rounding).plus(value)
    if not rounded:
        return f" {format(0.0, f'.{form.behind}e')}"
    mantissa, exponent = format(rounded, f".{form.behind}e").split("e")
    text = f"{mantissa}e{exponent[0]}{int(exponent[1:]):02d}"
    return text if text.startswith("-") else " " + text


def _not_finite(form: NumberFormat, value: Decimal) -> str:
    digits = "NaN" if value.is_nan() else "Infinity"
    before = form.before + form.shift
    spaces = max(0, before - len(digits))
    if len(digits) > before:
        digits = "#" * before + "." + "#" * form.behind
    sign = "-" if value.is_signed() and not value.is_nan() else "+"
    return _Writer(form, digits, spaces, sign, before, form.behind).text()


def _roman(value: Decimal, rounding: str) -> str:
    number = int(rounded(value, 0, rounding)) if value.is_finite() else 0
    if not 0 < number < 4000:
        return "#" * 15
    out = ""
    for size, letters in _ROMAN:
        while number >= size:
            out, number = out + letters, number - size
    return out


class _Writer:
    """Put the digits of a number into the places of a format."""

    def __init__(
        self, form: NumberFormat, digits: str, spaces: int, sign: str, before: int, behind: int
    ) -> None:
        self.form, self.digits, self.spaces, self.sign = form, digits, spaces, sign
        self.out: list[str] = []
        self.at = 0  # the next digit
        self.place = 0  # the next place of the format
        self.in_number = False
        own_sign = form.has_plus or form.has_minus
        self.has_brackets = form.has_brackets and not (sign == "+" and not form.fills)
        if own_sign:
            self.sign_written = not (form.has_plus and not form.has_minus)
        else:
            self.sign_written = sign == "+" and not form.fills and not form.sign
        self.sign_side = form.sign
        if form.sign == "before" and form.before + form.shift == form.sign_place:
            self.sign_side = "behind"
        self.places = behind + before - 1
        self.last = self._last_relevant()
        if not self.sign_written and spaces == 0:
            self.places += 1
        self.behind = behind

    def _last_relevant(self) -> int | None:
        """Return the place of the last digit behind the point that is written with FM."""
        point = self.digits.find(".")
        if self.form.fills or not self.form.has_point or point < 0:
            return None
        last = point + len(self.digits[point:].rstrip("0")) - 1
        if self.form.zero_end > self.spaces:
            least = min(len(self.digits) - 1, self.form.zero_end - self.spaces)
            last = max(last, least)
        return last

    def text(self) -> str:
        """Return the text of the number."""
        for word, written in self.form.words:
            if word in DIGITS:
                self._digit(word)
            elif word in (",", "G"):
                if self.in_number:
                    self.out.append(",")
                elif self.form.fills:
                    self.out.append(" ")
            elif word == "":
                self.out.append(written)
            else:
                self._other(word, written)
        return "".join(self.out)

    def _other(self, word: str, written: str) -> None:
        form, sign = self.form, self.sign
        blank = " " if form.fills else ""
        if word == "L":
            self.out.append(" ")
        elif word == "RN":
            roman = self.digits.lower() if written == "rn" else self.digits
            self.out.append(roman.rjust(15) if form.fills else roman)
        elif word == "TH":
            if form.is_roman or self.digits[:1] == "#" or sign == "-" or form.has_point:
                return
            ending = _ordinal(self.digits)
            self.out.append(ending if written == "th" else ending.upper())
        elif word == "MI":
            self.out.append("-" if sign == "-" else blank)
        elif word == "PL":
            self.out.append("+" if sign == "+" else blank)
        elif word == "SG":
            self.out.append(sign)

    def _digit(self, word: str) -> None:
        form = self.form
        if form.is_roman:
            return
        self.in_number = False
        point = self.last is not None and self.digits[self.last] == "."
        starts = self.place >= self.spaces or (
            form.zero_start > 0 and form.zero_start - 1 == self.place
        )
        if not self.sign_written and starts and (not self._is_blank_zero() or point):
            self._write_sign()
        self._write_digit(word, point)
        end = self.places + (1 if self.spaces else 0) + form.has_point
        if self.last is not None and self.last == self.at:
            end = self.place
        if self.place + 1 == end:
            if self.sign_written and self.has_brackets:
                self.out.append(" " if self.sign == "+" else ">")
            elif self.sign_side == "behind":
                self.out.append(self.sign)
        self.place += 1

    def _is_blank_zero(self) -> bool:
        """Return whether the next digit is the lone zero before a point, which is not written."""
        is_zero = self.digits[:1] == "0"
        return not self.form.zero_start and self.at == 0 and is_zero and self.behind != 0

    def _write_sign(self) -> None:
        if self.form.sign:
            if self.sign_side == "before":
                self.out.append(self.sign)
            self.sign_written = self.sign_side == "before" or self.sign_written
        elif self.has_brackets:
            self.out.append(" " if self.sign == "+" else "<")
            self.sign_written = True
        elif self.sign == "+":
            if self.form.fills:
                self.out.append(" ")
            self.sign_written = True
        else:
            self.out.append("-")
            self.sign_written = True

    def _write_digit(self, word: str, point_is_last: bool) -> None:
        form = self.form
        zero_starts = form.zero_start - 1 if form.zero_start else None
        if self.place < self.spaces and (zero_starts is None or zero_starts > self.place):
            if form.fills:
                self.out.append(" ")
            return
        if self.place < self.spaces:
            self.out.append("0")
            self.in_number = True
            return
        digit = self.digits[self.at : self.at + 1]
        if digit == ".":
            self.out.append(".")
        elif self.last is not None and self.at > self.last and word != "0":
            pass
        elif self._is_blank_zero():
            if form.fills:
                self.out.append(" ")
            elif point_is_last:
                self.out.append("0")
        else:
            self.out.append(digit)
            self.in_number = True
        if digit:
            self.at += 1


def _ordinal(digits: str) -> str:
    if digits[-2:-1] == "1":
        return "th"
    return {"1": "st", "2": "nd", "3": "rd"}.get(digits[-1:], "th")
