"""From a method's arguments to the request, and from the answer to what the method gives."""

from __future__ import annotations

import copy
import datetime
import inspect
import warnings
from pathlib import Path

import numpy as np
import pytest

from civis_nb import APIClient, errors
from civis_nb.client.response import ListResponse, Response


@pytest.fixture
def jobs(client, scripted):
    for verb, path in (("POST", "/jobs"), ("PUT", "/jobs/1"), ("PATCH", "/jobs/1")):
        scripted.on(verb, path, {"id": 1})
    scripted.on("GET", "/jobs", [{"id": 1}])
    scripted.on("GET", "/jobs/1", {"id": 1})
    return client.jobs


@pytest.mark.contract("C22")
def test_only_what_was_given_is_sent_in_snake_case(jobs, scripted):
    jobs.post("n", remote_host_id=3, limiting_sql=None, schedule={"scheduledDays": [1]})
    (seen,) = scripted.requests
    assert seen.target == "/jobs"
    assert seen.json == {
        "name": "n",
        "remote_host_id": 3,
        "limiting_sql": None,
        "schedule": {"scheduledDays": [1]},
    }


def test_every_verb_has_a_body(jobs, client, scripted):
    scripted.on("DELETE", "/jobs/1", None)
    jobs.get(1)
    jobs.delete(1)
    assert [seen.body for seen in scripted.requests] == [b"{}", b"{}"]
    assert scripted.requests[0].headers["Content-Type"] == "application/json"


@pytest.mark.contract("C21", "C22")
def test_query_lists_are_repeated_and_none_is_dropped(jobs, scripted):
    jobs.list(state=["running", "failed"], hidden=True, order=None, limit=np.int64(5))
    assert scripted.requests[0].query == [
        ("limit", "5"),
        ("state[]", "running"),
        ("state[]", "failed"),
        ("hidden", "True"),
    ]


@pytest.mark.contract("D35")
@pytest.mark.parametrize(
    "name",
    [
        "a/b",
        "a?b",
        "a#b",
        "a%b",
        "a b",
        "é",
        "a;b",
        "a&b=c",
        "%2F",
        "a.b",
        "a\\b",
        "a\nb",
        "{id}",
        "…",
        "a+b",
        " ",
        '"',
        "a:b@c",
        "../x",
        "%2e%2e",
    ],
)
def test_path_values_are_encoded_whole(client, scripted, name):
    from urllib.parse import unquote

    scripted.on("GET", "/databases/1/schemas/s/tables/t", {})
    with pytest.raises(errors.CivisAPIError):
        client.databases.get_schemas_tables(1, name, "t")
    parts = scripted.requests[0].target.split("/")
    assert len(parts) == 7
    assert unquote(parts[4]) == name


@pytest.mark.parametrize("name", ["", ".", "..", None, pytest.param("\ud800", id="half")])
def test_path_value_that_would_ask_for_something_else_is_refused(client, scripted, name):
    with pytest.raises(errors.CivisInputError, match="schema_name"):
        client.databases.get_schemas_tables(1, name, "t")
    assert not scripted.requests


@pytest.mark.contract("C18")
@pytest.mark.parametrize(
    ("args", "kwargs", "said"),
    [
        ((), {}, r"misses 1 required argument: name"),
        (("a", "b"), {}, r"takes 1 positional argument \(name\) but 2 were given"),
        (("a",), {"name": "b"}, "two values for its argument 'name'"),
        (("a",), {"hiden": True}, "Did you mean hidden"),
        (("a",), {"zzz": 1}, "It takes: name, remote_host_id"),
        (("a",), {"iterator": True}, "no argument 'iterator'"),
    ],
)
def test_wrong_arguments_are_refused_with_the_allowed_ones(jobs, scripted, args, kwargs, said):
    with pytest.raises(TypeError, match=said) as caught:
        jobs.post(*args, **kwargs)
    assert isinstance(caught.value, errors.CivisInputError)
    assert not scripted.requests


@pytest.mark.parametrize(
    "kwargs",
    [
        {"remote_host_id": "abc"},
        {"remote_host_id": 1.5},
        {"remote_host_id": True},
        {"remote_host_id": [1]},
        {"remote_host_id": Response({"id": 1})},
        {"hidden": "maybe"},
        {"hidden": 2},
        {"ratio": "half"},
        {"arguments": "x"},
        {"arguments": [1]},
        {"limiting_sql": {"a": 1}},
        {"limiting_sql": b"x"},
        {"tags": ["a"]},
        {"tags": "a"},
        {"tags": {"a": 1}},
    ],
)
def test_value_of_a_wrong_type_is_refused_by_name(jobs, scripted, kwargs):
    (name,) = kwargs
    with pytest.raises(TypeError, match=rf"jobs.post\(\): {name} must be"):
        jobs.post("n", **kwargs)
    assert not scripted.requests


@pytest.mark.parametrize(
    ("kwargs", "sent"),
    [
        ({"remote_host_id": "12"}, "12"),
        ({"remote_host_id": np.int32(12)}, 12),
        ({"remote_host_id": 12.0}, 12),
        ({"hidden": np.bool_(True)}, True),
        ({"hidden": "true"}, "true"),
        ({"ratio": 1}, 1),
        ({"ratio": np.float32(0.5)}, 0.5),
        ({"ratio": "0.5"}, "0.5"),
        ({"limiting_sql": 5}, 5),
        ({"limiting_sql": datetime.date(2026, 1, 2)}, "2026-01-02"),
        ({"limiting_sql": Path("a") / "b"}, "a/b"),
        ({"tags": np.array([1, 2])}, [1, 2]),
        ({"tags": (1, "2")}, [1, "2"]),
        ({"tags": range(2)}, [0, 1]),
        ({"tags": 5}, 5),
        ({"arguments": Response({"fooBar": {"a": 1}})}, {"fooBar": {"a": 1}}),
        ({"arguments": {"when": datetime.date(2026, 1, 2)}}, {"when": "2026-01-02"}),
    ],
)
def test_what_the_service_understands_is_sent(jobs, scripted, kwargs, sent):
    jobs.post("n", **kwargs)
    (name,) = kwargs
    assert scripted.requests[0].json[name] == sent


def test_half_of_a_character_is_refused_in_an_address(jobs, scripted):
    with pytest.raises(errors.CivisArgumentError, match="order holds an unpaired surrogate"):
        jobs.list(order="a\ud800")
    assert not scripted.requests


def test_answers_become_responses(jobs, client, scripted):
    assert isinstance(jobs.get(1), Response)
    assert client.last_response == {"id": 1}
    listed = jobs.list()
    assert isinstance(listed, ListResponse)
    assert client.last_response is listed
    scripted.on("DELETE", "/jobs/1", None)
    empty = jobs.delete(1)
    assert (len(empty), bool(empty), empty.json()) == (0, False, {})


@pytest.mark.contract("C26")
def test_value_of_a_json_value_stays_plain(client, scripted):
    scripted.on("GET", "/json_values/1", {"id": 1, "value": {"fooBar": [1]}})
    assert client.json_values.get(1).value == {"fooBar": [1]}
    assert type(client.json_values.get(1).value) is dict


def test_raw_answers_have_no_key(make_client, scripted, at_once):
    client = make_client(return_type="raw", retries=at_once)
    scripted.on("GET", "/users/me", {"id": 1})
    answer = client.users.get_me()
    assert answer.json() == {"id": 1}
    assert answer.status_code == 200
    assert "Authorization" not in answer.request.headers


def test_scalar_answer_is_a_client_error(client, scripted):
    scripted.on("GET", "/users/me", b'"hello"')
    with pytest.raises(errors.CivisClientError, match="neither an object nor an array"):
        client.users.get_me()


@pytest.mark.contract("C16")
def test_old_names_warn_and_work(client, scripted):
    scripted.on("GET", "/users/me", {"id": 1})
    with pytest.warns(FutureWarning, match=r"old name of client\.users\.get_me"):
        assert client.users.list_me().id == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client.users.get_me()


@pytest.mark.contract("C17")
def test_deprecated_operation_warns_with_the_words_of_the_specification(client, scripted):
    scripted.on("POST", "/tables/1/refresh", {})
    with pytest.warns(FutureWarning, match="Use tables/scan"):
        client.tables.post_refresh(1)
    assert not hasattr(client.jobs, "get_old")


def test_operation_that_the_server_lacks_says_so_before_the_arguments_are_checked(scripted):
    paths = {
        "/models/{id}": {
            "get": {
                "summary": "Show a model",
                "parameters": [{"name": "id", "in": "path", "required": True, "type": "integer"}],
                "responses": {"200": {"description": "success"}},
                "x-not-implemented": "The local platform has no models; run a script instead.",
            },
        }
    }
    spec = {"swagger": "2.0", "definitions": {}, "paths": paths}
    client = APIClient("a-key", endpoint=scripted.url, local_api_spec=spec)
    for arguments in ((), ("x",), (1, 2)):
        with pytest.raises(NotImplementedError, match="run a script instead") as caught:
            client.models.get(*arguments)
        assert isinstance(caught.value, errors.CivisNotImplementedError)
        assert (caught.value.status_code, caught.value.path) == (501, "/models/{id}")
    assert not scripted.requests
    assert "get" in dir(client.models)


def test_unknown_names_are_attribute_errors_with_the_nearest(client):
    with pytest.raises(AttributeError, match="Did you mean post"):
        client.jobs.postt  # noqa: B018
    with pytest.raises(AttributeError, match="Did you mean jobs"):
        client.jbos  # noqa: B018


def test_help_signature_and_completion(client):
    method = client.jobs.post
    assert method is client.jobs.post
    assert method.__name__ == "post"
    assert method.__doc__.startswith("Create a job")
    assert list(inspect.signature(method).parameters)[:2] == ["name", "remote_host_id"]
    assert {"get", "list", "post_runs"} <= set(dir(client.jobs))
    assert {"jobs", "users", "get_database_id"} <= set(dir(client))


def test_method_is_bound_to_its_resource(client):
    method = client.jobs.post
    assert method.__self__ is client.jobs
    assert "self" not in inspect.signature(method).parameters
    assert inspect.ismethod(method)


def test_warnings_point_at_the_caller(client, scripted):
    scripted.on("GET", "/users/me", {"id": 1})
    with pytest.warns(FutureWarning) as warned:
        client.users.list_me()
    assert warned[0].filename == __file__


def test_future_finds_its_client_through_its_poller(client, scripted):
    from civis_nb.futures import CivisFuture

    scripted.on("GET", "/jobs/1", {"id": 1, "state": "succeeded"})
    future = CivisFuture(client.jobs.get, (1,))
    assert future.result(timeout=30).state == "succeeded"
    assert future.client is client


def test_mock_of_a_resource_has_its_signatures(client):
    from unittest.mock import create_autospec

    jobs = create_autospec(client.jobs, spec_set=True)
    jobs.get.return_value = Response({"id": 5})
    assert jobs.get(5).id == 5
    with pytest.raises(TypeError):
        jobs.get(5, 6)
    with pytest.raises(AttributeError):
        jobs.gett(5)


def test_delete_that_was_repeated_says_that_it_may_have_been_done(client, scripted, reply):
    scripted.on("DELETE", "/jobs/1", reply(fault="close"), reply({"errorDescription": "No"}, 404))
    with pytest.raises(errors.CivisAPIError, match="may have deleted it already") as caught:
        client.jobs.delete(1)
    assert caught.value.status_code == 404
    scripted.on("DELETE", "/jobs/1", reply({"errorDescription": "No"}, 404))
    with pytest.raises(errors.CivisAPIError) as caught:
        client.jobs.delete(1)
    assert "already" not in str(caught.value)


def test_reprs_call_nothing_and_show_no_key(client, scripted):
    pages = client.jobs.list(iterator=True)
    shown = [
        repr(client),
        repr(client.jobs),
        repr(pages),
        repr(vars(client)),
        repr(client._session),
    ]
    shown.append(repr(vars(client.jobs)))
    assert not any("secret-key" in text for text in shown)
    assert not scripted.requests


def test_copy_has_a_last_answer_of_its_own(client, scripted):
    scripted.on("GET", "/users/me", {"id": 1})
    scripted.on("GET", "/jobs/2", {"id": 2})
    client.users.get_me()
    twin = copy.copy(client)
    assert twin.jobs.get(2).id == 2
    assert (client.last_response.id, twin.last_response.id) == (1, 2)
    assert twin.users is not client.users
    assert scripted.connections == 1


def test_two_clients_share_nothing(make_client, scripted):
    scripted.on("GET", "/users/me", {"id": 1})
    first, second = make_client(), make_client()
    first.users.get_me()
    assert second.last_response is None
    assert first.users is not second.users
    assert first._session.raw_session() is not second._session.raw_session()
