from __future__ import annotations

import pytest

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.redshift import translate
from civis_nb.local.warehouse.redshift.translate import translations

pytestmark = pytest.mark.exhaustive


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("GETDATE() > '2020-01-01'", "true"),
        ("SYSDATE > '2020-01-01'", "true"),
        ("GETDATE()::DATE = CURRENT_DATE", "true"),
        ("NVL(NULL, 1)", "1"),
        ("NVL2(1, 'a', 'b')", "a"),
        ("ISNULL(NULL, 4)", "4"),
        ("DECODE(2, 1, 'one', 2, 'two', 'many')", "two"),
        ("DECODE(9, 1, 'one', 'many')", "many"),
        ("DATEADD(day, 2, '2024-02-28'::DATE)", "2024-03-01 00:00:00"),
        ("DATEADD('month', -1, '2024-03-31'::DATE)", "2024-02-29 00:00:00"),
        ("DATEDIFF(day, '2024-01-01', '2024-03-01')", "60"),
        ("DATEDIFF(mons, '2024-01-31'::DATE, '2024-02-01'::DATE)", "1"),
        ("DATE_TRUNC('month', GETDATE()) <= GETDATE()", "true"),
        ("CONVERT(INT, '12')", "12"),
        ("LEN('abc') + CHARINDEX('c', 'abc')", "6"),
        ("STRTOL('ff', 16)", "255"),
        ("STRTOL('-101', 2)", "-5"),
        ("1::VARCHAR(MAX)", "1"),
        (
            "TO_CHAR(TIMESTAMP '2024-03-05 14:07:09', 'YYYY-MM-DD HH24:MI:SS')",
            "2024-03-05 14:07:09",
        ),
        ("TO_CHAR(DATE '2024-03-05', 'Mon DD, YYYY')", "Mar 05, 2024"),
        ("TO_CHAR(DATE '2024-03-05', 'MONTH')", "MARCH    "),
        ("TO_CHAR(DATE '2024-03-05', 'FMDay FMDD')", "Tuesday 5"),
        ("TO_CHAR(TIMESTAMP '2024-03-05 14:07:09', 'HH12:MI am \"o''clock\"')", "02:07 pm o'clock"),
        ("TO_CHAR(DATE '2024-03-05', 'YYYY\"Q\"Q')", "2024Q1"),
        ("TO_CHAR(1234.5, 'FM9,999.00')", "1,234.50"),
        ("TO_CHAR(1234.5, '9,999.99')", " 1,234.50"),
        ("TO_CHAR(7, 'FM000')", "007"),
        ("TO_DATE('05 Mar 2024', 'DD Mon YYYY')", "2024-03-05"),
        ("TO_TIMESTAMP('2024-03-05 14', 'YYYY-MM-DD HH24')", "2024-03-05 14:00:00+00"),
        ("TO_NUMBER('$1,234.50', '$9,999.99')", "1234.50"),
        ("REGEXP_SUBSTR('a1b22', '[0-9]+')", "1"),
        ("REGEXP_SUBSTR('a1b22', '[0-9]+', 1, 2)", "22"),
        ("REGEXP_COUNT('abcb', 'b')", "2"),
        ("REGEXP_INSTR('abcb', 'c')", "3"),
        ("JSON_EXTRACT_PATH_TEXT('{\"a\": {\"b\": 5}}', 'a', 'b')", "5"),
        ("JSON_EXTRACT_PATH_TEXT('no json', 'a', true)", None),
        ("JSON_EXTRACT_ARRAY_ELEMENT_TEXT('[1, \"x\"]', 1)", "x"),
        ("'a' || 1 || NVL(NULL, 2)", "a12"),
        ("1 << 3", "8"),
        ("'Abc' ILIKE 'a%'", "true"),
        ("'abc' SIMILAR TO '%(b|d)_' AND NVL(NULL, true)", "true"),
        ("1 != 2", "true"),
        ("TRUNC(GETDATE()) = CURRENT_DATE", "true"),
        ("TRUNC(1.75) + NVL(NULL, 0)", "1"),
        ("LAST_DAY(DATE '2024-02-03')", "2024-02-29"),
        ("ADD_MONTHS(DATE '2024-01-31', 1)", "2024-02-29 00:00:00"),
        (
            "CONVERT_TIMEZONE('UTC', 'US/Eastern', TIMESTAMP '2024-01-01 12:00:00')",
            "2024-01-01 07:00:00",
        ),
        ("INITCAP('hello wORLD')", "Hello World"),
        ("TO_CHAR(DATEADD(day, 1, TO_DATE('2024-02-28', 'YYYY-MM-DD')), 'DD')", "29"),
        ("SPLIT_PART('a,b', ',', 2) || NVL(NULL, '!')", "b!"),
        ("FUNC_SHA1('a')", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
        ("DATE_PART(dow, DATE '2024-03-05') + NVL(NULL, 0)", "2"),
    ],
)
def test_expressions_of_redshift(bench, expression, value):
    assert bench.value(f"SELECT {expression}") == value


@pytest.fixture
def table(bench):
    bench.sql(
        "CREATE TABLE t (g INT, x VARCHAR, n INT);"
        "INSERT INTO t VALUES (1, 'b', 3), (1, 'a', 1), (2, 'c', 5), (1, 'b', 2)"
    )
    return bench


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT TOP 1 x FROM t ORDER BY x DESC", [["c"]]),
        ("SELECT LISTAGG(x, ',') WITHIN GROUP (ORDER BY n) FROM t WHERE g = 1", [["a,b,b"]]),
        ("SELECT LISTAGG(DISTINCT x, '|') WITHIN GROUP (ORDER BY x DESC) FROM t", [["c|b|a"]]),
        (
            "SELECT g, LISTAGG(x) WITHIN GROUP (ORDER BY x) FROM t GROUP BY g ORDER BY g",
            [["1", "abb"], ["2", "c"]],
        ),
        (
            "SELECT MEDIAN(n), PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY n) FROM t",
            [["2.5", "2.5"]],
        ),
        ("SELECT APPROXIMATE COUNT(DISTINCT x) FROM t", [["3"]]),
        (
            "SELECT x FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY g ORDER BY n) = 1 ORDER BY x",
            [["a"], ["c"]],
        ),
        ("SELECT g FROM t MINUS SELECT 1", [["2"]]),
        ("SELECT RATIO_TO_REPORT(n) OVER (PARTITION BY g) FROM t WHERE g = 2", [["1"]]),
        ("SELECT NVL(x, 'y') FROM t WHERE \"x\" = 'c'", [["c"]]),
        ("EXPLAIN SELECT NVL(1, 2)", None),
    ],
)
def test_queries_of_redshift(table, sql, rows):
    found = table.rows(sql)
    assert rows is None or found == rows


@pytest.mark.parametrize(
    "clauses",
    [
        "(a INT DISTKEY SORTKEY ENCODE lzo, b VARCHAR(MAX) ENCODE zstd)",
        "(a INT ENCODE az64, b VARCHAR(20)) DISTSTYLE KEY DISTKEY(a) COMPOUND SORTKEY(a, b)",
        "(a INT, b VARCHAR(20)) DISTSTYLE ALL INTERLEAVED SORTKEY(a) BACKUP NO",
        "(a INT, b VARCHAR(20)) DISTSTYLE AUTO SORTKEY AUTO",
        "BACKUP NO DISTSTYLE EVEN SORTKEY(a) AS SELECT 1 AS a, 'x' AS b",
        "(a INTEGER NOT NULL PRIMARY KEY, b CHARACTER VARYING(20) DEFAULT 'x'::character varying)",
    ],
)
def test_tables_with_clauses_of_redshift(bench, clauses):
    bench.sql(f"CREATE TABLE t {clauses};")
    columns = bench.warehouse.table("public", "t").columns
    assert [(c.name, c.sql_type) for c in columns] == [("a", "INTEGER"), ("b", "VARCHAR")]


def test_columns_may_be_called_like_clauses(bench):
    bench.sql(
        "CREATE TABLE t (distkey INT, encode VARCHAR(5), sortkey INT, identity INT) DISTKEY(encode)"
    )
    assert [c.name for c in bench.warehouse.table("public", "t").columns] == [
        "distkey",
        "encode",
        "sortkey",
        "identity",
    ]


def test_identity_columns_count(bench):
    make = "CREATE TABLE t (id BIGINT IDENTITY(1,1), x VARCHAR(5))"
    bench.sql(make + "; INSERT INTO t (x) VALUES ('a'), ('b')")
    assert bench.rows("SELECT id, x FROM t ORDER BY id") == [["1", "a"], ["2", "b"]]
    bench.sql("DROP TABLE t; " + make + "; INSERT INTO t (x) VALUES ('c')")
    assert bench.rows("SELECT id, x FROM t") == [["1", "c"]]
    with pytest.raises(WarehouseError, match="already exists"):
        bench.sql(make)


def test_temporary_tables_with_a_number_sign(bench):
    assert bench.rows(
        "CREATE TABLE #t AS SELECT 1 AS a; INSERT INTO #t VALUES (2); SELECT * FROM #t"
    ) == [["1"], ["2"]]
    assert bench.rows("SELECT 5 AS a INTO #u; SELECT * FROM #u") == [["5"]]
    assert bench.warehouse.tables() == []


def test_select_into_and_create_like(bench):
    bench.sql(
        "CREATE TABLE t AS SELECT 1 AS a, 'x' AS b; SELECT a INTO u FROM t; CREATE TABLE v (LIKE t)"
    )
    assert bench.rows("SELECT * FROM u") == [["1"]]
    assert bench.sql("SELECT * FROM v").columns == ("a", "b")


def test_delete_using_and_update_from(bench):
    bench.sql(
        "CREATE TABLE t AS SELECT i AS a, NULL::TIMESTAMP AS d FROM generate_series(0, 3) r(i);"
        "CREATE TABLE u AS SELECT 2 AS a;"
        "DELETE FROM t USING u WHERE t.a = u.a AND GETDATE() > '2020-01-01';"
        "UPDATE t SET d = GETDATE() FROM u WHERE t.a = u.a + 1"
    )
    assert bench.rows("SELECT a FROM t ORDER BY a") == [["0"], ["1"], ["3"]]
    assert bench.value("SELECT count(d) FROM t") == "1"


def test_several_tables_are_dropped(bench):
    bench.sql(
        "CREATE TABLE a (x INT); CREATE TABLE b (x INT); DROP TABLE IF EXISTS a, b, c CASCADE"
    )
    assert bench.warehouse.tables() == []


@pytest.mark.parametrize(
    "sql",
    [
        "GRANT SELECT ON t TO bob",
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM bob",
        "VACUUM",
        "VACUUM FULL t TO 99 PERCENT",
        "ANALYZE",
        "ANALYZE COMPRESSION t",
        "ALTER TABLE t OWNER TO bob",
        "ALTER TABLE t ALTER SORTKEY (a)",
        "CREATE USER bob PASSWORD 'x'",
        "SET query_group TO 'slow'",
        "SET enable_result_cache_for_session TO off",
        "RESET query_group",
    ],
)
def test_statements_without_effect_are_accepted(bench, sql):
    bench.sql("CREATE TABLE t (a INT)")
    assert bench.rows(f"{sql}; SELECT 1") == [["1"]]


def test_statements_without_effect_are_told(bench):
    bench.sql("GRANT SELECT ON t TO bob")
    assert bench.logged == [("info", "GRANT has no effect in this database")]


def test_system_views(table):
    assert table.rows(
        "SELECT \"column\", type FROM pg_table_def WHERE schemaname = 'public' AND tablename = 't'"
    ) == [["g", "integer"], ["x", "character varying(256)"], ["n", "integer"]]
    assert (
        table.value("SELECT table_name FROM svv_tables AS s WHERE s.table_schema = 'public'") == "t"
    )
    assert table.value("SELECT tbl_rows FROM svv_table_info WHERE \"table\" = 't'") == "4"
    assert (
        table.value("SELECT count(*) FROM information_schema.columns WHERE table_name = 't'") == "3"
    )


def test_names_of_results_are_the_functions_names(bench):
    assert bench.sql("SELECT NVL(1, 2), GETDATE(), TO_CHAR(1, 'FM9'), 5 AS n").columns == (
        "coalesce",
        "getdate",
        "to_char",
        "n",
    )


def test_texts_and_quoted_names_stay_as_they_are(bench):
    bench.sql(
        'CREATE TABLE "My Table" ("Last,First" VARCHAR);'
        "INSERT INTO \"My Table\" VALUES ('GETDATE() #x')"
    )
    shown = bench.sql(
        'SELECT "Last,First", NVL(NULL, \'NVL(#a, b); -- \') AS "X y" FROM "My Table"'
    )
    assert shown.columns == ("Last,First", "X y")
    assert shown.rows == [["GETDATE() #x", "NVL(#a, b); -- "]]


@pytest.mark.parametrize(
    "sql",
    [
        "",
        ";",
        "SELECT",
        "SELECT 'open",
        "CREATE TABLE",
        "DROP TABLE",
        "((((",
        "EXPLAIN",
        "CREATE TABLE t (IDENTITY(1,1)",
        "CREATE TABLE t (LIKE",
    ],
)
def test_translating_what_is_no_sql_raises_nothing(sql):
    assert all(isinstance(t.sql, str) for t in translations(sql))


@pytest.mark.parametrize(
    ("sql", "is_plain"),
    [
        ("insert into t values (1, 'it''s', NULL, -1.5e3, .5, 5., true)", True),
        ('INSERT INTO "a b".t (x, "y z")\nVALUES (1, DEFAULT),\n(2, 3);', True),
        ("insert into t values (1.5, 2.5), (1, 2", True),
        ("insert into t values (1, CHARINDEX('a', 'b'))", False),
        ("insert into t select 1", False),
        ("insert into t values " + "(1.5, 2.5), " * 20_000 + "(x)", False),
        ("insert into " + " " * 20_000, False),
    ],
)
def test_rows_of_numbers_and_texts_are_not_parsed_again(monkeypatch, sql, is_plain):
    parsed = []
    monkeypatch.setattr(translate, "_parsed", lambda *_: parsed.append(1))
    assert list(translations(sql)) == []
    assert bool(parsed) is not is_plain


def test_a_union_may_have_more_queries_than_python_has_calls(bench):
    queries = [f"SELECT {number} AS a, NULL AS b" for number in range(1100)]
    union = " UNION ALL ".join([*queries, "SELECT 2.5, 'x'"])
    shown = bench.sql(f"SELECT COUNT(*), SUM(a), MAX(b) FROM ({union}) AS u")
    assert shown.rows == [["1101", "604452.5", "x"]]
    with pytest.raises(WarehouseError, match="cannot be matched"):
        bench.sql(union + " UNION ALL SELECT DATE '2024-01-01', 'x'")
