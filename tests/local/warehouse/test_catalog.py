from __future__ import annotations

import pytest

from civis_nb.errors import WarehouseError


def test_tables_and_views(bench):
    bench.sql(
        "CREATE SCHEMA extra; CREATE TABLE extra.b (x INT); CREATE TABLE a AS SELECT 1 AS x;"
        "CREATE VIEW v AS SELECT * FROM a; CREATE TEMP TABLE t (x INT)"
    )
    listed = [(t.schema, t.name, t.is_view) for t in bench.warehouse.tables()]
    assert listed == [("extra", "b", False), ("public", "a", False), ("public", "v", True)]
    assert [t.name for t in bench.warehouse.tables("extra")] == ["b"]


def test_a_table_tells_its_columns(bench):
    bench.sql(
        'CREATE TABLE "My Table" (id BIGINT NOT NULL, m DECIMAL(12,2), '
        'f DOUBLE PRECISION, "a,b" VARCHAR(5));'
        "COMMENT ON TABLE \"My Table\" IS 'about'; COMMENT ON COLUMN \"My Table\".m IS 'money';"
        'INSERT INTO "My Table" (id) VALUES (1), (2); DELETE FROM "My Table" WHERE id = 1'
    )
    info = bench.warehouse.table("public", "My Table")
    assert bench.warehouse.counted(bench.warehouse.tables())[0].columns == info.columns
    assert [(c.name, c.sql_type, c.order, c.nullable) for c in info.columns] == [
        ("id", "BIGINT", 1, False),
        ("m", "DECIMAL(12,2)", 2, True),
        ("f", "DOUBLE PRECISION", 3, True),
        ("a,b", "VARCHAR", 4, True),
    ]
    assert info.columns[3].declared_type == "VARCHAR(5)"
    assert (info.row_count, info.comment, info.columns[1].comment) == (1, "about", "money")
    assert "CREATE TABLE" in info.definition


def test_names_are_found_in_any_case_and_unknown_ones_are_none(bench):
    bench.sql('CREATE TABLE "MyTable" (x INT)')
    assert bench.warehouse.table("PUBLIC", "mytable").name == "MyTable"
    assert bench.warehouse.table("public", "nope") is None
    assert bench.warehouse.table("nope", "MyTable") is None


def test_statistics_of_an_empty_table_and_of_none(bench):
    bench.sql("CREATE TABLE t (a INT)")
    assert bench.warehouse.column_stats("public", "t")["a"].coverage_count == 0
    with pytest.raises(WarehouseError, match="no table"):
        bench.warehouse.column_stats("public", "nope")


def test_statistics_are_exact(bench):
    bench.sql(
        "CREATE TABLE t AS SELECT CASE WHEN i % 4 > 0 THEN i END AS i, 'v' || i % 3 AS s, "
        "12345678901234567.89::DECIMAL(19,2) AS m FROM generate_series(0, 11) AS r(i)"
    )
    stats = bench.warehouse.column_stats("public", "t")
    assert list(stats) == ["i", "s", "m"]
    i = stats["i"]
    assert (i.min_value, i.max_value, i.avg_value) == ("1", "11", "6.0")
    assert (i.null_count, i.coverage_count, i.distinct_count) == (3, 9, 9)
    assert stats["s"].value_distribution == {"v0": 4, "v1": 4, "v2": 4}
    assert stats["s"].sample_values == ["v0", "v1", "v2"]
    assert stats["m"].max_value == "12345678901234567.89"
