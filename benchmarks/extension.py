"""How much the JupyterLab extension costs: at the start, for a completion, over hours of polls.

Parts, all without an argument: ``size`` (of the bundle), ``start`` (of JupyterLab, with and without
it, in turns), ``server`` (what its server part adds to the server's start), ``completion`` (5,000
tables), ``schema`` (10,000 tables), ``memory`` (an hour of polls, many times as fast).
Run as ``python benchmarks/extension.py [PART ...]``, after ``make extension``.

The platform is one that answers at once, in a process of its own. Times are medians. On a busy
machine the time of the processor says more: the main thread's of the page, or the server's.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import requests
from _tools import HERE, VARIABLES

ROUNDS = 11
TABLES, MANY_TABLES = 5000, 10_000
#: As many polls as an hour has, of which one in five seconds is the quickest that goes on.
POLLS = 720
BUNDLE = HERE.parent / "civis_nb" / "labextension"

#: Milliseconds from the page's address until JupyterLab is ready and painted.
READY = """
async () => {
    await window.jupyterapp.restored;
    await new Promise((end) => requestAnimationFrame(() => setTimeout(end)));
    return performance.now();
}
"""

#: Notes when a key or a button is pressed, and when what it brings is painted.
WATCH = """
(selector) => {
    window.painted = null;
    const begin = () => { window.pressed = performance.now(); };
    for (const kind of ["keydown", "mousedown"]) {
        document.addEventListener(kind, begin, { capture: true, once: true });
    }
    const watcher = new MutationObserver(() => {
        if (!document.querySelector(selector)) return;
        watcher.disconnect();
        requestAnimationFrame(() => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => {
                window.painted = performance.now() - window.pressed;
            };
            channel.port2.postMessage(0);
        });
    });
    watcher.observe(document.body, { childList: true, subtree: true, attributes: true });
}
"""

SERVER_START = """
import sys, time
import jupyterlab.labapp
from tornado.web import Application
class Server:
    web_app = Application(base_url="/")
wall, processor = time.perf_counter(), time.process_time()
import civis_nb.lab
civis_nb.lab._load_jupyter_server_extension(Server)
print(time.perf_counter() - wall, time.process_time() - processor)
"""

#: A JupyterLab whose feeds wait a fraction of what they do else.
QUICK_LAB = """
from civis_nb.lab.jobs.panel import JobsFeed

JobsFeed.least_wait_s = JobsFeed.most_wait_s = 0.05

from jupyterlab.labapp import main

main()
"""

CELLS = {
    "tables": "%%civis_sql\nselect * from ",
    "tables of a schema": "%%civis_sql\nselect * from big.",
    "columns through an alias": "%%civis_sql\nselect t. from big.table_01234 t",
    "columns of two tables, functions": (
        "%%civis_sql\nselect c from big.table_00001 a join big.table_00002 b on true"),
}  # fmt: skip


def loads() -> str:
    return ", ".join(f"{one:.1f}" for one in os.getloadavg())


@contextlib.contextmanager
def platform(tables: int) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / "_lab_platform.py"), str(tables)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=VARIABLES,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate()


@contextlib.contextmanager
def lab(url: str, window: Any, extension: bool = True, module: str = "jupyterlab") -> Iterator[Any]:
    """Start a JupyterLab beside a platform; a module may lie in the benchmark's folder."""
    from _lab import beside

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "quick_lab.py").write_text(QUICK_LAB)
        path = os.pathsep.join([folder, str(HERE.parent), os.environ.get("PYTHONPATH", "")])
        variables = {"CIVIS_API_ENDPOINT": url, "CIVIS_API_KEY": "benchmark", "PYTHONPATH": path,
                     "CIVIS_NB_CACHE_DIR": folder}  # fmt: skip
        with beside(window, extension, module, **variables) as found:
            yield found


class Metrics:
    """What the browser tells of a page."""

    def __init__(self, page: Any) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def __getitem__(self, name: str) -> float:
        found = self._session.send("Performance.getMetrics")["metrics"]
        return next(float(one["value"]) for one in found if one["name"] == name)

    def heap_mb(self) -> float:
        """Return what the page's scripts keep."""
        self._session.send("HeapProfiler.collectGarbage")
        return float(self._session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def median_ms(seen: Sequence[float]) -> float:
    return 1000 * statistics.median(seen)


def size() -> None:
    from _lab import window

    def zipped(name: str) -> float:
        return len(gzip.compress((BUNDLE / "static" / name).read_bytes(), 9)) / 1000

    scripts = [one.name for one in (BUNDLE / "static").glob("*.js")]
    with platform(1) as url, window() as opened, lab(url, opened) as found:
        page = opened.new_page()
        page.goto(address(found))
        page.wait_for_function("() => window.jupyterapp !== undefined")
        page.evaluate(READY)
        entries = page.evaluate("() => performance.getEntriesByType('resource').map((e) => e.name)")
    begun = {one for one in scripts if any(one in entry for entry in entries)}
    whole = sum(map(zipped, scripts))
    first = sum(map(zipped, begun))
    print(f"bundle, gzipped: {whole:.0f} kB (≤ 300 kB); {first:.0f} kB of them at the start, in "
          f"{len(begun)} of {len(scripts)} files")  # fmt: skip


def address(found: Any) -> str:
    return (
        str(found.server.url("lab", "x"))
        .replace("doc/tree/x", "lab/workspaces/bench")
        .replace("?", "?reset&")
    )


def start() -> None:
    from _lab import window

    walls: dict[bool, list[float]] = {True: [], False: []}
    processors: dict[bool, list[float]] = {True: [], False: []}
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(platform(1))
        opened = stack.enter_context(window())
        labs = {kind: stack.enter_context(lab(url, opened, kind)) for kind in walls}
        for number in range(ROUNDS + 2):
            for kind in (True, False) if number % 2 else (False, True):
                page = opened.new_page()
                page.goto("about:blank")
                metrics = Metrics(page)
                page.goto(address(labs[kind]))
                page.wait_for_function("() => window.jupyterapp !== undefined", timeout=120_000)
                wall = page.evaluate(READY) / 1000
                has = page.evaluate("() => window.jupyterapp.hasPlugin('civis-nb:data')")
                assert has is kind, "the extension is not where it should be"
                if number > 1:
                    walls[kind].append(wall)
                    processors[kind].append(metrics["ThreadTime"])
                page.close()
    print(f"| JupyterLab's start, load {loads()} | without | with | added | must |\n"
          "|---|---:|---:|---:|---|")  # fmt: skip
    for name, seen in (("until it is painted", walls), ("of processor", processors)):
        with_it, without = median_ms(seen[True]), median_ms(seen[False])
        print(f"| {name} | {without:.0f} ms | {with_it:.0f} ms | {with_it - without:.0f} ms "
              "| ≤ 100 ms |")  # fmt: skip


def server() -> None:
    env = {**VARIABLES, "PYTHONPATH": str(HERE.parent)}
    seen = []
    for number in range(ROUNDS + 1):
        done = subprocess.run([sys.executable, "-c", SERVER_START], env=env, check=True,
                              capture_output=True, text=True)  # fmt: skip
        if number:
            seen.append([float(part) for part in done.stdout.split()])
    wall, processor = (median_ms(list(column)) for column in zip(*seen, strict=True))
    print(f"the server part at the server's start: {wall:.0f} ms, {processor:.0f} ms of "
          f"processor (≤ 100 ms); load {loads()}")  # fmt: skip


def completion() -> None:
    from _lab import window

    print(f"| completion, {TABLES:,} tables | server | of processor | page: key → list "
          "| of processor | must |\n|---|---:|---:|---:|---:|---|")  # fmt: skip
    with platform(TABLES) as url, window() as opened, lab(url, opened) as found:
        session = found.server.session()
        process = server_process(found)
        notebook = found.open(["%load_ext civis_nb", *CELLS.values()])
        notebook.wait_for_kernel()
        metrics = Metrics(notebook.page)
        for at, (title, cell) in enumerate(CELLS.items(), start=1):
            offset = cell.index(" from big") if " from big" in cell and at > 2 else len(cell)
            body = {"cell": cell, "offset": offset, "variables": {}, "database": None}
            answer = until_complete(lambda body=body: session.post("civis-nb/complete", json=body))
            assert answer.json()["items"], answer.text
            walls, before = [], sum(process.cpu_times()[:2])
            for _ in range(ROUNDS):
                begun = time.perf_counter()
                session.post("civis-nb/complete", json=body)
                walls.append(time.perf_counter() - begun)
            used = (sum(process.cpu_times()[:2]) - before) / ROUNDS
            seen = [painted_completion(notebook, metrics, at, len(cell) - offset)
                    for _ in range(ROUNDS)]  # fmt: skip
            late = seen.count(None)
            shown = [one for one in seen if one is not None]
            painted, of_page = zip(*shown, strict=True) if shown else ([0.0], [0.0])
            print(f"| {title} | {median_ms(walls):.0f} ms | {1000 * used:.0f} ms "
                  f"| {statistics.median(painted):.0f} ms | {median_ms(of_page):.0f} ms "
                  f"| ≤ 150 ms |{f' ({late} came too late for a list)' if late else ''}",
                  flush=True)  # fmt: skip
    print(f"load {loads()}")


def until_complete(ask: Callable[[], requests.Response]) -> requests.Response:
    """Ask until all names are there."""
    deadline = time.monotonic() + 60
    while (answer := ask()).json().get("problem"):
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.2)
    return answer


def painted_completion(
    notebook: Any, metrics: Metrics, cell: int, back: int
) -> tuple[float, float] | None:
    """Ask for a completion in a cell; return the milliseconds from the key to its list.

    And the seconds of processor that the page's main thread used meanwhile. None where there was
    no list: JupyterLab shows none that comes after a second.
    """
    from playwright.sync_api import TimeoutError

    page = notebook.page
    page.keyboard.press("Escape")
    page.wait_for_selector(".jp-Completer:not(.lm-mod-hidden)", state="hidden")
    page.locator(".jp-CodeCell").nth(cell).locator(".cm-content").click()
    page.keyboard.press("Control+End")
    for _ in range(back):
        page.keyboard.press("ArrowLeft")
    page.evaluate(WATCH, ".jp-Completer:not(.lm-mod-hidden) .jp-Completer-item")
    before = metrics["ThreadTime"]
    page.keyboard.press("Tab")
    try:
        page.wait_for_function("() => window.painted !== null", timeout=3000)
    except TimeoutError:
        return None
    return float(page.evaluate("() => window.painted")), metrics["ThreadTime"] - before


def schema() -> None:
    from _lab import window

    with platform(MANY_TABLES) as url, window() as opened, lab(url, opened) as found:
        session = found.server.session()
        loaded = session.get("civis-nb/data/tables?database=1")
        assert loaded.ok, loaded.text
        answers = []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            size_mb = len(session.get("civis-nb/data/tables?database=1").content) / 1e6
            answers.append(time.perf_counter() - begun)
        notebook = found.open([""])
        page = notebook.page
        notebook.command("civis-nb:show-data")
        row = page.locator("#civis-nb-data .civis-Row", has_text="big").first
        row.wait_for()
        first = '#civis-nb-data .civis-Row[aria-level="3"]'
        metrics = Metrics(page)
        painted, used = [], []
        for _ in range(ROUNDS):
            page.evaluate(WATCH, first)
            before = metrics["ThreadTime"]
            row.locator(".civis-Row-caret").click()
            page.wait_for_function("() => window.painted !== null")
            painted.append(float(page.evaluate("() => window.painted")))
            used.append(metrics["ThreadTime"] - before)
            row.locator(".civis-Row-caret").click()
            page.wait_for_selector(first, state="detached")
    print(f"| {MANY_TABLES:,} tables of a schema | time | of processor | must |\n"
          "|---|---:|---:|---|\n"
          f"| opened in the panel, until painted | {statistics.median(painted):.0f} ms "
          f"| {median_ms(used):.0f} ms | ≤ 300 ms |\n"
          f"| the server's answer, {size_mb:.1f} MB | {median_ms(answers):.0f} ms | | ≤ 300 ms |\n"
          f"load {loads()}")  # fmt: skip


def memory() -> None:
    from _lab import window

    with (
        platform(1) as url,
        window() as opened,
        lab(url, opened, module="quick_lab") as found,
    ):
        notebook = found.open([""])
        notebook.command("civis-nb:show-jobs")
        notebook.page.locator("#civis-nb-jobs .civis-Row").first.wait_for()
        process, metrics = server_process(found), Metrics(notebook.page)
        print("| polls | page's heap | its nodes | its listeners | server's memory |\n"
              "|---:|---:|---:|---:|---:|")  # fmt: skip
        seen = []
        for part in range(5):
            wait_for_polls(url, POLLS * part // 4 + 60)
            # A look may fall into the middle of a change, when rows are there twice.
            looks = [(metrics.heap_mb(), metrics["Nodes"], metrics["JSEventListeners"])
                     for _ in range(5)]  # fmt: skip
            seen.append((*map(min, zip(*looks, strict=True)), process.memory_info().rss / 1e6))
            polls = json.loads(requests.get(f"{url}/_polls", timeout=60).content)
            print(f"| {polls} | {seen[-1][0]:.2f} MB | {seen[-1][1]:.0f} | {seen[-1][2]:.0f} "
                  f"| {seen[-1][3]:.1f} MB |", flush=True)  # fmt: skip
        grown = [after - before for before, after in zip(seen[1], seen[-1], strict=True)]
        print(f"since the second row: {grown[0]:+.2f} MB of heap (≤ 0.5 MB), {grown[1]:+.0f} nodes "
              f"(≤ 50), {grown[2]:+.0f} listeners (≤ 20), {grown[3]:+.1f} MB of the server "
              f"(≤ 2 MB); load {loads()}")  # fmt: skip


def wait_for_polls(url: str, number: int) -> None:
    deadline = time.monotonic() + 900
    while json.loads(requests.get(f"{url}/_polls", timeout=60).content) < number:
        assert time.monotonic() < deadline, "the jobs are not polled"
        time.sleep(0.1)


def server_process(found: Any) -> psutil.Process:
    return psutil.Process(found.server.pid)


PARTS = {one.__name__: one for one in (size, start, server, completion, schema, memory)}

if __name__ == "__main__":
    is_built = (BUNDLE / "package.json").exists()
    if not is_built:
        print("Not measured, but for its server part: the extension is not built (make extension).")
    for part in sys.argv[1:] or (PARTS if is_built else ["server"]):
        PARTS[part]()
        print(flush=True)
