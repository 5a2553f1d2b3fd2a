"""The way from the client's objects to their HTML, which the display layer makes."""

from __future__ import annotations

__all__ = ["html_of"]


def html_of(maker: str, value: object) -> str | None:
    """Return the HTML of `value` from the display layer; None where there is none.

    The client stands below the display and does not need it, so it is looked up by name.
    """
    from importlib import import_module

    try:
        responses = import_module("civis_nb.display.responses")
    except ImportError:
        return None
    html: str = getattr(responses, maker)(value)
    return html
