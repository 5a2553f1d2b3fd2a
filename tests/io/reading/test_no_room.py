"""A disk without room for temporary files: a result is read whole, or the error says so."""

import json
import os
import subprocess
import sys

import pytest

SQL = "select md5(i::varchar) || md5((i * 7)::varchar) as a from generate_series(1, 200000) t(i)"
READS = {
    "pandas": "len(cio.read_civis_sql(SQL, 'sample', return_as='pandas'))",
    "exact": "cio.read_civis_sql(SQL, 'sample', return_as='arrow').num_rows",
    "list": "len(cio.read_civis_sql(SQL, 'sample')) - 1",
    "batches": "sum(batch.num_rows for batch in cio.iter_batches(SQL, 'sample'))",
}
OVER_A_FILE = "cio.read_civis_sql(SQL, 'sample', return_as='lazy')"
CODE = """
import json, resource, sys
import civis_nb.io as cio
SQL = {sql!r}
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
outcomes = {{}}
for name, call in {calls!r}.items():
    try:
        outcomes[name] = eval(call)
    except Exception as error:
        outcomes[name] = f"{{type(error).__name__}}: {{error}}"
json.dump(outcomes, sys.stdout, default=repr)
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")


@pytest.fixture(scope="module")
def outcomes(io_platform):
    """Return what each call returns or raises in a process whose files have a mebibyte at most."""
    variables = {
        "CIVIS_API_ENDPOINT": io_platform.endpoint,
        "CIVIS_API_KEY": io_platform.api_key,
    }
    calls = {**READS, "lazy": OVER_A_FILE}
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(sql=SQL, calls=calls)],
        capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", READS)
def test_a_result_that_goes_to_memory_needs_no_room_on_disk(outcomes, name):
    assert outcomes[name] == 200_000


def test_a_frame_over_a_file_says_what_it_needs(outcomes):
    said = outcomes["lazy"]
    assert said.startswith("CivisDownloadError")
    assert "File too large" in said
    assert "TMPDIR" in said
