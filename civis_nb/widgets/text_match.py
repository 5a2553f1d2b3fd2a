"""Text filters, applied by polars to the Arrow data: in half the time of SQL's functions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from civis_nb.widgets.query import TextCondition

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from civis_nb.cancellation import CancelToken

__all__ = ["is_text", "matching_rows", "pattern"]

_PIECE_ROWS: Final = 131_072
#: Upper case, other than their own, of letters that SQL's LOWER maps to the same.
_MORE_UPPER: Final = {
    "i": "\u0130", "k": "\u212a", "å": "\u212b", "ß": "\u1e9e", "θ": "\u03f4", "ω": "\u2126",
}  # fmt: skip


def is_text(kind: pa.DataType) -> bool:
    """Return whether the values of a type are held as texts."""
    import pyarrow as pa

    types = pa.types
    checks = (types.is_string, types.is_large_string, types.is_string_view)
    return any(check(kind) for check in checks)


def pattern(condition: TextCondition) -> str:
    r"""Return the regular expression of a text filter; of ``lacks`` that of what is not there.

    Examples
    --------
    >>> pattern(TextCondition(0, "starts", "a.k", False))
    '\\A[aA]\\.[k\u212aK]'
    """
    import polars as pl

    escape = pl.escape_regex
    if condition.match_case:
        text = escape(condition.value)
    else:
        text = "".join(_any_case(letter) for letter in condition.value)
    start = r"\A" if condition.op in ("equals", "starts") else ""
    end = r"\z" if condition.op in ("equals", "ends") else ""
    return f"{start}{text}{end}"


def _any_case(letter: str) -> str:
    """Return a class of the letters whose lower case is that of a letter, one by one."""
    import polars as pl

    # The only letter with a lower case of two is the one whose simple lower case is i.
    lower = letter.lower() if len(letter.lower()) == 1 else "i"
    others = {one for one in (lower.upper(), lower.title()) if one != lower}
    others = {one for one in others if len(one) == 1 and one.lower() == lower}
    found = [lower, *_MORE_UPPER.get(lower, ""), *sorted(others)]
    return pl.escape_regex(lower) if len(found) == 1 else f"[{''.join(found)}]"


def matching_rows(
    table: pa.Table, conditions: Sequence[TextCondition], token: CancelToken
) -> np.ndarray[Any, Any]:
    """Return the numbers of the rows that fulfil text filters, in their order.

    Parameters
    ----------
    table
        The table; the filtered columns are texts.
    conditions
        All of them hold.
    token
        Ends the search when it is cancelled.

    Raises
    ------
    OperationCancelledError
        When the token was cancelled.
    """
    import numpy as np
    import polars as pl
    import pyarrow as pa

    columns = [table.column(one.column) for one in conditions]
    names = [f"c{at}" for at in range(len(columns))]
    batches = pa.Table.from_arrays(columns, names=names).to_batches(max_chunksize=_PIECE_ROWS)
    tests = []
    for name, one in zip(names, conditions, strict=True):
        test = pl.col(name).str.contains(pattern(one))
        tests.append(~test.fill_null(False) if one.op == "lacks" else test)
    found = pl.all_horizontal(tests).arg_true().alias("found")

    def rows(batch: pa.RecordBatch) -> np.ndarray[Any, Any]:
        token.raise_if_cancelled()
        frame: Any = pl.from_arrow(batch)
        numbers: np.ndarray[Any, Any] = frame.select(found).to_series().to_numpy()
        return numbers

    # polars works on each piece with one core, and lets go of Python's lock.
    with ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="civis-find") as pool:
        pieces = list(pool.map(rows, batches))
    found_rows, start = [np.empty(0, dtype=np.int64)], 0
    for batch, piece in zip(batches, pieces, strict=True):
        found_rows.append(piece.astype(np.int64) + start)
        start += batch.num_rows
    return np.concatenate(found_rows)
