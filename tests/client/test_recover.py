"""A POST that was answered by 503: looked for before it is repeated, never done twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from civis_nb import APIClient, errors


def _at(seconds):
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.fixture
def platform(scripted, reply):
    """A server that keeps jobs and runs; `fails` says what its POSTs do before they answer 503."""

    class Platform:
        items: list
        fails: list

    made = Platform()
    made.items, made.fails = [], []

    def post(seen):
        how = made.fails.pop(0) if made.fails else "serve"
        if how != "refuse":
            item = {"id": len(made.items) + 1, "createdAt": _at(0), "state": "queued"}
            made.items.append({**item, **(seen.json or {})})
        return reply(made.items[-1], 201) if how == "serve" else reply({"error": "busy"}, 503)

    scripted.on("POST", "/jobs", post)
    scripted.on("POST", "/jobs/1/runs", post)
    for path in ("/jobs", "/jobs/1/runs"):
        scripted.on("GET", path, lambda seen: reply(made.items[::-1]))
    scripted.on("GET", "/jobs/1", lambda seen: reply({**made.items[0], "whole": True}))
    scripted.on("POST", "/files", post)
    return made


@pytest.mark.contract("D11")
def test_job_that_was_made_is_found_by_name_and_not_made_again(client, scripted, platform):
    platform.fails = ["work"]
    job = client.jobs.post("mine", hidden=True)
    assert (job.id, job.whole) == (1, True)
    assert len(platform.items) == 1
    (look,) = scripted.seen("GET", "/jobs")
    assert ("hidden", "True") in look.query
    assert ("order", "created_at") in look.query


@pytest.mark.contract("C7")
def test_job_that_was_not_made_is_made(client, platform):
    platform.fails = ["refuse", "refuse"]
    assert client.jobs.post("mine").id == 1
    assert len(platform.items) == 1


def test_older_job_of_the_same_name_is_not_taken_for_it(client, platform):
    platform.items.append({"id": 1, "name": "mine", "createdAt": _at(-3600)})
    platform.fails = ["refuse"]
    assert client.jobs.post("mine").id == 2


def test_job_that_this_client_has_just_made_is_not_taken_for_it(client, platform):
    assert client.jobs.post("mine").id == 1
    platform.fails = ["refuse"]
    assert client.jobs.post("mine").id == 2


def test_job_with_another_content_is_not_taken_for_it(client, platform):
    platform.items.append({"id": 1, "name": "mine", "ratio": 1, "createdAt": _at(0)})
    platform.fails = ["refuse"]
    assert client.jobs.post("mine", ratio=2).id == 2


def test_job_that_only_its_whole_tells_from_another_is_not_taken_for_it(client, scripted, platform):
    platform.items.append({"id": 1, "name": "mine", "createdAt": _at(0)})
    whole = {**platform.items[0], "limitingSQL": "select 1"}
    scripted.on("GET", "/jobs/1", whole)
    platform.fails = ["refuse"]
    assert client.jobs.post("mine", limiting_sql="select 2").id == 2
    platform.items.pop()
    platform.fails = ["refuse"]
    assert client.jobs.post("mine", limiting_sql="select 1").id == 1


def test_job_without_a_time_is_not_guessed_about(client, platform):
    platform.items.append({"id": 1, "name": "mine"})
    platform.fails = ["refuse"]
    with pytest.raises(errors.CivisAPIError, match="may have done the work"):
        client.jobs.post("mine")
    assert len(platform.items) == 1
    platform.fails = ["refuse"]
    assert client.jobs.post("another").id == 2


def test_so_many_new_jobs_that_not_all_are_shown_are_not_guessed_about(client, platform):
    platform.items += [{"id": item, "name": "a", "createdAt": _at(0)} for item in range(20)]
    platform.fails = ["refuse"]
    with pytest.raises(errors.CivisAPIError, match="may have done the work"):
        client.jobs.post("mine")
    assert len(platform.items) == 20


@pytest.mark.contract("D11")
def test_run_that_was_started_is_not_started_again(client, platform):
    platform.fails = ["work"]
    assert client.jobs.post_runs(1).id == 1
    assert len(platform.items) == 1


def test_job_of_the_same_number_does_not_hide_the_run(client, platform):
    assert client.jobs.post("mine").id == 1
    platform.items.clear()
    platform.fails = ["work"]
    assert client.jobs.post_runs(1).id == 1
    assert len(platform.items) == 1


def test_run_that_was_not_started_is_started(client, platform):
    platform.items.append({"id": 1, "state": "succeeded", "createdAt": _at(-60)})
    platform.fails = ["refuse"]
    assert client.jobs.post_runs(1).id == 2


def test_what_can_not_be_looked_at_is_not_repeated_and_the_error_says_so(client, platform):
    platform.fails = ["work"]
    with pytest.raises(errors.CivisAPIError, match="may have done the work") as caught:
        client.files.post(name="f")
    assert caught.value.status_code == 503
    assert len(platform.items) == 1


def test_look_that_fails_leaves_the_error(client, scripted, platform, reply):
    platform.fails = ["work"]
    scripted.on("GET", "/jobs/1/runs", reply({}, 403))
    with pytest.raises(errors.CivisAPIError, match="may have done the work") as caught:
        client.jobs.post_runs(1)
    assert caught.value.status_code == 503
    assert len(platform.items) == 1


def test_runs_without_a_time_are_not_guessed_about(client, platform):
    platform.items.append({"id": 1, "state": "succeeded"})
    platform.fails = ["refuse"]
    with pytest.raises(errors.CivisAPIError, match="may have done the work"):
        client.jobs.post_runs(1)


@pytest.fixture
def imports(scripted, reply, at_once, official_spec):
    """A client, and the runs of an import; `fails` says what their POST does before a 503."""

    class Imports:
        items: list
        fails: list

    made = Imports()
    made.items, made.fails = [], []

    def post(_):
        how = made.fails.pop(0) if made.fails else "serve"
        if how != "refuse":
            number = len(made.items) + 1
            made.items.append({"id": number, "createdAt": _at(0), "state": "succeeded"})
        return reply({"runId": len(made.items)}, 202) if how == "serve" else reply({}, 503)

    scripted.on("POST", "/imports/1/runs", post)
    scripted.on("GET", "/imports/1/runs", lambda _: reply(made.items[::-1]))
    made.client = APIClient(
        api_key="a key", endpoint=scripted.url, local_api_spec=str(official_spec), retries=at_once
    )
    return made


def test_run_of_an_import_that_was_started_has_the_name_that_the_post_gives_it(imports):
    imports.fails = ["work"]
    assert imports.client.imports.post_runs(1).run_id == 1
    assert len(imports.items) == 1


def test_run_of_an_import_that_this_client_has_just_started_is_not_taken_for_the_next(imports):
    assert imports.client.imports.post_runs(1).run_id == 1
    imports.fails = ["refuse"]
    assert imports.client.imports.post_runs(1).run_id == 2
