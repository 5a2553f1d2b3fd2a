"""Pages of the documentation that are notebooks: every cell runs, as when they are built."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(
    path for path in DOCS.rglob("*.md") if "file_format: mystnb" in path.read_text("utf-8")[:200]
)


def notebook_of(page: Path) -> nbformat.NotebookNode:
    """Return the code cells of a page as a notebook."""
    blocks = re.findall(
        r"^```\{code-cell\}[^\n]*\n(?::[^\n]*\n)*\n*(.*?)^```$",
        text := page.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    assert len(blocks) == text.count("```{code-cell}")
    return new_notebook(cells=[new_code_cell(source.strip()) for source in blocks])


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_the_cells_of_a_page_run(page, tmp_path, monkeypatch):
    for name in ("CIVIS_API_KEY", "CIVIS_API_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CIVIS_NB_DISPLAY", "static")
    monkeypatch.setenv("CIVIS_NB_STATE_DIR", "platform")
    monkeypatch.setenv("CIVIS_NB_HISTORY_DIR", "history")
    notebook = notebook_of(page)
    assert notebook.cells
    NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    ).execute()
