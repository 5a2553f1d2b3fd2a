"""Checking a definition: the verdict of Civis Platform's validator, and warnings beyond it."""

from __future__ import annotations

from civis_nb.errors import WorkflowValidationError
from civis_nb.workflows.definition import read_workflow
from civis_nb.workflows.flow import check_flow
from civis_nb.workflows.problems import Problems, failure
from civis_nb.workflows.reading import Reading
from civis_nb.workflows.references import check_expressions
from civis_nb.workflows.rules import check_characters, check_rules
from civis_nb.workflows.yaml_text import read_yaml

__all__ = ["check_workflow", "validate_workflow_yaml"]


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


def check_workflow(wf_def: str, /) -> Problems:
    """Return all that is wrong with a workflow definition, and what likely is.

    Parameters
    ----------
    wf_def
        The definition, as YAML text.

    Returns
    -------
    tuple of Problem
        In the order of the text. Those with the severity ``"error"`` are why
        `validate_workflow_yaml` refuses it. The others are warnings: the definition is valid, but
        something in it can't work.

    Examples
    --------
    >>> for problem in check_workflow('''
    ... version: '2.0'
    ... workflow:
    ...   tasks:
    ...     hello:
    ...       action: std.echo
    ...       action: std.noop
    ... '''):
    ...     print(problem.severity, problem)
    warning line 7, column 7: The key 'action' was there before, in line 6: the last one counts.
        7 |       action: std.noop
          |       ^
    """
    try:
        source = read_yaml(wf_def)
    except WorkflowValidationError as error:
        if not error.problems:  # it is no text
            raise
        return Problems(error.problems)
    reading = Reading(source)
    check_characters(reading)
    check_rules(reading)
    found = list(reading.problems)
    if not found:
        lenient = Reading(source, severity="warning")
        definition = read_workflow(lenient)
        if definition is not None and not lenient.problems:
            check_flow(lenient, definition)
            check_expressions(lenient, definition)
        found += lenient.problems
    for double in source.duplicates:
        message = f"The key {double.key!r} was there before, in line {double.first.line}"
        found.append(source.problem_at(double.place, f"{message}: the last one counts.", "warning"))
    # What an alias repeats is said once.
    return Problems(sorted(dict.fromkeys(found), key=lambda problem: problem.place))
