"""A plugin of pytest: an ephemeral local platform for tests, clients, mocks, notebooks.

pytest finds it by itself where civis_nb is installed. It imports nothing of the package until
a fixture is used, so that it costs nothing where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient
    from civis_nb.testing.notebooks import RunNotebook
    from civis_nb.testing.platforms import TestPlatform

__all__: list[str] = []

_ENDPOINT = "--civis-endpoint"
_NOTEBOOKS = "--civis-notebooks"
_LOCAL_ONLY = "civis_local_only"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's options."""
    group = parser.getgroup("civis_nb", "Civis Platform (civis_nb)")
    group.addoption(
        _ENDPOINT,
        metavar="URL",
        help="run the tests on this platform, with the key in CIVIS_API_KEY, instead of on an "
        "ephemeral local one; nothing is cleaned up there",
    )
    group.addoption(
        _NOTEBOOKS,
        action="store_true",
        help="give each notebook that nbval runs the ephemeral local platform, as new",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{_LOCAL_ONLY}: needs an ephemeral local platform; skipped with {_ENDPOINT}",
    )


class _Shared:
    """The platform of one session of pytest, started when it is first needed."""

    def __init__(self, endpoint: str | None) -> None:
        self._endpoint = endpoint
        self._platform: TestPlatform | None = None

    def platform(self) -> TestPlatform:
        """Return the platform of this session of pytest, which is started or joined first."""
        from civis_nb.testing import platforms

        if self._platform is None:
            self._platform = (
                platforms.remote(self._endpoint) if self._endpoint else platforms.ephemeral()
            )
        return self._platform

    def stop(self) -> None:
        if self._platform is not None:
            self._platform.stop()


_SHARED = pytest.StashKey[_Shared]()


def _shared(config: pytest.Config) -> _Shared:
    if _SHARED not in config.stash:
        config.stash[_SHARED] = shared = _Shared(config.getoption(_ENDPOINT))
        config.add_cleanup(shared.stop)
    return config.stash[_SHARED]


#: The environment of a notebook that nbval runs, as long as it does.
_NOTEBOOK = pytest.StashKey[pytest.MonkeyPatch]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a local platform; give notebooks of nbval theirs."""
    if item.get_closest_marker(_LOCAL_ONLY) and item.config.getoption(_ENDPOINT):
        pytest.skip(f"needs an ephemeral local platform; {_ENDPOINT} is another one")
    notebook = item.parent
    if notebook is None or type(notebook).__name__ != "IPyNbFile" or _NOTEBOOK in notebook.stash:
        return
    if item.config.getoption(_NOTEBOOKS):
        # Before nbval starts the kernel, which inherits the environment.
        platform = _shared(item.config).platform()
        notebook.stash[_NOTEBOOK] = patch = pytest.MonkeyPatch()
        for name, value in platform.environment().items():
            patch.setenv(name, value)


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Clean up after the last cell of a notebook, as after a test."""
    notebook = item.parent
    is_last = nextitem is None or nextitem.parent is not notebook
    if notebook is not None and is_last and _NOTEBOOK in notebook.stash:
        notebook.stash[_NOTEBOOK].undo()
        del notebook.stash[_NOTEBOOK]
        platform = _shared(item.config).platform()
        if platform.is_local:
            platform.clean()


@pytest.fixture
def civis_platform(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestPlatform]:
    """Return an ephemeral local platform with the sample data, as new for each test.

    During the test the environment leads to it: ``civis_nb.APIClient()`` is a client of it. With
    ``--civis-endpoint`` it is that platform, which is left as it is.
    """
    platform = _shared(request.config).platform()
    for name, value in platform.environment().items():
        monkeypatch.setenv(name, value)
    yield platform
    if platform.is_local:
        platform.clean()


@pytest.fixture
def civis_client(civis_platform: TestPlatform) -> APIClient:
    """Return a client of `civis_platform`."""
    return civis_platform.client()


@pytest.fixture
def civis_client_mock() -> Any:
    """Return a mock client, as `civis_nb.tests.create_client_mock` makes it."""
    from civis_nb.testing.mocks import create_client_mock

    return create_client_mock()


@pytest.fixture
def civis_notebook(
    civis_platform: TestPlatform, request: pytest.FixtureRequest
) -> Callable[..., RunNotebook]:
    """Run notebooks on `civis_platform`: ``civis_notebook("report.ipynb").cells[0].text``."""
    from functools import partial

    from civis_nb.testing.notebooks import run_notebook

    return partial(
        run_notebook, folder=request.path.parent, environment=civis_platform.environment()
    )
