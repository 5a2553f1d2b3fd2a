"""A file of ten gigabytes goes up and comes down whole, in a few megabytes of memory.

The size in bytes is that of the environment variable CIVIS_NB_TEST_LARGE_BYTES, if it is set.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

import civis_nb.local

SIZE = int(os.environ.get("CIVIS_NB_TEST_LARGE_BYTES", 10 * 1024**3))
MIB = 1024**2

_SCRIPT = """
import json, os, sys, threading
import psutil
import civis_nb, civis_nb.io as cio

class Peak:
    def __init__(self):
        self.process = psutil.Process()
        self.start = self.top = self.process.memory_info().rss
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()
    def watch(self):
        while not self.stop.wait(0.01):
            self.top = max(self.top, self.process.memory_info().rss)
    def end(self):
        self.stop.set()
        self.thread.join()
        return self.top - self.start

folder, endpoint, key = sys.argv[1:]
client = civis_nb.APIClient(api_key=key, endpoint=endpoint)
small = os.path.join(folder, "small")
open(small, "wb").write(b"x")
# All that is imported for transfers is there before memory is looked at.
cio.civis_to_file(cio.file_to_civis(small, client=client), small, client=client)
peak = Peak()
file_id = cio.file_to_civis(os.path.join(folder, "large"), client=client, progress=False)
up = peak.end()
os.unlink(os.path.join(folder, "large"))
peak = Peak()
cio.civis_to_file(file_id, os.path.join(folder, "back"), client=client, progress=False)
print(json.dumps({"up": up, "down": peak.end()}))
"""


@pytest.mark.slow
def test_a_file_much_larger_than_memory_may_take(request, tmp_path):
    if "slow" not in request.config.option.markexpr:
        pytest.skip("it takes minutes; ask for it with -m slow")
    if shutil.disk_usage(tmp_path).free < 2.5 * SIZE:
        pytest.skip(f"there is no room for two files of {SIZE:,} bytes")
    marks = {0: b"start", SIZE // 3: b"a third", SIZE - 3: b"end"}
    with (tmp_path / "large").open("wb") as file:
        for position, mark in marks.items():
            file.seek(position)
            file.write(mark)
    with civis_nb.local.start(state=tmp_path / "state", samples=False) as platform:
        found = subprocess.run(
            [sys.executable, "-c", _SCRIPT, tmp_path, platform.endpoint, platform.api_key],
            capture_output=True,
            text=True,
            check=False,
        )
    assert found.returncode == 0, found.stderr
    back = tmp_path / "back"
    assert back.stat().st_size == SIZE
    with back.open("rb") as file:
        for position, mark in marks.items():
            file.seek(position)
            assert file.read(len(mark)) == mark
            assert not any(file.read(MIB))
    above = json.loads(found.stdout)
    assert above["up"] < 64 * MIB
    assert above["down"] < 64 * MIB
    for name in ("back", "state"):
        path = tmp_path / name
        path.unlink() if path.is_file() else shutil.rmtree(path)
