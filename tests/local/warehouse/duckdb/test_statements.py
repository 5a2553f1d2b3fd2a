from __future__ import annotations

import pytest

from civis_nb.errors import WarehouseError


def test_dollar_quotes_beside_a_statement_of_redshift(bench):
    assert bench.rows("GRANT SELECT ON t TO bob; SELECT $$a;b$$ AS x") == [["a;b"]]


def test_cells_are_text_or_none(bench):
    cells = bench.rows(
        "SELECT true, 1.50, 0.1::DOUBLE, 1e300::DOUBLE, NULL, '', DATE '2024-02-29', "
        "TIMESTAMP '2024-02-29 10:00:00.5', TIMESTAMPTZ '2024-02-29 10:00:00+02', ARRAY[1, NULL], "
        "123456789012345678901234567890::DECIMAL(38, 0)"
    )[0]
    assert cells == [
        "true",
        "1.50",
        "0.1",
        "1e+300",
        None,
        "",
        "2024-02-29",
        "2024-02-29 10:00:00.5",
        "2024-02-29 08:00:00+00",
        "[1,null]",
        "123456789012345678901234567890",
    ]


@pytest.mark.parametrize(
    ("sql", "first"),
    [
        ("SHOW TABLES", "t"),
        ("VALUES (5)", "5"),
        ("WITH q AS (SELECT 3 AS z) SELECT * FROM q", "3"),
        ("INSERT INTO t VALUES (9) RETURNING a", "9"),
        ("PREPARE p AS SELECT 4; EXECUTE p", "4"),
    ],
)
def test_all_kinds_of_statements_that_give_rows(bench, sql, first):
    bench.sql("CREATE TABLE t (a INT); INSERT INTO t VALUES (1)")
    assert bench.rows(sql)[0][0] == first


def test_every_statement_runs_once(bench):
    bench.warehouse.run_native("CREATE SEQUENCE public.s; CREATE TABLE public.t (a INT)")
    assert bench.value("SELECT nextval('s')") == "1"
    bench.export("SELECT nextval('s')")
    bench.sql("SELECT nextval('s'); SELECT 1")
    bench.sql("SELECT NVL(nextval('s'), 0)")
    assert bench.value("SELECT nextval('s')") == "5"
    bench.sql("INSERT INTO t VALUES (1) RETURNING a")
    bench.export("INSERT INTO t VALUES (2) RETURNING a")
    bench.sql("WITH q AS (INSERT INTO t VALUES (3) RETURNING a) SELECT * FROM q")
    assert bench.value("SELECT count(*) FROM t") == "3"


def test_temporary_tables_and_settings_belong_to_one_run(bench):
    assert bench.value("CREATE TEMP TABLE q AS SELECT 7 AS a; SELECT a FROM q") == "7"
    with pytest.raises(WarehouseError, match='"q" does not exist'):
        bench.sql("SELECT * FROM q")
    assert bench.value("SET TimeZone = 'America/New_York'; SELECT current_setting('TimeZone')") == (
        "America/New_York"
    )
    assert bench.value("SELECT current_setting('TimeZone')") in ("UTC", "Etc/UTC")


def test_translation_inside_a_transaction_does_not_end_it(bench):
    bench.sql("CREATE TABLE t (d TIMESTAMP)")
    bench.sql(
        "BEGIN; INSERT INTO t SELECT GETDATE(); SELECT NVL(NULL, 1); "
        "INSERT INTO t VALUES (SYSDATE); COMMIT"
    )
    assert bench.value("SELECT count(*) FROM t") == "2"


def test_nothing_runs_when_a_statement_of_the_script_can_not_be_read(bench):
    with pytest.raises(WarehouseError, match="selec"):
        bench.sql("CREATE TABLE t (a INT); selec 1")
    assert bench.warehouse.tables() == []


def test_public_is_the_schema_of_bare_names(bench):
    bench.sql("CREATE TABLE t AS SELECT 1 AS a")
    assert bench.value("SELECT a FROM public.t") == "1"
    assert bench.warehouse.schemas() == ["public"]
    bench.sql("CREATE TABLE main.u AS SELECT 1 AS a; CREATE SCHEMA extra")
    assert bench.warehouse.schemas() == ["extra", "main", "public"]


@pytest.mark.parametrize(
    "sql", ["SET threads = 1", "SET memory_limit = '1GB'", "SET lock_configuration = false"]
)
def test_a_run_can_not_change_settings_of_all(bench, sql):
    with pytest.raises(WarehouseError, match="whole database"):
        bench.sql(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SET GLOBAL TimeZone = 'America/New_York'",
        "RESET GLOBAL TimeZone",
        'set /* for all */ global "pivot_limit" = 7',
        # DuckDB sets this one for all, whether or not it is told to.
        "SET default_null_order = 'nulls_first'",
        "RESET default_null_order",
        "SET null_order = 'nulls_first'",
    ],
)
def test_a_run_changes_settings_for_itself_alone(bench, sql):
    with pytest.raises(WarehouseError, match=r"can't be changed for all runs.*SET SESSION"):
        bench.sql(sql)
    smallest = "SELECT listagg(coalesce(a, 'null'), ' ') WITHIN GROUP (ORDER BY a) FROM t"
    bench.sql("CREATE TABLE t AS SELECT 'x' AS a UNION ALL SELECT NULL")
    assert bench.value(smallest) == "x null"
    bench.sql(f"SET SESSION default_null_order = 'nulls_first'; {smallest}")
    assert bench.value(smallest) == "x null"


def test_reset_restores_what_all_runs_start_with(bench):
    zone = "SELECT current_setting('TimeZone')"
    assert bench.value(f"SET TimeZone = 'America/New_York'; RESET TimeZone; {zone}") == "UTC"


def test_a_run_can_change_settings_of_its_own(bench):
    zone = "SELECT current_setting('TimeZone')"
    assert bench.value(f"SET TimeZone = 'America/New_York'; {zone}") == "America/New_York"
    assert bench.value(zone) == "UTC"
