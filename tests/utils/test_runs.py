from __future__ import annotations

from unittest import mock

import pytest
import requests

from civis_nb.client.response import Response
from civis_nb.errors import (
    CivisAPIError,
    CivisClientError,
    CivisConnectionError,
    CivisInputError,
)
from civis_nb.futures import CivisFuture
from civis_nb.utils import run_job, run_template


@pytest.fixture
def mocked():
    client = mock.MagicMock()
    client.jobs.post_runs.return_value = Response({"id": 8, "state": "queued"})
    client.jobs.get_runs.return_value = Response({"id": 8, "state": "succeeded"})
    client.scripts.post_custom.return_value = Response({"id": 5})
    client.scripts.post_custom_runs.return_value = Response({"id": 6, "state": "queued"})
    client.scripts.get_custom_runs.return_value = Response({"id": 6, "state": "succeeded"})
    client.scripts.list_custom_runs_outputs.return_value = [
        Response({"name": "f", "objectId": 3, "objectType": "File", "value": None}),
        Response({"name": "j", "objectId": 4, "objectType": "JSONValue", "value": {"aB": 1}}),
        Response({"name": "k", "objectId": 5, "objectType": "JSONValue", "value": 2}),
    ]
    return client


def test_run_job_follows_the_run_that_it_starts(mocked):
    future = run_job(3, client=mocked, polling_interval=0.01)
    assert isinstance(future, CivisFuture)
    assert future.result(timeout=20).id == 8
    assert (future.job_id, future.run_id) == (3, 8)
    assert repr(future).startswith("<CivisFuture: job 3 / run 8")
    assert future.client is mocked
    mocked.jobs.post_runs.assert_called_once_with(3)
    mocked.jobs.get_runs.assert_called_with(3, 8)


def test_run_template_gives_ids_of_outputs(mocked):
    assert run_template(9, {"A": 1}, client=mocked, remote_host_id=2) == {"f": 3, "j": 4, "k": 5}
    mocked.scripts.post_custom.assert_called_once_with(9, arguments={"A": 1}, remote_host_id=2)


def test_run_template_says_which_of_two_outputs_of_one_name_it_gives(mocked, caplog):
    mocked.scripts.list_custom_runs_outputs.return_value = [
        Response({"name": "f", "objectId": number, "objectType": "File"}) for number in (4, 3)
    ]
    assert run_template(9, {}, client=mocked) == {"f": 3}
    assert "several outputs of the run have one name" in caplog.text


def test_run_template_gives_the_first_value(mocked, caplog):
    assert run_template(9, {}, client=mocked, return_as="JSONValue") == {"aB": 1}
    assert "2 JSONValues" in caplog.text


def test_run_template_without_a_value_gives_none(mocked, caplog):
    mocked.scripts.list_custom_runs_outputs.return_value = []
    assert run_template(9, {}, client=mocked, return_as="JSONValue") is None
    assert "no JSONValue" in caplog.text
    assert run_template(9, {}, client=mocked) == {}


def test_run_template_gives_the_future(mocked):
    future = run_template(9, {}, client=mocked, return_as="future")
    assert future.result(timeout=20).state == "succeeded"
    assert (future.job_id, future.run_id) == (5, 6)


def test_old_argument_warns(mocked):
    with pytest.warns(FutureWarning, match="return_as='JSONValue'"):
        assert run_template(9, {}, JSONValue=True, client=mocked) == {"aB": 1}


def test_contradiction_and_unknown_kind_are_refused_before_anything_is_sent(mocked):
    with pytest.raises(CivisInputError, match="contradicts"):
        run_template(9, {}, JSONValue=False, return_as="JSONValue", client=mocked)
    with pytest.raises(CivisInputError, match="files, JSONValue, future"):
        run_template(9, {}, return_as="file", client=mocked)
    assert not mocked.mock_calls


@pytest.fixture
def of_sql(mocked):
    mocked.jobs.get.return_value = Response({"id": 3, "type": "JobTypes::SqlRunner"})
    mocked.scripts.get_sql_runs.return_value = Response({"id": 8, "output": [{"fileId": 4}]})
    return mocked


def _refusal(status):
    answer = requests.Response()
    answer.status_code = status
    return CivisAPIError(answer)


@pytest.mark.parametrize(
    "trouble", [CivisConnectionError("reset"), _refusal(503), CivisClientError("cut")]
)
def test_what_a_sql_run_gave_is_asked_for_until_it_comes(of_sql, trouble):
    answer = of_sql.scripts.get_sql_runs.return_value
    of_sql.scripts.get_sql_runs.side_effect = [trouble, trouble, answer]
    future = run_job(3, client=of_sql, polling_interval=0.01)
    assert future.result(timeout=20).output[0].file_id == 4
    assert future.last_poll_error is None
    of_sql.jobs.get_runs.assert_called_once_with(3, 8)


def test_what_a_sql_run_gave_and_never_comes_is_an_error(of_sql, monkeypatch):
    monkeypatch.setenv("CIVIS_NB_FAILURE_BUDGET_S", "0.001")
    of_sql.scripts.get_sql_runs.side_effect = CivisConnectionError("reset")
    with pytest.raises(CivisConnectionError) as caught:
        run_job(3, client=of_sql, polling_interval=0.01).result(timeout=20)
    assert caught.value.__notes__ == [
        "job 3 / run 8: it has succeeded; what it gave can't be read."
    ]


def test_key_that_may_not_read_a_script_still_sees_that_it_succeeded(of_sql):
    of_sql.jobs.get.side_effect = _refusal(403)
    assert run_job(3, client=of_sql, polling_interval=0.01).result(timeout=20).id == 8
