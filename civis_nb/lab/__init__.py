"""The server part of the JupyterLab extension: what SQL cells complete, by the server's key.

Jupyter Server loads it by `_jupyter_server_extension_points`, from
``etc/jupyter/jupyter_server_config.d/civis_nb.json``. Without JupyterLab, nothing imports it.
"""

from __future__ import annotations

from typing import Any

__all__: list[str] = []


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Return what Jupyter Server loads."""
    return [{"module": "civis_nb.lab"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Add the handlers to a Jupyter server."""
    from civis_nb.lab.handlers import add_handlers

    add_handlers(app.web_app)
