"""What docs/how-to/functions.md shows is true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "functions.md"
CHECKS = """
assert 0.29 < share < 0.31 and share in shares and len(shares) == 8
assert good == [1, 3]
assert state == "succeeded"
assert squares == [0, 1, 4, 9]
"""


@pytest.mark.exhaustive
def test_examples_of_functions_as_jobs_run(tmp_path):
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)) + CHECKS
    command = [
        *(sys.executable, "-m", "civis_nb.cli", "local", "run", "--"),
        *(sys.executable, "-c", code),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
