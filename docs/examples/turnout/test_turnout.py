"""Tests on an ephemeral local platform, and one with a mock client."""

import pytest
import turnout

import civis_nb as civis


def test_the_lowest_state_comes_first(civis_client):
    low = turnout.states_below(0.7, civis_client)
    assert list(low.columns) == ["state", "turnout"]
    assert low["turnout"].is_monotonic_increasing


@pytest.mark.civis_local_only  # it writes a table, and checks all that there is
def test_publish_writes_the_table(civis_platform):
    count = turnout.publish(1.0)  # APIClient() leads to the ephemeral platform as well
    rows = civis.io.read_civis("public.low_turnout", "sample")
    assert len(rows) - 1 == count > 0


@pytest.mark.civis_local_only
def test_the_table_of_another_test_is_gone(civis_client):
    names = [table.name for table in civis_client.tables.list(database_id=1)]
    assert names == ["anes96", "turnout"]


def test_last_state_asks_for_the_newest_run(civis_client_mock):
    list_runs = civis_client_mock.scripts.list_containers_runs
    list_runs.return_value = [civis.Response({"id": 8, "state": "failed"})]
    assert turnout.last_state(7, civis_client_mock) == "failed"
    list_runs.assert_called_once_with(7, limit=1, order="id", order_dir="desc")
    list_runs.return_value = []
    assert turnout.last_state(7, civis_client_mock) == "idle"


def test_the_report_shows_the_states(civis_notebook):
    report = civis_notebook("report.ipynb")
    assert report.errors == []
    assert "turnout" in report.cells[-1].text
