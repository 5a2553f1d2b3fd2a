"""A local platform for the command line, and the PyPI package's command line beside ours."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from civis_nb.cli import cli


@pytest.fixture(scope="session")
def platform() -> Iterator[Any]:
    import civis_nb.local

    with civis_nb.local.start(samples=False) as platform:
        yield platform


@pytest.fixture
def on_platform(platform, monkeypatch):
    """Point commands at the platform."""
    monkeypatch.setenv("CIVIS_API_ENDPOINT", platform.endpoint)
    monkeypatch.setenv("CIVIS_API_KEY", platform.api_key)
    return platform


@pytest.fixture
def run(on_platform) -> Callable[..., Result]:
    """Return a function that runs a command line in this process."""
    return invoke


def invoke(*words: str, stdin: str | bytes | None = None) -> Result:
    result = CliRunner().invoke(cli, list(words), input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="session")
def their_cli(platform, tmp_path_factory) -> Any:
    """Return the PyPI package's command line, made from the platform's specification."""
    main = pytest.importorskip("civis.cli.__main__")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIVIS_API_ENDPOINT", platform.endpoint)
        patch.setenv("CIVIS_API_KEY", platform.api_key)
        patch.setattr(main, "CACHED_SPEC_PATH", str(tmp_path_factory.mktemp("theirs") / "spec"))
        return main.generate_cli()


@pytest.fixture
def run_theirs(on_platform, their_cli) -> Callable[..., Result]:
    """Return a function that runs a command line of the PyPI package in this process."""

    def run_it(*words: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(their_cli, list(words), input=stdin)

    return run_it


@pytest.fixture
def process(on_platform) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function that starts a command line as a process of its own."""
    with contextlib.ExitStack() as started:

        def start(*words: str, **variables: str) -> subprocess.Popen[str]:
            command = subprocess.Popen(
                [sys.executable, "-m", "civis_nb.cli", *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, **variables},
            )
            started.enter_context(command)
            started.callback(command.kill)
            return command

        yield start
