"""Lengths of texts, which hold for imported rows as for inserted ones."""

from __future__ import annotations

import re

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import SyncOptions

pytestmark = pytest.mark.exhaustive


def test_lengths_count_when_the_table_is_made_unless_loosened(bench):
    told = {"table_columns": (("a", "VARCHAR(3)"),)}
    with pytest.raises(WarehouseError, match=r"longer than VARCHAR\(3\)"):
        bench.load("a\nabc\nabcd\n", **told)
    assert bench.load("a\nabc\nabcd\n", max_errors=1, **told).row_count == 1
    assert bench.load("a\nabcd\n", table="u", loosen_types=True, **told).row_count == 1


_CODES = {"table_columns": (("a", "CHAR(3)"), ("b (x)", "VARCHAR(2)"))}


def test_lengths_hold_for_later_rows_too(bench):
    bench.load("a,b (x)\nabc,yz\n", **_CODES)
    for content, words in [("a,b (x)\nabcd,y\n", "CHAR(3)"), ("a,b (x)\na,xyz\n", "VARCHAR(2)")]:
        with pytest.raises(WarehouseError, match=re.escape(words)):
            bench.load(content, existing_table_rows="append")
    with pytest.raises(WarehouseError, match="too long for the type of b"):
        bench.sql("INSERT INTO t VALUES ('a', 'xyz')")
    report = bench.load("a,b (x)\na,xyz\nb,x\n", existing_table_rows="append", max_errors=1)
    assert report.skipped == ['row 1, column "b (x)": the text is longer than VARCHAR(2), in bytes']
    assert bench.rows("SELECT * FROM t ORDER BY 1") == [["abc", "yz"], ["b", "x"]]


def test_blanks_at_the_end_are_cut_as_insert_does(bench):
    bench.load('a,b (x)\n"a   ","y    "\n"b ","x "\n', **_CODES)
    bench.sql("INSERT INTO t VALUES ('c   ', 'z    '), ('d ', 'w ')")
    bench.load('b (x),a\n"v   ","e     "\n', existing_table_rows="append")
    assert bench.rows("SELECT * FROM t ORDER BY 1") == [
        ["a", "y "], ["b", "x "], ["c", "z "], ["d", "w "], ["e", "v "],
    ]  # fmt: skip


def test_lengths_count_bytes_and_char_has_single_bytes(bench):
    bench.load("a,b (x)\na,é\n", **_CODES)
    for content in ("a,b (x)\na,éé\n", "a,b (x)\né,x\n"):
        with pytest.raises(WarehouseError, match="byte"):
            bench.load(content, existing_table_rows="append")
    for values in ("'é', 'x'", "'ab', 'éx'"):
        with pytest.raises(WarehouseError, match=r"byte|too long"):
            bench.sql(f"INSERT INTO t VALUES ({values})")
    assert bench.rows("SELECT * FROM t") == [["a", "é"]]


def test_lengths_hold_for_an_upsert(bench):
    bench.load("a,b (x)\na,x\nb,y\n", **_CODES)
    keys = {"existing_table_rows": "upsert", "primary_keys": ["a"]}
    bench.load('a,b (x)\n"a  ","z   "\n', **keys)
    with pytest.raises(WarehouseError, match="longer"):
        bench.load("a,b (x)\nb,zzz\n", **keys)
    assert bench.rows("SELECT * FROM t ORDER BY 1") == [["a", "z "], ["b", "y"]]


def test_a_copy_keeps_the_lengths_of_its_source(bench, tmp_path):
    bench.load("a,b (x)\na,x\n", **_CODES)
    source = bench.warehouse.open_source("public", "t", tmp_path, CancelToken(), bench.log)
    target = SyncOptions("public", "copied")
    bench.warehouse.sync_tables([(source, target)], CancelToken(), bench.log)
    with pytest.raises(WarehouseError, match="too long"):
        bench.sql("INSERT INTO copied VALUES ('a', 'xyz')")
    bench.sql(
        'CREATE TABLE long (a VARCHAR(9), "b (x)" VARCHAR(9)); '
        "INSERT INTO long VALUES ('b  ', 'y    ')"
    )
    source = bench.warehouse.open_source("public", "long", tmp_path, CancelToken(), bench.log)
    append = SyncOptions("public", "copied", existing_rows="append")
    bench.warehouse.sync_tables([(source, append)], CancelToken(), bench.log)
    assert bench.rows("SELECT * FROM copied ORDER BY 1") == [["a", "x"], ["b", "y "]]
    bench.sql("UPDATE long SET a = 'xyzw'")
    source = bench.warehouse.open_source("public", "long", tmp_path, CancelToken(), bench.log)
    with pytest.raises(WarehouseError, match=r"does not fit the column a, CHAR\(3\)"):
        bench.warehouse.sync_tables([(source, append)], CancelToken(), bench.log)
