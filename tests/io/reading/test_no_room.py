"""A disk without room for temporary files: a result is read whole, or the error says so."""

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
CODE = """
import resource
import civis_nb.io as cio
SQL = {sql!r}
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
print({call})
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")


@pytest.fixture
def variables(io_platform):
    return {
        **os.environ,
        "CIVIS_API_ENDPOINT": io_platform.endpoint,
        "CIVIS_API_KEY": io_platform.api_key,
    }


def run(variables, call):
    """Call a function in a process whose files can have no more than a mebibyte."""
    return subprocess.run(
        [sys.executable, "-c", CODE.format(sql=SQL, call=call)],
        capture_output=True, text=True, check=False, timeout=120, env=variables,
    )  # fmt: skip


@pytest.mark.parametrize("call", READS.values(), ids=READS)
def test_a_result_that_goes_to_memory_needs_no_room_on_disk(variables, call):
    done = run(variables, call)
    assert done.stdout == "200000\n", done.stderr


def test_a_frame_over_a_file_says_what_it_needs(variables):
    done = run(variables, "cio.read_civis_sql(SQL, 'sample', return_as='lazy')")
    said = done.stderr.strip().splitlines()[-1]
    assert "CivisDownloadError" in said
    assert "File too large" in said
    assert "TMPDIR" in said
