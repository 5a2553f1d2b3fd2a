"""SOUNDEX: how a word sounds."""

from __future__ import annotations

from itertools import groupby

__all__ = ["soundex"]

_CODES = {
    letter: code
    for code, letters in enumerate(("BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"), start=1)
    for letter in letters
}
_LENGTH = 4


def soundex(text: str) -> str:
    """Return the American Soundex code of a text; an empty text if it has no English letter.

    Examples
    --------
    >>> soundex("Amazon"), soundex("AC/DC"), soundex("Tymczak"), soundex("?")
    ('A525', 'A232', 'T522', '')
    """
    letters = [c for c in text.upper() if "A" <= c <= "Z"]
    if not letters:
        return ""
    # Between equal consonants H and W count as nothing; a vowel keeps the two apart.
    sounds = [letters[0], *(c for c in letters[1:] if c not in "HW")]
    codes = [code for code, _ in groupby(_CODES.get(c, 0) for c in sounds)]
    digits = "".join(str(code) for code in codes[1:] if code)
    return (letters[0] + digits).ljust(_LENGTH, "0")[:_LENGTH]
