"""A JupyterLab with the extension in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import civis_nb
from tests.widgets.conftest import (
    browser_profile,  # noqa: F401 - a fixture
    browser_window,  # noqa: F401 - a fixture
    playwright_chromium,  # noqa: F401 - a fixture
)
from tests.widgets.drivers import LAUNCH, KeptLab, Page, Server, new_window, notebooks_of

ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "civis_nb" / "labextension"


@pytest.fixture(scope="session")
def lab_platform() -> Iterator[Any]:
    with civis_nb.local.start() as platform:
        client = platform.client()
        client.queries.post(
            database=client.databases.list()[0].id,
            sql='create schema mart; create table mart."Odd <b>name</b>" ("a b" int);',
            preview_rows=1,
        )
        yield platform


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory, lab_platform: Any) -> Iterator[Server]:
    """Start a JupyterLab that finds the bundle of this tree, as an installed one would be."""
    needs_bundle()
    with started(
        tmp_path_factory.mktemp("lab"),
        CIVIS_API_ENDPOINT=lab_platform.endpoint,
        CIVIS_API_KEY=lab_platform.api_key,
    ) as server:
        yield server


def needs_bundle() -> None:
    """Skip a test where the extension is not built; in CI it fails."""
    if not (BUNDLE / "package.json").exists():
        message = "The JupyterLab extension is not built: make test-lab builds it."
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)


def started(
    folder: Path, module: str = "jupyterlab", options: Sequence[str] = (), **variables: str
) -> Server:
    """Start a Jupyter server that finds the extension of this tree, as an installed one would be.

    Parameters
    ----------
    folder
        An empty folder for what it needs.
    module
        What is started; ``jupyter_server`` needs no bundle.
    options
        Further options of its command.
    **variables
        Environment variables of the server.
    """
    data, config = folder / "share", folder / "etc"
    (data / "labextensions").mkdir(parents=True)
    (data / "labextensions" / "civis-nb").symlink_to(BUNDLE)
    (config / "jupyter_server_config.d").mkdir(parents=True)
    (config / "jupyter_server_config.d" / "civis_nb.json").symlink_to(
        ROOT / "extension" / "jupyter_server_config.json"
    )
    (folder / "notebooks").mkdir()
    return Server(
        folder / "notebooks",
        module,
        options,
        JUPYTER_PATH=str(data),
        JUPYTER_CONFIG_PATH=str(config),
        CIVIS_NB_HISTORY_DIR=str(folder / "history"),
        **variables,
    )


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory, lab_platform: Any) -> Iterator[Server]:
    """Start a Jupyter server without pages, whose handlers are those of the extension."""
    with started(
        tmp_path_factory.mktemp("api"),
        "jupyter_server",
        CIVIS_API_ENDPOINT=lab_platform.endpoint,
        CIVIS_API_KEY=lab_platform.api_key,
    ) as server:
        yield server


def field_heights(form: Any) -> set[int]:
    """Return the heights of the fields of a form, each with what JupyterLab puts around it."""
    fields = form.locator("input:visible, select:visible, .jp-select-wrapper:visible")
    # A form that is drawn anew may have other fields by now.
    found = fields.evaluate_all(
        """fields => fields.filter(one => one.isConnected).map(one => {
            const { marginTop, marginBottom } = getComputedStyle(one);
            return one.offsetHeight + parseFloat(marginTop) + parseFloat(marginBottom);
        })"""
    )
    return {round(one) for one in found}


def is_cut(field: Any) -> bool:
    """Return whether the text of an empty field is longer than the field."""
    return bool(
        field.evaluate(
            """field => {
                field.value = field.placeholder;
                const found = field.scrollWidth > field.clientWidth;
                field.value = "";
                return found;
            }"""
        )
    )


@pytest.fixture
def open_in_lab(
    lab_server: Server,
    browser_window: Any,  # noqa: F811 - the fixture
) -> Iterator[Callable[..., Page]]:
    """Open cells, or a notebook that is there, in JupyterLab; give the `Page`."""
    with notebooks_of(lab_server, browser_window) as opened:
        yield opened


@pytest.fixture
def open_with_clock(
    lab_server: Server,
    playwright_chromium: Any,  # noqa: F811 - the fixture
) -> Iterator[Callable[..., Page]]:
    """Open cells as `open_in_lab` does, in a browser whose clock a test may set.

    Playwright's clock belongs to all pages of a window, those that are opened later among them.
    """
    with playwright_chromium.launch(**LAUNCH) as browser:
        window = new_window(browser)
        window.clock.install()
        with notebooks_of(lab_server, window) as opened:
            yield opened


@pytest.fixture(scope="module")
def kept_lab(
    lab_server: Server,
    browser_window: Any,  # noqa: F811 - the fixture
) -> KeptLab:
    """Return a JupyterLab that the module's tests share."""
    return KeptLab(lab_server, browser_window)


@pytest.fixture
def open_in_kept_lab(
    kept_lab: KeptLab, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """Open cells, or a notebook that is there, in a JupyterLab that earlier tests have used."""
    failed = request.session.testsfailed
    yield kept_lab.open
    kept_lab.end_test(request.session.testsfailed > failed)
