"""Live views for notebooks, as anywidgets: what they show stays readable without a kernel.

The front end is in ``static/``: plain ES modules that are loaded as they are. They use nothing but
the contract of anywidget (``render({model, el})``), and put data on the page as text only.

Names are loaded when they are first used: anywidget and ipywidgets are not needed before a view is
shown.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from civis_nb.widgets.base import LiveView
    from civis_nb.widgets.table import TableView

__all__ = ["LiveView", "TableView"]

_MODULE_OF = {"LiveView": "civis_nb.widgets.base", "TableView": "civis_nb.widgets.table"}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'civis_nb.widgets' has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value
