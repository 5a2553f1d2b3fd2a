"""Pages of large tables: in any order, under filters that change while it is searched."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from civis_nb.errors import OperationCancelledError
from civis_nb.widgets.query import ALL, Query, TextCondition
from civis_nb.widgets.table import TableView
from civis_nb.widgets.text_match import pattern
from tests.widgets.rows_of_all_kinds import DATA, PIECES, ROWS

#: So many rows that no page is found by sorting all of them.
MANY = 110_000


@pytest.fixture(scope="module")
def many() -> Any:
    at = np.random.default_rng(3).integers(0, ROWS, MANY)
    data = DATA.take(at).append_column("same", pa.array(np.zeros(MANY, dtype=np.int8)))
    data = data.append_column("wide", data["d"].cast(pa.decimal256(60, 2)))
    data = data.append_column("tick", pa.array(at * 10**9 + at % 3).cast(pa.timestamp("ns")))
    view = TableView(data)
    yield view, data.append_column("i", pa.array(np.arange(MANY)))
    view.close()


#: Each column, and several; those that show the rule are tried always.
SHORT = [((3,), False), ((12,), False), ((4, 0), True), ((10, 4), False)]
LONG = [((n,), n % 2 == 0) for n in range(13)] + [((7, 3, 5), False), ((3, 11), True)]


@pytest.mark.parametrize(
    ("columns", "filtered"),
    [*SHORT, *(pytest.param(*one, marks=pytest.mark.exhaustive) for one in LONG)],
)
def test_pages_anywhere_in_an_order_are_those_of_sql(many, columns, filtered):
    view, data = many
    # The database has no decimals of so many digits.
    data = data.set_column(11, "wide", data["d"])
    sort = [{"column": one, "descending": (one + at) % 2 == 0} for at, one in enumerate(columns)]
    order = ", ".join(
        f"{data.column_names[one['column']]} {'desc' if one['descending'] else ''} nulls last"
        for one in sort
    )
    filters, where = [], "true"
    if filtered:
        filters = [{"column": 4, "kind": "text", "op": "lacks", "value": "A"}]
        where = "t is null or t <> 'a'"
    with duckdb.connect() as connection:
        connection.register("data", data)
        expected = connection.sql(
            f"select i from data where {where} order by {order}, i"
        ).fetchnumpy()["i"]
    query = Query.parse(filters, sort, view.fields)
    for start in (0, 7, 40_003, len(expected) // 2, len(expected) - 60):
        found = view._engine.page(query, start, 100, [1])
        assert found["big"].equals(data["big"].take(expected[start : start + 100]))
    assert view._engine.count(query) == len(expected)


def test_each_filter_more_looks_at_the_rows_that_are_left(many):
    view, data = many
    asked: list[dict[str, Any]] = []
    left = np.ones(MANY, dtype=bool)
    texts = np.array([text or "" for text in data["t"].to_pylist()])
    numbers = data["n"].fill_null(-99).to_numpy()
    for one, holds in (
        ({"column": 0, "kind": "range", "low": "-20", "high": None}, numbers >= -20),
        (
            {"column": 4, "kind": "text", "op": "contains", "value": "B"},
            np.char.lower(texts) == "b",
        ),
        ({"column": 0, "kind": "range", "low": None, "high": "20"}, numbers <= 20),
    ):
        asked = [*asked, one]
        left &= holds
        answer, _ = view.answer("rows", {"filters": asked, "start": 5, "count": 1, "columns": [1]})
        assert answer["matched"] == left.sum()
        expected = data["big"][int(np.flatnonzero(left)[5])].as_py()
        assert answer["cells"] == [[None if expected is None else str(expected)]]


def test_text_filters_find_all_letters_that_sql_takes_for_one():
    with duckdb.connect() as connection:
        letters = pa.table({"c": [chr(n) for n in range(1, 0x110000) if not 0xD800 <= n < 0xE000]})
        connection.register("letters", letters)
        groups = connection.sql(
            "select lower(c), list(c) from letters group by 1 having count(*) > 1 or any_value(c) "
            "in ('.', '[', '^', '\\', ' ', '-', chr(10))"
        ).fetchall()
    assert len(groups) > 1000
    view = TableView(pa.table({"c": [one for _, same in groups for one in same]}))
    for lower, same in [*groups[:: len(groups) // 9], *(g for g in groups if len(g[1]) > 2)]:
        for letter in same:
            view.filters = [{"column": 0, "kind": "text", "op": "equals", "value": letter}]
            assert sorted(view.to_arrow()["c"].to_pylist()) == sorted(same), lower
    for lower, same in groups:
        for letter in same:
            condition = TextCondition(0, "equals", letter, False)
            assert all(re.fullmatch(pattern(condition)[2:-2], one) for one in same), (lower, same)


@pytest.mark.parametrize(
    "asked",
    [
        {"filters": [{"column": 4, "kind": "text", "op": "contains", "value": "b"}]},
        {"filters": [{"column": 0, "kind": "range", "low": "7"}]},
        {"sort": [{"column": 3, "descending": False}]},
    ],
    ids=["text", "range", "order"],
)
def test_another_query_ends_the_search_for_one_that_is_outdated(asked):
    view = TableView(PIECES)
    engine = view._engine
    query = Query.parse(asked.get("filters", []), asked.get("sort", []), view.fields)
    whole = engine.page(query, 0, ROWS, [0])
    [search] = [*engine._orders.values()] or [*engine._filters.values()]
    engine.page(ALL, 0, 1, [0])
    assert not search.token.cancelled, "what was found is kept"
    with search._lock:  # as it is while a search goes on
        engine.page(ALL, 0, 1, [0])
    assert search.token.cancelled
    search._matches, search._ranges = None, OrderedDict()
    with pytest.raises(OperationCancelledError):
        search.numbers(0, 1) if query.sorts else search.matches()
    assert engine.page(query, 0, ROWS, [0]).equals(whole), "it can be asked for again"
    view.close()
