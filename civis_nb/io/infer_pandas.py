"""CSV as the pandas frame that `pandas.read_csv` would give: types="infer".

pyarrow parses on all cores, and its result is taken only where it is the same as pandas':
where a column may be one that the two read differently, pandas reads the CSV itself.
Two differences are meant: fractions are rounded correctly to the last bit, and a column of
which only a part looks like numbers is text from its first row to its last.
"""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from civis_nb.io.content import ahead, last_record_end, records
from civis_nb.io.exact import BLOCK_BYTES, ChunkReader, read_options, split_header

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["infer_pandas", "read_with_pandas"]

_HEAD_BYTES = 256 * 1024
_BLOCK_BYTES = 4 * 1024 * 1024
#: Small enough for the processor's cache.
_WATCHED_BYTES = 128 * 1024
_NA_VALUES = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
#: Everything that pandas may take for a number, and a little more.
_MAYBE_NUMBER = r"(?i)^\s*[+-]?\s*([0-9]*[.]?[0-9]*\s*(e\s*[+-]?[0-9]*)?|inf|infinity|nan)\s*$"


class _Unlike(Exception):  # noqa: N818 - a turn of the reading, never shown
    """The CSV may be one that pandas reads in its own way."""


def infer_pandas(chunks: Iterable[bytes], what: str) -> pd.DataFrame:
    """Read a CSV with a header as `pandas.read_csv` does by default.

    Parameters
    ----------
    chunks
        The content, comma separated, cut anywhere; something that can be iterated again.
    what
        What is read, for errors.

    Raises
    ------
    CivisDownloadError
        When the content could not be had whole.
    """
    try:
        return _by_arrow(chunks, what)
    except _Unlike:
        return read_with_pandas(chunks)


def read_with_pandas(chunks: Iterable[bytes], **options: Any) -> pd.DataFrame:
    """Read a CSV by `pandas.read_csv` itself.

    A blank line of a single column is a NULL, not a row to be left out.
    """
    import pandas as pd

    content = b"".join(chunks)
    if "skip_blank_lines" not in options and b"," not in content[: content.find(b"\n") + 1]:
        options = {**options, "skip_blank_lines": False}
    frame: pd.DataFrame = pd.read_csv(io.BytesIO(content), **options)
    return frame


def _by_arrow(chunks: Iterable[bytes], what: str) -> pd.DataFrame:
    import pyarrow as pa

    names, rest = split_header(chunks, what)
    if len(set(names)) != len(names) or not all(names):
        raise _Unlike  # pandas renames them
    head, rest = _head(rest)
    watch = _Watch()
    try:
        kinds = _kinds(head, len(names))
        try:
            table = _parsed_by_blocks(watch.over(rest), len(names), kinds, what)
        except pa.ArrowInvalid:
            # The beginning misleads about the types: they are told from the whole.
            _, rest = split_header(chunks, what)
            table = _parsed(watch.over(rest), len(names), kinds)
    except pa.ArrowInvalid:
        raise _Unlike from None  # rows of different lengths, or no UTF-8
    for column in table.columns:
        _check(column, watch)
    return _frame(table, names)


def _head(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Give the first records, and all of the chunks."""
    first: list[bytes] = []
    for chunk in chunks:
        first.append(chunk)
        if sum(map(len, first)) >= _HEAD_BYTES:
            break
    head = b"".join(first)[:_HEAD_BYTES]
    end = last_record_end(head, head.count(b'"') % 2)
    return head[:end], itertools.chain(first, chunks)


class _Watch:
    """Looks for ``0x`` and ``+``, which pyarrow and pandas read differently before digits."""

    def __init__(self) -> None:
        self.hex = False
        self.plus = False

    def over(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        last = b""
        for chunk in chunks:
            self.plus = self.plus or b"+" in chunk
            if not self.hex:
                self.hex = _has_hex(last + chunk[:1]) or _has_hex(chunk)
                last = chunk[-1:]
            yield chunk


def _has_hex(chunk: bytes) -> bool:
    """Say whether ``0x`` or ``0X`` is in `chunk`, without holding up other threads."""
    import numpy as np

    codes = np.frombuffer(chunk, np.uint8)
    for start in range(0, len(codes), _WATCHED_BYTES):
        piece = codes[start : start + _WATCHED_BYTES + 1]
        if (((piece[1:] | 0x20) == ord("x")) & (piece[:-1] == ord("0"))).any():
            return True
    return False


def _options(count: int, kinds: dict[int, Any], block_bytes: int) -> tuple[Any, Any, Any]:
    from pyarrow import csv as arrow_csv

    return (
        *read_options(count, block_bytes),
        arrow_csv.ConvertOptions(
            column_types={f"c{at}": kind for at, kind in kinds.items()},
            null_values=list(_NA_VALUES),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            true_values=["True", "TRUE", "true"],
            false_values=["False", "FALSE", "false"],
        ),
    )


def _kinds(head: bytes, count: int) -> dict[int, Any]:
    """Give the types of the columns in the first records; none for those of NULLs only."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    if not head:
        raise _Unlike
    table = arrow_csv.read_csv(io.BytesIO(head), *_options(count, {}, BLOCK_BYTES))
    kinds = {}
    for at, column in enumerate(table.columns):
        if _is_time(column.type) or _is_text(column.type):
            kinds[at] = pa.large_string()  # what pandas keeps text as: it needs no copy then
        elif not pa.types.is_null(column.type):
            kinds[at] = column.type
    return kinds


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_time(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_temporal(kind))


def _parsed_by_blocks(chunks: Iterable[bytes], count: int, kinds: dict[int, Any], what: str) -> Any:
    """Parse block by block: pyarrow itself would hold as much of the text as it can get.

    Raises
    ------
    pyarrow.ArrowInvalid
        When a column is of another type further on.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    tables: list[Any] = []
    for block in ahead(records(chunks, _BLOCK_BYTES, what), 1):
        table = arrow_csv.read_csv(
            pa.BufferReader(block),
            *_options(count, kinds, BLOCK_BYTES),
            memory_pool=pa.system_memory_pool(),
        )
        if tables and table.schema != tables[0].schema:
            raise pa.ArrowInvalid("a column that was NULL has values")
        tables.append(table)
    return pa.concat_tables(tables)


def _parsed(chunks: Iterable[bytes], count: int, kinds: dict[int, Any]) -> Any:
    """Parse the whole; only what is text in the beginning is known to be text to the end."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    texts = {at: kind for at, kind in kinds.items() if _is_text(kind)}
    source = pa.PythonFile(ChunkReader(chunks), mode="r")
    return arrow_csv.read_csv(
        source, *_options(count, texts, BLOCK_BYTES), memory_pool=pa.system_memory_pool()
    )


def _check(column: Any, watch: _Watch) -> None:
    """Refuse a column that pandas may read in another way.

    Raises
    ------
    _Unlike
        When it may.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if _is_time(kind) or (pa.types.is_integer(kind) and watch.hex):
        raise _Unlike
    if pa.types.is_floating(kind):
        largest = pc.max(pc.abs(column)).as_py()
        if largest is not None and not largest < 2.0**63:
            raise _Unlike  # integers that are too long are text for pandas
        if watch.plus and pc.all(pc.equal(pc.floor(column), column)).as_py():
            raise _Unlike  # +5 is an integer for pandas, a fraction for pyarrow
    if _is_text(kind) and not _has_surely_text(column):
        raise _Unlike


def _has_surely_text(column: Any) -> bool:
    """Say whether at least one value can be no number for pandas: then all of it is text."""
    import pyarrow.compute as pc

    for value in column.slice(0, 100).to_pylist():
        if value is not None and not re.match(_MAYBE_NUMBER, value):
            return True
    matches = pc.match_substring_regex(column, _MAYBE_NUMBER)
    return not bool(pc.all(matches).as_py())


def _frame(table: Any, names: list[str]) -> pd.DataFrame:
    import pandas as pd

    columns = {at: _series(column) for at, column in enumerate(table.columns)}
    frame = pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows), copy=False)
    frame.columns = pd.Index(names)
    return frame


def _series(column: Any) -> Any:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    if pa.types.is_boolean(column.type) and column.null_count:
        values = column.to_pandas().to_numpy(dtype=object, copy=True)
        values[pd.isna(values)] = np.nan
        return values
    if _is_text(column.type) and int(pd.__version__.split(".")[0]) >= 3:
        text: Any = pd.api.types.pandas_dtype("str")
        return text.__from_arrow__(column)
    series = column.to_pandas()
    if _is_text(column.type) and column.null_count:
        series = series.where(series.notna(), np.nan)
    return series
