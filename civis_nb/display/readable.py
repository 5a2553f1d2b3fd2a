"""What makes a result readable by other libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from civis_nb.errors import CivisInputError

if TYPE_CHECKING:
    import pyarrow as pa

    from civis_nb.frames.typed import TypedTable

__all__ = ["Readable"]


class Readable:
    """A result that libraries read as a whole, with its types unchanged."""

    def _whole(self) -> TypedTable:
        raise NotImplementedError

    def to_polars(self, types: str | None = None) -> Any:
        """Return the whole result as a polars frame."""
        raise NotImplementedError

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        table: pa.Table = self._whole().table
        return table.__arrow_c_stream__(requested_schema)

    def __narwhals_dataframe__(self) -> Any:
        """Return the result to Altair, Plotly and others that read frames through narwhals.

        With native types: a chart can't draw a Decimal.
        """
        import narwhals

        # narwhals asks for its own inner frame here, and makes one by no public name.
        return narwhals.from_native(self.to_polars("native"))._compliant_frame

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        # pandas would take the rows as objects and guess at their types.
        raise CivisInputError(
            "pd.DataFrame(table) would infer the types anew. Use table.to_pandas(); for an array, "
            "table.to_pandas().to_numpy()."
        )
