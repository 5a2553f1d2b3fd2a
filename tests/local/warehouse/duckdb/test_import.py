from __future__ import annotations

import pytest

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.csv.sources import prepare_sources


def test_nothing_is_left_in_the_scratch_folder(bench):
    bench.load("a\n1\n")
    with pytest.raises(WarehouseError):
        bench.load("a\nx\n", existing_table_rows="append")
    assert list(bench.warehouse._scratch.iterdir()) == []


def test_what_sql_can_write_to_is_no_uploaded_file(bench):
    path = bench.file("a\n1\n")
    scratch = bench.warehouse._scratch
    with prepare_sources([path], "none", scratch, lambda: None) as [source]:
        assert source.path.read_bytes() == b"a\n1\n"
        bench.warehouse.run_native(f"COPY (SELECT 'overwritten') TO '{source.path}'")
        assert source.path.read_bytes() != b"a\n1\n"
    assert path.read_bytes() == b"a\n1\n"
