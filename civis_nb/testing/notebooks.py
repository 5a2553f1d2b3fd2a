"""Notebooks in tests: run in a real kernel, and what their cells show."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from civis_nb.errors import CivisDependencyError, CivisInputError

__all__ = ["RunCell", "RunNotebook", "run_notebook"]

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class RunCell:
    """A code cell that was run.

    Attributes
    ----------
    source
        Its code.
    outputs
        Its outputs as the notebook format has them: dicts with an ``output_type``.
    """

    source: str
    outputs: Sequence[Mapping[str, Any]]

    @property
    def text(self) -> str:
        """All that it shows, as plain text: what it prints, displays and gives."""
        return "".join(_text_of(output) for output in self.outputs)

    @property
    def result(self) -> str | None:
        """The value of its last line, as text; None when it has none."""
        for output in self.outputs:
            if output["output_type"] == "execute_result":
                return str(output["data"].get("text/plain", ""))
        return None

    @property
    def error(self) -> str | None:
        """The exception that ended it, ``ValueError: no rows``; None when it ended well."""
        for output in self.outputs:
            if output["output_type"] == "error":
                return f"{output['ename']}: {output['evalue']}"
        return None


@dataclass(frozen=True)
class RunNotebook:
    """A notebook that was run.

    Attributes
    ----------
    cells
        Its code cells, in order.
    """

    cells: Sequence[RunCell]

    @property
    def text(self) -> str:
        """All that its cells show."""
        return "".join(cell.text for cell in self.cells)

    @property
    def errors(self) -> list[str]:
        """The exceptions of its cells."""
        return [cell.error for cell in self.cells if cell.error is not None]


def run_notebook(
    notebook: str | os.PathLike[str] | Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    allow_errors: bool = False,
    timeout_s: float = 600,
) -> RunNotebook:
    """Run a notebook in a kernel of its own; the file is not changed.

    Parameters
    ----------
    notebook
        A path, from the folder of the test or absolute; or the sources of code cells.
    folder
        Where relative paths start, and where the kernel of cells without a file works.
    environment
        Environment variables that the kernel gets beside those of this process.
    allow_errors
        Go on after a cell that failed; else its error is raised.
    timeout_s
        How long one cell may take, in seconds.

    Raises
    ------
    CivisInputError
        When there is no such notebook.
    CivisDependencyError
        When nbclient or ipykernel is not installed.
    nbclient.exceptions.CellExecutionError
        When a cell fails, and errors are not allowed.
    """
    try:
        from nbclient import NotebookClient
        from nbformat import read
        from nbformat.notebooknode import from_dict
    except ImportError as error:
        raise CivisDependencyError(
            f"Notebooks in tests need nbclient and ipykernel ({error}): "
            "pip install nbclient ipykernel"
        ) from error
    if isinstance(notebook, str | os.PathLike):
        path = folder / notebook
        try:
            document = read(  # type: ignore[no-untyped-call]
                path, as_version=4
            )
        except OSError as error:
            raise CivisInputError(f"{path} can't be read: {error.strerror or error}.") from None
        folder = path.parent
    else:
        document = from_dict(  # type: ignore[no-untyped-call]
            {"cells": [_code_cell(source) for source in notebook], **_FORMAT}
        )
    client = NotebookClient(
        document,
        timeout=timeout_s,
        allow_errors=allow_errors,
        resources={"metadata": {"path": str(folder)}},
        # The kernel warns that others on this machine could listen in.
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    client.execute(env={**os.environ, **environment})
    return RunNotebook(
        [
            RunCell(cell.source, [dict(one) for one in cell.outputs])
            for cell in document.cells
            if cell.cell_type == "code"
        ]
    )


_FORMAT: Mapping[str, Any] = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}}


def _code_cell(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }


def _text_of(output: Mapping[str, Any]) -> str:
    """Return an output as text, as a terminal without colours shows it."""
    kind = output["output_type"]
    if kind == "stream":
        text = str(output["text"])
    elif kind == "error":
        text = "\n".join(output["traceback"]) + "\n"
    else:
        text = str(output["data"].get("text/plain", "")) + "\n"
    return _ANSI.sub("", text)
