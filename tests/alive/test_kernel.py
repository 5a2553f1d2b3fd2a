"""Progress and interrupts in a real kernel, as its front ends see them."""

from __future__ import annotations

import io
import os
import queue
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

import civis_nb
import civis_nb.io as cio

pytestmark = pytest.mark.exhaustive

SHOWN = ("display_data", "update_display_data")


class Kernel:
    """A kernel, and what it says while cells run."""

    def __init__(self, env: dict[str, str], folder: str) -> None:
        self.manager, self.client = start_new_kernel(env=env, cwd=folder)

    def run(
        self,
        source: str,
        *,
        watched: bool = True,
        during: Callable[[list[Any]], bool] | None = None,
    ) -> list[tuple[str, Any]]:
        """Run a cell; give its messages as (type, content), in order.

        `during` is asked after each message whether to interrupt the kernel.
        """
        request = self.client.execute(source, allow_stdin=watched)
        said: list[tuple[str, Any]] = []
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                message = self.client.get_iopub_msg(timeout=0.2)
            except queue.Empty:
                message = None
            if message and message["parent_header"].get("msg_id") == request:
                said.append((message["msg_type"], message["content"]))
                if said[-1] == ("status", {"execution_state": "idle"}):
                    return said
            if during is not None and during(said):
                self.manager.interrupt_kernel()
                during = None
        raise AssertionError(f"the cell did not end: {said}")

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(process_env: dict[str, str], tmp_path: Any, link: Any) -> Iterator[Kernel]:
    folder = tmp_path / "work"
    folder.mkdir()
    kernel = Kernel(process_env, str(folder))
    kernel.run("import io\nimport civis_nb.io as cio\nimport polars")
    yield kernel
    kernel.close()


@pytest.fixture
def file_id(direct: Any, alive_platform: Any, link: Any) -> int:
    civis_nb.APIClient(api_key=alive_platform.api_key, endpoint=link.url).users.get_me()
    return cio.file_to_civis(io.BytesIO(os.urandom(1_300_000)), "<b>big</b>", client=direct)


def displays(said: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(kind, content["data"]) for kind, content in said if kind in SHOWN]


def left_in_cell(said: list[tuple[str, Any]]) -> list[str]:
    """Return the text of each display as a front end keeps it."""
    kept: dict[str, str] = {}
    for kind, content in said:
        if kind in SHOWN:
            kept[content["transient"]["display_id"]] = content["data"].get("text/plain", "")
    return list(kept.values())


def test_a_transfer_is_shown_in_one_display_that_ends_empty(kernel, link, file_id):
    link.slow(450_000, after=100_000)
    said = kernel.run(f"cio.civis_to_file({file_id}, io.BytesIO())")
    shown = displays(said)
    assert [kind for kind, _ in shown].count("display_data") == 1
    first = shown[0][1]
    assert first["text/plain"].startswith(f"Downloading file {file_id} (<b>big</b>): ")
    assert first["text/plain"].endswith(" s left")
    assert "&lt;b&gt;big&lt;/b&gt;" in first["text/html"]
    assert 'role="progressbar"' in first["text/html"]
    assert left_in_cell(said) == [""]
    assert shown[-1][1] == {}


def test_two_transfers_of_a_cell_share_its_display(kernel, link, file_id):
    link.slow(450_000, after=100_000)
    source = f"cio.civis_to_file({file_id}, io.BytesIO())"
    said = kernel.run(f"{source}\n{source}")
    assert [kind for kind, _ in displays(said)].count("display_data") == 1
    assert left_in_cell(said) == [""]


@pytest.mark.parametrize(
    ("setup", "argument", "watched"),
    [
        ("", "", False),  # nbclient, nbconvert, papermill and nbval run cells so
        ("civis_nb.config.set_value('display', 'static')", "", True),
        ("civis_nb.config.set_value('display', 'text')", "", True),
        ("", ", progress=False", True),
    ],
    ids=["no one at the keyboard", "static", "text", "unwanted"],
)
def test_nothing_is_shown_to_nobody(kernel, link, file_id, setup, argument, watched):
    kernel.run(f"import civis_nb\n{setup}")
    link.slow(450_000, after=100_000)
    said = kernel.run(f"cio.civis_to_file({file_id}, io.BytesIO(){argument})", watched=watched)
    assert displays(said) == []
    assert [kind for kind, _ in said if kind == "stream"] == []


def test_a_static_cell_that_asks_gets_one_line(kernel, link, file_id):
    kernel.run("import civis_nb\ncivis_nb.config.set_value('display', 'static')")
    link.slow(450_000, after=100_000)
    said = kernel.run(f"cio.civis_to_file({file_id}, io.BytesIO(), progress=True)", watched=False)
    ((kind, data),) = displays(said)
    assert kind == "display_data"
    assert data["text/plain"].startswith(f"Downloading file {file_id} (<b>big</b>): 1.3 MB in ")


def test_a_job_that_is_waited_for_is_shown_and_cancelled_by_an_interrupt(
    kernel, no_workers, direct
):
    def shown(said: list[Any]) -> bool:
        return bool(displays(said))

    said = kernel.run("frame = cio.read_civis_sql('select 1', 'sample', 'polars')", during=shown)
    text = displays(said)[0][1]["text/plain"]
    assert text.startswith("Waiting for job ")
    assert ": queued · for " in text
    assert left_in_cell(said) == [""]
    ((_, error),) = [one for one in said if one[0] == "error"]
    assert error["ename"] == "KeyboardInterrupt"
    assert error["evalue"].endswith("is cancelled.")
    kinds = [kind for kind, _ in said]
    assert kinds.index("error") > max(at for at, kind in enumerate(kinds) if kind in SHOWN)
    assert not [job for job in direct.jobs.list(hidden=True) if job.state in ("queued", "running")]


def test_a_future_that_is_waited_for_is_shown_and_its_file_is_not_kept(
    kernel, link, file_id, tmp_path
):
    sql = "select range as n, md5(range::varchar) as t from generate_series(0, 99999) t(range)"
    link.slow(150_000, after=100_000)
    kernel.run(f"future = cio.civis_to_csv('got.csv', \"{sql}\", 'sample')")

    def downloading(said: list[Any]) -> bool:
        return any("B/s" in data["text/plain"] for _, data in displays(said))

    said = kernel.run("future.result()", during=downloading)
    assert left_in_cell(said) == [""]
    ((_, error),) = [one for one in said if one[0] == "error"]
    assert "had ended before: succeeded. What it gave is not kept." in error["evalue"]
    assert list((tmp_path / "work").iterdir()) == []
    assert list((tmp_path / "temporary").iterdir()) == []
    said = kernel.run("print(future.cancelled(), 6 * 7)")
    assert ("stream", {"name": "stdout", "text": "True 42\n"}) in said


@pytest.mark.parametrize("cell", ["%%civis_sql -d sample\nselect 1 as n",
                                  "%%civis_sql frame -d sample\nselect 1 as n"])  # fmt: skip
def test_a_magic_has_one_display(cell, kernel, no_workers):
    kernel.run("%load_ext civis_nb")

    def long_shown(said: list[Any]) -> bool:
        # At two a second, more than two seconds; a live view is updated by messages of its own.
        return sum(kind in (*SHOWN, "comm_msg") for kind, _ in said) > 6

    said = kernel.run(cell, during=long_shown)
    assert [kind for kind, _ in displays(said)].count("display_data") == 1
    assert "is cancelled" in left_in_cell(said)[0]


def test_a_background_query_that_is_waited_for_is_shown_and_goes_on(kernel, no_workers, direct):
    kernel.run("%load_ext civis_nb")
    kernel.run("%%civis_sql later --bg -d sample\nselect 1 as n")

    def shown(said: list[Any]) -> bool:
        return bool(displays(said))

    said = kernel.run("later.result()", during=shown)
    assert displays(said)[0][1]["text/plain"].startswith("Waiting for job ")
    assert left_in_cell(said) == [""]
    ((_, error),) = [one for one in said if one[0] == "error"]
    assert error["evalue"].endswith("goes on; .cancel() on the future stops it.")
    (job,) = direct.jobs.list(hidden=True, state="queued")
    direct.jobs.delete_runs(job.id, job.last_run.id)
