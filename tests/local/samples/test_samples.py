from __future__ import annotations

import csv
import gzip

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.local.samples import load_samples
from civis_nb.local.warehouse.base import CsvSettings, ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb

CHECKSUM = "16791338257158228327"


@pytest.fixture(scope="module")
def warehouse():
    made = open_duckdb(":memory:")
    load_samples(made)
    yield made
    made.close()


def rows(warehouse, sql):
    return warehouse.preview(sql, 1000, CancelToken(), ignore_log).rows


@pytest.mark.exhaustive
def test_anes96_is_what_statsmodels_ships(warehouse, tmp_path):
    from statsmodels.api import datasets

    export = warehouse.export_csv(
        "SELECT * FROM anes96", tmp_path, "anes", CsvSettings(), CancelToken(), ignore_log
    )
    with gzip.open(export.parts[0].path, "rt", newline="") as file:
        header, *ours = csv.reader(file)
    theirs = datasets.anes96.load_pandas().data
    assert header == [name.lower() for name in theirs.columns]
    assert [[float(cell) for cell in row] for row in ours] == theirs.to_numpy().tolist()
    kinds = {c.name: c.sql_type for c in export.columns}
    assert kinds.pop("popul") == kinds.pop("logpopul") == "DOUBLE PRECISION"
    assert set(kinds.values()) == {"INTEGER"}
    assert export.row_count == 944


@pytest.mark.exhaustive
def test_turnout_is_the_same_on_every_machine(warehouse):
    columns = " || '|' || ".join(
        f"coalesce({c.name}::VARCHAR, '')" for c in warehouse.table("public", "turnout").columns
    )
    found = rows(warehouse, f"SELECT count(*), bit_xor(md5_number_lower({columns})) FROM turnout")
    assert found == [["1000000", CHECKSUM]]


@pytest.mark.exhaustive
def test_turnout_has_what_real_files_have(warehouse):
    (row,) = rows(
        warehouse,
        "SELECT count(DISTINCT voter_id), bool_or(county_fips LIKE '0%'), "
        "bool_and(length(county_fips) = 5 AND length(state) = 2), count(party) < count(*), "
        "count(last_contact) < count(*), min(score) >= 0 AND max(score) <= 1, "
        "avg(voted::INT::FLOAT) BETWEEN 0.5 AND 0.8, "
        "bool_and(extract(year from registered_on) >= birth_year + 18) "
        "FROM public.turnout",
    )
    assert row == ["1000000", *["true"] * 7]


def test_both_have_comments(warehouse):
    for name in ("anes96", "turnout"):
        info = warehouse.table("public", name)
        assert info.comment
        assert all(column.comment for column in info.columns)


def test_loading_again_changes_nothing(warehouse):
    warehouse.preview("DELETE FROM anes96 WHERE age > 90", 0, CancelToken(), ignore_log)
    load_samples(warehouse)
    assert rows(warehouse, "SELECT count(*) < 944 FROM anes96") == [["true"]]
