"""What is detected as a type loads as it: without an error, and with nothing lost."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from civis_nb.local.warehouse.csv.detect import detect_csv

_digits = st.text("0123456789", min_size=1, max_size=40)
_sign = st.sampled_from(["", "", "-", "+"])
_times = st.builds(
    "{}{}{}{}{}".format,
    st.dates().map(str),
    st.sampled_from(["T", " ", "t", "  "]),
    st.sampled_from(["00:00", "23:59:60", "24:00:00", "12:30:15", "7:05", "12:30:15"]),
    st.one_of(st.just(""), st.text("0123456789", min_size=1, max_size=9).map(".{}".format)),
    st.sampled_from(["", "", "Z", "+02", "-05:30", "+0100", "z", " UTC", "+24", "+15:59", "-16"]),
)
_dates = st.builds(
    "{:0{}d}-{}-{}{}".format,
    st.integers(0, 99_999),
    st.integers(1, 6),
    st.sampled_from(["01", "02", "12", "1", "13"]),
    st.sampled_from(["01", "28", "29", "30", "31", "9"]),
    st.sampled_from(["", "", "", " (BC)", " BC", "T00:00:00", " "]),
)
_words = st.sampled_from([
    "true", "false", "True", "FALSE", "t", "f", "yes", "on", "1", "0", "nan", "NaN", "inf", "-inf",
    "Infinity", "epoch", "now", "today", "null", "NULL", "0x1F", "1_000", "1e5", "1E5", "1e400",
    "4e-5", "1.5e+3", "1,5", ".5", "5.", "-0", "-0.0", "00501", "\u0661\u0662", "\uff11\uff12",
    "2020-01", "1/2/2020", "12:30", "--", "?", "\\N",
])  # fmt: skip
_numbers = st.one_of(
    st.builds("{}{}".format, _sign, _digits),
    st.builds("{}{}.{}".format, _sign, _digits, _digits),
    st.builds("{}{}.{}e{}".format, _sign, st.integers(0, 9), _digits, st.integers(-400, 400)),
    st.floats().map(repr),
    st.integers().map(str),
    st.decimals().map(str),
)
_VALUES = (_times, _dates, _words, _numbers, st.text(max_size=8))


@st.composite
def _columns(draw):
    """Draw cells of one kind, perhaps some of another, and empty ones of both kinds."""
    kinds = draw(st.sampled_from([(kind,) for kind in _VALUES] + [(_numbers, _words)]))
    cells = draw(st.lists(st.one_of(*kinds), min_size=1, max_size=6))
    return cells + draw(st.lists(st.sampled_from([None, ""]), max_size=2))


def _written(cells):
    """Return a file with a column; texts are quoted, and NULL is an empty cell."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("n", "v"), *(("x", c) for c in cells)])
    lines = out.getvalue().split("\r\n")
    if any("\r" in cell or "\n" in cell for cell in cells if cell):
        return None  # rows of more than one line: NULLs can't be told from empty texts below
    for at, cell in enumerate(cells, 1):
        if cell is None:
            lines[at] = '"x",'
    return "\r\n".join(lines).encode("utf-8", "surrogatepass")


def _same(kind, text, loaded):
    """Return whether a loaded value, as it is exported, is what the text says."""
    if kind == "BOOLEAN":
        return {"t": "true", "f": "false"}.get(loaded, loaded) == text.lower()
    if kind == "BIGINT" or kind.startswith("DECIMAL"):
        return Decimal(loaded) == Decimal(text)
    if kind == "DOUBLE PRECISION":
        return float(loaded) == float(text) and Decimal(repr(float(text))) == Decimal(text)
    if kind == "DATE":
        return date.fromisoformat(loaded) == date.fromisoformat(text)
    if kind == "TIMESTAMP":
        return datetime.fromisoformat(loaded) == _moment(text)
    if kind == "TIMESTAMPTZ":
        return datetime.fromisoformat(loaded).astimezone(UTC) == _moment(text).astimezone(UTC)
    return loaded == text


def _moment(text):
    """Return the time of a text, which may have more digits than Python reads, if they are 0."""
    head, point, rest = text.partition(".")
    if point:
        zone = rest.lstrip("0123456789")
        digits = rest.removesuffix(zone) if zone else rest
        assert not digits[6:].strip("0")
        text = f"{head}.{digits[:6].ljust(6, '0')}{zone}"
    return datetime.fromisoformat(text)


@pytest.mark.exhaustive
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=_columns())
@example(cells=["9999-12-31", "10000-01-01"])
@example(cells=["0001-01-01", "0001-01-01 (BC)"])
@example(cells=["0.1000000000000000055511151231257827"])
@example(cells=["1e308", "1.7976931348623157e308"])
@example(cells=["0.01e-322", "4e-5"])
@example(cells=["2020-01-01 12:30:15+24"])
def test_what_is_detected_as_a_type_loads_as_it_and_loses_nothing(bench, cells):
    content = _written(cells)
    if content is None:
        return
    path = bench.file(content)
    detected = detect_csv(path, include_header=True, column_delimiter="comma")
    (_, column) = detected.table_columns
    for declared in (None, [("n", "VARCHAR"), ("v", column.sql_type)]):
        bench.load(content, existing_table_rows="drop", table_columns=declared)
        preview = bench.sql("SELECT v FROM public.t")
        loaded = preview.rows
        assert preview.column_types == (column.sql_type,)
        assert len(loaded) == len(cells)
        for cell, (value,) in zip(cells, loaded, strict=True):
            if cell is None or (cell == "" and column.sql_type != "VARCHAR"):
                assert value is None, (cell, value)
            else:
                assert value is not None
                assert _same(column.sql_type, cell, value), (column.sql_type, cell, value)
