"""Names of schemas, tables and columns, as the SQL of cells writes them."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

__all__ = ["get_ready", "sql_name"]

_PLAIN: Final = re.compile(r"[a-z_][a-z0-9_$]*")
#: The dialects whose reserved words are quoted.
_DIALECTS: Final = ("redshift", "duckdb")
#: What PostgreSQL reserves and they do not.
_OF_POSTGRES: Final = frozenset({"current_schema"})
#: In the list of sqlglot, but not in that of Redshift's documentation.
_FREE: Final = frozenset({"type"})


def sql_name(name: str, quoted: bool = False) -> str:
    """Return a name in quotes where SQL needs them, or in any case.

    Examples
    --------
    >>> sql_name("people"), sql_name("order"), sql_name('a"b')
    ('people', '"order"', '"a""b"')
    """
    if not quoted and _PLAIN.fullmatch(name) and name not in _reserved():
        return name
    return '"' + name.replace('"', '""') + '"'


def get_ready() -> None:
    """Import what reads SQL and knows its words, which takes a fifth of a second once."""
    _reserved()


@cache
def _reserved() -> frozenset[str]:
    """Return the words that no name may be without quotes."""
    from sqlglot.dialects.dialect import Dialect

    words = {
        word
        for dialect in _DIALECTS
        for entry in Dialect.get_or_raise(dialect).generator_class.RESERVED_KEYWORDS
        # One of them holds two words.
        for word in entry.split()
    }
    return frozenset(words | _OF_POSTGRES) - _FREE
