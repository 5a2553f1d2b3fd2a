"""Dbsync: tables from one database of the platform to another, and within one."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.local.warehouse.base import ignore_log

pytestmark = pytest.mark.exhaustive

ROWS = [["1", "a", "1.50"], ["2", None, "2.50"], ["3", "c", None]]
MAKE = (
    "create table public.{0} (id int, word varchar, x decimal(9,2));"
    "insert into public.{0} values (1, 'a', 1.5), (2, null, 2.5), (3, 'c', null)"
)


@pytest.fixture
def source(moves_api, table_names):
    name = next(table_names)
    assert moves_api.query(MAKE.format(name))["state"] == "succeeded"
    return name


@pytest.fixture
def target(table_names):
    return next(table_names)


@pytest.fixture
def sync(moves_api, source, target):
    """Create a sync, run it, and return the ended run."""

    def run(databases=(1, 2), moved=None, **options):
        hosts = [{"remoteHostId": number, "credentialId": 1} for number in databases]
        job = moves_api.post(
            "/imports",
            {
                "name": "sync",
                "syncType": "Dbsync",
                "isOutbound": True,
                "source": hosts[0],
                "destination": hosts[1],
            },
        )
        for one, other in moved or [(f"public.{source}", f"public.{target}")]:
            body = {"source": {"path": one}, "destination": {"path": other}}
            moves_api.post(f"/imports/{job['id']}/syncs", {**body, "advancedOptions": options})
        run_id = moves_api.post(f"/imports/{job['id']}/runs")["runId"]
        return moves_api.ended(f"/imports/files/{job['id']}/runs/{run_id}")

    return run


@pytest.fixture
def rows(moves_api):
    def read(table, database=2):
        query = moves_api.query(
            f"select * from public.{table} order by all", 100, database=database
        )
        assert query["state"] == "succeeded", query["error"]
        return query["resultRows"]

    return read


@pytest.mark.contract("S46")
@pytest.mark.parametrize("databases", [(1, 2), (1, 1)])
def test_a_new_table_is_as_its_source(moves_api, sync, rows, target, databases):
    run = sync(databases)
    assert run["state"] == "succeeded", run["error"]
    assert (run["importId"] > 0, run["isCancelRequested"]) == (True, False)
    assert rows(target, databases[1]) == ROWS
    place = f"/databases/{databases[1]}/schemas/public/tables/{target}"
    columns = {c["name"]: c["sqlType"] for c in moves_api.get(place)["columns"]}
    assert columns == {"id": "INTEGER", "word": "VARCHAR(256)", "x": "DECIMAL(9,2)"}
    log = moves_api.messages(run["importId"], run["id"])
    assert any("3 rows written" in text for text in log)
    under_jobs = moves_api.get(f"/jobs/{run['importId']}/runs/{run['id']}")
    assert (under_jobs["id"], under_jobs["state"]) == (run["id"], "succeeded")


def test_types_and_keys_survive(moves_api, table_names, sync):
    name, copy = next(table_names), next(table_names)
    made = moves_api.query(
        f"create table public.{name} (id bigint primary key, big decimal(38,0) not null, "
        "at timestamptz, day date, kind char(3), word varchar(12), yes boolean, x float4);"
        f"insert into public.{name} values (9007199254740993, "
        "99999999999999999999999999999999999999, '2026-01-02 03:04:05.678+00', '2026-01-02', "
        "'b', 'it''s', true, 0.1)"
    )
    assert made["state"] == "succeeded", made["error"]
    assert sync(moved=[(f"public.{name}", f"public.{copy}")])["state"] == "succeeded"
    types = (
        "select column_name, data_type, character_maximum_length, is_nullable "
        "from information_schema.columns where table_name = '{}' order by ordinal_position"
    )
    for look in ("select * from public.{}", types):
        here, there = (
            moves_api.query(look.format(table), database=database)
            for table, database in ((name, 1), (copy, 2))
        )
        assert there["resultRows"] == here["resultRows"] != []
    key = moves_api.query(
        f"select column_name from information_schema.key_column_usage where table_name = '{copy}'",
        database=2,
    )
    assert key["resultRows"] == [["id"]]


def test_a_second_sync_brings_the_table_to_its_source(moves_api, sync, rows, source, target):
    for change in (
        "insert into public.{0} values (4, 'd', 4)",
        "delete from public.{0} where id = 1",
    ):
        assert sync()["state"] == "succeeded"
        assert moves_api.query(change.format(source))["state"] == "succeeded"
    run = sync(verifyTableRowCounts=True)
    assert run["state"] == "succeeded", run["error"]
    assert rows(target) == [*ROWS[1:], ["4", "d", "4.00"]]


def test_rows_are_merged_by_the_identity_column(moves_api, sync, rows, source, target):
    assert sync()["state"] == "succeeded"
    moves_api.query(f"insert into public.{target} values (9, 'own', null)", database=2)
    moves_api.query(f"update public.{source} set word = 'new' where id = 1")
    run = sync(identityColumn="id")
    assert run["state"] == "succeeded", run["error"]
    assert rows(target) == [["1", "new", "1.50"], *ROWS[1:], ["9", "own", None]]
    failed = sync(identityColumn="id", verifyTableRowCounts=True)
    assert (failed["state"], "4" in failed["error"]) == ("failed", True)
    unknown = sync(identityColumn="nope")
    assert "identity_column" in unknown["error"]


@pytest.mark.parametrize("identity", ["id, word", '"a,b"', 'id, "a,b"'])
def test_identity_columns_may_be_several_and_hold_commas(
    moves_api, sync, rows, table_names, identity
):
    name, copy = next(table_names), next(table_names)
    made = f"create table public.{name} as select 1 as id, 'x' as word, 2 as \"a,b\""
    assert moves_api.query(made)["state"] == "succeeded"
    for _ in range(2):
        run = sync(moved=[(f"public.{name}", f"public.{copy}")], identityColumn=identity)
        assert run["state"] == "succeeded", run["error"]
    assert rows(copy) == [["1", "x", "2"]]


def test_only_rows_not_older_than_the_newest_come_with_a_last_modified_column(
    moves_api, sync, rows, source, target
):
    assert sync()["state"] == "succeeded"
    moves_api.query(f"update public.{source} set word = 'seen' where id = 3")
    moves_api.query(f"update public.{source} set word = 'not seen' where id = 1")
    run = sync(identityColumn="id", lastModifiedColumn="id")
    assert run["state"] == "succeeded", run["error"]
    assert [row[1] for row in rows(target)] == ["a", None, "seen"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"existingTableRows": "append"}, sorted([*ROWS, *ROWS], key=str)),
        ({"existingTableRows": "truncate"}, ROWS),
        ({"existingTableRows": "drop"}, ROWS),
        ({"wipeDestinationTable": True}, ROWS),
    ],
)
def test_existing_rows_are_treated_as_asked(sync, rows, target, options, expected):
    assert sync()["state"] == "succeeded"
    run = sync(**options)
    assert run["state"] == "succeeded", run["error"]
    assert sorted(rows(target), key=str) == sorted(expected, key=str)


def test_a_table_of_another_form_fails_and_stays_unless_it_is_wiped(moves_api, sync, rows, target):
    moves_api.query(f"create table public.{target} as select 7 as other", database=2)
    for options in ({}, {"existingTableRows": "append"}, {"existingTableRows": "fail"}):
        run = sync(**options)
        assert run["state"] == "failed"
        assert target in run["error"]
        assert rows(target) == [["7"]]
    assert sync(wipeDestinationTable=True)["state"] == "succeeded"
    assert rows(target) == ROWS


def test_several_tables_are_one_unit(moves_api, sync, source, target, table_names):
    moved = [
        (f"public.{source}", f"public.{target}"),
        (f"public.{source}", f"public.{next(table_names)}"),
    ]
    run = sync(moved=[*moved, ("public.not_there", "public.x")])
    assert (run["state"], "not_there" in run["error"]) == ("failed", True)
    run = sync(moved=[*moved, (f"public.{source}", "no_schema.x")])
    assert (run["state"], "no_schema" in run["error"]) == ("failed", True)
    assert moves_api.http("GET", f"/databases/2/schemas/public/tables/{target}").status_code == 404
    assert sync(moved=moved)["state"] == "succeeded"


def test_a_table_is_not_copied_onto_itself(sync, source):
    run = sync((1, 1), moved=[(f"public.{source}", f'"public"."{source.upper()}"')])
    assert (run["state"], "both the source and the destination" in run["error"]) == ("failed", True)


def test_a_view_is_copied_as_a_table(moves_api, sync, rows, source, target):
    moves_api.query(f'create view public."v of {source}" as select id from public.{source}')
    run = sync(moved=[(f'public."v of {source}"', f"public.{target}")])
    assert run["state"] == "succeeded", run["error"]
    assert rows(target) == [["1"], ["2"], ["3"]]


@pytest.mark.parametrize("database", [1, 2])
def test_a_cancelled_sync_changes_nothing(moves_api, two_databases, target, database):
    slow = f"create view public.slow_{target} as select sum(a.i * b.i) as s "
    slow += "from generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(i)"
    assert moves_api.query(slow)["state"] == "succeeded"
    host = {"remoteHostId": 1, "credentialId": 1}
    body = {"name": "slow", "syncType": "Dbsync", "isOutbound": False}
    other = {**host, "remoteHostId": database}
    job = moves_api.post("/imports", {**body, "source": host, "destination": other})
    places = {
        "source": {"path": f"public.slow_{target}"},
        "destination": {"path": f"public.{target}"},
    }
    moves_api.post(f"/imports/{job['id']}/syncs", places)
    run_id = moves_api.post(f"/imports/{job['id']}/runs")["runId"]
    path = f"/imports/files/{job['id']}/runs/{run_id}"
    moves_api.until(path, lambda seen: seen["state"] == "running")
    again = moves_api.http("POST", f"/imports/{job['id']}/runs", json={})
    assert (again.status_code, again.json()["error"]) == (409, "conflict")
    answer = moves_api.http("POST", f"/imports/{job['id']}/cancel", json={})
    assert answer.status_code == 202
    assert answer.json() == {"id": run_id, "state": "cancelled", "isCancelRequested": True}
    assert moves_api.ended(path)["state"] == "cancelled"
    again = moves_api.http("POST", f"/imports/{job['id']}/cancel", json={})
    assert again.status_code == 404
    place = f"/databases/{database}/schemas/public/tables/{target}"
    assert moves_api.http("GET", place).status_code == 404
    warehouse = two_databases._context.warehouses.get(1)
    with warehouse.engine(CancelToken(), ignore_log) as engine:
        left = engine.cursor.execute(
            "select database_name from duckdb_databases() where not internal"
        ).fetchall()
    # Beside the database itself, the functions of its dialect: the source is detached.
    assert sorted(left)[0] == ("civis_sql",)
    assert len(left) == 2


def test_what_lacks_something_fails_with_what_to_do(moves_api):
    body = {"name": "n", "syncType": "Dbsync", "isOutbound": False}
    job = moves_api.post("/imports", body)

    def error():
        run_id = moves_api.post(f"/imports/{job['id']}/runs")["runId"]
        run = moves_api.ended(f"/imports/files/{job['id']}/runs/{run_id}")
        assert run["state"] == "failed"
        return run["error"]

    assert "no sync" in error()
    places = {"source": {"path": "public.a"}, "destination": {"path": "public.b"}}
    moves_api.post(f"/imports/{job['id']}/syncs", places)
    assert "source database" in error()
