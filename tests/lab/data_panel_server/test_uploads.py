"""Files that the server part of the Data panel imports into a platform."""

from __future__ import annotations

import datetime as dt
import gzip
import sys
import time
from decimal import Decimal

import openpyxl
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from civis_nb.errors import CivisConnectionError, CivisInputError
from civis_nb.io import read_civis
from civis_nb.lab.account import Account
from civis_nb.lab.data.upload_files import sample_of_csv
from civis_nb.lab.data.uploads import Uploads
from tests.lab.data_panel_server.conftest import table_of

pytestmark = pytest.mark.exhaustive


def finished(uploads, upload_id, *states):
    deadline = time.monotonic() + 120
    while (state := uploads.get(upload_id).state())["state"] not in (*states, "failed"):
        assert time.monotonic() < deadline, state
        time.sleep(0.05)
    return state


def uploaded(uploads, name, content):
    upload = uploads.begin(name, len(content))["id"]
    half = len(content) // 2
    uploads.get(upload).append(0, content[:half])
    uploads.get(upload).append(half, content[half:])
    return upload


def imported(uploads, database, name, content, table, *, existing="fail", header=None):
    """Upload, detect and import a file; return what was detected, and the end."""
    upload = uploaded(uploads, name, content)
    uploads.get(upload).detect(header, "")
    found = finished(uploads, upload, "detected")
    assert found["problem"] == ""
    uploads.load(upload, database_id=database.id, schema="mart", table=table, existing=existing,
                 columns=found["columns"])  # fmt: skip
    ended = finished(uploads, upload, "done")
    uploads.end(upload)
    return found, ended


def read(database, client, table):
    return read_civis(
        f"mart.{table}", database.id, client=client, return_as="polars", types="exact"
    )


@pytest.fixture
def uploads(account, catalog):
    return Uploads(account, catalog)


CSV = b'id,zip,note,day\n1,00501,"a ""b"", <i>",2024-01-02\n2,10001,,2024-02-03\n'


def test_a_csv_file_becomes_a_table(uploads, data, database, client, tmp_path):
    found, ended = imported(uploads, database, "people.csv", CSV, "people")
    assert [one["name"] for one in found["columns"]] == ["id", "zip", "note", "day"]
    assert found["has_header"] is True
    assert found["sample"][0] == ["1", "00501", 'a "b", <i>', "2024-01-02"]
    assert (ended["state"], ended["rows"], ended["table"]) == ("done", 2, "mart.people")
    frame = read(database, client, "people").sort("id")
    assert frame["note"].to_list() == ['a "b", <i>', None]
    assert frame["day"].to_list() == [dt.date(2024, 1, 2), dt.date(2024, 2, 3)]
    assert table_of(data, database, "mart", "people")


def test_rows_that_cannot_be_counted_are_imported_even_so(
    uploads, database, client, monkeypatch, caplog
):
    def fails(*_args, **_options):
        raise CivisConnectionError("No answer from the platform.")

    monkeypatch.setattr("civis_nb.lab.data.uploads.query_civis", fails)
    _, ended = imported(uploads, database, "people.csv", CSV, "uncounted")
    assert (ended["state"], ended["rows"], ended["problem"]) == ("done", None, "")
    assert "could not be counted: No answer from the platform." in caplog.text
    assert len(read(database, client, "uncounted")) == 2


def test_what_nobody_foresaw_ends_an_upload_with_a_reason(catalog, caplog):
    class Broken:
        def __getattr__(self, _name):
            raise KeyError("odd")

    uploads = Uploads(Account(Broken()), catalog)
    upload = uploaded(uploads, "people.csv", CSV)
    uploads.get(upload).detect(None, "")
    ended = finished(uploads, upload, "detected")
    assert ended["state"] == "failed"
    assert "people.csv could not be loaded: KeyError: 'odd'" in ended["problem"]
    assert "Traceback" in caplog.text


def test_a_csv_file_without_a_header(uploads, database, client):
    found, ended = imported(uploads, database, "bare.csv", b"1,a\n2,b\n", "bare", header=False)
    assert found["has_header"] is False
    assert ended["rows"] == 2


def test_rows_are_added_or_refused(uploads, database):
    imported(uploads, database, "more.csv", CSV, "more")
    _, ended = imported(uploads, database, "more.csv", CSV, "more", existing="append")
    assert ended["rows"] == 4
    _, failed = imported(uploads, database, "more.csv", CSV, "more", existing="fail")
    assert failed["state"] == "failed"
    assert "The table mart.more exists" in failed["problem"]


def test_a_parquet_file_comes_value_for_value(uploads, database, client, tmp_path):
    table = pa.table(
        {
            "n": pa.array([1, None, 3], pa.int64()),
            "price": pa.array([Decimal("1.10"), None, Decimal("-2.05")], pa.decimal128(10, 2)),
            "text": ["00501", 'a,"b"\nc', None],
            "at": pa.array([dt.datetime(2024, 1, 2, 3, 4, 5, 678901), None, None]),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    content = (tmp_path / "t.parquet").read_bytes()
    found, ended = imported(uploads, database, "t.parquet", content, "parquet_rows")
    assert {one["name"]: one["sql_type"] for one in found["columns"]} == {
        "n": "BIGINT", "price": "DECIMAL(10,2)", "text": "VARCHAR(16)", "at": "TIMESTAMP",
    }  # fmt: skip
    assert ended["rows"] == 3
    frame = read(database, client, "parquet_rows")
    assert (
        frame.sort("n", nulls_last=True).rows()
        == pl.from_arrow(table).sort("n", nulls_last=True).rows()
    )


def test_a_sheet_comes_value_for_value(uploads, database, client, tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "People"
    for row in (
        ["id", "zip", "mixed", "born", "share"],
        [1, "00501", "n/a", dt.datetime(1990, 5, 6), 0.5],
        [None, "NA", 7, dt.datetime(1991, 1, 1), None],
        [3, None, None, None, 2.25],
    ):
        sheet.append(row)
    book.create_sheet("Other").append(["only"])
    book.save(tmp_path / "b.xlsx")
    content = (tmp_path / "b.xlsx").read_bytes()
    found, ended = imported(uploads, database, "b.xlsx", content, "sheet_rows")
    assert (found["sheet"], found["sheets"]) == ("People", ["People", "Other"])
    assert found["notes"] == ["Column 'mixed' holds texts and other values: all become texts."]
    assert ended["rows"] == 3
    frame = read(database, client, "sheet_rows").sort("id", nulls_last=True)
    assert frame["id"].to_list() == [1, 3, None]
    assert frame["zip"].to_list() == ["00501", None, "NA"]
    assert frame["mixed"].to_list() == ["n/a", None, "7"]
    assert frame["share"].to_list() == [0.5, 2.25, None]
    assert frame["born"][0] == dt.datetime(1990, 5, 6)


def test_an_empty_sheet_leaves_the_choice_of_another(uploads, tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Nothing"
    book.create_sheet("People").append(["only"])
    book.save(tmp_path / "b.xlsx")
    upload = uploaded(uploads, "b.xlsx", (tmp_path / "b.xlsx").read_bytes())
    uploads.get(upload).detect(None, "")
    found = finished(uploads, upload, "detected")
    assert (found["sheet"], found["sheets"]) == ("Nothing", ["Nothing", "People"])
    assert found["notes"] == ["The sheet 'Nothing' is empty: choose another one."]
    uploads.get(upload).detect(None, "People")
    assert finished(uploads, upload, "detected")["columns"] == [
        {"name": "only", "sql_type": "VARCHAR(256)"}
    ]


def test_an_empty_file_is_refused_by_its_name(uploads):
    with pytest.raises(CivisInputError, match=r"nothing\.csv is empty"):
        uploads.begin("nothing.csv", 0)


TEXT = "id,town\n1,Zürich\n2,Genève\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", TEXT.encode()),
        ("t.csv", TEXT.encode("utf-8-sig")),
        ("t.csv", TEXT.encode("utf-16")),
        ("t.csv", TEXT.encode("cp1252")),
        ("t.csv.gz", gzip.compress(TEXT.encode("utf-16"))),
        ("named.gz", TEXT.encode()),
    ],
)
def test_first_rows_are_read_in_the_encoding_of_their_file(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    assert sample_of_csv(path, "comma", True) == [["1", "Zürich"], ["2", "Genève"]]


def test_a_character_may_go_on_behind_the_bytes_that_tell_the_encoding(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("ü\n".encode() + b"a" * (65_536 - 4) + "ü\n".encode())
    assert sample_of_csv(path, "comma", False)[0] == ["ü"]


def test_excel_without_openpyxl_says_how_to_get_it(uploads, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ImportError, match="pip install openpyxl"):
        uploads.begin("b.xlsx", 10)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("t.parquet", b"no parquet at all", "can't be read as Parquet"),
        ("b.xlsx", b"no workbook", "can't be read as Excel"),
    ],
)
def test_broken_files_fail_with_a_reason(uploads, name, content, problem):
    upload = uploaded(uploads, name, content)
    uploads.get(upload).detect(None, "")
    assert problem in finished(uploads, upload, "detected")["problem"]


def test_parts_come_in_order_and_whole(uploads):
    with pytest.raises(CivisInputError, match="CSV"):
        uploads.begin("x.exe", 10)
    upload = uploads.get(uploads.begin("x.csv", 4)["id"])
    upload.append(0, b"ab")
    with pytest.raises(CivisInputError, match="comes next"):
        upload.append(0, b"ab")
    with pytest.raises(CivisInputError, match="larger"):
        upload.append(2, b"abc")
    with pytest.raises(CivisInputError, match="2 of 4 bytes"):
        upload.detect(None, "")


def test_nothing_is_imported_before_it_is_confirmed(uploads, database, client):
    upload = uploaded(uploads, "people.csv", CSV)
    with pytest.raises(CivisInputError, match="not detected"):
        uploads.load(upload, database_id=database.id, schema="mart", table="never",
                     existing="fail", columns=[])  # fmt: skip
    uploads.get(upload).detect(None, "")
    finished(uploads, upload, "detected")
    folder = uploads.get(upload)._path
    uploads.end(upload)
    assert not folder.exists()
    assert "never" not in [one.name for one in client.tables.list(database_id=database.id)]
    with pytest.raises(CivisInputError, match="gone"):
        uploads.get(upload)
