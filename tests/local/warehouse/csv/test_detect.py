from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.csv.charset import convert_to_utf8, detect_character_set
from civis_nb.local.warehouse.csv.detect import detect_csv

pytestmark = pytest.mark.exhaustive


@pytest.fixture
def found(tmp_path):
    def detect(content, **known):
        path = tmp_path / "some.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return detect_csv(path, **known)

    return detect


def kinds(detection):
    return {c.name: c.sql_type for c in detection.table_columns}


@pytest.mark.parametrize(("delimiter", "name"), [(",", "comma"), ("\t", "tab"), ("|", "pipe")])
def test_delimiters(found, delimiter, name):
    rows = [["id", "text"], ["1", "a"], ["2", "b"]]
    detection = found("\n".join(delimiter.join(row) for row in rows))
    assert detection.column_delimiter == name
    assert detection.include_header
    assert kinds(detection) == {"id": "BIGINT", "text": "VARCHAR"}


def test_delimiters_inside_cells_do_not_count(found):
    assert found('id|"a,b,c"\n1|"x,y,z"\n2|"p,q,r"\n').column_delimiter == "pipe"


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("name,city\nann,berlin\nbob,rome\n", True),
        ("id,n\n1,2\n", True),
        ("1,2\n3,4\n", False),
        ("a,b\n", True),
        ("2024-01-01,5\n2024-01-02,6\n", False),
        ("ann,berlin\nbob,rome\nann,paris\n", False),
        (",x\n0,5\n1,6\n", True),
        ("a,a\nb,c\n", False),
        ("true,x\nfalse,y\n", False),
    ],
)
def test_headers(found, text, header):
    assert found(text).include_header is header


def test_what_is_told_is_taken(found):
    detection = found("a|b\n1|2\n", include_header=False, column_delimiter="comma")
    assert kinds(detection) == {"column_0": "VARCHAR"}
    with pytest.raises(WarehouseError, match="column_delimiter"):
        found("a\n", column_delimiter="semicolon")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-2", "9223372036854775807"], "BIGINT"),
        (["9223372036854775808", "1"], "DECIMAL(19,0)"),
        (["1" * 38], "DECIMAL(38,0)"),
        (["1" * 39], "VARCHAR"),
        (["00501", "12345"], "VARCHAR"),
        (["1E5", "2E10"], "VARCHAR"),
        (["+1", "2"], "VARCHAR"),
        (["1.5", "-20.25", "3"], "DECIMAL(4,2)"),
        (["12345678901234567.89"], "DECIMAL(19,2)"),
        (["007.5"], "VARCHAR"),
        (["1e-07", "0.5"], "DOUBLE PRECISION"),
        (["1.5e+300", "1"], "DOUBLE PRECISION"),
        (["1.50E+03", "2.25"], "DOUBLE PRECISION"),
        (["1e-07", "1e+999"], "VARCHAR"),
        (["1e-07", "inf"], "VARCHAR"),
        (["-0.5", "-12"], "DECIMAL(3,1)"),
        (["1e-07", "0.12345678901234567890123"], "VARCHAR"),
        (["true", "False"], "BOOLEAN"),
        (["t", "f"], "VARCHAR"),
        (["2024-02-29"], "DATE"),
        (["2024-02-30"], "VARCHAR"),
        (["02/29/2024"], "VARCHAR"),
        (["2024-02-29 10:00:00", "2024-02-29 10:00:00.5"], "TIMESTAMP"),
        (["2024-02-29T10:00:00"], "TIMESTAMP"),
        (["2024-02-29 10:00:00.1234567"], "VARCHAR"),
        (["2024-02-29 24:00:00"], "VARCHAR"),
        (["2024-02-29 24:00"], "VARCHAR"),
        (["12024-02-29 10:00:00"], "VARCHAR"),
        (["2024-02-29 10:00:00+02:00", "2024-02-29T10:00:00Z"], "TIMESTAMPTZ"),
        (["2024-02-29 10:00:00+02:00", "2024-02-29 10:00:00"], "VARCHAR"),
        (["2024-02-29", "2024-02-29 10:00:00"], "VARCHAR"),
        (["1", "NA"], "VARCHAR"),
        (["1", "", "3"], "BIGINT"),
        (['""', '"1"'], "BIGINT"),
        (['""', "", "1"], "VARCHAR"),
        (["", ""], "VARCHAR"),
        ([" 1", "2"], "VARCHAR"),
        (["1_000"], "VARCHAR"),
        (["0x10"], "VARCHAR"),
    ],
)
@pytest.mark.parametrize("times", [1, 2500], ids=["few rows", "many rows"])
def test_types_lose_nothing(found, values, kind, times):
    text = "key,value\n" + "".join(f"k,{value}\n" for value in values) * times
    assert kinds(found(text, include_header=True, column_delimiter="comma"))["value"] == kind


@pytest.mark.parametrize(
    ("last", "kind"),
    [("x", "VARCHAR"), ("1.5", "DECIMAL(6,1)"), ("1e-07", "DOUBLE PRECISION"), ("007", "VARCHAR")],
)
def test_the_last_of_many_rows_counts(found, last, kind):
    text = "key,value\n" + "".join(f"k,{i}\n" for i in range(20_000)) + f"k,{last}\n"
    assert kinds(found(text))["value"] == kind


def test_a_value_after_many_empty_cells_counts(found):
    text = "key,value\n" + "k,\n" * 20_000 + "k,2024-01-01\n"
    assert kinds(found(text))["value"] == "DATE"


def test_types_may_be_left_out(found):
    assert kinds(found("a\n1\n", detect_types=False)) == {"a": "VARCHAR"}


def test_compressions(found):
    text = b"a,b\n1,x\n"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("x.csv", text)
    for data, name in ((text, "none"), (gzip.compress(text), "gzip"), (archive.getvalue(), "zip")):
        detection = found(data)
        assert detection.compression == name
        assert kinds(detection) == {"a": "BIGINT", "b": "VARCHAR"}


@pytest.mark.parametrize(
    "data",
    [b"", gzip.compress(b""), gzip.compress(b"a\n1\n" * 999)[:-5]],
    # gzip holds the time, so the bytes are no names: two processes would collect different tests.
    ids=["no bytes", "empty gzip", "cut gzip"],
)
def test_empty_and_damaged_files_are_refused(found, data):
    with pytest.raises(WarehouseError):
        found(data)


def test_rows_longer_than_the_sample(found):
    text = "a,b\n" + "x" * 300_000 + ",1\n" + "y" * 300_000 + ",2\n"
    assert kinds(found(text)) == {"a": "VARCHAR", "b": "BIGINT"}


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_character_sets(tmp_path, encoding, packed):
    text = "name,n\ncafé €,1\n" * 30_000
    data = text.encode(encoding)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(gzip.compress(data, 1) if packed else data)
    assert convert_to_utf8(source, target) == encoding
    assert target.read_bytes().decode() == text


def test_bytes_that_windows_1252_lacks_are_latin_1(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"a\n\x81\xe9\n")
    assert detect_character_set(source) == "latin-1"


def test_the_new_file_may_be_compressed(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target.csv.gz"
    source.write_bytes("é".encode("cp1252"))
    convert_to_utf8(source, target, compression="gzip")
    assert gzip.decompress(target.read_bytes()).decode() == "é"


def test_text_that_breaks_off_in_a_character_leaves_no_file(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes("é€".encode("utf-16")[:-1])
    with pytest.raises(WarehouseError, match="no sound text"):
        convert_to_utf8(source, target)
    assert [p.name for p in tmp_path.iterdir()] == ["source"]


def test_files_in_other_character_sets_are_described(found):
    detection = found("näme,n\nä,1\n".encode("cp1252"))
    assert detection.character_set == "cp1252"
    assert kinds(detection) == {"näme": "VARCHAR", "n": "BIGINT"}
