"""The keywords and types of a dialect, in the case in which the user writes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final, TypeAlias

from civis_nb.lab.cells.items import Item

__all__ = ["Case", "case_at", "keywords", "types"]

#: What writes a keyword in one case.
Case: TypeAlias = Callable[[str], str]

_TYPES: Final = {
    "redshift": (
        "bigint", "boolean", "char", "date", "decimal", "double precision", "float", "geography",
        "geometry", "hllsketch", "int", "integer", "interval day to second",
        "interval year to month", "numeric", "real", "smallint", "super", "text", "time",
        "timestamp", "timestamptz", "timetz", "varbyte", "varchar",
    ),
    "postgres": (
        "bigint", "bigserial", "boolean", "bytea", "char", "date", "decimal", "double precision",
        "inet", "int", "integer", "interval", "json", "jsonb", "numeric", "real", "serial",
        "smallint", "text", "time", "timestamp", "timestamptz", "uuid", "varchar", "xml",
    ),
    "duckdb": (
        "bigint", "blob", "boolean", "date", "decimal", "double", "float", "hugeint", "integer",
        "interval", "json", "map", "smallint", "struct", "text", "time", "timestamp", "timestamptz",
        "tinyint", "ubigint", "uhugeint", "uinteger", "usmallint", "utinyint", "uuid", "varchar",
    ),
}  # fmt: skip
#: What nearly every statement has: by it the case of all keywords is told.
_COMMON: Final = frozenset(
    re.findall(
        r"\w+",
        """
    select from where join left inner on and or group order by as with insert into update set delete
    create table values having limit union case when then else end
        """,
    )
)


def case_at(typed: str, before: str, sql: str) -> Case:
    """Return what writes keywords as they are written at a place: FROM, from, or From.

    Parameters
    ----------
    typed
        What is typed of the word: it tells, unless it is one capital or no letter.
    before
        The text before it: else its last keyword tells.
    sql
        All of the text: else its first keyword tells. Without any they are in capitals.
    """
    letters = "".join(letter for letter in typed if letter.isalpha())
    if letters and not letters[0].isupper():
        return str.lower
    if len(letters) > 1:
        return str.upper if letters.isupper() else str.title
    found = _common_in(before)[-1:] or _common_in(sql)[:1]
    if not found or found[0].isupper():
        return str.upper
    if found[0].istitle():
        return str.title
    return str.upper if letters else str.lower


def _common_in(sql: str) -> list[str]:
    return [word for word in re.findall(r"\w+", sql) if word.lower() in _COMMON]


def keywords(dialect: str, likely: tuple[str, ...], case: Case) -> tuple[list[Item], list[Item]]:
    """Return the likely keywords, in their order, and all others."""
    first = [Item(case(word), "keyword") for word in likely]
    others = [Item(case(word), "keyword") for word in _words_of(dialect) if word not in likely]
    return first, others


def types(dialect: str, case: Case) -> list[Item]:
    """Return the types that a column or value can be given."""
    return [Item(case(word), "keyword") for word in _TYPES.get(dialect, _TYPES["redshift"])]


@cache
def _words_of(dialect: str) -> tuple[str, ...]:
    """Return the keywords of a dialect, as sqlglot has them."""
    from sqlglot.dialects.dialect import Dialect

    known = Dialect.get_or_raise(dialect).tokenizer_class.KEYWORDS
    found = {word.lower() for word in known if re.fullmatch(r"[A-Z]{2,}[A-Z_ ]*", word)}
    return tuple(sorted(found | {"by", "on", "union all", "left join"}))
