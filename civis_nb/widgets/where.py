"""What kind of page a notebook's outputs are shown on."""

from __future__ import annotations

import os
import sys

__all__ = ["outputs_are_apart"]


def outputs_are_apart() -> bool:
    """Return whether the front end keeps each output in a page of its own, or may do so."""
    return "google.colab" in sys.modules or any(name.startswith("VSCODE_") for name in os.environ)
