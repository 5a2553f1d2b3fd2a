"""Conditions that are no truth values, which DuckDB compares with 0."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.dialects import translation
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb


@pytest.fixture(scope="module", params=["redshift", "postgres"])
def database(request):
    warehouse = open_duckdb(":memory:", request.param)
    rows(warehouse, "create table t (i int, n numeric(8, 2), s varchar(9), d date, b boolean)")
    yield warehouse
    warehouse.close()


def rows(warehouse, sql):
    return warehouse.preview(sql, 100, CancelToken(), ignore_log).rows


@pytest.mark.parametrize(
    ("sql", "message", "line"),
    [
        ("select i from t\nwhere n", "WHERE must be type boolean, not type numeric", 2),
        ("select i from t\nwhere s and b", "AND must be type boolean, not type text", 2),
        ("select i from t where b\nor d", "OR must be type boolean, not type date", 2),
        ("select not n from t", "NOT must be type boolean, not type numeric", 1),
        ("select case\nwhen n then 1 end from t", "CASE/WHEN must be type boolean", 2),
        ("select s from t group by s\nhaving sum(n)", "HAVING must be type boolean", 2),
        ("select 1 from t join t u\non t.n", "JOIN/ON must be type boolean", 2),
        ("select count(*) filter (where n) from t", "WHERE must be type boolean", 1),
        ("select i from t\nwhere n is true", "IS TRUE must be type boolean", 2),
        ("update t set i = 1\nwhere n * 2", "WHERE must be type boolean", 2),
        ("delete from t\nwhere coalesce(n, 1)", "WHERE must be type boolean", 2),
        ("select i from t\nwhere (select 1.5)", "WHERE must be type boolean", 2),
        ("select i from t where b and (b or\n(n))", "OR must be type boolean", 1),
    ],
)
def test_a_condition_of_another_type_is_refused(database, sql, message, line):
    with pytest.raises(WarehouseError, match=f"argument of {message}") as caught:
        rows(database, sql)
    assert caught.value.line == line


@pytest.mark.parametrize("condition", ["i", "1", "i % 2", "b and i", "not i", "length(s)"])
def test_integers_are_conditions_on_redshift_alone(database, condition):
    sql = f"select i from t where {condition}"
    if database.dialect == "redshift":
        assert rows(database, sql) == []
    else:
        with pytest.raises(
            WarehouseError, match=r"must be type boolean, not type (integer|bigint)"
        ):
            rows(database, sql)


@pytest.mark.parametrize(
    "condition",
    [
        "b", "not b", "(b)", "b and not b or b", "i between 1 and 2 and b", "i in (1) or b",
        "i between 1 and i and s = 'a'", "s like 'a%' and b", "s ~ 'a' and not s ~ 'b'",
        "b is not true and n is not null", "coalesce(b, false)", "case when b then true end",
        "exists (select 1) and not exists (select 1)", "(select true)", "null", "true",
        "bool 't' and b", "(i, s) = (1, 'a') and b", "case i when 1 then b end",
    ],
)  # fmt: skip
def test_truth_values_are_conditions(database, condition):
    assert rows(database, f"select i from t where {condition}") == []
    grouped = (
        f"select count(*) from t group by b having bool_or(b) and count(*) > 1 and ({condition})"
    )
    assert rows(database, f"select i from t join (values (1)) v(k) on {condition}") == []
    if condition in ("b", "not b", "null", "true"):
        assert rows(database, grouped) == []


def test_the_words_of_merge_are_no_conditions(database):
    rows(
        database,
        "merge into t using (select 1 as k) q on t.i = q.k "
        "when matched then delete when not matched then insert (i) values (q.k)",
    )
    assert rows(database, "select i from t") == [["1"]]
    rows(database, "delete from t")


def test_conditions_in_each_other_do_not_grow_exponentially():
    def size(depth):
        text = "b"
        for _ in range(depth):
            text = f"case when ({text}) then not b end"
        sql = f"select 1 from t where {text}"
        return len(translation.translate_anew(sql, "postgres").sql)

    assert size(16) < 2.5 * size(8)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select coalesce(b, 0) from t", "boolean and integer cannot be matched"),
        ("select case when i = 1 then b else 1 end from t", "boolean and integer cannot be"),
        ("select greatest(b, 1) from t", "boolean and integer cannot be matched"),
        ("select nullif(b, 1) from t", "boolean and integer cannot be matched"),
        ("select i from t where s in (1, 2)", "a text is compared with a number"),
        ("select i from t where b in (2, 1)", "operator does not exist: boolean = integer"),
        ("select i from t where s not between 1 and 2", "Cannot mix values|a text is compared"),
    ],
)
def test_a_truth_value_or_a_text_among_numbers_is_refused(database, sql, message):
    rows(database, "insert into t (i, b, s) values (1, true, '1')")
    try:
        with pytest.raises(WarehouseError, match=message):
            rows(database, sql)
    finally:
        rows(database, "delete from t")


@pytest.mark.parametrize("condition", ["b = 1", "b in (0, 1)", "b between 0 and 1", "0 <> b"])
def test_truth_values_are_0_and_1_on_redshift_alone(database, condition):
    rows(database, "insert into t (i, b) values (1, true)")
    try:
        if database.dialect == "redshift":
            assert rows(database, f"select i from t where {condition}") == [["1"]]
        else:
            with pytest.raises(WarehouseError, match="operator does not exist: boolean = integer"):
                rows(database, f"select i from t where {condition}")
    finally:
        rows(database, "delete from t")


def test_numbers_among_numbers_are_not(database):
    sql = "select i, coalesce(n, 0), count(*) from t where i in (1, 2) and n not between 5 and 6 "
    assert rows(database, sql + "group by i, coalesce(n, 0)") == []
    assert rows(database, "select coalesce(sum(n), 0), coalesce(max(i), 0) from t") == [
        ["0.00", "0"]
    ]
