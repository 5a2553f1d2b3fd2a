"""How our objects show themselves: text always, HTML unless the user wants plain text only."""

from __future__ import annotations

from typing import Any

from civis_nb import config
from civis_nb.display.html import DIM, Html, el

__all__ = ["Displayable", "Note"]


class Displayable:
    """Something with a ``__repr__`` for terminals and an HTML for pages.

    The setting ``display`` at text leaves only the first.
    """

    def _html(self) -> Html:
        raise NotImplementedError

    def _plain(self) -> str:
        """Return the text that a notebook keeps."""
        return repr(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle = {"text/plain": self._plain()}
        if config.get("display") != "text":
            bundle["text/html"] = str(self._html())
        return bundle


class Note(Displayable):
    """One line for a person.

    Parameters
    ----------
    text
        The line.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text

    def _html(self) -> Html:
        return el("div", self._text, style=DIM)
