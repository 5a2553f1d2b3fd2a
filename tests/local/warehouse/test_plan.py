"""The plan of an import needs no database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ImportOptions
from civis_nb.local.warehouse.plan import (
    ColumnType,
    TableColumn,
    TargetTable,
    file_columns,
    match_columns,
    new_columns,
    plan_target,
)
from civis_nb.local.warehouse.sqltypes import TextLimit

INTEGER, TEXT = ColumnType("int4", "INTEGER"), ColumnType("text", "VARCHAR", is_text=True)
THERE = TargetTable(
    "public", "t", (TableColumn("Id", INTEGER, required=True), TableColumn("name", TEXT))
)
MISSING = TargetTable("public", "t")


def options(**chosen):
    return ImportOptions("public", "t", first_row_is_header=True, **chosen)


@pytest.mark.parametrize(
    ("mode", "found", "creates", "drops"),
    [
        ("append", THERE, False, False),
        ("truncate", THERE, False, False),
        ("drop", THERE, True, True),
        ("drop", MISSING, True, False),
        ("fail", MISSING, True, False),
    ],
)
def test_the_mode_decides_what_happens_to_the_table(mode, found, creates, drops):
    target, *decided = plan_target(found, options(existing_table_rows=mode))
    assert decided == [creates, drops]
    assert bool(target.columns) is not creates


def test_a_table_that_exists_is_refused_unless_a_mode_is_chosen():
    with pytest.raises(WarehouseError, match="exists"):
        plan_target(THERE, options())


def test_columns_of_a_file_are_matched_in_any_case_and_order():
    columns = file_columns(["NAME", " id "], options(), THERE, "the file")
    assert [column.name for column in match_columns(columns, THERE, "the file")] == ["name", "Id"]


def test_a_required_column_must_be_in_the_file():
    with pytest.raises(WarehouseError, match='lacks the column "Id"'):
        match_columns(["name"], THERE, "the file")


def test_declared_lengths_hold_for_new_columns_and_inferred_types_are_exact():
    declared = {"a": "VARCHAR(3)", "b": None}
    limit = TextLimit(3, in_bytes=True, fixed=False)
    types = {"a": replace(TEXT, limit=limit), "b": INTEGER}
    a, b = new_columns(["a", "b"], declared, types, loosen=False)
    assert (a.type.limit, a.exact, b.type.limit, b.exact) == (limit, False, None, True)
    assert new_columns(["a"], declared, types, loosen=True)[0].type.limit is None
