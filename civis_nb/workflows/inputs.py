"""What an execution is given, checked against the definition before it is started."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from civis_nb.errors import CivisInputError
from civis_nb.near_names import did_you_mean
from civis_nb.workflows.definition import read_definition

__all__ = ["check_inputs"]


def check_inputs(definition: str, given: Mapping[str, Any], tasks: Iterable[str] = ()) -> None:
    """Check that a workflow has these inputs and tasks, and that it misses no input.

    Parameters
    ----------
    definition
        Its YAML text.
    given
        The inputs by name.
    tasks
        The names of the tasks that are to run; none: all.

    Raises
    ------
    CivisInputError
        When there is no such input or task, or one that is required is not given.
    WorkflowValidationError
        When the definition can't be read.

    Examples
    --------
    >>> text = "{version: '2.0', workflow: {input: [day], tasks: {load: {action: std.noop}}}}"
    >>> check_inputs(text, {"dya": 1})
    Traceback (most recent call last):
    civis_nb.errors.CivisInputError: The workflow has no input 'dya'. Did you mean day?
    """
    workflow = read_definition(definition)
    for kind, names, known in (
        ("input", given, [each.name for each in workflow.input]),
        ("task", tasks, list(workflow.tasks)),
    ):
        for name in names:
            if name not in known:
                has = f" It has: {', '.join(known) or 'none'}."
                hint = did_you_mean(name, known) or has
                raise CivisInputError(f"The workflow has no {kind} {name!r}.{hint}")
    missing = [each.name for each in workflow.input if each.required and each.name not in given]
    if missing:
        raise CivisInputError(
            f"The workflow misses its input {', '.join(missing)}: give -a {missing[0]}=VALUE."
        )
