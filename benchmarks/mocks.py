"""How long it takes to make a stand-in of the client, and to use one of its methods.

Side by side with the PyPI package ``civis``, in turns, in fresh processes; medians of processor
time. Run ``python benchmarks/mocks.py [rounds]``.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections import defaultdict

from _tools import HEAD, PACKAGES, row, run

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


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    env = {**os.environ, "PYTHONWARNINGS": "ignore"}
    for number in range(rounds + 1):
        for who, package in PACKAGES.items():
            times = run(CODE.format(package=package), env).split()
            if number:  # the first round warms the disk's cache and writes .pyc files
                for name, text in zip(NAMES, times, strict=True):
                    found[name, who].append(1000 * float(text))
    middle = {key: statistics.median(values) for key, values in found.items()}
    print(f"Medians of {rounds} rounds.\n")
    print(HEAD)
    for name in NAMES:
        limit = "≤ 0.1" if name.startswith("the first") else ""
        print(row(name, middle[name, "incumbent"], middle[name, "ours"], "ms", limit))


if __name__ == "__main__":
    main()
