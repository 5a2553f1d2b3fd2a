"""Names of schemas, tables and columns, as the SQL of cells writes them."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

__all__ = ["sql_name"]

_PLAIN: Final = re.compile(r"[a-z_][a-z0-9_$]*")
#: Redshift reserves the most words.
_DIALECT: Final = "redshift"


def sql_name(name: str) -> str:
    """Return a name in quotes where SQL needs them.

    Examples
    --------
    >>> sql_name("people"), sql_name("order"), sql_name('a"b')
    ('people', '"order"', '"a""b"')
    """
    if _PLAIN.fullmatch(name) and name not in _reserved():
        return name
    return '"' + name.replace('"', '""') + '"'


@cache
def _reserved() -> frozenset[str]:
    from sqlglot.dialects.dialect import Dialect

    return frozenset(Dialect.get_or_raise(_DIALECT).generator_class.RESERVED_KEYWORDS)
