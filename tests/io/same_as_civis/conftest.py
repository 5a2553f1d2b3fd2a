"""The same call through civis_nb.io and through the package civis."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd
import polars as pl
import pytest

import civis_nb.io as ours


@pytest.fixture(scope="session")
def theirs() -> Any:
    return pytest.importorskip("civis.io")


DB = "sample"
POLL = {"polling_interval": 0.02}
SQL = """select i as id, 'n' || i as "Na me", i * 1.5 as f, 'x,"y' || chr(10) || 'z' as q,
case when i % 2 = 0 then 'v' end as n, i = 2 as b from generate_series(0, 4) t(i) order by 1"""
PARAMETERS = {
    "params": [{"name": "x", "type": "integer"}, {"name": "s", "type": "string"}],
    "arguments": {"x": 5, "s": "o'k"},
}


def plain(value: Any) -> Any:
    """Return a result as something that can be compared."""
    if isinstance(value, pd.DataFrame):
        rows = value.astype(object).where(value.notna(), None).to_numpy().tolist()
        kinds = [str(kind) for kind in value.dtypes]
        return "pandas", list(value.columns), kinds, list(value.index), value.index.name, rows
    if isinstance(value, pl.DataFrame):
        return "polars", dict(value.schema), value.rows()
    if hasattr(value, "__next__"):
        return [plain(one) for one in value]
    if isinstance(value, tuple | list):
        return type(value)(plain(one) for one in value)
    return value


def outcome(call: Any, module: Any, client: Any) -> tuple[Any, list[Any]]:
    """Return what a call came to: its result, or the classes of its error; and its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = plain(call(module, client))
        except Exception as error:
            result = {kind.__name__ for kind in type(error).__mro__} - {"object"}
    return result, [one.category for one in caught if one.category is not ResourceWarning]


@pytest.fixture
def same(theirs: Any, io_client: Any, other_client: Any) -> Any:
    def compare(call: Any) -> Any:
        wanted, warned = outcome(call, theirs, other_client)
        got, also_warned = outcome(call, ours, io_client)
        if isinstance(wanted, set):
            # Ours may be a narrower class of the same error.
            assert isinstance(got, set), (wanted, got)
            assert got >= wanted, (wanted, got)
        else:
            assert got == wanted
        assert also_warned == warned
        return got

    return compare


FRAMES = {
    "pandas": pd.DataFrame({"a": [1, 2], "b": ["x", None]}, index=["p", "q"]),
    "polars": pl.DataFrame({"a": [1, 2], "b": ["x", None]}),
}
