"""Magics in a real kernel, as notebook runners see them."""

from __future__ import annotations

import os
import re
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

    def run(*cells: str, display: str = "auto", allow_errors: bool = False) -> Any:
        notebook = new_notebook(cells=[new_code_cell(source) for source in (LOAD, *cells)])
        client = NotebookClient(
            notebook, timeout=120, allow_errors=allow_errors,
            resources={"metadata": {"path": str(tmp_path)}},
        )  # fmt: skip
        env = {
            **os.environ,
            "CIVIS_API_ENDPOINT": magics_platform.endpoint,
            "CIVIS_API_KEY": magics_platform.api_key,
            "CIVIS_NB_DISPLAY": display,
        }
        client.execute(env=env)
        nbformat.validate(notebook)
        return notebook

    return run


def without_times(outputs: Any) -> Any:
    return [
        {kind: re.sub(r"\d+\.\d s", "TIME", text) for kind, text in one["data"].items()}
        for one in outputs
    ]


CELLS = (
    "%%civis_sql\nselect range as n, null as nothing from range(30)",
    "%%civis_sql df -n 2\nselect range as n from range(30)",
    # Long enough for its progress to be shown.
    "%%civis_sql\nselect count(*) as n from range(200000000) t where sqrt(t.range) < -1",
    "x = %civis_sql select 1 as n\nprint('before')\nx",
)


def test_what_stays_behind_is_the_same_in_every_mode(execute):
    live, static, text = (execute(*CELLS, display=mode) for mode in ("auto", "static", "text"))
    for number in range(1, len(CELLS) + 1):
        outputs = [out for out in live.cells[number].outputs if "data" in out]
        again = [out for out in static.cells[number].outputs if "data" in out]
        assert len(again) == 1
        assert without_times(outputs) == without_times(again)
        (plain,) = [out for out in text.cells[number].outputs if "data" in out]
        assert plain["data"] == {"text/plain": again[0]["data"]["text/plain"]}


def test_a_failing_cell_is_an_error_for_runners(execute):
    with pytest.raises(CellExecutionError, match="CivisSQLError") as caught:
        execute("%%civis_sql\nselect nosuch")
    assert "line 2, column 8 of the cell" in str(caught.value)
    for cell in ("%%civis_sql --bgg\nselect 1", "%civis_run nosuch", "%civis_config nosuch"):
        notebook = execute(cell, allow_errors=True)
        (output,) = notebook.cells[1].outputs
        assert output.output_type == "error"
        assert output.ename.startswith("Civis")
        assert len(output.traceback) <= 15
        assert "Traceback" not in "\n".join(output.traceback)


def test_the_notebook_holds_no_key_and_converts(execute, magics_platform):
    notebook = execute(
        "%civis_config", *CELLS[:2], "import civis_nb\nc = civis_nb.APIClient()\nc",
        "c.databases.list()", "c.databases", "c.users.get_me()",
    )  # fmt: skip
    text = nbformat.writes(notebook)
    assert magics_platform.api_key not in text
    body, _ = HTMLExporter().from_notebook_node(notebook)
    assert "<caption" in body


def test_a_background_query_leaves_the_cell_at_once(execute):
    notebook = execute(
        "%%civis_sql later --bg\nselect 1 as n",
        "later.result(timeout=60)['n'].tolist()",
    )
    assert notebook.cells[2].outputs[0]["data"]["text/plain"] == "[1]"
