"""Ambiguous names in ORDER BY, OVERLAPS, variances, collations: what PostgreSQL 15 answers."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb


@pytest.fixture(scope="module", params=["redshift", "postgres"])
def database(request):
    warehouse = open_duckdb(":memory:", request.param)
    rows(warehouse, "create table t (id int, n int); insert into t values (2, 1), (1, 2)")
    rows(warehouse, "create table u (id int, n int); insert into u values (1, 3), (2, 4)")
    yield warehouse
    warehouse.close()


def rows(warehouse, sql):
    return warehouse.preview(sql, 100, CancelToken(), ignore_log).rows


@pytest.mark.parametrize(
    "query",
    [
        "select id::varchar, id from t order by id",
        "select id + 1 as id, id from t order by id",
        "select t.id, u.id from t join u on t.id = u.id order by id",
        "select count(*), count(id) from t order by count",
        "select *, n as id from t order by id",
        "select a.*, b.* from t a join t b using (id) order by id",
        "select n from (select id, n, n as id from t order by id) x",
    ],
)
def test_a_name_that_several_columns_have_is_no_order(database, query):
    with pytest.raises(WarehouseError, match=r'ORDER BY "(id|count)" is ambiguous') as caught:
        rows(database, query)
    assert caught.value.column == query.index("order by") + len("order by ") + 1


@pytest.mark.parametrize(
    "query",
    [
        "select t.id, id from t order by id",
        "select id, id from t order by id",
        "select *, id from t order by id",
        "select max(id) as id, n as m from t group by n order by id",
    ],
)
def test_the_same_column_twice_is_one(database, query):
    assert [row[0] for row in rows(database, query)] == ["1", "2"]


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ("'2024-01-01', '2024-02-01'", "'2024-01-15', '2024-03-01'", "true"),
        ("'2024-01-01', '2024-02-01'", "'2024-02-01', '2024-03-01'", "false"),
        ("'2024-03-01', '2024-02-01'", "'2024-02-10', '2024-02-11'", "true"),
        ("'2024-01-01', '2024-01-01'", "'2024-01-01', '2024-01-01'", "true"),
        ("null, '2024-02-01'", "'2024-01-15', '2024-02-16'", "true"),
        ("'2024-01-01', null", "'2024-01-01', '2024-02-16'", None),
        ("null, null", "'2024-02-01', null", None),
    ],
)
def test_spans_overlap(database, first, second, wanted):
    spans = [s.replace("'2", "date '2").replace("null", "null::date") for s in (first, second)]
    for one, other in (spans, reversed(spans)):
        assert rows(database, f"select ({one}) overlaps ({other})") == [[wanted]]


def test_a_span_may_end_with_how_long_it_takes(database):
    span = "(date '2024-01-01', interval '10 days')"
    assert rows(
        database,
        f"select {span} overlaps (date '2024-01-10', date '2024-01-20') as a, "
        f"{span} overlaps (date '2024-01-11', date '2024-01-20'), "
        f"case when not {span} overlaps {span} then 1 else 0 end",
    ) == [["true", "false", "0"]]
    with pytest.raises(WarehouseError, match="OVERLAPS needs two values on each side"):
        rows(database, f"select {span} overlaps (1, 2, 3)")


#: The regression suite of PostgreSQL has these numbers in window.sql and aggregates.sql.
NUMBERS = "(values (600), (470), (170), (430), (300)) v(n)"


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("var_pop(n)", "21704"),
        ("var_samp(n)", "27130"),
        ("stddev_pop(n)", "147.322774885623"),
        ("stddev(n::numeric(8, 2))", "164.711869639076"),
        ("variance(distinct n % 100)", "1233.3333333333333"),
        ("variance(n) filter (where n > 400)", "7900"),
        ("stddev(n::numeric(8, 2) * 1e9)", "164711869639.0761"),
        ("round(stddev(n), 2)", "164.71"),
        ("var_samp(n) filter (where n > 500)", None),
        ("var_pop(n) filter (where n > 500)", "0"),
    ],
)
def test_spreads_of_integers_and_decimals_are_exact(expression, wanted):
    warehouse = open_duckdb(":memory:", "postgres")
    assert rows(warehouse, f"select {expression} from {NUMBERS}") == [[wanted]]
    warehouse.close()


def test_spreads_of_windows_are_exact():
    warehouse = open_duckdb(":memory:", "postgres")
    found = rows(
        warehouse,
        "select var_pop(n) over (order by n rows between 1 preceding and current row) "
        f"from {NUMBERS} order by n",
    )
    warehouse.close()
    assert found == [["0"], ["4225"], ["4225"], ["400"], ["4225"]]


@pytest.mark.parametrize(
    "statement",
    [
        "create table c (a varchar(5) collate nocase)",
        "alter table t add column a varchar(5) collate de",
    ],
)
def test_collations_of_duckdb_are_refused(database, statement):
    with pytest.raises(WarehouseError, match="collation"):
        rows(database, statement)


@pytest.mark.parametrize("kind", ["time(0)", "timestamptz(3)", "timestamp(3) with time zone"])
def test_a_column_that_would_not_round_seconds_is_refused(database, kind):
    with pytest.raises(WarehouseError, match="the digits behind the seconds would be kept"):
        rows(database, f"create table c (a {kind})")


def test_procedures_are_refused(database):
    with pytest.raises(WarehouseError, match="stored procedures can't be run here"):
        rows(database, "call refresh(1)")
