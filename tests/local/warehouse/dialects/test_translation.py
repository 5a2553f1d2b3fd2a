"""Edits of a statement's tokens: what changes, what stays, and where each piece came from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civis_nb.local.warehouse.dialects import UnsupportedSqlError, translate


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("count(*)", "count"),
        ("sum(a)", "sum"),
        ("coalesce(a, b)", "coalesce"),
        ("1", "?column?"),
        ("a + b", "?column?"),
        ("a IS NULL", "?column?"),
        ("CASE WHEN a THEN 1 END", "case"),
        ("CASE WHEN a THEN 1 ELSE b END", "b"),
        ("a::int", "a"),
        ("'1'::int", "int4"),
        ("CAST('x' AS varchar(3))", "varchar"),
        ("date '2024-01-01'", "date"),
        ("(SELECT max(x) FROM u)", "max"),
        ("EXISTS (SELECT 1)", "exists"),
        ("row_number() OVER (ORDER BY a)", "row_number"),
        ("ARRAY[1, 2]", "array"),
        ("(a, b)", "row"),
        ("a AT TIME ZONE 'UTC'", "timezone"),
        ("Upper(a)", "upper"),
    ],
)
def test_columns_are_named_as_postgresql_names_them(sql, name):
    text = translate(f"SELECT {sql} FROM t", "postgres").sql
    assert text.endswith(f' AS "{name}" from t')


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a, t.b, * FROM t",
        "SELECT t.* FROM t",
        "SELECT a AS x, b y FROM t u(a, b)",
        "SELECT 'count(*)' AS \"A b\" -- 1/2",
        "INSERT INTO t (a, b) VALUES (1, 'x')",
        "TRUNCATE t",
    ],
)
def test_what_means_the_same_stays_as_it_is(sql):
    assert translate(sql, "redshift").sql.lower() == sql.lower()


def test_duckdbs_own_dialect_is_not_touched():
    sql = "SELECT 5 / 2, Count(*), 'a\\\\b' FROM T"
    assert translate(sql, "duckdb").sql == sql


def test_bare_names_are_folded_and_quoted_ones_are_kept():
    assert translate('SELECT Foo, "Bar" FROM T', "postgres").sql == 'select foo, "Bar" from t'


def test_a_place_leads_back_to_the_users_text():
    sql = "SELECT sum(a) / 2,\n  nope FROM t"
    translated = translate(sql, "redshift")
    at = translated.sql.index("nope")
    assert translated.offsets is not None
    assert translated.offsets.source(at) == sql.index("nope")


@given(st.text(alphabet="ab'\"\\$;-/*\n()[],.:|1 ", max_size=30))
def test_any_text_is_translated_or_refused(text):
    offsets = []
    for dialect in ("redshift", "postgres"):
        try:
            translate(f"SELECT {text}", dialect)
        except UnsupportedSqlError as refused:
            offsets.append(refused.offset)
    assert all(0 <= offset <= len(text) + 7 for offset in offsets)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT a FROM t FOR UPDATE", "FOR UPDATE"),
        ("SELECT a FROM t FETCH FIRST 3 ROWS WITH TIES", "WITH TIES"),
        ("SELECT DATEDIFF('2024-01-01', '2024-01-02')", "DATEDIFF takes 3 arguments"),
        ("SELECT DATE_TRUNC('nonsense', d) FROM t", '"nonsense" is not a part of a date'),
        ("DROP SCHEMA civis_sql", "civis_sql is the name of the platform's own"),
        ('CREATE MACRO "civis_sql".round(x) AS 1', "civis_sql"),
        ("SELECT 1 FROM a, b WHERE a.x = b.x(+) OR a.y = 1", r"\(\+\)"),
    ],
)
def test_what_is_not_supported_is_named(sql, message):
    with pytest.raises(UnsupportedSqlError, match=message):
        translate(sql, "redshift")


@pytest.mark.parametrize("subscripts", ["[2][1:2]", "[1:2][2]", "[1:1][1:2]"])
def test_slices_of_several_dimensions_are_refused(subscripts):
    with pytest.raises(UnsupportedSqlError, match="slices of more than one dimension"):
        translate(f"SELECT (ARRAY[[1, 2], [3, 4]]){subscripts}", "postgres")


@pytest.mark.parametrize("part", ["(", "abs(", "CASE WHEN 2 = 1 THEN 1 ELSE ", "(SELECT "])
def test_sql_that_is_nested_too_deeply_is_refused_as_such(part):
    end = " END" if part.startswith("CASE") else ")"
    assert translate(f"SELECT {part * 60}7{end * 60}", "redshift").sql
    with pytest.raises(UnsupportedSqlError, match="WITH queries"):
        translate(f"SELECT {part * 1000}7{end * 1000}", "redshift")
