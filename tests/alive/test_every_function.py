"""Every function that moves data, or waits for a job, shows it; and one line at a time."""

from __future__ import annotations

import io
from typing import Any

import polars as pl
import pytest

import civis_nb
import civis_nb.io as cio
from civis_nb.display import live
from civis_nb.display.screens import Screen
from civis_nb.futures import watched

pytestmark = pytest.mark.exhaustive

ROWS = 6000
SQL = f"select range as n, md5(range::varchar) as t from generate_series(0, {ROWS} - 1) t(range)"
#: The answer to the start of a short query has its result, so that nothing is waited for.
LONG_SQL = "select count(distinct md5(range::varchar)) from generate_series(0, 999999) t(range)"
FRAME = pl.DataFrame({"n": range(ROWS), "t": [f"{n * 7919 % 999983:06x}" for n in range(ROWS)]})


class RecordingScreen(Screen):
    """Remembers what was shown."""

    interval_s = 0.005

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.most = 0
        self.cleared = False

    def draw(self, view: Any) -> None:
        self.cleared = False
        self.most = max(self.most, len(view.activities))
        self.titles += [one.title for one in view.activities if one.title not in self.titles[-1:]]

    def clear(self, *, whole_cell: bool = False) -> None:
        self.cleared = True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> RecordingScreen:
    """Return where forced progress appears, from the first moment on."""
    screen = RecordingScreen()
    monkeypatch.setitem(live._boards, ("log", None), live.Board(screen))
    monkeypatch.setattr(live, "SHOWN_AFTER_S", 0.0)
    monkeypatch.setattr(watched, "SHOWN_AFTER_S", 0.0)
    monkeypatch.setattr(watched, "SLICE_S", 0.005)
    return screen


@pytest.fixture
def client(alive_platform: Any, link: Any) -> Any:
    # The link is dropped after each test, and with it the connections of its client.
    return civis_nb.APIClient(api_key=alive_platform.api_key, endpoint=link.url)


@pytest.fixture(scope="module")
def stored(alive_platform: Any) -> dict[str, Any]:
    direct = alive_platform.client()
    text = FRAME.write_csv().encode()
    cio.query_civis(
        f"drop table if exists public.shown; create table public.shown as {SQL}",
        "sample",
        client=direct,
    ).result()
    return {
        "csv": cio.file_to_civis(io.BytesIO(text), "shown.csv", client=direct),
        "json": cio.json_to_file(["x" * 60_000], client=direct),
    }


def drain(batches: Any) -> None:
    for _ in batches:
        pass


WAITS, READS, UPLOADS = "Waiting for job", "Reading file", "Uploading"
CASES = {
    **{
        f"read_civis_sql {kind}": (
            lambda args, _, kind=kind: cio.read_civis_sql(SQL, return_as=kind, **args),
            [WAITS, READS],
        )
        for kind in ("list", "pandas", "polars", "arrow", "lazy")
    },
    "read_civis": (lambda args, _: cio.read_civis("public.shown", **args), [WAITS, READS]),
    "read in parallel": (
        lambda args, _: cio.read_civis_sql(SQL, return_as="arrow", parallel=True, **args),
        [WAITS, READS],
    ),
    "iter_batches": (lambda args, _: drain(cio.iter_batches(SQL, **args)), [WAITS, READS]),
    "civis_to_csv": (
        lambda args, tmp: cio.civis_to_csv(tmp / "got.csv", SQL, **args).result(),
        [WAITS, "Downloading got.csv"],
    ),
    "civis_to_multifile_csv": (lambda args, _: cio.civis_to_multifile_csv(SQL, **args), [WAITS]),
    "export_to_civis_file": (
        lambda args, _: cio.export_to_civis_file(SQL, **args).result(),
        [WAITS],
    ),
    "query_civis": (lambda args, _: cio.query_civis(LONG_SQL, **args).result(), [WAITS]),
    "transfer_table": (
        lambda args, _: cio.transfer_table(
            "sample", "sample", "public.shown", "public.shown_too",
            **{key: value for key, value in args.items() if key != "database"},
        ).result(),
        [WAITS],
    ),
    "dataframe_to_civis": (
        lambda args, _: cio.dataframe_to_civis(
            FRAME, table="public.f", existing_table_rows="drop", **args
        ).result(),
        [UPLOADS, "Checking file", WAITS],
    ),
    "csv_to_civis": (
        lambda args, tmp: (
            FRAME.write_csv(tmp / "sent.csv"),
            cio.csv_to_civis(
                tmp / "sent.csv", table="public.f", existing_table_rows="drop", **args
            ).result(),
        ),
        ["Uploading sent.csv", WAITS],
    ),
}  # fmt: skip
FILES = {
    "civis_file_to_table": (
        lambda args, stored, _: cio.civis_file_to_table(
            stored["csv"], "sample", "public.f", existing_table_rows="drop", **args
        ).result(),
        [WAITS],
    ),
    "file_to_civis": (
        lambda args, stored, _: cio.file_to_civis(io.BytesIO(b"x" * 60_000), "up", **args),
        ["Uploading up"],
    ),
    "civis_to_file": (
        lambda args, stored, tmp: cio.civis_to_file(stored["csv"], tmp / "got", **args),
        ["Downloading file"],
    ),
    "file_to_dataframe": (
        lambda args, stored, _: cio.file_to_dataframe(stored["csv"], **args),
        [READS],
    ),
    "dataframe_to_file": (
        lambda args, stored, _: cio.dataframe_to_file(FRAME, **args),
        ["Uploading data.csv"],
    ),
    "file_to_json": (
        lambda args, stored, _: cio.file_to_json(stored["json"], **args),
        ["Downloading file"],
    ),
    "json_to_file": (
        lambda args, stored, _: cio.json_to_file("x" * 60_000, **args),
        ["Uploading file.json"],
    ),
}


def in_order(expected: list[str], titles: list[str]) -> bool:
    rest = iter(titles)
    return all(any(title.startswith(start) for title in rest) for start in expected)


@pytest.mark.parametrize("call", CASES)
def test_jobs_and_bytes_are_shown(call, client, screen, link, stored, tmp_path):
    work, expected = CASES[call]
    link.slow(500_000)
    args = {"client": client, "database": "sample", "progress": True, "polling_interval": 0.05}
    work(args, tmp_path)
    assert in_order(expected, screen.titles), screen.titles
    assert screen.most == 1
    assert screen.cleared


@pytest.mark.parametrize("call", FILES)
def test_files_are_shown(call, client, screen, link, stored, tmp_path):
    work, expected = FILES[call]
    link.slow(500_000)
    work({"client": client, "progress": True}, stored, tmp_path)
    assert in_order(expected, screen.titles), screen.titles
    assert screen.most == 1
    assert screen.cleared


@pytest.mark.parametrize("progress", [None, False])
def test_without_a_watcher_or_a_wish_nothing_is_shown(progress, client, screen, link, tmp_path):
    link.slow(500_000)
    args = {"client": client, "database": "sample", "progress": progress}
    cio.civis_to_csv(tmp_path / "got.csv", SQL, **args).result()
    cio.read_civis_sql(SQL, **args)
    assert screen.titles == []


def test_every_function_that_moves_data_has_the_keyword():
    import inspect

    without = {"file_id_from_run_output", "split_schema_tablename"}
    for name in cio.__all__:
        parameters = inspect.signature(getattr(cio, name)).parameters
        assert ("progress" in parameters) == (name not in without), name


def test_what_runs_between_two_batches_is_no_part_of_reading(client, screen, tmp_path):
    for _ in cio.iter_batches(SQL, "sample", rows=3000, client=client, progress=False):
        cio.file_to_civis(io.BytesIO(b"x"), "another call", client=client, progress=True)
    assert "Uploading another call" in screen.titles


def test_calls_of_several_threads_are_shown_side_by_side(client, screen, link, stored):
    from concurrent.futures import ThreadPoolExecutor

    link.slow(300_000)
    with ThreadPoolExecutor() as pool:
        jobs = [
            pool.submit(cio.civis_to_file, stored["csv"], io.BytesIO(), client, progress=True)
            for _ in range(3)
        ]
        for job in jobs:
            job.result()
    assert screen.most == 3
    assert screen.cleared
