"""Responses: reading, never changing, comparing, copying, showing."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from civis_nb import errors
from civis_nb.response import (
    ListResponse,
    Response,
    camel_to_snake,
    convert_response_data_type,
    find,
    find_one,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex(r"[a-z]{1,4}([A-Z][a-z]{1,3})?", fullmatch=True), inner)
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.from_regex(r"[a-z]{1,4}([A-Z][a-z]{1,3})?", fullmatch=True), JSON)


@pytest.mark.contract("C25")
@pytest.mark.parametrize("outer", ["fooBar", "foo_bar"])
@pytest.mark.parametrize("inner", ["bazQux", "baz_qux"])
def test_fields_read_in_every_way(outer, inner):
    response = Response({"fooBar": {"bazQux": 1}})
    assert getattr(getattr(response, outer), inner) == 1
    assert getattr(response, outer)[inner] == 1
    assert getattr(response[outer], inner) == 1
    assert response[outer][inner] == 1
    assert response.get(outer).get(inner) == 1


def test_missing_fields():
    response = Response({"jobId": 1})
    with pytest.raises(KeyError):
        response["nope"]
    with pytest.raises(AttributeError, match="It has: job_id"):
        response.nope  # noqa: B018
    assert response.get("nope", 5) == 5
    assert "jobId" in response
    assert "job_id" in response
    assert "nope" not in response
    assert 3 not in response


@pytest.mark.contract("C25")
def test_nothing_can_be_changed():
    response = Response({"a": 1})
    with pytest.raises(errors.CivisImmutableResponseError):
        response.a = 2
    with pytest.raises(errors.CivisImmutableResponseError):
        response["a"] = 2
    with pytest.raises(errors.CivisImmutableResponseError):
        del response.a
    with pytest.raises(TypeError):
        del response["a"]
    with pytest.raises(errors.CivisImmutableResponseError):
        response.headers = {}
    response.json(snake_case=False)["a"] = 2
    Response({"a": {"b": 1}}).json()["a"]["b"] = 2
    assert response.a == 1


@pytest.fixture(params=["civis_nb", "civis"])
def response_class(request):
    """Return the class of responses of either client: the same is asked of both."""
    return pytest.importorskip(f"{request.param}.response").Response


def test_a_list_is_the_same_at_each_read(response_class):
    response = response_class(
        {"resultRows": [["1"], ["2"]], "resultColumns": ["n"], "runs": [{"tags": [1]}]}
    )
    # What parsons does with the preview of a query.
    response["result_rows"].insert(0, response["result_columns"])
    assert response["result_rows"] == [["n"], ["1"], ["2"]]
    for read in (response.result_rows, response["resultRows"], response.get("result_rows")):
        assert read is response["result_rows"]
    response.result_rows[1].append("x")
    response.runs[0].tags.append(2)
    response.runs.append("y")
    assert response.json() == {
        "result_rows": [["n"], ["1", "x"], ["2"]],
        "result_columns": ["n"],
        "runs": [{"tags": [1, 2]}, "y"],
    }
    for again in (pickle.loads(pickle.dumps(response)), copy.deepcopy(response)):
        assert again == response
        assert again.runs[0].tags == [1, 2]
        assert again.runs is not response.runs


def test_the_users_own_json_is_the_same_at_each_read(response_class):
    response = response_class({"objectType": "JSONValue", "value": {"aB": [1]}})
    response.value["aB"].append(2)
    response["value"]["cD"] = 3
    assert response.value == {"aB": [1, 2], "cD": 3}
    assert response.json()["value"] == {"aB": [1, 2], "cD": 3}


def test_what_the_server_sent_and_the_hash_stay():
    data = {"tags": [1, [2]], "objectType": "JSONValue", "value": {"x": [1]}}
    response = Response(data)
    before = hash(response)
    response.tags[1].append(3)
    response.tags.append(4)
    response.value["x"].append(2)
    assert response.json_data == {
        "tags": [1, [2]],
        "objectType": "JSONValue",
        "value": {"x": [1]},
    }
    assert response.json(snake_case=False) == response.json_data
    assert hash(response) == before
    assert response != Response(data)


@pytest.mark.parametrize(
    "outer", ["input", "valueDistribution", "expandedArguments", "uploadFields"]
)
def test_json_keeps_the_keys_that_the_user_named(outer):
    data = {outer: {"myKey": {"innerKey": [{"deepKey": 1}]}, "OTHER_KEY": 2}, "lastRun": {"aB": 3}}
    response = Response(data)
    name = camel_to_snake(outer)
    assert response.json() == {name: data[outer], "last_run": {"a_b": 3}}
    held = response[name]
    assert held.json() == dict(held.json_data) == data[outer]
    assert list(held) == ["myKey", "OTHER_KEY"]
    assert held.myKey.json() == data[outer]["myKey"]
    # Scripts read them in snake_case, as with the package civis, and as they are.
    assert held.my_key.inner_key[0].deep_key == held["myKey"]["innerKey"][0]["deepKey"] == 1
    assert held == data[outer]
    for again in (pickle.loads(pickle.dumps(response)), copy.deepcopy(response)):
        assert again.json() == response.json()
        assert again[name].my_key == held.my_key


@pytest.mark.contract("C26", "D41")
def test_keys_of_the_users_own_data_stay_as_they_are():
    data = {
        "arguments": {"FOO_BAR": {"innerKey": 1}, "camelKey": 2},
        "environmentVariables": {"MyVar": "x"},
        "lastRun": {"arguments": {"aB": 1}},
    }
    response = Response(data)
    assert response.arguments.FOO_BAR.inner_key == 1
    assert response.arguments["camelKey"] == 2
    assert not hasattr(response.arguments, "foo_bar")
    assert not hasattr(response.arguments, "camel_key")
    assert response.json() == {
        "arguments": {"FOO_BAR": {"innerKey": 1}, "camelKey": 2},
        "environment_variables": {"MyVar": "x"},
        "last_run": {"arguments": {"aB": 1}},
    }
    assert response.json(snake_case=False) == data


@pytest.mark.contract("C26")
def test_value_of_an_output_is_plain_json_only_for_json_values():
    plain = Response({"objectType": "JSONValue", "value": {"aB": 1}})
    assert type(plain.value) is dict
    assert plain.json()["value"] == {"aB": 1}
    other = Response({"objectType": "File", "value": {"aB": 1}})
    assert other.value.a_b == 1


def test_lists_wrap_objects_and_leave_lists_in_lists():
    response = Response({"a": [{"bC": 1}, [{"dE": 2}], 3]})
    assert response.a[0].b_c == 1
    assert response.a[1] == [{"dE": 2}]
    assert response.json() == {"a": [{"b_c": 1}, [{"dE": 2}], 3]}


@pytest.mark.contract("C27")
def test_headers_tell_the_rate_limit():
    response = Response({}, headers={"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "4"})
    assert (response.rate_limit, response.calls_remaining) == (10, 4)
    assert Response({}, headers={"x-ratelimit-limit": "10"}).rate_limit == 10
    assert Response({}).rate_limit is None
    assert Response({}, headers={"X-RateLimit-Limit": "?"}).rate_limit is None


def test_works_as_a_mapping():
    response = Response({"jobId": 1, "b": 2})
    assert dict(response) == {"job_id": 1, "b": 2}
    assert list(response) == ["job_id", "b"]
    assert dict(response.items()) == dict(zip(response.keys(), response.values(), strict=True))
    assert Response({"values": [1], "keys": 2}).values == [1]
    assert Response({"values": [1], "keys": 2}).keys == 2


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(OBJECTS)
def test_pickle_copy_equality_and_hash_agree(data):
    response = Response(data, headers={"A": "b"})
    for other in (
        pickle.loads(pickle.dumps(response)),
        copy.deepcopy(response),
        copy.copy(response),
        Response(json.loads(json.dumps(data))),
    ):
        assert other == response
        assert hash(other) == hash(response)
    assert response == data
    assert response == response.json()
    assert Response(data).json(snake_case=False) == data


def test_content_decides_equality():
    assert Response({"fooBar": 1}) == Response({"foo_bar": 1})
    assert Response({"a": 1}) != Response({"a": 2})
    assert Response({"a": 1}) != 1
    assert len({Response({"a": [1, {"b": 2}]}), Response({"a": [1, {"b": 2}]})}) == 1


def test_list_response_is_a_list_with_headers():
    listed = convert_response_data_type([{"aB": 1}, 5], headers={"X-RateLimit-Limit": "3"})
    assert isinstance(listed, list)
    assert listed.json() == [{"a_b": 1}, 5]
    assert listed.json(snake_case=False)[0] == {"aB": 1}
    assert listed.rate_limit == 3
    assert listed.calls_remaining is None
    again = pickle.loads(pickle.dumps(listed))
    assert again == listed
    assert again.headers == listed.headers


def test_text_masks_secrets_and_cuts():
    response = Response(
        {
            "id": 1,
            "password": "hunter2",
            "token": "abc-token",
            "apiKey": "abc-key",
            "uploadFields": {"key": "k", "x-amz-signature": "abc-sig"},
            "fileUrl": "https://s3.test/f?X-Amz-Signature=abc-signed&part=1",
            "text": "x" * 5000,
            "rows": list(range(1000)),
        }
    )
    for text in (repr(response), repr(ListResponse([response]))):
        for secret in ("hunter2", "abc-token", "abc-key", "abc-sig", "abc-signed"):
            assert secret not in text
        assert "part=1" in text
        assert "950 more" in text
        assert len(text) < 2500
    assert response.password == "hunter2"
    assert repr(Response(None)) == "Response({})"
    assert "… 10 more" in repr(ListResponse([response] * 60))


def test_ipython_gets_lines_and_key_completions():
    class Printer:
        def text(self, value):
            self.value = value

    printer = Printer()
    response = Response({"name": "n" * 60, "lastRun": {"state": "s" * 60}})
    response._repr_pretty_(printer, False)
    assert len(printer.value.splitlines()) > 1
    assert response._ipython_key_completions_() == ["name", "last_run"]
    assert "last_run" in dir(response)
    assert "class" not in dir(Response({"class": 1, "a b": 2}))


@pytest.mark.contract("C28")
def test_find_by_function_and_fields():
    things = [Response(item) for item in ({"id": 1, "on": True}, {"id": 2, "on": 1}, {"id": 3})]
    assert [item.id for item in find(things, on=True)] == [1]
    assert [item.id for item in find(things, on=1)] == [1, 2]
    assert [item.id for item in find(things, id=lambda value: value > 1)] == [2, 3]
    assert [item.id for item in find(things, lambda item: item.id == 3)] == [3]
    assert find_one(things, id=2).on == 1
    assert find_one(things, nope=1) is None
    # With a function the fields do not count, as in the other package.
    assert [item.id for item in find(things, lambda item: item.id > 1, id=1)] == [2, 3]


@pytest.mark.contract("C14")
def test_empty_answer_is_false_and_holds_none():
    empty = Response(None)
    assert not empty
    assert (empty.json_data, len(empty), empty.json(), list(empty)) == (None, 0, {}, [])
    assert empty == {}
    for again in (pickle.loads(pickle.dumps(empty)), copy.deepcopy(empty)):
        assert again.json_data is None


def test_length_counts_the_fields_that_can_be_read():
    twice = Response({"fooBar": 1, "foo_bar": 2})
    assert len(twice) == len(list(twice)) == len(twice.json()) == 1


@pytest.mark.parametrize("data", ["text", 5, True])
def test_scalars_are_no_answers(data):
    with pytest.raises(errors.CivisClientError):
        convert_response_data_type(data)


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_a_frame_of_responses_has_their_fields_as_columns(kind):
    # They gave the names of the fields as values.
    answers = ListResponse(
        [Response({"id": 1, "lastRun": {"state": "failed"}}), Response({"id": 2, "lastRun": None})]
    )
    module = pytest.importorskip(kind)
    frame = module.DataFrame(answers)
    assert list(frame.columns) == ["id", "last_run"]
    assert list(frame["id"]) == [1, 2]
    assert frame["last_run"][0]["state"] == "failed"


def test_arrays_and_frames_take_a_response_as_one_value():
    # They took the names of its fields for values, and lost the values.
    numpy, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    one = Response({"id": 1, "lastRun": {"state": "failed"}})
    assert numpy.array([one, one], dtype=object).tolist() == [one, one]
    assert pandas.DataFrame({"run": [one]})["run"][0].last_run.state == "failed"
    with pytest.raises((TypeError, ValueError)):
        pandas.DataFrame(one)
    assert pandas.DataFrame([one])["id"].tolist() == [1]
