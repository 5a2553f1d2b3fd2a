from __future__ import annotations

import pytest

from civis_nb.errors import WarehouseError


def test_nothing_is_left_in_the_scratch_folder(bench):
    bench.load("a\n1\n")
    with pytest.raises(WarehouseError):
        bench.load("a\nx\n", existing_table_rows="append")
    assert list(bench.warehouse._scratch.iterdir()) == []
