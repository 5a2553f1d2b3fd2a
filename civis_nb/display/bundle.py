"""How our objects show themselves: text always, HTML unless the user wants plain text only."""

from __future__ import annotations

from typing import Any

from civis_nb import config
from civis_nb.display.html import Html

__all__ = ["Shown"]


class Shown:
    """Something with a ``__repr__`` for terminals and an HTML for pages.

    The setting ``display`` at text leaves only the first.
    """

    def _html(self) -> Html:
        raise NotImplementedError

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle = {"text/plain": repr(self)}
        if config.get("display") != "text":
            bundle["text/html"] = str(self._html())
        return bundle
