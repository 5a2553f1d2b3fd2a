from __future__ import annotations

from unittest import mock

import pytest

from civis_nb.client.response import Response
from civis_nb.errors import CivisInputError
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
