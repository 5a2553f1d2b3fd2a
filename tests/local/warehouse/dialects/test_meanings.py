"""What statements mean in each dialect, each kind in several places of a statement."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb


@pytest.fixture(scope="module", params=["redshift", "postgres", "duckdb"])
def database(request):
    warehouse = open_duckdb(":memory:", request.param)
    yield warehouse
    warehouse.close()


def rows(warehouse, sql):
    return warehouse.preview(sql, 100, CancelToken(), ignore_log).rows


#: Expression -> its value in Redshift, PostgreSQL, DuckDB.
VALUES = [
    ("5 / 2", "2", "2", "2.5"),
    ("-7 / 2", "-3", "-3", "-3.5"),
    ("sum(5) / 4", "2", "2", "2.5"),
    ("avg(v.n)", "1", "1.5", "1.5"),
    ("round(2.5::float8)", "2", "2", "3.0"),
    ("round(5 / 2.0)", "3", "3", "3.0"),
    ("round(2.5)", "3", "3", "3"),
    ("123456789::float", "123456789", "123456789", "123456790.0"),
    ("3.14::numeric", "3", "3.14", "3.140"),
    ("'abcdef'::varchar(3)", "abc", "abc", "abcdef"),
    ("substring('abcdef', -2, 4)", "a", "a", "ef"),
    ("concat('a', null)", None, "a", "a"),
    ("regexp_replace('a1b2', '[0-9]', '#')", "a#b#", "a#b2", "a#b2"),
    (r"'a\\b'", r"a\b", r"a\\b", r"a\\b"),
    ("5.0::float8::text", "5", "5", "5.0"),
    ("interval '2 months'", "2 mons", "2 mons", "2 months"),
    ("'é' ~ '\\w'", "true", "true", "false"),
]


@pytest.mark.parametrize(("expression", "redshift", "postgres", "duckdb"), VALUES)
@pytest.mark.parametrize(
    "query",
    [
        "SELECT {} FROM (VALUES (1), (2)) v(n) LIMIT 1",
        "WITH q AS (SELECT {} AS x FROM (VALUES (1), (2)) v(n) LIMIT 1) SELECT x FROM q",
        "SELECT CASE WHEN true THEN x END FROM (SELECT {} AS x FROM (VALUES (1), (2)) v(n)) u "
        "LIMIT 1",
    ],
)
def test_an_expression_means_the_same_wherever_it_stands(
    database, query, expression, redshift, postgres, duckdb
):
    wanted = {"redshift": redshift, "postgres": postgres, "duckdb": duckdb}[database.dialect]
    assert rows(database, query.format(expression)) == [[wanted]]


def test_a_view_keeps_the_meaning_of_the_dialect_that_made_it(tmp_path):
    path = tmp_path / "w.duckdb"
    first = open_duckdb(path, "redshift")
    rows(
        first,
        "CREATE VIEW halves AS SELECT 5 / 2 AS half, count(*), avg(2) FROM "
        "generate_series(0, 2) t(range)",
    )
    first.close()
    second = open_duckdb(path, "duckdb")
    shown = second.preview("SELECT * FROM halves", 5, CancelToken(), ignore_log)
    assert (shown.columns, shown.rows) == (("half", "count", "avg"), [["2", "3", "2"]])
    second.close()


@pytest.mark.parametrize("sql", ["5 / 0", "5.0 / 0", "1::float8 / 0", "5 % 0", "mod(5, 0)"])
def test_division_by_zero_is_an_error(database, sql):
    if database.dialect == "duckdb":
        pytest.skip("DuckDB's own meaning")
    with pytest.raises(WarehouseError, match=r"(?i)division by zero"):
        rows(database, f"SELECT {sql}")


@pytest.mark.parametrize(
    "sql",
    ["'1.5'::int", "CAST('1_000' AS int)", "sqrt(-1)", "ln(0)", "substring('abc', 1, -1)",
     "1 = 'a'::varchar"],
)  # fmt: skip
def test_what_must_fail_fails(database, sql):
    if database.dialect == "duckdb":
        pytest.skip("DuckDB's own meaning")
    with pytest.raises(WarehouseError) as caught:
        rows(database, f"SELECT {sql}")
    assert "civis_sql" not in str(caught.value)


def test_a_null_character_is_refused_by_postgresql_alone(database):
    if database.dialect == "postgres":
        with pytest.raises(WarehouseError, match="null character not permitted"):
            rows(database, "SELECT chr(0)")
    else:
        assert rows(database, "SELECT length('a' || chr(0))") == [["2"]]


def test_aggregates_keep_distinct_filter_order_and_windows(database):
    table = "FROM (VALUES (1, 'x'), (2, 'x'), (2, 'y')) v(n, s)"
    assert rows(database, f"SELECT sum(DISTINCT n), sum(n) FILTER (WHERE s = 'x') {table}") == [
        ["3", "3"]
    ]
    window = "PARTITION BY s ORDER BY n ROWS UNBOUNDED PRECEDING"
    assert rows(database, f"SELECT sum(n) OVER ({window}) {table} ORDER BY 1") == [
        ["1"], ["2"], ["3"],
    ]  # fmt: skip


def test_functions_of_users_do_not_replace_the_dialects(database):
    if database.dialect == "duckdb":
        pytest.skip("DuckDB's own meaning")
    rows(
        database,
        "CREATE FUNCTION public.round(numeric) RETURNS int IMMUTABLE AS $$ SELECT 42 $$ "
        "LANGUAGE sql",
    )
    assert rows(database, "SELECT round(1.2)") == [["1"]]
    rows(database, "DROP FUNCTION public.round(numeric)")


def test_texts_that_are_too_long_are_refused_until_the_column_is_wider(database):
    if database.dialect == "duckdb":
        pytest.skip("DuckDB's own meaning")
    rows(database, "CREATE TABLE t (a VARCHAR(3), b INT DEFAULT 7)")
    with pytest.raises(WarehouseError, match=r"too long for the type of a, varchar\(3\)"):
        rows(database, "INSERT INTO t VALUES ('abcdef', 1)")
    rows(
        database,
        "ALTER TABLE t ALTER COLUMN a TYPE VARCHAR(6); INSERT INTO t (a) VALUES ('abcdef')",
    )
    assert rows(database, "SELECT * FROM t") == [["abcdef", "7"]]
    rows(database, "DROP TABLE t")


LATERAL_ALIASES = "SELECT 7 AS seven, round(seven / 2) AS half, half::varchar AS text"


def test_aliases_of_a_list_may_be_used_in_it_on_redshift(database):
    if database.dialect == "redshift":
        assert rows(database, LATERAL_ALIASES) == [["7", "3", "3"]]


@pytest.mark.parametrize(
    "sql",
    [
        LATERAL_ALIASES,
        "SELECT n AS x, row_number() OVER (ORDER BY x) FROM (SELECT 1 AS n) t",
        "SELECT n AS x FROM (SELECT 1 AS n) t ORDER BY x + 1",
        "SELECT max(n) AS x FROM (SELECT 1 AS n) t GROUP BY n ORDER BY abs(x)",
    ],
)
def test_postgresql_knows_no_aliases_within_the_list_and_in_expressions_of_order_by(database, sql):
    if database.dialect == "postgres":
        with pytest.raises(WarehouseError, match=r'column "\w+" does not exist: .* alias'):
            rows(database, sql)


def test_a_column_goes_before_an_alias(database):
    table = "(SELECT 1 AS n, 5 AS x) t"
    assert rows(database, f"SELECT n AS x, x + 1 FROM {table} ORDER BY x") == [["1", "6"]]


def test_errors_have_their_place_in_the_users_text(database):
    with pytest.raises(WarehouseError, match="nope") as caught:
        rows(database, "SELECT 1;\nSELECT count(*) / 2,\n  nope FROM (SELECT 1 AS q) t")
    assert (caught.value.line, caught.value.column) == (3, 3)


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        ('SELECT 1 FROM (SELECT 1 AS a) t WHERE a = "OH"', "single quotes: 'OH'"),
        ("SELECT * FROM #earlier", "exists only in the run"),
    ],
)
def test_common_mistakes_have_a_hint(database, sql, hint):
    if database.dialect == "duckdb" and "#" in sql:
        pytest.skip("no name in DuckDB")
    with pytest.raises(WarehouseError, match=hint):
        rows(database, sql)


@pytest.mark.parametrize("part", ["year", "decade", "century", "millennium", "isoyear"])
def test_the_year_of_infinity_is_refused_by_name(database, part):
    if database.dialect == "duckdb":
        pytest.skip("DuckDB's own meaning")
    with pytest.raises(WarehouseError, match=f"the {part} of infinity is not supported"):
        rows(database, f"SELECT extract({part} FROM timestamp 'infinity')")


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT q::text FROM (SELECT 1 / 3.0 AS q) t", "digits in the text of a numeric without"),
        ("SELECT '2.50'::text::numeric::text", "digits in the text of a numeric without"),
        ("SELECT '1 day 02:03:04'::interval hour", "INTERVAL HOUR is not supported"),
        ("SELECT '1.23 s'::interval(1)", "INTERVAL with a precision is not supported"),
        ("SELECT regexp_match('aa', '(a|aa)\\1')", "not supported beside references to groups"),
        (
            "SELECT * FROM jsonb_array_elements('[3]') WITH ORDINALITY AS e",
            "WITH ORDINALITY behind JSONB_ARRAY_ELEMENTS is not supported",
        ),
    ],
)
def test_what_has_another_value_in_postgresql_is_refused_by_name(database, sql, words):
    if database.dialect == "postgres":
        with pytest.raises(WarehouseError, match=words):
            rows(database, sql)
