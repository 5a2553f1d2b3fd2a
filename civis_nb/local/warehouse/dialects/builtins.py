"""The platform's own SQL, independent of what users have created.

A macro of a user takes the place of DuckDB's function of the same name, where that is called
without its schema: ``count``, ``lower``, even ``duckdb_columns``. So the platform calls all
functions with it. Brackets and operators are functions, too, without a schema: the platform's
SQL uses the functions instead of brackets, and users can't create operators.
"""

from __future__ import annotations

import re

__all__ = ["built_in"]

#: Texts, quoted names and constraints (whose text is kept, and read by `notes`) stay as they are.
#: Keywords are written in capitals; two functions are part of the grammar.
_NAME = r'"(?:[^"]|"")*"'
_CHECK = rf"CHECK \((?:[^()'\"]|{_NAME}|\((?:[^()'\"]|{_NAME})*\))*\)"
_CALL = re.compile(
    rf"'(?:[^']|'')*'|{_NAME}|{_CHECK}"
    r"""|(?<![\w."])(?!coalesce\(|unnest\()(?P<name>[a-z]\w*)\("""
)


def built_in(sql: str) -> str:
    """Return SQL of the platform in which every call is of DuckDB's own function.

    Examples
    --------
    >>> built_in('SELECT count(*) FROM "max(a)" WHERE civis_sql.own(1)')
    'SELECT system.main.count(*) FROM "max(a)" WHERE civis_sql.own(1)'
    """
    return _CALL.sub(lambda m: f"system.main.{m[0]}" if m["name"] else m[0], sql)
