"""What a statement costs, counted in calls: times say little on a busy machine."""

from __future__ import annotations

import gc
import sys

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.dialects import translation
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb

NATIVE = (
    "select o.id, o.buyer, o.day from public.orders o join public.orders c on o.id = c.id "
    "where o.buyer = 'ann' order by o.day desc, o.buyer, o.id limit 10"
)


def translate_anew(sql):
    return translation.translate_anew(sql, "redshift")


def calls_of(work):
    """Return how many functions of Python a call calls, when it has filled caches before."""
    work()
    count = 0

    def note(_frame, event, _argument):
        nonlocal count
        count += event == "call"

    # What other tests have left is not to be finalized in between.
    gc.collect()
    gc.disable()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


def test_a_native_statement_takes_few_calls_for_each_token():
    tokens = len(NATIVE.replace(".", " . ").replace(",", " , ").split())
    translate_anew(NATIVE)
    assert calls_of(lambda: translate_anew(NATIVE)) < 5 * tokens


def test_a_statement_of_twice_the_length_takes_twice_the_calls():
    def calls(items):
        sql = "select " + ", ".join(f"sum(a{i}) / 2" for i in range(items)) + " from t"
        return calls_of(lambda: translate_anew(sql))

    assert calls(100) < 2.2 * calls(50)


@pytest.mark.parametrize(
    "sql", [NATIVE, "select sum(id) / 2, to_char(max(day), 'YYYY') from orders"]
)
def test_a_statement_is_translated_once(sql, monkeypatch):
    warehouse = open_duckdb(":memory:", "redshift")
    table = "create table orders (id int, day date, buyer varchar)"
    warehouse.preview(table, 1, CancelToken(), ignore_log)
    warehouse.preview(sql, 1, CancelToken(), ignore_log)
    monkeypatch.setattr(translation, "Tokens", None)  # whoever translates again fails
    warehouse.preview(sql, 1, CancelToken(), ignore_log)
    warehouse.close()


def test_a_long_statement_is_not_kept():
    values = ", ".join(f"({i})" for i in range(10_000))
    sql = f"insert into t values {values}"
    assert translation.translate(sql, "redshift") is not translation.translate(sql, "redshift")
    assert translation.translate(NATIVE, "redshift") is translation.translate(NATIVE, "redshift")


@pytest.mark.parametrize(
    ("dialect", "value", "call"),
    [
        ("postgres", "j::jsonb", "({} -> 'a')"),
        ("postgres", "j::json", "({} -> 'a')"),
        ("redshift", "j", "json_extract_path_text({}, 'a')"),
        ("redshift", "j", "json_extract_array_element_text({}, 0)"),
        ("redshift", "d", "add_months({}, 1)"),
        ("redshift", "d", "last_day({})"),
    ],
)
def test_what_calls_have_in_each_other_is_bound_once(dialect, value, call):
    """A macro writes its argument at each of its places, which macros in macros multiply."""
    warehouse = open_duckdb(":memory:", dialect)
    warehouse.preview("create table t (j varchar, d date)", 1, CancelToken(), ignore_log)

    def plan(depth):
        nested = value
        for _ in range(depth):
            nested = call.format(nested)
        sql = f"explain (format json) select d from t where {nested} is null"
        rows = warehouse.preview(sql, 1000, CancelToken(), ignore_log).rows
        return "".join(line for (line,) in rows)

    assert plan(1) != plan(2)
    assert len(plan(4)) < 3 * len(plan(2))
    warehouse.close()


@pytest.mark.parametrize("kind", ["integer", "numeric", "double precision", "boolean"])
def test_a_cast_of_json_has_it_once(kind):
    warehouse = open_duckdb(":memory:", "postgres")
    warehouse.preview("create table t (j jsonb)", 1, CancelToken(), ignore_log)
    sql = f"explain (format json) select 1 from t where (j -> 'a' -> 'b')::{kind} is null"
    rows = warehouse.preview(sql, 1000, CancelToken(), ignore_log).rows
    assert len(str(rows)) < 200_000
    warehouse.close()


@pytest.mark.parametrize("dialect", ["redshift", "postgres"])
def test_brackets_in_each_other_add_as_much_each(dialect):
    def polynomial(depth):
        text = "a * x + b"
        for _ in range(depth):
            text = f"({text}) * x + b"
        return f"SELECT {text} FROM (SELECT 2::float8 AS a, 1::float8 AS b, 1::float8 AS x) AS t"

    one, two, three = (
        len(translation.translate_anew(polynomial(depth), dialect).sql) for depth in (4, 8, 12)
    )
    assert three - two == two - one
    warehouse = open_duckdb(":memory:", dialect)
    try:
        found = warehouse.preview(polynomial(12), 1, CancelToken(), ignore_log)
    finally:
        warehouse.close()
    assert found.rows == [["15"]]


@pytest.mark.parametrize("dialect", ["redshift", "postgres"])
@pytest.mark.parametrize("quotient", ["1 / (b + {})", "b / nullif(b / nullif({}, 0), 0)"])
def test_denominators_in_each_other_do_not_grow_exponentially(dialect, quotient):
    def fraction(depth):
        text = "a"
        for _ in range(depth):
            text = quotient.format(text)
        return f"SELECT {text} FROM (SELECT 1::float8 AS a, 1::float8 AS b) AS t"

    def size(depth):
        return len(translation.translate_anew(fraction(depth), dialect).sql)

    # With the cube of the depth at most: were each twice the one before, it would be 32 times.
    assert size(10) < 2**3 * size(5)
    warehouse = open_duckdb(":memory:", dialect)
    try:
        found = warehouse.preview(fraction(3), 1, CancelToken(), ignore_log)
    finally:
        warehouse.close()
    assert len(found.rows) == 1
