"""A local platform for the tests of data movement, and a gate that damages what passes."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest


@pytest.fixture(scope="session")
def io_platform() -> Iterator[Any]:
    import civis_nb.local

    with civis_nb.local.start(samples=False) as platform:
        yield platform


@pytest.fixture(scope="session")
def io_client(io_platform: Any) -> Any:
    return io_platform.client()


@pytest.fixture(scope="session")
def other_client(io_platform: Any) -> Any:
    """Return the PyPI package `civis` on the same platform."""
    import os

    civis = pytest.importorskip("civis")
    old = {name: os.environ.get(name) for name in ("CIVIS_API_ENDPOINT", "CIVIS_API_KEY")}
    os.environ["CIVIS_API_ENDPOINT"] = io_platform.endpoint
    try:
        client = civis.APIClient(api_key=io_platform.api_key)
    finally:
        for name, value in old.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    return client


class Altered:
    """A client of which some answers are altered; everything else is the client's own."""

    def __init__(self, target: Any, **changes: Any) -> None:
        self._target = target
        self._changes = changes

    def __getattr__(self, name: str) -> Any:
        if name in self._changes:
            change = self._changes[name]
            if isinstance(change, dict):
                return Altered(getattr(self._target, name), **change)
            return change
        return getattr(self._target, name)


@pytest.fixture
def altered() -> Any:
    return Altered


@pytest.fixture
def answer() -> Any:
    """Return an answer of the platform made from keywords, read by attribute or by item."""

    class Answer(SimpleNamespace):
        def __getitem__(self, name: str) -> Any:
            return getattr(self, name)

    return Answer
