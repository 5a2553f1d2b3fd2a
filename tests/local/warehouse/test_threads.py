from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import CivisLocalError, OperationCancelledError

ENDLESS = (
    "SELECT count(*) FROM generate_series(1, 100000000000) AS a, generate_series(1, 1000) AS b"
)


def test_cancelling_stops_one_run_and_no_other(bench):
    token = CancelToken()
    with ThreadPoolExecutor(3) as pool:
        endless = pool.submit(bench.sql, ENDLESS, 10, token)
        others = [pool.submit(bench.value, f"SELECT {i}") for i in range(20)]
        assert [f.result(timeout=60) for f in others] == [str(i) for i in range(20)]
        assert not endless.done()
        token.cancel()
        with pytest.raises(OperationCancelledError):
            endless.result(timeout=60)
    assert bench.value("SELECT 'still here'") == "still here"


def test_cancelling_an_export_leaves_no_file(bench, tmp_path):
    token = CancelToken()
    with ThreadPoolExecutor(1) as pool:
        export = pool.submit(bench.export, "SELECT * FROM generate_series(1, 100000000000)", token)
        token.cancel()
        with pytest.raises(OperationCancelledError):
            export.result(timeout=60)
    assert list(tmp_path.iterdir()) == []


def test_a_token_cancelled_before_runs_nothing(bench):
    token = CancelToken()
    token.cancel()
    with pytest.raises(OperationCancelledError):
        bench.sql("CREATE TABLE t (a INT)", 0, token)
    assert bench.warehouse.tables() == []


def test_updates_that_meet_are_all_done(bench):
    bench.sql("CREATE TABLE t AS SELECT 0 AS a")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: bench.sql("UPDATE t SET a = a + 1"), range(24)))
    assert bench.value("SELECT a FROM t") == "24"


def test_imports_that_meet_are_all_done(bench):
    bench.sql("CREATE TABLE t (a INT)")
    lock = threading.Lock()

    def load(i):
        with lock:
            file = bench.file(f"a\n{i}\n")
        from civis_nb.local.warehouse.base import ImportOptions

        options = ImportOptions("public", "t", True, existing_table_rows="append")
        (report,) = bench.warehouse.import_csv([([file], options)], CancelToken(), bench.log)
        return report.row_count

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(load, range(12))) == 12
    assert bench.value("SELECT count(DISTINCT a) FROM t") == "12"


def test_a_closed_warehouse_says_so(bench):
    bench.warehouse.close()
    with pytest.raises(CivisLocalError, match="closed"):
        bench.sql("SELECT 1")
