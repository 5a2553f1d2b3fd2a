"""The declared resources, operation by operation, beside the specification of the PyPI client."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from civis_nb.local.app import RECORDS, SHARED, SHARING_WORDS, build_api
from civis_nb.local.http.swagger import to_swagger

pytestmark = pytest.mark.exhaustive

#: Where answers differ on purpose, with the reason: (verb, path, place in the answer).
LISTS = "the document says object, the API gives a list, and its clients expect one"
DIFFERENT_ANSWERS = {
    ("get", "/notebooks/{id}/git/commits", ""): LISTS,
    ("get", "/reports/{id}/git/commits", ""): LISTS,
    ("get", "/scripts/python3/{id}/git/commits", ""): LISTS,
    ("get", "/scripts/r/{id}/git/commits", ""): LISTS,
    ("get", "/scripts/sql/{id}/git/commits", ""): LISTS,
    ("get", "/workflows/{id}/git/commits", ""): LISTS,
    **{
        (verb, path, "parentProject.name"): "the document says integer of what is a name"
        for verb, path in (
            ("post", "/projects/"),
            ("get", "/projects/{project_id}"),
            ("put", "/projects/{project_id}"),
            ("put", "/projects/{project_id}/auto_share"),
            ("post", "/projects/{id}/clone"),
            ("put", "/projects/{id}/archive"),
        )
    },
    **{
        (verb, path, f"params[].{name}"): "the value of a parameter has the parameter's type"
        for verb, path in (
            ("post", "/templates/scripts/"),
            ("get", "/templates/scripts/{id}"),
            ("put", "/templates/scripts/{id}"),
            ("patch", "/templates/scripts/{id}"),
        )
        for name in ("value", "default")
    },
}


LANGUAGES = "the document names the two languages in words only"
#: Where requests differ on purpose, with the reason: (verb, path), (place, name).
DIFFERENT_REQUESTS = {
    (verb, path, ("body", "language")): LANGUAGES
    for verb, path in (
        ("post", "/notebooks/"),
        ("put", "/notebooks/{id}"),
        ("patch", "/notebooks/{id}"),
    )
} | dict.fromkeys(
    [
        ("post", "/aliases/", ("body", "objectType")),
        ("put", "/aliases/{id}", ("body", "objectType")),
        ("patch", "/aliases/{id}", ("body", "objectType")),
        ("get", "/groups/", ("query", "permission")),
        ("get", "/projects/", ("query", "permission")),
    ],
    "the values that are enforced are stated",
)


#: Scripts of types that the local platform does not have.
NOT_HERE = ("dbt", "javascript")


@pytest.fixture(scope="module")
def official() -> dict[str, Any]:
    path = files("civis") / "resources" / "civis_api_spec.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    return to_swagger(build_api().openapi(), "http://127.0.0.1")


def _resolved(spec: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return spec["definitions"][schema["$ref"].rpartition("/")[2]]
    return schema


def _types(spec: dict[str, Any], schema: dict[str, Any], place: str = "") -> dict[str, str]:
    """Return the type of each place in a schema, e.g. ``{"": "object", "user.id": "integer"}``."""
    schema = _resolved(spec, schema)
    kind = schema.get("type", "object")
    found = {place: kind}
    if kind == "array":
        found |= _types(spec, schema.get("items", {}), place + "[]")
    for name, field in schema.get("properties", {}).items():
        found |= _types(spec, field, f"{place}.{name}".lstrip("."))
    return found


def _operations(spec: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (verb, path): operation
        for path, verbs in spec["paths"].items()
        for verb, operation in verbs.items()
        if _is_declared(path)
    }


def _is_declared(path: str) -> bool:
    words = path.split("/")
    if words[1] in SHARED:
        return words[2] not in NOT_HERE and not SHARING_WORDS.isdisjoint(words[3:])
    return words[1] in RECORDS


def _parameters(spec: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    """Return what a request may hold: place, type, required and enum by name."""
    found = {}
    for one in operation["parameters"]:
        if one["in"] == "body":
            schema = _resolved(spec, one["schema"])
            required = set(schema.get("required", ()))
            for name, field in schema["properties"].items():
                enum = _resolved(spec, field).get("enum")
                found["body", name] = (_types(spec, field), name in required, enum)
        else:
            items = one.get("items", {}).get("type")
            found[one["in"], one["name"]] = (
                one["type"],
                items,
                one["required"],
                # The official one does not say what a list can be ordered by.
                None if one["name"] == "order" else one.get("enum"),
            )
    return found


def test_all_official_operations_are_there_and_no_others(ours, official):
    assert set(_operations(ours)) == set(_operations(official))


def test_requests_are_the_official_ones(ours, official):
    expected = _operations(official)
    different = {}
    for key, operation in _operations(ours).items():
        mine = _parameters(ours, operation)
        theirs = _parameters(official, expected[key])
        for name in mine.keys() | theirs.keys():
            if mine.get(name) != theirs.get(name):
                different[(*key, name)] = (mine.get(name), theirs.get(name))
    assert set(different) == set(DIFFERENT_REQUESTS), different


def test_answers_are_the_official_ones(ours, official):
    expected = _operations(official)
    different = {}
    for key, operation in _operations(ours).items():
        ((status, mine),) = operation["responses"].items()
        ((expected_status, theirs),) = expected[key]["responses"].items()
        assert status == expected_status, key
        assert ("schema" in mine) == ("schema" in theirs), key
        if "schema" not in mine:
            continue
        my_types = _types(ours, mine["schema"])
        their_types = _types(official, theirs["schema"])
        for place in my_types.keys() | their_types.keys():
            if my_types.get(place) != their_types.get(place):
                different[(*key, place)] = (my_types.get(place), their_types.get(place))
    lists = {key[:2] for key, reason in DIFFERENT_ANSWERS.items() if reason is LISTS}
    reported = {
        (*key[:2], "") if key[:2] in lists else key: types for key, types in different.items()
    }
    assert set(reported) == set(DIFFERENT_ANSWERS), reported


def test_old_operations_are_marked_so(ours, official):
    deprecated = {key for key, one in _operations(ours).items() if one["deprecated"]}
    assert deprecated == {
        key for key, one in _operations(official).items() if "deprecated" in one["summary"]
    }


def test_nothing_of_the_official_text_is_copied(ours, official):
    theirs = {
        text
        for operation in _operations(official).values()
        for text in (
            operation["summary"],
            *(p.get("description", "") for p in operation["parameters"]),
        )
    }
    mine = {
        text
        for operation in _operations(ours).values()
        for text in (
            operation["summary"],
            *(p.get("description", "") for p in operation["parameters"]),
        )
    }
    assert {text for text in mine & theirs if len(text.split()) > 6} == set()
