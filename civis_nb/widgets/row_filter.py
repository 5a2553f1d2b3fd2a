"""The rows that the filters of a table leave: searched for once, and kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from civis_nb.cancellation import CancelToken
from civis_nb.widgets.query import Condition, Field, Query, TextCondition
from civis_nb.widgets.row_source import NUMBER, Matches, RowSource, column_name
from civis_nb.widgets.text_match import is_text, matching_rows

if TYPE_CHECKING:
    import numpy as np

__all__ = ["RowFilter"]


class RowFilter:
    """The rows that conditions leave.

    Parameters
    ----------
    source
        The table.
    fields
        Its columns.
    conditions
        All of them hold.
    fewer
        The filter of all conditions but the last: where its rows are known, the last one is
        looked at for these only.

    Attributes
    ----------
    token
        Ends the search when it is cancelled; this filter is of no use then.
    """

    def __init__(
        self,
        source: RowSource,
        fields: Sequence[Field],
        conditions: Sequence[Condition],
        fewer: RowFilter | None,
    ) -> None:
        self.token = CancelToken()
        self._source = source
        self._fields = fields
        self._lock = threading.Lock()
        self._known = fewer._matches if fewer is not None else None
        self._conditions = conditions if self._known is None else conditions[-1:]
        self._matches: Matches | None = None

    @property
    def is_searching(self) -> bool:
        """Whether its rows are searched for at this moment."""
        return self._lock.locked()

    def matches(self) -> Matches:
        """Return the rows.

        Raises
        ------
        OperationCancelledError
            When the token was cancelled.
        """
        with self._lock:
            if self._matches is None:
                self._matches, self._known = self._searched(), None
            return self._matches

    def _searched(self) -> Matches:
        """Return the rows that fulfil all conditions: texts are searched first, DuckDB then."""
        columns = self._source.table.columns
        texts = [
            one for one in self._conditions
            if isinstance(one, TextCondition) and is_text(columns[one.column].type)
        ]  # fmt: skip
        others = tuple(one for one in self._conditions if one not in texts)
        matches = self._known
        if texts:
            numbers = matching_rows(self._source.table, texts, self.token)
            matches = self._narrowed(matches, numbers)
        if others:
            where = Query(others).where(column_name, self._fields, "duckdb")
            numbers = self._source.read(
                f"{NUMBER} AS n", where, matches=matches, token=self.token,
                read=lambda c: c.fetchnumpy()["n"],
            )  # fmt: skip
            numbers.sort()
            matches = Matches(numbers, len(self._source))
        assert matches is not None  # noqa: S101 - there is a condition
        return matches

    def _narrowed(self, matches: Matches | None, numbers: np.ndarray[Any, Any]) -> Matches:
        """Return those of some rows that match already."""
        if matches is not None:
            numbers = numbers[matches.mask.to_numpy(zero_copy_only=False)[numbers]]
        return Matches(numbers, len(self._source))
