"""Texts of the statement that take the type of a number beside them, as in PostgreSQL 15."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb


@pytest.fixture(scope="module", params=["redshift", "postgres"])
def database(request):
    warehouse = open_duckdb(":memory:", request.param)
    _rows(warehouse, "CREATE TABLE t (id INT, name VARCHAR(10)); INSERT INTO t VALUES (4, 'a')")
    yield warehouse
    warehouse.close()


def _rows(warehouse, sql):
    return warehouse.preview(sql, 100, CancelToken(), ignore_log).rows


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'5' + 1", "6"),
        ("'5' / 2", "2"),
        ("'7' % 4", "3"),
        ("3000000000 - '1'", "2999999999"),
        ("'1.5' + 2.25", "3.75"),
        ("id * '2'", "8"),
        ("'9' / id", "2"),
        ("sum(id) / '3'", "1"),
        ("id::float * '2.5'", "10"),
        ("id::numeric(8, 1) * '2.5'", "10.00"),
    ],
)
def test_a_text_is_a_number_of_the_other_side(database, expression, value):
    grouped = "" if "sum" in expression else " GROUP BY id"
    assert _rows(database, f"SELECT {expression} FROM t{grouped}") == [[value]]


@pytest.mark.parametrize(
    "expression",
    [
        "2 - '1.5'",
        "id * '1.5'",
        "id / '1.5'",
        "id + '1.5'",
        "coalesce(id, '1.5 ducks')",
        "CASE WHEN id = 4 THEN id ELSE 'none' END",
    ],
)
def test_a_text_of_another_form_is_refused(database, expression):
    with pytest.raises(WarehouseError, match="invalid input syntax for type integer"):
        _rows(database, f"SELECT {expression} FROM t")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("name + '-' + name", "a-a"),
        ("'(' + quote_ident(name) + ')'", "(a)"),
        ("name + id::varchar", "a4"),
        ("'<' + max(name) + '>'", "<a>"),
        ("name + null::varchar", None),
        ("'2024-01-31'::date + id", "2024-02-04"),
        ("'2024-01-31'::timestamp + '1 day'", "2024-02-01 00:00:00"),
    ],
)
def test_redshift_joins_texts_with_plus(database, expression, value):
    sql = f"SELECT {expression} FROM t GROUP BY name, id"
    if database.dialect == "redshift" or "2024" in expression:
        assert _rows(database, sql) == [[value]]
    else:
        with pytest.raises(WarehouseError, match=r"operator does not exist: text \+ text"):
            _rows(database, sql)


def test_two_texts_are_no_sum(database):
    with pytest.raises(WarehouseError, match="is not unique"):
        _rows(database, "SELECT '5' + '1'")


def test_order_by_all_is_no_form_of_postgresql():
    warehouse = open_duckdb(":memory:", "postgres")
    with pytest.raises(WarehouseError, match="ORDER BY ALL is not supported by PostgreSQL"):
        _rows(warehouse, "SELECT 1 AS a ORDER BY ALL")
    warehouse.close()
