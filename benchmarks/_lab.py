"""Notebooks in a real JupyterLab and a real browser, whose cells and views are timed."""

from __future__ import annotations

import contextlib
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.lab.conftest import BUNDLE
from tests.lab.conftest import started as with_extension
from tests.widgets.drivers import CHROMIUM, Page, Server, new_window

__all__ = ["Lab", "Notebook", "beside", "started", "window"]

_REST_S = 0.25
#: Runs a cell; returns the milliseconds until its new table is painted: the frame in which it
#: first stands has been drawn.
_PAINTED = """
async (index) => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const node = notebook.widgets[index].node;
    notebook.activeCellIndex = index;
    for (const old of node.querySelectorAll("table")) old.dataset.old = "yes";
    await new Promise((end) => requestAnimationFrame(() => setTimeout(end)));
    const begun = performance.now();
    const painted = new Promise((end) => {
        const watcher = new MutationObserver(() => {
            if (!node.querySelector(".jp-OutputArea-output table:not([data-old])")) return;
            watcher.disconnect();
            requestAnimationFrame(() => {
                const channel = new MessageChannel();
                channel.port1.onmessage = () => end(performance.now() - begun);
                channel.port2.postMessage(0);
            });
        });
        watcher.observe(node, { childList: true, subtree: true });
    });
    const run = window.jupyterapp.commands.execute("notebook:run-cell");
    const took = await painted;
    await run;
    return took;
}
"""

#: Keeps of each message from the kernel when it was sent, its size, and whether it is an update of
#: a view: what a view has not asked for.
_COUNT = """
() => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    window.messages = [];
    kernel.iopubMessage.connect((_, { header, content }) => {
        const update = header.msg_type === "comm_msg" && content.data.method === "update";
        window.messages.push([Date.parse(header.date), JSON.stringify(content).length, update]);
    });
}
"""


class Notebook(Page):
    """A notebook in a tab of the browser."""

    def heap_mb(self) -> float:
        """Return what the page's scripts keep, in MB."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("HeapProfiler.collectGarbage")
        return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6

    def count_messages(self) -> None:
        """Keep what `messages` returns, from now on."""
        self.page.evaluate(_COUNT)

    def messages(self) -> tuple[list[float], float]:
        """Return when views were updated, in seconds, and the size of all messages in MB."""
        seen = self.page.evaluate("() => window.messages")
        times = [sent_ms / 1000 for sent_ms, _, is_update in seen if is_update]
        return times, sum(size for _, size, _ in seen) / 1e6

    def painted_s(self, cell: int) -> float:
        """Run a cell; return the seconds from then until its table is painted."""
        self.page.bring_to_front()
        self.wait_for_kernel()
        # What the cell before has left to the page, and to other processes, is not this one's.
        time.sleep(_REST_S)
        return float(self.page.evaluate(_PAINTED, cell)) / 1000


class Lab:
    """A JupyterLab and a window of a browser."""

    def __init__(self, server: Server, window: Any) -> None:
        self.server = server
        self.window = window

    def add_kernel(self, name: str, python: str) -> None:
        """Install a kernel of another environment for notebooks."""
        folder = self.server.folder / ".data" / "kernels" / name
        folder.mkdir(parents=True)
        argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": name, "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(spec))

    def open(self, cells: list[str], kernel: str = "python3") -> Notebook:
        """Open a notebook of these cells in a tab, and wait for its kernel."""
        path = self.server.folder / f"{secrets.token_hex(4)}.ipynb"
        notebook = new_notebook(cells=[new_code_cell(source) for source in cells])
        notebook.metadata["kernelspec"] = {
            "name": kernel, "display_name": kernel, "language": "python",
        }  # fmt: skip
        nbformat.write(notebook, path)
        opened = Notebook(self.window.new_page(), self.server, path, "lab")
        opened.wait_for_kernel()
        return opened


@contextlib.contextmanager
def window() -> Iterator[Any]:
    """Start a browser; give a window of it, whose pages share what they have loaded."""
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        raise SystemExit("There is no chromium: apt-get install chromium")
    with sync_playwright() as play, contextlib.ExitStack() as stack:
        arguments = ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"]
        browser = play.chromium.launch(executable_path=CHROMIUM, args=arguments)
        stack.callback(browser.close)
        found = new_window(browser)
        stack.callback(found.close)
        yield found


@contextlib.contextmanager
def started(**variables: str) -> Iterator[Lab]:
    """Start JupyterLab and a browser; the variables are those of the kernels' environment."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        server = Server(Path(folder), **variables)
        stack.callback(server.stop)
        yield Lab(server, stack.enter_context(window()))


@contextlib.contextmanager
def beside(opened: Any, extension: bool, module: str, **variables: str) -> Iterator[Lab]:
    """Start a JupyterLab for a window, with the extension of this tree or without any.

    Parameters
    ----------
    opened
        The window.
    extension
        Whether the extension is there, with its server part.
    module
        What is started: ``jupyterlab``, or a module that does.
    **variables
        Environment variables of the server.
    """
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        others = folder / "labextensions"
        others.mkdir()
        for one in (Path(sys.prefix) / "share" / "jupyter" / "labextensions").iterdir():
            if one.name != "civis-nb":
                (others / one.name).symlink_to(one)
        if extension:
            (others / "civis-nb").symlink_to(BUNDLE)
        options = [
            f"--LabApp.labextensions_path={others}",
            f"--ServerApp.jpserver_extensions={{'civis_nb.lab': {extension}}}",
        ]
        server = with_extension(folder / "jupyter", module, options, **variables)
        stack.callback(server.stop)
        yield Lab(server, opened)
