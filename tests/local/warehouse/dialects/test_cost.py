"""What a statement costs, counted in calls: times say little on a busy machine."""

from __future__ import annotations

import sys

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.dialects import translate
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb

NATIVE = (
    "select o.id, o.buyer, o.day from public.orders o join public.orders c on o.id = c.id "
    "where o.buyer = 'ann' order by o.day desc, o.buyer, o.id limit 10"
)


def calls_of(work):
    """Return how many functions of Python a call calls."""
    count = 0

    def note(_frame, event, _argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_a_native_statement_takes_few_calls_for_each_token():
    tokens = len(NATIVE.replace(".", " . ").replace(",", " , ").split())
    translate.__wrapped__(NATIVE, "redshift")
    assert calls_of(lambda: translate.__wrapped__(NATIVE, "redshift")) < 5 * tokens


def test_a_statement_of_twice_the_length_takes_twice_the_calls():
    def calls(items):
        sql = "select " + ", ".join(f"sum(a{i}) / 2" for i in range(items)) + " from t"
        return calls_of(lambda: translate.__wrapped__(sql, "redshift"))

    assert calls(100) < 2.2 * calls(50)


@pytest.mark.parametrize(
    "sql", [NATIVE, "select sum(id) / 2, to_char(max(day), 'YYYY') from orders"]
)
def test_a_statement_is_translated_once(sql):
    with_orders = "create table orders (id int, day date, buyer varchar)"
    warehouse = open_duckdb(":memory:", "redshift")
    warehouse.preview(with_orders, 1, CancelToken(), ignore_log)
    warehouse.preview(sql, 1, CancelToken(), ignore_log)
    before = translate.cache_info()
    warehouse.preview(sql, 1, CancelToken(), ignore_log)
    after = translate.cache_info()
    warehouse.close()
    assert after.misses == before.misses
    assert after.hits > before.hits
