"""A temporary platform is brought back to an earlier state, and nothing of later is left."""

from __future__ import annotations

import io
from functools import partial

import pytest

from civis_nb import errors, local
from civis_nb.io import civis_to_file, file_to_civis, query_civis, read_civis_sql
from civis_nb.utils import run_job

pytestmark = pytest.mark.exhaustive

SLEEPS = "import time; time.sleep(600)"


@pytest.fixture(scope="module")
def platform():
    with local.start(databases=["second"]) as platform:
        yield platform


@pytest.fixture(scope="module")
def snapshot(platform):
    return platform.snapshot()


@pytest.fixture
def client(platform, snapshot):
    return platform.client()


def rows(client, sql, database="sample"):
    return list(read_civis_sql(sql, database, client=client))[1:]


@pytest.mark.exhaustive
def test_tables_jobs_and_files_of_later_are_gone(client, snapshot, platform):
    before = rows(client, "select count(*), sum(age) from public.anes96")
    query_civis("create table public.made as select 1 as a", "sample", client=client).result(60)
    made = "create schema mine; create view mine.v as select 2"
    query_civis(made, "second", client=client).result(60)
    query_civis("update public.anes96 set age = 0", "sample", client=client).result(60)
    file_id = file_to_civis(io.BytesIO(b"text"), "notes.txt", client=client)
    project = client.projects.post("a project", description="of a test")
    assert list((platform.state / "blobs").iterdir())
    snapshot.restore()
    assert client.jobs.list(hidden=True) == []
    assert rows(client, "select count(*), sum(age) from public.anes96") == before
    assert [one.name for one in client.tables.list(database_id=1)] == ["anes96", "turnout"]
    with pytest.raises(errors.CivisJobFailure, match="mine"):
        query_civis("select * from mine.v", "second", client=client).result(60)
    with pytest.raises(errors.CivisAPIError, match="404"):
        client.projects.get(project.id)
    with pytest.raises(errors.CivisError, match="File"):
        civis_to_file(file_id, io.BytesIO(), client=client)
    snapshot.restore()
    kept = [*(platform.state / "blobs").rglob("*"), *(platform.state / "logs").rglob("*")]
    assert not [one for one in kept if one.is_file()]


@pytest.mark.parametrize("change", ["drop table public.anes96", "update public.anes96 set age = 1"])
def test_small_changes_never_reach_the_database_file(client, snapshot, platform, change):
    before = rows(client, "select count(*), sum(age) from public.anes96")
    snapshot.restore()
    file = next(platform.state.glob("warehouse/sample*.duckdb"))
    written = file.stat().st_mtime_ns
    query_civis(change, "sample", client=client).result(60)
    snapshot.restore()
    assert file.stat().st_mtime_ns == written
    assert rows(client, "select count(*), sum(age) from public.anes96") == before


def test_large_changes_are_undone_in_the_database_file(client, snapshot, platform):
    before = rows(client, "select count(*), sum(age) from public.anes96")
    snapshot.restore()
    file = next(platform.state.glob("warehouse/sample*.duckdb"))
    size = file.stat().st_size
    rows_sql = "select i, md5(i::text) from generate_series(1, 500000) t(i)"
    sql = f"create table public.large as {rows_sql}; drop table public.anes96"
    query_civis(sql, "sample", client=client).result(60)
    assert file.stat().st_size > size  # more than the log of changes takes
    snapshot.restore()
    assert file.stat().st_size == size
    assert rows(client, "select count(*), sum(age) from public.anes96") == before
    assert [one.name for one in client.tables.list(database_id=1)] == ["anes96", "turnout"]


def test_ids_are_not_used_again(client, snapshot):
    first = client.scripts.post_python3(name="first", source="1")
    snapshot.restore()
    second = client.scripts.post_python3(name="second", source="1")
    assert second.id > first.id


@pytest.mark.exhaustive
def test_runs_that_go_on_are_cancelled(client, snapshot):
    futures = [
        run_job(client.scripts.post_python3(name=name, source=SLEEPS).id, client=client)
        for name in "abcdef"  # more than there are workers: some wait in the queue
    ]
    snapshot.restore()
    assert client.jobs.list(hidden=True) == []
    for future in futures:
        with pytest.raises((errors.CivisCancelledError, errors.CivisAPIError)):
            future.result(timeout=60)


def test_dropped_samples_are_there_again(client, snapshot):
    for _ in range(2):
        query_civis("drop table public.anes96", "sample", client=client).result(60)
        snapshot.restore()
        assert rows(client, "select count(*) from public.anes96") == [["944"]]


def test_a_database_with_an_open_transaction_is_copied_with_its_latest_changes():
    with local.start(samples=False, databases=["in use"]) as platform:
        client = platform.client()
        query_civis("create table kept as select 1 as a", "in use", client=client).result(60)
        warehouse = platform._context.warehouses.get(client.get_database_id("in use"))
        with warehouse._connection.cursor() as cursor:
            cursor.execute("begin; create table other (a int)")
            snapshot = platform.snapshot()
        query_civis("drop table kept", "in use", client=client).result(60)
        snapshot.restore()
        assert rows(client, "select a from kept", "in use") == [["1"]]


def test_changes_that_cannot_be_written_are_no_silent_loss(monkeypatch):
    with local.start(samples=False, databases=["full"]) as platform:
        client = platform.client()
        query_civis("create table kept as select 1 as a", "full", client=client).result(60)
        warehouses = platform._context.warehouses
        # As where CHECKPOINT fails, which closing does not tell.
        without = partial(warehouses.release, checkpoint=False)
        with monkeypatch.context() as patched:
            patched.setattr(warehouses, "release", without)
            with pytest.raises(errors.CivisLocalError, match="of database 'full' could not be"):
                platform.snapshot()
        assert platform.snapshot()


def test_a_platform_that_keeps_its_state_is_refused(tmp_path):
    with (
        local.start(state=tmp_path / "kept", samples=False) as kept,
        pytest.raises(errors.CivisLocalError, match=r"stores its state in .*kept"),
    ):
        kept.snapshot()
