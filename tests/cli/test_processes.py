"""Command lines as processes: interrupts, closed pipes, terminals without colours, imports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

import civis_nb

pytestmark = pytest.mark.exhaustive

HEAVY = ("IPython", "duckdb", "pandas", "polars", "pyarrow", "rich")
NUMBERS = "with recursive n(i) as (select 1 union all select i + 1 from n{}) select {} from n"


def test_a_pipe_that_closes_early(process):
    rows = NUMBERS.format(" where i < 100000", "i, repeat('x', 50)")
    command = process("sql", "-d", "sample", "--format", "csv", "-c", rows)
    assert command.stdout.readline().startswith('"i"')
    command.stdout.close()
    assert command.stderr.read() == ""
    assert command.wait(30) == 141


@pytest.mark.parametrize("path", ["-", "/dev/stdout"])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no /dev/stdout")
def test_a_download_whose_pipe_closes_early(process, on_platform, tmp_path, path):
    (tmp_path / "big").write_bytes(b"begun\n" + bytes(8 << 20))
    file_id = civis_nb.io.file_to_civis(tmp_path / "big", client=on_platform.client())
    command = process("files", "download", str(file_id), path)
    assert command.stdout.readline() == "begun\n"
    command.stdout.close()
    assert command.stderr.read() == ""
    assert command.wait(30) == 141


def test_interrupt_cancels_the_query_and_says_so(process, on_platform):
    command = process("sql", "-d", "sample", "-c", NUMBERS.format("", "max(i)"))
    client = on_platform.client()
    query, deadline = None, time.monotonic() + 30
    while query is None and time.monotonic() < deadline:
        found = client.queries.list(hidden=True)
        query = next((each for each in found if each.state == "running"), None)
    command.send_signal(signal.SIGINT)
    out, said = command.communicate(timeout=30)
    assert (command.returncode, out) == (130, "")
    assert "Interrupted." in said
    assert "cancelled" in said
    assert "Traceback" not in said
    assert client.queries.get(query.id).state == "cancelled"


def test_a_terminal_without_colours(process):
    command = process("sql", "-d", "sample", "-c", "select 1 as a", NO_COLOR="1", TERM="dumb")
    out, said = command.communicate(timeout=30)
    assert (command.returncode, out, said) == (0, "a\n-\n1\n", "")


def test_interrupt_stops_the_showing_and_not_the_run(process, on_platform):
    client = on_platform.client()
    source = "import time\nprint('begun', flush=True)\ntime.sleep(600)"
    job_id = client.scripts.post_python3("a long one", source).id
    run_id = client.scripts.post_python3_runs(job_id).id
    command = process("jobs", "follow-log", str(job_id))
    lines = iter(command.stdout.readline, "")
    assert next(line for line in lines if "begun" in line)
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=30)
    assert command.returncode == 130
    assert f"civis-nb jobs delete-runs {job_id} {run_id} cancels it" in said
    assert client.jobs.get_runs(job_id, run_id).state == "running"
    client.jobs.delete_runs(job_id, run_id)


def test_the_package_can_be_run_as_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "civis_nb", "jbos"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Usage: civis-nb " in done.stderr
    assert "Did you mean jobs?" in done.stderr


def test_nothing_heavy_is_loaded(on_platform):
    code = (
        "import sys, atexit; from civis_nb.cli import main; atexit.register(lambda: print("
        "sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)); main()"
    )
    for words, heavy in (
        (["--help"], {*HEAVY, "requests", "yaml"}),
        (["jobs", "list", "--help"], {*HEAVY, "requests", "yaml"}),
        (["users", "list-me"], HEAVY),
        (["sql", "-d", "sample", "-c", "select 1"], {*HEAVY} - {"rich"}),
    ):
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            env=dict(os.environ), capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        loaded = done.stderr.splitlines()[-1]
        assert not [name for name in heavy if f"'{name}'" in loaded], words


@pytest.mark.parametrize(
    ("redirect", "code", "said"),
    [
        (">&-", 0, ""),
        ("2>&-", 0, ""),
        ("<&-", 0, ""),
        (">/dev/full", 1, "No space left on device"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="as shells of Linux redirect")
def test_outputs_that_are_closed_or_full(on_platform, redirect, code, said):
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m civis_nb.cli users list {redirect}"],
        env=dict(os.environ), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_log_shows_neither_the_key_nor_a_signature(process, on_platform, tmp_path):
    (tmp_path / "a.txt").write_text("content")
    words = ("files", "upload", str(tmp_path / "a.txt"))
    out, said = process(*words, CIVIS_LOG_LEVEL="DEBUG").communicate(timeout=60)
    command = process(
        "files", "download", out.strip(), str(tmp_path / "b.txt"), CIVIS_LOG_LEVEL="DEBUG"
    )
    said += command.communicate(timeout=60)[1]
    assert on_platform.api_key[:] not in said
    assert "signature=" not in said.lower().replace("signature=***", "")


def test_the_local_backend_needs_no_account_and_help_starts_nothing(process, tmp_path):
    here = {
        "CIVIS_API_KEY": "", "CIVIS_API_ENDPOINT": "", "CIVIS_NB_BACKEND": "local",
        "CIVIS_NB_STATE_DIR": str(tmp_path / "state"),
    }  # fmt: skip
    out, said = process("jobs", "--help", **here).communicate(timeout=60)
    assert "list-runs" in out
    assert not (tmp_path / "state").exists()
    out, said = process("users", "get-me", **here).communicate(timeout=120)
    assert "username: local" in out
    assert said == ""
