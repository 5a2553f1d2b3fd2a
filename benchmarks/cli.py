"""How long a command line takes, its specification kept on disk: help, a group's help, a call.

Side by side with the command of the PyPI package ``civis``, in turns, in fresh processes;
medians of processor time and of wall time. Run ``python benchmarks/cli.py [rounds]``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict

from _tools import HEAD, environment, row, server

STARTS = {
    "incumbent": "from civis.cli.__main__ import main",
    "ours": "from civis_nb.cli import main",
}
COMMANDS = {
    "--help": ["--help"],
    "scripts --help": ["scripts", "--help"],
    "scripts post-containers --help": ["scripts", "post-containers", "--help"],
    "users list-me (one call)": ["users", "list-me"],
}
MOST = 0.3


def measured(start: str, words: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Return the processor time and the wall time of a process, in seconds."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", f"{start}; main()", *words],
        env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, said.decode()
    return usage.ru_utime + usage.ru_stime, wall


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    found: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    with server() as url, environment(url) as env:
        # The incumbent keeps its specification in the user's home.
        env = {**env, "HOME": env["CIVIS_NB_CACHE_DIR"]}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        for number in range(rounds + 1):
            for name, words in COMMANDS.items():
                for who, start in STARTS.items():
                    times = measured(start, words, env)
                    if number:  # the first round fills the caches and writes .pyc files
                        found[name, who].append(times)
    print(f"Medians of {rounds} rounds.\n")
    print(HEAD)
    for position, what in enumerate(("processor", "wall")):
        for name in COMMANDS:
            theirs, ours = (
                statistics.median(each[position] for each in found[name, who]) for who in STARTS
            )
            print(row(f"{name}: {what}", theirs, ours, "s", f"≤ {MOST}"))


if __name__ == "__main__":
    main()
