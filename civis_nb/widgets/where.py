"""What kind of page a notebook's outputs are shown on."""

from __future__ import annotations

import os
import sys

__all__ = ["outputs_are_apart"]


def outputs_are_apart() -> bool:
    """Return whether the front end keeps each output in a page of its own, or may do so."""
    # Jupyter's server names the notebook, also where it was started in a terminal of VS Code.
    in_vscode = "VSCODE_PID" in os.environ and "JPY_SESSION_NAME" not in os.environ
    return "google.colab" in sys.modules or in_vscode
