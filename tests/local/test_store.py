from __future__ import annotations

import pytest
from sqlalchemy import event, text

from civis_nb.local.store import Store


def _indices(store: Store) -> set[str]:
    with store.read() as connection:
        rows = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'index'"))
        return {row.name for row in rows}


def test_a_state_folder_without_an_index_gets_it(tmp_path):
    path = tmp_path / "platform.sqlite"
    store = Store(path)
    all_of_them = _indices(store)
    assert "jobs_listed" in all_of_them
    with store.begin() as connection:
        connection.execute(text("DROP INDEX jobs_listed"))
    store.close()
    again = Store(path)
    assert _indices(again) == all_of_them
    again.close()


@pytest.mark.parametrize("path", ["/jobs", "/jobs?order_dir=asc&page_num=2", "/queries"])
def test_lists_come_in_the_order_of_an_index(bare_platform, http, path):
    engine = bare_platform._context.store.engine
    plans: list[str] = []

    def explain(_connection, cursor, statement, parameters, _context, _many):
        if "LIMIT" in statement:
            plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in plan.fetchall())

    event.listen(engine, "before_cursor_execute", explain)
    try:
        http.json("GET", path)
    finally:
        event.remove(engine, "before_cursor_execute", explain)
    assert any("USING INDEX jobs_" in step for step in plans)
    assert not any("TEMP B-TREE" in step for step in plans)
