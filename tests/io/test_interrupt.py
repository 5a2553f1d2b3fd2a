"""Interrupting a wait cancels the run that the call started, and says so."""

from __future__ import annotations

import _thread
import threading

import polars as pl
import pytest

import civis_nb.io as cio
from civis_nb import config


def test_interrupted_read_cancels_its_job(io_client, altered):
    started = []

    def post_sql_runs(script_id):
        run = io_client.scripts.post_sql_runs(script_id)
        started.append((script_id, run.id))
        timer = threading.Timer(0.2, _thread.interrupt_main)
        timer.daemon = True
        timer.start()
        return run

    client = altered(io_client, scripts={"post_sql_runs": post_sql_runs})
    sql = (
        "select count(*) from generate_series(1, 3000000000) a(i), generate_series(1, 1000) "
        "b(j) where i % 7 = j"
    )
    with pytest.raises(KeyboardInterrupt) as raised:
        cio.read_civis_sql(sql, "sample", client=client)
    assert "is cancelled" in str(raised.value)
    ids = started[0]
    config.set_value("poll_interval_s", 0.05)
    try:
        from concurrent.futures import CancelledError

        from civis_nb.futures import CivisFuture

        with pytest.raises(CancelledError):
            CivisFuture(io_client.scripts.get_sql_runs, ids, client=io_client).result(timeout=30)
    finally:
        config.reset("poll_interval_s")


def test_lazy_result_is_exact(io_client):
    sql = "select i, '0' || i as code, i / 4.0 as q from generate_series(0, 999) t(i)"
    frame = cio.read_civis_sql(sql, "sample", "lazy", client=io_client)
    assert isinstance(frame, pl.LazyFrame)
    picked = frame.filter(pl.col("i") == 7).select("code").collect()
    assert picked["code"].to_list() == ["07"]
    assert frame.select(pl.len()).collect().item() == 1000


def test_progress_is_shown_only_when_it_takes_a_while(io_client, capsys):
    cio.read_civis_sql("select 1 as a", "sample", client=io_client, progress=True)
    assert capsys.readouterr().err == ""
