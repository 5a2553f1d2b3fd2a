"""What the platform itself runs does not depend on what users drop or create."""

from __future__ import annotations

import threading

import duckdb
import pytest

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb
from civis_nb.table_names import quoted

pytestmark = pytest.mark.exhaustive

UPSERT = {"existing_table_rows": "upsert", "primary_keys": ("id",)}


@pytest.fixture
def shadowed(make_bench, tmp_path):
    """A database in which macros of users have the names of all functions of DuckDB."""
    with duckdb.connect() as plain:
        named = plain.execute(
            "SELECT function_name, bool_or(function_type LIKE '%table%') FROM duckdb_functions() "
            "WHERE regexp_full_match(function_name, '[a-z]\\w*') AND function_name <> 'unnest' "
            "GROUP BY 1 ORDER BY 1"
        ).fetchall()
    assert len(named) > 500
    path = tmp_path / "sample.duckdb"
    first = make_bench(open_duckdb(path))
    first.sql(
        "CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR);"
        "INSERT INTO people VALUES (1, 'Ada'), (2, 'Bob');"
        "CREATE VIEW names AS SELECT name FROM people"
    )
    first.warehouse.run_native(
        ";".join(
            f"CREATE MACRO public.{quoted(name)}"
            + ("() AS TABLE SELECT 42" if is_table else "(x) AS 42")
            for name, is_table in named
        )
    )
    # It holds after a restart as well.
    first.warehouse.close()
    return make_bench(open_duckdb(path))


def test_the_platform_calls_no_macros_of_users(shadowed):
    assert shadowed.rows("SELECT reverse('a')") == [["42"]]
    warehouse = shadowed.warehouse
    # Lists and statistics.
    assert warehouse.schemas() == ["public"]
    assert [table.name for table in warehouse.tables()] == ["names", "people"]
    table = warehouse.table("public", "people")
    assert [column.name for column in table.columns] == ["id", "name"]
    assert table.row_count == 2
    assert "CREATE TABLE public.people" in table.definition
    stats = warehouse.column_stats("public", "people")["id"]
    assert (stats.min_value, stats.max_value, stats.distinct_count) == ("1", "2", 2)
    assert shadowed.rows("SELECT table_name FROM information_schema.tables ORDER BY 1") == [
        ["names"],
        ["people"],
    ]
    # Imports: types that are found, rows that are read one by one, an upsert.
    shadowed.load("id,at,price,ok\n1,2024-05-06,1.50,true\n2,,2.25,false\n", table="first")
    assert shadowed.rows("SELECT * FROM first ORDER BY id") == [
        ["1", "2024-05-06", "1.50", "true"],
        ["2", None, "2.25", "false"],
    ]
    columns = (("id", "int"), ("n", "int"))
    report = shadowed.load("id,n\n1,1\n2,x\n", table="second", max_errors=1, table_columns=columns)
    assert (report.row_count, len(report.skipped)) == (1, 1)
    shadowed.load("id,name\n2,Eve\n3,Kim\n3,Kai\n", table="people", **UPSERT)
    assert shadowed.rows("SELECT * FROM people ORDER BY id") == [
        ["1", "Ada"],
        ["2", "Eve"],
        ["3", "Kai"],
    ]
    # Exports, and what the platform asks the catalog within users' statements.
    assert shadowed.text("SELECT * FROM people ORDER BY id").splitlines()[1] == '1,"Ada"'
    shadowed.sql("ALTER TABLE people ADD COLUMN age INT; UPDATE people SET age = 7 WHERE id = 1")
    with pytest.raises(WarehouseError, match="depend"):
        shadowed.sql("DROP TABLE people")
    shadowed.sql("DROP TABLE people CASCADE; CREATE TABLE more (LIKE first)")
    assert [table.name for table in warehouse.tables()] == ["first", "more", "second"]


def test_a_dropped_schema_public_is_there_again(bench):
    bench.sql("CREATE TABLE t (a INT)")
    bench.sql("DROP SCHEMA public CASCADE")
    assert bench.rows("SELECT 1") == [["1"]]
    assert bench.warehouse.tables() == []
    assert bench.warehouse.schemas() == ["public"]
    bench.load("a\n1\n", table="t")
    assert bench.rows("SELECT * FROM t") == [["1"]]
    bench.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE t (b INT)")
    assert bench.rows("SELECT * FROM t") == []


def test_many_runs_at_once_find_public_dropped(bench):
    bench.sql("DROP SCHEMA public CASCADE")
    failures = []

    def ask():
        try:
            assert bench.rows("SELECT 1") == [["1"]]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH ':memory:' AS mine",
        "/* now */ attach database ':memory:' as mine",
        "DETACH sample",
        "SELECT 1; DETACH DATABASE IF EXISTS civis_sql",
        "ALTER DATABASE memory SET ALIAS TO mine",
    ],
)
def test_databases_that_all_runs_share_are_left_alone(bench, sql):
    with pytest.raises(WarehouseError):
        bench.sql(sql)
    databases = bench.native_rows("SELECT database_name FROM duckdb_databases() WHERE NOT internal")
    assert databases == [("memory",)] or ("civis_sql",) in databases
    assert ("mine",) not in databases


def test_an_attach_says_what_there_is_instead(bench):
    with pytest.raises(WarehouseError, match=r"ATTACH is not possible.*schema") as caught:
        bench.sql("SELECT 1;\n  ATTACH ':memory:' AS mine")
    assert caught.value.line == 2


@pytest.mark.parametrize("kind", ["MACRO", "OR REPLACE MACRO", "FUNCTION", "TEMP MACRO"])
def test_operators_are_no_names_of_functions(make_bench, kind):
    bench = make_bench(open_duckdb(":memory:", "duckdb"))
    with pytest.raises(WarehouseError, match="operator"):
        bench.sql(f'CREATE {kind} "+"(a, b) AS 77')
    assert bench.rows(f"CREATE {kind} plus(a, b) AS a + b; SELECT plus(1, 2)") == [["3"]]
