"""Answers that hold nothing: no end of a list, unless their status says so."""

from __future__ import annotations

import pytest

from civis_nb import errors


@pytest.mark.parametrize("empty", [b"", b"null", b"{}"])
def test_page_without_content_is_no_end_of_the_list(client, scripted, empty):
    scripted.on("GET", "/jobs", [{"id": 1}], empty, [{"id": 2}], [])
    assert [item.id for item in client.jobs.list(iterator=True)] == [1, 2]
    scripted.on("GET", "/jobs", [{"id": 1}], empty)
    walk = iter(client.jobs.list(iterator=True))
    assert next(walk).id == 1
    with pytest.raises(errors.CivisClientError, match="nothing where a list was asked for"):
        next(walk)


@pytest.mark.parametrize("empty", [b"", b"null", b"{}"])
def test_answer_without_content_is_no_list_without_items(client, scripted, empty):
    scripted.on("GET", "/jobs", empty, [{"id": 1}])
    assert [item.id for item in client.jobs.list()] == [1]
    scripted.on("GET", "/jobs", empty)
    with pytest.raises(errors.CivisClientError, match="nothing where a list was asked for"):
        client.jobs.list()


@pytest.mark.parametrize("empty", [b"", b"null"])
def test_answer_without_content_is_no_object(client, scripted, empty):
    scripted.on("GET", "/jobs/1", empty, {"id": 1})
    assert client.jobs.get(1).id == 1
    scripted.on("GET", "/jobs/1", empty)
    with pytest.raises(errors.CivisClientError, match="nothing where an object was asked for"):
        client.jobs.get(1)


def test_no_content_by_its_status_is_a_list_without_items(client, scripted, reply):
    scripted.on("GET", "/jobs", reply(None, 204))
    assert client.jobs.list() == []


def test_no_content_by_its_status_is_the_end_of_the_list(client, scripted, reply):
    scripted.on("GET", "/jobs", [{"id": 1}], reply(None, 204))
    assert [item.id for item in client.jobs.list(iterator=True)] == [1]
