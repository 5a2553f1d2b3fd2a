"""A query with a LIMIT, or its rows counted, where its text shows that this can be done."""

from __future__ import annotations

from civis_nb.magics.sql.binding import Bound
from civis_nb.sql_text import only_reads, outer_code, without_terminator

__all__ = ["counting", "limited"]

#: How a query begins whose rows LIMIT counts.
_QUERIES = frozenset({"select", "with", "from", "table"})
#: With these at the end of a query LIMIT has no place behind it, or another meaning.
_LIMIT_CONFLICTS = frozenset({"limit", "offset", "fetch", "for", "top", "into", "sample", "using"})


def limited(bound: Bound, rows: int, dialect: str) -> Bound | None:
    r"""Return a query that gives at most so many rows; None where its text does not allow it.

    A LIMIT behind the query keeps its order and its columns' names. A smaller one that is there
    stays.

    Parameters
    ----------
    bound
        The SQL.
    rows
        How many.
    dialect
        The dialect of the database.

    Examples
    --------
    >>> limited(Bound("", "select a from t -- all\n;"), 5, "duckdb").sql
    'select a from t\nLIMIT 5 -- all\n;'
    >>> limited(Bound("", "select a from t limit 10"), 5, "duckdb").sql
    'select a from t limit 5'
    >>> limited(Bound("", "insert into t select 1"), 5, "duckdb") is None
    True
    """
    backslashes = dialect == "redshift"
    if not only_reads(bound.sql, backslashes):
        return None
    outer = outer_code(bound.sql, backslashes)
    words = [token.text.lower() if token.kind == "word" else "" for token in outer]
    if not outer or words[0] not in _QUERIES:
        return None
    conflicts = [index for index, word in enumerate(words) if word in _LIMIT_CONFLICTS]
    if not conflicts:
        # The last token is code: a comment behind it stays where it is.
        return bound.with_inserted(f"\nLIMIT {rows}", outer[-1].end)
    index = conflicts[0]
    is_number = words[index] == "limit" and outer[-1].kind == "number" and index == len(outer) - 2
    if not is_number or not outer[-1].text.isdecimal():
        return None
    kept = min(rows, int(outer[-1].text))
    return bound.with_inserted(str(kept), outer[-1].start, outer[-1].end)


def counting(bound: Bound, dialect: str) -> Bound | None:
    r"""Return the query that counts the rows of a query; None where its text does not allow it.

    Examples
    --------
    >>> print(counting(Bound("", "select a from t -- all\n;"), "duckdb").sql)
    SELECT count(*) AS n FROM (
    select a from t -- all
    ) AS counted
    >>> counting(Bound("", "show tables"), "duckdb") is None
    True
    """
    backslashes = dialect == "redshift"
    outer = outer_code(bound.sql, backslashes)
    if not only_reads(bound.sql, backslashes) or not outer:
        return None
    if outer[0].text.lower() not in _QUERIES:
        return None
    query = without_terminator(bound.sql).strip()
    sql = f"SELECT count(*) AS n FROM (\n{query}\n) AS counted"  # noqa: S608 - the user's own
    return Bound(sql, sql)
