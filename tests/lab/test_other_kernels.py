"""A notebook of another language, in a kernel that writes down all that it is asked to run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.lab.conftest import needs_bundle, started
from tests.lab.test_sql_commands import editor, text_of
from tests.widgets.drivers import Page, written

KERNEL = """
import pathlib, sys
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

class RKernel(Kernel):
    implementation = "r-of-tests"
    implementation_version = "1"
    banner = ""
    language_info = {"name": "R", "mimetype": "text/x-rsrc", "file_extension": ".r"}

    async def do_execute(self, code, silent, *args, user_expressions=None, **more):
        with pathlib.Path(sys.argv[1]).open("a") as file:
            file.write(repr([code, user_expressions]) + "\\n")
        content = {"name": "stdout", "text": "ran\\n"}
        self.send_response(self.iopub_socket, "stream", content)
        return {"status": "ok", "execution_count": self.execution_count, "payload": [],
                "user_expressions": {}}

IPKernelApp.launch_instance(kernel_class=RKernel, argv=sys.argv[2:])
"""
SOURCE = "%%civis_sql\nselect  1 from turnout"


@pytest.fixture
def server(tmp_path: Path, lab_platform: Any) -> Any:
    """Start a JupyterLab that has a kernel of R beside that of Python."""
    needs_bundle()
    with started(
        tmp_path / "lab",
        CIVIS_API_ENDPOINT=lab_platform.endpoint,
        CIVIS_API_KEY=lab_platform.api_key,
    ) as server:
        yield server


@pytest.fixture
def executed(tmp_path: Path) -> Path:
    """Install the kernel; return the file of what it has run."""
    log = tmp_path / "executed.txt"
    module = tmp_path / "r_kernel.py"
    module.write_text(KERNEL)
    spec = tmp_path / "lab" / "share" / "kernels" / "r-of-tests"
    spec.mkdir(parents=True)
    argv = [sys.executable, str(module), str(log), "-f", "{connection_file}"]
    text = json.dumps({"argv": argv, "display_name": "R of tests", "language": "R"})
    (spec / "kernel.json").write_text(text)
    return log


def test_a_kernel_of_another_language_is_asked_nothing(executed, server, browser_window):
    path = written(server, SOURCE)
    notebook = nbformat.read(path, 4)
    notebook.metadata["kernelspec"] = {
        "name": "r-of-tests", "display_name": "R of tests", "language": "R",
    }  # fmt: skip
    nbformat.write(notebook, path)
    page = Page(browser_window.new_page(), server, path, "lab")
    page.wait_for_kernel()

    # A word that the kernel does not propose, so that only the extension could.
    editor(page, 0).click()
    page.page.keyboard.press("Control+End")
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Alt+Shift+F")
    page.page.keyboard.press("Alt+Shift+Enter")
    for command in ("format-sql", "run-statement", "explain-sql"):
        assert not page.page.evaluate(
            "name => window.jupyterapp.commands.isEnabled(`civis-nb:${name}`)", command
        ), command
    assert page.page.locator(".civis-mod-sql").count() == 0
    # What the kernel does run comes after all that the extension may have sent before.
    page.page.keyboard.press("Control+Enter")
    page.until(lambda: page.page.get_by_text("ran", exact=True).count() == 1, "the output")
    assert executed.read_text().splitlines() == [repr([text_of(page, 0), {}])]
    page.page.close()
