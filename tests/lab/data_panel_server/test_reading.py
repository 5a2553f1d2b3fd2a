"""What the server part gives the Data panel, from a platform: names, rows, statistics."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

import pytest

from civis_nb.errors import CivisLookupError
from civis_nb.io import query_civis
from civis_nb.lab.data.panel import _outcome
from tests.lab.data_panel_server.conftest import table_of

pytestmark = pytest.mark.exhaustive


def test_names_are_listed_with_their_sql(data, database):
    known = data.databases()
    assert known["default"] == database.id
    assert [one["name"] for one in known["databases"]] == [database.name]
    schemas = {one["name"]: one for one in data.tables(database.id)["schemas"]}
    assert schemas["Empty one"] == {"name": "Empty one", "sql": '"Empty one"', "tables": []}
    [odd, seen] = [one[1:] for one in schemas["mart"]["tables"]]
    assert odd == ['Odd <b>"name', False, '"Odd <b>""name"']
    assert seen == ["seen", True]
    table = table_of(data, database, "mart", 'Odd <b>"name')
    columns = data.columns(database.id, table[0])["columns"]
    assert [(one["name"], one["sql"]) for one in columns[:2]] == [
        ("a b", '"a b"'), ("order", '"order"'),
    ]  # fmt: skip
    assert columns[0]["type"] == "integer"
    assert columns[1]["type"] == "varchar(20)"


def test_first_rows_are_those_of_the_table(data, database):
    table = table_of(data, database, "mart", 'Odd <b>"name')
    bundle = asyncio.run(data.preview(database.id, table[0]))["bundle"]
    record = bundle["application/vnd.civis.table+json"]
    assert [one["name"] for one in record["columns"]] == ["a b", "order", "half", "day", "flag"]
    assert [one["type"] for one in record["columns"][:3]] == ["integer", "varchar(20)", "double"]
    assert [row[:2] for row in record["rows"]] == [
        ["1", "x"], ["2", "x"], ["3", None], ["4", "<i>"],
    ]  # fmt: skip
    assert record["rows_total"] == 4
    assert "<i>" not in bundle["text/html"]


def test_statistics_are_counted_in_the_database(data, database):
    table = table_of(data, database, "mart", 'Odd <b>"name')
    text = asyncio.run(data.profile(database.id, table[0], None))["bundle"]["text/plain"]
    assert 'mart.Odd <b>"name: profile of 4 rows, 5 columns' in text
    lines = {line.split("  ")[0].strip(): line for line in text.splitlines()}
    assert "1 (25%)" in lines["half"]
    assert "varchar(20)" in lines["order"]
    assert "2024-01-02" in lines["day"]
    assert "2025-01-01" in lines["day"]


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        ("half", ["1 (25%)", "3", "0.5", "4.5", "1.5"]),
        ("order", ["1 (25%)", "x (2)", "<i> (1)"]),
        ("flag", ["1 (25%)", "true (2)"]),
    ],
)
def test_one_column_has_its_values(data, database, column, wanted):
    table = table_of(data, database, "mart", 'Odd <b>"name')
    text = asyncio.run(data.profile(database.id, table[0], column))["bundle"]["text/plain"]
    for part in wanted:
        assert part.lower() in text.lower(), text


def test_a_run_that_nobody_waits_for_is_cancelled_while_it_is_started():
    begun, go_on = threading.Event(), threading.Event()
    run = Future()

    def start():
        begun.set()
        assert go_on.wait(60)
        return run

    async def leave():
        waits = asyncio.ensure_future(_outcome(start))
        await asyncio.to_thread(begun.wait, 60)
        waits.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await waits

    asyncio.run(leave())
    assert run.cancelled()


def test_what_is_gone_is_said(data, database):
    with pytest.raises(CivisLookupError, match="refresh the panel"):
        data.columns(database.id, 987654)
    with pytest.raises(CivisLookupError, match="refresh the panel"):
        data.tables(987654)


def test_a_refresh_shows_new_tables(data, database, client):
    data.tables(database.id)
    query_civis("create table mart.newer (a int)", database.id, client=client).result()
    data.databases(fresh=True)
    assert table_of(data, database, "mart", "newer")
    asyncio.run(data.scan(database.id, "mart"))
