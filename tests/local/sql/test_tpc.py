"""The queries of TPC-H and TPC-DS, answered by a local platform and by PostgreSQL.

Neither the data nor the queries are part of this project: a DuckDB with the extensions
that have them, in an environment of its own, writes both at each run (`tpc_generate`).
"""

from __future__ import annotations

import csv
import functools
import io as text_io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from civis_nb import io
from civis_nb.client import APIClient
from civis_nb.errors import EmptyResultError
from civis_nb.local import start

from .corpus import Answer, canonical
from .postgres_server import NoServerError, Server, programs, running

pytestmark = pytest.mark.slow

DUCKDB = "1.5.5"
SCALES = {"tpch": 0.01, "tpcds": 0.03}
DIALECTS = ("postgres", "redshift")
QUERIES = [("tpch", number) for number in range(1, 23)]
QUERIES += [("tpcds", number) for number in range(1, 100)]

# https://docs.aws.amazon.com/redshift/latest/dg/r_AVG.html
_INTEGERS = "AVG of integers is an integer"
_DECIMALS = "AVG of decimals has the scale of its argument"
# https://docs.aws.amazon.com/redshift/latest/dg/r_numeric_computations201.html
_QUOTIENTS = "a quotient of decimals has a scale by their types"
#: Queries that Redshift answers otherwise than PostgreSQL, and why.
OTHER_IN_REDSHIFT = {
    ("tpch", 1): _DECIMALS,
    ("tpch", 14): _QUOTIENTS,
    ("tpcds", 2): _QUOTIENTS,
    ("tpcds", 7): _INTEGERS,
    ("tpcds", 9): _DECIMALS,
    ("tpcds", 12): _QUOTIENTS,
    ("tpcds", 18): _DECIMALS,
    ("tpcds", 20): _QUOTIENTS,
    ("tpcds", 22): _INTEGERS,
    ("tpcds", 26): _INTEGERS,
    ("tpcds", 27): _INTEGERS,
    ("tpcds", 28): _DECIMALS,
    ("tpcds", 36): _QUOTIENTS,
    ("tpcds", 39): _INTEGERS,
    ("tpcds", 47): _DECIMALS,
    ("tpcds", 53): _DECIMALS,
    ("tpcds", 57): _DECIMALS,
    ("tpcds", 59): _QUOTIENTS,
    ("tpcds", 63): _DECIMALS,
    ("tpcds", 66): _QUOTIENTS,
    ("tpcds", 83): _QUOTIENTS,
    ("tpcds", 89): _DECIMALS,
    ("tpcds", 98): _QUOTIENTS,
}

# Without these PostgreSQL reads all of lineitem for each row of a subquery.
_INDEXES = {"tpch": "create index on lineitem (l_partkey, l_suppkey);", "tpcds": ""}


@dataclass(frozen=True)
class Benchmark:
    """The tables of one benchmark as files, and its queries by their numbers."""

    name: str
    folder: Path
    tables: dict[str, list[tuple[str, str]]]
    queries: dict[int, str]

    def sql(self, number: int) -> str:
        """Return a query without its semicolon."""
        return self.queries[number].strip().rstrip(";")


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Benchmark]:
    """Generate a benchmark with the Python of an environment that has the extensions."""
    folder = tmp_path_factory.mktemp("tpc")
    python = folder / "environment" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(folder / "environment")], check=True)
    packages = [f"{name}=={DUCKDB}" for name in ("duckdb", *map(_package, SCALES))]
    command = [str(python), "-m", "pip", "install", "--quiet", *packages]
    installed = subprocess.run(command, capture_output=True, text=True, check=False)
    if installed.returncode:
        pytest.skip(f"DuckDB's extensions can't be installed: {installed.stderr[-300:]}")

    def generate(name: str) -> Benchmark:
        program = Path(__file__).with_name("tpc_generate.py")
        arguments = [str(folder / name), name, str(SCALES[name])]
        subprocess.run([str(python), str(program), *arguments], check=True)
        about = json.loads((folder / name / "about.json").read_text(encoding="utf-8"))
        return Benchmark(name, folder / name, about["tables"], dict(about["queries"]))

    return generate


def _package(benchmark: str) -> str:
    return f"duckdb-extension-{benchmark}"


@pytest.fixture(scope="module")
def benchmarks(
    server: Server, clients: dict[str, APIClient], generator: Callable[[str], Benchmark]
) -> Callable[[str], Benchmark]:
    """Return a benchmark, which is generated and loaded into all databases when first needed."""
    loaded: dict[str, Benchmark] = {}

    def get(name: str) -> Benchmark:
        if name not in loaded:
            benchmark = generator(name)
            _load_postgres(server, benchmark)
            for client in clients.values():
                _load_platform(client, benchmark)
            loaded[name] = benchmark
        return loaded[name]

    return get


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    try:
        programs()
    except NoServerError as error:
        pytest.skip(f"there is nothing to compare with: {error}")
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, APIClient]]:
    """Return a client of a platform for each dialect, each with databases of its own."""
    with ExitStack() as stack:
        yield {
            dialect: stack.enter_context(
                start(samples=False, databases=list(SCALES), dialect=dialect)
            ).client()
            for dialect in DIALECTS
        }


def _load_postgres(server: Server, benchmark: Benchmark) -> None:
    lines = [f"create schema {benchmark.name}; set search_path to {benchmark.name};"]
    for table, columns in benchmark.tables.items():
        declared = ", ".join(f"{name} {kind}" for name, kind in columns)
        lines.append(f"create table {table} ({declared});\n\\copy {table} from pstdin csv header")
        lines.append((benchmark.folder / f"{table}.csv").read_text(encoding="utf-8") + "\\.")
    lines.append(_INDEXES[benchmark.name] + "\nanalyze;\n")
    server.psql("\n".join(lines), "-v", "ON_ERROR_STOP=1", check=True)


def _load_platform(client: APIClient, benchmark: Benchmark) -> None:
    for table, columns in benchmark.tables.items():
        io.csv_to_civis(
            benchmark.folder / f"{table}.csv",
            benchmark.name,
            f"public.{table}",
            client=client,
            headers=True,
            table_columns=[{"name": name, "sql_type": kind} for name, kind in columns],
            polling_interval=0.1,
        ).result()


@pytest.fixture(scope="module")
def expected(
    benchmarks: Callable[[str], Benchmark], server: Server
) -> Callable[[str, int], Answer]:
    """Return PostgreSQL's answer to a query, which runs once."""
    return functools.cache(
        lambda name, number: _on_postgres(server, name, benchmarks(name).sql(number))
    )


@pytest.fixture(scope="module")
def found(
    benchmarks: Callable[[str], Benchmark], clients: dict[str, APIClient]
) -> Callable[[str, str, int], Answer]:
    """Return the answer of the platform of a dialect to a query, which runs once."""
    return functools.cache(
        lambda dialect, name, number: _on_platform(
            clients[dialect], name, benchmarks(name).sql(number)
        )
    )


@pytest.mark.parametrize(("name", "number"), QUERIES)
def test_a_query_has_the_rows_of_postgresql(name, number, found, expected):
    assert found("postgres", name, number).rows == expected(name, number).rows


@pytest.mark.parametrize(("name", "number"), QUERIES)
def test_a_query_means_another_only_where_redshift_says_so(name, number, found, expected):
    differs = found("redshift", name, number).rows != expected(name, number).rows
    assert differs == ((name, number) in OTHER_IN_REDSHIFT)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("name", "number"), QUERIES)
def test_the_columns_of_a_query_have_the_names_of_postgresql(
    name, number, dialect, found, expected
):
    # A result without rows is read without its names.
    rows = expected(name, number).rows
    assert not rows or found(dialect, name, number).columns == expected(name, number).columns


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("name", "number"), [("tpch", 1), ("tpch", 9), ("tpcds", 7), ("tpcds", 39), ("tpcds", 98)]
)
def test_a_preview_has_the_first_rows_of_the_whole_result(
    name, number, dialect, benchmarks, clients, found
):
    run = io.query_civis(
        benchmarks(name).sql(number), name, client=clients[dialect], preview_rows=100,
        polling_interval=0.05,
    ).result()  # fmt: skip
    whole = found(dialect, name, number)
    assert run.result_columns == whole.columns
    assert len(run.result_rows) == min(100, len(whole.rows))
    assert all(row in whole.rows for row in _sorted(run.result_rows))


def _on_postgres(server: Server, name: str, sql: str) -> Answer:
    script = f"set search_path to {name};\n{sql}\n;"
    output = server.psql(script, "--csv", "-v", "ON_ERROR_STOP=1", check=True).stdout
    names, *rows = csv.reader(text_io.StringIO(output, newline=""))
    return Answer(_sorted(rows), names)


def _on_platform(client: APIClient, name: str, sql: str) -> Answer:
    try:
        found = io.read_civis_sql(sql, name, client=client, polling_interval=0.05)
    except EmptyResultError:
        return Answer([])
    names, *rows = found
    return Answer(_sorted(rows), names)


def _sorted(rows: Sequence[Sequence[object]]) -> list[list[str | None]]:
    """Sort the rows: the order of ties is not defined."""
    return sorted(([canonical(value) for value in row] for row in rows), key=str)
