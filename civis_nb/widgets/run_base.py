"""What the live views of runs share."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from civis_nb.errors import CivisInputError
from civis_nb.widgets.base import Answer
from civis_nb.widgets.in_place import InPlace

if TYPE_CHECKING:
    from civis_nb.display.activity import Picture
    from civis_nb.display.run_view import RunView

__all__ = ["RunsView", "whole_number", "without_clock"]

#: Seconds between messages to a view when nothing changes: they show that the kernel is there.
_HEARTBEAT_S: Final = 5.0


class RunsView(InPlace):
    """A view of runs.

    Attributes
    ----------
    on_repeat_end
        Called with the end of a run that a reader has started in the view once more.
    """

    styles: ClassVar[tuple[str, ...]] = ("common.css", "run.css")

    def __init__(self) -> None:
        self._updated_s = 0.0
        self.on_repeat_end: Callable[[RunView], None] | None = None
        super().__init__()

    def update(self, data: Mapping[str, Any], picture: Picture | None = None) -> None:
        """Show what is known now, as plain data, and what it consists of."""
        raise NotImplementedError

    def answer(self, kind: str, request: dict[str, Any]) -> Answer:
        """Return the answer to a request of the front end."""
        # Whether this is answered while a cell runs decides what the view can offer.
        return ({}, []) if kind == "hello" else super().answer(kind, request)

    def _needs_update(self, changed: bool) -> bool:
        """Return whether the front end is to hear: of what changed, or that the kernel is there."""
        now = time.monotonic()
        if not changed and now - self._updated_s < _HEARTBEAT_S:
            return False
        self._updated_s = now
        return True


def without_clock(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of a run but for what changes all the time: the view counts on."""
    return {name: value for name, value in run.items() if name not in ("elapsed_s", "beat")}


def whole_number(request: Mapping[str, Any], name: str) -> int:
    """Return a number of a request.

    Raises
    ------
    CivisInputError
        When it is none.
    """
    value = request.get(name, 0)
    if not isinstance(value, int):
        raise CivisInputError(f"{name} can't be {value!r}: it is a number.")
    return value
