"""How long a process takes to import the client, to build it, and to have its first answer.

Side by side with the PyPI package ``civis``, in turns, in fresh processes; medians.
Run ``python benchmarks/startup.py [rounds]``.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path

from _server import official_spec
from _tools import HEAD, PACKAGES, PEAK, environment, row, run, server

BUILD = """
import time
import {package}
{package}.APIClient
start = time.perf_counter()
{package}.APIClient(api_key="k", local_api_spec={spec!r})
print(time.perf_counter() - start)
"""
ANSWER = "import {package}; {package}.APIClient().users.get_me()\n"


def timed(code: str, env: dict[str, str]) -> float:
    start = time.perf_counter()
    run(code, env)
    return time.perf_counter() - start


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    with server() as url, environment(url) as env:
        for number in range(rounds + 1):
            for who, package in PACKAGES.items():
                values = {
                    "bare": timed("pass", env),
                    "import": timed(f"import {package}; {package}.APIClient", env),
                    "modules": float(
                        run(
                            f"import sys, {package}; {package}.APIClient; print(len(sys.modules))",
                            env,
                        )
                    ),
                    "build": float(
                        run(BUILD.format(package=package, spec=str(official_spec())), env)
                    ),
                }
                shutil.rmtree(Path(env["CIVIS_NB_CACHE_DIR"]), ignore_errors=True)
                code = ANSWER.format(package=package)
                values["uncached"] = timed(code, env)
                values["cached"] = timed(code, env)
                values["memory"] = float(run(code + PEAK, env).split()[-1])
                shutil.rmtree(Path(env["CIVIS_NB_CACHE_DIR"]), ignore_errors=True)
                values["memory, not cached"] = float(run(code + PEAK, env).split()[-1])
                if number:  # the first round warms the disk's cache and writes .pyc files
                    for name, value in values.items():
                        found[name, who].append(value)
    middle = {key: statistics.median(values) for key, values in found.items()}
    print(f"Medians of {rounds} rounds; a bare Python process: {middle['bare', 'ours']:.3f} s.\n")
    print(HEAD)
    for name, title, unit, limit in (
        ("import", "process that imports APIClient", "s", "≤ 0.5"),
        ("modules", "modules loaded by it", "", ""),
        ("build", "client from a local copy of the official spec", "s", "≤ 0.1"),
        ("cached", "process start → users.get_me, spec cached", "s", "≤ 0.3"),
        ("uncached", "the same, not cached", "s", "≤ 0.6"),
        ("memory", "peak memory of that process, spec cached", "MB", "≤ 0.8"),
        ("memory, not cached", "the same, not cached", "MB", "≤ 0.8"),
    ):
        print(row(title, middle[name, "incumbent"], middle[name, "ours"], unit, limit))


if __name__ == "__main__":
    main()
