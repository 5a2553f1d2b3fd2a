"""Mock clients: what they refuse, and that they are used as those of ``civis``."""

from __future__ import annotations

import asyncio
import inspect
import json
import pickle
import types
import warnings
from collections import OrderedDict
from importlib import import_module
from unittest import mock

import pytest

import civis_nb
import civis_nb.testing
import civis_nb.tests
from civis_nb.errors import CivisArgumentError, CivisJobFailure, CivisSpecError
from civis_nb.futures import CivisFuture, ContainerFuture
from civis_nb.tests import create_client_mock, create_client_mock_for_container_tests
from tests.local.operations_table import official
from tests.small_spec import SMALL_SPEC


@pytest.fixture
def client():
    return create_client_mock()


def test_the_same_functions_at_every_path():
    assert civis_nb.tests.create_client_mock is civis_nb.testing.create_client_mock
    from civis_nb.tests.mocks import create_client_mock as third

    assert third is create_client_mock
    assert set(dir(civis_nb.testing)) == set(dir(civis_nb.tests)) & set(civis_nb.testing.__all__)


def test_unknown_methods_and_resources_are_refused_with_the_nearest(client):
    with pytest.raises(AttributeError, match=r"post_container'.*Did you mean post_containers"):
        client.scripts.post_container  # noqa: B018
    with pytest.raises(AttributeError, match="Did you mean scripts"):
        client.script  # noqa: B018
    with pytest.raises(AttributeError):
        client.scripts.no_such = 1
    with pytest.raises(AttributeError):
        client.no_such = 1


def test_misspelt_missing_and_surplus_arguments_are_refused(client):
    with pytest.raises(TypeError, match=r"no argument 'databse'. Did you mean database"):
        client.queries.post(databse=1, sql="", preview_rows=1)
    with pytest.raises(TypeError, match="misses"):
        client.scripts.get_sql_runs(1)
    with pytest.raises(CivisArgumentError, match="takes 2 positional arguments"):
        client.scripts.get_sql_runs(1, 2, 3)
    with pytest.raises(CivisArgumentError, match=r"client.get_database_id"):
        client.get_database_id()
    assert client.mock_calls == []


def test_answers_are_set_and_calls_are_checked_as_with_any_mock(client):
    client.scripts.get_sql_runs.return_value = {"state": "succeeded"}
    assert client.scripts.get_sql_runs(1, 2) == {"state": "succeeded"}
    client.scripts.get_sql_runs.assert_called_once_with(id=1, run_id=2)
    with pytest.raises(AssertionError):
        client.scripts.get_sql_runs.assert_called_once_with(1, 3)
    client.users.list_me.side_effect = [ValueError("first"), "second"]
    with pytest.raises(ValueError, match="first"):
        client.users.list_me()
    assert client.users.list_me() == "second"
    client.get_database_id.return_value = 7
    assert client.get_database_id("sample") == 7
    client.default_credential = 3
    assert client.default_credential == 3
    assert [one[0] for one in client.mock_calls] == [
        "scripts.get_sql_runs", "users.list_me", "users.list_me", "get_database_id",
    ]  # fmt: skip
    client.reset_mock()
    assert client.mock_calls == []
    assert client.get_database_id("sample") == 7


def test_what_a_method_returns_takes_anything(client):
    client.scripts.post_containers({"cpu": 1}).id.anything(1, 2, three=3)
    client.tables.get.return_value.columns = [1]
    assert client.tables.get(1).columns == [1]


@pytest.mark.exhaustive
def test_every_method_and_argument_of_civis_platform_is_there(client):
    from civis.base import Endpoint
    from civis.client import APIClient

    theirs = APIClient(api_key="none", local_api_spec=OrderedDict(official()))
    resources = {name: one for name, one in vars(theirs).items() if isinstance(one, Endpoint)}
    assert len(resources) > 40
    for name, resource in resources.items():
        ours = getattr(client, name)
        methods = {one for one in vars(type(resource)) if not one.startswith("_")}
        assert methods <= set(dir(ours)), name
    for method in ("post_containers", "patch_sql", "list", "get_containers_runs"):
        expected = inspect.signature(getattr(resources["scripts"], method)).parameters
        assert set(inspect.signature(getattr(client.scripts, method)).parameters) == set(expected)


@pytest.mark.parametrize(
    "package", ["civis_nb", pytest.param("civis", marks=pytest.mark.exhaustive)]
)
def test_it_is_seen_as_the_client_and_its_parts(package):
    kind = import_module(package).APIClient
    client = import_module(f"{package}.tests").create_client_mock()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert isinstance(client, kind)
        assert isinstance(client, mock.NonCallableMagicMock)
        assert type(client.scripts) is not client.scripts.__class__
        assert client.scripts.__class__.__name__ == "Scripts"
        assert isinstance(client.scripts.post_containers, types.MethodType)
        assert not callable(client)
        assert not callable(client.scripts)
        assert not asyncio.iscoroutinefunction(client.scripts.post_containers)
        with pytest.raises(TypeError):
            asyncio.run(_awaited(client.scripts.get_containers(1)))
        with pytest.raises((pickle.PicklingError, TypeError, AttributeError)):
            pickle.dumps(client)


async def _awaited(value):
    await value


def test_the_signature_can_be_read(client):
    assert list(inspect.signature(client.scripts.get_sql_runs).parameters) == ["id", "run_id"]


def test_it_is_a_context_manager(client):
    with client as inside:
        assert inside is client


def test_a_given_specification_is_used(tmp_path):
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(SMALL_SPEC))
    for cache in (path, str(path), SMALL_SPEC):
        client = create_client_mock(cache)
        assert client.json_values.get(1) is not None
        with pytest.raises(TypeError, match=r"'databse_id'. Did you mean database_id"):
            client.tables.list(databse_id=1)
        assert not hasattr(client, "workflows")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no json", "it is no JSON"),
        ('{"openapi": "3.0.0", "paths": {}}', "OpenAPI 3.0.0"),
        ('{"title": "another"}', "no object 'paths'"),
    ],
)
def test_a_file_that_is_no_specification_is_refused(tmp_path, text, message):
    path = tmp_path / "spec.json"
    path.write_text(text)
    with pytest.raises(CivisSpecError, match=message):
        create_client_mock(path)
    with pytest.raises(CivisSpecError, match="can't be read"):
        create_client_mock(tmp_path / "none.json")


def test_two_mocks_share_nothing(client):
    client.scripts.get.return_value = 1
    assert create_client_mock().scripts.get(1) != 1


def test_container_mock_serves_a_future():
    client = create_client_mock_for_container_tests(
        script_id=7, run_id=8, run_outputs=[{"object_id": 3}], log_outputs=[{"message": "hello"}]
    )
    script = client.scripts.post_containers(required_resources={"cpu": 1})
    run = client.scripts.post_containers_runs(script.id)
    assert (script.id, run.id, run.state) == (7, 8, "queued")
    future = CivisFuture(client.scripts.get_containers_runs, (7, 8), client=client)
    assert future.result(timeout=30).state == "succeeded"
    assert future.outputs() == [{"object_id": 3}]
    assert future.log_tail() == [{"message": "hello"}]


@pytest.mark.exhaustive
def test_container_mock_fails_and_is_cancelled():
    client = create_client_mock_for_container_tests(state="failed")
    with pytest.raises(CivisJobFailure):
        ContainerFuture(-10, 100, client=client, polling_interval=0.01).result(timeout=30)
    client = create_client_mock_for_container_tests(state="running")
    assert ContainerFuture(-10, 100, client=client, polling_interval=0.01).cancel()
    client.scripts.post_cancel.assert_called_once_with(-10)
