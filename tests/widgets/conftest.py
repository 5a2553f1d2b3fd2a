"""A JupyterLab, a browser, and what opens notebooks in them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import civis_nb
from tests.widgets.drivers import (
    CHROMIUM,
    LAUNCH,
    WINDOW,
    Page,
    Server,
    notebooks_of,
    prepared,
)


@pytest.fixture(scope="session")
def widgets_platform() -> Iterator[Any]:
    """Start a local platform, to which kernels of notebooks talk."""
    with civis_nb.local.start(samples=False) as platform:
        yield platform


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory: pytest.TempPathFactory, widgets_platform: Any) -> Iterator[Server]:
    # What views do by themselves: the extension has tests of its own, and may be installed here.
    config = tmp_path_factory.mktemp("config")
    (config / "labconfig").mkdir()
    disabled = json.dumps({"disabledExtensions": {"civis-nb": True}})
    (config / "labconfig" / "page_config.json").write_text(disabled)
    with Server(
        tmp_path_factory.mktemp("jupyter"),
        JUPYTER_CONFIG_PATH=str(config),
        CIVIS_API_ENDPOINT=widgets_platform.endpoint,
        CIVIS_API_KEY=widgets_platform.api_key,
    ) as server:
        yield server


# While Playwright runs, its event loop does: no other module's tests could start one.
@pytest.fixture(scope="module")
def playwright_chromium() -> Iterator[Any]:
    """Return what starts browsers."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("There is no chromium: apt-get install chromium")
        pytest.skip("There is no chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="module")
def chromium(playwright_chromium: Any) -> Iterator[Any]:
    browser = playwright_chromium.launch(**LAUNCH)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def browser_profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the browser keeps scripts compiled: JupyterLab has megabytes."""
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="module")
def browser_window(playwright_chromium: Any, browser_profile: Path) -> Iterator[Any]:
    """Open a window whose pages share what pages of the session have loaded."""
    window = prepared(
        playwright_chromium.launch_persistent_context(browser_profile, **LAUNCH, **WINDOW)
    )
    yield window
    window.close()


@pytest.fixture
def open_notebook(jupyter: Server, browser_window: Any) -> Iterator[Callable[..., Page]]:
    with notebooks_of(jupyter, browser_window) as opened:
        yield opened
