"""The live view of many runs: how many are in which state, and a row for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from civis_nb.display.group_view import FollowedRuns
from civis_nb.widgets.base import Answer
from civis_nb.widgets.run_base import RunsView, whole_number, without_clock

if TYPE_CHECKING:
    from civis_nb.display.activity import Picture

__all__ = ["GroupPanel"]


class GroupPanel(RunsView):
    """The live view of many runs.

    Parameters
    ----------
    followed
        What can be done to them.

    Attributes
    ----------
    group
        What is known of the runs, as plain data.
    """

    module: ClassVar[str] = "run_group.js"

    group = traitlets.Dict().tag(sync=True)

    def __init__(self, followed: FollowedRuns) -> None:
        self._followed = followed
        super().__init__()

    def update(self, data: Mapping[str, Any], picture: Picture | None = None) -> None:  # noqa: ARG002 - runs have none
        """Show what is known of the runs now, as plain data."""
        if self._needs_update(_without_clock(data) != _without_clock(self.group)):
            self.group = {**data, "beat": self.group.get("beat", 0) + 1}

    def answer(self, kind: str, request: dict[str, Any]) -> Answer:
        """Return the answer to a request of the front end."""
        if kind == "cancel_all":
            return {"text": self._followed.cancel_all()}, []
        if kind == "cancel":
            return {"text": self._followed.cancel(whole_number(request, "place"))}, []
        return super().answer(kind, request)


def _without_clock(group: Mapping[str, Any]) -> dict[str, Any]:
    """Return a group without the times that go on by themselves."""
    rows = [without_clock(row) for row in group.get("runs", ())]
    return {**without_clock(group), "runs": rows}
