from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.csv import sources
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
        ("a,a\nb,c\n", True),
        ("true,x\nfalse,y\n", False),
    ],
)
def test_headers(found, text, header):
    assert found(text).include_header is header


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a;b\n1;2\n3;4\n", "separated by semicolons; a table"),
        ("a;b\n1,5;x\n2,25;y\n", "decimal commas; a table .*decimal="),
        ('a;b\n"x;y";2\n"p,q";4\n', "separated by semicolons"),
    ],
)
def test_files_separated_by_semicolons_are_refused_with_that_reason(found, text, reason):
    with pytest.raises(WarehouseError, match=reason):
        found(text)
    with pytest.raises(WarehouseError, match="separated by semicolons, though"):
        found(text, column_delimiter="comma")


def test_semicolons_within_cells_are_text(found):
    detection = found("id,list\n1,a;b\n2,c;d\n")
    assert detection.column_delimiter == "comma"
    assert found("list\na;b\nc;d\n").column_delimiter == "comma"


def test_a_delimiter_that_leaves_the_header_whole_is_refused(found):
    with pytest.raises(WarehouseError, match="separated by tabs, though it is said to be by comm"):
        found("a\tb\n1\t2\n", column_delimiter="comma")


def test_decimal_commas_are_noted(found):
    detection = found('id,x,n\n1,"1,5","1,000"\n2,"2,25","2,000"\n')
    assert kinds(detection) == {"id": "BIGINT", "x": "VARCHAR", "n": "VARCHAR"}
    assert [note for note in detection.notes if "decimal commas" in note and '"x" have' in note]


def test_mac_roman_is_told_from_windows_1252(found):
    text = "name,n\nChloë,1\nZoë Béart,2\nRodríguez,3\n"
    for encoding in ("mac_roman", "cp1252"):
        detection = found(text.encode(encoding))
        assert detection.character_set == encoding
        assert f"read as {encoding}, such as 'Chloë'" in detection.notes[-1]


def test_utf_8_with_a_wrong_byte_is_refused(found):
    with pytest.raises(WarehouseError, match="is UTF-8, but about 1 of its bytes"):
        found("name,n\né,1\nü,2\nö,3\n".encode() + b"\xff,4\n")


def test_an_uncertain_header_is_noted(found):
    (note,) = found("name,city\nann,berlin\nbob,rome\n").notes
    assert "taken as a header" in note
    assert "include_header=False" in note
    assert found("name,n\nann,1\nbob,2\n").notes == ()


def test_names_that_come_twice_get_numbers(found):
    detection = found("n,a,A,a_2,a\n1,2,3,4,5\n6,7,8,9,10\n")
    assert [c.name for c in detection.table_columns] == ["n", "a", "A_3", "a_2", "a_4"]
    assert '"A_3", "a_4"' in detection.notes[0]


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
        (["2024-02-29", "12024-02-29"], "VARCHAR"),
        (["0044-03-15 (BC)"], "VARCHAR"),
        (["9999-12-31"], "DATE"),
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


# ruff: noqa: RUF001 - from here on, texts in other scripts are what is tested
#: Texts in scripts and languages, and the character sets that they are found in.
OTHER_SCRIPTS = {
    "名前,説明\n田中太郎,これは日本語の文です\n鈴木花子,大阪府\n": ["cp932", "euc_jp"],
    "姓名,说明\n王小明,这是一个中文测试\n": ["gb18030"],
    "姓名,說明\n王小明,這是一個中文測試\n": ["big5"],
    "이름,설명\n김철수,한국어 시험입니다\n": ["cp949"],
    "имя,город\nИван,Москва и область\n": ["cp1251", "koi8_r", "iso8859_5", "cp866"],
    "όνομα,πόλη\nΓιώργος,Αθήνα\n": ["cp1253"],
    "שם,עיר\nדוד,ירושלים\n": ["cp1255"],
    "اسم,مدينة\nأحمد,القاهرة\n": ["cp1256"],
    "imię,miasto\nMałgorzata,Wałbrzych\nGrażyna,Łódź\n": ["cp1250", "iso8859_2"],
    "Name,Ort\nMüller,Köln\nGrün,Straße\nJürgen,Düren\nSchäfer,Jülich\n": ["cp850"],
}
WESTERN = [
    "nafn,staður\nGuðrún,Reykjavík\nÞórður,Áður fyrr\n",
    "Größe,Maß\n5 µm,20 °C\n",
    "word\nLondon–Paris…\n———\n“quoted”\nd´Or\nN°5\n",
    "price\n£5\n£££\n¿Qué?\n",
    "name\nrøgørød på ø\ncoöperatie\nl’été\n",
]


@pytest.mark.parametrize(
    ("text", "encoding"), [(text, name) for text, names in OTHER_SCRIPTS.items() for name in names]
)
def test_text_that_makes_no_sense_in_western_character_sets_is_refused(found, text, encoding):
    with pytest.raises(WarehouseError, match=r"not in UTF-8.*Save it as UTF-8: .*encoding="):
        found(text.encode(encoding))


def test_some_damage_in_a_long_text_is_no_other_script(found):
    text = (
        b"q,a\n" + b"how do you do,fine\n" * 50 + b"do you \x81\xca\x89\xdb\xd3\x89\xdb\xcf,yes\n"
    )
    assert "latin-1" in " ".join(found(text).notes)


def test_the_refusal_tells_the_character_set_where_it_shows(found):
    with pytest.raises(WarehouseError, match=r"read_csv\(path, encoding='cp932'\)"):
        found("名前,説明\n田中太郎,これは日本語の文です\n".encode("cp932"))


@pytest.mark.parametrize("text", WESTERN)
def test_western_text_is_read(tmp_path, text):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(text.encode("cp1252"))
    assert convert_to_utf8(source, target) == "cp1252"
    assert target.read_bytes().decode() == text


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


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_content_out_of_all_proportion_is_refused(found, monkeypatch, kind):
    # The limit on the size is lowered, so that the test need not make a gigabyte.
    monkeypatch.setattr(sources, "_HARMLESS_BYTES", 1 << 20)
    monkeypatch.setattr(sources, "_MAX_RATIO", 100)
    text = b"a,b\n" + b"0,0\n" * (1 << 20)
    data = gzip.compress(text)
    if kind == "zip":
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("x.csv", text)
        data = archive.getvalue()
    with pytest.raises(WarehouseError, match="times its compressed size"):
        found(data)
