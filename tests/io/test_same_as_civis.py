"""The same call through civis_nb.io and through the package civis gives the same."""

from __future__ import annotations

import gzip
import inspect
import io
import itertools
import json
import warnings
import zipfile
from typing import Any

import pandas as pd
import polars as pl
import pytest

import civis_nb.io as ours

pytestmark = pytest.mark.exhaustive

theirs: Any = pytest.importorskip("civis.io")

DB = "sample"
NUMBER = itertools.count()
POLL = {"polling_interval": 0.02}
SQL = """select i as id, 'n' || i as "Na me", i * 1.5 as f, 'x,"y' || chr(10) || 'z' as q,
case when i % 2 = 0 then 'v' end as n, i = 2 as b from range(5) t(i) order by 1"""
PARAMETERS = {
    "params": [{"name": "x", "type": "integer"}, {"name": "s", "type": "string"}],
    "arguments": {"x": 5, "s": "o'k"},
}


def plain(value: Any) -> Any:
    """Return a result as something that can be compared."""
    if isinstance(value, pd.DataFrame):
        rows = value.astype(object).where(value.notna(), None).to_numpy().tolist()
        kinds = [str(kind) for kind in value.dtypes]
        return "pandas", list(value.columns), kinds, list(value.index), value.index.name, rows
    if isinstance(value, pl.DataFrame):
        return "polars", dict(value.schema), value.rows()
    if hasattr(value, "__next__"):
        return [plain(one) for one in value]
    if isinstance(value, tuple | list):
        return type(value)(plain(one) for one in value)
    return value


def outcome(call: Any, module: Any, client: Any) -> tuple[Any, list[Any]]:
    """Return what a call came to: its result, or the classes of its error; and its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = plain(call(module, client))
        except Exception as error:
            result = {kind.__name__ for kind in type(error).__mro__} - {"object"}
    return result, [one.category for one in caught if one.category is not ResourceWarning]


@pytest.fixture
def same(io_client, other_client):
    def compare(call: Any) -> Any:
        wanted, warned = outcome(call, theirs, other_client)
        got, also_warned = outcome(call, ours, io_client)
        if isinstance(wanted, set):
            # Ours may be a narrower class of the same error.
            assert isinstance(got, set), (wanted, got)
            assert got >= wanted, (wanted, got)
        else:
            assert got == wanted
        assert also_warned == warned
        return got

    return compare


def test_signatures():
    assert set(theirs.__all__) <= set(ours.__all__)
    for name in theirs.__all__:
        wanted = inspect.signature(getattr(theirs, name)).parameters
        found = inspect.signature(getattr(ours, name)).parameters
        old = [one for one in found.values() if one.name in wanted]
        assert [one.name for one in old] == list(wanted), name
        for one in old:
            assert one.kind == wanted[one.name].kind, (name, one)
            assert repr(one.default) == repr(wanted[one.name].default), (name, one)
        for one in found.values():
            if one.name not in wanted:
                assert one.kind is one.KEYWORD_ONLY, (name, one)
                assert one.default is not one.empty, (name, one)


READS: list[dict[str, Any]] = [
    {},
    {"return_as": "pandas"},
    {"return_as": "polars"},
    {"use_pandas": True},
    {"use_pandas": False},
    {"use_pandas": True, "return_as": "pandas"},
    {"use_pandas": False, "return_as": "polars"},
    {"use_pandas": False, "return_as": "pandas"},
    {"use_pandas": True, "return_as": "polars"},
    {"use_pandas": None, "return_as": "polars"},
    {"return_as": "tibble"},
    {"delimiter": "|"},
    {"quotechar": "'"},
    {"nosuch": 1},
    {"encoding": "latin-1"},
    {"return_as": "pandas", "encoding": "latin-1"},
    {"return_as": "pandas", "index_col": "id"},
    {"return_as": "pandas", "nrows": 2},
    {"return_as": "pandas", "usecols": ["f", "id"]},
    {"return_as": "pandas", "dtype": {"id": "float64"}},
    {"return_as": "pandas", "dtype": str, "na_filter": False},
    {"return_as": "pandas", "header": None},
    {"return_as": "pandas", "names": list("abcdef"), "skiprows": 1},
    {"return_as": "pandas", "chunksize": 2},
    {"return_as": "pandas", "sep": "|"},
    {"return_as": "pandas", "engine": "python"},
    {"return_as": "pandas", "dtype_backend": "numpy_nullable"},
    {"return_as": "pandas", "compression": "gzip"},
    {"return_as": "pandas", "low_memory": False},
    {"return_as": "pandas", "nosuch": 1},
    {"return_as": "polars", "n_rows": 2},
    {"return_as": "polars", "has_header": False},
    {"return_as": "polars", "columns": ["f"]},
    {"return_as": "polars", "separator": "|"},
    {"return_as": "polars", "schema_overrides": {"id": pl.String}},
    {"return_as": "polars", "encoding": "utf8-lossy"},
    {"return_as": "polars", "nosuch": 1},
]


@pytest.mark.parametrize("options", READS, ids=str)
def test_reads(same, options):
    same(lambda io_, client: io_.read_civis_sql(SQL, DB, client=client, **POLL, **options))


def test_reads_by_position(same):
    def call(io_, client):
        old = inspect.signature(io_.read_civis_sql).parameters["use_pandas"].default
        given = (SQL, DB, "pandas", old, PARAMETERS, None, "a job", client, None, 0.02, True)
        return io_.read_civis_sql(*given)

    def of_table(io_, client):
        old = inspect.signature(io_.read_civis).parameters["use_pandas"].default
        given = ("public.same", DB, ["a"], "pandas", old, None, "a job", client, None, 0.02, True)
        return io_.read_civis(*given)

    same(call)
    same(of_table)


@pytest.mark.parametrize(
    "sql",
    [
        "select {{x}} as a, {{s.literal}} as b",
        "select 1 as a where 1 = 0",
        "create table if not exists public.same_ddl (a int)",
        "select nosuch",
        "select 1 as a, '' as b union all select null, null",
        "select 1 as a; select 2 as b",
    ],
)
@pytest.mark.parametrize("return_as", ["list", "pandas", "polars"])
def test_statements(same, sql, return_as):
    options = {"sql_params_arguments": PARAMETERS} if "{{" in sql else {}
    same(
        lambda io_, client: io_.read_civis_sql(sql, DB, return_as, client=client, **POLL, **options)
    )


@pytest.mark.parametrize(
    ("database", "options"),
    [
        ("nosuch", {}),
        (999999, {}),
        (DB, {"credential_id": 999999}),
        (DB, {"sql_params_arguments": {"nosuch": 1}}),
    ],
)
def test_what_there_is_not(same, database, options):
    same(lambda io_, client: io_.read_civis_sql("select 1", database, client=client, **options))
    same(lambda io_, client: io_.query_civis("select 1", "nosuch", client=client))


@pytest.fixture(scope="module", autouse=True)
def _table(io_client):
    frame = pd.DataFrame({"a": [1, 2], "Mixed": ["x", "y"], "order": ["p", "q"]})
    options = {"client": io_client, "existing_table_rows": "drop"}
    ours.dataframe_to_civis(frame, DB, "public.same", **options).result()


@pytest.mark.parametrize(
    "columns",
    [
        None,
        ["a"],
        ("a", "Mixed"),
        ["mixed"],
        ["a as b"],
        ["count(*) as n"],
        ['"Mixed"'],
        "a",
        ["no"],
    ],
    ids=str,
)
@pytest.mark.parametrize("return_as", ["list", "pandas"])
def test_columns_of_tables(same, columns, return_as):
    same(
        lambda io_, client: io_.read_civis(
            "public.same", DB, columns, return_as, client=client, **POLL
        )
    )


@pytest.mark.parametrize(
    "table", ["same", '"public"."same"', 'public."same"', "public.no", "no.same"]
)
def test_names_of_tables(same, table):
    same(lambda io_, client: io_.read_civis(table, DB, client=client, **POLL))
    same(lambda io_, client: io_.split_schema_tablename(table))


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


@pytest.mark.parametrize("sql", ["create or replace table public.none (i int)", "select nosuch"])
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
    "options",
    [
        {},
        {"preview_rows": 2},
        {"preview_rows": 0},
        {"preview_rows": 1000},
        {"hidden": False},
        {"sql": "select nosuch"},
        {"sql": "create table if not exists public.same_ddl (a int)"},
    ],
    ids=str,
)
def test_queries(same, options):
    def call(io_, client):
        given = {"sql": SQL, **options}
        future = io_.query_civis(database=DB, client=client, **POLL, **given)
        run = future.result()
        return run.result_columns, run["result_rows"], run.state, sorted(run.json())

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


FRAMES = {
    "pandas": pd.DataFrame({"a": [1, 2], "b": ["x", None]}, index=["p", "q"]),
    "polars": pl.DataFrame({"a": [1, 2], "b": ["x", None]}),
}


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("pandas", {}),
        ("pandas", {"index": False, "sep": "|"}),
        ("pandas", {"header": False, "na_rep": "NA"}),
        ("pandas", {"compression": "gzip"}),
        ("pandas", {"nosuch": 1}),
        ("polars", {}),
        ("polars", {"separator": "|", "null_value": "NA"}),
        ("polars", {"nosuch": 1}),
    ],
)
def test_frames_as_files(same, kind, options):
    def call(io_, client):
        file_id = io_.dataframe_to_file(FRAMES[kind], "f.csv", client=client, **options)
        return type(file_id), client.files.get(file_id).name, _bytes(io_, client, file_id)

    same(call)


@pytest.mark.parametrize("value", [{"a": [1, None, "é"]}, [], None, "x", 1.5, {1: 2}, {"a": {1}}])
def test_json(same, value):
    def call(io_, client):
        file_id = io_.json_to_file(value, "v.json", client=client, indent=1)
        read = io_.file_to_json(file_id, client=client, parse_float=str)
        return client.files.get(file_id).name, _bytes(io_, client, file_id), read

    same(call)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"existing_table_rows": "append"},
        {"existing_table_rows": "truncate"},
        {"existing_table_rows": "drop"},
        {"existing_table_rows": "upsert", "primary_keys": ["a"], "last_modified_keys": ["b"]},
        {"table_columns": [{"name": n, "sql_type": "VARCHAR(5)"} for n in "xy"]},
        {"table_columns": ({"name": "a", "sql_type": "INT"}, {"name": "b", "sql_type": "TEXT"})},
        {"table_columns": []},
        {"max_errors": 5, "hidden": False, "execution": "delayed"},
        {"diststyle": "key", "distkey": "a", "sortkey1": "a", "sortkey2": "b"},
        {"table_columns": [{"name": "a", "sql_type": "INT"}, {"name": "b"}]},
    ],
    ids=str,
)
@pytest.mark.exhaustive
def test_frames_into_tables(same, io_client, options):
    kind = "polars" if "primary_keys" in options or not options else "pandas"

    def call(io_, client):
        table = f"public.same_{next(NUMBER)}"
        if "existing_table_rows" in options:
            before = FRAMES["polars"].head(1)
            ours.dataframe_to_civis(before, DB, table, client=io_client, **POLL).result()
        run = io_.dataframe_to_civis(FRAMES[kind], DB, table, client=client, **POLL, **options)
        state = run.result().state
        rows = ours.read_civis(table, DB, types="exact", client=io_client, **POLL)
        return state, rows[0], sorted(rows[1:], key=str)

    same(call)


TYPED = [{"name": "a", "sql_type": "INT"}, {"name": "b", "sql_type": "TEXT"}]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("a,b\n1,x\n2,\n", {}),
        ("a|b\n1|x\n", {"delimiter": "|"}),
        ("1,x\n2,y\n", {"headers": False}),
        ("1,x\n", {"headers": False, "table_columns": TYPED}),
        ("a,b\n1,x\nno,y\n", {"max_errors": 1, "table_columns": TYPED}),
        ('a,b\n1,"x\\"y"\n', {"escaped": True}),
    ],
)
@pytest.mark.exhaustive
def test_csv_files_into_tables(same, io_client, tmp_path, text, options):
    path = tmp_path / "a.csv"
    path.write_text(text)

    def call(io_, client):
        table = f"public.same_{next(NUMBER)}"
        if "headers" in options:
            file_id = io_.file_to_civis(str(path), client=client)
            run = io_.civis_file_to_table(file_id, DB, table, client=client, **POLL, **options)
        else:
            run = io_.csv_to_civis(str(path), DB, table, client=client, **POLL, **options)
        return run.result().state, ours.read_civis(table, DB, client=io_client, **POLL)

    same(call)


def test_jobs_have_the_names_and_are_as_visible(same):
    def call(io_, client):
        name = f"job of {io_.__name__}"
        io_.read_civis_sql(SQL, DB, job_name=name, hidden=False, client=client, **POLL)
        io_.read_civis_sql(SQL, DB, job_name=name, client=client, **POLL)
        return [job.name == name for job in client.scripts.list(iterator=True)].count(True)

    assert same(call) == 1


def test_transfers(same, io_client):
    def call(io_, client):
        target = f"public.same_{next(NUMBER)}"
        run = io_.transfer_table(
            DB, DB, "public.same", target, client=client, **POLL, wipe_destination_table=True
        )
        state = run.result().state
        return state, ours.read_civis(target, DB, client=io_client, **POLL)

    same(call)


def test_what_is_no_json_is_a_value_error(io_client, other_client):
    file_id = ours.file_to_civis(io.BytesIO(b"a,b"), "a.csv", client=io_client)
    for module, client in ((theirs, other_client), (ours, io_client)):
        with pytest.raises(ValueError, match="Expecting value"):
            module.file_to_json(file_id, client=client)
