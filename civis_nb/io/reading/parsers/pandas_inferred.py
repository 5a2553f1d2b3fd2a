"""CSV as the pandas frame that `pandas.read_csv` returns: types="infer".

pyarrow parses on all cores, and its result is taken only where it is the same as pandas':
where a column may be one that the two read differently, pandas reads the CSV itself.
Two differences are intended: fractions are rounded correctly to the last bit, and a column of
which only a part looks like numbers is text from its first row to its last.
"""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from civis_nb.io.csv_reader import csv_reader
from civis_nb.io.prefetch import prefetch
from civis_nb.io.reading.blocks import last_record_end, map_blocks, parse_pool, split_ahead
from civis_nb.io.reading.chunk_reader import ChunkReader
from civis_nb.io.reading.content import first_record
from civis_nb.io.reading.header import column_names
from civis_nb.io.reading.parsers.arrow_csv import read_options
from civis_nb.io.reading.parsers.pandas_columns import NumberColumn, TextColumn

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["infer_pandas", "read_with_pandas"]

_HEAD_BYTES = 256 * 1024
_BLOCK_BYTES = 2 * 1024 * 1024
#: Of what pyarrow itself cuts into blocks.
_ARROW_BLOCK_BYTES = 2 * 1024 * 1024
#: Small enough for the processor's cache.
_SCANNED_BYTES = 128 * 1024
_NA_VALUES = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
#: Everything that pandas may take for a number, and a little more.
_MAYBE_NUMBER = r"(?i)^\s*[+-]?\s*([0-9]*[.]?[0-9]*\s*(e\s*[+-]?[0-9]*)?|inf|infinity|nan)\s*$"


class _NotReproducible(Exception):  # noqa: N818 - internal, never raised to the user
    """pandas may read the CSV in another way than pyarrow."""


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
    except _NotReproducible:
        return read_with_pandas(chunks)


def read_with_pandas(chunks: Iterable[bytes], **options: Any) -> pd.DataFrame:
    """Read a CSV by `pandas.read_csv` itself.

    A blank line of a single column is a NULL, not a row to be left out.
    """
    import pandas as pd

    content = b"".join(prefetch(chunks))
    if "skip_blank_lines" not in options and _has_one_column(content):
        options = {**options, "skip_blank_lines": False}
    frame: pd.DataFrame = pd.read_csv(io.BytesIO(content), **options)
    return frame


def _has_one_column(content: bytes) -> bool:
    """Return whether the header of a CSV, in any encoding that has ASCII, names one column."""
    header, _ = first_record([content[:_HEAD_BYTES]])
    names = next(csv_reader(io.StringIO(header.decode("latin-1"), newline="")), [])
    return len(names) < 2


def _by_arrow(chunks: Iterable[bytes], what: str) -> pd.DataFrame:
    """Return the frame, parsed by pyarrow; raise where pandas would return another one."""
    import pyarrow as pa

    scan = _NumberScan()
    try:
        with split_ahead(chunks, _BLOCK_BYTES, what) as (header, blocks):
            names = column_names(header, what)
            if len(set(names)) != len(names) or not all(names):
                raise _NotReproducible  # pandas renames them
            first = next(blocks, b"")
            kinds = _kinds(_head(first), len(names))
            try:
                columns = _parsed_by_blocks(
                    scan, itertools.chain([first], blocks), len(names), kinds
                )
            except pa.ArrowInvalid:
                columns = None
        if columns is None:
            # The first records mislead about the types: they are inferred from all records.
            _, rest = first_record(prefetch(chunks))
            scan = _NumberScan()
            columns = _parsed(scan.scanned(rest), len(names), kinds)
    except pa.ArrowInvalid:
        raise _NotReproducible from None  # rows of different lengths, or no UTF-8
    for column in columns:
        column.check(scan)
    return _frame(columns, names, scan)


def _head(block: bytes) -> bytes:
    """Return the first records of a block."""
    head = block[:_HEAD_BYTES]
    return head[: last_record_end(head, head.count(b'"') % 2)]


class _NumberScan:
    """A scan for ``0x`` and ``+``, which pyarrow and pandas read differently before digits.

    Attributes
    ----------
    hex, plus
        Whether one was found.
    seeks_hex, seeks_plus
        Whether to look for one: false where no column has values that it could change.
    """

    def __init__(self) -> None:
        self.hex = self.plus = False
        self.seeks_hex = self.seeks_plus = True

    def add(self, block: bytes) -> None:
        """Scan a block of whole records, without holding up other threads."""
        import numpy as np

        # Several threads scan at the same time: each only ever says that it found one.
        if self.seeks_plus and not self.plus and b"+" in block:
            self.plus = True
        if not self.seeks_hex or self.hex:
            return
        # To look for two characters, bytes take ten times as long, and hold up other threads.
        codes = np.frombuffer(block, np.uint8)
        starts = range(0, len(codes), _SCANNED_BYTES)
        if any(_has_hex(codes[at : at + _SCANNED_BYTES + 1]) for at in starts):
            self.hex = True

    def scanned(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass on chunks that are cut anywhere, and scan them."""
        last = b""
        for chunk in chunks:
            self.add(last + chunk)
            last = chunk[-1:]
            yield chunk


def _has_hex(codes: np.ndarray[Any, Any]) -> bool:
    """Return whether ``0x`` or ``0X`` is among character codes."""
    zeros = codes[:-1] == ord("0")
    zeros &= (codes[1:] | 0x20) == ord("x")
    return bool(zeros.any())


def _options(
    count: int, kinds: dict[int, Any], block_bytes: int | None = None
) -> tuple[Any, Any, Any]:
    """Return the options of pyarrow's parser: read, parse, convert; see `read_options`."""
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
    """Return the types of the columns in the first records; none for columns of NULLs only."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    if not head:
        raise _NotReproducible
    table = arrow_csv.read_csv(pa.BufferReader(head), *_options(count, {}))
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


def _parsed_by_blocks(
    scan: _NumberScan, blocks: Iterable[bytes], count: int, kinds: dict[int, Any]
) -> list[_Column]:
    """Parse block by block: pyarrow itself would hold as much of the text as it can get.

    Raises
    ------
    pyarrow.ArrowInvalid
        When a column is of another type further on.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    pool = parse_pool()
    options = _options(count, kinds)

    def parsed(block: bytes) -> Any:
        scan.add(block)
        return arrow_csv.read_csv(pa.BufferReader(block), *options, memory_pool=pool)

    scan.seeks_hex = any(map(pa.types.is_integer, kinds.values()))
    columns: list[_Column] = []
    for table in map_blocks(blocks, parsed):
        if not columns:
            columns = [_Column(kind) for kind in table.schema.types]
        elif table.schema.types != [column.kind for column in columns]:
            raise pa.ArrowInvalid("a column that was NULL has values")
        for column, values in zip(columns, table.columns, strict=True):
            column.add(values)
        scan.seeks_plus = scan.seeks_plus and any(column.may_have_plus for column in columns)
    return columns


def _parsed(chunks: Iterable[bytes], count: int, kinds: dict[int, Any]) -> list[_Column]:
    """Parse all at once; only columns that begin as text are known to be text to the end."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    texts = {at: kind for at, kind in kinds.items() if _is_text(kind)}
    source = pa.PythonFile(ChunkReader(chunks), mode="r")
    table = arrow_csv.read_csv(
        source, *_options(count, texts, _ARROW_BLOCK_BYTES), memory_pool=pa.system_memory_pool()
    )
    columns = [_Column(kind) for kind in table.schema.types]
    for column, values in zip(columns, table.columns, strict=True):
        column.add(values)
    return columns


class _Column:
    """A column that arrives block by block; at the end its values in pandas."""

    def __init__(self, kind: Any) -> None:
        import pyarrow as pa

        self.kind = kind
        self._numbers = NumberColumn() if kind in (pa.int64(), pa.float64()) else None
        self._texts = TextColumn() if kind == pa.large_string() else None
        self._chunks: list[Any] = []

    @property
    def may_have_plus(self) -> bool:
        """Whether all values so far are whole, though pyarrow took them for fractions.

        ``+5`` is an integer for pandas, and a fraction for pyarrow.
        """
        import pyarrow as pa

        return self.kind == pa.float64() and self._numbers is not None and self._numbers.is_whole

    def add(self, column: Any) -> None:
        """Append a chunked array of this kind."""
        if self._texts is not None:
            for chunk in column.chunks:
                self._texts.add(chunk)
            return
        if self._numbers is None:
            self._chunks.extend(column.chunks)
            return
        for chunk in column.chunks:
            self._numbers.add(chunk)

    def check(self, scan: _NumberScan) -> None:
        """Check that pandas reads the column in the same way.

        Raises
        ------
        _NotReproducible
            When it may.
        """
        import pyarrow as pa

        if _is_time(self.kind) or (pa.types.is_integer(self.kind) and scan.hex):
            raise _NotReproducible
        if self._numbers is not None and not self._numbers.largest < 2.0**63:
            raise _NotReproducible  # integers that are too long are text for pandas
        if _is_text(self.kind) and not _has_certain_text(self._arrow()):
            raise _NotReproducible

    def values(self, has_plus: bool) -> Any:
        """Return the values of a column of the frame.

        Raises
        ------
        _NotReproducible
            When pandas may read it in another way.
        """
        if self._numbers is None:
            return _series(self._arrow())
        if has_plus and self.may_have_plus:
            raise _NotReproducible
        return self._numbers.array()

    def _arrow(self) -> Any:
        """Return the whole column; texts that were not yet converted are now."""
        import pyarrow as pa

        if self._texts is not None:
            self._chunks, self._texts = self._texts.column().chunks, None
        return pa.chunked_array(self._chunks, self.kind)


def _has_certain_text(column: Any) -> bool:
    """Return whether at least one value can be no number for pandas: then all of it is text."""
    import pyarrow.compute as pc

    for value in column.slice(0, 100).to_pylist():
        if value is not None and not re.match(_MAYBE_NUMBER, value):
            return True
    matches = pc.match_substring_regex(column, _MAYBE_NUMBER)
    return not bool(pc.all(matches).as_py())


def _frame(columns: list[_Column], names: list[str], scan: _NumberScan) -> pd.DataFrame:
    """Return the parsed columns as a frame, names as they are, also where they are equal."""
    import pandas as pd

    values = {at: column.values(scan.plus) for at, column in enumerate(columns)}
    frame = pd.DataFrame(values, copy=False)
    frame.columns = pd.Index(names)
    return frame


def _series(column: Any) -> Any:
    """Return a column as `pandas.read_csv` would have made it."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    if pa.types.is_boolean(column.type):
        values = column.to_numpy()
        if column.null_count:
            values[pd.isna(values)] = np.nan
        return values
    if _is_text(column.type) and int(pd.__version__.split(".")[0]) >= 3:
        text: Any = pd.api.types.pandas_dtype("str")
        return text.__from_arrow__(column)
    series = column.to_pandas()
    if _is_text(column.type) and column.null_count:
        series = series.where(series.notna(), np.nan)
    return series
