from __future__ import annotations

import pytest

from civis_nb.errors import WarehouseError

UPSERT = {"existing_table_rows": "upsert", "primary_keys": ("id",)}
NEWER = {**UPSERT, "last_modified_keys": ("m",)}


def test_the_newer_row_wins(bench):
    bench.load("id,v,m\n1,a,2020-01-01\n2,b,2020-01-01\n5,e,\n", **NEWER)
    report = bench.load(
        "id,v,m\n1,A,2021-01-01\n2,B,2019-01-01\n3,c,2020-01-02\n3,d,2020-01-01\n5,E,2000-01-01\n",
        **NEWER,
    )
    assert report.row_count == 3
    assert bench.rows("SELECT id, v FROM t ORDER BY id") == [
        ["1", "A"], ["2", "b"], ["3", "c"], ["5", "E"],
    ]  # fmt: skip


def test_without_last_modified_keys_the_last_row_wins(bench):
    bench.sql("CREATE TABLE t (id INT, v VARCHAR); INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    bench.load("ID,v\n1,x\n1,y\n3,z\n", **UPSERT)
    assert bench.rows("SELECT id, v FROM t ORDER BY id") == [["1", "y"], ["2", "b"], ["3", "z"]]


def test_columns_that_the_file_lacks_stay(bench):
    bench.sql(
        "CREATE TABLE t (id INT, v VARCHAR, w VARCHAR); INSERT INTO t VALUES (1, 'a', 'kept')"
    )
    bench.load("v,id\nx,1\ny,2\n", **UPSERT)
    assert bench.rows("SELECT * FROM t ORDER BY id") == [["1", "x", "kept"], ["2", "y", None]]


def test_keys_of_many_columns_and_null(bench):
    bench.sql(
        "CREATE TABLE t (a INT, b VARCHAR, v INT); INSERT INTO t VALUES (1, NULL, 1), (1, 'x', 2)"
    )
    bench.load(
        "a,b,v\n1,,10\n1,x,20\n2,x,30\n", existing_table_rows="upsert", primary_keys=("a", "b")
    )
    assert bench.rows("SELECT v FROM t ORDER BY v") == [["10"], ["20"], ["30"]]


def test_a_table_with_a_primary_key_constraint(bench):
    bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1, 1), (2, 2)")
    bench.load("id,v\n1,10\n3,30\n", **UPSERT)
    assert bench.rows("SELECT * FROM t ORDER BY id") == [["1", "10"], ["2", "2"], ["3", "30"]]


def test_a_wrong_row_undoes_all(bench):
    bench.sql("CREATE TABLE t (id INT, v INT); INSERT INTO t VALUES (1, 1)")
    with pytest.raises(WarehouseError, match="row 2"):
        bench.load("id,v\n1,10\n2,x\n", **UPSERT)
    assert bench.rows("SELECT * FROM t") == [["1", "1"]]
    assert bench.load("id,v\n1,10\n2,x\n", max_errors=1, **UPSERT).row_count == 1
    assert bench.rows("SELECT * FROM t") == [["1", "10"]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"existing_table_rows": "upsert"}, "primary_keys"),
        ({**UPSERT, "table": "new"}, "last_modified_keys"),
        ({"existing_table_rows": "upsert", "primary_keys": ("zz",)}, 'names "zz"'),
        ({"existing_table_rows": "upsert", "primary_keys": ("w",)}, 'lack the key column "w"'),
    ],
)
def test_keys_must_be_there(bench, options, words):
    bench.sql("CREATE TABLE t (id INT, v INT, w INT)")
    with pytest.raises(WarehouseError) as caught:
        bench.load("id,v\n1,10\n", **options)
    assert words in str(caught.value)
