"""Blanks between delimiters and quotes, which Redshift's COPY of a CSV ignores."""

import pytest

from civis_nb.local.warehouse.csv.detect import detect_csv
from civis_nb.local.warehouse.csv.spaced_quotes import has_spaced_quotes, join_quotes

CASES = {
    b'a,b\n"x","y"\n': None,
    b'a,b\n"x", "y"\n': b'a,b\n"x","y"\n',
    b'a,b\n  "x",y\n': b'a,b\n"x",y\n',
    b'a,b\n"x"\t,y\n \t"z" ,w': b'a,b\n"x",y\n"z",w',
    b' "a" , "b"\r\n "1" ,2 \r\n': b'"a","b"\r\n"1",2 \r\n',
    b'\xef\xbb\xbf "a",b\n1,2\n': b'"a",b\n1,2\n',
    b'a\n "x, ""y"", z" \n': b'a\n"x, ""y"", z"\n',
    b'a,b\n "line\n "" x" , y\n': b'a,b\n"line\n "" x", y\n',
    # Quotes within a cell that is not quoted are a part of it.
    b'a,b\nx "y" ,z\n': None,
    b"": None,
}


@pytest.mark.parametrize("content", CASES)
def test_blanks_around_quoted_cells_are_left_out(tmp_path, content):
    source, target = tmp_path / "source.csv", tmp_path / "target.csv"
    source.write_bytes(content)
    assert has_spaced_quotes(source, ",") == (CASES[content] is not None)
    if CASES[content] is not None:
        join_quotes(source, target, ",", escaped=False)
        assert target.read_bytes() == CASES[content]


def test_what_looks_like_a_start_within_a_quoted_cell_stays(tmp_path):
    source, target = tmp_path / "source.csv", tmp_path / "target.csv"
    content = b'a,b\n"he said, ""no"" ,","1"\n"\n ""x""",2\n'
    source.write_bytes(content)
    join_quotes(source, target, ",", escaped=False)
    assert target.read_bytes() == content


def test_quotes_that_a_backslash_escapes(tmp_path):
    source, target = tmp_path / "source.csv", tmp_path / "target.csv"
    source.write_bytes(b'a,b\n "x, \\" ,y" ,2\n')
    join_quotes(source, target, ",", escaped=True)
    assert target.read_bytes() == b'a,b\n"x, \\" ,y",2\n'


def test_a_tab_that_separates_is_no_blank(tmp_path):
    source, target = tmp_path / "source.csv", tmp_path / "target.csv"
    source.write_bytes(b'a\tb\tc\n \t"x"\t "y"\n')
    assert has_spaced_quotes(source, "\t")
    join_quotes(source, target, "\t", escaped=False)
    assert target.read_bytes() == b'a\tb\tc\n \t"x"\t"y"\n'


def test_names_and_types_are_those_without_the_blanks(tmp_path):
    path = tmp_path / "homes.csv"
    path.write_bytes(b'"Sell" , "List price", "Seen"\n142, "160", "2024-11-05"\n175, "180" ,\n')
    found = detect_csv(path)
    assert found.include_header
    assert [(column.name, column.sql_type) for column in found.table_columns] == [
        ("Sell", "BIGINT"), ("List price", "BIGINT"), ("Seen", "DATE"),
    ]  # fmt: skip
