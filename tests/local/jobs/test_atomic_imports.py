"""A failed or cancelled import changes nothing, whatever it was to do."""

from __future__ import annotations

import gzip

import pytest

pytestmark = pytest.mark.exhaustive

COLUMNS = [{"name": "id", "sqlType": "int"}, {"name": "word", "sqlType": "varchar(10)"}]


@pytest.fixture
def table(moves_api, table_names):
    name = next(table_names)
    sql = f"create table public.{name} as select 1::int as id, 'first' as word"
    assert moves_api.query(sql)["state"] == "succeeded"
    return name


@pytest.fixture
def make(moves_api, upload_to, table):
    def run(*contents, **options):
        source = {"fileIds": [upload_to(moves_api.http, content) for content in contents]}
        destination = {"schema": "public", "table": table, "remoteHostId": 1, "credentialId": 1}
        destination |= options.pop("destination", {})
        body = {"source": source, "destination": destination, "firstRowIsHeader": True, **options}
        return moves_api.post("/imports/files/csv", body)

    return run


@pytest.fixture
def rows(moves_api, table):
    def read():
        return moves_api.query(f"select * from public.{table} order by all", 9)["resultRows"]

    return read


GOOD, BAD = b"id,word\n2,b\n3,c\n", b"id,word\n4,d\nnot a number,e\n"
MODES = {
    "append": {},
    "truncate": {},
    "drop": {"tableColumns": COLUMNS},
    "upsert": {"destination": {"primaryKeys": ["id"]}},
}


@pytest.mark.contract("S63")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("max_errors", [None, 1])
def test_a_failure_in_the_second_file_leaves_the_table_as_it_was(
    moves_api, make, rows, mode, max_errors
):
    bad = BAD if max_errors is None else BAD + b"x,f\n"
    job = make(GOOD, bad, existingTableRows=mode, maxErrors=max_errors, **MODES[mode])
    run = moves_api.run("/imports/files/csv", job)
    assert run["state"] == "failed"
    assert "file 2" in run["error"]
    assert rows() == [["1", "first"]]


@pytest.mark.contract("S64")
def test_wrong_rows_count_over_all_files(moves_api, make, rows):
    bad = b"id,word\nx,b\n5,e\n"
    failing = make(bad, bad, existingTableRows="append", maxErrors=1)
    assert moves_api.run("/imports/files/csv", failing)["state"] == "failed"
    assert rows() == [["1", "first"]]
    fine = make(bad, bad, existingTableRows="append", maxErrors=2)
    assert moves_api.run("/imports/files/csv", fine)["state"] == "succeeded"
    assert rows() == [["1", "first"], ["5", "e"], ["5", "e"]]


@pytest.mark.parametrize(
    "second",
    [b"id,other\n4,d\n", b"id\n4\n", gzip.compress(GOOD)[:-9], b""],
    ids=["another name", "fewer columns", "cut gzip", "no bytes"],
)
def test_files_that_disagree_or_are_damaged_load_nothing(moves_api, make, rows, second):
    job = make(GOOD, second, existingTableRows="truncate", tableColumns=COLUMNS)
    run = moves_api.run("/imports/files/csv", job)
    assert rows() == [["1", "first"]] if run["state"] == "failed" else len(rows()) == 3


@pytest.mark.parametrize("mode", ["append", "truncate", "drop"])
def test_an_import_cancelled_in_the_middle_loads_nothing(moves_api, make, rows, mode):
    many = gzip.compress(b"id,word\n" + b"7,abcdefgh\n" * 4_000_000, compresslevel=1)
    files = [gzip.compress(GOOD), *[many] * 6]
    job = make(*files, existingTableRows=mode, compression="gzip", **MODES[mode])
    started = moves_api.start("/imports/files/csv", job)
    path = f"/imports/files/csv/{job['id']}/runs/{started['id']}"
    moves_api.until(path, lambda seen: seen["state"] != "queued")
    answer = moves_api.http("DELETE", path)
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")
    assert rows() == [["1", "first"]]
    fine = make(GOOD, existingTableRows="append")
    assert moves_api.run("/imports/files/csv", fine)["state"] == "succeeded"
