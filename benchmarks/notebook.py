"""How fast the notebook layer is: cells beside jupysql, tables of ten million rows, profiles.

Parts, all without an argument: ``load`` (``%load_ext``), ``cells``, ``painted``, ``log`` (of
100,000 lines, in a browser), ``table``, ``profile``, ``checks`` (what is read of SQL before it is
sent), ``kept`` (bytes in the notebook).
Run as ``python benchmarks/notebook.py [PART ...]``.

``cells`` and ``painted`` run two kernels in turns: ours beside a local platform in a process of its
own, and jupysql's, in an environment of its own (``build/jupysql``, made once), on DuckDB inside
the kernel. In ``cells`` a cell takes from the request until the message that has its table as HTML.
In ``painted`` both run in one JupyterLab and one browser, and a cell takes from the command that
runs it until the frame with its table is drawn; a cell without any SQL, that shows a table of one
value, tells how much of it is JupyterLab's. Times are medians. On a busy machine each change from
one thread or process to another waits, of which a platform beside the kernel has more: there the
time of the processor says more, of all cores, the kernel's and the platform's.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.manager import KernelManager
from latency import served

ROUNDS = 21
ROWS = 1_000_000
MANY_ROWS = 10_000_000
JUPYSQL = Path(__file__).parents[1] / "build" / "jupysql"
LOAD = """
import time
from ipykernel.zmqshell import ZMQInteractiveShell
shell = ZMQInteractiveShell.instance()
wall, processor = time.perf_counter(), time.process_time()
shell.run_line_magic("load_ext", "civis_nb")
print(time.perf_counter() - wall, time.process_time() - processor)
"""
TABLE = (
    "create table many as select range as id, 'name ' || (range % 1000) as name, "
    "range / 8.0 as x, date '2024-01-01' + (range % 90)::int as day "
    "from generate_series(0, {} - 1) t(range)"
)
LINES = 100_000
LOG = f"""%%civis_run python
import time
for part in range({LINES // 1000}):
    for n in range(1000):
        print("a line of the log, number", 1000 * part + n)
    time.sleep(0.1)
"""
CELLS = {
    "select 1": ("select 1 as n", 0.7),
    "aggregate over a million rows": (
        "select name, count(*) as n, sum(x) as total, max(day) as last from many "
        "group by name order by total desc limit 10", 1.0),
    "select * over a million rows": ("select * from many", 1.2),
}  # fmt: skip


class Kernel:
    """A kernel whose cells are timed."""

    def __init__(self, python: str, **variables: str) -> None:
        self._manager = KernelManager(kernel_name="python3")
        self._manager.kernel_spec.argv[0] = python
        self._manager.start_kernel(env={**os.environ, **variables}, cwd=tempfile.gettempdir())
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(120)
        provisioner: Any = self._manager.provisioner
        self.processes = [psutil.Process(provisioner.pid)]

    def cell(self, source: str) -> float | None:
        """Run a cell; return the seconds until its table came, None without one."""
        started = time.perf_counter()
        asked = self._client.execute(source)
        table: float | None = None
        while True:
            message = self._client.get_iopub_msg(timeout=600)
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "error":
                raise RuntimeError("\n".join(content["traceback"]))
            if "text/html" in content.get("data", {}) and "<table" in content["data"]["text/html"]:
                table = time.perf_counter() - started
            if kind == "status" and content["execution_state"] == "idle":
                return table

    @property
    def processor_s(self) -> float:
        """The seconds of processor that the kernel, and the platform if it has one, have used."""
        times = [process.cpu_times() for process in self.processes]
        return sum(one.user + one.system for one in times)

    def stop(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


def jupysql() -> str:
    """Return the Python of an environment with jupysql; it is made when it is not there."""
    python = JUPYSQL / "bin" / "python"
    if not python.exists():
        venv.create(JUPYSQL, with_pip=True)
        packages = ["jupysql", "duckdb", "duckdb-engine", "ipykernel", "pandas"]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    return str(python)


@contextlib.contextmanager
def kernels() -> Iterator[dict[str, tuple[Kernel, str]]]:
    """Start a kernel of each package, with a table in it; give it with its magic."""
    with served() as (endpoint, key), contextlib.ExitStack() as stack:
        platform = psutil.Process().children()
        ours = Kernel(sys.executable, CIVIS_API_ENDPOINT=endpoint, CIVIS_API_KEY=key)
        ours.processes += platform
        stack.callback(ours.stop)
        theirs = Kernel(jupysql())
        stack.callback(theirs.stop)
        ours.cell(f"%load_ext civis_nb\n%civis_sql {TABLE.format(ROWS)}")
        theirs.cell("%load_ext sql\n%config SqlMagic.feedback = 0\n%sql duckdb://")
        theirs.cell(f"%sql {TABLE.format(ROWS)}")
        yield {"jupysql": (theirs, "%%sql"), "civis_nb": (ours, "%%civis_sql")}


def cells() -> None:
    print("| cell → its table | jupysql | civis_nb | ratio | must | of processor | | ratio |")
    print("|---|---:|---:|---:|---|---:|---:|---:|")
    with kernels() as pair:
        for title, (sql, most) in CELLS.items():
            walls: dict[str, list[float]] = {name: [] for name in pair}
            processors = dict.fromkeys(pair, 0.0)
            for number in range(ROUNDS + 2):
                for name, (kernel, magic) in pair.items():
                    before = kernel.processor_s
                    took = kernel.cell(f"{magic}\n{sql}")
                    assert took is not None, f"{name} showed no table"
                    if number > 1:
                        walls[name].append(took)
                        processors[name] += (kernel.processor_s - before) / ROUNDS
            theirs, ours = (statistics.median(times) * 1000 for times in walls.values())
            used = [seconds * 1000 for seconds in processors.values()]
            print(f"| {title} | {theirs:.1f} ms | {ours:.1f} ms | {ours / theirs:.2f} | ≤ {most} "
                  f"| {used[0]:.1f} ms | {used[1]:.1f} ms | {used[1] / used[0]:.2f} |",
                  flush=True)  # fmt: skip


def painted() -> None:
    from _lab import started

    def magic(name: str) -> list[str]:
        return [f"{name}\n{sql}" for sql, _ in CELLS.values()]

    ours_first = f"%load_ext civis_nb\n%civis_sql {TABLE.format(ROWS)}"
    theirs_first = "%load_ext sql\n%config SqlMagic.feedback = 0\n%sql duckdb://"
    no_sql = "from IPython.display import HTML\nHTML('<table><tr><td>1</td></tr></table>')"
    order = random.Random(0)
    print("| cell → painted | no SQL | jupysql | civis_nb | ratio | must |")
    print("|---|---:|---:|---:|---:|---|")
    with (
        served() as (endpoint, key),
        started(CIVIS_API_ENDPOINT=endpoint, CIVIS_API_KEY=key) as lab,
    ):
        lab.add_kernel("jupysql", jupysql())
        ours = lab.open([ours_first, no_sql, *magic("%%civis_sql")])
        theirs = lab.open([theirs_first, f"%sql {TABLE.format(ROWS)}", *magic("%%sql")], "jupysql")
        for notebook in (ours, theirs):
            notebook.page.bring_to_front()
            notebook.run_all()
        for cell, (title, (_, most)) in enumerate(CELLS.items(), start=2):
            seen: dict[str, list[float]] = {"theirs": [], "no SQL": [], "ours": []}
            places = {"theirs": (theirs, cell), "no SQL": (ours, 1), "ours": (ours, cell)}
            for _ in range(ROUNDS):
                # What came before makes a difference: a change of tabs, another kernel's work.
                for name in order.sample(list(seen), len(seen)):
                    notebook, at = places[name]
                    seen[name].append(notebook.painted_s(at))
            other, least, own = (1000 * statistics.median(times[2:]) for times in seen.values())
            print(f"| {title} | {least:.0f} ms | {other:.0f} ms | {own:.0f} ms "
                  f"| {own / other:.2f} | ≤ {most} |", flush=True)  # fmt: skip


def log() -> None:
    from _lab import started

    with (
        served() as (endpoint, key),
        started(CIVIS_API_ENDPOINT=endpoint, CIVIS_API_KEY=key) as lab,
    ):
        notebook = lab.open(["%load_ext civis_nb", LOG])
        before = notebook.heap_mb()
        notebook.count_messages()
        notebook.run_all()
        sent_at, size_mb = notebook.messages()
        most = max(sum(start <= one < start + 1 for one in sent_at) for start in sent_at)
        print(f"a log of {LINES:,} lines: {before:.0f} MB of the page's heap before, "
              f"{notebook.heap_mb():.0f} MB after (< 200 MB); {len(sent_at)} updates in "
              f"{sent_at[-1] - sent_at[0]:.0f} s, at most {most} in one second (≤ 2), "
              f"{size_mb:.1f} MB of messages in all")  # fmt: skip


def load() -> None:
    # As an installer compiles modules; else each process would compile them anew.
    env = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    seen = []
    for number in range(ROUNDS + 1):
        done = subprocess.run(
            [sys.executable, "-c", LOAD], capture_output=True, check=True, env=env
        )
        if number:
            seen.append([1000 * float(part) for part in done.stdout.split()])
    wall, processor = (statistics.median(column) for column in zip(*seen, strict=True))
    print(f"%load_ext civis_nb, in a kernel: {wall:.0f} ms, {processor:.0f} ms of processor "
          "(≤ 150 ms)")  # fmt: skip


def many_rows(rows: int) -> Any:
    """Return a table in which no column is in order, but the first."""
    import duckdb

    with duckdb.connect() as connection:
        return connection.sql(
            "select range as id, (hash(range) % 1000000)::int as n, "
            "(hash(range * 7) % 100000) / 100.0::double as x, "
            "'customer ' || (hash(range * 3) % 200000) as name, "
            "date '2020-01-01' + (hash(range * 5) % 2000)::int as day, "
            "['north', 'south', 'east', 'west'][1 + (hash(range * 11) % 4)::int] as region "
            f"from generate_series(0, {rows} - 1) t(range)"
        ).to_arrow_table()


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Return the milliseconds that pass, and those of the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - processor)


def table() -> None:
    from civis_nb.widgets.table import TableView

    data = many_rows(MANY_ROWS)
    names = data.column_names

    def order(*columns: str) -> list[dict[str, Any]]:
        return [
            {"column": names.index(one), "descending": at > 0} for at, one in enumerate(columns)
        ]

    def by(column: str, kind: str, **rest: Any) -> dict[str, Any]:
        return {"column": names.index(column), "kind": kind, **rest}

    text = by("name", "text", op="contains", value="MER 77")
    half = by("n", "range", low="1000", high="600000")
    far = MANY_ROWS // 2
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "a page": ("rows", {"start": far}),
        "order of integers": ("rows", {"sort": order("n")}),
        "order of texts": ("rows", {"sort": order("name")}),
        "a page far down, new order: integers": ("rows", {"sort": order("n"), "start": far}),
        "the same: decimals": ("rows", {"sort": order("x"), "start": far}),
        "the same: dates": ("rows", {"sort": order("day"), "start": far}),
        "the same: texts": ("rows", {"sort": order("name"), "start": far}),
        "the same: region, then integers": ("rows", {"sort": order("region", "n"), "start": far}),
        "text filter": ("rows", {"filters": [text]}),
        "range filter": ("rows", {"filters": [half]}),
        "range filter, new order, far down": (
            "rows", {"filters": [half], "sort": order("x"), "start": far // 2}),
        "set filter": ("rows", {"filters": [by("region", "set", values=["north"])]}),
        **{f"histogram: {name}": ("summary", {"columns": [at]}) for at, name in enumerate(names)},
        "histogram of what a filter leaves": ("summary", {"columns": [2], "filters": [half]}),
        "values for a set filter: region": ("values", {"column": 5}),
        "values for a set filter: name": ("values", {"column": 3}),
    }  # fmt: skip
    print(f"| {MANY_ROWS:,} rows | time | of processor | must |\n|---|---:|---:|---|")
    for title, (kind, request) in asked.items():
        seen = []
        for _ in range(3):
            # A new view each time: what is found once is kept.
            view = TableView(data)
            view.answer("rows", {"start": 0, "count": 1, "columns": [0], "sort": order("id")})
            if kind == "summary" and "filters" in request:
                view.answer("rows", {"start": 0, "count": 1, "columns": [0], **request})
            whole = {"start": 0, "count": 100, "columns": range(6), **request}
            seen.append(timed(lambda v=view, k=kind, w=whole: v.answer(k, w)))
            view.close()
        wall, processor = (statistics.median(column) for column in zip(*seen, strict=True))
        print(f"| {title} | {wall:.0f} ms | {processor:.0f} ms | ≤ 500 ms |", flush=True)


def profile() -> None:
    import duckdb

    from civis_nb.frames.profile import profiled

    data = many_rows(MANY_ROWS)
    with duckdb.connect() as connection:
        connection.register("data", data)
        theirs = min(timed(lambda: connection.execute("summarize data").fetchall())[1]
                     for _ in range(3))  # fmt: skip
    ours = min(timed(lambda: profiled(data))[1] for _ in range(3))
    print(
        f"profile of {MANY_ROWS:,} rows, 6 columns: {ours / 1000:.1f} s of processor; DuckDB's "
        f"SUMMARIZE, without frequent values and histograms: {theirs / 1000:.1f} s; "
        f"ratio {ours / theirs:.2f}"
    )


def checks() -> None:
    from civis_nb.magics.sql import options as sql_options
    from civis_nb.magics.sql.binding import bind
    from civis_nb.magics.sql.call import SqlCall
    from civis_nb.sql_text import only_reads

    sql = CELLS["aggregate over a million rows"][0] + " -- :name\n" + "and x <> 1 " * 40

    def work() -> None:
        SqlCall.parse(sql_options.CELL, "-n 20", sql)
        bind(sql, {}, "redshift")
        only_reads(sql)

    least = min(timed(work)[1] for _ in range(50))
    print(f"parser, binding and only_reads of {len(sql)} characters: {least:.2f} ms (≤ 5 ms)")


def kept() -> None:
    from civis_nb.display.tables import ResultTable

    data = many_rows(ROWS)
    tables = [ResultTable(data, limit=20 if at % 2 else 20_000) for at in range(10)]
    size = sum(len(json.dumps(one._repr_mimebundle_())) for one in tables)
    print(f"ten tables of a million rows in a notebook: {size / 1000:.0f} kB (≤ 1,000 kB)")


PARTS = {one.__name__: one for one in (load, cells, painted, log, table, profile, checks, kept)}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
        print(flush=True)
