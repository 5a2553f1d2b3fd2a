"""What the benchmarks share: a server as a process, a measured process, a table."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = {"incumbent": "civis", "ours": "civis_nb"}
#: The variables of measured processes. Modules are compiled once, as where a package is installed:
#: else those that are imported when they are first needed would be compiled in each process.
VARIABLES = {
    **{name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    "PYTHONWARNINGS": "ignore",
}

#: Prints the peak of the process's own memory, in MB. ru_maxrss would count that of the process
#: that started it as well.
PEAK = r"""
import re
status = open("/proc/self/status").read()
print("PEAK", int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024)
"""


@contextlib.contextmanager
def server(latency_ms: float = 0) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / "_server.py"), str(latency_ms)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


@contextlib.contextmanager
def environment(url: str) -> Iterator[dict[str, str]]:
    """Return the variables of a process that asks `url`, with an empty cache of specifications."""
    with tempfile.TemporaryDirectory() as folder:
        yield {
            **VARIABLES,
            "CIVIS_API_KEY": "benchmark",
            "CIVIS_API_ENDPOINT": url,
            "CIVIS_NB_CACHE_DIR": folder,
        }


def run(code: str, env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=tempfile.gettempdir(),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def row(name: str, theirs: float, ours: float, unit: str, limit: str) -> str:
    return f"| {name} | {theirs:.3g} {unit} | {ours:.3g} {unit} | {ours / theirs:.2f} | {limit} |"


HEAD = (
    "| measure | civis | civis_nb | ratio | must |\n"
    "|---|---:|---:|---:|---|"
)  # fmt: skip
