"""Futures side by side with the PyPI package civis: how late an end is known, and at what cost.

    python benchmarks/futures.py [--quick]

Each measure runs in a process of its own, against a server in another one.
"""

from __future__ import annotations

import argparse
import collections
import datetime
import importlib
import json
import pathlib
import subprocess
import sys
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
SUBJECTS = ("civis", "civis_nb")


def client_of(name):
    """A client of either package that reads the official specification from a file."""
    import civis

    package = importlib.import_module(name)
    path = pathlib.Path(civis.__file__).parent / "resources" / "civis_api_spec.json"
    spec = json.loads(path.read_text(), object_pairs_hook=collections.OrderedDict)
    return package, package.APIClient(local_api_spec=spec)


def started(package, client, job_id, **kwargs):
    run = client.jobs.post_runs(job_id)
    return package.futures.CivisFuture(
        client.jobs.get_runs, (job_id, run.id), client=client, **kwargs
    )


def lateness(name, seconds):
    package, client = client_of(name)
    client.jobs.post_runs(1)  # imports and the first connection are not what is measured
    future = started(package, client, round(seconds * 1000))
    result = future.result()
    end = datetime.datetime.fromisoformat(result.finished_at).timestamp()
    return {"late_s": round(time.time() - end, 2)}


def crowd(name, count):
    package, client = client_of(name)
    base = threading.active_count()
    most, running = 0, True

    def watch():
        nonlocal most
        while running:
            most = max(most, threading.active_count() - base - 1)
            time.sleep(0.02)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    cpu = time.process_time()
    futures = [started(package, client, 1_000_000) for _ in range(count)]
    late = 0.0
    for future in futures:
        result = future.result()
        end = datetime.datetime.fromisoformat(result.finished_at).timestamp()
        late = time.time() - end
    running = False
    cpu = time.process_time() - cpu
    return {"all_known_late_s": round(late, 2), "threads": most, "cpu_s": round(cpu, 2)}


def measure(subject, what, amount, latency, together=5.0):
    server = subprocess.Popen(
        [sys.executable, str(HERE / "_runs_server.py"), f"--latency={latency}",
         f"--together={together}"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        done = subprocess.run(
            [sys.executable, __file__, "--inside", subject, what, str(amount)],
            env={"CIVIS_API_ENDPOINT": address, "CIVIS_API_KEY": "benchmark", "PATH": ""},
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        found = json.loads(done.stdout.splitlines()[-1])
        with urllib.request.urlopen(f"{address}/counts") as answer:
            counts = json.loads(answer.read())
        counts["connections"] -= 1  # this one
        return found | counts
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short jobs and few futures only")
    parser.add_argument("--inside", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        subject, what, amount = options.inside
        work = {"lateness": lateness, "crowd": crowd}[what]
        print(json.dumps(work(subject, type_of(amount))))
        return
    rows = [("lateness", seconds, 0.0) for seconds in ((0.5, 2) if options.quick else (0.5, 2, 10))]
    rows.append(("crowd", 20 if options.quick else 200, 0.02))
    for what, amount, latency in rows:
        unit = "s" if what == "lateness" else "futures, 20 ms latency"
        for subject in SUBJECTS:
            found = measure(subject, what, amount, latency, together=2.0 + amount * 0.04)
            told = ", ".join(f"{key} {value}" for key, value in found.items())
            print(f"{what} {amount} {unit}: {subject:9}{told}", flush=True)


def type_of(amount):
    return float(amount) if "." in amount else int(amount)


if __name__ == "__main__":
    main()
