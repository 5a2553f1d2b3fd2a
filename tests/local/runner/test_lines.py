"""Bytes into lines, however they are cut."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from civis_nb.local.runner.lines import MAX_LINE_CHARS, LineSplitter

#: Time says more of the machine than of the code.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _lines(pieces):
    splitter = LineSplitter()
    found = [line for piece in pieces for line in splitter.feed(piece)]
    return found + splitter.finish()


@unhurried
@given(
    st.lists(st.text(alphabet="ab é\N{GRINNING FACE}", max_size=6), max_size=8),
    st.lists(st.integers(min_value=1, max_value=5), min_size=1, max_size=8),
)
def test_lines_do_not_depend_on_where_the_bytes_are_cut(lines, sizes):
    data = "".join(line + "\n" for line in lines).encode()
    pieces, position = [], 0
    while position < len(data):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(data[position : position + size])
        position += size
    assert _lines(pieces) == lines


@unhurried
@given(st.text(alphabet="ab\r\n", max_size=30), st.integers(min_value=1, max_value=4))
def test_carriage_returns_end_lines_without_making_empty_ones(text, size):
    data = text.encode()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    expected = [
        line + ("\r" if end == "\r" else "")
        # A carriage return at the end of everything writes nothing over.
        for line, end in re.findall(r"([^\r\n]*)(\r\n|\n|\r|\Z)", text.removesuffix("\r"))
        if line or end in ("\n", "\r\n")
    ]
    assert _lines(pieces) == expected


def test_long_line_becomes_several_and_none_is_lost():
    text = "x" * (2 * MAX_LINE_CHARS + 10)
    lines = _lines([text.encode()[:100_000], text.encode()[100_000:] + b"\nnext\n"])
    assert [len(line) for line in lines] == [MAX_LINE_CHARS, MAX_LINE_CHARS, 10, 4]
    assert "".join(lines[:-1]) == text


def test_line_of_exactly_the_longest_length_is_one():
    assert [len(line) for line in _lines([b"x" * MAX_LINE_CHARS, b"\n"])] == [MAX_LINE_CHARS]


def test_empty_lines_are_kept():
    assert _lines([b"a\n\n\r\nb"]) == ["a", "", "", "b"]


def test_bytes_that_are_no_text_are_replaced():
    assert _lines([b"a\xff\xc3", b"\x28\n"]) == ["a\ufffd\ufffd("]
