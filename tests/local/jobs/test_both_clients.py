"""Tables moved by the helpers of two clients: the PyPI package `civis`, and civis_nb."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
import requests

pytestmark = pytest.mark.exhaustive


class Helpers:
    """A package, its client, and what its helpers are always given."""

    def __init__(self, package: ModuleType, client: Any) -> None:
        self.io = package.io
        self.base = package.base
        self.client = client
        self.asked = {"client": client, "polling_interval": 0.02}

    def rows(self, sql: str, database: str = "other") -> list[list[str]]:
        """Read a result as lists of texts, without its header."""
        read = self.io.read_civis_sql(sql, database, return_as="list", **self.asked)
        return [list(row) for row in read][1:]


@pytest.fixture(scope="module", params=[pytest.param("civis"), "civis_nb"])
def helpers(request: Any, two_databases: Any) -> Iterator[Helpers]:
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        # The PyPI package is imported wholly: parts of it load, and warn, when looked at.
        warnings.simplefilter("ignore")
        package = pytest.importorskip(request.param)
        for name in ("io", "base"):
            importlib.import_module(f"{request.param}.{name}")
        for name in sorted(sys.modules):
            if name.startswith("civis."):
                getattr(sys.modules[name], "__file__", None)
        patch.setenv("CIVIS_API_ENDPOINT", two_databases.endpoint)
        patch.setenv("CIVIS_API_KEY", two_databases.api_key)
        yield Helpers(package, package.APIClient())


@pytest.fixture
def table(table_names: Iterator[str]) -> str:
    return f"public.{next(table_names)}"


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame({"id": [1, 2, 3], "word": ["a", "é,", "c"], "x": [1.5, 2.5, 3.5]})


def test_a_table_is_transferred_and_transferred_again(helpers, table, frame):
    helpers.io.dataframe_to_civis(frame, "sample", table, **helpers.asked).result()
    copy = f"{table}_copy"
    done = helpers.io.transfer_table("sample", "other", table, copy, **helpers.asked).result()
    assert done.state == "succeeded"
    ordered = f"select * from {copy} order by id"
    assert helpers.rows(ordered) == [["1", "a", "1.5"], ["2", "é,", "2.5"], ["3", "c", "3.5"]]
    again = helpers.io.transfer_table(
        "sample", "other", table, copy, identity_column="id", **helpers.asked
    )
    assert again.result().state == "succeeded"
    assert len(helpers.rows(ordered)) == 3
    wiped = helpers.io.transfer_table(
        "sample",
        "other",
        table,
        copy,
        wipe_destination_table=True,
        verify_table_row_counts=True,
        **helpers.asked,
    )
    assert wiped.result().state == "succeeded"
    assert len(helpers.rows(ordered)) == 3


def test_a_transfer_of_no_table_fails_with_the_reason(helpers, table):
    future = helpers.io.transfer_table("sample", 2, "public.not_there", table, **helpers.asked)
    with pytest.raises(helpers.base.CivisJobFailure, match="not_there"):
        future.result()


@pytest.mark.contract("S38")
def test_a_multifile_export_is_complete(helpers, tmp_path):
    sql = "select i as id, 'text ' || i as word from generate_series(0, 199999) t(i) order by i;"
    manifest = helpers.io.civis_to_multifile_csv(
        sql, "other", max_file_size=1, prefix="parts", **helpers.asked
    )
    entries = manifest["entries"]
    assert len(entries) > 1
    assert set(entries[0]) == {"id", "name", "size", "url", "url_signed"}
    assert {key: manifest[key] for key in ("header", "delimiter", "compression", "unquoted")} == {
        "header": ["id", "word"],
        "delimiter": "|",
        "compression": "none",
        "unquoted": False,
    }
    assert manifest["query"] == sql
    content = b""
    for entry in entries:
        part = requests.get(entry["url_signed"], timeout=30).content
        assert len(part) == entry["size"]
        assert part.endswith(b"\n")
        content += part
        path = tmp_path / "part.csv"
        helpers.io.civis_to_file(entry["id"], str(path), client=helpers.client)
        assert path.read_bytes() == part
    lines = content.decode().splitlines()
    assert lines == [f'{i}|"text {i}"' for i in range(200000)]


def _files(helpers, tmp_path, *contents):
    ids = []
    for number, content in enumerate(contents):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(content)
        ids.append(helpers.io.file_to_civis(str(path), path.name, client=helpers.client))
    return ids


def test_several_files_become_one_table(helpers, table, tmp_path):
    ids = _files(helpers, tmp_path, b"id,word\n1,a\n", b"id,word\n2,b\n", b"id,word\n3,c\n")
    helpers.io.civis_file_to_table(ids, "other", table, **helpers.asked).result()
    assert helpers.rows(f"select * from {table} order by id") == [
        ["1", "a"],
        ["2", "b"],
        ["3", "c"],
    ]


def test_one_wrong_file_of_several_loads_none(helpers, table, tmp_path, frame):
    helpers.io.dataframe_to_civis(frame[["id", "word"]], "other", table, **helpers.asked).result()
    ids = _files(helpers, tmp_path, b"id,word\n7,a\n", b"id,word\nnot a number,b\n")
    future = helpers.io.civis_file_to_table(
        ids, "other", table, existing_table_rows="append", **helpers.asked
    )
    with pytest.raises(helpers.base.CivisJobFailure):
        future.result()
    assert len(helpers.rows(f"select * from {table}")) == 3


def test_rows_are_upserted(helpers, table, frame):
    keys = {"primary_keys": ["id"], "last_modified_keys": ["x"]}
    helpers.io.dataframe_to_civis(
        frame, "other", table, existing_table_rows="upsert", **keys, **helpers.asked
    ).result()
    newer = pd.DataFrame({"id": [2, 3, 4], "word": ["new", "older", "d"], "x": [9.5, 0.5, 4.5]})
    helpers.io.dataframe_to_civis(
        newer, "other", table, existing_table_rows="upsert", **keys, **helpers.asked
    ).result()
    assert helpers.rows(f"select id, word from {table} order by id") == [
        ["1", "a"],
        ["2", "new"],
        ["3", "c"],
        ["4", "d"],
    ]


def test_a_csv_file_goes_up_and_comes_down(helpers, table, tmp_path):
    path = tmp_path / "in.csv"
    path.write_text('id,word\n1,"a, ""b"""\n2,\n', encoding="utf-8")
    helpers.io.csv_to_civis(str(path), "other", table, max_errors=0, **helpers.asked).result()
    target = tmp_path / "out.csv"
    sql = f"select * from {table} order by id"
    helpers.io.civis_to_csv(str(target), sql, "other", **helpers.asked).result()
    assert target.read_text(encoding="utf-8") == '"id","word"\n1,"a, ""b"""\n2,\n'


@pytest.fixture
def three_rows(moves_api, table):
    """A table that is there; made without a client, since one of them waits a second each time."""
    rows = "(1, 'a'), (2, 'é,'), (3, 'c')"
    sql = f"create table {table} as select * from (values {rows}) as t(id, word)"
    assert moves_api.query(sql, database=2)["state"] == "succeeded"
    return table


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("truncate", [["7", "new"]]),
        ("drop", [["7", "new"]]),
        ("append", [["1", "a"], ["2", "é,"], ["3", "c"], ["7", "new"]]),
    ],
)
def test_rows_that_are_there_are_treated_as_asked(helpers, three_rows, mode, expected):
    newer = pd.DataFrame({"id": [7], "word": ["new"]})
    helpers.io.dataframe_to_civis(
        newer, "other", three_rows, existing_table_rows=mode, **helpers.asked
    ).result()
    assert helpers.rows(f"select * from {three_rows} order by id") == expected


@pytest.mark.parametrize("mode", ["truncate", "drop"])
def test_a_wrong_second_file_leaves_the_rows_that_are_there(helpers, three_rows, tmp_path, mode):
    ids = _files(helpers, tmp_path, b"id,word\n7,a\n", b"id,word\nnot a number,b\n")
    columns = [{"name": "id", "sql_type": "INTEGER"}, {"name": "word", "sql_type": "VARCHAR(9)"}]
    future = helpers.io.civis_file_to_table(
        ids, "other", three_rows, existing_table_rows=mode, table_columns=columns, **helpers.asked
    )
    with pytest.raises(helpers.base.CivisJobFailure, match="not a number"):
        future.result()
    assert len(helpers.rows(f"select * from {three_rows}")) == 3


def test_wrong_rows_are_skipped_up_to_max_errors(helpers, table, tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("id,word\n1,a\nx,b\n3,c\ny,d\n", encoding="utf-8")
    columns = [{"name": "id", "sql_type": "INTEGER"}, {"name": "word", "sql_type": "VARCHAR"}]
    asked = {"table_columns": columns, **helpers.asked}
    future = helpers.io.csv_to_civis(str(path), "other", table, max_errors=1, **asked)
    with pytest.raises(helpers.base.CivisJobFailure, match="row"):
        future.result()
    helpers.io.csv_to_civis(str(path), "other", table, max_errors=2, **asked).result()
    assert helpers.rows(f"select * from {table} order by id") == [["1", "a"], ["3", "c"]]


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        ("id|word\r\n1|Zoë\r\n2|b\n".encode("latin-1"), {}, [["1", "Zoë"], ["2", "b"]]),
        ("id\tword\n1\tZoë\n".encode("utf-16"), {}, [["1", "Zoë"]]),
        (b'id,word\n1,"a \\"b\\""\n', {"escaped": True}, [["1", 'a "b"']]),
        (b"\n\nid,word\n1,a\n", {}, [["1", "a"]]),
        (b"1,a\n2,b\n", {"headers": False}, [["1", "a"], ["2", "b"]]),
    ],
)
def test_files_of_many_forms_load(helpers, table, tmp_path, content, options, expected):
    (file_id,) = _files(helpers, tmp_path, content)
    helpers.io.civis_file_to_table(file_id, "other", table, **options, **helpers.asked).result()
    assert helpers.rows(f"select * from {table} order by 1") == expected


@pytest.mark.contract("S40")
def test_hostile_parameters_stay_values(helpers):
    text = "x'; drop table public.none; -- \" {{text}}"
    rows = helpers.io.read_civis_sql(
        "select {{text.literal}} as {{text.identifier}};",
        "other",
        return_as="list",
        sql_params_arguments={
            "params": [{"name": "text", "type": "string", "required": True}],
            "arguments": {"text": text},
        },
        **helpers.asked,
    )
    assert [list(row) for row in rows] == [[text], [text]]
