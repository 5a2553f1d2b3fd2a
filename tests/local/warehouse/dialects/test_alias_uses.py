"""Aliases of a SELECT list in WHERE and HAVING."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb


@pytest.fixture(scope="module", params=["redshift", "postgres"])
def database(request):
    warehouse = open_duckdb(":memory:", request.param)
    _rows(warehouse, "CREATE TABLE z (a INT, b INT); INSERT INTO z VALUES (1, 2)")
    yield warehouse
    warehouse.close()


def _rows(warehouse, sql):
    return warehouse.preview(sql, 100, CancelToken(), ignore_log).rows


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a AS x FROM z WHERE x = 1",
        "SELECT a + 1 x FROM z WHERE upper(x::text) = '2'",
        "WITH w AS (SELECT 1 AS a) SELECT a + 1 AS x FROM w WHERE x = 2",
        "SELECT * FROM (SELECT a AS x FROM z WHERE x = 1) AS t",
        "SELECT count(*) AS x FROM z GROUP BY a HAVING x = 1",
        "BEGIN; SELECT a AS x FROM z WHERE x = 1; COMMIT",
        "CREATE VIEW y AS SELECT a AS x FROM z WHERE x = 1",
    ],
)
def test_an_alias_is_no_column(database, sql):
    with pytest.raises(WarehouseError, match=r'column "x" does not exist: (WHERE|HAVING)') as error:
        _rows(database, sql)
    clause = max(sql.find("WHERE"), sql.find("HAVING"))
    assert (error.value.line, error.value.column) == (1, sql.index("x", clause) + 1)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT b AS a, count(*) FROM z GROUP BY a",
        "SELECT CASE WHEN b = 2 THEN 1 END a, count(*) FROM z GROUP BY a",
        "WITH w AS (SELECT b % 2 AS a FROM z GROUP BY a) SELECT * FROM w",
        "SELECT a FROM (SELECT b AS a FROM z WHERE b > 0 GROUP BY a ORDER BY 1) AS t",
        "SELECT sum(b) AS b, a FROM z GROUP BY a HAVING b > 1",
    ],
)
def test_a_column_comes_before_an_alias_of_its_name(database, sql):
    with pytest.raises(WarehouseError, match="is the column of this name, not the alias") as error:
        _rows(database, sql)
    name, clause = ("b", "HAVING") if "HAVING" in sql else ("a", "GROUP BY")
    place = sql.index(clause)
    assert (error.value.line, error.value.column) == (1, sql.index(name, place + 7) + 1)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT b AS a, a AS b FROM z WHERE a = 1 AND b = 2", [["2", "1"]]),
        ("SELECT a + 1 AS a FROM z WHERE a = 1 ORDER BY a", [["2"]]),
        ("SELECT a AS x FROM z GROUP BY x HAVING a = 1 ORDER BY x", [["1"]]),
        ("SELECT a AS day FROM z WHERE extract(day FROM date '2024-01-01') = 1", [["1"]]),
        ("BEGIN; SELECT a AS b FROM z WHERE b = 2; COMMIT", [["1"]]),
        ("SELECT a AS x FROM (SELECT 5 AS x, 1 AS a) AS t WHERE x = 5", [["1"]]),
        ("SELECT a * 2 AS a, count(*) FROM z GROUP BY a HAVING a = 1 ORDER BY a", [["2", "1"]]),
        ("SELECT b AS g, count(*) FROM z GROUP BY g HAVING count(*) = 1", [["2", "1"]]),
        ("SELECT max(b) AS a FROM z GROUP BY a", [["2"]]),
        ("SELECT a AS k FROM z WHERE a IN (SELECT k FROM (SELECT 1 AS k) AS t)", [["1"]]),
    ],
)
def test_columns_are_meant_where_there_are_some(database, sql, rows):
    assert _rows(database, sql) == rows
