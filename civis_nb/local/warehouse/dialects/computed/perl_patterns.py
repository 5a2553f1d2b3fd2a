"""Regular expressions of Redshift's option ``p``: with lookahead, which DuckDB's lack."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["perl_places", "perl_replaced"]


@lru_cache(maxsize=128)
def _compiled(pattern: str, options: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE if "i" in options else 0)
    except re.error as error:
        raise ValueError(f'invalid regular expression "{pattern}": {error}') from None


def perl_places(text: str, pattern: str, first: int, options: str) -> list[int]:
    """Return where each match begins and ends, one after the other, counted from 1.

    With the option ``e`` the places are those of the first group.

    Examples
    --------
    >>> perl_places("1a 2b cc", "(?=[0-9])[0-9a-z]+", 1, "p")
    [1, 3, 4, 6]
    """
    group = 1 if "e" in options and _compiled(pattern, options).groups else 0
    matches = _compiled(pattern, options).finditer(text, first - 1)
    return [place + 1 for match in matches for place in match.span(group)]


def perl_replaced(text: str, pattern: str, new: str, first: int, options: str) -> str:
    """Return a text with another in the place of each match.

    Examples
    --------
    >>> perl_replaced("pass1 word", "(?=[a-z]*[0-9])[a-z0-9]+", "*", 1, "p")
    '* word'
    """
    template = re.sub(r"\\(?!\d)", r"\\\\", re.sub(r"\$(\d)", r"\\\1", new))
    return text[: first - 1] + _compiled(pattern, options).sub(template, text[first - 1 :])
