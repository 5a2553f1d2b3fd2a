"""Quoted names under PostgreSQL's dialect."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb

SETUP = """
    CREATE TABLE "T" ("Name" INT, name2 INT); CREATE TABLE u (a INT);
    CREATE VIEW v AS SELECT 1 AS "C"
"""


@pytest.fixture(scope="module")
def run():
    """Return a function that runs SQL on PostgreSQL's dialect."""
    warehouse = open_duckdb(":memory:", "postgres")

    def columns(sql):
        return list(warehouse.preview(sql, 10, CancelToken(), ignore_log).columns)

    columns(SETUP)
    yield columns
    warehouse.close()


@pytest.mark.parametrize(
    ("sql", "column"),
    [
        ('SELECT "NAME" FROM "T"', 8),
        ('SELECT name2, "Name2" FROM "T"', 15),
        ('SELECT x."A" FROM (SELECT 1 AS a) x', 10),
        ('WITH q AS (SELECT 1 AS a) SELECT "A" FROM q', 34),
        ('SELECT * FROM "U"', 15),
        ('SELECT "c" , "A" FROM v, u', 14),
        ('INSERT INTO "T" ("NAME") VALUES (1)', 18),
        ('UPDATE "T" SET "NAME" = 1', 16),
        ('CREATE TABLE w AS SELECT "A" FROM u', 26),
    ],
)
def test_a_name_in_another_case_does_not_exist(run, sql, column):
    with pytest.raises(WarehouseError, match="a name in quotes keeps its case") as caught:
        run(sql)
    assert (caught.value.line, caught.value.column) == (1, column)


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ('SELECT "Name", name2 FROM "T"', ["Name", "name2"]),
        ('SELECT a AS "A" FROM u ORDER BY "A"', ["A"]),
        ('SELECT a "A" FROM u "U" WHERE "U".a > 0 ORDER BY "A"', ["A"]),
        ('WITH "Q" AS (SELECT a AS "B" FROM u) SELECT "B" FROM "Q"', ["B"]),
        ('SELECT "C" FROM v', ["C"]),
        ('SELECT "K" FROM (VALUES (1)) AS "V"("K")', ["K"]),
        ('SELECT count(*) "N", \'A\' "S" FROM u ORDER BY "N"', ["N", "S"]),
    ],
)
def test_names_that_are_there_are_found(run, sql, names):
    assert run(sql) == names


def test_two_columns_that_differ_by_case_only_are_refused(run):
    for sql in ('CREATE TABLE w (a INT, "A" INT)', 'CREATE TABLE w AS SELECT 1 AS a, 2 AS "A"'):
        with pytest.raises(WarehouseError, match=r'"A".*case') as caught:
            run(sql)
        assert caught.value.line == 1
