"""Data movement side by side with the PyPI package ``civis``, on one local platform.

Each measure runs in a process of its own, the clients in turns, again and again;
what is shown are medians, and the ratio of the two: of elapsed time, of the processor time of
the process, which counts on a busy machine, and of memory. Run as ``python benchmarks/io.py``.

pandas uses pyarrow where it finds it, and the package ``civis`` does not ask for it: how fast that
one is depends on what else is installed. ``--civis-python PATH`` runs it in an environment of
its own, for instance one that holds only ``civis`` and ``pandas``.
"""

from __future__ import annotations

import argparse
import gc
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

from _tools import VARIABLES

ROWS = 1_000_000
SQL = "select * from public.bench"
TABLE = f"""
drop table if exists public.bench; create table public.bench as
select i::bigint as id, 'user-' || (i * 7919 % 1000003) as name,
  case when i % 10 = 0 then null else (i * 37 % 1000) end::integer as small,
  (i * 0.37)::double precision as amount, (i % 97 / 7.0)::double precision as ratio,
  (i % 2 = 0) as flag, timestamp '2020-01-01' + i * interval '1 second' as seen,
  date '2000-01-01' + (i % 9000)::integer as day,
  (i % 100000 / 100.0)::decimal(12, 2) as price,
  'some longer text, number ' || (i * 104729 % 99991) as note
from generate_series(0, {ROWS} - 1) t(i)
"""


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Peak:
    """The most memory that was in use while the block ran, above that before it, in MB."""

    def __enter__(self) -> Peak:
        self.start = self.top = _rss_mb()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def _watch(self) -> None:
        while not self.stop.wait(0.01):
            self.top = max(self.top, _rss_mb())

    def __exit__(self, *exc_info: object) -> None:
        self.stop.set()
        self.thread.join()
        self.mb = max(self.top, _rss_mb()) - self.start


def _frame(kind: str) -> Any:
    import polars as pl

    frame = pl.read_parquet(os.environ["BENCH_PARQUET"])
    return frame.to_pandas() if kind == "pandas" else frame


def measure(client_name: str, what: str) -> dict[str, float]:
    """Take one measure in this process."""
    import importlib.util

    civis = importlib.import_module(client_name)
    cio = importlib.import_module(f"{client_name}.io")
    # The one package imports these with its io, the other when they are needed: neither is
    # measured here (benchmarks/startup.py does).
    for name in ("pandas", "polars", "pyarrow.compute", "pyarrow.csv"):
        if importlib.util.find_spec(name.partition(".")[0]):
            importlib.import_module(name)
    _ = cio.read_civis_sql, cio.civis_to_csv, cio.dataframe_to_civis, cio.file_to_civis
    client = civis.APIClient()
    client.get_database_id("sample")
    gc.collect()  # what the imports left; else one of the two happens to do it while it reads
    folder = Path(os.environ["BENCH_FOLDER"])
    out = folder / f"{client_name}-{what}"
    args: dict[str, Any] = {"database": "sample", "client": client, "polling_interval": 0.05}
    # The export is made beforehand: what is measured is moving its bytes.
    run = (
        _WithoutJob(client, json.loads(os.environ["BENCH_RUN"]))
        if what.startswith(("read", "csv", "iter"))
        else None
    )
    if run is not None:
        args["client"] = run
    if what.startswith("read-"):
        kind, _, types = what[5:].partition("-")
        extra = {"types": types} if types else {}
        start, busy, peak = time.perf_counter(), time.process_time(), Peak()
        with peak:
            got = cio.read_civis_sql(SQL, return_as=kind, **args, **extra)
        elapsed, busy = time.perf_counter() - start, time.process_time() - busy
        assert len(got) in (ROWS, ROWS + 1), len(got)
        return {"s": elapsed, "cpu": busy, "mb": peak.mb}
    if what == "iter":
        start, peak, rows = time.perf_counter(), Peak(), 0
        with peak:
            for batch in cio.iter_batches(SQL, **args):
                rows += batch.num_rows
        assert rows == ROWS
        return {"s": time.perf_counter() - start, "mb": peak.mb}
    if what.startswith("csv-"):
        start, busy = time.perf_counter(), time.process_time()
        cio.civis_to_csv(str(out), SQL, compression=what[4:], **args).result()
        return {"s": time.perf_counter() - start, "cpu": time.process_time() - busy}
    if what.startswith("write-"):
        frame = _frame(what[6:])
        start = time.perf_counter()
        future = cio.dataframe_to_civis(
            frame,
            "sample",
            f"public.bench_{client_name}",
            existing_table_rows="drop",
            client=client,
            polling_interval=0.05,
        )
        elapsed = time.perf_counter() - start
        future.result()
        return {"s": elapsed}
    if what == "upload":
        start, busy = time.perf_counter(), time.process_time()
        cio.file_to_civis(str(folder / "256"), "x", client=client)
        return {"s": time.perf_counter() - start, "cpu": time.process_time() - busy}
    file_id = int(os.environ["BENCH_FILE"])
    target: Any = str(out)
    if what == "download-buffer":
        import io

        target = io.BytesIO()
    start = time.perf_counter()
    cio.civis_to_file(file_id, target, client=client)
    return {"s": time.perf_counter() - start}


class _WithoutJob:
    """A client whose SQL scripts are done before they are started."""

    def __init__(self, client: Any, ids: list[int]) -> None:
        self._client, self._ids = client, ids

    def __getattr__(self, name: str) -> Any:
        return self if name == "scripts" else getattr(self._client, name)

    def post_sql(self, *_args: Any, **_kwargs: Any) -> Any:
        return type("Script", (), {"id": self._ids[0]})

    def post_sql_runs(self, _script_id: int) -> Any:
        return type("Run", (), {"id": self._ids[1]})

    def get_sql_runs(self, *_ids: int) -> Any:
        return self._client.scripts.get_sql_runs(*self._ids)


MEASURES = (
    "read-pandas",
    "read-polars",
    "read-list",
    "read-pandas-exact",
    "read-polars-exact",
    "iter",
    "csv-none",
    "csv-zip",
    "write-pandas",
    "write-polars",
    "upload",
    "download-path",
    "download-buffer",
)


def main() -> None:
    """Run all measures, or those that are named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("measures", nargs="*", default=MEASURES)
    parser.add_argument("--one", nargs=2)
    parser.add_argument("-n", type=int, default=5)
    parser.add_argument("--civis-python", default=sys.executable)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(*options.one)))
        return
    import civis_nb.local

    with civis_nb.local.start(samples=False) as platform, tempfile.TemporaryDirectory() as folder:
        environment = _prepared(platform, Path(folder))
        print(f"{'measure':20} {'civis':>28} {'civis_nb':>28} {'ratio':>16}")
        for what in options.measures:
            results: dict[str, list[dict[str, float]]] = {"civis": [], "civis_nb": []}
            for number in range(options.n):
                # In turns who is first, and from a disk that has nothing left to write: a file
                # system makes the next writer wait for what the one before has written.
                for name, found in sorted(results.items(), reverse=bool(number % 2)):
                    if name == "civis" and (what == "iter" or what.endswith("exact")):
                        continue
                    python = options.civis_python if name == "civis" else sys.executable
                    command = [python, __file__, "--one", name, what]
                    os.sync()
                    done = subprocess.run(
                        command, env=environment, capture_output=True, text=True, check=False
                    )
                    if done.returncode:
                        sys.exit(done.stderr)
                    found.append(json.loads(done.stdout))
            _show(what, results)


def _prepared(platform: Any, folder: Path) -> dict[str, str]:
    import polars as pl

    import civis_nb.io as cio

    client = platform.client()
    cio.query_civis(TABLE, "sample", client=client).result()
    future = cio.export_to_civis_file(
        SQL, "sample", client=client, csv_settings={"compression": "gzip"}
    )
    run = future.result()
    file = client.files.get(run.output[0].file_id)
    print(f"the export: {file.file_size / 1e6:.0f} MB of gzip")
    frame = cio.read_civis(
        "public.bench", "sample", return_as="polars", types="exact", client=client
    )
    assert isinstance(frame, pl.DataFrame)
    frame.write_parquet(folder / "bench.parquet")
    (folder / "256").write_bytes(os.urandom(1024 * 1024) * 256)
    file_id = cio.file_to_civis(folder / "256", client=client)
    return {
        **VARIABLES,
        "CIVIS_API_ENDPOINT": platform.endpoint,
        "CIVIS_API_KEY": platform.api_key,
        "BENCH_PARQUET": str(folder / "bench.parquet"),
        "BENCH_FOLDER": str(folder),
        "BENCH_FILE": str(file_id),
        "BENCH_RUN": json.dumps([future.job_id, future.run_id]),
    }


def _show(what: str, results: dict[str, list[dict[str, float]]]) -> None:
    shown, medians = [], {}
    for name, found in results.items():
        keys = found[0] if found else {}
        medians[name] = {key: median(one[key] for one in found) for key in keys}
        parts = [
            f"{value:+.0f} MB" if key == "mb" else f"{value:.2f} {key}"
            for key, value in medians[name].items()
        ]
        shown.append(" ".join(parts))
    ratio = [
        f"{ours / medians['civis'][key]:.2f}"
        for key, ours in medians["civis_nb"].items()
        if key in medians["civis"]
    ]
    print(f"{what:20} {shown[0]:>28} {shown[1]:>28} {' '.join(ratio):>16}", flush=True)


if __name__ == "__main__":
    main()
