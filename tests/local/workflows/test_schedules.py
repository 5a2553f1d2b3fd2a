"""Schedules of workflows: which times they have, and what happens when these come."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
import requests

from civis_nb.local import start
from civis_nb.local.store.clock import from_wire, to_wire
from civis_nb.local.store.schema import records
from civis_nb.local.workflows import engine, schedules
from civis_nb.local.workflows.schedules import next_time
from tests.local.workflows.conftest import DEADLINE_S, workflow

NOOP = workflow("a: {action: std.noop}")


def test_a_schedule_starts_executions(workflows, bare_platform):
    made = workflows.make(NOOP, schedule={"scheduled": True, "scheduledHours": [1]}, timeZone="UTC")
    # Soon, so that the test need not wait until one o'clock.
    store = bare_platform._context.store
    with store.begin() as connection:
        row = connection.execute(records.select().where(records.c.id == made)).one()
        soon = to_wire(datetime.now(UTC) + timedelta(seconds=0.3))
        body = {**row.body, "next_execution_at": soon}
        connection.execute(records.update().where(records.c.id == made).values(body=body))
    bare_platform._context.workflows.schedules_changed()
    path = f"/workflows/{made}/executions"
    deadline = time.monotonic() + DEADLINE_S
    while not (found := workflows.http.json("GET", path)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert len(found) == 1
    assert found[0]["createdAt"] >= soon
    following = workflows.http.json("GET", f"/workflows/{made}")["nextExecutionAt"]
    assert following > to_wire(datetime.now(UTC))
    assert from_wire(following).strftime("%H:%M") == "01:00"


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "expected"),
    [
        ({"scheduled_days": [0], "scheduled_hours": [6]}, "UTC", "2026-01-01T00:00",
         "2026-01-04T06:00"),
        ({"scheduled_hours": [6], "scheduled_minutes": [15, 45]}, "UTC", "2026-01-01T06:15",
         "2026-01-01T06:45"),
        ({"scheduled_hours": [6]}, "America/Chicago", "2026-01-01T00:00", "2026-01-01T12:00"),
        ({"scheduled_hours": [6]}, "America/Chicago", "2026-07-01T00:00", "2026-07-01T11:00"),
        ({"scheduled_days_of_month": [31], "scheduled_hours": [0]}, "UTC", "2026-02-01T00:00",
         "2026-03-31T00:00"),
        ({"scheduled_runs_per_hour": 4}, "UTC", "2026-01-01T00:16", "2026-01-01T00:30"),
        # There is no half past two in the night in which clocks are set forward.
        ({"scheduled_hours": [2], "scheduled_minutes": [30]}, "America/Chicago", "2026-03-08T00:00",
         "2026-03-09T07:30"),
        ({"scheduled_hours": [2], "scheduled_minutes": [15]}, "Australia/Lord_Howe",
         "2026-10-03T12:00", "2026-10-04T15:15"),
        # The hour from one to two comes twice when clocks are set back.
        ({"scheduled_hours": [1]}, "America/Chicago", "2026-11-01T06:00", "2026-11-02T07:00"),
        ({"scheduled_runs_per_hour": 1}, "America/Chicago", "2026-11-01T06:00", "2026-11-01T07:00"),
        ({"scheduled_runs_per_hour": 2}, "America/Chicago", "2026-11-01T06:00", "2026-11-01T06:30"),
        # There two hours come twice: first both of them, then both again.
        ({"scheduled_runs_per_hour": 1}, "Antarctica/Troll", "2026-10-24T23:00",
         "2026-10-25T00:00"),
        ({"scheduled_runs_per_hour": 1}, "Antarctica/Troll", "2026-10-25T00:00",
         "2026-10-25T01:00"),
        ({"scheduled_hours": []}, "UTC", "2026-01-01T00:00", None),
    ],
)  # fmt: skip
def test_times_of_schedules(schedule, zone, after, expected):
    found = next_time({"scheduled": True, **schedule}, zone, from_wire(after))
    assert found == (expected and f"{expected}:00.000Z")
    assert next_time({**schedule, "scheduled": False}, zone, from_wire(after)) is None


@pytest.mark.parametrize("runs", [1, 4, 7, 45, 60])
def test_an_hour_has_as_many_runs_as_a_schedule_says(runs):
    schedule = {"scheduled": True, "scheduled_runs_per_hour": runs}
    times = ["2026-01-01T00:59:00.000Z"]
    while times[-1] < "2026-01-01T02":
        times.append(next_time(schedule, "UTC", from_wire(times[-1])))
    assert len(times) - 2 == runs


@pytest.fixture
def own_platform():
    with start(samples=False) as platform, requests.Session() as session:
        session.auth = (platform.api_key, "")

        def call(method, path, **sent):
            answer = session.request(method, platform.endpoint + path, timeout=30, **sent)
            answer.raise_for_status()
            return answer.json()

        yield platform._context, call


def _set_next(context, workflow_id, moment):
    """Set the time at which a workflow is executed next, and have the engine read it."""
    with context.store.begin() as connection:
        row = connection.execute(records.select().where(records.c.id == workflow_id)).one()
        body = {**row.body, "next_execution_at": to_wire(moment)}
        connection.execute(records.update().where(records.c.id == workflow_id).values(body=body))
    context.workflows.schedules_changed()


def _until(condition):
    deadline = time.monotonic() + DEADLINE_S
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def _scheduled_in_twelve_hours():
    hour = (datetime.now(UTC).hour + 12) % 24
    schedule = {"scheduled": True, "scheduledHours": [hour]}
    return {"name": "w", "definition": NOOP, "schedule": schedule, "timeZone": "UTC"}


def test_a_time_that_comes_while_the_machine_sleeps_is_seen(own_platform, monkeypatch):
    context, call = own_platform
    monkeypatch.setattr(engine, "_LONGEST_WAIT_S", 0.05)
    made = call("POST", "/workflows", json=_scheduled_in_twelve_hours())["id"]
    moment = datetime.now(UTC) + timedelta(hours=1)
    _set_next(context, made, moment)
    _until(lambda: context.workflows._schedules.next_at == to_wire(moment))
    for module in (engine, schedules):
        monkeypatch.setattr(module, "utc_now", lambda: to_wire(moment + timedelta(minutes=1)))
    assert len(_until(lambda: call("GET", f"/workflows/{made}/executions"))) == 1


def test_a_workflow_that_is_restored_goes_on_at_the_next_time_of_its_schedule(own_platform):
    context, call = own_platform
    path = f"/workflows/{call('POST', '/workflows', json=_scheduled_in_twelve_hours())['id']}"
    call("PUT", f"{path}/archive", json={"status": True})
    _set_next(context, int(path.split("/")[2]), datetime.now(UTC) - timedelta(hours=1))
    _until(lambda: context.workflows._schedules.next_at is None)
    following = call("PUT", f"{path}/archive", json={"status": False})["nextExecutionAt"]
    assert following > to_wire(datetime.now(UTC))
    _until(lambda: context.workflows._schedules.next_at == following)
    assert call("GET", f"{path}/executions") == []
