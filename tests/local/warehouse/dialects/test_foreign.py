"""Forms of DuckDB alone, and queries in FROM that name their neighbours."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb


@pytest.fixture(scope="module", params=["redshift", "postgres"])
def database(request):
    warehouse = open_duckdb(":memory:", request.param)
    rows(warehouse, "create table t (a int, b text); insert into t values (1, 'x'), (2, 'y')")
    yield warehouse
    warehouse.close()


def rows(warehouse, sql):
    return warehouse.preview(sql, 100, CancelToken(), ignore_log).rows


FOREIGN = [
    ("select [1, 2]", r"a list \[…\]"),
    ("select a, [a, 1] from t", r"a list \[…\]"),
    ("select {'a': 1}", "a struct"),
    ("select * replace (a + 1 as a) from t", r"\* REPLACE"),
    ("select columns('a') from t", "COLUMNS"),
    ("from t", "FROM"),
    ("select * from (from t) u", "FROM without SELECT"),
    ("summarize t", "SUMMARIZE"),
    ("describe t", "DESCRIBE"),
    ("pivot t on b using sum(a)", "PIVOT"),
    ("select * from t asof join t u on t.a >= u.a", "ASOF JOIN"),
    ("select * from t positional join t u", "POSITIONAL JOIN"),
    ("select * from t anti join t u using (a)", "ANTI JOIN"),
    ("select 5 // 2", "operator //"),
    ("select a ** 2 from t", r"operator \*\*"),
    ("select list_transform(array[1, 2], lambda x: x + 1)", "LAMBDA"),
    ("select array_agg(lambda x, i: x + i) from t", "LAMBDA"),
    ("select * from t asof left join t u on t.a >= u.a", "ASOF JOIN"),
    ("select * from t union by name select * from t", "UNION BY NAME"),
    ("insert into t by name select 1 as a", "INSERT … BY NAME"),
    ("select a from t limit 10%", "LIMIT of a percentage"),
    ("select a from t using sample 1", "USING SAMPLE"),
    ("select a from t tablesample reservoir(1)", "TABLESAMPLE"),
    ("select * rename (a as c) from t", r"\* RENAME"),
    ("select * like 'a' from t", r"\* LIKE"),
    ("select interval 3 day", "INTERVAL without quotes"),
    ("select interval (a) day from t", "INTERVAL without quotes"),
    ("select date '2024-01-01' + 3 day", "a number of DAY without quotes"),
    ("select a == 1 from t", "the operator =="),
    ("select b glob 'x*' from t", "GLOB"),
    ("select * from (pivot t on b using sum(a))", "PIVOT"),
    ("select * from (unpivot t on a)", "UNPIVOT"),
    ("set variable x = 3", "SET VARIABLE"),
    ("reset variable x", "RESET VARIABLE"),
    ("create macro f(a) as a + 1", "CREATE MACRO"),
    ("create or replace temp macro f(a) as a + 1", "CREATE MACRO"),
    ("create function f(a) as a + 1", "CREATE FUNCTION without RETURNS"),
]


@pytest.mark.parametrize(("sql", "form"), FOREIGN)
def test_a_form_of_duckdb_is_refused_by_name(database, sql, form):
    server = "Redshift" if database.dialect == "redshift" else "PostgreSQL"
    with pytest.raises(WarehouseError, match=f"{form}.* is not supported by {server}: ") as caught:
        rows(database, sql)
    assert caught.value.line == 1


@pytest.mark.parametrize(
    ("call", "function"),
    [
        ("list_sum(array[1, 2])", "list_sum"),
        ("struct_pack(a := 1)", "struct_pack"),
        ("\"year\"(date '2024-01-01')", "year"),
        ("\"YEAR\"(date '2024-01-01')", "year"),
        ("main.year(date '2024-01-01')", "main.year"),
        ("system.main.lower('A')", "system.main.lower"),
        ("t.b.upper()", "t.b.upper"),
    ],
)
def test_a_function_of_duckdb_is_refused_however_it_is_named(database, call, function):
    server = "Redshift" if database.dialect == "redshift" else "PostgreSQL"
    wanted = f"function {function} does not exist in {server}"
    with pytest.raises(WarehouseError, match=wanted) as caught:
        rows(database, f"select\n{call} from t")
    assert (caught.value.line, caught.value.column) == (2, 1)


@pytest.mark.parametrize("value", ["('A')", "'A'", "upper('A')", "(array['A'])[1]"])
def test_a_value_has_no_methods(database, value):
    with pytest.raises(WarehouseError, match='syntax error at or near "\\("'):
        rows(database, f"select {value}.lower()")


def test_what_redshift_has_of_them_works_there(database):
    sql = [
        "select a from t qualify row_number() over (partition by a order by a) = 1",
        "select * from (select a, b from t) s unpivot (v for k in (a))",
        "select b, count(*) from t group by all order by 1",
        "select * exclude (a) from t",
        "select try_cast(b as int) from t",
    ]
    for one in sql:
        if database.dialect == "redshift":
            assert len(rows(database, one)) == 2
        else:
            with pytest.raises(WarehouseError, match="is not supported by PostgreSQL"):
                rows(database, one)


@pytest.mark.parametrize(
    "sql",
    [
        "select (array[1, 2])[1], array[array[1], array[2]] from t",
        "select extract(year from date '2024-01-01'), trim(from ' x ')",
        "select 2 * replace('1', '1', '2')::int",
        "select * from t x join (select a, count(*) from t group by a) y on x.a = y.a",
        "select * from t x join (select x.a from t x) y on x.a = y.a",
        "select (select sum(q.z) from (select t.a as z) q) from t",
        "with w as (select 1 as a) select * from w, (select w.a from w) x",
        "select count(*) from t where a is distinct from 1",
    ],
)  # fmt: skip
def test_what_both_have_is_not_taken_for_them(database, sql):
    assert rows(database, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from t, (select t.a) s",
        "select * from t x join (select x.a + 1 as z) s on true",
        "select * from (select 1 as n) q, (select a from t where a > q.n) s",
    ],
)
def test_a_query_in_from_can_not_name_the_table_before_it(database, sql):
    with pytest.raises(WarehouseError, match="invalid reference to FROM-clause entry"):
        rows(database, sql)


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("with list_x (a) as (select 7) select a from list_x", "7"),
        ("with q as (select 2), map (a) as (select 7) select a from map", "7"),
        ("with family (a) as (select 7) select a from family", "7"),
        ("select a from (values (7)) list_v(a)", "7"),
        ("create table map (list int primary key); insert into map (list) values (7); "
         "create table list_b (list int references map (list)); select list from map", "7"),
        ("create view list_v (a) as select 7; select list_v.a from list_v", "7"),
        ("create function list_sizes(int) returns int stable as $$ select $1 + 6 $$ language sql; "
         "select list_sizes(1)", "7"),
        ("create function list_sum(int) returns int stable as $$ select $1 + 6 $$ language sql; "
         "select list_sum(1)", "7"),
        ("create schema own; "
         "create function own.list_first(int) returns int stable as $$ select 7 $$ language sql; "
         "select own.list_first(1)", "7"),
        ("select a from (values (7, 2)) list (a, b)", "7"),
        ("create table l (lambda int); insert into l (lambda) values (7); "
         "select lambda from l where l.lambda = 7 order by lambda", "7"),
        ("select lambda as l, mu m from (select 7 as lambda, 8 as mu) q", "7"),
        ("select q.values[1], q.values from (select array[7] as values) q", "7"),
        ("select values[1] from (select array[7] as values) q", "7"),
        ("with anti as (select 7 as a), semi as (select 7 as a) "
         "select semi.a from semi join anti on semi.a = anti.a", "7"),
        ("with anti as (select 7 as a) select x.a from anti left join anti x on true", "7"),
        ("create schema t; create table t.i as select 7 as n; "
         "select i.n from t, (select * from t.i) i where a = 1", "7"),
    ],
)  # fmt: skip
def test_names_of_users_are_not_taken_for_them(database, sql, answer):
    assert rows(database, sql)[0][0] == answer


def test_lateral_lets_a_query_in_from_name_the_table_before_it(database):
    sql = "select q.z from t, lateral (select t.a + 1 as z) q order by 1"
    assert rows(database, sql) == [["2"], ["3"]]
    assert rows(database, sql.replace(", lateral", " cross join lateral")) == [["2"], ["3"]]


def test_the_user_is_that_of_the_platform(database):
    assert rows(database, "select user, current_user, session_user") == [["local"] * 3]


@pytest.mark.parametrize(
    ("sql", "message", "column"),
    [
        ("select * from t join t u", "JOIN needs ON or USING", 25),
        ("select * from t left join t u where t.a = 1", "JOIN needs ON or USING", 31),
        ("select * from (t join t u) cross join t v", "JOIN needs ON or USING", 26),
        ("select a, from t", 'near "from": a list does not end with a comma', 11),
        ("select a from t where a in (1,)", 'near "\\)": a list does not', 31),
        ("select a from t where a in ()", "IN needs a value", 29),
        ("select a from t limit 1, 2", "write LIMIT 2 OFFSET 1", 24),
        ("select count(*) filter (a = 1) from t", "FILTER \\(WHERE", 25),
        ("select 'x' in b from t", "IN needs a list or a query in brackets", 15),
        ("select a from t where a not in b", "IN needs a list or a query in brackets", 32),
        ("select 5! from t", "operator does not exist: !: write NOT", 9),
        ("select !a from t", "operator does not exist: !: write NOT", 8),
        ("select #1 from t", 'near "#": write the column', 8),
        ("select a as 'x' from t", "write the name in double quotes", 13),
        ("select * from values (1) v(a)", "write \\(VALUES …\\) AS name", 15),
        ("select current_date() from t", "write CURRENT_DATE without brackets", 20),
        ("select count(distinct a, b) from t", "COUNT takes one argument, not 2", 8),
        ("select count() from t", "COUNT takes one argument, not 0", 8),
        ("select avg() from t", "AVG takes one argument, not 0", 8),
        ("select a + sum() over () from t", "SUM takes one argument, not 0", 12),
        ("select listagg() within group (order by a) from t", "LISTAGG takes 1 or 2 arguments", 8),
        ("select json_extract_path_text() from t", "takes a document and the keys", 8),
    ],
)
def test_a_mistake_that_duckdb_lets_pass_is_one(database, sql, message, column):
    with pytest.raises(WarehouseError, match=message) as caught:
        rows(database, sql)
    assert caught.value.column == column


@pytest.mark.parametrize(
    "sql",
    [
        "select * from (t join t u on true) join t v on v.a = u.a",
        "select * from t join t u join t v on u.a = v.a on t.a = u.a",
        "select count(*) from t cross join (values (1)) u natural left outer join (values (1)) v",
        "select a as day, a as hour, a as qualify from t",
        "select day, year.x from (values (1)) d(day), (values (2)) year(x)",
        "select extract(day from date '2024-01-01'), interval '3' day, interval '3 days'",
        "select count(*) filter (where a = 1) from t limit 1 offset 0",
        "update t set b = u.b from t u join t v on u.a = v.a where t.a = u.a",
        "select position('x' in b), trim('x' from b) from t where a != 1 and a not in (5, 6)",
        "with count (a, b) as (select 1, 2) select a, b from count",
        "select count(*), count(a), count(distinct a), count(distinct b || a) from t",
        "insert into t (a, b) values (3, 'z'); delete from t where a in (select 3)",
        "select a as \"x\", current_date as d, cast('2024-01-05' as date) as day from t",
        "create or replace view w as select a from t where b in ('x')",
    ],
)
def test_what_looks_like_such_a_mistake_is_none(database, sql):
    rows(database, sql)


FUNCTIONS = [
    "ifnull(null, 1)", "strftime(date '2024-01-01', '%Y')", "year(date '2024-01-01')",
    "epoch_ms(timestamp '2024-01-01')", "if(true, 1, 2)", "regexp_extract('abc', 'b')",
    "string_split('a,b', ',')", "hash('a')", "today()", "json_extract('[1]', '$[0]')",
    "add(1, 2)", "try('x'::int)",
]  # fmt: skip


@pytest.mark.parametrize("call", FUNCTIONS)
def test_a_function_of_duckdb_is_refused_by_name(database, call):
    server = "Redshift" if database.dialect == "redshift" else "PostgreSQL"
    name = call.partition("(")[0]
    with pytest.raises(
        WarehouseError, match=f"function {name} does not exist in {server}"
    ) as caught:
        rows(database, f"select\n  {call}")
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("select arg_max(a, b) from t", "arg_max"),
        ("select count_if(a = 1) from t", "count_if"),
        ("select b from t group by b having first(a) = 1", "first"),
        ("create view w as select typeof(a) as k from t", "typeof"),
        ("insert into t (b) select printf('%d', a) from t", "printf"),
        ("update t set b = strip_accents(b)", "strip_accents"),
    ],
)
def test_a_function_of_duckdb_is_refused_anywhere(database, sql, name):
    with pytest.raises(WarehouseError, match=f"function {name} does not exist in "):
        rows(database, sql)


@pytest.mark.parametrize(
    "call", ["nvl(1, 2)", "datediff(day, date '2024-01-01', date '2024-01-02')", "len('a')"]
)
def test_a_function_of_redshift_is_none_of_postgresql(database, call):
    if database.dialect == "redshift":
        assert rows(database, f"select {call}") == [["1"]]
    else:
        with pytest.raises(WarehouseError, match="does not exist"):
            rows(database, f"select {call}")


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("create function year(int, int) returns int stable as $$ select $1 + $2 $$ "
         "language sql; select year(3, 4)", "7"),
        ("create table summary (range int); insert into summary (range) values (7); "
         "select range from summary", "7"),
        ("create table day (year int); insert into day (year) select 7; "
         "select day.year from day", "7"),
        ("with stats (hash) as (select 7) select hash from stats", "7"),
        ("select first from (values (7)) hash(first)", "7"),
        ("select first from (select 7) as hash (first)", "7"),
        ("select hash.first from t as hash (first, second) where hash.first = 1", "1"),
        ("create table apply (year int primary key); "
         "create table error (year int references apply (year)); "
         "insert into apply (year) values (7); "
            "insert into error (year) values (7); select year from error", "7"),
    ],
)  # fmt: skip
def test_functions_and_tables_of_users_may_be_named_as_functions_of_duckdb(database, sql, answer):
    assert rows(database, sql)[0][0] == answer
