"""Other readings of a statement that DuckDB refuses, or whose types tell what it means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import duckdb

from civis_nb.local.warehouse.dialects import (
    PREFIX,
    Reading,
    create_computed,
    quotient_of,
    translate,
    types_in,
    what_is_joined,
)
from civis_nb.local.warehouse.duckdb.binding import bound, quotients_in
from civis_nb.local.warehouse.duckdb.statement import Statement, translations_of

__all__ = ["translated", "with_joined", "with_keys", "with_quotients", "with_texts"]

#: A quotient or mean whose types are not known yet, of integers or of decimals.
_QUOTIENT = re.compile(r"\b(?:div|averaged)_rs\(")


def translated(statement: Statement, cursor: duckdb.DuckDBPyConnection) -> Iterator[Statement]:
    """Yield the translations of a statement, the nearest to the original first.

    Parameters
    ----------
    statement
        The one that DuckDB refused.
    cursor
        Tells which aliases are names of columns as well.
    """
    if statement.meaning is None or statement.original is None:
        return
    if _is_whole(statement):
        reading = replace(statement.reading, typed=True, with_aliases=False)
        if (read := _read(statement, reading)).text != statement.meaning:
            statement = read
            yield statement
        if statement.dialect == "redshift":  # elsewhere aliases stand for nothing
            columns = _columns_among(cursor, statement, reading)
            reading = replace(reading, with_aliases=True, columns=columns)
            if (read := _read(statement, reading)).text != statement.meaning:
                statement = read
                yield statement
    for translation in translations_of(statement.meaning or statement.text):
        if translation.sql != statement.text:
            yield replace(
                statement,
                text=translation.sql,
                prerequisites=statement.prerequisites + translation.prerequisites,
                provisional=False,
            )


def _columns_among(
    cursor: duckdb.DuckDBPyConnection, statement: Statement, reading: Reading
) -> frozenset[tuple[int, str]]:
    """Return the aliases of a statement that are names of columns as well."""
    found = set()
    for alias in translate(statement.original or "", statement.dialect, reading).alias_names:
        try:
            bound(cursor, alias.query)
        except duckdb.Error as error:
            if "Ambiguous reference" not in str(error):
                continue
        found.add((alias.offset, alias.name))
    return frozenset(found)


def with_quotients(
    cursor: duckdb.DuckDBPyConnection, statement: Statement, error: duckdb.Error
) -> Statement | None:
    """Return a statement in which more quotients of decimals are computed digit by digit.

    Parameters
    ----------
    cursor
        Binds the statement if it has several.
    statement
        The one that DuckDB refused.
    error
        Why: it has the types of one quotient.

    Returns
    -------
    Statement or None
        None if something else is wrong.
    """
    found = types_in(str(error))
    if found is None or not _is_whole(statement):
        return None
    at, one, two = found
    known = dict(statement.reading.quotients)
    if at in known:
        return None
    known[at] = quotient_of(one, two)
    if len(_QUOTIENT.findall(statement.text)) > 1:
        reading = replace(statement.reading, quotients=tuple(known.items()), notes_quotients=True)
        known |= quotients_in(cursor, _read(statement, reading).text)
    return _read(statement, replace(statement.reading, quotients=tuple(known.items())))


def with_joined(statement: Statement, error: duckdb.Error) -> Statement | None:
    """Return a statement in which ``||`` joins arrays or jsonb; None if something else is wrong.

    Parameters
    ----------
    statement
        The one that DuckDB refused.
    error
        Why.
    """
    joined = what_is_joined(str(error))
    is_read = statement.dialect == "postgres" and _is_whole(statement)
    if joined == "texts" or statement.reading.joined != "texts" or not is_read:
        return None
    return _read(statement, replace(statement.reading, joined=joined))


def with_keys(
    cursor: duckdb.DuckDBPyConnection, statement: Statement, places: frozenset[int]
) -> Statement | None:
    """Return a query whose rows are sorted by the values of jsonb.

    Parameters
    ----------
    cursor
        Binds it.
    statement
        The query as DuckDB accepts it.
    places
        Of the names of jsonb in its ORDER BY, in the user's text.

    Returns
    -------
    Statement or None
        None where it can't be sorted so.
    """
    if statement.text != statement.meaning or not _is_whole(statement):
        return None
    read = _read(statement, replace(statement.reading, keyed=places))
    if read.text == statement.text:
        return None
    try:
        bound(cursor, read.text)
    except duckdb.Error as error:
        if PREFIX not in str(error):
            return None
        create_computed(cursor)  # for the first statement that needs the functions in Python
    return read


def with_texts(statement: Statement, texts: Sequence[tuple[int, str]]) -> Statement:
    """Return a statement in which texts, told by their places, have another type.

    Raises
    ------
    UnsupportedSqlError
        If one has not the form of that type.
    """
    found = (*statement.reading.texts, *texts)
    return _read(statement, replace(statement.reading, texts=found))


def _is_whole(statement: Statement) -> bool:
    """Return whether a statement means all of what the user wrote, not one of several changes."""
    if statement.original is None:
        return False
    meant = translate(statement.original, statement.dialect, statement.reading)
    return meant.sql == statement.meaning


def _read(statement: Statement, reading: Reading) -> Statement:
    """Return a statement that is read in another way."""
    read = translate(statement.original or "", statement.dialect, reading)
    return replace(
        statement, text=read.sql, meaning=read.sql, offsets=read.offsets, reading=reading,
        prerequisites=read.prerequisites, set_operations=read.set_operations,
    )  # fmt: skip
