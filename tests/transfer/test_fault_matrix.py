"""Every function that moves bytes, under every fault: the right data or a clear error, in time.

The functions run against a real platform behind a proxy that does one thing wrong. What is
checked of each case: that it ended in time; that it gave the right data, or raised an error of
`civis_nb.errors`; that a file that was there is as it was after an error, and that no other
file is left behind; that no signature of a link can be seen in an error or its traceback.
"""

from __future__ import annotations

import importlib.util
import io
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTimeError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import requests
import tenacity

import civis_nb
import civis_nb.io as cio
import civis_nb.local
from civis_nb.errors import CivisError
from civis_nb.io.writing import frame_text
from civis_nb.io.writing import upload as frame_upload
from civis_nb.transport import upload

_spec = importlib.util.spec_from_file_location(
    "faulty_proxy", Path(__file__).with_name("faulty_proxy.py")
)
faulty = importlib.util.module_from_spec(_spec)
sys.modules["faulty_proxy"] = faulty
_spec.loader.exec_module(faulty)

DB = "sample"
DEADLINE_S = 45
ROWS = 4000
SQL = f"select i as id, md5(i::varchar) as code from generate_series(0, {ROWS} - 1) t(i) order by i"
BYTES = bytes(range(256)) * 800
#: A little more than the two parts that it is sent in, with MAX_SINGLE_BYTES brought down.
LARGE = bytes(range(1, 256)) * 24_000
FRAME = pl.DataFrame({"id": range(ROWS), "code": [f"{i:032x}" for i in range(ROWS)]})
#: Sent in parts while it is deflated, with the limits brought down.
LARGE_FRAME = pl.DataFrame(
    {"id": range(20 * ROWS), "code": [f"{i * 7919 % 999983:06x}" for i in range(20 * ROWS)]}
)


@dataclass
class Case:
    """What a function is given: a client behind the proxy, and one that is not."""

    client: Any
    direct: Any
    folder: Path
    names: dict[str, int]
    table: str
    created: list[int] = field(default_factory=list)

    @property
    def target(self) -> Path:
        return self.folder / "out"

    @property
    def args(self) -> dict[str, Any]:
        return {"database": DB, "client": self.client, "polling_interval": 0.05}

    def stored(self, file_id: int) -> bytes:
        buffer = io.BytesIO()
        cio.civis_to_file(file_id, buffer, client=self.direct)
        return buffer.getvalue()


def file_to_path(case: Case) -> None:
    cio.civis_to_file(case.names["bytes"], case.target, client=case.client)
    assert case.target.read_bytes() == BYTES


def file_to_buffer(case: Case) -> None:
    buffer = io.BytesIO()
    cio.civis_to_file(case.names["bytes"], buffer, client=case.client)
    assert buffer.getvalue() == BYTES


def file_as_frame(case: Case) -> None:
    found = cio.file_to_dataframe(case.names["frame.csv.gz"], client=case.client)
    assert found["code"].tolist() == FRAME["code"].to_list()


def file_as_json(case: Case) -> None:
    assert cio.file_to_json(case.names["values"], client=case.client) == {"a": [*range(500)]}


def _rows(case: Case, return_as: str, **options: Any) -> Any:
    return cio.read_civis_sql(SQL, return_as=return_as, **case.args, **options)


def sql_as_list(case: Case) -> None:
    rows = _rows(case, "list")
    assert len(rows) == ROWS + 1
    assert rows[-1][0] == str(ROWS - 1)


def sql_as_pandas(case: Case) -> None:
    assert _rows(case, "pandas")["id"].tolist() == [*range(ROWS)]


def sql_as_polars(case: Case) -> None:
    assert _rows(case, "polars")["id"].to_list() == [*range(ROWS)]


def sql_as_exact(case: Case) -> None:
    assert _rows(case, "polars", types="exact")["id"].to_list() == [*range(ROWS)]


def sql_as_arrow(case: Case) -> None:
    assert _rows(case, "arrow")["id"].to_pylist() == [*range(ROWS)]


def sql_as_lazy(case: Case) -> None:
    assert _rows(case, "lazy").collect()["id"].to_list() == [*range(ROWS)]


def sql_in_parallel(case: Case) -> None:
    assert sorted(_rows(case, "polars", parallel=True)["id"].to_list()) == [*range(ROWS)]


def sql_in_batches(case: Case) -> None:
    found = [row for b in cio.iter_batches(SQL, **case.args) for row in b["id"].to_pylist()]
    assert found == [*range(ROWS)]


def _csv(case: Case, compression: str) -> bytes:
    cio.civis_to_csv(case.target, SQL, compression=compression, **case.args).result()
    return case.target.read_bytes()


def sql_to_csv(case: Case) -> None:
    assert _csv(case, "none").count(b"\n") == ROWS + 1


def sql_to_zip(case: Case) -> None:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(_csv(case, "zip"))) as packed:
        assert packed.read(packed.namelist()[0]).count(b"\n") == ROWS + 1


def file_by_form(case: Case) -> None:
    assert case.stored(cio.file_to_civis(io.BytesIO(BYTES), "a", client=case.client)) == BYTES


def file_in_parts(case: Case) -> None:
    assert case.stored(cio.file_to_civis(io.BytesIO(LARGE), "a", client=case.client)) == LARGE


def frame_to_file(case: Case) -> None:
    file_id = cio.dataframe_to_file(FRAME, client=case.client)
    assert b"0000f9f" in case.stored(file_id)


def json_to_file(case: Case) -> None:
    file_id = cio.json_to_file([*range(500)], client=case.client)
    assert cio.file_to_json(file_id, client=case.direct) == [*range(500)]


def _table(case: Case) -> pl.DataFrame | None:
    try:
        found = cio.read_civis(case.table, DB, return_as="polars", client=case.direct)
    except CivisError:
        return None
    return found.sort("id").select("id", "code")


def _loaded(case: Case, start: Callable[[], Any], frame: pl.DataFrame = FRAME) -> None:
    try:
        start().result()
    except CivisError:
        assert _table(case) is None, "a failed import left rows behind"
        raise
    assert _table(case).equals(frame)


def pandas_to_table(case: Case) -> None:
    frame = FRAME.to_pandas()
    _loaded(case, lambda: cio.dataframe_to_civis(frame, table=case.table, **case.args))


def polars_to_table(case: Case) -> None:
    _loaded(case, lambda: cio.dataframe_to_civis(FRAME, table=case.table, **case.args))


def frame_in_parts(case: Case) -> None:
    frame = LARGE_FRAME
    start = lambda: cio.dataframe_to_civis(frame, table=case.table, **case.args)  # noqa: E731
    _loaded(case, start, frame)


def csv_to_table(case: Case) -> None:
    path = case.folder / "in.csv"
    FRAME.write_csv(path)
    try:
        _loaded(case, lambda: cio.csv_to_civis(path, table=case.table, **case.args))
    finally:
        path.unlink()


PLAIN_DOWNLOADS = [file_to_path, file_to_buffer, file_as_json]
GZIP_DOWNLOADS = [
    file_as_frame, sql_as_list, sql_as_pandas, sql_as_polars, sql_as_exact, sql_as_arrow,
    sql_as_lazy, sql_in_parallel, sql_in_batches, sql_to_csv, sql_to_zip,
]  # fmt: skip
DOWNLOADS = PLAIN_DOWNLOADS + GZIP_DOWNLOADS
UPLOADS = [
    file_by_form, file_in_parts, frame_to_file, json_to_file,
    pandas_to_table, polars_to_table, frame_in_parts, csv_to_table,
]  # fmt: skip
BY_API = [file_to_path, sql_as_pandas, sql_to_csv, file_by_form, file_in_parts, polars_to_table]
CASES = [
    *((call, fault) for call in DOWNLOADS for fault in faulty.DOWNLOAD_FAULTS),
    *((call, faulty.DAMAGED) for call in GZIP_DOWNLOADS),
    *((call, fault) for call in UPLOADS for fault in faulty.UPLOAD_FAULTS),
    *((call, fault) for call in BY_API for fault in faulty.API_FAULTS),
    *((call, fault) for call in BY_API[1:] for fault in faulty.API_POST_FAULTS),
]


def _name(call: Callable[[Case], None], fault: Any) -> str:
    return f"{call.__name__}, {fault.where}: {fault.name}"


def _all_shown(error: BaseException | None) -> list[str]:
    """Return all that an exception, what it came from, and the variables of its frames show."""
    shown: list[str] = []
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or one in seen:
            continue
        seen.append(one)
        waiting += [one.__cause__, one.__context__]
        frames = traceback.walk_tb(one.__traceback__)
        shown += traceback.StackSummary.extract(frames, capture_locals=True).format()
        shown += [repr(one), str(one), repr(one.args), repr(vars(one))]
    return shown


@dataclass
class Outcome:
    hits: int
    right: bool
    error: BaseException | None
    files: dict[str, bytes]
    leaks: list[str]


class _Runs:
    """All cases, several at a time: most of their time is waiting."""

    def __init__(self, platform: Any, folder: Path) -> None:
        self._platform = platform
        self._direct = platform.client()
        self._folder = folder
        self._specification = requests.get(
            f"{platform.endpoint}/endpoints", auth=(platform.api_key, ""), timeout=30
        ).json()
        self._names = self._prepared()
        self._pool = ThreadPoolExecutor(10)
        self._runs: dict[str, futures.Future[Outcome]] = {}

    def _prepared(self) -> dict[str, int]:
        packed = FRAME.to_pandas()
        return {
            "bytes": cio.file_to_civis(io.BytesIO(BYTES), "bytes", client=self._direct),
            "values": cio.json_to_file({"a": [*range(500)]}, client=self._direct),
            "frame.csv.gz": cio.dataframe_to_file(
                packed, "frame.csv.gz", client=self._direct, compression="gzip", index=False
            ),
        }

    def _run(self, number: int, call: Callable[[Case], None], fault: Any) -> Outcome:
        folder = self._folder / str(number)
        folder.mkdir()
        (folder / "out").write_bytes(b"old")
        with faulty.proxy(self._platform.endpoint, fault) as proxy:
            client = civis_nb.APIClient(
                api_key=self._platform.api_key,
                endpoint=proxy.url,
                local_api_spec=self._specification,
                retries=tenacity.Retrying(
                    stop=tenacity.stop_after_attempt(4), wait=tenacity.wait_fixed(0.01)
                ),
            )
            case = Case(client, self._direct, folder, self._names, f"public.case_{number}")
            error: BaseException | None = None
            right = False
            try:
                call(case)
                right = True
            except BaseException as raised:
                error = raised
            files = {path.name: path.read_bytes() for path in folder.iterdir()}
            shown = _all_shown(error)
            leaks = [one for one in shown if any(s.decode() in one for s in proxy.signatures)]
            return Outcome(proxy.hits, right, error, files, leaks)

    def settle(self, wanted: set[str], *, silence: bool) -> None:
        """Run the cases of one kind until all have ended, or will not.

        They end before the first test: pytest changes the environment between tests.
        """
        for number, (call, fault) in enumerate(CASES):
            name = _name(call, fault)
            if name in wanted and fault.is_silence == silence:
                self._runs[name] = self._pool.submit(self._run, number, call, fault)
        futures.wait(self._runs.values(), timeout=DEADLINE_S * 4)

    def outcome(self, name: str) -> Outcome:
        try:
            return self._runs[name].result(0)
        except NotInTimeError:
            pytest.fail(f"{name}: no end in time")

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    asked = {
        item.callspec.params.get("name")
        for item in request.session.items
        if item.path == Path(__file__) and hasattr(item, "callspec")
    }
    with pytest.MonkeyPatch.context() as patch, civis_nb.local.start(samples=False) as platform:
        patch.setattr(upload, "MAX_SINGLE_BYTES", 1024 * 1024)
        patch.setattr(frame_text, "_SAMPLED_FROM_BYTES", LARGE_FRAME.estimated_size())
        patch.setattr(frame_upload, "_PART_BYTES", 64 * 1024)
        runs = _Runs(platform, tmp_path_factory.mktemp("cases"))
        runs.settle(asked, silence=False)
        # Few of these work at the same time, so that their short limit strikes nothing else.
        patch.setenv("CIVIS_NB_READ_TIMEOUT_S", "4")
        runs.settle(asked, silence=True)
        yield runs
        runs.close()


@pytest.mark.exhaustive
@pytest.mark.contract("D1", "D2", "D3", "D4", "D5", "D9", "D11", "D12", "D13", "D14", "D36")
@pytest.mark.parametrize("name", [_name(call, fault) for call, fault in CASES])
def test_right_data_or_a_clear_error(runs, name):
    fault = next(fault for call, fault in CASES if _name(call, fault) == name)
    outcome = runs.outcome(name)
    if not outcome.right:
        assert isinstance(outcome.error, CivisError), repr(outcome.error)
        assert outcome.files == {"out": b"old"}, "a file was changed, or left behind"
    assert set(outcome.files) == {"out"}, "files were left behind"
    assert not outcome.leaks, "a signature is shown"
    assert outcome.hits, "the fault struck nothing"
    if fault.ends_well is not None:
        assert outcome.right == fault.ends_well, repr(outcome.error)
