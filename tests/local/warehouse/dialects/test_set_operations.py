"""Types of UNION, INTERSECT and EXCEPT, as PostgreSQL 15 has them."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb

_TABLE = "CREATE TABLE t (id INT, name VARCHAR(10), d DATE)"
_ROW = "INSERT INTO t VALUES (1, 'a', '2024-01-01')"


@pytest.fixture(scope="module", params=["redshift", "postgres"])
def database(request):
    warehouse = open_duckdb(":memory:", request.param)
    _preview(warehouse, f"{_TABLE}; {_ROW}")
    yield warehouse
    warehouse.close()


def _preview(warehouse, sql):
    return warehouse.preview(sql, 100, CancelToken(), ignore_log)


@pytest.mark.parametrize(
    ("sql", "message", "at"),
    [
        ("SELECT 1 UNION SELECT 'a'", 'invalid input syntax for type integer: "a"', "'a'"),
        ("SELECT id FROM t EXCEPT SELECT 'x'", 'syntax for type integer: "x"', "'x'"),
        ("SELECT id FROM t UNION SELECT name FROM t", "types integer and text cannot", "name"),
        ("SELECT 1 INTERSECT SELECT true", "INTERSECT types integer and boolean", "true"),
        ("SELECT 2, d FROM t UNION SELECT 1, 5", "types date and integer cannot be", "5"),
        ("SELECT NULL UNION SELECT NULL UNION SELECT 1", "types text and integer cannot", "1"),
        ("(SELECT 1 UNION SELECT '2') UNION SELECT 'y'", 'type integer: "y"', "'y'"),
        ("SELECT t.*, 'x' FROM t UNION SELECT t.*, 5 FROM t", 'type integer: "x"', "'x'"),
        ("WITH a AS (SELECT 1 AS n) SELECT n FROM a UNION ALL SELECT 'q'", '"q"', "'q'"),
        ("WITH a AS (SELECT 1 AS n), b AS (SELECT n FROM a UNION SELECT 'q') SELECT * FROM b",
         'type integer: "q"', "'q'"),
        ("SELECT n FROM (SELECT 1 AS n UNION SELECT '2') AS s UNION SELECT 'z'", '"z"', "'z'"),
        ("INSERT INTO t (id) SELECT 1 UNION SELECT 'z'", 'type integer: "z"', "'z'"),
        ("CREATE VIEW w AS SELECT 1 UNION SELECT 'z'", 'type integer: "z"', "'z'"),
        ("BEGIN; SELECT 1 UNION SELECT 'z'; COMMIT", 'type integer: "z"', "'z'"),
        ("SELECT id IN (SELECT 1 UNION SELECT 'z') FROM t", 'type integer: "z"', "'z'"),
    ],
)  # fmt: skip
def test_types_that_cannot_be_matched_are_refused(database, sql, message, at):
    with pytest.raises(WarehouseError, match=message) as error:
        _preview(database, sql)
    assert (error.value.line, error.value.column) == (1, sql.rindex(at) + 1)


def test_a_text_in_another_form_than_a_date_is_refused(database):
    with pytest.raises(WarehouseError, match='invalid input syntax for type date: "x"'):
        _preview(database, "SELECT d FROM t UNION SELECT 'x'")


@pytest.mark.parametrize(
    ("sql", "kind", "rows"),
    [
        ("SELECT 10 AS a UNION SELECT '9' ORDER BY 1", "INTEGER", [["9"], ["10"]]),
        ("SELECT '9' AS a UNION SELECT 10 ORDER BY 1", "INTEGER", [["9"], ["10"]]),
        ("SELECT 1 AS a UNION ALL SELECT NULL ORDER BY 1", "INTEGER", [["1"], [None]]),
        ("SELECT d AS a FROM t UNION ALL SELECT 'Jan 5, 2024' ORDER BY 1", "DATE",
         [["2024-01-01"], ["2024-01-05"]]),
        ("SELECT true AS a UNION SELECT 'on'", "BOOLEAN", [["true"]]),
        ("SELECT 1 AS a UNION ALL SELECT 2 INTERSECT SELECT '2' ORDER BY 1", "INTEGER",
         [["1"], ["2"]]),
        ("(SELECT 10 AS a UNION SELECT '9') UNION SELECT '8' ORDER BY 1", "INTEGER",
         [["8"], ["9"], ["10"]]),
        ("SELECT a FROM (SELECT 10 AS a UNION SELECT '9') AS s UNION SELECT '8' ORDER BY 1",
         "INTEGER", [["8"], ["9"], ["10"]]),
        ("WITH RECURSIVE r AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM r WHERE a < 2) "
         "SELECT a FROM r ORDER BY 1", "INTEGER", [["1"], ["2"]]),
        ("SELECT name AS a FROM t UNION ALL SELECT 'b' ORDER BY 1", "VARCHAR", [["a"], ["b"]]),
    ],
)  # fmt: skip
def test_a_text_takes_the_type_of_the_other_side(database, sql, kind, rows):
    found = _preview(database, sql)
    assert found.rows == rows
    _preview(database, f"CREATE TABLE kinds AS SELECT a FROM ({sql}) AS s")
    with database.engine(CancelToken(), ignore_log) as engine:
        described = engine.cursor.execute(
            "SELECT data_type FROM duckdb_columns() WHERE table_name = 'kinds'"
        ).fetchall()
    assert described == [(kind,)]
    _preview(database, "DROP TABLE kinds")


def test_a_decimal_keeps_its_digits(database):
    found = _preview(database, "SELECT 1.5 AS a UNION ALL SELECT '2.255' ORDER BY 1")
    assert [float(value) for (value,) in found.rows] == [1.5, 2.255]


def test_what_is_made_of_a_set_operation_has_its_type(database):
    _preview(database, "CREATE TABLE c AS SELECT 10 AS a UNION SELECT '9'")
    assert _preview(database, "SELECT max(a) FROM c").rows == [["10"]]
    _preview(database, "CREATE VIEW v AS SELECT 10 AS a UNION SELECT '9'")
    assert _preview(database, "SELECT max(a) FROM v").rows == [["10"]]
