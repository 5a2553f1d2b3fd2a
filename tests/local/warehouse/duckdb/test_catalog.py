from __future__ import annotations


def test_lists_have_no_smallest_value(bench):
    bench.sql("CREATE TABLE t AS SELECT ARRAY[i] AS l FROM generate_series(0, 11) r(i)")
    stats = bench.warehouse.column_stats("public", "t")["l"]
    assert (stats.min_value, stats.coverage_count) == (None, 12)
