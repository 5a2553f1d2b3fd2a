"""Lists of proposals in a real JupyterLab."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import TimeoutError

from tests.widgets.drivers import Page

_LIST = ".jp-Completer:not(.lm-mod-hidden) .jp-Completer-match"


def shown(page: Page) -> list[str]:
    """Return the proposals that are shown at this moment; none where there is no list."""
    return [one.strip() for one in page.page.locator(_LIST).all_inner_texts()]


def cursor_at_end(page: Page, cell: int) -> Any:
    """Put the cursor at the end of a cell; return its editor."""
    editor = page.page.locator(".jp-CodeCell").nth(cell).locator(".cm-content")
    editor.click()
    page.page.keyboard.press("Control+End")
    return editor


def proposals(page: Page, cell: int, place: Callable[[], Any] | None = None) -> list[str]:
    """Return what Tab proposes in a cell; on a busy machine there may be no list in time.

    Parameters
    ----------
    page
        The notebook.
    cell
        The cell, counted from 0.
    place
        Puts the cursor where the proposals are asked for; by default at the end of the cell.
    """
    page.page.keyboard.press("Escape")
    page.until(lambda: not shown(page), "the end of the last list")
    (place or (lambda: cursor_at_end(page, cell)))()
    # Tab is an indent until JupyterLab has seen where the cursor is.
    code = page.page.locator(".jp-CodeCell").nth(cell)
    code.locator(".jp-mod-completer-enabled").wait_for(state="attached")
    page.page.keyboard.press("Tab")
    try:
        page.page.locator(_LIST).first.wait_for(timeout=5000)
    except TimeoutError:
        return []
    return shown(page)
