"""Result tables of a shell: static where nobody watches, elsewhere live views in fixed places."""

from __future__ import annotations

import asyncio
import re
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from IPython.core.interactiveshell import InteractiveShell

from civis_nb import config
from civis_nb.display.tables import ResultTable
from civis_nb.frames.typed import FullResult
from civis_nb.widgets import live_tables
from civis_nb.widgets.live_tables import LiveTables

TABLE = pa.table({"n": list(range(100))})
STATIC = {"text/plain", "text/html", "application/vnd.civis.table+json"}


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(live_tables, "is_watched", lambda: True)
    shell = InteractiveShell.instance()
    parent = {"header": {"msg_id": "1"}, "metadata": {"cellId": "abc"}}
    monkeypatch.setattr(shell, "get_parent", lambda: parent, raising=False)
    tables = LiveTables(shell)
    tables.register()
    yield SimpleNamespace(tables=tables, shell=shell, parent=parent)
    tables.unregister()
    config.reset()
    InteractiveShell.clear_instance()


def shown(tables: Any, *given: ResultTable) -> list[str]:
    """Run a cell that shows tables; give the places of their views."""
    places = []
    for table in given:
        data, _ = tables.shell.display_formatter.format(table)
        assert set(data) == STATIC
        found = re.match(r'<div class="civis-live-(\w+)">', data["text/html"])
        places.append(found.group(1) if found else "")
    tables.tables._cell_ended()
    return places


def anchors(tables: Any) -> list[str]:
    """Return the ids of the HTML whose place views take, the oldest view first."""
    return [view.anchor for view in tables.tables._views.values()]


def run_again(tables: Any) -> None:
    tables.parent["header"] = {"msg_id": tables.parent["header"]["msg_id"] + "1"}


def test_places_differ_in_a_cell_and_are_the_same_when_it_runs_again(tables):
    first = shown(tables, ResultTable(TABLE), ResultTable(TABLE))
    views = dict(tables.tables._views)
    assert anchors(tables) == first
    assert len(set(first)) == 2
    run_again(tables)
    assert shown(tables, ResultTable(TABLE), ResultTable(TABLE)) == first
    # The views of the first run have ended: their data is let go.
    assert all(view.comm is None for view in views.values())
    assert not set(views.values()) & set(tables.tables._views.values())


def test_another_result_in_the_same_place_leaves_copies_of_the_first_alone(tables):
    """A pasted cell has the HTML of the run it was copied from."""
    first = shown(tables, ResultTable(TABLE))
    view = next(iter(tables.tables._views.values()))
    run_again(tables)
    second = shown(tables, ResultTable(pa.table({"n": list(range(100, 200))})))
    assert second != first
    assert anchors(tables) == second
    assert view.comm is None


def test_in_a_kernel_a_view_comes_after_its_cell_and_before_the_next_one(tables, monkeypatch):
    monkeypatch.setattr(live_tables, "_AFTER_S", 3600.0)

    async def a_cell() -> list[str]:
        return shown(tables, ResultTable(TABLE))

    places = asyncio.run(a_cell())
    assert not tables.tables._views
    tables.shell.events.trigger("pre_run_cell", None)
    assert anchors(tables) == places


def test_a_view_comes_by_itself_when_no_other_cell_runs(tables):
    async def a_cell() -> list[str]:
        places = shown(tables, ResultTable(TABLE))
        while not tables.tables._views:
            await asyncio.sleep(0.01)
        return places

    places = asyncio.run(asyncio.wait_for(a_cell(), 60))
    assert anchors(tables) == places


def test_what_is_seen_whole_needs_no_view(tables):
    words = ResultTable([["x"] for _ in range(100)], columns=["setting"])
    few = ResultTable(TABLE.slice(0, 5))
    assert shown(tables, words, few) == ["", ""]
    assert not tables.tables._views


@pytest.mark.parametrize("mode", ["static", "text"])
def test_the_setting_leaves_only_what_stays(tables, mode):
    config.set_value("display", mode)
    data, _ = tables.shell.display_formatter.format(ResultTable(TABLE))
    assert set(data) == (STATIC if mode == "static" else {"text/plain"})
    assert "civis-live" not in str(data)


def test_the_widget_itself_where_it_is_asked_for(tables):
    config.set_value("display", "widget")
    data, _ = tables.shell.display_formatter.format(ResultTable(TABLE))
    assert set(data) == {*STATIC, "application/vnd.jupyter.widget-view+json"}
    assert "civis-live" not in data["text/html"]
    assert data["text/plain"] == ResultTable(TABLE)._repr_mimebundle_()["text/plain"]


def test_nobody_at_the_keyboard_leaves_only_what_stays(tables, monkeypatch):
    monkeypatch.setattr(live_tables, "is_watched", lambda: False)
    assert shown(tables, ResultTable(TABLE)) == [""]


def test_old_views_end_when_all_keep_too_much(tables, monkeypatch):
    monkeypatch.setattr(live_tables, "_MAX_BYTES", int(2.5 * TABLE.nbytes))
    places = []
    for cell in ("a", "b", "c"):
        tables.parent["metadata"]["cellId"] = cell
        places += shown(tables, ResultTable(TABLE))
    assert anchors(tables) == places[1:]


def test_a_preview_shows_its_rows_with_types_and_offers_the_rest(tables):
    def whole():
        return SimpleNamespace(table=TABLE)

    preview = ResultTable(
        [[str(n)] for n in range(100)],
        columns=["n"],
        full=FullResult(
            False, lambda: SimpleNamespace(table=TABLE), lambda: SimpleNamespace(table=TABLE)
        ),
    )
    shown(tables, preview)
    view = next(iter(tables.tables._views.values()))
    assert (view.fields[0].type, view.state["complete"], view.state["can_fetch"]) == (
        "bigint", False, True,
    )  # fmt: skip


@pytest.mark.exhaustive
def test_ten_tables_of_a_million_rows_take_less_than_a_megabyte():
    big = pa.table({f"column_{n}": pa.array(["text of a cell"] * 1_000_000) for n in range(8)})
    for limit in (None, 20_000):
        bundle = ResultTable(big, limit=limit)._repr_mimebundle_()
        assert sum(len(str(value)) for value in bundle.values()) < 100_000
        assert "of 1,000,000 rows" in bundle["text/html"]
    wide = pa.table({f"c{n}": [1] * 30 for n in range(2000)})
    bundle = ResultTable(wide)._repr_mimebundle_()
    assert sum(len(str(value)) for value in bundle.values()) < 100_000
    assert "1,980 more columns not shown" in bundle["text/html"]
