"""Cells that show no views, and a platform that gives no answer, in a real JupyterLab."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.widgets.drivers import WAIT_MS, until

pytestmark = pytest.mark.exhaustive

#: Writes a line now and then until a file is there.
TICKING = """
import os, time
n = 0
while not os.path.exists({flag!r}):
    print("tick", n, flush=True)
    n += 1
    time.sleep(0.2)
print("the end")
"""


class Gate:
    """Passes connections on to a server while it is open, and refuses them while it is shut."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._server = (parts.hostname, parts.port)
        self._passing: list[socket.socket] = []
        self._port = 0
        self.open()
        self.address = f"http://127.0.0.1:{self._port}{parts.path}"

    def open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def shut(self) -> None:
        # A thread that waits in accept() keeps the port until it is woken.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._passing:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._passing.clear()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._server)
                self._passing += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    @staticmethod
    def _pass(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def ticking(widgets_platform: Any, tmp_path: Path) -> Any:
    """Create a job that writes lines until the file is there; return its id and the file."""
    flag = tmp_path / "end"
    source = TICKING.format(flag=str(flag))
    job = widgets_platform.client().scripts.post_python3(name="Ticking", source=source).id
    yield job, flag
    flag.touch()


def test_a_platform_that_gives_no_answer_is_said_and_forgotten(
    open_notebook: Any, widgets_platform: Any, ticking: Any
) -> None:
    job, flag = ticking
    gate = Gate(widgets_platform.endpoint)
    page = open_notebook(
        f"%env CIVIS_API_ENDPOINT={gate.address}\n%load_ext civis_nb", f"%civis_run {job} --bg"
    )
    page.run_all()
    view = page.output(1).locator(".civis-run")
    view.locator(".civis-log-line", has_text="tick").first.wait_for()
    gate.shut()
    view.get_by_text("the platform gives no answer now").first.wait_for(timeout=2 * WAIT_MS)
    view.get_by_role("button", name="Cancel").wait_for()
    gate.open()
    state = view.locator(".civis-run-state")
    until(lambda: "no answer" not in state.inner_text(), "the platform's answer", 120)
    flag.touch()
    view.locator(".civis-run-state", has_text="succeeded").wait_for(timeout=3 * WAIT_MS)
    # No line is lost, and none comes twice.
    until(lambda: "the end" in view.locator(".civis-log-line").last.inner_text(), "the last line")
    view.locator(".civis-log-box").evaluate("(box) => { box.scrollTop = 0 }")
    view.locator(".civis-log-line", has_text="tick 0").wait_for()
    numbers = [
        text.strip() for text in view.locator(".civis-log-line").all_inner_texts() if "tick" in text
    ]
    assert numbers == [f"tick {n}" for n in range(len(numbers))]
    assert page.problems == []
    gate.shut()


@pytest.mark.parametrize("cell", ["%civis_run {job} --bg", "%civis_run {job} --bg -o run"])
def test_a_static_background_cell_settles_in_place(
    open_notebook: Any, ticking: Any, cell: str
) -> None:
    job, flag = ticking
    page = open_notebook(
        "%load_ext civis_nb\n%civis_config display static", cell.format(job=job), "1 + 1"
    )
    page.run_all()
    output = page.output(1)
    output.get_by_text("runs in the background").wait_for()
    assert "starting" not in output.inner_text()
    flag.touch()
    output.get_by_text("✓ succeeded").wait_for(timeout=2 * WAIT_MS)
    (kept,) = page.save().cells[1].outputs
    assert "the end" in kept.data["text/plain"]
    assert output.locator(".civis-view").count() == 0
