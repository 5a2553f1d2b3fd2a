"""CSV imports: forms of files, modes, keys and errors, over HTTP."""

from __future__ import annotations

import gzip
import threading

import pytest

pytestmark = pytest.mark.exhaustive

COLUMNS = [{"name": "id", "sqlType": "int"}, {"name": "word", "sqlType": "varchar(5)"}]


@pytest.fixture
def table(table_names):
    return next(table_names)


@pytest.fixture
def load(jobs_api, upload_to, table):
    """Import contents into one table and give the ended run."""

    def run(*contents, keys=None, **options):
        files = [upload_to(jobs_api.http, content) for content in contents]
        destination = {"schema": "public", "table": table, "remoteHostId": 1, "credentialId": None}
        body = {"source": {"fileIds": files}, "destination": {**destination, **(keys or {})}}
        job = jobs_api.post("/imports/files/csv", {**body, "firstRowIsHeader": True, **options})
        return jobs_api.run("/imports/files/csv", job)

    return run


@pytest.fixture
def rows(jobs_api, table):
    def read(columns="*"):
        query = jobs_api.query(f"select {columns} from public.{table} order by all", 1000)
        return query["resultRows"] if query["state"] == "succeeded" else None

    return read


@pytest.fixture
def types(jobs_api, table):
    def read():
        found = jobs_api.get(f"/databases/1/schemas/public/tables/{table}")["columns"]
        return {column["name"]: column["sqlType"] for column in found}

    return read


def _fine(run):
    assert run["state"] == "succeeded", run["error"]
    return run


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize(("word", "mark"), [("comma", ","), ("tab", "\t"), ("pipe", "|")])
def test_files_of_every_form(load, rows, word, mark, compression, escaped, typed):
    quote = '\\"' if escaped else '""'
    back = "\\\\" if escaped else "\\"
    lines = ["id,word,x", f'1,"a,{quote}b{back}",', '2,"l1\nl2",""', "3,,é"]
    content = "".join(line.replace(",", mark) + "\n" for line in lines).encode()
    told = [{"name": name, "sqlType": kind} for name, kind in (("id", "int"), ("word", "text"))]
    told.append({"name": "x", "sqlType": "varchar"})
    _fine(
        load(
            gzip.compress(content) if compression == "gzip" else content,
            columnDelimiter=word,
            compression=compression,
            escaped=escaped,
            tableColumns=told if typed else None,
        )
    )
    assert rows() == [["1", f'a{mark}"b\\', None], ["2", "l1\nl2", ""], ["3", None, "é"]]


ENDS = {
    "header LF, rows CRLF": b"id,word\n1,a\r\n2,b\r\n",
    "header CRLF, rows LF": b"id,word\r\n1,a\n2,b\n",
    "CR": b"id,word\r1,a\r2,b\r",
    "CR, then LF": b"id,word\r1,a\r2,b\n",
    "no end": b"id,word\r\n1,a\r\n2,b",
    "blank lines first": b"\r\n\n\nid,word\n1,a\n2,b\n",
    "byte order mark and a blank line": b"\xef\xbb\xbf\nid,word\n1,a\n2,b\n",
    "blank lines between": b"id,word\n\n1,a\n\r\n2,b\n\n\n",
    "cells in quotes": b'id,word\n"1","a"\r\n"2","b"\n',
}


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("form", ENDS)
def test_lines_may_end_in_any_way(load, rows, types, form, typed):
    _fine(load(ENDS[form], tableColumns=COLUMNS if typed else None))
    assert rows() == [["1", "a"], ["2", "b"]]
    word = "VARCHAR(5)" if typed else "VARCHAR"
    assert types() == {"id": "INTEGER" if typed else "BIGINT", "word": word}


def test_line_ends_within_cells_stay(load, rows):
    cells = b'id,word\r\n1,"a\nb"\n2,"c\r\nd"\r\n3,"e\rf"\n'
    _fine(load(cells))
    assert rows() == [["1", "a\nb"], ["2", "c\r\nd"], ["3", "e\rf"]]


def test_an_odd_line_end_far_behind(load, rows):
    content = b"id,word\r\n" + b"7,abc\r\n" * 300_000 + b"8,d\n9,e\r\n"
    _fine(load(gzip.compress(content, 1), compression="gzip", tableColumns=COLUMNS))
    assert rows("count(*), sum(id)") == [["300002", "2100017"]]


@pytest.mark.parametrize(
    ("content", "options", "word"),
    [
        (b"id,word\n1,a\n", {"compression": "gzip"}, "no gzip file"),
        (gzip.compress(b"id\n1\n")[:-8], {"compression": "gzip"}, "breaks off"),
        (gzip.compress(b"id\n1\n")[:-3] + b"abc", {"compression": "gzip"}, "gzip"),
        (b"id;word\n1;a\n", {"tableColumns": COLUMNS}, "delimiter"),
        (b'id,word\n1,"a\n', {"tableColumns": COLUMNS}, "row 1"),
        (b"id,word\n1\n", {"tableColumns": COLUMNS}, "row 1: 1 cells instead of 2"),
        (b"id,word\n1,a\n2,b,c\n", {"tableColumns": COLUMNS}, "row 2: 3 cells instead of 2"),
        (b"id,word\n1,abcdef\n", {"tableColumns": COLUMNS}, "longer than VARCHAR(5)"),
        (b"id,id\n1,a\n", {}, '"id" comes twice'),
        ("id,word\n1,Zoë\n".encode("latin-1"), {}, "not UTF-8"),
        ("id,word\n1,Zoë\n".encode("utf-16"), {}, "not UTF-8"),
        (b"", {}, "is empty"),
        (b"id\n1\n", {"keys": {"schema": "nowhere"}}, 'no schema "nowhere"'),
        (b"id\n1\n", {"redshiftDestinationOptions": {"distkey": "nope"}}, 'distkey names "nope"'),
        (b"id\n1\n", {"redshiftDestinationOptions": {"sortkeys": ["id", "x"]}}, "sortkeys"),
    ],
)
def test_what_does_not_fit_fails_with_the_reason_and_makes_no_table(
    load, rows, content, options, word
):
    run = load(content, **options)
    assert (run["state"], word in run["error"]) == ("failed", True), run["error"]
    assert rows() is None


@pytest.mark.parametrize("told", [[None, "varchar"], ["bigint", None], [None, None]])
def test_types_that_are_told_are_taken_and_the_others_found(load, rows, types, told):
    columns = [{"name": "n", "sqlType": told[0]}, {"name": "code", "sqlType": told[1]}]
    _fine(load(b"n,code\n1,7\n2,8\n", tableColumns=columns))
    assert types() == {"n": "BIGINT", "code": "VARCHAR" if told[1] else "BIGINT"}
    assert rows() == [["1", "7"], ["2", "8"]]


@pytest.mark.contract("S66")
def test_nulls_for_lists_and_numbers_are_their_defaults(load, rows):
    options = {
        "maxErrors": None,
        "loosenTypes": None,
        "columnDelimiter": None,
        "compression": None,
        "existingTableRows": None,
        "redshiftDestinationOptions": {"sortkeys": [None, None], "distkey": None},
    }
    nulls = {"primaryKeys": None, "lastModifiedKeys": None}
    _fine(load(b"id,word\n1,a\n", keys=nulls, tableColumns=COLUMNS, **options))
    assert rows() == [["1", "a"]]
    assert load(b"id,word\nx,a\n", keys=nulls, existingTableRows="append")["state"] == "failed"


@pytest.mark.contract("S65")
@pytest.mark.parametrize(("loosen", "state"), [(True, "succeeded"), (False, "failed")])
@pytest.mark.parametrize("mode", ["fail", "drop"])
def test_types_are_loosened_where_the_table_is_made(load, rows, types, loosen, state, mode):
    long = b"id,word\n1,longer than five\n"
    assert load(long, tableColumns=COLUMNS, loosenTypes=loosen)["state"] == state
    if mode == "drop":
        _fine(load(b"id,word\n2,old\n", tableColumns=COLUMNS, existingTableRows="drop"))
        again = load(long, tableColumns=COLUMNS, loosenTypes=loosen, existingTableRows="drop")
        assert again["state"] == state
    expected = {"succeeded": [["1", "longer than five"]], "failed": [["2", "old"]]}
    assert rows() == (None if (mode, state) == ("fail", "failed") else expected[state])
    # Only lengths: an integer is as large as before.
    wide = load(b"id,word\n3000000000,a\n", tableColumns=COLUMNS, existingTableRows="drop")
    assert (wide["state"], "INTEGER" in wide["error"]) == ("failed", True)


@pytest.mark.contract("S64")
@pytest.mark.parametrize("allowed", [0, 1, 2, 3, 4])
def test_exactly_as_many_wrong_rows_as_allowed_are_skipped(jobs_api, load, rows, allowed):
    content = b"id,word\n1,a\nx,b\n3\n4,d,e\n5,toolong\n6,f\n"
    run = load(content, tableColumns=COLUMNS, maxErrors=allowed)
    if allowed < 4:
        assert (run["state"], rows()) == ("failed", None)
        assert "row 2" in run["error"]
        return
    _fine(run)
    assert rows() == [["1", "a"], ["6", "f"]]
    log = jobs_api.messages(run["csvImportId"], run["id"])
    skipped = [text for text in log if text.startswith("Row skipped")]
    assert [text.split(":")[1].split(",")[0].strip() for text in skipped] == [
        f"row {number}" for number in (2, 3, 4, 5)
    ]


def _key_tests():
    start = "(1, 'a', 'old', timestamp '2026-01-01'), (2, null, 'old', timestamp '2026-01-05')"
    return start, [
        (["id", "k"], ["at"], "1,a,new,2026-01-02", ["1", "a", "new"]),
        (["id", "k"], ["at"], "1,a,older,2025-12-31", ["1", "a", "old"]),
        (["id", "k"], ["at"], "1,a,same,2026-01-01", ["1", "a", "same"]),
        (["id", "k"], ["at"], "1,a,no time,", ["1", "a", "old"]),
        (["id", "k"], [], "1,a,any time,", ["1", "a", "any time"]),
        (["ID"], ["AT"], "1,b,new,2026-01-02", ["1", "b", "new"]),
        (["id", "k"], ["at"], "1,a,1st,2026-01-03\n1,a,2nd,2026-01-02", ["1", "a", "1st"]),
        (["id", "k"], [], "1,a,1st,2026-01-03\n1,a,2nd,2026-01-02", ["1", "a", "2nd"]),
    ]


@pytest.mark.contract("S63")
@pytest.mark.parametrize(("primary", "modified", "line", "first"), _key_tests()[1])
def test_upserts_by_keys(jobs_api, load, rows, table, primary, modified, line, first):
    make = f"create table public.{table} (id int, k varchar, word varchar, at timestamp);"
    jobs_api.query(f"{make} insert into public.{table} values {_key_tests()[0]}")
    keys = {"primaryKeys": primary, "lastModifiedKeys": modified}
    content = f"id,k,word,at\n{line}\n3,c,added,2026-01-01\n".encode()
    _fine(load(content, keys=keys, existingTableRows="upsert"))
    assert rows("id, k, word") == [first, ["2", None, "old"], ["3", "c", "added"]]


def test_an_upsert_makes_the_table_only_with_last_modified_keys(load, rows):
    keys = {"primaryKeys": ["id"]}
    content = b"id,at\n1,2026-01-02\n1,2026-01-01\n"
    run = load(content, keys=keys, existingTableRows="upsert")
    assert (run["state"], "last_modified_keys" in run["error"], rows()) == ("failed", True, None)
    keys["lastModifiedKeys"] = ["at"]
    _fine(load(content, keys=keys, existingTableRows="upsert"))
    assert rows() == [["1", "2026-01-02"]]


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ({"primaryKeys": ["nope"]}, "primary_keys"),
        ({"primaryKeys": ["id"], "lastModifiedKeys": ["nope"]}, "last_modified_keys"),
        ({"primaryKeys": ["other"]}, "other"),
    ],
)
def test_keys_that_are_no_columns_change_nothing(jobs_api, load, rows, table, keys, word):
    jobs_api.query(f"create table public.{table} as select 1 as id, 'a' as word, 2 as other")
    run = load(b"id,word\n1,b\n", keys=keys, existingTableRows="upsert")
    assert (run["state"], word in run["error"]) == ("failed", True)
    assert rows() == [["1", "a", "2"]]


@pytest.mark.contract("S63")
@pytest.mark.parametrize("mode", ["append", "truncate", "drop", "upsert"])
def test_constraints_and_views_outlive_a_failure(jobs_api, load, rows, table, mode):
    jobs_api.query(
        f"create table public.{table} (id int primary key, word varchar not null default 'x');"
        f"insert into public.{table} values (1, 'a'), (2, 'b');"
        f"create view public.view_of_{table} as select count(*) as n from public.{table}"
    )
    view = f"select n from public.view_of_{table}"
    before = jobs_api.get(f"/databases/1/schemas/public/tables/{table}")
    files = [b"id,word\n2,c\n3,d\n", b"id,word\n4,e\nx,f\n"]
    told = {"tableColumns": COLUMNS} if mode == "drop" else {}
    run = load(*files, keys={"primaryKeys": ["id"]}, existingTableRows=mode, **told)
    assert run["state"] == "failed"
    assert rows() == [["1", "a"], ["2", "b"]]
    assert jobs_api.query(view)["resultRows"] == [["2"]]
    assert jobs_api.get(f"/databases/1/schemas/public/tables/{table}") == before
    no_word = jobs_api.query(f"insert into public.{table} values (1, null)")
    assert (no_word["state"], "word" in no_word["error"]) == ("failed", True)
    fine = load(files[0], keys={"primaryKeys": ["id"]}, existingTableRows=mode)
    # Redshift does not enforce keys: appended rows may have them twice.
    assert fine["state"] == "succeeded"
    count = jobs_api.query(view)["resultRows"]
    assert count == [[{"append": "4", "upsert": "3"}.get(mode, "2")]]


@pytest.mark.parametrize("mode", ["fail", "drop", "append"])
def test_imports_that_meet_are_each_done_whole_or_not_at_all(load, rows, mode):
    content = b"id,word\n" + b"1,a\n" * 2000
    runs = []
    options = {"tableColumns": COLUMNS, "existingTableRows": mode}
    threads = [
        threading.Thread(target=lambda: runs.append(load(content, **options))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [run for run in runs if run["state"] == "succeeded"]
    assert len(done) == (1 if mode == "fail" else 4), [run["error"] for run in runs]
    assert rows("count(*)") == [["8000" if mode == "append" else "2000"]]


def test_a_file_that_expired_or_is_gone_by_the_run_changes_nothing(
    jobs_api, load, rows, table, upload_to
):
    _fine(load(b"id,word\n1,a\n"))
    good, gone = (upload_to(jobs_api.http, b"id,word\n2,b\n") for _ in range(2))
    destination = {"schema": "public", "table": table, "remoteHostId": 1, "credentialId": None}
    body = {"source": {"fileIds": [good, gone]}, "destination": destination}
    options = {"firstRowIsHeader": True, "existingTableRows": "truncate"}
    job = jobs_api.post("/imports/files/csv", {**body, **options})
    jobs_api.http.json("PATCH", f"/files/{gone}", json={"expiresAt": "2001-01-01"})
    run = jobs_api.run("/imports/files/csv", job)
    assert (run["state"], "expired" in run["error"]) == ("failed", True)
    assert rows() == [["1", "a"]]
