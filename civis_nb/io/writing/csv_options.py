"""Options of ``DataFrame.to_csv`` and ``write_csv``, as far as they change what the table holds.

The CSV itself is always written in one form: options about quotes, line ends, encoding and
compression have no effect. Options that choose or name columns, or change values, are applied to
the frame first.
"""

from __future__ import annotations

import inspect
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisArgumentError, CivisInputError
from civis_nb.io.arguments import delimiter_name
from civis_nb.io.csv_reader import csv_reader

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["WriteOptions", "can_hold", "styled_texts", "write_options"]

#: About the CSV alone: without effect.
_WITHOUT_EFFECT = frozenset(
    {
        "compression", "encoding", "errors", "mode", "storage_options", "index_label",
        "quoting", "quotechar", "doublequote", "escapechar", "lineterminator", "chunksize",
        "include_bom", "line_terminator", "quote_char", "quote_style", "batch_size",
        "compression_level", "credential_provider", "retries", "check_extension", "mkdir",
    }
)  # fmt: skip
_ABOUT_NULLS = frozenset({"na_rep", "null_value"})
_ABOUT_NUMBERS = frozenset(
    {"float_format", "decimal", "float_scientific", "float_precision", "decimal_comma"}
)
_ABOUT_TIMES = frozenset({"date_format", "time_format", "datetime_format"})
_CHOOSING = frozenset({"columns", "header", "include_header", "index", "sep", "separator"})


@dataclass(frozen=True)
class WriteOptions:
    """A frame, and how it is to come into the table.

    Attributes
    ----------
    frame
        With the chosen columns.
    names
        Other names for its columns; None: its own.
    header
        Whether the first line holds the names.
    delimiter
        The character.
    style
        Options that change values.
    """

    frame: Any
    names: list[str] | None = None
    header: bool = True
    delimiter: str = ","
    style: Mapping[str, Any] = field(default_factory=dict)


def write_options(frame: Any, options: Mapping[str, Any]) -> WriteOptions:
    """Return how a frame is to come into a table, by the options of its own writer.

    Raises
    ------
    CivisInputError
        When an option has a value that it can't have (a TypeError too for one that the writer
        does not know).
    """
    given = {name: value for name, value in options.items() if not _changes_nothing(name, value)}
    if not given:
        return WriteOptions(frame)
    frame, is_pandas = _frame_with_a_writer(frame)
    _check_known(frame, given)
    if is_pandas:
        frame = _with_index(_chosen(frame, given.get("columns")), given)
    header = given.get("include_header", given.get("header", True))
    names = None
    if not isinstance(header, bool | str) and hasattr(header, "__iter__"):
        names, header = [str(name) for name in header], True
        if len(names) != len(frame.columns):
            raise CivisInputError(
                f"header names {len(names)} columns; the frame has {len(frame.columns)}."
            )
    if not isinstance(header, bool):
        raise CivisArgumentError(f"header can't be {header!r}; it is True, False or a list.")
    delimiter = given.get("sep", given.get("separator", ","))
    delimiter_name(delimiter)
    style = {
        name: value
        for name, value in given.items()
        if name in _ABOUT_NULLS | _ABOUT_NUMBERS | _ABOUT_TIMES and value not in (None, "")
    }
    return WriteOptions(frame, names, header, delimiter, style)


def _changes_nothing(name: str, value: Any) -> bool:
    """Return whether an option says what is so without it.

    ``headers``, which was an argument of its own once, is what scripts and packages still give.
    """
    if name == "headers" and value is False:
        raise CivisArgumentError(
            "headers=False: a frame has names, which its first line holds; header=False leaves "
            "that line out. Nothing was sent."
        )
    return (name == "headers" and value in (None, True)) or (name == "index" and value is False)


def _frame_with_a_writer(frame: Any) -> tuple[Any, bool]:
    """Return a frame that can write CSV, and whether it is one of pandas."""
    if hasattr(frame, "to_csv") and hasattr(frame, "iloc"):
        return frame, True
    if type(frame).__module__.startswith("pyarrow"):
        import polars as pl

        return pl.from_arrow(frame), False
    if hasattr(frame, "write_csv"):
        return frame, False
    raise CivisInputError(
        f"A {type(frame).__name__} is no frame; give a pandas or polars DataFrame, or a "
        "pyarrow Table."
    )


def _check_known(frame: Any, options: Mapping[str, Any]) -> None:
    """Check that a frame's own writer has these options, and that they can be chosen."""
    is_pandas = hasattr(frame, "iloc")
    writer = type(frame).to_csv if is_pandas else type(frame).write_csv
    named = "DataFrame.to_csv" if is_pandas else "DataFrame.write_csv"
    known = {*inspect.signature(writer).parameters, "header"}
    for name in options:
        if name not in known:
            raise CivisArgumentError(f"{named} knows no option {name!r}. Nothing was sent.")
    odd = set(options) - _WITHOUT_EFFECT - _CHOOSING - _ABOUT_NULLS - _ABOUT_NUMBERS - _ABOUT_TIMES
    if odd:
        raise CivisInputError(f"{', '.join(sorted(odd))} can't be chosen; leave it out.")


def _chosen(frame: Any, columns: Any) -> Any:
    """Return a pandas frame with some of its columns; None: all."""
    if columns is None:
        return frame
    wanted = [columns] if isinstance(columns, str) else list(columns)
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise CivisInputError(
            f"The frame has no column {', '.join(map(repr, missing))}; it has "
            f"{', '.join(map(repr, frame.columns))}."
        )
    return frame[wanted]


def _with_index(frame: Any, options: Mapping[str, Any]) -> Any:
    """Return a pandas frame with its index as columns, where that is wanted."""
    if not options.get("index"):
        return frame
    label = options.get("index_label")
    try:
        return frame.reset_index(names=label if label else None)
    except (ValueError, TypeError) as error:
        raise CivisInputError(
            f"The frame's index can't become columns: {error}. Rename it: "
            "df.rename_axis(index='row')."
        ) from None


def can_hold(kind: pa.DataType, texts: pa.ChunkedArray) -> bool:
    """Return whether texts can be read as values of a type."""
    import pyarrow as pa

    try:
        texts.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    return True


def styled_texts(
    frame: Any, at: int, column: pa.ChunkedArray, exact: pa.ChunkedArray, style: Mapping[str, Any]
) -> pa.ChunkedArray | None:
    """Return a column as texts in a style; None where that changes nothing.

    Parameters
    ----------
    frame, at
        The frame, and the column's number in it.
    column
        The column's values.
    exact
        The same as they are written without a style.
    style
        Of the `WriteOptions`.
    """
    import pyarrow as pa

    applied = {
        name: value for name, value in style.items() if name in _options_of_type(column.type)
    }
    null = next((style[name] for name in _ABOUT_NULLS if name in style), None)
    if not applied and (null is None or not column.null_count):
        return None
    texts = exact.cast(pa.string())
    if applied:
        written = _written(frame, at, applied)
        missing = column.is_null().to_pylist()
        values = [None if gone else text for text, gone in zip(written, missing, strict=True)]
        texts = pa.chunked_array([pa.array(values, pa.string())])
    return texts if null is None else texts.fill_null(str(null))


def _options_of_type(kind: Any) -> frozenset[str]:
    """Return the options that change values of a type."""
    import pyarrow as pa

    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _ABOUT_NUMBERS
    return _ABOUT_TIMES if pa.types.is_temporal(kind) else frozenset()


def _written(frame: Any, at: int, style: Mapping[str, Any]) -> list[str]:
    """Return the texts of one column as the frame's own writer has them."""
    if hasattr(frame, "iloc"):
        text = frame.iloc[:, [at]].to_csv(index=False, header=False, lineterminator="\n", **style)
    else:
        text = frame[:, [at]].write_csv(include_header=False, quote_style="always", **style)
    return [row[0] if row else "" for row in csv_reader(io.StringIO(text, newline=""))]
