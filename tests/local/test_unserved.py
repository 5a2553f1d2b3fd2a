"""Operations of Civis Platform that the local platform does not serve say so."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import pytest
import requests

from civis_nb import APIClient
from civis_nb.errors import CivisAPIError, CivisNotImplementedError
from civis_nb.local.http.official import (
    NOT_IMPLEMENTED,
    TABLE,
    advice,
    find_operation,
    official_operations,
)
from tests.local.operations_page import PAGE, page
from tests.local.operations_table import official, table


@pytest.fixture(scope="module")
def served(http) -> dict[str, Any]:
    return http.json("GET", "/endpoints")


@pytest.fixture(scope="module")
def unserved(served) -> list[tuple[str, str]]:
    return [
        (verb.upper(), path)
        for path, verbs in served["paths"].items()
        for verb, operation in verbs.items()
        if NOT_IMPLEMENTED in operation
    ]


def test_the_table_holds_the_facts_of_the_official_specification():
    """When this fails, run ``python tests/local/operations_table.py``."""
    assert TABLE.read_text(encoding="utf-8") == table()
    assert len(official_operations()) == 910


def test_the_specification_lists_every_operation(served):
    theirs = {(path, verb) for path, verbs in official()["paths"].items() for verb in verbs}
    assert {(path, verb) for path, verbs in served["paths"].items() for verb in verbs} == theirs


def test_every_operation_says_what_there_is_instead(unserved):
    assert all(advice(path).endswith(".") for _, path in unserved)


@pytest.mark.exhaustive
def test_each_answers_501_and_names_itself(http, unserved):
    for method, path in unserved:
        words = [("1" if word.startswith("{") else word) for word in path.split("/")]
        answer = http(method, "/".join(words))
        assert answer.status_code == 501, (method, path, answer.text)
        body = answer.json()
        assert body["error"] == "not_implemented"
        assert f"{method} {path}" in body["errorDescription"]
        assert advice(path) in body["errorDescription"]


def test_an_unserved_word_is_not_taken_for_an_id(http):
    answer = http("GET", "/enhancements/types")
    assert (answer.status_code, answer.json()["error"]) == (501, "not_implemented")
    assert find_operation("GET", "/scripts/sql").path == "/scripts/{id}"
    assert http("GET", "/imports/batches").status_code == 501
    assert http("GET", "/scripts/nonsense").status_code == 404


def test_it_needs_a_key(http):
    assert requests.get(http.endpoint + "/media/optimizations", timeout=30).status_code == 401


def test_a_call_is_refused_before_its_arguments_are_checked(bare_platform):
    client = bare_platform.client()
    with pytest.raises(CivisNotImplementedError, match="Media optimization runs") as caught:
        client.media.post_optimizations_runs()
    assert caught.value.status_code == 501
    assert (caught.value.method, caught.value.path) == ("POST", "/media/optimizations/{id}/runs")
    assert "client.media.post_optimizations_runs" in str(caught.value)
    assert isinstance(caught.value, CivisAPIError)
    assert isinstance(caught.value, NotImplementedError)
    assert "Not served by the local platform" in inspect.getdoc(client.media.list_optimizations)


def test_a_client_with_the_official_specification_gets_the_same_error(bare_platform):
    client = APIClient(
        api_key=bare_platform.api_key,
        endpoint=bare_platform.endpoint,
        local_api_spec=official(),
    )
    with pytest.raises(
        CivisNotImplementedError, match=r"does not serve GET /media/optimizations/\{id\}"
    ):
        client.media.get_optimizations(7)


def test_the_pypi_client_shows_the_reason(bare_platform, monkeypatch):
    import civis

    monkeypatch.setenv("CIVIS_API_ENDPOINT", bare_platform.endpoint)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = civis.APIClient(api_key=bare_platform.api_key, force_refresh_api_spec=True)
    with pytest.raises(civis.base.CivisAPIError, match="does not serve GET /media/optimizations"):
        client.media.list_optimizations()


def test_a_wrong_method_is_answered_with_all_that_are_possible(http):
    answer = http("PUT", "/jobs/1/runs")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"
    answer = http("POST", "/projects/1")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, PUT"


def test_head_works_where_get_does(http):
    for path in ("/users/me", "/endpoints", "/databases", "/projects"):
        head = http("HEAD", path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == http("GET", path).headers["Content-Length"]
    assert http("HEAD", "/files/999999").status_code == 404


def test_the_page_of_operations_is_fresh():
    """When this fails, run ``python tests/local/operations_page.py``."""
    assert PAGE.read_text(encoding="utf-8") == page()
