"""What can be known to fail is refused before anything is sent."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest

import civis_nb.io as cio
from civis_nb.errors import CivisInputError, CivisJobFailure

DB = "sample"


@pytest.fixture
def existing(io_client):
    frame = pd.DataFrame({"a": [1]})
    mode = {"existing_table_rows": "drop", "client": io_client}
    cio.dataframe_to_civis(frame, DB, "public.refused", **mode).result()
    yield "public.refused"
    assert cio.read_civis("public.refused", DB, client=io_client) == [["a"], ["1"]]


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_a_frame_for_a_table_that_exists(io_client, existing, kind):
    future = cio.dataframe_to_civis(kind({"a": [2]}), DB, existing, client=io_client)
    with pytest.raises(CivisJobFailure, match=r"refused\"? exists.* append"):
        future.result()
    assert future.failed()


def test_a_csv_for_a_table_that_exists(io_client, existing, tmp_path):
    # As with the package civis: it is the run that fails, so scripts that look there go on.
    path = tmp_path / "a.csv"
    path.write_text("a\n2\n")
    future = cio.csv_to_civis(path, DB, existing, client=io_client)
    with pytest.raises(CivisJobFailure, match="exists"):
        future.result()
    file_id = cio.file_to_civis(path, client=io_client)
    future = cio.civis_file_to_table(file_id, DB, existing, client=io_client)
    with pytest.raises(CivisJobFailure, match="exists"):
        future.result()


@pytest.mark.parametrize("sql", ["", "  \n\t", " ; \n"])
def test_a_blank_statement(sql, tmp_path):
    calls = [
        lambda: cio.read_civis_sql(sql, DB, client=object()),
        lambda: cio.read_civis_sql(sql, DB, return_as="polars", client=object()),
        lambda: cio.civis_to_csv(tmp_path / "a", sql, DB, client=object()),
        lambda: cio.export_to_civis_file(sql, DB, client=object()),
        lambda: cio.civis_to_multifile_csv(sql, DB, client=object()),
        lambda: cio.query_civis(sql, DB, client=object()),
        lambda: next(iter(cio.iter_batches(sql, DB, client=object()))),
    ]
    for call in calls:
        with pytest.raises(CivisInputError, match="sql is blank"):
            call()
    assert not list(tmp_path.iterdir())


def test_a_statement_that_is_no_text():
    with pytest.raises(TypeError, match="sql is a text"):
        cio.query_civis(None, DB, client=object())
