"""Data movement over a link of 200 Mbit/s: how much of the link each transfer uses.

A proxy before a local platform holds each direction to the rate. What is shown: the bytes that
crossed the link in the direction of the transfer, the time, and the share of what the link
could have carried in that time. Run as ``python benchmarks/link.py``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

RATE = 200e6 / 8  # bytes a second
#: What the proxy lost by waking too late is made up for, within these seconds.
BURST_S = 0.02
MEASURES = (
    "upload",
    "download-path",
    "download-buffer",
    "read-list",
    "read-pandas",
    "read-polars",
    "read-polars-exact",
    "iter",
    "csv-none",
    "write-pandas",
    "write-polars",
)


class Link:
    """Both directions of a link, each with its own rate."""

    def __init__(self, host: str, port: int) -> None:
        self.target = host, port
        self.passed = {"up": 0, "down": 0}
        self._free = {"up": 0.0, "down": 0.0}
        self.port = 0
        self.ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self.ready.wait()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await server.serve_forever()

    async def _connected(self, reader: Any, writer: Any) -> None:
        other_reader, other_writer = await asyncio.open_connection(*self.target)
        await asyncio.gather(
            self._pump("up", reader, other_writer), self._pump("down", other_reader, writer)
        )

    async def _pump(self, way: str, reader: Any, writer: Any) -> None:
        try:
            while data := await reader.read(32768):
                # When the last byte of it has left the sender.
                sent = max(self._free[way], time.monotonic() - BURST_S) + len(data) / RATE
                self._free[way] = sent
                self.passed[way] += len(data)
                if (wait := sent - time.monotonic()) > 0.002:
                    await asyncio.sleep(wait)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


def main() -> None:
    """Run all measures, or those that are named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("measures", nargs="*", default=MEASURES)
    parser.add_argument("-n", type=int, default=3)
    parser.add_argument("--link", nargs=2)
    options = parser.parse_args()
    if options.link:
        _run_link(*options.link)
        return
    import civis_nb.local

    with civis_nb.local.start(samples=False) as platform, tempfile.TemporaryDirectory() as folder:
        direct = platform.endpoint
        environment = _benchmark()._prepared(platform, Path(folder))
        address = urlsplit(direct)
        link = subprocess.Popen(
            [sys.executable, __file__, "--link", str(address.hostname), str(address.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert link.stdin
        assert link.stdout
        try:
            url = f"http://127.0.0.1:{json.loads(link.stdout.readline())}"
            platform._context.endpoint = url  # the links of files lead over the proxy, too
            environment["CIVIS_API_ENDPOINT"] = url
            print(f"{'measure':20} {'civis':>24} {'civis_nb':>24}")
            for what in options.measures:
                _measure(what, environment, link, options.n)
        finally:
            link.stdin.close()
            link.wait()


def _measure(what: str, environment: dict[str, str], link: Any, repeats: int) -> None:
    way = "up" if what.startswith(("upload", "write")) else "down"
    shown = []
    for name in ("civis", "civis_nb"):
        if name == "civis" and (what == "iter" or what.endswith("exact")):
            shown.append("")
            continue
        found = []
        for _ in range(repeats):
            before = _passed(link)[way]
            command = [sys.executable, str(_FILE), "--one", name, what]
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode:
                sys.exit(done.stderr)
            crossed = _passed(link)[way] - before
            found.append((json.loads(done.stdout)["s"], crossed))
        elapsed = median(one[0] for one in found)
        crossed = median(one[1] for one in found)
        shown.append(f"{crossed / 1e6:.0f} MB {elapsed:.2f} s {crossed / RATE / elapsed:4.0%}")
    print(f"{what:20} {shown[0]:>24} {shown[1]:>24}", flush=True)


_FILE = Path(__file__).with_name("io.py")


def _benchmark() -> Any:
    import importlib.util

    spec = importlib.util.spec_from_file_location("io_benchmark", _FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _passed(link: Any) -> dict[str, int]:
    link.stdin.write("\n")
    link.stdin.flush()
    found: dict[str, int] = json.loads(link.stdout.readline())
    return found


def _run_link(host: str, port: str) -> None:
    link = Link(host, int(port))
    print(link.port, flush=True)
    for _ in sys.stdin:
        print(json.dumps(link.passed), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
