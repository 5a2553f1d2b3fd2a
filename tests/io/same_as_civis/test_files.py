"""Files and exports are the same through civis_nb.io as through the package civis."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from typing import Any

import pytest

import civis_nb.io as ours
from tests.io.same_as_civis.conftest import DB, FRAMES, POLL, SQL

pytestmark = pytest.mark.exhaustive


def _csv(io_: Any, client: Any, folder: Any, name: str, sql: str = SQL, **options: Any) -> Any:
    path = folder / io_.__name__ / name
    path.parent.mkdir(exist_ok=True)
    future = io_.civis_to_csv(str(path), sql, DB, client=client, **POLL, **options)
    run = future.result()
    there = [one.name for one in path.parent.iterdir()]
    data, members = path.read_bytes() if there else b"", []
    if data[:2] == b"PK":
        archive = zipfile.ZipFile(path)
        members = archive.namelist()
        data = archive.read(members[0])
    packed = data[:2] == b"\x1f\x8b"
    data = gzip.decompress(data) if packed else data
    ends = future.done(), future.succeeded(), future.failed(), future.cancelled()
    return data, packed, members, there, ends, run.state, run["state"], len(run.output)


@pytest.mark.parametrize("compression", ["none", "gzip", "zip"])
@pytest.mark.parametrize("include_header", [True, False])
@pytest.mark.parametrize(("delimiter", "unquoted"), [(",", False), ("|", True), ("\t", False)])
def test_local_csv(same, tmp_path, compression, include_header, delimiter, unquoted):
    options = {
        "compression": compression,
        "include_header": include_header,
        "delimiter": delimiter,
        "unquoted": unquoted,
    }
    same(lambda io_, client: _csv(io_, client, tmp_path, "out.csv", **options))


@pytest.mark.parametrize("name", ["out", "out.zip", "out.csv.zip", "out.txt.zip", "out.csv.gz"])
def test_names_in_zip_files(same, tmp_path, name):
    same(lambda io_, client: _csv(io_, client, tmp_path, name, compression="zip"))


@pytest.mark.parametrize(
    "sql", ["drop table if exists public.none; create table public.none (i int)", "select nosuch"]
)
def test_local_csv_of_nothing(same, tmp_path, sql):
    # A result that has columns and no rows is a file in ours.
    same(lambda io_, client: _csv(io_, client, tmp_path, "out.csv", sql))


def _bytes(io_: Any, client: Any, file_id: int) -> bytes:
    buffer = io.BytesIO()
    assert io_.civis_to_file(file_id, buffer, client=client) is None
    data = buffer.getvalue()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


@pytest.mark.parametrize(
    "settings",
    [
        None,
        {"compression": "none"},
        {"compression": "none", "include_header": False, "column_delimiter": "pipe"},
        {"compression": "none", "includeHeader": False, "columnDelimiter": "tab"},
        {"filename_prefix": "abc", "unquoted": True},
        {"compression": "no such"},
    ],
    ids=str,
)
def test_exported_files(same, settings):
    def call(io_, client):
        future = io_.export_to_civis_file(SQL, DB, client=client, csv_settings=settings, **POLL)
        output = future.result()["output"][0]
        kinds = [one.object_type for one in future.outputs()]
        name = output.output_name.split(".", 1)[-1]
        data = _bytes(io_, client, output["file_id"])
        return name, data, kinds, sorted(output.json()), sorted(future.result().json())

    same(call)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"include_header": False},
        {"compression": "gzip", "delimiter": ","},
        {"unquoted": True, "delimiter": "\t"},
        {"max_file_size": 1, "prefix": "pre"},
        {"delimiter": ";"},
        {"sql": "select 1 as a where 1 = 0"},
    ],
    ids=str,
)
def test_multifile_exports(same, options):
    def call(io_, client):
        given = {"sql": SQL, **options}
        manifest = io_.civis_to_multifile_csv(database=DB, client=client, **POLL, **given)
        json.dumps(manifest)
        entries = manifest.pop("entries")
        files = [(_bytes(io_, client, entry["id"]), sorted(entry)) for entry in entries]
        return type(manifest), manifest, files

    same(call)


@pytest.mark.parametrize(
    "make",
    [
        lambda path: str(path),
        lambda path: path,
        lambda _: io.BytesIO(b"content"),
        lambda _: io.StringIO("é,漢\r\n"),
        lambda _: gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(b"content"))),
    ],
)
@pytest.mark.parametrize(
    "options", [{"name": "n"}, {"name": "n", "expires_at": None, "description": "d"}]
)
def test_files(same, tmp_path, make, options):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,2\n")

    def call(io_, client):
        file_id = io_.file_to_civis(make(path), client=client, **options)
        file = client.files.get(file_id)
        target = tmp_path / f"{io_.__name__}.out"
        io_.civis_to_file(file_id, target, client=client)
        content = target.read_bytes()
        named = client.files.get(io_.file_to_civis(path, client=client)).name
        return type(file_id), file.name, file.description, file.expires_at is None, content, named

    same(call)


CSV = b"a,b\n001,x\n2,\n"


@pytest.mark.parametrize(("name", "data"), [("a.csv", CSV), ("a.csv.gz", gzip.compress(CSV))])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dtype": str},
        {"index_col": 0},
        {"header": None},
        {"return_as": "polars"},
        {"return_as": "polars", "has_header": False},
        {"return_as": "list"},
        {"nosuch": 1},
    ],
    ids=str,
)
def test_files_as_frames(same, io_client, name, data, options):
    file_id = ours.file_to_civis(io.BytesIO(data), name, client=io_client)
    same(lambda io_, client: io_.file_to_dataframe(file_id, client=client, **options))


@pytest.mark.parametrize(
    ("kind", "name", "options"),
    [
        ("pandas", "f.csv", {}),
        ("pandas", "f.csv", {"index": False, "sep": "|"}),
        ("pandas", "f.csv", {"header": False, "na_rep": "NA"}),
        ("pandas", "f.csv", {"compression": "gzip"}),
        ("pandas", "f.csv.gz", {}),
        ("pandas", "f.csv.gz", {"compression": None}),
        ("pandas", "f.CSV.BZ2", {}),
        ("pandas", "f.csv", {"nosuch": 1}),
        ("polars", "f.csv", {}),
        ("polars", "f.csv.gz", {}),
        ("polars", "f.csv", {"separator": "|", "null_value": "NA"}),
        ("polars", "f.csv", {"nosuch": 1}),
    ],
)
def test_frames_as_files(same, kind, name, options):
    def call(io_, client):
        file_id = io_.dataframe_to_file(FRAMES[kind], name, client=client, **options)
        return type(file_id), client.files.get(file_id).name, _bytes(io_, client, file_id)

    same(call)


@pytest.mark.parametrize("value", [{"a": [1, None, "é"]}, [], None, "x", 1.5, {1: 2}, {"a": {1}}])
def test_json(same, value):
    def call(io_, client):
        file_id = io_.json_to_file(value, "v.json", client=client, indent=1)
        read = io_.file_to_json(file_id, client=client, parse_float=str)
        return client.files.get(file_id).name, _bytes(io_, client, file_id), read

    same(call)


def test_what_is_no_json_is_a_value_error(theirs, io_client, other_client):
    file_id = ours.file_to_civis(io.BytesIO(b"a,b"), "a.csv", client=io_client)
    for module, client in ((theirs, other_client), (ours, io_client)):
        with pytest.raises(ValueError, match="Expecting value"):
            module.file_to_json(file_id, client=client)
