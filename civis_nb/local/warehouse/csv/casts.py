"""SQL that converts CSV text to typed values, more strictly than DuckDB's own casts.

Those make the text 1.5 the integer 2 and 1_000 a number, and drop the time of day from a date.
"""

from __future__ import annotations

from civis_nb.local.warehouse.sqltypes import TextLimit
from civis_nb.table_names import literal

__all__ = ["cast", "cast_limited"]

_INTEGERS = {
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
}
_WRONG = "'~'"  # before a text, makes every cast fail


def _castable(cell: str, native: str) -> str:
    """Return the text to cast: the cell's, or one that fails where the cell is no value.

    An empty text is NULL for all types but text.
    """
    name = native.upper()
    if name == "VARCHAR":
        return cell
    if name in _INTEGERS:
        return (
            f"CASE WHEN regexp_full_match({cell}, '[+-]?[0-9]+') THEN {cell} "
            f"WHEN trim({cell}) = '' THEN NULL "
            f"WHEN regexp_full_match({cell}, ' *[+-]?[0-9]+(\\.0*)? *') "
            f"THEN array_extract(string_split(trim({cell}), '.'), 1) "
            f"ELSE {_WRONG} || {cell} END"
        )
    if name == "DATE":
        return (
            f"CASE WHEN length({cell}) <= 10 THEN nullif({cell}, '') "
            f"WHEN regexp_full_match({cell}, '.{{10}}[ T]00:00(:00(\\.0+)?)?') "
            f"THEN left({cell}, 10) "
            f"ELSE {_WRONG} || {cell} END"
        )
    if name in ("FLOAT", "DOUBLE") or name.startswith("DECIMAL"):
        return (
            f"CASE WHEN contains({cell}, '_') THEN {_WRONG} || {cell} "
            f"ELSE nullif(trim({cell}), '') END"
        )
    if name == "BOOLEAN":
        return f"nullif(trim({cell}), '')"
    return f"nullif({cell}, '')"


def cast(cell: str, native: str, *, lenient: bool = False, exact: bool = False) -> str:
    """Return the SQL that casts a cell.

    Parameters
    ----------
    cell, native
        The SQL of the cell, and DuckDB's name of the type.
    lenient
        Whether a wrong cell is NULL instead of an error.
    exact
        Whether all cells are known to be of the type, so that none is checked again.

    Examples
    --------
    >>> cast("c0", "VARCHAR"), cast("c0", "TIMESTAMP", lenient=True)
    ('c0', "TRY_CAST(nullif(c0, '') AS TIMESTAMP)")
    """
    if native.upper() == "VARCHAR":
        return cell
    word = "TRY_CAST" if lenient else "CAST"
    text = f"nullif({cell}, '')" if exact else _castable(cell, native)
    return f"{word}({text} AS {native})"


def cast_limited(cell: str, column: str, limit: TextLimit, *, lenient: bool = False) -> str:
    """Return the SQL of a text as a column with a limit keeps it.

    Blanks at the end are cut to the limit, and are all left out of a CHAR, as `INSERT` does.

    Parameters
    ----------
    cell, column
        The SQL of the text, and the column's name, for the message.
    limit
        Of the column.
    lenient
        Whether a text that does not fit is NULL instead of an error.
    """
    measure = "strlen" if limit.in_bytes else "length"
    bare = f"rtrim({cell}, ' ')"
    failing = "NULL"
    if not lenient:
        failing = f"error({literal(f'a text does not fit the column {column}, {limit.sql_type}')})"
    fits = f"{measure}({bare}) <= {limit.length}"
    if limit.fixed:
        single = f" AND strlen({cell}) = length({cell})" if limit.in_bytes else ""
        return f"CASE WHEN {fits}{single} THEN {bare} WHEN {cell} IS NOT NULL THEN {failing} END"
    over = f"({measure}({cell}) - {limit.length})"
    return (
        f"CASE WHEN {measure}({cell}) <= {limit.length} THEN {cell} "
        f"WHEN {fits} THEN left({cell}, length({cell}) - {over}) "
        f"WHEN {cell} IS NOT NULL THEN {failing} END"
    )
