"""JSON in columns and out of it: what PostgreSQL 15 answers, and Redshift's documents."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb


@pytest.fixture
def postgres():
    warehouse = open_duckdb(":memory:", "postgres")
    yield warehouse
    warehouse.close()


@pytest.fixture(scope="module")
def reader():
    warehouse = open_duckdb(":memory:", "postgres")
    yield warehouse
    warehouse.close()


def rows(warehouse, sql):
    return warehouse.preview(sql, 100, CancelToken(), ignore_log).rows


def value(warehouse, sql):
    ((found,),) = rows(warehouse, sql)
    return found


WRITTEN = '{"b": 1,   "a": 2, "b": 3}'


@pytest.mark.parametrize(
    "statement",
    [
        "insert into t values (1, '{}')",
        "insert into t (id, d) select 1, '{}'",
        "insert into t (id) values (1); update t set d = '{}'",
        "insert into t values (1, '{{}}'); insert into t values (1, '{}') "
        "on conflict (id) do update set d = excluded.d",
    ],
)
def test_a_column_of_jsonb_has_the_form_of_jsonb(postgres, statement):
    rows(postgres, "create table t (id int primary key, d jsonb)")
    rows(postgres, statement.format(WRITTEN))
    assert value(postgres, "select d from t") == '{"a": 2, "b": 3}'


def test_a_column_that_is_added_and_a_default_are_jsonb_as_well(postgres):
    rows(postgres, f"create table t (id int, d jsonb default '{WRITTEN}')")
    rows(postgres, "alter table t add column e jsonb; insert into t (id) values (1)")
    rows(postgres, f"update t set e = '{WRITTEN}'")
    assert rows(postgres, "select d, e from t") == [['{"a": 2, "b": 3}'] * 2]


def test_equal_jsonb_is_one_group(postgres):
    rows(postgres, "create table t (d jsonb)")
    rows(postgres, f"""insert into t values ('{WRITTEN}'), ('{{"a":2,"b":3}}'), ('[1]')""")
    assert value(postgres, "select count(distinct d) from t") == "2"
    assert rows(postgres, "select count(*) from t group by d order by 1") == [["1"], ["2"]]


def test_a_column_of_json_keeps_the_text(postgres):
    rows(postgres, "create table t (k json, d jsonb); create table u (like t)")
    rows(postgres, f"insert into u values ('{WRITTEN}', '{WRITTEN}')")
    assert rows(postgres, "select * from u") == [[WRITTEN, '{"a": 2, "b": 3}']]
    with pytest.raises(WarehouseError, match="write jsonb"):
        rows(postgres, "alter table t add column k2 json")


@pytest.mark.parametrize("text", ["{bad}", "[1,]", "[NaN]"])
def test_what_is_no_json_is_refused(postgres, text):
    rows(postgres, "create table t (d jsonb)")
    for sql in (f"insert into t values ('{text}')", f"select '{text}'::json"):
        with pytest.raises(WarehouseError, match="invalid input syntax for type json"):
            rows(postgres, sql)


@pytest.mark.parametrize(
    "query",
    [
        "select id from t order by d",
        "select id from t x order by x.d, 1",
        "select id, d from t order by 2",
        "select id, d as id2 from t order by id2",
        "select * from t order by d",
        "select id, d -> 0 as e from t order by d nulls last, e",
        "select max(id), d from t group by d order by d",
        "select id from t order by jsonb_build_array(d)",
        "with w as (select * from t) select id from w order by d limit 99",
    ],
)
def test_rows_are_sorted_by_the_values_of_jsonb(postgres, query):
    rows(
        postgres,
        """create table t (id int, d jsonb); insert into t values (1, '10'), (2, '9'), (3, '{}'),
        (4, '[1]'), (5, '"z"'), (6, '"Z"'), (7, 'null'), (8, '[]'), (9, 'true'), (0, '-0.5')""",
    )
    found = [row[0] for row in rows(postgres, query)]
    ordered = ["8", "7", "6", "5", "0", "2", "1", "9", "4", "3"]
    if "build" in query:  # in an array, an empty one is larger than what is no array
        ordered = ["7", "6", "5", "0", "2", "1", "9", "8", "4", "3"]
    assert found == ordered


@pytest.mark.parametrize(
    ("query", "column"),
    [("select d from t union select '5'\norder by 1", 10), ("select *, 1 from t\norder by 2", 10)],
)
def test_rows_are_not_sorted_by_the_text_of_json(postgres, query, column):
    rows(postgres, "create table t (id int, d jsonb); insert into t values (1, '10'), (2, '9')")
    with pytest.raises(WarehouseError, match="ORDER BY of JSON is not supported") as caught:
        rows(postgres, query)
    assert (caught.value.line, caught.value.column) == (2, column)


#: Expression -> PostgreSQL's answer.
VALUES = [
    ("""'{"a": 1.50}'::jsonb->'a'""", "1.50"),
    ("""'{"a": 1.50}'::jsonb->>'a'""", "1.50"),
    ("""'{"a": {"b": [1, 2.0]}}'::jsonb->'a'->'b'->>-1""", "2.0"),
    ("""'{"a": {"b":1,"c":[1,2]}}'::jsonb->>'a'""", '{"b": 1, "c": [1, 2]}'),
    ("""'{"x": 12345678901234567890.123456789}'::json->'x'""", "12345678901234567890.123456789"),
    ("""'{"x": 12345678901234567890}'::jsonb->>'x'""", "12345678901234567890"),
    ("""'{"a":[1.0,2.50]}'::jsonb #>> '{a,1}'""", "2.50"),
    ("""jsonb_extract_path_text('{"a":1.50}', 'a')""", "1.50"),
    ("""'{"x": "a \\" 1.50, {"}'::jsonb->'x'""", '"a \\" 1.50, {"'),
    ("""'{"x": "a \\" 1.50, {"}'::jsonb->>'x'""", 'a " 1.50, {'),
    ("""'{"0": 1}'::jsonb->0""", None),
    ("""'{"0": 1.0}'::jsonb->'0'""", "1.0"),
    ("""'{"$a": 1.0}'::jsonb->'$a'""", "1.0"),
    ("""'{"x": null}'::jsonb->>'x'""", None),
    ("""'{"x": 1.50}'::jsonb->>'x' || '!'""", "1.50!"),
    ("""'!' || ('{"x": 1.50}'::jsonb->>'x')""", "!1.50"),
    ("""d->k from (select '{"a": 1.50}'::jsonb as d, 'a' as k) t""", "1.50"),
    ("""d->>n from (select '["a", 1.50]'::jsonb as d, 1 as n) t""", "1.50"),
    ("""value->>'p' from jsonb_array_elements('[{"p": 1.50}]') e(value)""", "1.50"),
    ("""jsonb_array_elements_text('[{"b":1.0}]'::jsonb)""", '{"b": 1.0}'),
    ("""value from jsonb_each('{"a": {"b":1.50}}')""", '{"b": 1.50}'),
]


@pytest.mark.parametrize(("expression", "wanted"), VALUES)
def test_numbers_keep_their_digits_on_the_way_out(reader, expression, wanted):
    assert value(reader, f"select {expression}") == wanted


def test_redshift_takes_numbers_out_of_json_as_they_are_written():
    warehouse = open_duckdb(":memory:", "redshift")
    text = '{"a": 1.50, "b": [2.0], "c": "1.50"}'
    found = rows(
        warehouse,
        f"select json_extract_path_text('{text}', 'a'), json_extract_path_text('{text}', 'c'), "
        f"json_extract_array_element_text(json_extract_path_text('{text}', 'b'), 0)",
    )
    warehouse.close()
    assert found == [["1.50", "1.50", "2.0"]]


@pytest.mark.parametrize(
    ("cast", "refused"),
    [
        ("'5'::json::int", "cannot cast type json to integer"),
        ("cast(json '5' as numeric)", "cannot cast type json to numeric"),
        ("d::int from (values ('\"5\"'::jsonb)) t(d)", "cannot cast jsonb string to type integer"),
        ("d::boolean from (values ('5'::jsonb)) t(d)", "cannot cast jsonb numeric to type boolean"),
    ],
)
def test_json_of_another_kind_is_not_cast(reader, cast, refused):
    with pytest.raises(WarehouseError, match=refused):
        rows(reader, f"select {cast}")


def test_numbers_in_columns_of_jsonb_are_cast(postgres):
    rows(postgres, "create table t (d jsonb); insert into t values ('5.7')")
    assert rows(postgres, "select d::int, d::float8, d::numeric(8, 1) from t") == [
        ["6", "5.7", "5.7"]
    ]


@pytest.mark.parametrize("operator", ["@?", "@@"])
def test_paths_are_refused_by_name(reader, operator):
    with pytest.raises(WarehouseError, match=f"the operator {operator.replace('?', '.')} is not"):
        rows(reader, f"""select '{{"a": 1}}'::jsonb {operator} '$.a'""")


def test_arrays_of_columns_are_joined_where_one_is_null(postgres):
    rows(postgres, "create table t (i int, a int[], b int[]);")
    rows(postgres, "insert into t values (1, '{1,2}', null), (2, null, array[3]), (3, null, null)")
    assert rows(postgres, "select a || b from t order by i") == [["[1,2]"], ["[3]"], [None]]
    assert rows(postgres, "select a || 5, array[1] || null from t where i = 1") == [
        ["[1,2,5]", "[1]"]
    ]
