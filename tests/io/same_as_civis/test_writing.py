"""What is loaded is the same through civis_nb.io as through the package civis."""

from __future__ import annotations

import itertools

import pytest

import civis_nb.io as ours
from tests.io.same_as_civis.conftest import DB, FRAMES, POLL, SQL

pytestmark = pytest.mark.exhaustive
NUMBER = itertools.count()


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
