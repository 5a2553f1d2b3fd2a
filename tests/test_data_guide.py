"""What docs/how-to/data.md shows is true."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "data.md"
CHECKS = """
assert len(rows) == 945 and len(frame) == len(exact) == 944
assert table.num_rows == 2 and total == 1_000_000 == len(many)
assert len(some) == 5
assert back.equals(people), (back, people, back.dtypes)
assert open("notes.txt", "rb").read() == b"some bytes"
assert values == {"a": [1, 2]}
assert len(open("votes.csv").readlines()) == 945
"""


@pytest.mark.exhaustive
def test_examples_of_moving_data_run(tmp_path):
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)) + CHECKS
    command = [
        *(sys.executable, "-m", "civis_nb.cli", "local", "run", "--"),
        *(sys.executable, "-W", "error", "-c", code),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, cwd=tmp_path, env={**os.environ}
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "votes.csv"]
