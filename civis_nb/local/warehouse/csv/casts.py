"""SQL that converts CSV text to typed values, more strictly than DuckDB's own casts.

Those make the text 1.5 the integer 2 and 1_000 a number, and drop the time of day from a date.

What is detected as a type is what its conversion loses nothing of (`LOSSLESS`): codes with leading
zeros and codes like 1E5 stay text, integers of any size and decimals keep every digit.
"""

from __future__ import annotations

from civis_nb.local.warehouse.sqltypes import TextLimit
from civis_nb.table_names import literal

__all__ = ["DECIMAL_SIZE", "LOSSLESS", "cast", "cast_limited"]

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


_STAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6}0*)?)?"
_DECIMAL = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?"
_FLOAT = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-][0-9]+)?|-?[0-9]\.[0-9]+[eE][0-9]+"


def _value(native: str) -> str:
    """Return the SQL by which values of an inferred type (@) are loaded; NULL for no value."""
    return cast("@", native, lenient=True, exact=True)


_DOUBLE = _value("DOUBLE")
#: Type of the API -> whether its conversion loses nothing of a text (@) that is not empty.
#: There and back is cheaper than a regular expression, which is for what is left.
LOSSLESS = {
    "BOOLEAN": "lower(@) IN ('true', 'false')",
    "BIGINT": f"{_value('BIGINT')}::VARCHAR = @",
    "DECIMAL": f"regexp_full_match(@, '{_DECIMAL}')",
    "DOUBLE PRECISION": (
        f"CASE WHEN {_DOUBLE}::VARCHAR = lower(@) THEN isfinite({_DOUBLE}) "
        f"WHEN NOT regexp_full_match(@, '{_FLOAT}') THEN false "
        f"WHEN NOT isfinite({_DOUBLE}) THEN false "
        # Below that numbers have fewer digits, or none.
        f"WHEN abs({_DOUBLE}) < 2.3e-308 THEN regexp_full_match(@, '-?0(\\.0+)?([eE].*)?') "
        "WHEN strlen(@) <= 15 THEN true "
        "ELSE strlen(regexp_replace(regexp_replace(@, '[eE].*', ''), '[^0-9]', '', 'g')) <= 15 END"
    ),
    # Ten characters: years after 9999 or before 1 are no dates to Redshift's clients.
    "DATE": f"strlen(@) = 10 AND {_value('DATE')}::VARCHAR = @",
    "TIMESTAMP": (
        f"CASE WHEN strlen(@) = 19 THEN {_value('TIMESTAMP')}::VARCHAR = replace(@, 'T', ' ') "
        f"ELSE regexp_full_match(@, '{_STAMP}') AND {_value('TIMESTAMP')} IS NOT NULL END"
    ),
    "TIMESTAMPTZ": (
        f"regexp_full_match(@, '{_STAMP}(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)') "
        f"AND {_value('TIMESTAMPTZ')} IS NOT NULL"
    ),
}
#: The digits of a decimal before and behind the point.
DECIMAL_SIZE = {
    "whole": (
        "CASE WHEN contains(@, '.') THEN instr(@, '.') - 1 ELSE strlen(@) END - (@ < '0')::INTEGER"
    ),
    "behind": "CASE WHEN contains(@, '.') THEN strlen(@) - instr(@, '.') ELSE 0 END",
}
