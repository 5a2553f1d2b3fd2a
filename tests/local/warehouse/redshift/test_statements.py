"""Statements as analysts write them for Redshift: what they make, change and refuse."""

from __future__ import annotations

import pytest

from civis_nb.errors import WarehouseError

pytestmark = pytest.mark.exhaustive


@pytest.fixture
def table(bench):
    bench.sql(
        "CREATE TABLE t (g INT, x VARCHAR, n INT, d DATE, ts TIMESTAMP);"
        "INSERT INTO t VALUES (1, 'b', 3, '2024-01-31', '2024-01-31 10:20:30'),"
        "(1, 'a', 1, '2024-02-29', '2024-02-29 23:59:59'), (2, 'c', 5, NULL, NULL)"
    )
    return bench


@pytest.mark.parametrize(
    "head",
    [
        "CREATE TABLE u DISTKEY(g) SORTKEY(n) AS",
        "CREATE TABLE u DISTSTYLE ALL COMPOUND SORTKEY(g, n) AS",
        "CREATE TEMP TABLE u DISTKEY(g) AS",
        "CREATE LOCAL TEMPORARY TABLE u AS",
        "CREATE TABLE #u AS",
        "CREATE OR REPLACE VIEW u AS",
        "CREATE MATERIALIZED VIEW u AUTO REFRESH YES DISTKEY(g) AS",
        "BEGIN; CREATE TABLE u SORTKEY(g) AS",
    ],
)
@pytest.mark.parametrize("brackets", ["{}", "({})"])
def test_queries_in_clauses_of_redshift_are_translated_as_well(table, head, brackets):
    query = brackets.format("SELECT g, NVL(n, 0) AS n, DATEADD(day, 1, d) AS d FROM t")
    name = "#u" if "#u" in head else "u"
    end = "; COMMIT" if head.startswith("BEGIN") else ""
    assert table.rows(f"{head} {query}; SELECT sum(n), max(d) FROM {name}{end}") == [
        ["9", "2024-03-01 00:00:00"]
    ]


def test_materialized_views_are_refreshed_and_dropped(table):
    table.sql("CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n FROM t")
    table.sql("DELETE t WHERE g = 2")
    assert table.rows("REFRESH MATERIALIZED VIEW v; SELECT n FROM v") == [["2"]]
    table.sql("DROP MATERIALIZED VIEW IF EXISTS v")
    assert [info.name for info in table.warehouse.tables()] == ["t"]


@pytest.mark.parametrize("kind", ["SERIAL", "BIGSERIAL", "INT IDENTITY", "INT IDENTITY(1, 1)"])
def test_columns_that_count(bench, kind):
    bench.sql(
        f"CREATE TABLE c (id {kind} NOT NULL, x VARCHAR(9) COLLATE CASE_INSENSITIVE ENCODE lzo,"
        " made TIMESTAMP DEFAULT GETDATE()) DISTSTYLE EVEN; INSERT INTO c (x) VALUES ('A'), ('b')"
    )
    assert bench.rows("SELECT id, x FROM c WHERE made IS NOT NULL ORDER BY id") == [
        ["1", "A"],
        ["2", "b"],
    ]
    assert bench.rows("SELECT id FROM c WHERE x = 'a'") == [["1"]]


def test_types_of_redshift(bench):
    bench.sql("CREATE TABLE c (k SUPER, v VARBYTE(10), g BPCHAR, h NVARCHAR(20)) DISTSTYLE ALL")
    bench.sql("INSERT INTO c (g) VALUES ('x'); INSERT INTO c SELECT NULL, NULL, 'y'")
    assert bench.rows("SELECT g, NVL(h, '-'), k FROM c") == [["x", "-", None], ["y", "-", None]]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO c VALUES (1, JSON_PARSE('1'))",
        "INSERT INTO c (s) SELECT JSON_PARSE('1')",
        "INSERT INTO c (s) SELECT 'a'",
        "UPDATE c SET s = '1'",
        "CREATE TABLE d AS SELECT JSON_PARSE('1') AS s",
        "SELECT '1'::SUPER",
        "SELECT CAST(a AS SUPER) FROM c",
    ],
)
def test_there_are_no_values_of_the_type_super(bench, sql):
    bench.sql("CREATE TABLE c (a INT, s SUPER); INSERT INTO c VALUES (1, NULL)")
    with pytest.raises(WarehouseError, match="no values of the type SUPER") as caught:
        bench.sql(sql)
    assert caught.value.line == 1
    assert bench.rows("SELECT a, s FROM c") == [["1", None]]


@pytest.mark.parametrize("kind", ["GEOMETRY", "GEOGRAPHY"])
def test_types_of_geometry_are_refused_by_name(bench, kind):
    for sql in (f"CREATE TABLE c (g {kind})", f"SELECT NULL::{kind}"):
        with pytest.raises(WarehouseError, match=f"no values of the type {kind}"):
            bench.sql(sql)


def test_functions_in_sql_are_functions_here_too(bench):
    bench.sql(
        "CREATE OR REPLACE FUNCTION f_greater (float, float) RETURNS float STABLE AS $$"
        " SELECT CASE WHEN $1 > $2 THEN $1 ELSE $2 END $$ LANGUAGE sql;"
        "CREATE FUNCTION f_twice (a NUMERIC(10, 2)) RETURNS INT IMMUTABLE"
        " AS 'SELECT $1 * 2' LANGUAGE 'sql';"
    )
    assert bench.rows("SELECT f_greater(1, 2), f_twice(4)") == [["2", "8"]]
    bench.sql("DROP FUNCTION f_greater(float, float); DROP FUNCTION IF EXISTS f_twice(int) CASCADE")
    with pytest.raises(WarehouseError, match="f_greater"):
        bench.sql("SELECT f_greater(1, 2)")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("CREATE FUNCTION f(a float) RETURNS float AS $$ return a $$ LANGUAGE plpythonu", "plpy"),
        ("CREATE PROCEDURE p() AS $$ BEGIN NULL; END; $$ LANGUAGE plpgsql", "stored procedures"),
        ("CREATE EXTERNAL TABLE s.x (a INT) STORED AS PARQUET LOCATION 's3://x'", "EXTERNAL"),
        ("CREATE EXTERNAL SCHEMA s FROM DATA CATALOG DATABASE 'x' IAM_ROLE 'y'", "EXTERNAL"),
        ("DECLARE c CURSOR FOR SELECT 1; FETCH 1 FROM c", "cursors"),
        ("CREATE DATABASE other", "--database"),
        ("UNLOAD ('SELECT 1') TO 's3://b/k' IAM_ROLE 'x'", "export the query's result"),
        ("COPY t FROM 's3://b/k' IAM_ROLE 'x' CSV", "import it"),
        ("SELECT * FROM stl_query", "stl_query.*(?s:.*)system table of Redshift"),
        ("SELECT NVL(1, 2), FOO_BAR(1)", "foo_bar"),
        ("SELECT TO_CHAR(5, '9.9.9')", "multiple decimal points"),
        ("SELECT TO_CHAR(x, 'YYYY') FROM (SELECT 'x' AS x)", "TO_CHAR of a text"),
        ("SELECT STRTOL('8', 8)", "8 is no number of base 8"),
        ("SELECT GETDATE() * 'x'", r"operator does not exist: timestamp \* text"),
    ],
)
def test_what_can_not_be_done_is_named(bench, sql, said):
    with pytest.raises(WarehouseError, match=said):
        bench.sql(sql)


@pytest.mark.parametrize("sql", ["COMMIT", "ROLLBACK", "ABORT", "END"])
def test_a_transaction_that_is_not_there_ends_with_a_warning(bench, sql):
    assert bench.rows(f"{sql}; SELECT 1") == [["1"]]
    assert bench.logged == [("warn", f"{sql}: there is no transaction in progress")]


def test_a_second_begin_is_a_warning(bench):
    sql = "BEGIN ISOLATION LEVEL SERIALIZABLE; CREATE TABLE c (a INT); BEGIN; COMMIT"
    bench.sql(sql)
    warning = ("warn", "BEGIN: there is already a transaction in progress")
    assert bench.logged == [("info", "CREATE TABLE"), warning]
    assert [info.name for info in bench.warehouse.tables()] == ["c"]


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE t ADD FOREIGN KEY (g) REFERENCES t (g)",
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE (g)",
        "SET work_mem TO '1GB'",
        "CREATE SCHEMA IF NOT EXISTS s AUTHORIZATION bob",
        "CREATE SCHEMA s QUOTA 10 GB",
        "SET search_path TO '$user', public",
        "EXPLAIN VERBOSE SELECT NVL(1, 2)",
    ],
)
def test_statements_that_are_taken(table, sql):
    assert table.value(f"{sql}; SELECT count(*) FROM t") == "3"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("DATE_TRUNC('qtr', '2024-05-17'::DATE)", "2024-04-01 00:00:00"),
        ("STRTOL('0x1F', 16)", "31"),
        ("STRTOL('+7', 8)", "7"),
        ("STRTOL('-zz', 36)", "-1295"),
        ("ENCODE('a'::BYTEA, 'hex')", "61"),
        ("JSON_BUILD_OBJECT('a', 1)", '{"a":1}'),
        ("CLOCK_TIMESTAMP() <= STATEMENT_TIMESTAMP()", "true"),
        ("DATE_TRUNC('month', '2024-05-17')", "2024-05-01 00:00:00"),
        ("DATE_PART(qtr, '2024-05-17'::DATE)", "2"),
        ("DATE_PART_YEAR('2024-05-17'::DATE)", "2024"),
        ("LAST_DAY('2024-02-03')", "2024-02-29"),
        ("NEXT_DAY('2024-05-17', 'Tuesday')", "2024-05-21"),
        ("NEXT_DAY('2024-05-17', 'Fri')", "2024-05-24"),
        ("GETDATE() - 1 < GETDATE()", "true"),
        ("SYSDATE + 0.5 > SYSDATE", "true"),
        ("DATEADD(day, 1, '2024-01-01') - 1", "2024-01-01 00:00:00"),
        ("DATE_TRUNC('week', DATE '2024-05-17') - 1", "2024-05-12 00:00:00"),
        ("TO_CHAR(125.8, '999D9')", " 125.8"),
        ("TO_CHAR(DATE '2024-05-07', 'D')", "3"),
        ("OCTET_LENGTH('é')", "2"),
        ("REPLICATE('ab', 2)", "abab"),
        ("EVERY(true)", "true"),
        ("WIDTH_BUCKET(5, 0, 10, 5)", "3"),
        ("WIDTH_BUCKET(10, 0, 10, 5)", "6"),
        ("GET_ARRAY_LENGTH(SPLIT_TO_ARRAY('a,b'))", "2"),
        ("SPLIT_TO_ARRAY('a|b', '|')[1]", '"b"'),
        ("JSON_PARSE('[7, 8]')[0]", "7"),
        ("IS_VALID_JSON_ARRAY('[]')", "true"),
        ("IS_VALID_JSON_ARRAY('{}')", "false"),
        ("IS_VALID_JSON_ARRAY('x')", "false"),
        ("JSON_SERIALIZE(JSON_PARSE('[1]'))", "[1]"),
        ("'abc' ILIKE ANY (ARRAY['A%', 'z'])", "true"),
        ("'abc' LIKE ALL (ARRAY['a%', 'z'])", "false"),
        ("pg_catalog.version() IS NULL", "false"),
    ],
)
def test_more_expressions_of_redshift(bench, expression, value):
    assert bench.value(f"SELECT {expression}") == value


def test_days_are_counted_with_any_number(bench):
    rows = bench.rows("SELECT '2024-01-01'::date + i AS d FROM generate_series(0, 1) AS s(i)")
    assert rows == [["2024-01-01"], ["2024-01-02"]]
    assert bench.value("SELECT CURRENT_DATE + ROW_NUMBER() OVER () > CURRENT_DATE") == "true"


@pytest.mark.parametrize("more", ["", ", NVL(1, 2) AS more"])
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("5 / 2", "2"),
        ("5::INT / 2::INT", "2"),
        ("sha256('a')", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        ("JSON_EXTRACT_PATH_TEXT('{\"a\": 5}', 'a')", "5"),
    ],
)
def test_sql_of_duckdb_means_the_same_beside_sql_of_redshift(bench, expression, value, more):
    assert bench.rows(f"SELECT {expression} AS r{more}")[0][0] == value


@pytest.mark.parametrize("more", ["", ", NVL(1, 2)"])
def test_null_is_the_largest_value(table, more):
    rows = table.rows(f"SELECT x{more} FROM t ORDER BY d DESC")
    assert [row[0] for row in rows] == ["c", "a", "b"]
    rows = table.rows(f"SELECT x{more} FROM t ORDER BY d")
    assert [row[0] for row in rows] == ["b", "a", "c"]


def test_several_tables_are_emptied(table):
    table.sql("CREATE TABLE u AS SELECT 1 AS a; TRUNCATE TABLE t, u")
    assert table.rows("SELECT count(*) FROM t UNION ALL SELECT count(*) FROM u") == [["0"], ["0"]]
