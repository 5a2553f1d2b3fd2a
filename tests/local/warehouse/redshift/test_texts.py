"""Texts of users stay the texts that they are, however much else of a statement is translated."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.exhaustive

INJECTIONS = [
    "\\' OR 1=1 --",
    "\\'; DROP TABLE t; --",
    "\\' UNION SELECT 'b' --",
    "x\\",
    "\\\\' OR ''='",
    "' OR 1=1 --",
    "C:\\temp\\new",
    "a\\nb",
    "$$ OR 1=1 $$",
    "E'\\''",
    "civis__text_0",
    "{{x}} {% y %}",
]


@pytest.fixture
def people(bench):
    bench.sql("CREATE TABLE t (x VARCHAR); INSERT INTO t VALUES ('a'), ('b'), (NULL)")
    return bench


def quoted(text):
    """Write a text as Redshift reads it, where a backslash must be doubled."""
    return "'" + text.replace("'", "''").replace("\\", "\\\\") + "'"


@pytest.mark.parametrize("value", INJECTIONS)
def test_values_in_translated_statements_find_no_other_rows(people, value):
    text = quoted(value)
    assert people.rows(f"SELECT x FROM t WHERE NVL(x, '') = {text}") == []
    assert people.rows(f"SELECT NVL(NULL, {text}), LEN({text})") == [[value, str(len(value))]]
    people.sql(f"DELETE FROM t WHERE NVL(x, 'none') = {text}")
    assert people.value("SELECT count(*) FROM t") == "3"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(alphabet="ab'\"\\$;-/*\n\t{}#:%_Ee()", max_size=20))
def test_any_text_survives_the_translation(bench, value):
    assert bench.value(f"SELECT NVL(NULL, {quoted(value)})") == value


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r"E'a\nb'", "a\nb"),
        (r"E'it\'s'", "it's"),
        ("$$it's \\n$$", "it's \\n"),
        ("$q$a $$ b$q$", "a $$ b"),
    ],
)
def test_texts_of_other_forms(bench, literal, value):
    assert bench.value(f"SELECT NVL(NULL, {literal})") == value


@pytest.mark.parametrize("pattern", [r"\d+", r"\\d+", "[0-9]+"])
def test_patterns_may_be_escaped_as_redshift_needs_it(bench, pattern):
    assert bench.value(f"SELECT REGEXP_SUBSTR('ab12', '{pattern}')") == "12"


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        (r"'a_c' LIKE 'a\_c'", "true"),
        (r"'abc' LIKE 'a\_c'", "false"),
        (r"'a_c' LIKE 'a\\_c'", "true"),
        (r"'A%' ILIKE 'a\%'", "true"),
        (r"'Ab' NOT ILIKE 'a\%'", "true"),
        (r"'a_c' LIKE 'a^_c' ESCAPE '^'", "true"),
        (r"'a\c' LIKE 'a\c'", "false"),
        (r"'ac' LIKE 'a\c'", "true"),
        ("'abc' SIMILAR TO 'a%'", "true"),
        ("'abc' NOT SIMILAR TO 'a%'", "false"),
        ("'abc' SIMILAR TO 'a'", "false"),
        ("'abc' SIMILAR TO '(a|b)__'", "true"),
        ("'ab.c' SIMILAR TO '%.c'", "true"),
        ("'ab-c' SIMILAR TO '%.c'", "false"),
        ("'abc' SIMILAR TO 'a.*'", "true"),
        ("'a_' SIMILAR TO 'a[_%]'", "true"),
        ("SUBSTRING('foobar' FROM 'o.b')", "oob"),
        ("SUBSTRING('foobar' FROM 'o(.)b')", "o"),
        ("SUBSTRING('foobar' FROM 'z')", None),
        ("SUBSTRING('foobar' FROM 2 FOR 3)", "oob"),
    ],
)
def test_patterns_mean_what_they_mean_in_redshift(bench, condition, value):
    assert bench.value(f"SELECT {condition}") == value
    assert bench.rows(f"SELECT {condition}, NVL(1, 2)") == [[value, "1"]]
    assert bench.rows(f"SELECT ' LIKE ''a\\_b''', {condition} -- x LIKE 'a\\_b'") == [
        [" LIKE 'a\\_b'", value]
    ]


def test_an_error_behind_a_pattern_is_shown_where_it_is(bench):
    with pytest.raises(Exception, match="nosuch") as caught:
        bench.sql("SELECT 1 WHERE 'a' LIKE '\\_%'\nAND nosuch = 1")
    assert (caught.value.line, caught.value.column) == (2, 5)
