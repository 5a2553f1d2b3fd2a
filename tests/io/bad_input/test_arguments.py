"""Arguments that can't be what they are: refused before anything is sent."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import civis_nb.io as cio
from civis_nb.errors import CivisArgumentError, CivisInputError
from tests.io.bad_input.conftest import DB, FRAME, NOBODY, refused

pytestmark = pytest.mark.exhaustive


def loaders(table="public.t", path=__file__, **options):
    """Return a call of each function that loads into a table."""
    options["client"] = NOBODY
    return [
        lambda: cio.dataframe_to_civis(FRAME, DB, table, **options),
        lambda: cio.dataframe_to_civis(pl.from_pandas(FRAME), DB, table, **options),
        lambda: cio.csv_to_civis(path, DB, table, **options),
        lambda: cio.civis_file_to_table(1, DB, table, **options),
    ]


def exports(sql="select 1", **options):
    """Return a call of each function that runs a statement and waits for it."""
    options["client"] = NOBODY
    return [
        lambda: cio.read_civis_sql(sql, DB, **options),
        lambda: cio.civis_to_csv(Path(tempfile.gettempdir()) / "bad-input.csv", sql, DB, **options),
        lambda: cio.civis_to_multifile_csv(sql, DB, **options),
        lambda: cio.export_to_civis_file(sql, DB, **options),
        lambda: cio.iter_batches(sql, DB, **options),
    ]


@pytest.mark.contract("C44")
@pytest.mark.parametrize(
    "table",
    [
        "t",
        "a.b.c",
        "db.a.b",
        "",
        " ",
        "a.",
        ".b",
        ".",
        '"a',
        'a.b"c',
        'a."b',
        '"".b',
        None,
        5,
        b"a.b",
    ],
)
def test_names_of_tables(table):
    for load in loaders(table):
        refused(load, "schema")
    refused(lambda: cio.transfer_table(DB, DB, table, "a.b", client=NOBODY))
    refused(lambda: cio.transfer_table(DB, DB, "a.b", table, client=NOBODY))
    if table != "t":
        refused(lambda: cio.read_civis(table, DB, client=NOBODY), "schema")
        refused(lambda: cio.split_schema_tablename(table), "schema")


@pytest.mark.parametrize("table", ["public.a\0b", "public.\ud800"])
def test_names_that_no_database_takes(table):
    for load in loaders(table):
        refused(load, "no database takes")
    name = table.partition(".")[2]
    frame = pd.DataFrame([[1]], columns=pd.Index([name], dtype=object))
    refused(lambda: cio.dataframe_to_civis(frame, DB, "a.b", client=NOBODY), "no database takes")


@pytest.mark.parametrize("file_id", ["x", "", "1.5", "²", None, 1.5, True, [], {}, b"5", -1, 0])
def test_ids_of_files(file_id):
    refused(lambda: cio.civis_to_file(file_id, io.BytesIO(), client=NOBODY), "file_id")
    refused(lambda: cio.file_to_json(file_id, client=NOBODY), "file_id")
    refused(lambda: cio.file_to_dataframe(file_id, client=NOBODY), "file_id")
    refused(lambda: cio.civis_file_to_table(file_id, DB, "a.b", client=NOBODY), "file_id")
    refused(lambda: cio.civis_file_to_table([1, file_id], DB, "a.b", client=NOBODY), "file_id")


def test_text_of_digits_is_an_id_for_reading_and_none_for_loading(io_client):
    file_id = cio.json_to_file([1], client=io_client)
    for one in (str(file_id), np.int64(file_id)):
        assert cio.file_to_json(one, client=io_client) == [1]
    error = refused(lambda: cio.civis_file_to_table("5", DB, "a.b", client=NOBODY), r"int\('5'\)")
    assert isinstance(error, TypeError)


@pytest.mark.parametrize("delimiter", [";", "", "comma", ",,", 5, " ", ["|"]])
def test_delimiters(delimiter):
    for load in loaders(delimiter=delimiter)[2:]:
        refused(load, "delimiter")
    for export in exports(delimiter=delimiter)[1:3]:
        refused(export, "delimiter")
    options = {"client": NOBODY, "sep": delimiter}
    refused(lambda: cio.dataframe_to_civis(FRAME, DB, "a.b", **options), "delimiter")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"existing_table_rows": "drpo"}, "'drop'"),
        ({"existing_table_rows": None}, "'fail'"),
        ({"existing_table_rows": "upsert"}, "primary_keys"),
        ({"existing_table_rows": "upsert", "primary_keys": []}, "primary_keys"),
        ({"primary_keys": [1]}, "primary_keys"),
        ({"last_modified_keys": {"a"}}, "last_modified_keys"),
        ({"execution": "later"}, "execution"),
        ({"max_errors": -1}, "max_errors"),
        ({"max_errors": "5"}, "max_errors"),
        ({"max_errors": 1.5}, "max_errors"),
        ({"polling_interval": 0}, "polling_interval"),
        ({"polling_interval": -1}, "polling_interval"),
        ({"polling_interval": float("nan")}, "polling_interval"),
        ({"polling_interval": "1"}, "polling_interval"),
        ({"table_columns": "a"}, "table_columns"),
        ({"table_columns": {"a": "INT"}}, "table_columns"),
        ({"table_columns": ["a", "b"]}, "table_columns"),
        ({"table_columns": [{"sql_type": "INT"}, {"name": "b"}]}, "table_columns"),
        ({"table_columns": [{"name": ""}, {"name": "b"}]}, "table_columns"),
        ({"table_columns": [{"name": None}, {"name": "b"}]}, "table_columns"),
        ({"table_columns": [{"name": 5}, {"name": "b"}]}, "table_columns"),
        ({"table_columns": [{"name": "a", "sql_type": ""}, {"name": "b"}]}, "table_columns"),
        ({"table_columns": [{"name": "a", "sqlType": "INT"}, {"name": "b"}]}, "table_columns"),
        ({"table_columns": [{"name": "a", "sql_type": "INT"}, {"name": "b"}]}, "sql_type for some"),
        ({"table_columns": [{"name": "a"}, {"name": "A"}]}, "keep apart"),
    ],
)
def test_arguments_of_loads(options, said):
    for load in loaders(**options):
        refused(load, said)


@pytest.mark.parametrize("keys", ["primary_keys", "last_modified_keys"])
def test_keys_that_are_no_columns(keys):
    options = {"existing_table_rows": "upsert", "primary_keys": ["A"], keys: ["a", "nosuch"]}
    columns = [{"name": "a"}, {"name": "b"}]
    for load in loaders(**options)[:2] + loaders(**options, table_columns=columns):
        refused(load, "'nosuch'; there are the columns 'a', 'b'")


def test_table_columns_of_another_number():
    for load in loaders(table_columns=[{"name": "x"}])[:2]:
        refused(load, "names 1 columns; the frame has 2")


@pytest.mark.contract("D30")
@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame(), "no columns"),
        (pd.DataFrame(index=[1, 2]), "no columns"),
        (pl.DataFrame(), "no columns"),
        (pa.table({}), "no columns"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "keep apart: 'a', 'a'"),
        (pd.DataFrame([[1, 2]], columns=["a", "A"]), "keep apart: 'a', 'A'"),
        (pl.DataFrame({"a": [1], "A": [2]}), "keep apart"),
        (pa.table([[1], [2]], names=["a", "a"]), "keep apart"),
        (pd.DataFrame([[1]], columns=[None]), "no name"),
        (pd.DataFrame([[1]], columns=[""]), "no name"),
        (pl.DataFrame({"": [1]}), "no name"),
        (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "x")])), "several levels"),
        (pd.DataFrame({"a": [b"x"]}), "binary"),
        (pd.DataFrame({"a": [[1]]}), "list"),
        (pd.DataFrame({"a": [1j]}), "complex"),
        (pd.DataFrame({"a": pd.Categorical([(1, 2)])}), "list"),
        (pl.DataFrame({"a": [b"x"]}), "binary"),
        (pl.DataFrame({"a": [{"x": 1}]}), "struct"),
        (pl.DataFrame({"a": [dt.timedelta(1)]}), "duration"),
        (pd.Series([1]), "no frame"),
        ("a,b", "no frame"),
        (None, "no frame"),
    ],
)
def test_frames(frame, said):
    refused(lambda: cio.dataframe_to_civis(frame, DB, "a.b", client=NOBODY), said)


@pytest.mark.parametrize("frame", [None, [1], "a", FRAME["a"], pl.from_pandas(FRAME).lazy()])
def test_what_is_no_frame_for_a_file(frame):
    refused(lambda: cio.dataframe_to_file(frame, client=NOBODY), "no frame")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"polling_interval": 0}, "polling_interval"),
        ({"sql_params_arguments": "x"}, "sql_params_arguments"),
        ({"sql_params_arguments": [("params", [])]}, "sql_params_arguments"),
        ({"sql_params_arguments": {"param": []}}, "'param'"),
        ({"sql": None}, "sql is a text"),
        ({"sql": b"select 1"}, "sql is a text"),
        ({"sql": " ;\n"}, "blank"),
    ],
)
def test_arguments_of_exports(options, said):
    for export in exports(**options):
        refused(export, said)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"return_as": "panda"}, "Did you mean 'pandas'"),
        ({"return_as": None}, "return_as"),
        ({"types": "exactly"}, "types"),
        ({"encoding": "nosuch"}, "encoding"),
        ({"encoding": 5}, "encoding"),
        ({"return_as": "arrow", "dtype": str}, "dtype"),
        ({"return_as": "pandas", "types": "exact", "encoding": "utf-8"}, "encoding"),
        ({"return_as": "pandas", "use_pandas": False}, "contradict"),
        ({"return_as": "polars", "use_pandas": True}, "contradict"),
        ({"return_as": "lazy", "use_pandas": True}, "contradict"),
    ],
)
def test_arguments_of_reads(options, said):
    refused(lambda: cio.read_civis_sql("select 1", DB, client=NOBODY, **options), said)
    refused(lambda: cio.read_civis("a.b", DB, client=NOBODY, **options), said)


@pytest.mark.parametrize("columns", ["abc", [], (), [1], [None], [""], {"a"}, 5])
def test_columns_of_reads(columns):
    refused(lambda: cio.read_civis("a.b", DB, columns, client=NOBODY), "columns")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: cio.civis_to_multifile_csv("x", DB, max_file_size=0, client=NOBODY), "max_file"),
        (lambda: cio.civis_to_multifile_csv("x", DB, max_file_size="1", client=NOBODY), "max_file"),
        (lambda: cio.civis_to_multifile_csv("x", DB, compression="gz", client=NOBODY), "'gzip'"),
        (lambda: cio.civis_to_csv("x", "x", DB, compression=None, client=NOBODY), "compression"),
        (
            lambda: cio.export_to_civis_file("x", DB, csv_settings=[1], client=NOBODY),
            "csv_settings",
        ),
        (lambda: cio.query_civis("x", DB, preview_rows=-1, client=NOBODY), "preview_rows"),
        (lambda: cio.query_civis("x", DB, preview_rows="9", client=NOBODY), "preview_rows"),
        (lambda: cio.query_civis("x", DB, polling_interval=0, client=NOBODY), "polling_interval"),
        (lambda: cio.iter_batches("x", DB, rows=True, client=NOBODY), "rows"),
        (lambda: cio.file_to_dataframe(1, "list", client=NOBODY), "return_as"),
        (lambda: cio.file_to_dataframe(1, compression="rar", client=NOBODY), "compression"),
        (lambda: cio.file_id_from_run_output("(", 1, 2, True, client=NOBODY), "expression"),
        (lambda: cio.file_id_from_run_output(None, 1, 2, client=NOBODY), "text"),
        (
            lambda: cio.transfer_table(DB, DB, "a.b", "a.b", polling_interval=0, client=NOBODY),
            "poll",
        ),
    ],
)
def test_arguments_of_other_functions(call, said):
    refused(call, said)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"description": 5}, "description"),
        ({"description": "d" * 513}, "512"),
        ({"expires_at": dt.datetime(2030, 1, 1)}, "expires_at"),
    ],
)
def test_arguments_of_uploads(options, said):
    buffer = io.BytesIO(b"x")
    options = {"name": "n", **options, "client": NOBODY}
    refused(lambda: cio.file_to_civis(buffer, **options), said)
    if options["name"] == "n":
        refused(lambda: cio.json_to_file({}, **options), said)
        refused(lambda: cio.dataframe_to_file(FRAME, **options), said)


def test_buffers(tmp_path):
    closed = io.BytesIO(b"x")
    closed.close()
    with (tmp_path / "w").open("wb") as write_only:
        for source, said in (
            (closed, "closed"),
            (write_only, "reading"),
            (5, "path"),
            (None, "path"),
        ):
            refused(lambda s=source: cio.file_to_civis(s, "n", client=NOBODY), said)
            refused(lambda s=source: cio.csv_to_civis(s, DB, "a.b", client=NOBODY), said)
    with (tmp_path / "w").open("rb") as read_only:
        for target in (closed, read_only, io.StringIO(), 5, None):
            refused(lambda t=target: cio.civis_to_file(1, t, client=NOBODY), "buffer|path")


@pytest.mark.parametrize("name", ["nosuch", "folder", "file/below", "x" * 300])
def test_paths_that_can_not_be_read(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("a\n1\n")
    with pytest.raises(OSError, match=r"x{20}|nosuch|folder|below"):
        cio.csv_to_civis(tmp_path / name, DB, "a.b", client=NOBODY)
    with pytest.raises(OSError, match=r"x{20}|nosuch|folder|below"):
        cio.file_to_civis(tmp_path / name, client=NOBODY)


@pytest.mark.parametrize("name", ["no/such", "folder", "file/below", "x" * 300])
def test_paths_that_can_not_be_written(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("old")
    for call in (
        lambda: cio.civis_to_csv(tmp_path / name, "select 1", DB, client=NOBODY),
        lambda: cio.civis_to_file(1, tmp_path / name, client=NOBODY),
    ):
        with pytest.raises(OSError, match=r"x{20}|folder|file"):
            call()
    for path in (None, 5, "a\0b"):
        error = refused(lambda p=path: cio.civis_to_csv(p, "x", DB, client=NOBODY), "no path")
        assert isinstance(error, TypeError)


def test_errors_of_types_are_type_errors():
    assert issubclass(CivisArgumentError, TypeError)
    assert issubclass(CivisInputError, ValueError)
