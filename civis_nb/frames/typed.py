"""A result with exact types: what every kind of frame is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from civis_nb.frames.from_arrow import converted
from civis_nb.frames.native import ExactColumn, native_table

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FRAME_TYPES", "FullResult", "TypedTable"]

#: The types that a frame can be made with.
FRAME_TYPES: Final = ("native", "exact")


@dataclass(frozen=True)
class TypedTable:
    """A result in which nothing is lost.

    Attributes
    ----------
    table
        With exact types.
    sql_types
        The SQL type of each column; None where nobody declares it.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from decimal import Decimal
    >>> result = TypedTable(pa.table({"n": [Decimal("1.5")]}), ["DECIMAL(2,1)"])
    >>> result.frame("pandas", "native")[0].dtypes.to_dict()
    {'n': dtype('float64')}
    """

    table: pa.Table
    sql_types: Sequence[str | None] | None = None

    def frame(self, return_as: str, types: str) -> tuple[Any, tuple[ExactColumn, ...]]:
        """Return the result as a frame, and the columns of it that have no native type.

        Parameters
        ----------
        return_as
            ``"list"``, ``"pandas"``, ``"polars"`` or ``"arrow"``.
        types
            ``"native"`` or ``"exact"``.
        """
        if types != "native":
            return converted(self.table, return_as), ()
        native = native_table(self.table, self.sql_types)
        return converted(native.table, return_as, native=True), native.kept


@dataclass(frozen=True)
class FullResult:
    """How to have the full result of which some rows are held as text.

    Attributes
    ----------
    is_held
        Whether the rows held are all of it, and not the first ones of a preview.
    fetch
        Returns the whole result with exact types: by another run, or from the rows.
    typed
        Returns the rows held with exact types; fetches nothing.
    count
        Has the database count the rows of the result, and returns their number.
    """

    is_held: bool = True
    fetch: Callable[[], TypedTable] | None = None
    typed: Callable[[], TypedTable] | None = None
    count: Callable[[], int] | None = None
