"""Where live views stand on the page that shows a notebook's outputs."""

from __future__ import annotations

import os
import sys

from civis_nb.display.html import Html, el

__all__ = ["mount_point", "outputs_are_isolated"]


def outputs_are_isolated() -> bool:
    """Return whether the front end keeps each output in a page of its own, or may do so."""
    # Jupyter's server names the notebook, also where it was started in a terminal of VS Code.
    in_vscode = "VSCODE_PID" in os.environ and "JPY_SESSION_NAME" not in os.environ
    return "google.colab" in sys.modules or in_vscode


def mount_point(html: str, anchor: str) -> str:
    """Return HTML whose place on the page a live view takes (``static/mount.js``).

    Parameters
    ----------
    html
        What stands there without a view; it is escaped already.
    anchor
        The id of the place.

    Examples
    --------
    >>> mount_point("<p>2 rows</p>", "ab12")
    '<div class="civis-live-ab12"><p>2 rows</p></div>'
    """
    return str(el("div", Html(html), class_=f"civis-live-{anchor}"))
