"""Quotients, means, products and powers of decimals: every digit of them."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.dialects.types.decimals import quotient_of
from civis_nb.local.warehouse.duckdb.attempts import Attempts
from civis_nb.local.warehouse.duckdb.statement import parse_script
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb

TABLE = """create table d (a numeric(10,2), b numeric(10,2), c numeric(18,4), i int, g bigint);
insert into d values (10.00, 3.00, 7.1234, 7, 9007199254740993), (2.50, 0.70, 0.0003, 3,
12345678901234567), (-1.25, 99999999.99, -12345678901234.5678, -2, 3), (null, 1, 1, null, null)"""


def opened(dialect):
    warehouse = open_duckdb(":memory:", dialect)
    rows(warehouse, TABLE)
    yield warehouse
    warehouse.close()


@pytest.fixture(scope="module")
def postgres():
    yield from opened("postgres")


@pytest.fixture(scope="module")
def redshift():
    yield from opened("redshift")


def rows(warehouse, sql):
    return warehouse.preview(sql, 100, CancelToken(), ignore_log).rows


#: The answers of PostgreSQL 15, without the zeros at their ends.
POSTGRES = [
    ("1.0/3, 100.0/3, -2.0/3, 1/30000.0",
     ["0.33333333333333333333", "33.3333333333333333", "-0.66666666666666666667",
      "0.000033333333333333333333"]),
    ("1.5/1.2, 9999.0/3, 10000.0/3, 0.00012/7.7",
     ["1.25", "3333", "3333.3333333333333333", "0.000015584415584415584416"]),
    ("10.0/3/3, 10.0/(3.0/7), (10.0/3)*(3.0/10)",
     ["1.1111111111111111", "23.33333333333333333326", "0.99999999999999999"]),
    ("avg(g), avg(a), avg(i) from d", ["7117626051991854.3333", "3.75", "2.6666666666666667"]),
    ("avg(c), sum(c)/sum(b) from d", ["-3086419725306.611", "-123456.783222141308"]),
    ("sum(i)/count(*), round(100.0*sum(i)/count(*), 1) from d", ["2", "200.0"]),
    ("sqrt(2.0), power(1.05, 10), 2.0 ^ 0.5, |/ 16",
     ["1.414213562373095", "1.6288946267774414", "1.414213562373095", "4"]),
    ("ln(0.99949452), log(0.99923, 4.58934e34), log(2, 64), exp(1.0), exp(-3.5), log(3.7)",
     ["-0.00050560779808326467", "-103611.55579544132", "6", "2.7182818284590452",
      "0.0301973834223185", "0.568201724066995"]),
    ("(10.0/4)::text, 'x' || 10.0/4, concat(7/2.0)",
     ["2.5000000000000000", "x2.5000000000000000", "3.5000000000000000"]),
    ("null/2.0, 0/3.0, sqrt(null::numeric), power(5.0, 0), power(2, 10)",
     [None, "0", None, "1", "1024"]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "answer"), POSTGRES)
def test_postgresql_gives_as_many_digits_as_count(postgres, sql, answer):
    assert rows(postgres, f"select {sql}") == [answer]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("g/7.0 from d", "more than 14 digits before its point"),
        ("0.0000000001/3000000", "so small that the 24 digits"),
        ("power(10.0, 30)", "more than 18 digits before its point"),
        ("1/0.0", "division by zero"),
        ("sqrt(-1.0)", "square root of a negative number"),
        ("power(-8.0, 0.5)", "complex result"),
    ],
)
def test_what_can_not_be_exact_is_an_error(postgres, sql, message):
    with pytest.raises(WarehouseError, match=message) as caught:
        rows(postgres, f"select {sql}")
    assert "ValueError" not in str(caught.value)


#: Type of the dividend, of the divisor -> the scale by Redshift's documents.
SCALES = [
    ("DECIMAL(8,2)", "DECIMAL(8,2)", 9),
    ("DECIMAL(19,2)", "DECIMAL(38,19)", 4),
    ("BIGINT", "BIGINT", 19),
    ("DECIMAL(38,2)", "BIGINT", 4),
    ("INTEGER", "DECIMAL(2,1)", 4),
    ("DECIMAL(10,2)", "MEAN", 2),
]


@pytest.mark.parametrize(("one", "two", "scale"), SCALES)
def test_redshifts_scale_follows_from_the_types(one, two, scale):
    assert quotient_of(one, two).scale == scale


REDSHIFT = [
    ("a/b, i/a, a/i, g/7.0 from d where i = 7",
     ["3.33333333333", "0.700000000", "1.4285714285714", "1286742750677284.7143"]),
    ("avg(a), avg(c), avg(i), avg(g), sum(a)/count(*) from d",
     ["3.75", "-3086419725306.6110", "2", "7117626051991854", "2.8125"]),
    ("-7/2.0, 2/3.0, -2/3.0, null/2.5, 0/2.5", ["-3.5000", "0.6667", "-0.6667", None, "0.0000"]),
    ("a/b/c, a/(b/c) from d where i = 7", ["0.4679413", "23.7446666666667"]),
    ("7/2, 7/2::float, sqrt(2.0)", ["3", "3.5", "1.4142135623730951"]),
]  # fmt: skip


def test_a_sum_of_large_integers_has_all_digits_on_redshift(redshift):
    preview = redshift.preview("select sum(g), sum(g) / 7 from d", 1, CancelToken(), ignore_log)
    assert preview.column_types == ("DECIMAL(38,0)", "DECIMAL(38,4)")
    assert preview.rows == [["21352878155975563", "3050411165139366.1429"]]


@pytest.mark.parametrize(("sql", "answer"), REDSHIFT)
def test_redshift_computes_each_digit(redshift, sql, answer):
    assert rows(redshift, f"select {sql}") == [answer]


@pytest.mark.parametrize("dialect", ["redshift", "postgres"])
@pytest.mark.parametrize(
    "sql",
    [
        "select a/b from d group by a/b order by a/b desc",
        "select i/2*2.0 from d group by i/2 having max(a)/3.0 > 0 order by max(a)/3.0",
        "with q as (select avg(a)/3.0 as r from d) select r/2, r*r from q where r > 0.5",
        "select x.r, y.r from (select a/b as r from d) x, (select a/b as r from "
        "(select c as a, i as b from d) q) y",
        "select avg(a) over (order by i rows unbounded preceding) / 2 from d",
        "explain select a/b from d",
    ],
)
def test_quotients_stand_wherever_an_expression_can(request, dialect, sql):
    assert rows(request.getfixturevalue(dialect), sql)


def test_a_transaction_goes_on_behind_a_quotient(redshift):
    sql = "begin; create table r as select a/b as r from d; insert into r select avg(a) from d; "
    assert rows(redshift, sql + "update r set r = r / 2.0; commit; select count(*) from r") == [
        ["5"]
    ]


def test_the_types_of_many_quotients_are_found_at_once(redshift):
    sql = "select a/b, avg(a), avg(b), sum(a)/sum(b)/3.0, avg(c)/7 from d group by a/b"
    with redshift.engine(CancelToken(), ignore_log) as engine:
        (statement,) = parse_script(engine.cursor, sql, "redshift", ignore_log, ())
        texts = []
        for attempt in Attempts(statement, CancelToken(), (), cursor=engine.cursor):
            with attempt as candidate:
                texts.append(candidate.text)
                engine.cursor.execute(candidate.text)
    assert len(texts) == 2


def test_a_view_of_a_quotient_is_refused_when_its_types_have_changed(redshift):
    rows(redshift, "create table p (x numeric(10,2)); insert into p values (1.25); "
                   "create view h as select x/2 as half from p")  # fmt: skip
    assert rows(redshift, "select half from h") == [["0.6250000000000"]]
    rows(redshift, "alter table p alter column x type numeric(12,4)")
    with pytest.raises(WarehouseError, match="create the view again"):
        rows(redshift, "select half from h")
