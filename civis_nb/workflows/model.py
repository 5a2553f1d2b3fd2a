"""A workflow definition as frozen records: what was written, read into one form.

Values that may be given as expressions (``<% … %>``) are kept as they were written: as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

__all__ = [
    "ENGINE_COMMANDS",
    "Branch",
    "InputParameter",
    "ItemSource",
    "Position",
    "Retry",
    "TaskDefinition",
    "Transition",
    "WorkflowDefinition",
]

#: What a transition may name in place of a task.
ENGINE_COMMANDS = ("fail", "noop", "pause", "succeed")

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the YAML text, both numbers from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


@dataclass(frozen=True, slots=True)
class InputParameter:
    """A parameter of a workflow.

    Attributes
    ----------
    name
        What expressions call it: ``$.name``.
    required
        Whether an execution must give it: it was written as a bare name.
    default
        Its value where an execution gives none.
    """

    name: str
    required: bool
    default: Any = None


@dataclass(frozen=True, slots=True)
class Transition:
    """What follows a task.

    Attributes
    ----------
    target
        The name of a task, or an engine command (`ENGINE_COMMANDS`); a task of that name wins.
    guard
        The condition: an expression, or a boolean; None where there is none.
    message
        What an engine command says (``fail(msg="…")``), perhaps with expressions.
    """

    target: str
    guard: str | bool | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """What happens when a task has ended in one way: one of its ``on-…`` keys.

    Attributes
    ----------
    targets
        What follows, in order.
    publish
        Variables for the tasks that follow.
    publish_global
        Variables for the whole execution.
    """

    targets: tuple[Transition, ...] = ()
    publish: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    publish_global: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class ItemSource:
    """A part of ``with-items``: ``name in items``.

    Attributes
    ----------
    name
        The variable that holds one item.
    items
        An expression, or the items themselves.
    """

    name: str
    items: str | tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Retry:
    """How often, and when, a task is tried again.

    Attributes
    ----------
    count
        Attempts after the first.
    delay_s
        Seconds between attempts.
    break_on
        The condition on which it is not tried again after a failure.
    continue_on
        The condition on which it is tried again after a success.
    """

    count: int | str = 0
    delay_s: float | str = 0
    break_on: str | bool | None = None
    continue_on: str | bool | None = None


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """A task; what ``task-defaults`` say is in it already.

    Attributes
    ----------
    name, description
        The key of the task, and what was written about it.
    action
        The name of the action, ``std.noop`` where none was written.
    input
        The arguments of the action; text if they are one expression.
    publish, publish_on_error
        Variables for the tasks that follow, after a success and after a failure.
    on_success, on_error, on_complete
        What follows.
    join
        ``"all"``, or the number of tasks before it that must have led here; None: each of them
        starts the task anew.
    with_items
        The variables of a task that runs once for each item; empty for other tasks.
    concurrency
        How many items run at once; None: all.
    retry
        None: the task is tried once.
    timeout_s, wait_before_s, wait_after_s
        Seconds; None where not written.
    pause_before, fail_on, keep_result, safe_rerun
        As in the language of workflows.
    requires
        Of a reverse workflow: the tasks that must have succeeded before this one.
    target
        The executor that was asked for.
    place
        Where the task's name stands.
    """

    name: str
    action: str
    place: Position
    description: str = ""
    input: Mapping[str, Any] | str = field(default_factory=lambda: _NOTHING)
    publish: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    publish_on_error: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    on_success: Branch = Branch()
    on_error: Branch = Branch()
    on_complete: Branch = Branch()
    join: Literal["all"] | int | None = None
    with_items: tuple[ItemSource, ...] = ()
    concurrency: int | str | None = None
    retry: Retry | None = None
    timeout_s: float | str | None = None
    wait_before_s: float | str | None = None
    wait_after_s: float | str | None = None
    pause_before: bool | str = False
    fail_on: bool | str | None = None
    requires: tuple[str, ...] = ()
    keep_result: bool | str = True
    safe_rerun: bool | str = False
    target: str | None = None

    @property
    def branches(self) -> Mapping[str, Branch]:
        """The branches by the key that they were written under."""
        return {
            "on-success": self.on_success,
            "on-error": self.on_error,
            "on-complete": self.on_complete,
        }


@dataclass(frozen=True, slots=True)
class WorkflowDefinition:
    """A workflow.

    Attributes
    ----------
    version
        ``"2.0"``.
    name
        The key of the workflow. Civis Platform does not use it, but shows the parameters of a
        workflow only if it is called ``workflow``.
    type
        ``"direct"``: tasks start what follows them. ``"reverse"``: a task is asked for, and
        what it requires runs before it.
    description
        What was written about it.
    input
        The parameters, in order.
    output, output_on_error
        What an execution returns, with expressions; None where not written.
    tasks
        The tasks by name, in order.
    """

    version: str
    name: str
    type: Literal["direct", "reverse"]
    tasks: Mapping[str, TaskDefinition]
    description: str = ""
    input: tuple[InputParameter, ...] = ()
    output: Any = None
    output_on_error: Any = None
