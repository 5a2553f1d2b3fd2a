"""Write the tables and queries of TPC-H and TPC-DS to files; run it with DuckDB's extensions.

The generators and the texts of the queries come with DuckDB's extensions ``tpch`` and ``tpcds``,
which the packages ``duckdb-extension-tpch`` and ``duckdb-extension-tpcds`` hold for one version of
DuckDB each. That version is not the project's, so this is a program of its own environment: it
imports nothing of the project. Usage: ``python tpc_generate.py FOLDER BENCHMARK SCALE``.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import duckdb

GENERATORS = {"tpch": "dbgen", "tpcds": "dsdgen"}


def main(folder: Path, benchmark: str, scale: float) -> None:
    """Write ``TABLE.csv`` for every table and ``about.json`` with its columns and the queries."""
    package = importlib.import_module(f"duckdb_extension_{benchmark}")
    (extension,) = Path(str(package.__file__)).parent.glob("extensions/*/*.duckdb_extension")
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.load_extension(str(extension))
        connection.execute(f"call {GENERATORS[benchmark]}(sf={scale})")
        tables = {}
        for (table,) in connection.sql("select table_name from duckdb_tables()").fetchall():
            connection.execute(f"copy {table} to '{folder / table}.csv' (header, nullstr '')")
            columns = connection.execute(
                "select column_name, data_type from duckdb_columns() where table_name = ? "
                "order by column_index",
                [table],
            )
            tables[table] = columns.fetchall()
        queries = connection.sql(f"select query_nr, query from {benchmark}_queries()").fetchall()
    about = {"tables": tables, "queries": queries}
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
