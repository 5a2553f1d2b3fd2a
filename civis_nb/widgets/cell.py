"""A cell in a front end that shows widgets: runs are a live view there."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar, Final

from civis_nb.display.followed import FollowedRun
from civis_nb.display.group_view import FollowedRuns, GroupView
from civis_nb.display.progress_view import ProgressView
from civis_nb.display.run_view import RunView
from civis_nb.display.screens import BackgroundCell, NotebookCell, Output, View
from civis_nb.widgets.where import outputs_are_isolated

if TYPE_CHECKING:
    from civis_nb.display.activity import Picture
    from civis_nb.widgets.run_base import RunsView

__all__ = ["BackgroundWidgetCell", "WidgetCell"]

#: Views of runs that have ended are kept, with their logs, until so many newer ones have.
_KEPT_VIEWS: Final = 20


class WidgetCell(NotebookCell):
    """The output of a running cell, where a run, or a group of them, is a live view.

    The cell holds text and HTML that need no kernel, as at the start, when it is known which run it
    is, and at the end of the work. While there is a kernel, the live view takes their place on the
    page.

    Parameters
    ----------
    output
        As for `NotebookCell`.
    """

    #: For the whole process, since it is the memory of one kernel that they take.
    _ended: ClassVar[deque[RunsView]] = deque()

    def __init__(self, output: Output | None = None) -> None:
        super().__init__(output)
        self._followed: object = None
        self._panel: RunsView | None = None
        #: The ids of the run that the cell names, as far as they are known.
        self._named: tuple[int | None, int | None] | None = None

    def draw(self, view: View) -> None:
        """Show what goes on: runs that are followed as a live view, others as text."""
        if isinstance(view, ProgressView) or view.followed is None:
            self._close()
            super().draw(view)
        elif self._panel is not None and self._followed is view.followed:
            self._panel.update(view.data(), _picture(view))
            if _ids(view) != self._named and not outputs_are_isolated():
                # Where the kernel is lost, this is what tells which run it was.
                self._named = _ids(view)
                super().draw(_InPlace(view, self._panel))
        else:
            self._close()
            self._followed = view.followed
            self._named = _ids(view)
            self._panel = panel = self._context.run(_panel_of, view.followed)
            panel.update(view.data(), _picture(view))
            super().draw(_InPlace(view, panel, with_widget=outputs_are_isolated()))

    def clear(self, *, whole_cell: bool = False) -> None:
        """Leave nothing to be seen."""
        super().clear(whole_cell=whole_cell)
        self._close()

    def show(self, view: Any) -> None:
        """Show a view that stays, in place of what was drawn."""
        panel = self._panel
        if panel is None or not isinstance(view, RunView | GroupView):
            super().show(view)
            self._close()
            return
        self._panel = self._followed = None
        panel.update(view.data(), _picture(view))
        handle, context = self._handle, self._context.copy()
        super().show(_InPlace(view, panel))
        # A run that a reader starts once more ends in the same output.
        panel.on_repeat_end = lambda end: context.run(
            self._output.show, _InPlace(end, panel), handle
        )
        self._ended.append(panel)
        while len(self._ended) > _KEPT_VIEWS:
            self._ended.popleft().close()

    def _close(self) -> None:
        panel, self._panel, self._followed = self._panel, None, None
        if panel is not None:
            panel.close()


class BackgroundWidgetCell(WidgetCell, BackgroundCell):
    """The output of a cell that has ended, where a run that goes on is a live view."""


def _picture(view: RunView | GroupView) -> Picture | None:
    """Return what a run consists of."""
    return view.activity.picture if isinstance(view, RunView) else None


def _ids(view: RunView | GroupView) -> tuple[int | None, int | None] | None:
    """Return the ids of a run; None of several runs."""
    return (view.activity.job_id, view.activity.run_id) if isinstance(view, RunView) else None


def _panel_of(followed: FollowedRun | FollowedRuns) -> RunsView:
    """Return a live view of what is followed."""
    from civis_nb.widgets.group import GroupPanel
    from civis_nb.widgets.run import RunPanel

    return RunPanel(followed) if isinstance(followed, FollowedRun) else GroupPanel(followed)


class _InPlace:
    """A view as an output whose place on the page a live view takes.

    Parameters
    ----------
    view
        What the notebook keeps.
    panel
        The live view.
    with_widget
        Whether the output is the live view itself, in front ends where views can't reach the HTML
        of another output; what stays in the end is not.
    """

    def __init__(
        self, view: RunView | GroupView, panel: RunsView, *, with_widget: bool = False
    ) -> None:
        self._view = view
        self._panel = panel
        self._with_widget = with_widget

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle = self._view._repr_mimebundle_()
        if self._with_widget:
            return {**bundle, **self._panel.as_widget(), "text/plain": bundle["text/plain"]}
        if "text/html" in bundle:
            bundle["text/html"] = self._panel.in_place_of(bundle["text/html"])
        return bundle
