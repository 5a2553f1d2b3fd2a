"""A platform in memory, as far as futures see it: scripted answers, every call noted."""

from __future__ import annotations

import threading
import time
from collections import defaultdict

import pytest

from civis_nb.client.response import ListResponse, Response
from civis_nb.errors import CivisError
from civis_nb.futures import CivisFuture

FAST = 0.01


class StatusError(CivisError):
    """What a client raises for an error status, as far as futures read it."""

    def __init__(self, status_code: int, message: str = "refused"):
        super().__init__(f"({status_code}) {message}")
        self.status_code = status_code


class Resource:
    def __init__(self, platform: FakePlatform, name: str):
        self._platform, self._name = platform, name


def _endpoint(name: str):
    def call(self, *args, **kwargs):
        return self._platform.answer(f"{self._name}.{name}", args, kwargs)

    call.__name__ = name
    return call


for _name in (
    "get", "get_runs", "post_runs", "delete_runs", "list_runs", "list_runs_logs",
    "list_runs_outputs", "get_sql", "get_sql_runs", "get_containers_runs", "post_containers",
    "post_custom", "post_custom_runs", "get_custom_runs", "list_custom_runs_outputs",
    "post_cancel", "get_executions", "post_executions_cancel",
):  # fmt: skip
    setattr(Resource, _name, _endpoint(_name))


class FakePlatform:
    """A client whose answers are scripted.

    ``script["jobs.get_runs"] = [...]``: the answers one after the other, the last for ever; an
    exception is raised, a function is called with the arguments.
    """

    def __init__(self):
        self.script: dict[str, list] = defaultdict(list)
        self.calls: list[tuple[str, tuple, dict]] = []
        self.times: dict[str, list[float]] = defaultdict(list)
        self._lock = threading.Lock()
        for name in ("jobs", "scripts", "queries", "imports", "workflows"):
            setattr(self, name, Resource(self, name))

    def answer(self, name, args, kwargs):
        with self._lock:
            self.calls.append((name, args, kwargs))
            self.times[name].append(time.monotonic())
            answers = self.script[name]
            if not answers:
                raise AssertionError(f"nobody expected {name}{args}")
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer) and not isinstance(answer, type):
            answer = answer(*args, **kwargs)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def called(self, name):
        return [args for one, args, _ in self.calls if one == name]

    def states(self, name, *states, **fields):
        self.script[name] = [
            state if isinstance(state, BaseException) else run(state, **fields) for state in states
        ]


def run(state, **fields):
    return Response({"id": 2, "state": state, "error": None, **fields})


def logs(*messages, complete=True, level="info"):
    entries = [
        Response({"id": n, "createdAt": "2026-01-01T00:00:00.000Z", "message": m, "level": level})
        for n, m in enumerate(messages, 1)
    ]
    cache = "private" if complete else "no-store"
    return ListResponse(
        entries, headers={"Civis-Max-Id": str(len(entries)), "Civis-Cache-Control": cache}
    )


@pytest.fixture
def fake():
    return FakePlatform()


@pytest.fixture
def until():
    """Wait for a condition, with a deadline."""

    def wait(condition, deadline_s=20.0):
        end = time.monotonic() + deadline_s
        while not condition():
            assert time.monotonic() < end, "the condition never came true"
            threading.Event().wait(0.005)

    return wait


@pytest.fixture
def make():
    """Makers of answers: run, logs, StatusError."""

    class Makers:
        pass

    Makers.run, Makers.logs, Makers.StatusError = staticmethod(run), staticmethod(logs), StatusError
    return Makers


def follow(fake, method="get_containers_runs", ids=(1, 2), **kwargs):
    kwargs.setdefault("polling_interval", FAST)
    kwargs.setdefault("client", fake)
    return CivisFuture(getattr(fake.scripts, method), ids, **kwargs)
