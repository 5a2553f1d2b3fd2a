"""A local platform behind a link that can be made slow, or made to stand still."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from civis_nb.local.runs.pool import _Lane

_PIECE_BYTES = 16 * 1024


class Link:
    """Passes bytes on in both directions.

    Attributes
    ----------
    rate
        Bytes a second, for both directions together; None: as fast as it goes; 0: nothing passes.
    after
        How many bytes still pass at full speed before `rate` holds.
    passed
        How many bytes have passed.
    """

    def __init__(self, endpoint: str) -> None:
        address = urlsplit(endpoint)
        self._target = address.hostname, address.port
        self.rate: float | None = None
        self.after = 0
        self.passed = 0
        self._answers: int | None = None
        self._ready = threading.Event()
        self._writers: set[Any] = set()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._ready.wait()

    def slow(self, rate: float | None, after: int = 0) -> None:
        """Limit the link to a rate, once `after` more bytes have passed."""
        self._answers = None
        self.rate, self.after, self.passed = rate, after, 0

    def drop(self) -> None:
        """Break the connections that there are: what is under way in them never arrives."""
        self._loop.call_soon_threadsafe(lambda: [one.transport.abort() for one in self._writers])

    def hold_answers(self, after_requests: int) -> None:
        """Pass requests, and after so many of them no answers."""
        self._answers = after_requests

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await server.serve_forever()

    async def _connected(self, reader: Any, writer: Any) -> None:
        there_reader, there_writer = await asyncio.open_connection(*self._target)
        self._writers |= {writer, there_writer}
        await asyncio.gather(
            self._pump(reader, there_writer), self._pump(there_reader, writer, back=True)
        )

    async def _pump(self, reader: Any, writer: Any, back: bool = False) -> None:
        try:
            while data := await reader.read(_PIECE_BYTES):
                self.passed += len(data)
                if self._answers is not None and not back:
                    self._answers -= data.count(b"HTTP/1.1\r\n")
                while back and self._answers is not None and self._answers < 0:
                    await asyncio.sleep(0.02)
                while self.passed > self.after and self.rate == 0:
                    await asyncio.sleep(0.02)
                if self.passed > self.after and self.rate:
                    await asyncio.sleep(len(data) / self.rate)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


@pytest.fixture(scope="session")
def alive_platform() -> Iterator[Any]:
    import civis_nb.local

    with civis_nb.local.start(samples=False) as platform:
        yield platform


@pytest.fixture(scope="session")
def _session_link(alive_platform: Any) -> Link:
    link = Link(alive_platform.endpoint)
    # The links of files lead over it, too.
    alive_platform._context.endpoint = alive_platform._context.files.endpoint = link.url
    return link


@pytest.fixture
def link(_session_link: Link) -> Iterator[Link]:
    yield _session_link
    _session_link.drop()
    _session_link.slow(None)


@pytest.fixture
def direct(alive_platform: Any) -> Any:
    """Return a client whose API calls do not pass the link."""
    return alive_platform.client()


@pytest.fixture
def no_workers(alive_platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave runs in the queue."""
    nobody = _Lane("nobody", 0)
    monkeypatch.setattr(alive_platform._context.runner, "_lane", lambda *_: nobody)


@pytest.fixture
def process_env(alive_platform: Any, link: Link, tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return {
        **os.environ,
        "CIVIS_API_ENDPOINT": link.url,
        "CIVIS_API_KEY": alive_platform.api_key,
        "CIVIS_NB_POLL_INTERVAL_S": "0.1",
        "TMPDIR": str(folder),
        "TERM": "xterm-256color",
        "COLUMNS": "120",
        "LINES": "30",
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture
def run_python(process_env: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Start a script in a process of its own; give the process."""
    started = []

    def run(source: str, **options: Any) -> subprocess.Popen[str]:
        script = tmp_path / "script.py"
        script.write_text("import civis_nb.io as cio\n" + textwrap.dedent(source))
        folder = tmp_path / "work"
        folder.mkdir(exist_ok=True)
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
        process = subprocess.Popen(
            [sys.executable, str(script)], cwd=folder, env=process_env, **options
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()


@pytest.fixture
def until() -> Callable[..., Any]:
    """Wait for a condition, with a deadline."""

    def wait(condition: Callable[[], Any], what: str = "it", seconds: float = 60.0) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, f"{what} did not come about in {seconds} s"
            time.sleep(0.02)
        return found

    return wait
