"""Rows of an Arrow table by their numbers, wherever they are in its chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

__all__ = ["ArrowRows"]


class ArrowRows:
    """Takes rows out of a table without copying the rest.

    Parameters
    ----------
    table
        The table.
    """

    def __init__(self, table: pa.Table) -> None:
        import numpy as np

        self.table = table
        self._batches = table.to_batches()
        counts = [batch.num_rows for batch in self._batches]
        self._starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])

    def slice(self, start: int, count: int, columns: Sequence[int]) -> pa.Table:
        """Return rows that follow one another."""
        return _select(self.table, columns).slice(start, count)

    def take(self, numbers: np.ndarray[Any, Any], columns: Sequence[int]) -> pa.Table:
        """Return the rows with these numbers, in this order."""
        import numpy as np
        import pyarrow as pa

        if len(numbers) == 0:
            return _select(self.table, columns).slice(0, 0)
        # pyarrow's own `take` joins the chunks of text columns first: seconds on millions of rows.
        of_batch = np.searchsorted(self._starts, numbers, side="right") - 1
        by_batch = np.argsort(of_batch, kind="stable")
        pieces = []
        edges = np.flatnonzero(np.diff(of_batch[by_batch])) + 1
        for group in np.split(by_batch, edges):
            batch = int(of_batch[group[0]])
            inside = pa.array(numbers[group] - self._starts[batch], pa.int64())
            pieces.append(pa.table(_select(self._batches[batch], columns).take(inside)))
        back = np.empty(len(numbers), dtype=np.int64)
        back[by_batch] = np.arange(len(numbers))
        return pa.concat_tables(pieces).combine_chunks().take(pa.array(back))


def _select(data: Any, columns: Sequence[int]) -> Any:
    """Return some columns of a table or batch, by index: names may occur twice."""
    import pyarrow as pa

    chosen = [data.column(index) for index in columns]
    names = [data.schema.field(index).name for index in columns]
    kind = pa.Table if isinstance(data, pa.Table) else pa.RecordBatch
    return kind.from_arrays(chosen, names=names)
