"""How many calls a reader follows from a magic to the socket: layers must earn their place."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from requests.adapters import HTTPAdapter

import civis_nb

PACKAGE = Path(civis_nb.__file__).parent
MOST_CALLS = 12


def calls_of_package(frame: FrameType | None) -> list[str]:
    """Return the functions of civis_nb on a stack, the outermost first."""
    found = []
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(PACKAGE) and path.stem != "_waiting":
            found.append(f"{path.stem}.{frame.f_code.co_qualname}")
        frame = frame.f_back
    return found[::-1]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Return the calls that led to each request, by its method and path.

    The calls of the thread that sends come after those of the main thread, which waits for it.
    """
    stacks: dict[str, list[str]] = {}
    send = HTTPAdapter.send

    def recorded(self: HTTPAdapter, request: Any, *args: Any, **kwargs: Any) -> Any:
        calls = calls_of_package(sys._getframe())
        main = threading.main_thread()
        if threading.current_thread() is not main:
            calls = calls_of_package(sys._current_frames()[main.ident or 0]) + calls
        stacks[f"{request.method} {request.path_url}"] = calls
        return send(self, request, *args, **kwargs)

    monkeypatch.setattr(HTTPAdapter, "send", recorded)
    return stacks


def test_few_calls_lie_between_a_cell_and_the_socket(
    sent: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with civis_nb.local.start(samples=False) as platform:
        monkeypatch.setenv("CIVIS_API_ENDPOINT", platform.endpoint)
        monkeypatch.setenv("CIVIS_API_KEY", platform.api_key)
        shell = InteractiveShell.instance()
        try:
            civis_nb.load_ipython_extension(shell)
            assert shell.run_cell_magic("civis_sql", "", "SELECT 1").rows == [("1",)]
        finally:
            InteractiveShell.clear_instance()
    calls = sent["POST /queries"]
    assert len(calls) <= MOST_CALLS, "\n".join(calls)
