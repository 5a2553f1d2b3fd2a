"""Live views that are shown in the place of static HTML."""

from __future__ import annotations

import secrets

import traitlets

from civis_nb.widgets.base import LiveView
from civis_nb.widgets.where import mount_point

__all__ = ["InPlace"]


class InPlace(LiveView):
    """A view whose output in the notebook is HTML that needs no kernel.

    While there is a kernel, the page shows the view where that HTML is (static/mount.js).

    Attributes
    ----------
    anchor
        The id of that HTML.
    """

    anchor = traitlets.Unicode(read_only=True).tag(sync=True)

    @traitlets.default("anchor")
    def _new_anchor(self) -> str:
        return secrets.token_hex(8)

    def in_place_of(self, html: str) -> str:
        """Return HTML whose place on the page this view takes."""
        return mount_point(html, self.anchor)
