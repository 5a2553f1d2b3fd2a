"""Frames of the notebook where SQL has a table: no database sees them, but there are ways."""

from __future__ import annotations

from typing import Any, Final

from civis_nb.display.tables import ResultTable

__all__ = ["ways_to_query"]

#: The class of a frame, by library -> what `dataframe_to_civis` takes of it.
_FRAMES: Final = {
    ("pandas", "DataFrame"): "",
    ("polars", "DataFrame"): "",
    ("polars", "LazyFrame"): ".collect()",
    ("pyarrow", "Table"): "",
}


def ways_to_query(name: str, value: Any) -> str | None:
    """Return how a frame can be queried, for errors; None where a value is no frame.

    Parameters
    ----------
    name
        The variable that holds it.
    value
        What it holds.

    Examples
    --------
    >>> print(ways_to_query("t", ResultTable([[1]], columns=["a"])))
    t is a result in the notebook, which no database sees. Query it here: t.sql("…"), where it \
is called self. Or load it first: civis_nb.io.dataframe_to_civis(t.to_arrow(), DATABASE, \
"SCHEMA.TABLE").
    """
    library = type(value).__module__.partition(".")[0]
    if isinstance(value, ResultTable):
        kind, local, part = "result", f'{name}.sql("…"), where it is called self', ".to_arrow()"
    elif (part := _FRAMES.get((library, type(value).__name__), "-")) != "-":
        kind, local = "frame", f'duckdb.sql("…"), where it is called {name}'
    else:
        return None
    return (
        f"{name} is a {kind} in the notebook, which no database sees. Query it here: {local}. Or "
        f'load it first: civis_nb.io.dataframe_to_civis({name}{part}, DATABASE, "SCHEMA.TABLE").'
    )
