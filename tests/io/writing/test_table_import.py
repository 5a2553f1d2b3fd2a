"""What is loaded where is checked once, before anything is sent."""

from __future__ import annotations

import dataclasses

import pytest

from civis_nb.errors import CivisInputError
from civis_nb.io.reading.options import ReadOptions, SqlExport
from civis_nb.io.writing.table_import import TableImport


def test_records_are_frozen():
    records = (
        TableImport(table="a.b", database=1),
        SqlExport(sql="select 1", database=1),
        ReadOptions(),
    )
    for record in records:
        with pytest.raises(dataclasses.FrozenInstanceError):
            record.database = 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"table": "people"}, "names no schema"),
        ({"existing_table_rows": "apend"}, "Did you mean 'append'"),
        ({"existing_table_rows": "upsert"}, "needs primary_keys"),
        ({"execution": "later"}, "execution"),
        ({"max_errors": -1}, "max_errors"),
        ({"polling_interval": 0}, "polling_interval"),
        ({"table_columns": [{"name": "a"}, {"name": "A"}]}, "can't keep apart"),
        ({"table_columns": [{"name": "a"}], "primary_keys": ["b"]}, "there are the columns 'a'"),
    ],
)
def test_what_no_import_can_do_is_refused(options, message):
    with pytest.raises(CivisInputError, match=message):
        TableImport(**{"table": "a.b", "database": 1, **options})


def test_keys_are_compared_with_columns_in_any_case():
    target = TableImport(table="a.b", database=1, primary_keys=["ID"], last_modified_keys="at")
    target.check_keys(["id", "At"])
    with pytest.raises(CivisInputError, match="primary_keys names 'ID'"):
        target.check_keys(["at"])


def test_types_are_given_for_all_columns_or_none():
    named = TableImport(table="a.b", database=1, table_columns=[{"name": "x"}])
    typed = TableImport(
        table="a.b", database=1, table_columns=[{"name": "x", "sql_type": "INTEGER"}]
    )
    assert (named.has_types, typed.has_types) == (False, True)
    with pytest.raises(CivisInputError, match="for some columns and not for others"):
        TableImport(
            table="a.b",
            database=1,
            table_columns=[{"name": "x"}, {"name": "y", "sql_type": "INTEGER"}],
        )
