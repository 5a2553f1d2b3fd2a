"""CSV becomes the same frames as today with inferred types, and loses nothing with exact ones."""

from __future__ import annotations

import datetime as dt
import io
import random
import re
import warnings
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from civis_nb.errors import CivisDownloadError
from civis_nb.frames.sql_types import arrow_type
from civis_nb.io.reading.blocks import record_blocks
from civis_nb.io.reading.content import joined
from civis_nb.io.reading.parsers.arrow_exact import exact_table
from civis_nb.io.reading.parsers.arrow_types import infer_column
from civis_nb.io.reading.parsers.list_inferred import read_rows
from civis_nb.io.reading.parsers.pandas_inferred import infer_pandas, read_with_pandas

pytestmark = pytest.mark.exhaustive

CELLS = """1|0|-5|+5| 5|007|1.5|-0|1e5|1E5|.5|5.|0x10|inf|-inf|nan|NaN|NA||""|null|None|True|true|
TRUE|False|false|t|f|2020-01-01|2020-01-01 10:00:00|10:00:00|abc|a b|"x,y"|"q""q"|é|1_000|
9223372036854775807|9223372036854775808|12345678901234567.89|1e400|-|+|e5|Infinity|1 2|"5"|" x"|
'a'|0.1|123456789.125|1e-5|T|1d5|1f|0b1""".replace("\n", "").split("|")


def test_inferred_frames_are_those_of_pandas():
    dice = random.Random(7)
    for _ in range(400):
        count = dice.choice([2, 3])
        pools = [dice.sample(CELLS, dice.choice([1, 1, 2, 3])) for _ in range(count)]
        lines = [",".join("abc"[:count])]
        for _ in range(dice.choice([1, 3, 8])):
            lines.append(",".join(dice.choice(pool) for pool in pools))
        content = ("\n".join(lines) + "\n").encode()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = pd.read_csv(io.BytesIO(content))
            got = infer_pandas([content], "it")
        assert_frame_equal(got, expected, check_exact=True, obj=repr(content))


@pytest.mark.parametrize(
    "content",
    [
        b"a,a\n1,2\n",
        b"a,\n1,2\n",
        b"a,b\n1\n1,2\n",
        b"a,b\n1,2,3\n4,5,6\n",
        b"a,b\n",
        b"a,b\r\n1,x\r\n",
        b'a,b\n"x\r\ny",1\n',
        b"\xef\xbb\xbfa,b\n1,2",
        b"a,b\n1,99999999999999999999\n",
        b"a,b\n0x1F,2\n",
        b'a,b\n1,"' + b"x" * 400_000 + b'"\n',
        b'a,b\n1,"' + b'""\n' * 100_000 + b'"\n',
        b'a,b\n1,"x+y"\n,"z"\n',
        b"a,b,c\n" + b'5,"some text",1.5\n' * 150_000 + b'+5,"x",2.5\n',
        b"a,b,c\n" + b'+5,"some text",1.5\n' * 150_000,
        b"a,b,c\n" + b'5,"some text",1.5\n' * 150_000 + b'0x5,"x",2.5\n',
    ],
)
def test_odd_content_is_read_as_pandas_does(content):
    assert_frame_equal(infer_pandas([content], "it"), pd.read_csv(io.BytesIO(content)))


def test_types_that_change_late_are_seen():
    lines = [b"a,b,c\n"] + [b"1,,2020-01-01\n"] * 60_000 + [b"x,2020-01-01,y\n"]
    frame = infer_pandas([b"".join(lines)], "it")
    assert [str(kind) for kind in frame.dtypes] == ["str"] * 3 or len(frame) == 60_001
    assert frame["a"].iloc[0] == "1"
    assert frame["b"].iloc[-1] == "2020-01-01"


cell = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
    st.sampled_from(["00501", "1E5", "", "NA", "null", '"', ",", "\n", "\r\n", "1", "t", "1.50"]),
)


def as_csv(rows):
    def field(value):
        return "" if value is None else '"' + value.replace('"', '""') + '"'

    lines = ["a,b", *(",".join(map(field, row)) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(cell, cell), min_size=1, max_size=6), st.integers(1, 50))
def test_text_columns_come_back_as_they_are(rows, step):
    content = as_csv(rows)
    chunks = [content[at : at + step] for at in range(0, len(content), step)]
    told = [("a", "VARCHAR(20)"), ("b", "text")]
    table = exact_table(chunks, told, "it")
    assert table.to_pylist() == [dict(zip("ab", row, strict=True)) for row in rows]
    whole = [bytes(block) for block in record_blocks(chunks, 1, "it")]
    assert b"".join(whole) == content
    assert all(block.count(b'"') % 2 == 0 for block in whole)


@pytest.mark.contract("D22")
@settings(max_examples=150, deadline=None)
@given(st.lists(cell, min_size=1, max_size=6))
def test_inference_loses_nothing(values):
    column = infer_column(pa.chunked_array([pa.array(values, pa.string())]))
    for text, value in zip(values, column.to_pylist(), strict=True):
        if text is None or value is None:
            assert text is None
            assert value is None
        elif isinstance(value, bool):
            assert text in ("t", "f", "true", "false")
        elif isinstance(value, int | float | Decimal):
            assert Decimal(text) == Decimal(str(value))
            assert re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?(e[+-]\d\d+)?", text)
        elif not isinstance(value, str):
            assert str(value).replace("+00:00", "").startswith(text[:10])
        else:
            assert value == text


@pytest.mark.contract("D21")
@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-5", None], "int64"),
        (["9007199254740993", None], "int64"),
        (["9223372036854775808"], "decimal128(38, 0)"),
        (["00501", "1"], "string"),
        (["1E5", "2E10"], "string"),
        (["1e5"], "string"),
        (["+1"], "string"),
        (["-0"], "string"),
        (["1", ""], "string"),
        (["1.5", "2", None], "double"),
        (["1.50", "2.25"], "decimal128(3, 2)"),
        (["12345678901234567.89"], "decimal128(19, 2)"),
        (["-0.50", "12.25"], "decimal128(4, 2)"),
        (["1.0", "2.5"], "decimal128(2, 1)"),
        (["1.0", "0.14285714285714285"], "double"),
        (["1.0", "0.142857142857142857"], "decimal128(19, 18)"),
        (["1.0", "0.250"], "decimal128(4, 3)"),
        (["-1.5e-07", "100.0", "-Infinity"], "double"),
        (["1.1e-07", "12345678901234567.5"], "string"),
        (["0.1", "1e-07", "NaN"], "double"),
        (["0", "0.0"], "string"),
        (["-0.0", "1.5"], "double"),
        (["-0.00", "1.50"], "double"),
        (["-0.0", "9007199254740993.5"], "string"),
        (["1e+400", "1.5"], "string"),
        (["1e-400", "1.5"], "string"),
        (["1e-320", "0.0", "-inf"], "double"),
        (["0000-01-01"], "string"),
        (["NaN"], "string"),
        (["true", "false"], "bool"),
        (["t", "f", None], "bool"),
        (["f", "f"], "string"),
        (["2020-01-01", None], "date32[day]"),
        (["2020-02-30"], "string"),
        (["2020-01-01 00:00:00", "2020-01-01 00:00:00.123456"], "timestamp[us]"),
        (["2020-01-01 00:00:00+00", "2020-01-01 00:00:00-05:30"], "timestamp[us, tz=UTC]"),
        ([None, None], "string"),
        (["1", "x"], "string"),
    ],
)
def test_inferred_kinds(values, kind):
    assert str(infer_column(pa.chunked_array([values], pa.string())).type) == kind


def test_value_that_its_type_cannot_hold_stays_text():
    content = b"a,b\ninfinity,1\n2020-01-01,2\n"
    table = exact_table([content], [("a", "timestamp"), ("b", "int")], "it")
    assert table.to_pydict() == {"a": ["infinity", "2020-01-01"], "b": [1, 2]}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("INTEGER", "int32"),
        ("bigint", "int64"),
        ("smallint", "int16"),
        ("numeric(18,2)", "decimal128(18, 2)"),
        ("DECIMAL(5)", "decimal128(5, 0)"),
        ("double precision", "double"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp[us, tz=UTC]"),
        ("timestamp without time zone", "timestamp[us]"),
        ("timestamptz", "timestamp[us, tz=UTC]"),
        ("boolean", "bool"),
        ("date", "date32[day]"),
        ("time", "time64[us]"),
        ("character varying(20)", "None"),
        ("numeric", "None"),
        ("super", "None"),
        ("STRUCT(a INTEGER)", "None"),
    ],
)
def test_sql_types(name, kind):
    assert str(arrow_type(name)) == kind


def test_timestamps_of_all_zones_are_utc():
    content = b"a\n2020-01-01 00:00:00+00\n2020-01-01 00:00:00.5-05:30\n"
    table = exact_table([content], [("a", "timestamptz")], "it")
    utc = dt.UTC
    assert table["a"].to_pylist() == [
        dt.datetime(2020, 1, 1, tzinfo=utc),
        dt.datetime(2020, 1, 1, 5, 30, 0, 500000, tzinfo=utc),
    ]


@pytest.mark.contract("D15")
def test_rows_are_those_of_the_csv_module():
    content = 'a,b\n"x,\ny",1\n,"é"\nlong,'.encode() + b"z" * 200_000 + b"\n"
    rows = [["a", "b"], ["x,\ny", "1"], ["", "é"], ["long", "z" * 200_000]]
    for step in (1, 3, len(content)):
        if step > 1 or len(content) < 1000:
            chunks = [content[at : at + step] for at in range(0, len(content), step)]
            assert read_rows(chunks, "it") == rows
    assert read_rows([b"a\n\n1\n"], "it") == [["a"], [], ["1"]]
    assert read_rows([b"a,b\n1\n"], "it") == [["a", "b"], ["1"]]
    assert read_rows([b"a;b\n1;2\n"], "it", delimiter=";") == [["a", "b"], ["1", "2"]]
    assert read_rows(["a,b\né,1\n".encode("latin-1")], "it", "latin-1")[1] == ["é", "1"]
    with pytest.raises(CivisDownloadError, match="encoding="):
        read_rows(["a,b\né,1\n".encode("latin-1")], "it")


def test_files_with_headers_are_joined_once():
    files = [[b'a,"b\nc"\n1,2'], [b'a,"b\n', b'c"\n3,4\n'], [b'a,"b\nc"\n']]
    assert b"".join(joined(files, header=True)) == b'a,"b\nc"\n1,2\n3,4\n'
    with pytest.raises(CivisDownloadError, match="different headers"):
        list(joined([[b"a\n"], [b"b\n"]], header=True))


@pytest.mark.parametrize("name", ["a", "a,b", "a\nb", "é"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_null_in_the_only_column_is_a_row_whatever_its_name(name, encoding):
    content = f'"{name}"\n1\n\n3\n'.encode(encoding)
    frame = read_with_pandas([content[:2], content[2:]], encoding=encoding)
    assert frame[name].isna().tolist() == [False, True, False]
