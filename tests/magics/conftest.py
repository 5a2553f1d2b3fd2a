"""A local platform, and an IPython shell in this process that talks to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

import civis_nb
from civis_nb import config


@pytest.fixture(scope="session")
def magics_platform() -> Iterator[Any]:
    with civis_nb.local.start(samples=False) as platform:
        yield platform


@pytest.fixture(scope="session")
def magics_client(magics_platform: Any) -> Any:
    return magics_platform.client()


class Shell:
    """Runs cells and keeps what they show."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.ip = shell
        self.ns = shell.user_ns
        self.outputs: list[dict[str, str]] = []

    def cell(self, source: str) -> Any:
        """Run a cell; give its value, raise what it raised."""
        with capture_output() as captured:
            result = self.ip.run_cell(source, store_history=True)
        self.outputs = [output.data for output in captured.outputs]
        self.stdout = captured.stdout
        result.raise_error()
        return result.result

    def failing(self, source: str) -> tuple[Exception, str]:
        """Run a cell that must fail; give the exception and what the cell shows of it."""
        with capture_output() as captured:
            result = self.ip.run_cell(source, store_history=True)
        self.outputs = [output.data for output in captured.outputs]
        assert result.error_in_exec is not None, "the cell did not fail"
        return result.error_in_exec, captured.stdout


@pytest.fixture
def shell(magics_platform: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    monkeypatch.setenv("CIVIS_API_ENDPOINT", magics_platform.endpoint)
    monkeypatch.setenv("CIVIS_API_KEY", magics_platform.api_key)
    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "nocolor"
    ip = InteractiveShell.instance(config=settings)
    civis_nb.load_ipython_extension(ip)
    yield Shell(ip)
    config.reset()
    InteractiveShell.clear_instance()
