"""How long requests take while many clients give the local platform work.

Of the clients, some upload and import a small file and the others run queries, all without a pause,
with the polls of their runs; beside them a tenth ask ``users/me`` twice a second. Shown
are, for each kind, how many there were, and the times that half and 99 of 100 stayed below. The
platform has a process of its own, the clients share another. Run as
``python benchmarks/load.py [SECONDS [CLIENTS [DESCRIPTORS]]]``; with DESCRIPTORS the platform may
open no more files and sockets than that, and every run that was started must have ended well.
"""

from __future__ import annotations

import asyncio
import base64
import json
import resource
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

SERVER = """
import json, sys
import civis_nb.local
with civis_nb.local.start() as platform:
    print(json.dumps([platform.endpoint, platform.api_key]), flush=True)
    sys.stdin.read()
"""
LIMIT_S = 0.5
ASK_EVERY_S = 0.5
#: Between polls of a run: doubled each time.
FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 2.0
END_WAIT_S = 120
ACTIVE = ("queued", "running")
READS = ("GET users/me", "poll of a run")
ROWS = "id,name,amount\n" + "".join(f"{i},name {i},{i / 7:.3f}\n" for i in range(500))
SQL = "select count(*), avg(i * 1.5) from generate_series(1, 20000) as t(i) where i % {number} = 0"
HOST = {"remoteHostId": 1, "credentialId": 1}


@contextmanager
def served(descriptors: int | None) -> Iterator[tuple[str, str]]:
    def limited() -> None:
        if descriptors is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    process = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=limited,
    )
    assert process.stdout is not None
    try:
        endpoint, key = json.loads(process.stdout.readline())
        yield endpoint, key
    finally:
        process.communicate()


class Load:
    """The platform that is asked, and what its clients have seen."""

    def __init__(self, endpoint: str, key: str) -> None:
        parts = urlsplit(endpoint)
        self.address = (parts.hostname, parts.port)
        self.key = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
        self.until = 0.0
        self.times: dict[str, list[float]] = defaultdict(list)
        self.statuses: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()


class Client:
    """One connection that is kept; plain sockets, so that measuring costs little."""

    def __init__(self, load: Load, number: int) -> None:
        self._load = load
        self._number = number
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, kind: str, method: str, path: str, body: Any = None, type_: str = "application/json"
    ) -> Any:
        """Return the body of the answer to a request, which is repeated while that is 503."""
        content = b"" if body is None else body
        if not isinstance(content, bytes):
            content = json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: platform\r\nAuthorization: {self._load.key}\r\n"
            f"Content-Type: {type_}\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        while True:
            started = time.perf_counter()
            status, headers, answer = await self._exchange(head.encode() + content)
            passed = time.perf_counter() - started
            self._load.statuses[str(status)] += 1
            if status < 300:
                self._load.times[kind].append(passed)
                return json.loads(answer) if answer else None
            assert status == 503, (status, method, path, answer)
            self._load.times["refusal (503)"].append(passed)
            await asyncio.sleep(float(headers["retry-after"]))

    async def _exchange(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        if self._stream is None:
            self._stream = await asyncio.open_connection(*self._load.address)
        reader, writer = self._stream
        writer.write(request)
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines) if k}
        answer = await reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection") == "close":
            await self.close()
        return int(first.split()[1]), headers, answer

    async def close(self) -> None:
        if self._stream is not None:
            self._stream[1].close()
            self._stream = None

    async def go_on(self, action: Callable[[Client], Awaitable[None]]) -> None:
        while time.perf_counter() < self._load.until:
            await action(self)
        await self.close()

    async def who(self) -> None:
        await self.ask("GET users/me", "GET", "/users/me")
        await asyncio.sleep(ASK_EVERY_S)

    async def query(self) -> None:
        started = time.perf_counter()
        body = {"database": 1, "sql": SQL.format(number=self._number + 1), "previewRows": 10}
        made = await self.ask("POST queries", "POST", "/queries", body)
        await self._ended("query", f"/queries/{made['id']}/runs/{made['lastRunId']}", started)

    async def upload_and_import(self) -> None:
        started = time.perf_counter()
        file = await self.ask("POST files", "POST", "/files", {"name": "rows.csv"})
        parts = [(f'name="{k}"', v) for k, v in file["uploadFields"].items()]
        parts.append(('name="file"; filename="rows.csv"', ROWS))
        form = "".join(
            f"--line\r\nContent-Disposition: form-data; {k}\r\n\r\n{v}\r\n" for k, v in parts
        )
        path, type_ = urlsplit(file["uploadUrl"]).path, "multipart/form-data; boundary=line"
        await self.ask("upload", "POST", path, form.encode() + b"--line--\r\n", type_)
        body = {
            "source": {"fileIds": [file["id"]]},
            "destination": {"schema": "public", "table": f"load_{self._number}", **HOST},
            "firstRowIsHeader": True,
            "existingTableRows": "drop",
        }
        job = await self.ask("POST imports", "POST", "/imports/files/csv", body)
        runs = f"/imports/files/csv/{job['id']}/runs"
        run = await self.ask("POST runs", "POST", runs, {})
        await self._ended("import", f"{runs}/{run['id']}", started)

    async def _ended(self, kind: str, path: str, started: float) -> None:
        """Poll a run until it has ended."""
        wait_s = FIRST_WAIT_S
        while (run := await self.ask("poll of a run", "GET", path))["state"] in ACTIVE:
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        assert run["state"] == "succeeded", run
        self._load.times[f"whole {kind}"].append(time.perf_counter() - started)


async def carry_out(load: Load, clients: int, seconds: float) -> None:
    load.until = time.perf_counter() + seconds
    kinds = [Client.who, Client.upload_and_import, *[Client.query] * 8]
    works = (Client(load, n).go_on(kinds[n % len(kinds)]) for n in range(clients))
    # Each goes on until its work has ended: what is left of it is lost.
    await asyncio.wait_for(asyncio.gather(*works), seconds + END_WAIT_S)


def main(seconds: float = 60, clients: int = 200, descriptors: int | None = None) -> None:
    with served(descriptors) as (endpoint, key):
        load = Load(endpoint, key)
        asyncio.run(carry_out(load, clients, seconds))
    print(f"{clients} clients, {seconds:.0f} s; answers by status: {dict(load.statuses)}\n")
    print("| kind | number | half below | 99 of 100 below | must |\n|---|---:|---:|---:|---|")
    for kind, times in sorted(load.times.items()):
        times.sort()
        half, most = times[len(times) // 2], times[int(len(times) * 0.99)]
        must = f"≤ {LIMIT_S} s" if kind in READS and descriptors is None else ""
        print(f"| {kind} | {len(times)} | {half:.3f} s | {most:.3f} s | {must} |")


if __name__ == "__main__":
    asked = [int(text) for text in sys.argv[1:]]
    main(*asked)
