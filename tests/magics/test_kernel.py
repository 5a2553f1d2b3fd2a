"""Magics in a real kernel, as notebook runners see them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook

LOAD = "%load_ext civis_nb"


@pytest.fixture
def execute(magics_platform: Any, tmp_path: Any) -> Any:
    """Run cells in a kernel that talks to the platform; give the notebook."""

    def run(
        *cells: str,
        display: str = "auto",
        allow_errors: bool = False,
        during: Any = None,
        **hooks: Any,
    ) -> Any:
        notebook = new_notebook(cells=[new_code_cell(source) for source in (LOAD, *cells)])
        client = NotebookClient(
            notebook, timeout=120, allow_errors=allow_errors,
            resources={"metadata": {"path": str(tmp_path)}}, **hooks,
        )  # fmt: skip
        env = {
            **os.environ,
            "CIVIS_API_ENDPOINT": magics_platform.endpoint,
            "CIVIS_API_KEY": magics_platform.api_key,
            "CIVIS_NB_DISPLAY": display,
        }
        with client.setup_kernel(env=env):
            for index, cell in enumerate(notebook.cells):
                watch = threading.Thread(target=during, args=(client, index)) if during else None
                if watch:
                    watch.start()
                client.execute_cell(cell, index)
                if watch:
                    watch.join()
        nbformat.validate(notebook)
        return notebook

    return run


def without_times(outputs: Any) -> Any:
    return [
        {kind: re.sub(r"\d+\.\d s", "TIME", str(text)) for kind, text in one["data"].items()}
        for one in outputs
    ]


CELLS = (
    "%%civis_sql\nselect range as n, null as nothing from generate_series(0, 29) t(range)",
    "%%civis_sql df -n 2\nselect range as n from generate_series(0, 29) t(range)",
    # Long enough for its progress to be shown.
    "%%civis_sql\nselect count(*) as n "
    "from generate_series(0, 99999999) t(range) where sqrt(t.range) < -1",
    "x = %civis_sql select 1 as n\nprint('before')\nx",
)


@pytest.mark.exhaustive
def test_what_stays_behind_is_the_same_in_every_mode(execute):
    modes = ("auto", "static", "text")
    sources = [source for mode in modes for source in (f"%civis_config display {mode}", *CELLS)]
    cells = execute(*sources).cells[1:]
    size = len(CELLS) + 1
    live, static, text = (cells[size * at + 1 : size * (at + 1)] for at in range(3))
    for number in range(len(CELLS)):
        outputs = [out for out in live[number].outputs if "data" in out]
        again = [out for out in static[number].outputs if "data" in out]
        assert len(again) == 1
        assert without_times(outputs) == without_times(again)
        (plain,) = [out for out in text[number].outputs if "data" in out]
        assert plain["data"] == {"text/plain": again[0]["data"]["text/plain"]}


PLACES = [
    ("%%civis_sql\n\nselect 1,\n  'ü', nosuch from generate_series(0, 2) t(range)", (4, 8, 6)),
    ("%%time\n%%civis_sql\nselect nosuch", (3, 8, 6)),
    ("x = 1\ny = %civis_sql select x, nosuch from generate_series(0, :x - 1) t(x)", (2, 26, 6)),
    ("%%civis_sql --jinja\nselect {{ 1 }}, nosuch", None),
    ("try:\n    %civis_sql select nosuch\nexcept Exception:\n    pass", None),
    ("%%civis_sql\nselect 1", None),
]


@pytest.mark.exhaustive
def test_the_reply_to_a_failing_cell_has_its_place(execute):
    replies = []
    execute(
        *(cell for cell, _ in PLACES), allow_errors=True,
        on_cell_executed=lambda cell, cell_index, execute_reply: replies.append(execute_reply),
    )  # fmt: skip
    for (cell, wanted), reply in zip(PLACES, replies[1:], strict=True):
        content = reply["content"]
        found = [one for one in content["payload"] if one["source"] == "civis_nb.sql_error"]
        if content["status"] == "ok":
            # A failure that the cell has caught is no failure of the cell.
            assert wanted is None, cell
            continue
        places = [(one["line"], one["column"], one["length"]) for one in found]
        assert places == ([] if wanted is None else [wanted]), cell
        assert all('"nosuch"' in one["message"] for one in found)


def test_a_failing_cell_is_an_error_for_runners(execute):
    with pytest.raises(CellExecutionError, match="CivisSQLError") as caught:
        execute("%%civis_sql\nselect nosuch")
    assert "line 2, column 8 of the cell" in str(caught.value)


def test_errors_are_messages_without_tracebacks(execute):
    failing = ("%%civis_sql --bgg\nselect 1", "%civis_run nosuch", "%civis_config nosuch")
    for cell in execute(*failing, allow_errors=True).cells[1:]:
        (output,) = cell.outputs
        assert output.output_type == "error"
        assert output.ename.startswith("Civis")
        assert len(output.traceback) <= 15
        assert "Traceback" not in "\n".join(output.traceback)


@pytest.mark.exhaustive
def test_the_notebook_holds_no_key_and_converts(execute, magics_platform):
    notebook = execute(
        "%civis_config", *CELLS[:2], "import civis_nb\nc = civis_nb.APIClient()\nc",
        "c.databases.list()", "c.databases", "c.users.get_me()",
    )  # fmt: skip
    text = nbformat.writes(notebook)
    assert magics_platform.api_key not in text
    body, _ = HTMLExporter().from_notebook_node(notebook)
    assert "<caption" in body


@pytest.mark.exhaustive
def test_a_background_query_leaves_the_cell_at_once(execute):
    notebook = execute(
        "%%civis_sql later --bg\nselect 1 as n",
        "later.result(timeout=60)['n'].tolist()",
    )
    assert notebook.cells[2].outputs[0]["data"]["text/plain"] == "[1]"


def test_interrupting_the_kernel_cancels_the_run(execute, magics_client):
    job = magics_client.scripts.post_python3(
        name="Long", source="import time\nprint('started', flush=True)\ntime.sleep(60)"
    ).id

    def interrupt(client, index):
        if index != 1:
            return
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            runs = magics_client.jobs.list_runs(job, limit=1)
            # Earlier than its first display there is nothing that could show what became of it.
            if runs and runs[0].state == "running" and client.nb.cells[index].outputs:
                break
            time.sleep(0.05)
        os.kill(client.km.provisioner.pid, signal.SIGINT)

    notebook = execute(f"%civis_run {job}", "1 + 1", allow_errors=True, during=interrupt)
    shown, error = notebook.cells[1].outputs
    assert "progressbar" not in shown["data"]["text/html"]
    assert "is cancelled" in shown["data"]["text/plain"] or "asked" in shown["data"]["text/plain"]
    assert error.ename == "KeyboardInterrupt"
    assert len(error.traceback) == 1
    assert magics_client.jobs.list_runs(job, limit=1)[0].state in ("cancelled", "running")


@pytest.mark.exhaustive
def test_a_cell_with_a_plot_loads_altair_where_it_shows_what_it_does(execute):
    cell = execute(
        "import sys\nbefore = 'altair' in sys.modules\n"
        "plot = %civis_sql --plot hist:n select n from generate_series(1, 9) t(n)\n"
        "print(before, 'altair' in sys.modules)"
    ).cells[1]
    assert cell.outputs[-1]["text"] == "False True\n"


def test_a_static_notebook_passes_nbval(execute, magics_platform, tmp_path, monkeypatch):
    notebook = execute(*CELLS[:2], display="static")
    nbformat.write(notebook, tmp_path / "static.ipynb")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.setenv("CIVIS_API_ENDPOINT", magics_platform.endpoint)
    monkeypatch.setenv("CIVIS_API_KEY", magics_platform.api_key)
    monkeypatch.setenv("CIVIS_NB_DISPLAY", "static")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbval", "static.ipynb"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.exhaustive
def test_types_profile_and_plot(execute):
    sql = "select i as n, (i * 0.5)::decimal(10,2) as d, date '2024-01-01' + i as day"
    source = f"{sql} from generate_series(0, 29) t(i)"
    notebook = execute(
        f"%%civis_sql df\n{source}",
        "assert [*map(str, df.dtypes)] == ['int64', 'float64', 'datetime64[us]'], df.dtypes",
        f"%%civis_sql df --types exact\n{source}",
        "assert 'decimal' in str(df.dtypes['d']), df.dtypes",
        f"%%civis_sql --profile\n{source}",
        "p = _; assert p['n'].max == 29 and len(p) == 3",
        f"t = %civis_sql {source}",
        "t.sql('select sum(n) as total from self')",
        "import polars as pl; assert pl.DataFrame(t).height == len(t) == 30",
    )
    profile, total = notebook.cells[5].outputs, notebook.cells[8].outputs
    assert [sorted(one["data"]) for one in profile] == [["text/html", "text/plain"]]
    assert profile[0]["data"]["text/plain"].startswith("profile of 30 rows, 3 columns")
    assert "435" in total[0]["data"]["text/plain"]


@pytest.mark.exhaustive
def test_a_plot_leaves_a_picture(execute):
    pytest.importorskip("altair")
    pytest.importorskip("vl_convert")
    notebook = execute(
        "%%civis_sql --plot bar:s,n\nselect i % 3 as s, i as n from generate_series(0, 29) t(i)",
        "%%civis_sql df --plot hist:n\nselect i as n from generate_series(0, 299) t(i)",
        "assert len(df) == 300",
    )
    for cell, says in ((1, "Bar chart: sum of n by s, 3 points"), (2, "Histogram: rows by n")):
        [output] = notebook.cells[cell].outputs
        assert output["data"]["text/plain"].startswith(says)
        assert {"image/png", "text/plain"} < set(output["data"])
    html, _ = HTMLExporter().from_notebook_node(notebook)
    assert html.count("data:image/png;base64") >= 2
