"""TO_NUMBER: texts read as numbers, in the formats of `number_formats`."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from civis_nb.local.warehouse.dialects.computed.number_formats import (
    DIGITS,
    EXACT,
    NumberFormat,
    parse_number_format,
    rounded,
)

__all__ = ["number_of_text"]


def number_of_text(text: str, pattern: str) -> str:
    """Return TO_NUMBER of a text, as the text of a number.

    Raises
    ------
    ValueError
        If the text is no number in this format, or the format can only be written.

    Examples
    --------
    >>> number_of_text("-1,234.50", "S9,999.99"), number_of_text("$ 12.5", "L99.9")
    ('-1234.50', '12.5')
    """
    form = parse_number_format(pattern)
    if form.is_roman or form.is_scientific:
        word = "RN" if form.is_roman else "EEEE"
        raise ValueError(f'"{word}" is not supported for input')
    found = _Reader(form, text).read()
    try:
        value = Decimal(found)
    except InvalidOperation:
        raise ValueError(f'invalid input syntax for type numeric: "{found}"') from None
    behind = len(found.split(".")[1]) if "." in found else 0
    if len(found.strip("+-").split(".")[0].lstrip("0")) > form.before + form.shift:
        raise ValueError(f'TO_NUMBER: "{text}" has more digits than the format "{pattern}"')
    if form.shift:
        value = EXACT.scaleb(value, -form.shift)
        behind += form.shift
    return rounded(value, behind, ROUND_HALF_UP)


class _Reader:
    """Read the digits of a number from the places of a format."""

    def __init__(self, form: NumberFormat, text: str) -> None:
        self.form, self.rest = form, text
        self.sign = ""
        self.digits = ""
        self.sign_side = form.sign
        if form.sign == "before" and form.before == form.sign_place:
            self.sign_side = "behind"

    def read(self) -> str:
        """Return the number that the text holds."""
        for word, _ in self.form.words:
            if not self.rest:
                break
            if word in DIGITS:
                self._digit(word)
                self.rest = self.rest[1:]
            elif word == "":
                self.rest = self.rest[1:]
            elif word in (",", "G"):
                # Where FM is written, and no digit is read yet, none is expected.
                if self.form.fills and self.rest[0] == ",":
                    self.rest = self.rest[1:]
            elif word in ("L", "MI", "PL", "SG", "TH"):
                for _ in range(2 if word == "TH" else 1):
                    if self.rest and self.rest[0] not in "0123456789.,+-":
                        self.rest = self.rest[1:]
        return self.sign + self.digits.removesuffix(".")

    def _digit(self, word: str) -> None:
        if self.rest[0] == " ":
            self.rest = self.rest[1:]
        if not self.rest:
            return
        if not self.sign and word in ("9", "0") and not self.digits.strip("."):
            self._read_sign()
        if not self.rest:
            return
        letter, is_read = self.rest[0], False
        has_point = "." in self.digits
        if letter in "0123456789":
            if has_point and len(self.digits.split(".")[1]) == self.form.behind:
                return
            self.digits, is_read = self.digits + letter, True
        elif self.form.has_point and not has_point and letter == ".":
            self.digits, is_read = self.digits + letter, True
        if self.sign or not self.digits.strip("."):
            return
        if self.form.sign and is_read:
            following = self.rest[1:2]
            if following in ("-", "+"):
                self.sign, self.rest = following, self.rest[1:]
        elif not is_read and not self.form.sign and letter in "+-":
            self.sign = letter if self.form.has_plus or self.form.has_minus else ""

    def _read_sign(self) -> None:
        letter = self.rest[0]
        if self.form.sign:
            if self.sign_side == "before" and letter in "+-":
                self.sign, self.rest = letter, self.rest[1:]
        elif letter == "-" or (letter == "<" and self.form.has_brackets):
            self.sign, self.rest = "-", self.rest[1:]
        elif letter == "+":
            self.sign, self.rest = letter, self.rest[1:]
