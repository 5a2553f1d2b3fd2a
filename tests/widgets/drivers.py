"""A real JupyterLab and a real browser, in which notebooks are opened, run and looked at."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from tests.widgets.servers import WAIT_MS, Server, until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
#: Screenshots that tests make, to be looked at; they are not kept in the repository.
SHOTS = Path(__file__).parents[2] / "build" / "screenshots"


class Page:
    """A notebook that is open in the browser.

    Attributes
    ----------
    page
        Playwright's page.
    path
        The notebook's file.
    problems
        What scripts of views failed with; Jupyter's own have failures of theirs.
    """

    until = staticmethod(until)

    def __init__(self, page: Any, server: Server, path: Path, app: str) -> None:
        self.page = page
        self.path = path
        self.end_kernels = server.end_kernels
        self.problems: list[str] = []
        page.on("pageerror", self._failed)
        self._server = server
        self._url = server.url(app, path.name)
        self._app = "jupyterapp"
        self.load()

    def load(self) -> None:
        """Open the notebook's address, and wait until its cells are shown."""
        self.page.goto(self._url)
        self.page.wait_for_function(f"() => window.{self._app} !== undefined", timeout=WAIT_MS)
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=WAIT_MS)

    def open_instead(self, path: Path) -> None:
        """Open another notebook in the same JupyterLab, and close what was open.

        JupyterLab's own start takes longer than most tests. Changes are not asked about.
        """
        self.page.evaluate(
            """async ([app, path]) => {
                const { commands, shell } = window[app];
                const old = [...shell.widgets("main")];
                commands.execute("apputils:dismiss-notification");
                await commands.execute("docmanager:open", { path, factory: "Notebook" });
                old.forEach((one) => one.dispose());
            }""",
            [self._app, path.name],
        )
        self.page.wait_for_function(
            """([app, path]) => {
                const { shell } = window[app];
                const { context } = shell.currentWidget ?? {};
                return [...shell.widgets("main")].length === 1 && context?.path === path
                    && context.isReady && !document.querySelector(".Toastify__toast");
            }""",
            arg=[self._app, path.name],
            timeout=WAIT_MS,
        )
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=WAIT_MS)
        self.path = path
        self._url = self._server.url("lab", path.name)
        self.problems.clear()

    def reload(self) -> None:
        """Load the page again, and wait for its kernel.

        The browser's own reload takes the address that JupyterLab has made of it meanwhile,
        which may be that of a launcher.
        """
        self.load()
        self.wait_for_kernel()

    def _failed(self, error: Any) -> None:
        if "blob:" in (error.stack or ""):
            self.problems.append(error.stack)

    def command(self, name: str, **args: Any) -> None:
        """Run a command of the application."""
        self.page.evaluate(
            "([app, name, args]) => { window[app].commands.execute(name, args) }",
            [self._app, name, args],
        )

    def wait_for_kernel(self) -> None:
        """Wait until the kernel is there and idle."""
        self.page.wait_for_function(
            """(app) => {
                const context = window[app].shell.currentWidget?.sessionContext;
                const kernel = context?.isReady && context.session?.kernel;
                return kernel?.connectionStatus === "connected" && kernel.status === "idle";
            }""",
            arg=self._app,
            timeout=2 * WAIT_MS,
        )

    def run_all(self) -> None:
        """Run all cells, and wait until the last one has run."""
        self.wait_for_kernel()
        self.command("notebook:run-all-cells")
        self.page.wait_for_function(
            """() => {
                const prompts = [...document.querySelectorAll(
                    ".jp-CodeCell .jp-InputArea-prompt")].map((one) => one.textContent.trim());
                return prompts.length && prompts.every((one) => /^\\[\\d+\\]:?$/.test(one));
            }""",
            timeout=2 * WAIT_MS,
        )

    def output(self, cell: int) -> Any:
        """Return the outputs of a cell, counted from 0; its last one with a negative number."""
        return self.page.locator(".jp-CodeCell").nth(cell).locator(".jp-Cell-outputArea")

    def show_all_cells(self) -> None:
        """Show all cells of a short notebook at once, on a page that is high enough.

        JupyterLab draws only cells that are in sight. Told to scroll to another one while cells
        are still being measured, it may draw none.
        """
        self.page.set_viewport_size(WINDOW["viewport"] | {"height": 4000})

    def run_cell(self, source: str) -> None:
        """Run code in the kernel, beside the notebook's cells, and wait for its end."""
        self.page.evaluate(
            """async ([app, source]) => {
                const shell = window[app].shell;
                const kernel = shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({ code: source, store_history: false });
                const { content } = await future.done;
                if (content.status !== "ok") throw new Error(content.evalue);
            }""",
            [self._app, source],
        )

    def restart(self) -> None:
        """Restart the kernel of the notebook, as the menu does."""
        self.page.evaluate(
            """async (app) => {
                const panels = [...window[app].shell.widgets("main")];
                const panel = panels.find((one) => one.sessionContext);
                await panel.sessionContext.session.kernel.restart();
            }""",
            self._app,
        )

    def end_sessions(self) -> None:
        """Have JupyterLab end the kernels itself, so that it misses none."""
        self.page.evaluate(
            """(app) => Promise.all(
                [...window[app].shell.widgets("main")].map((one) => one.sessionContext?.shutdown())
            )""",
            self._app,
        )

    def save(self) -> Any:
        """Save the notebook; return it as it is on the disk."""
        # A save that begins before JupyterLab knows of the end of the last one is no save.
        done = self.page.evaluate(
            """([app, wait_ms]) => Promise.race([
                window[app].commands.execute("docmanager:save").then(() => true),
                new Promise((end) => setTimeout(() => end(false), wait_ms)),
            ])""",
            [self._app, WAIT_MS],
        )
        assert done, "the notebook was not saved"
        return nbformat.read(self.path, as_version=4)

    def theme(self, dark: bool) -> None:
        """Change the theme."""
        name = "JupyterLab Dark" if dark else "JupyterLab Light"
        self.command("apputils:change-theme", theme=name)
        self.page.wait_for_selector(
            f"body[data-jp-theme-light='{'false' if dark else 'true'}']",
            state="attached", timeout=WAIT_MS,
        )  # fmt: skip
        # JupyterLab's splash fades out over the page.
        self.page.wait_for_selector("#jupyterlab-splash", state="detached", timeout=WAIT_MS)

    def shot(self, name: str, what: Any = None) -> Path:
        """Take a screenshot, of an element or of the page."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        path = SHOTS / f"{name}.png"
        (what or self.page).screenshot(path=str(path))
        return path


#: How a browser is started, and what its windows are like.
LAUNCH = {"executable_path": CHROMIUM, "args": ["--no-sandbox", "--disable-gpu"]}
WINDOW = {"viewport": {"width": 1200, "height": 900}}


def new_window(chromium: Any, **options: Any) -> Any:
    """Return a window of its own of a browser, which shares nothing with others."""
    return prepared(chromium.new_context(**WINDOW, **options))


def prepared(window: Any) -> Any:
    """Return a window whose pages may use the clipboard, and which waits as long as a test may."""
    window.grant_permissions(["clipboard-read", "clipboard-write"])
    window.set_default_timeout(WAIT_MS)
    return window


#: What axe calls findings that nobody should meet.
_SERIOUS = ("serious", "critical")


def serious_findings(page: Any, context: str) -> list[tuple[str, str, str]]:
    """Return what axe finds in a part of a page: the rule, the element, what is wrong."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=context).response["violations"]
    return [
        (one["id"], node["html"][:200], node.get("failureSummary", ""))
        for one in found
        if one["impact"] in _SERIOUS
        for node in one["nodes"]
    ]


def written(server: Server, *cells: str) -> Path:
    """Write a notebook of these cells where a server has its notebooks; return its file."""
    path = server.folder / f"{secrets.token_hex(4)}.ipynb"
    notebook = new_notebook(cells=[new_code_cell(source) for source in cells])
    notebook.metadata["kernelspec"] = {
        "name": "python3", "display_name": "Python 3", "language": "python",
    }  # fmt: skip
    nbformat.write(notebook, path)
    return path


class KeptLab:
    """A JupyterLab that stays open from one test to the next, each with a notebook of its own."""

    def __init__(self, server: Server, window: Any) -> None:
        self._server = server
        self._window = window
        self._page: Page | None = None

    def open(self, *cells: str, path: Path | None = None) -> Page:
        """Open cells, or a notebook that is there."""
        path = path or written(self._server, *cells)
        if self._page is None:
            self._page = Page(self._window.new_page(), self._server, path, "lab")
        else:
            self._page.open_instead(path)
        return self._page

    def end_test(self, failed: bool) -> None:
        """End the kernels; after a failure, or before a dialog, the page goes as well."""
        page = self._page
        if page is not None and (failed or page.page.locator(".jp-Dialog").count()):
            page.page.close()
            self._page = None
        elif page is not None:
            page.end_sessions()
            if page.page.locator("body[data-jp-theme-light=false]").count():
                page.theme(dark=False)
        self._server.end_kernels()


@contextmanager
def notebooks_of(server: Server, window: Any) -> Iterator[Callable[..., Page]]:
    """Open cells, or a notebook that is there, in ``lab`` or ``notebook``; give the `Page`."""
    pages = []

    def opened(*cells: str, app: str = "lab", path: Path | None = None) -> Page:
        pages.append(window.new_page())
        return Page(pages[-1], server, path or written(server, *cells), app)

    yield opened
    for page in pages:
        page.close()
    server.end_kernels()
