"""A local platform, and an IPython shell in this process that talks to it."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
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


class LiveNotebook:
    """A notebook whose cells run one by one in a real kernel, as nbclient runs them."""

    folder: Path

    def __init__(self, client: Any) -> None:
        self.client = client
        self.nb = client.nb

    def run(self, source: str) -> Any:
        """Run a cell; give it, with its outputs."""
        cell = new_code_cell(source)
        self.nb.cells.append(cell)
        return self.client.execute_cell(cell, len(self.nb.cells) - 1)

    def text(self, source: str) -> str:
        """Run a cell that must succeed; give what it shows as text."""
        cell = self.run(source)
        errors = [one for one in cell.outputs if one.output_type == "error"]
        assert not errors, "\n".join(errors[0].traceback)
        return shown_text(cell)

    def error(self, source: str) -> str:
        """Run a cell that must fail; give what it shows of its error."""
        errors = [one for one in self.run(source).outputs if one.output_type == "error"]
        assert errors, f"no error: {source}"
        assert len(errors[0].traceback) <= 15
        return "\n".join(errors[0].traceback)

    def value(self, expression: str) -> Any:
        """Return the value of an expression of plain Python values."""
        return ast.literal_eval(self.text(f"print(repr({expression}))").strip())


def shown_text(cell: Any) -> str:
    """Return all that a cell shows, as text."""
    return "\n".join(
        one.text if one.output_type == "stream" else one["data"].get("text/plain", "")
        for one in cell.outputs
        if one.output_type != "error"
    )


@pytest.fixture(scope="module")
def live(magics_platform: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveNotebook]:
    """A notebook of this module, whose kernel talks to the platform; its folder is empty."""
    folder = tmp_path_factory.mktemp("notebook")
    client = NotebookClient(
        new_notebook(), timeout=120, allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
    )  # fmt: skip
    env = {
        **os.environ,
        "CIVIS_API_ENDPOINT": magics_platform.endpoint,
        "CIVIS_API_KEY": magics_platform.api_key,
    }
    with client.setup_kernel(env=env):
        notebook = LiveNotebook(client)
        notebook.folder = folder
        notebook.text("%load_ext civis_nb")
        yield notebook


@pytest.fixture(scope="module")
def people(live: LiveNotebook) -> str:
    live.text(
        "%civis_sql drop table if exists public.people; create table public.people as "
        "select range as id, 'name ' || range as name from generate_series(0, 49) t(range)"
    )
    return "public.people"
