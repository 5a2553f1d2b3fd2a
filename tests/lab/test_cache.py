"""Values that are kept: how often they are loaded, and what a refresh gives."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from civis_nb.lab import cache
from civis_nb.lab.cache import Cache
from tests.widgets.drivers import until


class Loads:
    """Loads that wait until they are let go; each returns its number, from 1."""

    def __init__(self):
        self.begun = 0
        self.gates = {}
        self._lock = threading.Lock()

    def __call__(self, key):
        with self._lock:
            self.begun += 1
            number = self.begun
        self.gates.setdefault(number, threading.Event()).wait(30)
        return number

    def let_go(self, number):
        self.gates.setdefault(number, threading.Event()).set()


@pytest.fixture
def loads():
    found = Loads()
    yield found
    for number in range(1, 20):
        found.let_go(number)


def test_all_who_ask_at_once_share_a_load(loads):
    values = Cache(loads, 60)
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(values.get, "a", 30) for _ in range(20)]
        until(lambda: loads.begun, "the load")
        loads.let_go(1)
        assert [one.result() for one in asked] == [1] * 20
    assert loads.begun == 1


def test_a_refresh_gives_what_was_loaded_after_it_and_many_share_one(loads):
    values = Cache(loads, 60)
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(values.get, "a", 30)
        until(lambda: loads.begun == 1, "the first load")
        refreshed = []
        for _ in range(10):
            values.forget()
            refreshed.append(pool.submit(values.get, "a", 30))
        loads.let_go(2)
        loads.let_go(1)
        assert first.result() == 1
        assert [one.result() for one in refreshed] == [2] * 10
    assert values.get("a", 0) == 2
    assert loads.begun == 2


def test_a_refresh_does_not_wait_for_a_load_that_hangs(loads, monkeypatch):
    monkeypatch.setattr(cache, "_HUNG_AFTER_S", 0.05)
    values = Cache(loads, 60)
    with pytest.raises(TimeoutError):
        values.get("a", 0)
    values.forget()
    loads.let_go(2)
    assert values.get("a", 30) == 2


def test_what_nobody_asks_for_again_is_not_loaded(loads):
    values = Cache(loads, 60)
    loads.let_go(1)
    assert values.get("a", 30) == 1
    values.forget()
    values.forget()
    assert loads.begun == 1
    loads.let_go(2)
    assert values.get("a", 30) == 2
