"""Calls in a row, in threads, and a listing of 5,000 items: time and connections.

Side by side with the PyPI package ``civis``, in turns, in fresh processes; medians.
Run ``python benchmarks/calls.py [rounds]``.
"""

from __future__ import annotations

import json
import statistics
import sys
import urllib.request
from collections import defaultdict

from _tools import HEAD, PACKAGES, environment, row, run, server

START = """
import threading, time
import {package}
client = {package}.APIClient()
client.users.get_me()
import urllib.request, os
urllib.request.urlopen(os.environ["CIVIS_API_ENDPOINT"] + "/_counts").read()
start = time.perf_counter()
"""
END = "\nprint(time.perf_counter() - start)\n"
CALLS = {
    "row": (0, "for _ in range(100): client.users.get_me()"),
    "threads": (
        50,
        "threads = [threading.Thread(target=lambda: [client.users.get_me() for _ in range(25)])"
        " for _ in range(8)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()",
    ),
    "list": (
        20,
        "count = sum(1 for _ in client.jobs.list(limit=50, iterator=True))\nassert count == 5000",
    ),
    "list with work": (
        20,
        "for number, item in enumerate(client.jobs.list(limit=50, iterator=True)):\n"
        "    if number % 50 == 0: time.sleep(0.02)",
    ),
}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    connections: dict[tuple[str, str], float] = {}
    for name, (latency_ms, code) in CALLS.items():
        with server(latency_ms) as url, environment(url) as env:
            for number in range(rounds + 1):
                for who, package in PACKAGES.items():
                    shown = run(START.format(package=package) + code + END, env)
                    with urllib.request.urlopen(url + "/_counts") as answer:
                        counts = json.load(answer)
                    # One of them is the connection that asks for the counts.
                    kept = 1 if who == "ours" else 0
                    connections[name, who] = counts["connections"] - 1 + kept
                    if number:
                        times[name, who].append(float(shown))
    middle = {key: statistics.median(values) for key, values in times.items()}
    print(f"Medians of {rounds} rounds.\n")
    print(HEAD)
    for name, title, limit in (
        ("row", "100 calls in a row", ""),
        ("threads", "8 threads of 25 calls, 50 ms latency", "≤ 0.17"),
        ("list", "5,000 items, 50 a page, 20 ms latency", "≤ 0.9"),
        ("list with work", "the same, 20 ms of work per page", "≤ 0.75"),
    ):
        print(row(title, middle[name, "incumbent"], middle[name, "ours"], "s", limit))
        print(
            row("… connections", connections[name, "incumbent"], connections[name, "ours"], "", "")
        )


if __name__ == "__main__":
    main()
