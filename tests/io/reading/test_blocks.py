"""CSV is cut into blocks of whole records, and collected into columns."""

from __future__ import annotations

import csv
import io
import threading

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civis_nb.errors import CivisDownloadError
from civis_nb.io.reading.blocks import map_blocks, record_blocks, split_ahead, tables_of_rows
from civis_nb.io.reading.parsers.arrow_exact import exact_table
from civis_nb.io.reading.parsers.list_inferred import read_rows
from civis_nb.io.reading.parsers.pandas_columns import NumberColumn, TextColumn
from civis_nb.io.reading.parsers.pandas_inferred import infer_pandas
from civis_nb.io.reading.parsers.polars_inferred import infer_polars

pytestmark = pytest.mark.exhaustive

cells = st.lists(
    st.lists(st.sampled_from(["", "a", '"', "\n", "\r\n", ",", 'x"\n"y', "long " * 9]), min_size=2),
    min_size=1,
    max_size=12,
)


@settings(deadline=None)
@given(cells, st.integers(1, 40), st.integers(1, 60))
def test_blocks_are_whole_records(rows, step, size):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    content = text.getvalue().encode()
    chunks = [content[at : at + step] for at in range(0, len(content), step)]
    blocks = list(record_blocks(chunks, size, "it"))
    assert b"".join(blocks) == content
    assert all(block.count(b'"') % 2 == 0 for block in blocks)
    assert all(block.endswith(b"\n") for block in blocks[:-1])


def test_content_that_ends_inside_quotes_is_refused():
    with pytest.raises(CivisDownloadError, match="inside a quoted field"):
        list(record_blocks([b'a\n"x'], 4, "it"))


def test_blocks_come_in_order_from_several_workers():
    content = b"".join(b"%d,%d\n" % (number, -number) for number in range(20_000))
    assert b"".join(map_blocks(record_blocks([content], 512, "it"), bytes)) == content


def test_blocks_of_many_columns_have_more_rows():
    record = b",".join([b"1"] * 1_000) + b"\n"
    with split_ahead([record * 4_001], 1024, "it") as (header, blocks):
        assert header == record
        first = next(blocks)
        rest = b"".join(blocks)
    assert first + rest == record * 4_000
    assert first.count(b"\n") > 1_000


def test_thread_that_splits_ends_with_its_block():
    closed = []

    def endless():
        try:
            while True:
                yield b"a,b\n" * 1_000
        finally:
            closed.append(threading.current_thread().name)

    with split_ahead(endless(), 1024, "it") as (header, blocks):
        assert header == b"a,b\n"
        assert next(blocks).startswith(b"a,b\n")
    assert closed == ["civis-prefetch"]


def test_wide_content_of_several_blocks_is_as_pandas_reads_it():
    number = np.arange(12_000)
    kinds = [
        number,
        np.where(number % 3, number, np.nan),  # whole, with gaps
        np.where(number > 9_000, number / 4, number),  # fractions that come late
        number.astype(str) + np.array(" text"),
        np.where(number > 10_000, "late", None),
    ]
    frame = pd.DataFrame({f"c{at}": kinds[at % 4] for at in range(150)})
    text = frame.to_csv(index=False).encode()
    assert len(text) > 8_000_000
    chunks = [text[at : at + 500_000] for at in range(0, len(text), 500_000)]
    pd.testing.assert_frame_equal(infer_pandas(chunks, "it"), pd.read_csv(io.BytesIO(text)))
    # pandas itself infers the types of a column piece by piece, unless told otherwise.
    text = frame.assign(last=kinds[4]).to_csv(index=False).encode()
    whole = pd.read_csv(io.BytesIO(text), low_memory=False)
    pd.testing.assert_frame_equal(infer_pandas([text], "it"), whole)


def test_what_fails_in_the_work_on_a_block_is_raised():
    def work(block):
        raise CivisDownloadError(f"{len(block)} bytes")

    with pytest.raises(CivisDownloadError, match="4 bytes"):
        list(map_blocks(record_blocks([b"a\n"] * 100, 3, "it"), work))


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.text("aé", max_size=3)), max_size=5),
        min_size=1,
        max_size=6,
    ),
    st.integers(1, 40_000),
)
def test_collected_texts_are_those_of_the_pieces(pieces, times):
    arrays = [pa.array(piece, pa.large_string()) for piece in pieces]
    arrays.append(pa.concat_arrays([pa.array(["x", None, "yz"], pa.large_string())] * times)[1:])
    texts = TextColumn()
    for array in [*arrays, *arrays]:
        texts.add(array)
    column = texts.column()
    column.validate(full=True)
    assert column.equals(pa.chunked_array([*arrays, *arrays]))


def test_collected_integers_become_fractions_where_a_null_comes():
    numbers = NumberColumn()
    large = np.arange(300_000)
    numbers.add(pa.array([], pa.int64()))
    numbers.add(pa.array(large))
    numbers.add(pa.array([None, 5]))
    numbers.add(pa.array(large))
    got = numbers.array()
    assert got.dtype == np.float64
    assert np.array_equal(got, [*large, np.nan, 5, *large], equal_nan=True)
    assert NumberColumn().array().tolist() == []


def test_largest_fraction_is_known():
    numbers = NumberColumn()
    numbers.add(pa.array([None, 1.5, -7.0, float("nan")]))
    numbers.add(pa.array([None], pa.float64()))
    assert numbers.largest == 7.0


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), st.integers(1, 7))
def test_tables_are_joined_to_the_rows_asked_for(sizes, rows):
    whole = pa.table({"a": list(range(sum(sizes))), "b": ["x"] * sum(sizes)})
    starts = [sum(sizes[:at]) for at in range(len(sizes))]
    tables = [whole.slice(at, size) for at, size in zip(starts, sizes, strict=True)]
    joined = list(tables_of_rows(tables, rows))
    assert all(table.num_rows == rows for table in joined[:-1])
    assert pa.concat_tables(joined).to_pylist() == whole.to_pylist()


@pytest.fixture(scope="module")
def large_rows():
    """Rows of more than one block: texts that come again late, and quoted line breaks."""
    return [
        [str(at), f"text {at % 60_000}", f"{at % 7}", f'line\n"{at}"', "" if at % 3 else "x"]
        for at in range(300_000)
    ]


@pytest.fixture(scope="module")
def large_csv(large_rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([list("abcde"), *large_rows])
    content = text.getvalue().encode()
    return [content[at : at + 100_000] for at in range(0, len(content), 100_000)]


def test_rows_of_many_blocks(large_rows, large_csv):
    got = read_rows(large_csv, "it")
    assert got == [list("abcde"), *large_rows]
    assert got[250_000][1] is got[250_000 - 60_000][1]


def test_exact_table_of_many_blocks(large_rows, large_csv):
    told = [("a", "INTEGER"), ("b", "TEXT"), ("c", "TEXT"), ("d", "TEXT"), ("e", "TEXT")]
    table = exact_table(large_csv, told, "it")
    assert table["a"].to_pylist() == list(range(300_000))
    for at, name in enumerate("bcde", 1):
        assert table[name].to_pylist() == [row[at] or None for row in large_rows]


def test_polars_frame_of_many_blocks(large_rows, large_csv):
    frame = infer_polars(large_csv, "it")
    assert frame["a"].to_list() == list(range(300_000))
    assert frame["d"].to_list() == [row[3] for row in large_rows]
