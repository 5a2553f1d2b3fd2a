"""CSV text into typed values, in SQL: what a cell must look like, and nothing else gets in.

DuckDB's own casts are more generous than a table should be: text 1.5 becomes the integer 2,
1_000 a number, and the time of day is dropped from a date.
"""

from __future__ import annotations

__all__ = ["cast", "comparable"]

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
_WRONG = "'~'"  # put before a text so that no cast takes it


def comparable(cell: str, duckdb_type: str) -> str:
    """Write the text that is cast: the cell's, or one that fails where the cell is no value.

    An empty text is NULL for all types but text.
    """
    name = duckdb_type.upper()
    if name == "VARCHAR":
        return cell
    if name in _INTEGERS:
        return (
            f"CASE WHEN regexp_full_match({cell}, '[+-]?[0-9]+') THEN {cell} "
            f"WHEN trim({cell}) = '' THEN NULL "
            f"WHEN regexp_full_match({cell}, ' *[+-]?[0-9]+(\\.0*)? *') "
            f"THEN split_part(trim({cell}), '.', 1) "
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


def cast(cell: str, duckdb_type: str, *, lenient: bool = False, found: bool = False) -> str:
    """Write the cast of a cell.

    Parameters
    ----------
    cell, duckdb_type
        What is cast to what.
    lenient
        Whether a wrong cell is NULL instead of an error.
    found
        Whether the type was found by looking at all cells: none needs a second look then.

    Examples
    --------
    >>> cast("c0", "VARCHAR"), cast("c0", "TIMESTAMP", lenient=True)
    ('c0', "TRY_CAST(nullif(c0, '') AS TIMESTAMP)")
    """
    if duckdb_type.upper() == "VARCHAR":
        return cell
    word = "TRY_CAST" if lenient else "CAST"
    text = f"nullif({cell}, '')" if found else comparable(cell, duckdb_type)
    return f"{word}({text} AS {duckdb_type})"
