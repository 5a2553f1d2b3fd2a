"""The platform's own specification, beside the one that the PyPI client ships."""

from __future__ import annotations

import inspect
import json
import re
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import Any

import pytest
import requests
from fastapi import FastAPI

from civis_nb.local.app import build_api
from civis_nb.local.http.official import NOT_IMPLEMENTED
from civis_nb.local.http.specification import Specification

#: The official document says object here, the API gives lists, and its client expects them.
REALLY_LISTS = {
    "/jobs/{id}/children",
    "/jobs/{id}/parents",
    "/notebooks/{id}/git/commits",
    "/reports/{id}/git/commits",
    "/scripts/python3/{id}/git/commits",
    "/scripts/r/{id}/git/commits",
    "/scripts/sql/{id}/git/commits",
    "/workflows/{id}/git/commits",
}
TYPES = {"array", "object", "integer", "number", "string", "boolean"}


@pytest.fixture(scope="module")
def served(http) -> dict[str, Any]:
    return http.json("GET", "/endpoints")


@pytest.fixture(scope="module")
def described_api() -> FastAPI:
    """Return an application whose document is made: that takes seconds."""
    app = build_api()
    app.openapi()
    return app


@pytest.fixture(scope="module")
def official() -> dict[str, Any]:
    path = files("civis") / "resources" / "civis_api_spec.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def clients(bare_platform) -> tuple[Any, Any]:
    """Return the PyPI client built from our specification, and built from its own."""
    from collections import OrderedDict

    import civis

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("CIVIS_API_ENDPOINT", bare_platform.endpoint)
        patch.setenv("CIVIS_API_KEY", bare_platform.api_key)
        ours = civis.APIClient(force_refresh_api_spec=True)
        path = files("civis") / "resources" / "civis_api_spec.json"
        spec = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=OrderedDict)
        theirs = civis.APIClient(local_api_spec=spec)
    return ours, theirs


def _operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Return the operations of a specification that are served."""
    for path, verbs in spec["paths"].items():
        for verb, operation in verbs.items():
            if NOT_IMPLEMENTED not in operation:
                yield path, verb, operation


def _resolved(spec: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return spec["definitions"][schema["$ref"].rpartition("/")[2]]
    return schema


def _success(spec: dict[str, Any], operation: dict[str, Any]) -> tuple[str, str | None]:
    status, answer = next(iter(operation["responses"].items()))
    schema = answer.get("schema")
    return status, _resolved(spec, schema).get("type", "object") if schema else None


def test_it_has_the_frame_of_swagger_2(served, http):
    assert served["swagger"] == "2.0"
    assert http.endpoint == f"{served['schemes'][0]}://{served['host']}"
    assert served["securityDefinitions"]
    assert "$defs" not in json.dumps(served)
    assert "anyOf" not in json.dumps(served)
    references = set(re.findall(r'"\$ref": "([^"]*)"', json.dumps(served)))
    assert {name.rpartition("/")[0] for name in references} <= {"#/definitions"}
    assert {name.rpartition("/")[2] for name in references} <= set(served["definitions"])


def test_every_operation_has_what_clients_need(served):
    for path, verb, operation in _operations(served):
        assert operation["summary"], (path, verb)
        assert "description" in next(iter(operation["responses"].values())), (path, verb)
        for parameter in operation["parameters"]:
            assert isinstance(parameter["required"], bool)
            if parameter["in"] == "body":
                schema = _resolved(served, parameter["schema"])
                for field in schema["properties"].values():
                    assert _resolved(served, field)["type"] in TYPES
            else:
                assert parameter["type"] in TYPES, (path, verb, parameter)


def test_every_operation_is_one_of_the_official_ones(served, official):
    ours = {(path, verb) for path, verb, _ in _operations(served)}
    theirs = {(path, verb) for path, verb, _ in _operations(official)}
    assert ours <= theirs


@pytest.mark.contract("S21")
def test_answers_have_the_official_status_and_kind(served, official):
    different = {}
    for path, verb, operation in _operations(served):
        ours, theirs = (
            _success(served, operation),
            _success(official, official["paths"][path][verb]),
        )
        kinds = (ours[1] == "array", theirs[1] == "array")
        if ours[0] != theirs[0] or (kinds[0] != kinds[1] and path not in REALLY_LISTS):
            different[path, verb] = (ours, theirs)
    assert different == {}


def test_answers_have_all_official_fields(served, official):
    missing = {}
    for path, verb, operation in _operations(served):
        theirs = _fields(official, official["paths"][path][verb])
        lacking = theirs - _fields(served, operation)
        if lacking and path not in REALLY_LISTS:
            missing[path, verb] = sorted(lacking)
    assert missing == {}


#: Fields that the official answers don't have, each with its reason. Clients leave aside what
#: they don't know.
MORE_FIELDS = {
    "author": "a query that has ended at once is told as a look at it would tell it",
    "dialect": "a database tells what its SQL means",
    "name": "the same as author",
    "resultColumnTypes": "a preview tells the SQL types of its columns",
    "resultColumns": "a run tells the columns of its result, also of one without rows",
}
#: Operations that answer with a whole object where the official ones leave fields of it out.
WHOLE_OBJECTS = {("patch", "/tables/{id}"), ("get", "/exports/files/csv/{id}/runs")}


def test_fields_that_are_not_official_are_listed_with_a_reason(served, official):
    more = {}
    for path, verb, operation in _operations(served):
        theirs = _fields(official, official["paths"][path][verb])
        if not theirs or (verb, path) in WHOLE_OBJECTS:
            continue
        for name in _fields(served, operation) - theirs:
            more.setdefault(name, []).append((verb, path))
    assert set(more) == set(MORE_FIELDS), more


def _fields(spec: dict[str, Any], operation: dict[str, Any]) -> set[str]:
    schema = next(iter(operation["responses"].values())).get("schema", {})
    schema = _resolved(spec, schema)
    if schema.get("type") == "array":
        schema = _resolved(spec, schema["items"])
    return set(schema.get("properties", {}))


def _methods(client: Any) -> dict[str, inspect.Signature]:
    found = {}
    for resource in vars(client).values():
        kind = type(resource)
        if not kind.__module__.startswith("civis"):
            continue
        for name, member in inspect.getmembers(kind, inspect.isfunction):
            if not name.startswith("_"):
                found[f"{kind.__name__}.{name}"] = inspect.signature(member)
    return found


@pytest.mark.exhaustive
def test_the_pypi_client_makes_the_same_methods(clients):
    ours, theirs = map(_methods, clients)
    assert len(ours) > 800
    assert set(ours) == set(theirs)
    for name, signature in ours.items():
        expected = theirs[name]
        required = [p for p in signature.parameters.values() if p.default is p.empty]
        wanted = [p for p in expected.parameters.values() if p.default is p.empty]
        assert [(p.name, p.kind) for p in required] == [(p.name, p.kind) for p in wanted], name
        assert set(signature.parameters) <= set(expected.parameters), name


@pytest.mark.exhaustive
def test_optional_arguments_are_complete(clients):
    ours, theirs = map(_methods, clients)
    missing = {
        name: sorted(set(theirs[name].parameters) - set(signature.parameters))
        for name, signature in ours.items()
        if set(theirs[name].parameters) - set(signature.parameters)
    }
    assert missing == {}


def test_the_document_is_cached_by_its_etag(http):
    first = http("GET", "/endpoints")
    again = http("GET", "/endpoints", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.exhaustive
def test_openapi_3_is_served_when_asked_for(http):
    document = http.json("GET", "/endpoints?openapi_version=3.0")
    assert document["openapi"].startswith("3.0")
    assert '"type": "null"' not in json.dumps(document)
    assert document["servers"] == [{"url": http.endpoint}]


def _enums(spec: dict[str, Any], schema: dict[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    """Return the values that fields may have, with their places, at any depth."""
    while "$ref" in schema:
        schema = spec["definitions"][schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        yield place, {str(value) for value in schema["enum"]}
    for name, field in schema.get("properties", {}).items():
        yield from _enums(spec, field, f"{place}.{name}")
    if "items" in schema:
        yield from _enums(spec, schema["items"], f"{place}[]")


def test_all_values_that_the_official_document_names_are_stated(served, official):
    def stated(spec, operation):
        return {
            found[0]: found[1]
            for parameter in operation["parameters"]
            for found in _enums(spec, parameter.get("schema", parameter), parameter["name"])
        }

    compared = 0
    for path, verb, operation in _operations(served):
        theirs = official["paths"].get(path, {}).get(verb, {"parameters": []})
        # The body has a name of its own in each document.
        wanted = {re.sub(r"^\w+\.", ".", k): v for k, v in stated(official, theirs).items()}
        present = {re.sub(r"^\w+\.", ".", k): v for k, v in stated(served, operation).items()}
        assert wanted.items() <= present.items(), (verb, path)
        compared += len(wanted)
    assert compared > 150


def test_queries_are_filtered_by_states_that_there_are(http):
    for path in ("/queries", "/search/queries"):
        assert http("GET", path, params={"state": "failed,succeeded"}).status_code == 200
        refused = http("GET", path, params={"state": ["failed", "lazy"]})
        assert refused.status_code == 400
        assert "state can't be 'lazy'; it is one of queued" in refused.text


def test_what_civis_platform_calls_deprecated_is_so_here(served, official):
    marked = {
        (path, verb)
        for path, verb, operation in _operations(official)
        if operation.get("deprecated") and path in served["paths"]
    }
    assert ("/tables/{id}/refresh", "post") in marked
    for path, verb in marked:
        assert served["paths"][path][verb]["deprecated"] is True, (verb, path)


def test_it_needs_a_key(http):
    assert requests.get(http.endpoint + "/endpoints", timeout=30).status_code == 401


def test_the_bundled_document_is_fresh(described_api):
    """When this fails, run ``python -m civis_nb.local.http.specification``."""
    from civis_nb.local.http.specification import BUNDLED, bundle

    assert json.loads(bundle(described_api)) == json.loads(BUNDLED.read_text(encoding="utf-8"))


def test_a_document_of_other_code_is_not_served(described_api, http, monkeypatch, tmp_path):
    from civis_nb.local.http import specification

    other = tmp_path / "bundled.json"
    for text in ('{"x-fingerprint": "other", "paths": {}}', "no json"):
        other.write_text(text)
        monkeypatch.setattr(specification, "BUNDLED", other)
        made = specification.Specification(described_api, http.endpoint).written("2.0")[0]
        assert json.loads(made) == http.json("GET", "/endpoints")


@pytest.mark.exhaustive
def test_documents_asked_for_at_once_come_without_warnings(bare_platform):
    app = build_api()
    specification = Specification.of(app, bare_platform.endpoint)
    with warnings.catch_warnings(record=True) as caught, ThreadPoolExecutor(4) as pool:
        warnings.simplefilter("always")
        written = set(pool.map(lambda _: specification.written("3.0"), range(4)))
    assert len(written) == 1
    assert caught == []


def test_lists_take_the_orders_that_they_state_and_no_others(served, http):
    """Of lists whose path names no object."""
    lists = {
        path: {one["name"]: one for one in operation["parameters"]}
        for path, verb, operation in _operations(served)
        if verb == "get" and "{" not in path
    }
    checked = 0
    for path, parameters in lists.items():
        if "order_dir" not in parameters:
            continue  # search, which is paged by an offset
        checked += 1
        assert parameters["limit"]["minimum"] == parameters["page_num"]["minimum"] == 1, path
        assert parameters["order_dir"]["enum"] == ["asc", "desc"], path
        for order in parameters["order"]["enum"]:
            assert http("GET", path, params={"order": order}).status_code == 200, (path, order)
        for name, value in (("order", "colour"), ("order_dir", "up"), ("limit", "0")):
            assert http("GET", path, params={name: value}).status_code == 400, (path, name)
    assert checked > 10
