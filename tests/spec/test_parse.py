"""Specifications: those that are none, odd ones, and what is made of them."""

from __future__ import annotations

import inspect

import pytest

from civis_nb.errors import CivisInputError, CivisSpecError
from civis_nb.spec import describe, search, stub
from civis_nb.spec.parse import parse_spec
from civis_nb.spec.render import docstring, signature, signature_text


def _spec(path="/things/{id}", verb="get", definitions=None, **operation):
    raw = {"summary": "A thing", "parameters": [], "responses": {"200": {}}, **operation}
    return {"swagger": "2.0", "paths": {path: {verb: raw}}, "definitions": definitions or {}}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "holds a list"),
        ("<html>", "holds a str"),
        ({}, "it has: nothing"),
        ({"error": "x"}, "it has: error"),
        ({"paths": []}, "no object 'paths'"),
        ({"openapi": "3.0.0", "paths": {}}, "OpenAPI 3.0.0"),
        ({"paths": {"/a": 1}}, "holds no operations"),
    ],
)
def test_what_is_no_specification_is_refused(document, said):
    with pytest.raises(CivisSpecError, match=said):
        parse_spec(document)


@pytest.mark.parametrize(
    "operation",
    [
        {"parameters": [{"name": "a"}]},
        {"parameters": ["a"]},
        {"parameters": [{"in": "body", "schema": {"$ref": "#/definitions/None"}}]},
        {"responses": {"200": {"schema": {"$ref": "#/definitions/None"}}}},
    ],
)
def test_operation_that_makes_no_sense_is_named(operation):
    document = _spec(**operation)
    document["paths"]["/things"] = {"post": {"responses": {"200": {}}}}
    spec = parse_spec(document, "the file")
    with pytest.raises(CivisSpecError, match=r"the file: GET /things/\{id\}|points nowhere"):
        spec.operations("things")["get"]


def test_reference_in_a_circle_is_an_error_and_one_inside_is_not():
    circle = {"A": {"$ref": "#/definitions/A"}}
    body = [{"name": "o", "in": "body", "schema": {"$ref": "#/definitions/A"}}]
    with pytest.raises(CivisSpecError, match="points nowhere"):
        parse_spec(_spec(definitions=circle, parameters=body)).operations("things")["get"]
    inside = {"A": {"type": "object", "properties": {"next": {"$ref": "#/definitions/A"}}}}
    operation = parse_spec(_spec(definitions=inside, parameters=body)).operations("things")["get"]
    assert "- next : dict" in docstring(operation)


@pytest.mark.contract("C17")
def test_deprecated_operations_have_no_method():
    assert "things" not in parse_spec(_spec(summary="Old thing (DEPRECATED)"))


@pytest.mark.contract("C19")
def test_required_arguments_are_positional_in_the_order_of_the_specification():
    body = {
        "type": "object",
        "required": ["sortBy", "remoteHostId"],
        "properties": {
            "remoteHostId": {"type": "integer"},
            "from": {"type": "string"},
            "sortBy": {"type": "string"},
        },
    }
    parameters = [
        {"name": "page", "in": "query", "required": False, "type": "integer"},
        {"name": "o", "in": "body", "required": False, "schema": body},
        {"name": "id", "in": "path", "required": True, "type": "integer"},
    ]
    operation = parse_spec(_spec(verb="put", parameters=parameters)).operations("things")["put"]
    assert list(signature(operation).parameters) == [
        "remote_host_id", "sort_by", "id", "page", "from_",
    ]  # fmt: skip
    kinds = [item.kind for item in signature(operation).parameters.values()]
    assert (
        kinds
        == [inspect.Parameter.POSITIONAL_OR_KEYWORD] * 3 + [inspect.Parameter.KEYWORD_ONLY] * 2
    )
    assert signature_text(operation) == (
        "put(remote_host_id: int, sort_by: str, id: int, *, page: int = None, "
        "from_: str = None) -> Response"
    )


def test_description_names_the_nearest_operation():
    with pytest.raises(CivisInputError, match="Did you mean get"):
        describe("things.gett", _spec())
    with pytest.raises(CivisInputError, match="Did you mean things"):
        describe("thing", _spec())
    assert "things.get" in describe("things", _spec())
    assert describe("client.things.get()", _spec()) == describe("things.get", _spec())


@pytest.mark.parametrize("odd", [None, 5, b"things"])
def test_what_is_looked_for_and_where_must_be_what_can_be(odd):
    with pytest.raises(CivisInputError, match="must be text"):
        describe(odd, _spec())
    with pytest.raises(CivisInputError, match="must be text"):
        search(odd, _spec())
    if odd is not None:
        with pytest.raises(CivisInputError, match="a client, a path or the object itself"):
            search("things", odd)


def test_search_finds_by_name_path_summary_and_argument():
    spec = _spec(parameters=[{"name": "colour", "in": "query", "type": "string"}])
    for words in ("thing", "GET /things", "a thing", "colour things"):
        assert [item.dotted for item in search(words, spec)] == ["things.get"]
    assert repr(search("zebra", spec)) == "nothing"


def test_stub_is_python_that_names_every_method(tmp_path):
    path = stub(tmp_path / "deep" / "client.pyi", _spec())
    text = path.read_text()
    compile(text, str(path), "exec")
    assert "def get(self) -> Response" in text
    assert "things: Things" in text


def test_without_any_specification_the_error_says_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setenv("CIVIS_NB_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr("civis_nb.spec.browse.BUNDLED", tmp_path / "none.json")
    with pytest.raises(CivisSpecError, match="make an APIClient first"):
        search("x")
