"""Statements that count what is in columns, by the types of these."""

from __future__ import annotations

import asyncio

import duckdb
import pytest

from civis_nb.errors import EmptyResultError
from civis_nb.lab.catalog import Column
from civis_nb.lab.data.statistics import profile_of


def profiled(kind, values):
    """Return the statements that profile a column, and its profile."""
    statements = []
    with duckdb.connect() as database:
        database.execute(f"create table t (a {kind}); insert into t values {values}")

        async def ask(sql):
            statements.append(sql)
            return database.execute(sql).fetchall()

        profile = asyncio.run(profile_of(ask, "t", [Column("a", kind, "")], "t"))
    return "; ".join(statements), profile.columns[0]


def test_the_least_uuid_is_not_asked_for():
    one = "'00000000-0000-0000-0000-000000000001'"
    sql, found = profiled("uuid", f"({one}), ({one}), (uuid())")
    assert "min(" not in sql
    assert found.distinct == 2
    assert [count for _, count in found.top] == [2, 1]


@pytest.mark.parametrize("kind", ["utinyint", "usmallint", "uinteger", "ubigint", "uhugeint"])
def test_numbers_without_a_sign_are_numbers(kind):
    _, found = profiled(kind, "(1), (3)")
    assert found.mean == 2


def test_no_row_of_statistics_is_said():
    async def ask(_sql):
        return []

    with pytest.raises(EmptyResultError, match="no row of statistics"):
        asyncio.run(profile_of(ask, "t", [Column("a", "integer", "")], "t"))
