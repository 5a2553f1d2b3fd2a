from __future__ import annotations

import pytest

from civis_nb.errors import WarehouseError


def test_the_last_result_set_is_shown(bench):
    shown = bench.sql(
        "CREATE TABLE t (a INT); INSERT INTO t VALUES (1), (2); SELECT * FROM t; -- x"
    )
    assert shown.columns == ("a",)
    assert shown.column_types == ("INTEGER",)
    assert shown.rows == [["1"], ["2"]]


@pytest.mark.parametrize("sql", ["", "  \n", "-- nothing", "/* ; */ ;", "CREATE TABLE t (a INT)"])
def test_no_result_set_is_empty(bench, sql):
    shown = bench.sql(sql)
    assert (shown.columns, shown.column_types, shown.rows) == ((), (), [])


def test_a_result_before_a_commit_is_shown(bench):
    assert bench.rows("BEGIN; CREATE TABLE t AS SELECT 1 AS a; SELECT a FROM t; COMMIT") == [["1"]]


@pytest.mark.parametrize(
    "sql", ["SELECT 1 AS a;", "SELECT 1 AS a;;", "SELECT 1 AS a -- b;", "SELECT 1 AS a /*;*/ ;"]
)
def test_terminators_and_comments_do_no_harm(bench, sql):
    assert bench.rows(sql) == [["1"]]


def test_dollar_quotes_hold_semicolons(bench):
    assert bench.rows("SELECT $$a;b$$ AS x, $q$;$q$ AS y; ") == [["a;b", ";"]]


def test_names_that_occur_twice_stay(bench):
    assert bench.sql('SELECT 1 AS a, 2 AS a, 3 AS "A"').columns == ("a", "a", "A")


def test_rows_are_limited_and_zero_rows_keep_their_columns(bench):
    assert len(bench.sql("SELECT * FROM generate_series(1, 50)", 7).rows) == 7
    assert bench.sql("SELECT 1 AS a", 0).columns == ("a",)
    assert bench.sql("SELECT 1 AS a", 0).rows == []
    assert len(bench.sql("SELECT * FROM generate_series(1, 5000)", 5000).rows) == 1000
    assert bench.sql("SELECT 1 AS a WHERE false").columns == ("a",)


def test_the_order_of_the_query_is_kept(bench):
    assert bench.rows("SELECT i FROM generate_series(0, 4) AS r(i) ORDER BY i DESC") == [
        ["4"],
        ["3"],
        ["2"],
        ["1"],
        ["0"],
    ]


def test_statements_before_a_failing_one_stay_done(bench):
    with pytest.raises(WarehouseError):
        bench.sql("CREATE TABLE t AS SELECT 1 AS a; SELECT nope FROM t")
    assert bench.value("SELECT a FROM t") == "1"


def test_a_transaction_without_commit_is_rolled_back_and_said(bench):
    bench.sql("CREATE TABLE t (a INT); BEGIN; INSERT INTO t VALUES (1)")
    assert bench.value("SELECT count(*) FROM t") == "0"
    assert bench.logged == [
        ("info", "CREATE TABLE"),
        ("info", "INSERT: 1 row"),
        ("warn", "The SQL ended inside a transaction without COMMIT: it was rolled back"),
    ]


def test_a_failing_statement_undoes_its_transaction(bench):
    bench.sql("CREATE TABLE t (a INT)")
    with pytest.raises(WarehouseError):
        bench.sql("BEGIN; INSERT INTO t VALUES (1); SELECT 'x'::INT; COMMIT")
    assert bench.value("SELECT count(*) FROM t") == "0"


def test_cells_are_text_as_in_an_export(bench):
    cells = bench.rows(
        "SELECT true, 1.50, CAST(0.1 AS DOUBLE PRECISION), NULL, '', DATE '2024-02-29', "
        "TIMESTAMP '2024-02-29 10:00:00.5', TIMESTAMPTZ '2024-02-29 10:00:00+02'"
    )[0]
    assert cells == [
        "true", "1.50", "0.1", None, "", "2024-02-29", "2024-02-29 10:00:00.5",
        "2024-02-29 08:00:00+00",
    ]  # fmt: skip
