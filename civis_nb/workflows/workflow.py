"""A workflow as people see it: its picture, and what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from civis_nb.display.html import el, join, scroll_box
from civis_nb.errors import CivisInputError
from civis_nb.workflows.check import check_workflow
from civis_nb.workflows.definition import read_definition
from civis_nb.workflows.graph import WorkflowGraph, workflow_graph
from civis_nb.workflows.model import WorkflowDefinition
from civis_nb.workflows.picture import edge_legend, graph_svg
from civis_nb.workflows.problems import Problems
from civis_nb.workflows.states import NodeState
from civis_nb.workflows.text_picture import graph_text

__all__ = ["Workflow"]

#: Larger graphs are shown as text: a page with their drawing would not scroll smoothly.
_MAX_DRAWN = 1_000
_MAX_PROBLEMS = 10
_DARK = "@media (prefers-color-scheme: dark) { svg { color: #e6e6e6; background: #111 } }"


class Workflow:
    """A workflow definition that shows itself as a graph; nothing is sent to Civis Platform.

    Make one with `Workflow.from_yaml`.

    Attributes
    ----------
    yaml : str
        The definition as it was written.
    definition : WorkflowDefinition
        The same as records.

    Examples
    --------
    >>> Workflow.from_yaml('''
    ... version: '2.0'
    ... workflow:
    ...   tasks:
    ...     load: {action: civis.run_job, input: {job_id: 1}, on-success: [report]}
    ...     report: {action: std.echo, input: {output: loaded}}
    ... ''')
    workflow, 2 tasks
    load       civis.run_job
    ✓ report   std.echo
    """

    def __init__(self, yaml: str, definition: WorkflowDefinition) -> None:
        self.yaml = yaml
        self.definition = definition

    @classmethod
    def from_yaml(cls, source: str | os.PathLike[str]) -> Workflow:
        """Return the workflow that a YAML text, or a file, defines.

        Parameters
        ----------
        source
            The text; or the path of a file, as a `pathlib.Path` or as text that ends with
            ``.yml`` or ``.yaml``.

        Raises
        ------
        WorkflowValidationError
            When it is not in the language of workflows. What Civis Platform alone refuses, such
            as ``join: one``, is shown with the workflow: see `problems`.
        CivisInputError
            When the file can't be read.
        """
        yaml = _read(source)
        return cls(yaml, read_definition(yaml))

    @cached_property
    def graph(self) -> WorkflowGraph:
        """The tasks, and what leads from one to another."""
        return workflow_graph(self.definition)

    @cached_property
    def problems(self) -> Problems:
        """What `check_workflow` finds: errors and warnings, in the order of the text."""
        return check_workflow(self.yaml)

    @property
    def is_valid(self) -> bool:
        """Whether the official validator of Civis Platform takes the definition."""
        return not any(problem.severity == "error" for problem in self.problems)

    def to_svg(self, states: Mapping[str, NodeState] | None = None) -> str:
        """Return the picture as the text of an SVG file, for light and dark pages.

        Parameters
        ----------
        states
            The states of tasks by name, where an execution is shown.

        Examples
        --------
        >>> from pathlib import Path
        >>> workflow = Workflow.from_yaml("{version: '2.0', workflow: {tasks: {a: {}}}}")
        >>> workflow.to_svg().startswith("<svg")
        True
        """
        drawn = graph_svg(self.graph, states, label=self._title())
        head, rest = drawn.split(">", 1)
        return f"{head}>{el('style', _DARK)}{rest}"

    def to_text(self, states: Mapping[str, NodeState] | None = None) -> str:
        """Return the picture as lines of text.

        Parameters
        ----------
        states
            The states of tasks by name, where an execution is shown.
        """
        return graph_text(self.graph, states)

    def to_html(self, states: Mapping[str, NodeState] | None = None) -> str:
        """Return the picture as HTML without any script, with the same as text below it.

        Parameters
        ----------
        states
            The states of tasks by name, where an execution is shown.
        """
        text = el("pre", self.to_text(states), style="margin:0;line-height:1.3")
        notes = [el("pre", line, style="white-space:pre-wrap") for line in self._problem_lines()]
        title = el("div", el("strong", self._title()), f" {self._legend()}")
        if len(self.graph.nodes) > _MAX_DRAWN:
            return join(title, scroll_box(text, self._title()), *notes)
        drawn = scroll_box(graph_svg(self.graph, states, label=self._title()), self._title())
        return join(title, drawn, el("details", el("summary", "As text"), text), *notes)

    def _title(self) -> str:
        count = len(self.definition.tasks)
        return f"{self.definition.name}, {count:,} task{'' if count == 1 else 's'}"

    def _legend(self) -> str:
        kinds = {edge.kind for edge in self.graph.edges}
        return f"({edge_legend(self.graph.edges)})" if kinds - {"success"} else ""

    def _problem_lines(self) -> list[str]:
        if not self.problems:
            return []
        return [repr(Problems(self.problems[:_MAX_PROBLEMS]))]

    def __repr__(self) -> str:
        return "\n".join([self._title(), self.to_text(), *self._problem_lines()])

    def _repr_html_(self) -> str:
        return self.to_html()


def _read(source: Any) -> str:
    """Return the text of a definition, which is given as text or as a path."""
    if isinstance(source, str) and ("\n" in source or not source.endswith((".yml", ".yaml"))):
        return source
    if not isinstance(source, (str, os.PathLike)):
        raise CivisInputError(
            f"A workflow is given as YAML text or as a path, not as {type(source).__name__}."
        )
    try:
        return Path(source).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CivisInputError(f"The file {os.fspath(source)!r} can't be read: {error}.") from None
