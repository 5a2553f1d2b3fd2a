"""pyarrow's CSV parser, with the options that keep every value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from civis_nb.io.reading.blocks import parse_pool

__all__ = ["exact_schema", "mismatched_column", "parse_block", "read_options"]

_MAX_BYTES = 2**31 - 1


def parse_block(block: bytes, types: Sequence[Any]) -> Any:
    """Parse whole records of columns ``c0``, ``c1``, … into an Arrow table.

    Raises
    ------
    pyarrow.ArrowInvalid
        When a value can't be of its type, or records are of different lengths.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    try:
        return arrow_csv.read_csv(
            pa.BufferReader(block),
            *read_options(len(types)),
            _convert_options(types),
            memory_pool=parse_pool(),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error):
            raise
        return exact_schema(types).empty_table()


def exact_schema(types: Sequence[Any]) -> Any:
    """Return the schema of columns ``c0``, ``c1``, … of Arrow types, None being text."""
    import pyarrow as pa

    return pa.schema([pa.field(f"c{at}", kind or pa.string()) for at, kind in enumerate(types)])


def _convert_options(types: Sequence[Any]) -> Any:
    """Return the conversion of columns ``c0``, ``c1``, … to Arrow types, None being text."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    return arrow_csv.ConvertOptions(
        column_types={f"c{at}": kind or pa.string() for at, kind in enumerate(types)},
        # NULL is the empty field without quotes; "" is a text of no length.
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["t", "true", "True", "TRUE", "1"],
        false_values=["f", "false", "False", "FALSE", "0"],
    )


def read_options(count: int, block_bytes: int | None = None) -> tuple[Any, Any]:
    """Return pyarrow's options to read a CSV of columns ``c0``, ``c1``, … without a header.

    Parameters
    ----------
    count
        How many columns.
    block_bytes
        How much to parse at once; None: the input is a block of whole records in memory, and is
        parsed at once, in the calling thread.
    """
    from pyarrow import csv as arrow_csv

    names = [f"c{at}" for at in range(count)]
    is_block = block_bytes is None
    return (
        arrow_csv.ReadOptions(
            column_names=names, block_size=block_bytes or _MAX_BYTES, use_threads=not is_block
        ),
        arrow_csv.ParseOptions(
            # To look for the end of a block that is cut already takes long.
            newlines_in_values=not is_block,
            # A blank line of a single column is a NULL.
            ignore_empty_lines=count != 1,
        ),
    )


def mismatched_column(error: Exception) -> int | None:
    """Return the number of the column, from 0, of which a value is not of its type."""
    found = re.match(r"In CSV column #(\d+):", str(error))
    return int(found.group(1)) if found else None
