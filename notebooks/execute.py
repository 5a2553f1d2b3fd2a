"""Run notebooks in real kernels, show how they go, and write them as HTML or in place."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def last_result(notebook: nbformat.NotebookNode) -> str:
    """Return the text of the last output that a reader sees."""
    for cell in reversed(notebook.cells):
        for output in reversed(cell.get("outputs", [])):
            text = output.get("text") or output.get("data", {}).get("text/plain")
            if text:
                return str(text).rstrip()
    return "(no output)"


def run(path: Path) -> nbformat.NotebookNode:
    """Execute all cells; a failing one ends the program with its error."""
    notebook = nbformat.read(path, as_version=4)
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    client = NotebookClient(
        notebook,
        timeout=600,
        resources={"metadata": {"path": path.parent}},
        # The kernel warns that others on this machine could listen in; here is nothing to hear.
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    started = time.monotonic()
    try:
        with client.setup_kernel():
            for index, cell in enumerate(notebook.cells):
                if cell.cell_type != "code":
                    continue
                number = code_cells.index(cell) + 1
                title = next((line for line in cell.source.splitlines() if line.strip()), "")
                print(f"  [{number:>2}/{len(code_cells)}] {title[:70]}", flush=True)
                client.execute_cell(cell, index)
    except CellExecutionError as error:
        sys.exit(f"{path} failed:\n{error}")
    print(f"{path}: {len(code_cells)} cells in {time.monotonic() - started:.1f} s")
    return notebook


def html_of(notebook: nbformat.NotebookNode, path: Path) -> str:
    """Return an executed notebook as one HTML page."""
    from nbconvert import HTMLExporter

    body, _ = HTMLExporter(embed_images=True).from_notebook_node(
        notebook, resources={"metadata": {"name": path.stem}}
    )
    return str(body)


def settle(notebook: nbformat.NotebookNode) -> None:
    """Remove what changes from run to run and says nothing: execution times, kernel details."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    notebook.metadata.get("language_info", {}).pop("version", None)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", type=Path, nargs="+", metavar="notebook")
    parser.add_argument("--html", type=Path, help="write the executed notebook as HTML here")
    parser.add_argument("--in-place", action="store_true", help="keep the outputs in the notebooks")
    arguments = parser.parse_args()
    if arguments.html and len(arguments.notebooks) > 1:
        parser.error("--html takes one notebook")
    for path in arguments.notebooks:
        notebook = run(path)
        settle(notebook)
        if arguments.in_place:
            nbformat.write(notebook, path)
        if arguments.html:
            arguments.html.parent.mkdir(parents=True, exist_ok=True)
            arguments.html.write_text(html_of(notebook, path), encoding="utf-8")
            print(f"Written: {arguments.html.resolve()}")
        print(f"Last result:\n{last_result(notebook)}")


if __name__ == "__main__":
    main()
