"""Ctrl-C in every function: nothing is left behind, here or on the platform, and it is said."""

from __future__ import annotations

import io
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import civis_nb
import civis_nb.io as cio

pytestmark = pytest.mark.exhaustive

#: Enough that a part of it does not disappear in the buffers of the system.
LARGE = 24_000_000


@pytest.fixture(scope="module")
def stored(alive_platform: Any, _session_link: Any, tmp_path_factory: Any) -> dict[str, Any]:
    """Create what the cases read: files, a table, an export."""
    client = alive_platform.client()
    # The specification is kept from now on: it is no part of what passes the link.
    over_link = civis_nb.APIClient(api_key=alive_platform.api_key, endpoint=_session_link.url)
    over_link.users.get_me()
    content = os.urandom(LARGE)
    folder = tmp_path_factory.mktemp("stored")
    (folder / "large").write_bytes(content)
    (folder / "small.csv").write_text("a,b\n1,x\n")
    numbers = pl.DataFrame({"n": range(1_500_000)}).with_columns(t=pl.col("n").hash().cast(str))
    numbers.write_csv(folder / "large.csv")
    small = cio.file_to_civis(folder / "small.csv", client=client)
    sql = (
        "drop table if exists public.numbers; create table public.numbers as select range as "
        "n from generate_series(0, 9) t(range)"
    )
    cio.query_civis(sql, "sample", client=client).result()
    return {
        "file": cio.file_to_civis(io.BytesIO(content), "large", client=client),
        "table": cio.file_to_civis(folder / "large.csv", client=client),
        "small": small,
        "folder": str(folder),
        "sql": "select range as n, md5(range::varchar) as t "
        "from generate_series(0, 699999) t(range)",
    }


def ended(process: Any) -> tuple[int, str]:
    for is_last in (False, True):
        try:
            _, said = process.communicate(timeout=40)
        except subprocess.TimeoutExpired as expired:
            # Python itself loses an interrupt that comes in a callback of its own, as of an import.
            is_lost = b"Exception ignored in" in (expired.stderr or b"")
            if is_last or not is_lost:
                process.kill()
                pytest.fail(f"It did not end. {process.communicate()[1]}")
            process.send_signal(signal.SIGINT)
        else:
            break
    return process.returncode, said


def left_behind(tmp_path: Path) -> list[str]:
    return sorted(
        str(path.relative_to(tmp_path))
        for name in ("work", "temporary")
        for path in (tmp_path / name).rglob("*")
    )


# -- while bytes move -----------------------------------------------------------------------

DOWNLOADS = {
    "civis_to_file": "cio.civis_to_file({file}, 'got')",
    "civis_to_file over one that exists": "cio.civis_to_file({file}, 'there')",
    "file_to_dataframe": "cio.file_to_dataframe({table})",
    "file_to_json": "cio.file_to_json({file})",
    **{
        f"read_civis_sql {kind}": f"cio.read_civis_sql('{{sql}}', 'sample', '{kind}')"
        for kind in ("list", "pandas", "polars", "arrow", "lazy")
    },
    "read_civis_sql parallel": "cio.read_civis_sql('{sql}', 'sample', 'arrow', parallel=True)",
    "iter_batches": "for batch in cio.iter_batches('{sql}', 'sample'): pass",
    "civis_to_csv": "cio.civis_to_csv('got', '{sql}', 'sample').result()",
    "civis_to_csv zip": "cio.civis_to_csv('got', '{sql}', 'sample', compression='zip').result()",
}
UPLOADS = {
    "file_to_civis in parts": "cio.file_to_civis('{folder}/large')",
    "file_to_civis in one": "upload.MAX_SINGLE_BYTES = 10**9; cio.file_to_civis('{folder}/large')",
    "csv_to_civis": "cio.csv_to_civis('{folder}/large.csv', 'sample', 'public.t')",
    "dataframe_to_civis": "cio.dataframe_to_civis(frame(), 'sample', 'public.t')",
    "dataframe_to_file": "cio.dataframe_to_file(frame())",
    "json_to_file": "cio.json_to_file('x' * 24_000_000)",
}
BEGIN = """
import polars  # with its own handler of SIGINT, after which waits without end go on
from civis_nb.transport import upload
upload.MAX_SINGLE_BYTES = 1_000_000
def frame():
    import polars as pl
    numbers = pl.DataFrame({{"n": range(1_500_000)}})
    return numbers.with_columns(t=pl.col("n").hash().cast(str))
open('there', 'w').write('as it was')
"""


CASES = [
    *((call, 0) for call in (*DOWNLOADS, *UPLOADS)),
    *((call, 150_000) for call in ("civis_to_file", "civis_to_csv", "file_to_civis in parts")),
]


def cases(every, *quick):
    """Return the cases as parameters; all but the quick ones are exhaustive."""
    exhaustive = pytest.mark.exhaustive
    return [
        case
        if case in quick
        else pytest.param(*([case] if isinstance(case, str) else case), marks=exhaustive)
        for case in every
    ]


@pytest.mark.parametrize(
    ("call", "rate"),
    cases(
        CASES,
        ("civis_to_file", 0),
        ("read_civis_sql pandas", 0),
        ("file_to_civis in parts", 150_000),
    ),
)
def test_a_transfer_leaves_nothing(call, rate, stored, run_python, link, until, tmp_path):
    source = {**DOWNLOADS, **UPLOADS}[call]
    link.slow(rate, after=400_000)
    process = run_python((BEGIN + source).format(**stored))
    until(lambda: link.passed > link.after or process.poll() is not None, "the transfer")
    process.send_signal(signal.SIGINT)
    status, said = ended(process)
    assert status == -signal.SIGINT, said
    assert said.strip().splitlines()[-1].startswith("KeyboardInterrupt"), said
    assert left_behind(tmp_path) == ["work/there"]
    assert (tmp_path / "work" / "there").read_text() == "as it was"


# -- while a job is waited for ----------------------------------------------------------------

WAITS = {
    "read_civis": "cio.read_civis('public.numbers', 'sample')",
    "read_civis_sql": "cio.read_civis_sql('select 1', 'sample')",
    "iter_batches": "for batch in cio.iter_batches('select 1', 'sample'): pass",
    "civis_to_multifile_csv": "cio.civis_to_multifile_csv('select 1', 'sample')",
    "civis_to_csv": "cio.civis_to_csv('got', 'select 1', 'sample').result()",
    "export_to_civis_file": "cio.export_to_civis_file('select 1', 'sample').result()",
    "query_civis": "cio.query_civis('select 1', 'sample').result()",
    "transfer_table":
        "cio.transfer_table('sample', 'sample', 'public.numbers', 'public.copy').result()",
    "civis_file_to_table, preprocessing": "cio.civis_file_to_table({small}, 'sample', 'public.t')",
    "csv_to_civis, preprocessing":
        "cio.csv_to_civis('{folder}/small.csv', 'sample', 'public.t')",
    "dataframe_to_civis, importing":
        "import polars; cio.dataframe_to_civis(polars.DataFrame({{'a': [1]}}), 'sample', "
        "'public.t').exception()",
}  # fmt: skip


def active_runs(client: Any) -> set[tuple[int, int]]:
    return {
        (job.id, job.last_run.id)
        for hidden in (True, False)
        for job in client.jobs.list(hidden=hidden, state="queued,running")
    }


@pytest.mark.parametrize("call", cases(WAITS, "read_civis_sql", "query_civis"))
def test_a_job_that_is_waited_for_is_cancelled(
    call, stored, run_python, no_workers, until, tmp_path, direct
):
    assert not active_runs(direct)
    process = run_python(WAITS[call].format(**stored))
    ((job_id, run_id),) = until(lambda: active_runs(direct), "the run")
    process.send_signal(signal.SIGINT)
    status, said = ended(process)
    assert status == -signal.SIGINT, said
    ids = [f"job {job_id}, run {run_id}"]
    # The answer that starts a query has no run id: it is known from the first poll on.
    ids += [f"job {job_id}"] if call == "query_civis" else []
    messages = tuple(f"KeyboardInterrupt: The remote run ({one}) is cancelled.\n" for one in ids)
    assert said.endswith(messages), said
    assert direct.jobs.get_runs(job_id, run_id).state == "cancelled"
    assert left_behind(tmp_path) == []


def test_all_jobs_that_were_started_are_cancelled(stored, run_python, no_workers, until, direct):
    ids = [stored["small"]] * 3
    process = run_python(f"cio.civis_file_to_table({ids}, 'sample', 'public.t')")
    runs = until(lambda: len(found := active_runs(direct)) == 3 and found, "the runs")
    process.send_signal(signal.SIGINT)
    _, said = ended(process)
    for job_id, run_id in runs:
        assert f"(job {job_id}, run {run_id}) is cancelled" in said
        assert direct.jobs.get_runs(job_id, run_id).state == "cancelled"


def test_a_job_whose_start_is_not_answered_yet_is_cancelled(
    run_python, no_workers, link, until, direct
):
    process = run_python(
        """
        import civis_nb
        client = civis_nb.APIClient()
        client.get_database_id('sample'), client.default_database_credential_id
        print('ready', flush=True)
        input()
        cio.read_civis_sql('select 1', 'sample', client=client)
        """,
        stdin=-1,
    )
    assert process.stdout.readline() == "ready\n"
    # Requests pass, and what answers them does not.
    link.hold_answers(after_requests=2)
    process.stdin.write("\n")
    process.stdin.flush()
    ((job_id, run_id),) = until(lambda: active_runs(direct), "the run")
    process.send_signal(signal.SIGINT)
    link.slow(None)
    _, said = ended(process)
    assert f"(job {job_id}, run {run_id}) is cancelled" in said
    assert direct.jobs.get_runs(job_id, run_id).state == "cancelled"


def test_a_job_that_somebody_else_started_goes_on(run_python, no_workers, until, direct):
    future = cio.export_to_civis_file("select 1", "sample", client=direct)
    process = run_python(
        f"""
        import civis_nb
        from civis_nb.futures import CivisFuture
        client = civis_nb.APIClient()
        future = CivisFuture(client.jobs.get_runs, ({future.job_id}, {future.run_id}))
        future.subscribe(lambda *_: print('seen', flush=True))
        future.result()
        """
    )
    # By the second look the main thread waits.
    assert [process.stdout.readline() for _ in range(2)] == ["seen\n"] * 2
    process.send_signal(signal.SIGINT)
    _, said = ended(process)
    assert "goes on; .cancel() on the future stops it." in said
    assert not future.done()
    assert future.cancel()


def test_a_download_that_nobody_waits_for_leaves_nothing_when_its_process_ends(
    stored, run_python, link, until, tmp_path
):
    link.slow(150_000, after=400_000)
    process = run_python(
        f"future = cio.civis_to_csv('got', '{stored['sql']}', 'sample')\ninput()", stdin=-1
    )
    until(lambda: left_behind(tmp_path), "the download")
    process.send_signal(signal.SIGINT)
    status, said = ended(process)
    assert status == -signal.SIGINT, said
    assert left_behind(tmp_path) == []
