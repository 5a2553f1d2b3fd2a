"""What tests pay: a stand-in of the client, and a local platform that is as new for each.

The stand-in side by side with the PyPI package ``civis``, in turns, in fresh processes; medians of
processor time. Run ``python benchmarks/testing.py [rounds]``.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import defaultdict

from _tools import HEAD, PACKAGES, VARIABLES, row, run

import civis_nb

CODE = """
import time
from {package}.tests import create_client_mock
for _ in range(2):
    start = time.process_time()
    client = create_client_mock()
    print(time.process_time() - start)
    client.scripts.post_containers.return_value = 1
    client.scripts.post_containers(required_resources={{"cpu": 1}})
    print(time.process_time() - start)
"""
NAMES = ("the first mock", "the same, and a call", "a second mock", "the same, and a call (2)")
#: What a test leaves behind -> how it is made.
LEFT = {
    "nothing": "",
    "a query": "SELECT 1",
    "a table": "CREATE TABLE public.left_over AS SELECT * FROM public.anes96",
    "a sample table dropped": "DROP TABLE public.anes96",
}


def mocks(rounds: int) -> None:
    """Compare the stand-ins."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        for who, package in PACKAGES.items():
            times = run(CODE.format(package=package), VARIABLES).split()
            if number:  # the first round warms the disk's cache and writes .pyc files
                for name, text in zip(NAMES, times, strict=True):
                    found[name, who].append(1000 * float(text))
    middle = {key: statistics.median(values) for key, values in found.items()}
    print(HEAD)
    for name in NAMES:
        limit = "≤ 0.1" if name.startswith("the first") else ""
        print(row(name, middle[name, "incumbent"], middle[name, "ours"], "ms", limit))


def clean(rounds: int) -> None:
    """Measure how long it takes to bring a platform back to its start."""
    print("\n| a test leaves | wall | processor | must |\n|---|---:|---:|---|")
    with civis_nb.local.start() as platform:
        snapshot, client = platform.snapshot(), platform.client()
        for name, sql in LEFT.items():
            walls, processors = [], []
            for _ in range(rounds):
                if sql:
                    civis_nb.io.query_civis(sql, "sample", client=client).result()
                wall, processor = time.perf_counter(), time.process_time()
                snapshot.restore()
                walls.append(1000 * (time.perf_counter() - wall))
                processors.append(1000 * (time.process_time() - processor))
            middle = statistics.median(walls), statistics.median(processors)
            print(f"| {name} | {middle[0]:.3g} ms | {middle[1]:.3g} ms | ≤ 50 ms |")


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"Medians of {wanted} rounds.\n")
    mocks(wanted)
    clean(wanted)
