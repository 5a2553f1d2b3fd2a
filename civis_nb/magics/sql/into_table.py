"""The SQL that keeps the result of a query in a table: ``--to``."""

from __future__ import annotations

from typing import Final

from civis_nb.errors import CivisMagicError
from civis_nb.magics.sql.binding import Bound
from civis_nb.sql_text import only_reads, tokenize
from civis_nb.table_names import literal, quoted_table, split_schema_tablename

__all__ = ["EXISTS_COLUMN", "depends_on_table", "into_table", "table_exists_sql"]

EXISTS_COLUMN: Final = "civis_exists"


def depends_on_table(if_exists: str) -> bool:
    """Return whether it must be known beforehand if the table exists."""
    return if_exists in ("append", "truncate")


def table_exists_sql(table: str) -> str:
    """Return the query that has a row when a table exists.

    Names fold to lower case on Redshift and PostgreSQL, and DuckDB finds them in any case.

    Examples
    --------
    >>> print(table_exists_sql("public.People"))
    SELECT 1 AS civis_exists FROM information_schema.tables
    WHERE lower(table_schema) = 'public' AND lower(table_name) = 'people'
    """
    schema, name = split_schema_tablename(table)
    return (
        f"SELECT 1 AS {EXISTS_COLUMN} FROM information_schema.tables\n"  # noqa: S608 - literals
        f"WHERE lower(table_schema) = {literal((schema or '').lower())} "
        f"AND lower(table_name) = {literal(name.lower())}"
    )


def into_table(bound: Bound, table: str, if_exists: str, exists: bool, dialect: str) -> Bound:
    r"""Return the statements that keep the result of a query in a table.

    Parameters
    ----------
    bound
        The query.
    table
        The table, with its schema.
    if_exists
        ``fail``, ``append``, ``truncate`` or ``drop``.
    exists
        Whether the table is there; of no meaning with ``fail`` and ``drop``.
    dialect
        The dialect of the database.

    Raises
    ------
    CivisMagicError
        When the SQL is not one query.

    Examples
    --------
    >>> print(into_table(Bound("", "select 1;"), "public.t", "fail", False, "duckdb").sql)
    CREATE TABLE public.t AS
    select 1
    """
    backslashes = dialect == "redshift"
    words = [t.text.lower() for t in tokenize(bound.sql, backslashes) if t.kind == "word"]
    if not only_reads(bound.sql, backslashes) or words[:1] in (["show"], ["explain"]):
        raise CivisMagicError(
            "--to keeps the result of one query: SELECT …, or WITH … SELECT …. Nothing was sent."
        )
    # A comment before the query stays before it, and one behind it does not swallow what follows.
    tokens = list(tokenize(bound.sql, backslashes))
    for token in reversed([one for one in tokens if one.kind == "semicolon"]):
        bound = bound.with_inserted("", token.start, token.end)
    start = next(one.start for one in tokens if one.kind not in ("space", "comment"))
    name = quoted_table(table)
    begin, end = "", ""
    if if_exists == "drop":
        begin, end = f"BEGIN;\nDROP TABLE IF EXISTS {name};\n", "\n;\nCOMMIT"
    elif if_exists == "truncate" and exists:
        # TRUNCATE would commit at once on Redshift: a query that fails must leave the old rows.
        begin, end = f"BEGIN;\nDELETE FROM {name};\n", "\n;\nCOMMIT"
    insert = if_exists in ("append", "truncate") and exists
    begin += f"INSERT INTO {name}\n" if insert else f"CREATE TABLE {name} AS\n"
    bound = bound.with_inserted(begin, start)
    return bound.with_inserted(end, len(bound.sql)) if end else bound
