"""Values that INSERT, UPDATE and DEFAULT put into columns."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb

from ..conftest import Bench

pytestmark = pytest.mark.exhaustive

_TABLE = (
    "CREATE TABLE t (a INT, b NUMERIC(8, 2), c BOOLEAN, d DATE, e TIMESTAMP, f VARCHAR(20), "
    "g FLOAT);"
)
_MERGE = "MERGE INTO t USING (SELECT 1 AS id) AS s ON t.a = s.id "


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("INSERT INTO t VALUES ('34.5')", 'invalid input syntax for type integer: "34.5"'),
        ("INSERT INTO t (a) VALUES (1), ('1_000')", 'type integer: "1_000"'),
        ("INSERT INTO t (b) VALUES ('1_0')", 'type numeric: "1_0"'),
        ("INSERT INTO t (b) VALUES ('abc ')", 'type numeric: "abc "'),
        ("INSERT INTO t (g) VALUES ('1_0')", 'type double precision: "1_0"'),
        ("INSERT INTO t (c) VALUES ('maybe')", 'type boolean: "maybe"'),
        ("INSERT INTO t (a) VALUES (true)", '"a" is of type integer but expression is of type b'),
        ("INSERT INTO t (c) VALUES (1)", '"c" is of type boolean but expression is of type int'),
        ("INSERT INTO t (a) VALUES (1 = 1)", "but expression is of type boolean"),
        ("INSERT INTO t (a) SELECT '3.7'", 'type integer: "3.7"'),
        ("INSERT INTO t (a) SELECT a > 3 FROM t", "but expression is of type boolean"),
        ("INSERT INTO t (c) SELECT a FROM t", "is of type boolean"),
        ("UPDATE t SET f = 'x', a = '2.5'", 'type integer: "2.5"'),
        ("INSERT INTO t (a) VALUES ('7.1') RETURNING a", 'type integer: "7.1"'),
        ("CREATE TABLE u (a INT DEFAULT '34.5')", 'type integer: "34.5"'),
        ("CREATE TABLE u (a INT DEFAULT true)", "expression is of type boolean"),
        ("ALTER TABLE t ADD COLUMN h INT DEFAULT '34.5'", 'type integer: "34.5"'),
        ("ALTER TABLE t ADD COLUMN h INT DEFAULT true", "expression is of type boolean"),
        ("UPDATE t SET (f, a) = ('x', '2.5')", 'type integer: "2.5"'),
        ("UPDATE t SET (f, c) = ROW('x', 1)", '"c" is of type boolean'),
        (_MERGE + "WHEN MATCHED THEN UPDATE SET a = '2.5'", 'type integer: "2.5"'),
        (_MERGE + "WHEN NOT MATCHED THEN INSERT (f, a) VALUES ('x', '2.5')", 'integer: "2.5"'),
        (_MERGE + "WHEN NOT MATCHED THEN INSERT (c) VALUES (1)", '"c" is of type boolean'),
    ],
)
def test_what_is_no_value_of_the_column_is_refused(
    bench: Bench, statement: str, message: str
) -> None:
    bench.sql(_TABLE)
    with pytest.raises(WarehouseError, match=message.replace('"', ".")) as refused:
        bench.sql(statement)
    assert refused.value.line == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("n = '34.5'", 'invalid input syntax for type integer: "34.5"'),
        ("c = 1", '"c" is of type boolean but expression is of type integer'),
        ("(c, n) = (true, '34.5')", 'type integer: "34.5"'),
    ],
)
def test_a_conflict_puts_no_other_values_into_columns(change: str, message: str) -> None:
    warehouse = open_duckdb(":memory:", "postgres")

    def rows(sql):
        return warehouse.preview(sql, 10, CancelToken(), ignore_log).rows

    rows("CREATE TABLE k (a INT PRIMARY KEY, n INT, c BOOLEAN); INSERT INTO k VALUES (1, 2, false)")
    conflict = "INSERT INTO k VALUES (1, 5, true) ON CONFLICT (a) DO UPDATE SET"
    with pytest.raises(WarehouseError, match=message):
        rows(f"{conflict} {change}")
    rows(f"{conflict} n = excluded.n, c = 'yes'")
    assert rows("SELECT * FROM k") == [["1", "5", "true"]]
    warehouse.close()


def test_a_merge_converts_values_to_the_types_of_the_columns(bench: Bench) -> None:
    bench.sql(f"{_TABLE} INSERT INTO t (a) VALUES (1)")
    bench.sql("CREATE TABLE v (id INT, x VARCHAR(5)); INSERT INTO v VALUES (1, ' 7 '), (2, '8')")
    bench.sql(
        "MERGE INTO t USING v ON t.a = v.id WHEN MATCHED THEN UPDATE SET b = v.x, c = 'of' "
        "WHEN NOT MATCHED THEN INSERT (a, d) VALUES (v.id, 'Jan 5, 2024')"
    )
    assert bench.rows("SELECT a, b, c, d FROM t ORDER BY a") == [
        ["1", "7.00", "false", None], ["2", None, None, "2024-01-05"]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value", "stored"),
    [
        ("a", "' 12 '", "12"),
        ("a", "'3' || '4'", "34"),
        ("a", "2.5", "3"),
        ("a", "(SELECT '5')", "5"),
        ("b", "'1e2'", "100.00"),
        ("c", "'of'", "false"),
        ("c", "NULL", None),
        ("c", "1 = 1", "true"),
        ("d", "'Jan 5, 2024'", "2024-01-05"),
        ("d", "'2024-01-05 10:00'", "2024-01-05"),
        ("f", "1.0::float", "1"),
        ("f", "(SELECT max(1.0::float))", "1"),
        ("f", "true", "true"),
        ("g", "' 1.5 '", "1.5"),
    ],
)
@pytest.mark.parametrize("form", ["VALUES ({})", "SELECT {}"])
def test_values_are_converted_to_the_type_of_the_column(
    bench: Bench, form: str, column: str, value: str, stored: str | None
) -> None:
    bench.sql(f"{_TABLE} INSERT INTO t ({column}) {form.format(value)}")
    assert bench.rows(f"SELECT {column} FROM t") == [[stored]]
    bench.sql(f"UPDATE t SET {column} = {value} WHERE true")
    assert bench.rows(f"SELECT {column} FROM t") == [[stored]]


def test_an_update_may_take_values_of_other_tables(bench: Bench) -> None:
    bench.sql(f"{_TABLE} INSERT INTO t (a) VALUES (1), (3)")
    bench.sql("CREATE TABLE v (id INT, x INT); INSERT INTO v VALUES (1, 10), (3, 30)")
    bench.sql("UPDATE t SET b = (SELECT max(x) FROM v WHERE v.id = t.a), g = '1' WHERE a IN (1, 3)")
    assert bench.rows("SELECT a, b, g FROM t ORDER BY a") == [
        ["1", "10.00", "1"], ["3", "30.00", "1"]
    ]  # fmt: skip


def test_rows_in_a_transaction_and_beside_a_conflict(bench: Bench) -> None:
    bench.sql("BEGIN; CREATE TABLE k (a INT, b INT); INSERT INTO k VALUES ('7', 8); COMMIT")
    with pytest.raises(WarehouseError, match="invalid input syntax for type integer"):
        bench.sql("BEGIN; INSERT INTO k VALUES ('7.5', 8); COMMIT")
    bench.sql("WITH w AS (SELECT 5 AS n) INSERT INTO k SELECT n, n::text FROM w")
    assert bench.rows("SELECT a, b FROM k ORDER BY a") == [["5", "5"], ["7", "8"]]


def test_dates_before_christ_are_texts_as_in_postgresql(bench: Bench) -> None:
    bench.sql(f"{_TABLE} INSERT INTO t (f) VALUES (DATE '0044-03-15 BC')")
    assert bench.value("SELECT f FROM t") == "0044-03-15 BC"


@pytest.mark.parametrize(
    ("values", "stored"),
    [
        ("('abc   ', 'a ')", ("abc|", "a|")),
        ("('ab  ', NULL)", ("ab |", None)),
        ("('a' || '   ', 'a' || '  ')", ("a  |", "a|")),
    ],
)
@pytest.mark.parametrize(
    "form", ["INSERT INTO s VALUES {}", "INSERT INTO s SELECT * FROM (VALUES {}) AS v"]
)
def test_blanks_at_the_end_of_a_text_are_cut_to_its_column(
    bench: Bench, values: str, stored: tuple[str | None, ...], form: str
) -> None:
    bench.sql(f"CREATE TABLE s (v VARCHAR(3), c CHAR(3)); {form.format(values)}")
    assert bench.rows("SELECT v || '|', c || '|' FROM s") == [list(stored)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO n VALUES (0.123456789012345678901)",
        "INSERT INTO n VALUES ('0.123456789012345678901')",
        "INSERT INTO n SELECT '0.123456789012345678901'::text::numeric(38, 30)",
        "INSERT INTO n VALUES (1234567890123456789.5)",
        "INSERT INTO n VALUES (1234567890123456789)",
        "INSERT INTO n SELECT 1234567890123456789::bigint",
        "INSERT INTO n VALUES ('-1234567890123456789')",
        "UPDATE n SET a = 0.00001 * 0.0000123456789012345678",
        "INSERT INTO n VALUES (1e-30::float8)",
        "SELECT x::numeric FROM (SELECT '0.123456789012345678901'::text AS x) AS t",
    ],
)
def test_a_numeric_without_a_scale_refuses_digits_that_it_has_no_room_for(statement, tmp_path):
    warehouse = open_duckdb(":memory:", "postgres")
    bench = Bench(tmp_path, warehouse)
    bench.sql("CREATE TABLE n (a NUMERIC); INSERT INTO n VALUES (1)")
    room = "room for 18 digits before and 20 behind its point"
    with pytest.raises(WarehouseError, match=room) as caught:
        bench.rows(statement + (" RETURNING a" if "INTO" in statement else ""))
    assert "numeric(38, 0) for whole numbers" in str(caught.value)
    assert bench.rows("SELECT * FROM n") == [["1"]]
    warehouse.close()
