"""Checking a definition: the verdict of Civis Platform's validator, and warnings beyond it."""

from __future__ import annotations

from civis_nb.workflows.problems import failure
from civis_nb.workflows.reading import Reading
from civis_nb.workflows.rules import check_characters, check_rules
from civis_nb.workflows.yaml_text import read_yaml

__all__ = ["validate_workflow_yaml"]


def validate_workflow_yaml(wf_def: str, /) -> None:
    """Raise an error if a workflow definition is not valid on Civis Platform.

    The verdict is that of the official validator, ``civis.workflows.validate_workflow_yaml``;
    only definitions that are endless, or very large once their YAML aliases are written out, are
    refused here and not there.

    Parameters
    ----------
    wf_def
        The definition, as YAML text.

    Raises
    ------
    WorkflowValidationError
        When it is not valid. The message tells each problem with its line and column; the
        attribute ``problems`` has them one by one.

    Examples
    --------
    >>> validate_workflow_yaml('''
    ... version: '2.0'
    ... workflow:
    ...   tasks:
    ...     hello:
    ...       action: std.eco
    ... ''')
    Traceback (most recent call last):
    ...
    civis_nb.errors.WorkflowValidationError: The workflow definition is not valid: 1 problem.
    <BLANKLINE>
    line 6, column 15: 'std.eco' in the task 'hello' is no action. Did you mean 'std.echo'?
        6 |       action: std.eco
          |               ^
    """
    reading = Reading(read_yaml(wf_def))
    check_characters(reading)
    check_rules(reading)
    if reading.problems:
        raise failure(reading.problems)
