"""What live views share: requests from the front end, answered by messages with the same id."""

from __future__ import annotations

import logging
from typing import Any, ClassVar, TypeAlias

import anywidget
import traitlets

from civis_nb.errors import CivisError, CivisInputError
from civis_nb.widgets.modules import script, style

__all__ = ["Answer", "LiveView"]

log = logging.getLogger(__name__)

#: The fields of an answer, and the binary buffers that go with it.
Answer: TypeAlias = tuple[dict[str, Any], list[bytes]]


class LiveView(anywidget.AnyWidget):
    """A view whose state is in traits, and which answers requests of its front end.

    A request is a message ``{id, kind, …}``. Exactly one message answers it: ``{id, …}`` with what
    `answer` gave, or ``{id, error}``. Requests may come in several threads (subshells of the
    kernel handle messages while a cell runs), so `answer` must be safe in them.

    Attributes
    ----------
    module, styles
        The files of ``static/`` that the front end consists of: a module whose default export is
        ``{ initialize, render }``, and style sheets.
    """

    module: ClassVar[str]
    styles: ClassVar[tuple[str, ...]] = ("common.css",)

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)

    def __init__(self, **state: Any) -> None:
        super().__init__(_esm=script(self.module), _css=style(*self.styles), **state)
        if hasattr(self.comm, "_reply_subshell_for"):
            # ipykernel would hand all requests to the thread that sent the last message, which may
            # be that of a running cell; the front end knows of a way beside it, and chose that.
            self.comm._reply_subshell_for = _as_sent
        self.on_msg(self._received)

    def answer(self, kind: str, request: dict[str, Any]) -> Answer:  # noqa: ARG002 - for subclasses
        """Return the answer to a request.

        Raises
        ------
        CivisError
            When it can't be answered; the view shows the message.
        """
        raise CivisInputError(f"{type(self).__name__} answers no request {kind!r}.")

    def as_widget(self) -> dict[str, Any]:
        """Return the view as an output of its own, which is nothing without its kernel."""
        bundle, _ = super()._repr_mimebundle_() or ({}, {})
        return bundle

    def _received(self, _: object, content: Any, buffers: Any) -> None:  # noqa: ARG002 - ipywidgets'
        """Answer a message of the front end, with an error where that fails."""
        if not isinstance(content, dict) or "id" not in content:
            log.warning("%s got a message without an id", type(self).__name__)
            return
        try:
            fields, binary = self.answer(str(content.get("kind")), content)
        except CivisError as error:
            fields, binary = {"error": str(error)}, []
        except Exception as error:
            # Else the view would wait for ever, and nobody sees what a message handler raises.
            log.exception("%s can't answer %r", type(self).__name__, content.get("kind"))
            fields, binary = {"error": f"{type(error).__name__}: {error}"}, []
        self.send({"id": content["id"], **fields}, binary)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def _as_sent(_: object, subshell_id: str | None) -> str | None:
    """Return the subshell that the front end sent a message to."""
    return subshell_id
