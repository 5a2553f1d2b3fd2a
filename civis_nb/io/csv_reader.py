"""`csv.reader` for cells of any length."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any, Final

__all__ = ["CsvError", "csv_reader"]

_MAX_CELL_CHARS: Final = 2**31 - 1


def _own_csv_module() -> ModuleType:
    """Return a second instance of the module behind `csv`, with a limit of its own.

    `csv.field_size_limit` is a setting of the whole process, which belongs to the user.
    """
    spec = importlib.util.find_spec("_csv")
    assert spec is not None  # noqa: S101 - a part of the standard library
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.field_size_limit(_MAX_CELL_CHARS)
    return module


_csv: Final = _own_csv_module()
#: What `csv_reader` raises; not a `csv.Error`.
CsvError: Final[type[Exception]] = _csv.Error


def csv_reader(lines: Iterable[str], dialect: Any = "excel", **options: Any) -> Iterator[list[str]]:
    """Return the rows of a CSV as `csv.reader` does, but with cells of any length.

    Parameters
    ----------
    lines
        The CSV, in lines.
    dialect, **options
        As for `csv.reader`.

    Raises
    ------
    CsvError
        When it is no CSV.

    Examples
    --------
    >>> [[len(cell) for cell in row] for row in csv_reader(["a," + "b" * 200_000])]
    [[1, 200000]]
    """
    if isinstance(dialect, str):
        dialect = csv.get_dialect(dialect)  # the registry is the public module's
    rows: Iterator[list[str]] = _csv.reader(lines, dialect, **options)
    return rows
