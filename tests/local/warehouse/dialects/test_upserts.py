"""ON CONFLICT DO UPDATE of rows with the same key: an error in PostgreSQL; DuckDB keeps one."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb


@pytest.fixture
def database():
    warehouse = open_duckdb(":memory:", "postgres")
    rows(warehouse, "create table m (id int, part text, n int, unique (id, part))")
    rows(warehouse, "insert into m values (1, 'x', 10)")
    yield warehouse
    warehouse.close()


def rows(warehouse, sql):
    return warehouse.preview(sql, 100, CancelToken(), ignore_log).rows


UPDATE = "on conflict (id, part) do update set n = excluded.n"


@pytest.mark.parametrize(
    "source",
    [
        "m values (1, 'x', 11), (1, 'x', 12)",
        "m (n, id, part) values (11, '2', 'x'), (12, 2, 'x')",
        "m select 3, 'x', n from generate_series(1, 2) s(n)",
    ],
)
def test_rows_of_the_same_key_are_refused_and_nothing_is_changed(database, source):
    with pytest.raises(WarehouseError, match=r"row a second time: .* same id, part"):
        rows(database, f"insert into {source} {UPDATE}")
    assert rows(database, "select * from m") == [["1", "x", "10"]]


def test_a_query_that_is_inserted_is_run_once(database):
    rows(database, "create sequence s")
    rows(database, f"insert into m select nextval('s'), 'x', 5 from generate_series(1, 3) {UPDATE}")
    rows(database, f"insert into m values (nextval('s'), 'x', 6), (nextval('s'), 'x', 6) {UPDATE}")
    assert rows(database, "select id, n from m order by id") == [
        ["1", "5"], ["2", "5"], ["3", "5"], ["4", "6"], ["5", "6"],
    ]  # fmt: skip
    assert rows(database, "select nextval('s')") == [["6"]]


def test_rows_are_inserted_in_the_order_of_their_query(database):
    rows(database, "create table p (k int primary key, at serial)")
    rows(
        database,
        "insert into p (k) select k from (values (1), (9), (5), (3)) v(k) order by k desc "
        "on conflict (k) do update set k = excluded.k",
    )
    assert rows(database, "select k from p order by at") == [["9"], ["5"], ["3"], ["1"]]


def test_rows_of_other_keys_update(database):
    rows(
        database,
        f"insert into m values (1, 'x', 11), (1, 'y', 12), (1, null, 1), (1, null, 2) {UPDATE}",
    )
    rows(database, "insert into m values (4, 'x', 1), (4, 'x', 2) on conflict do nothing")
    assert rows(database, "select n from m where part is not null order by n") == [
        ["1"], ["11"], ["12"],
    ]  # fmt: skip


def test_only_some_columns_may_be_given(database):
    rows(database, f"insert into m values (1, 'x') {UPDATE}")
    assert rows(database, "select * from m") == [["1", "x", None]]
