from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.local.warehouse.base import (
    CsvSettings,
    Export,
    ImportOptions,
    ImportReport,
    Preview,
    Warehouse,
)
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb

#: The kinds of databases. Tests in this folder hold for each of them; what holds for one only is
#: in its own folder, whose conftest.py narrows `warehouse_backend`.
BACKENDS: dict[str, Callable[[], Warehouse]] = {"duckdb": lambda: open_duckdb(":memory:")}


class Bench:
    """A warehouse with short ways to use it."""

    def __init__(self, folder: Path, warehouse: Warehouse) -> None:
        self.folder = folder
        self.warehouse = warehouse
        self.logged: list[tuple[str, str]] = []
        self._files = 0

    def log(self, level: str, message: str) -> None:
        self.logged.append((level, message))

    def sql(self, sql: str, max_rows: int = 1000, cancel: CancelToken | None = None) -> Preview:
        return self.warehouse.preview(sql, max_rows, cancel or CancelToken(), self.log)

    def rows(self, sql: str) -> list[list[str | None]]:
        return self.sql(sql).rows

    def value(self, sql: str) -> str | None:
        ((value,),) = self.rows(sql)
        return value

    def native_rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query that means what it means in the database itself."""
        with self.warehouse.engine(CancelToken(), self.log) as engine:
            found: list[tuple[Any, ...]] = engine.cursor.execute(sql).fetchall()
        return found

    def export(self, sql: str, cancel: CancelToken | None = None, **settings: Any) -> Export | None:
        return self.warehouse.export_csv(
            sql, self.folder, "out", CsvSettings(**settings), cancel or CancelToken(), self.log
        )

    def text(self, sql: str, **settings: Any) -> str:
        """The exported text, of an export without compression."""
        export = self.export(sql, compression="none", **settings)
        assert export is not None
        return "".join(part.path.read_bytes().decode() for part in export.parts)

    def file(self, content: str | bytes) -> Path:
        self._files += 1
        path = self.folder / f"file-{self._files}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(self, *contents: str | bytes, table: str = "t", **options: Any) -> ImportReport:
        chosen = {"schema": "public", "first_row_is_header": True, **options}
        files = [self.file(content) for content in contents]
        work = [(files, ImportOptions(table=table, **chosen))]
        (report,) = self.warehouse.import_csv(work, CancelToken(), self.log)
        return report


@pytest.fixture(params=sorted(BACKENDS))
def warehouse_backend(request: pytest.FixtureRequest) -> str:
    """The name of the kind of database that the test runs on."""
    return str(request.param)


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[Callable[[Warehouse], Bench]]:
    """Use a warehouse, and close it when the test ends."""
    made: list[Bench] = []

    def make(warehouse: Warehouse) -> Bench:
        made.append(Bench(tmp_path, warehouse))
        return made[-1]

    yield make
    for bench in made:
        bench.warehouse.close()


@pytest.fixture
def bench(make_bench: Callable[[Warehouse], Bench], warehouse_backend: str) -> Bench:
    return make_bench(BACKENDS[warehouse_backend]())


@pytest.fixture
def gunzip() -> Callable[[Path], str]:
    return lambda path: gzip.decompress(path.read_bytes()).decode()
