"""From the YAML of a workflow to records (`civis_nb.workflows.model`).

What the language has is read, also where the official validator of Civis Platform forbids it
(``join: one``, expressions in place of numbers, ``fail(msg="…")``): what was stored can be run.
`civis_nb.workflows.validate_workflow_yaml` is the stricter judge.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Literal

from civis_nb.workflows.keys import TASK_KEYS
from civis_nb.workflows.model import InputParameter, TaskDefinition, WorkflowDefinition
from civis_nb.workflows.problems import brief, failure
from civis_nb.workflows.reading import Path, Reading
from civis_nb.workflows.tasks import TaskReader
from civis_nb.workflows.yaml_text import read_yaml

__all__ = ["read_definition", "read_workflow"]


def read_definition(text: str) -> WorkflowDefinition:
    """Return the workflow that a YAML text defines.

    Parameters
    ----------
    text
        The definition: a version, and one workflow.

    Raises
    ------
    WorkflowValidationError
        When it is no YAML, or not in the language of workflows. Its attribute ``problems`` has
        everything that was found.

    Examples
    --------
    >>> definition = read_definition('''
    ... version: '2.0'
    ... workflow:
    ...   tasks:
    ...     hello:
    ...       action: std.echo
    ...       input: {output: Hello}
    ... ''')
    >>> definition.tasks["hello"].action
    'std.echo'
    """
    reading = Reading(read_yaml(text))
    definition = read_workflow(reading)
    if definition is None or reading.problems:
        raise failure(reading.problems)
    return definition


def read_workflow(reading: Reading) -> WorkflowDefinition | None:
    """Return the workflow; None where there is none. What is wrong is added to `reading`."""
    data = reading.source.data
    if not isinstance(data, dict):
        message = "A definition must be a mapping that holds a version and a workflow"
        reading.refuse((), f"{message}, not {brief(data)}.")
        return None
    name = _name(reading, data)
    body = None if name is None else data[name]
    if name is None or not isinstance(body, dict):
        if name is not None:
            reading.refuse(
                (name,), f"A workflow must be a mapping with 'tasks', not {brief(body)}."
            )
        return None
    return WorkflowDefinition(
        version="2.0",
        name=name,
        type=_type(reading, name, body.get("type", "direct")),
        tasks=MappingProxyType(_tasks(reading, name, body)),
        description=str(body.get("description") or ""),
        input=_input(reading, (name, "input"), body.get("input")),
        output=body.get("output"),
        output_on_error=body.get("output-on-error"),
    )


def _name(reading: Reading, data: dict[Any, Any]) -> str | None:
    """Return the key of the workflow, and check the version; None where there is not just one."""
    version = data.get("version")
    if isinstance(version, bool) or str(version) not in ("2", "2.0"):
        reading.refuse(("version",), f"A definition has version: '2.0'; this has {brief(version)}.")
    names = [key for key in data if key != "version"]
    if not names:
        text = "The definition holds no workflow: give it a key 'workflow', with 'tasks' below it."
        reading.refuse((), text)
    elif len(names) > 1:
        listed = ", ".join(brief(name) for name in names[:5])
        text = f"A definition holds 'version' and one workflow; this has {listed}."
        reading.refuse((names[1],), text, of_key=True)
    elif not isinstance(names[0], str):
        text = f"The name of a workflow must be text, not {brief(names[0])}."
        reading.refuse((names[0],), text, of_key=True)
    else:
        return names[0]
    return None


def _type(reading: Reading, name: str, value: Any) -> Literal["direct", "reverse"]:
    if value in ("direct", "reverse"):
        return value  # type: ignore[no-any-return]
    message = f"The type of a workflow must be 'direct' or 'reverse', not {brief(value)}."
    reading.refuse((name, "type"), message)
    return "direct"


def _input(reading: Reading, path: Path, value: Any) -> tuple[InputParameter, ...]:
    """Return the parameters of the workflow."""
    found: dict[str, InputParameter] = {}
    for index, item in enumerate(reading.items(path, value, "'input' of the workflow")):
        if isinstance(item, str):
            found[item] = InputParameter(item, required=True)
        elif isinstance(item, dict) and item and all(isinstance(key, str) for key in item):
            for key, default in item.items():
                found[key] = InputParameter(key, required=False, default=default)
        else:
            message = f"A parameter is written as 'name' or 'name: default', not {brief(item)}."
            reading.refuse((*path, index), message)
    return tuple(found.values())


def _tasks(reading: Reading, name: str, body: dict[str, Any]) -> dict[str, TaskDefinition]:
    """Return the tasks by name."""
    path = (name, "tasks")
    raw = reading.mapping(path, body.get("tasks"), "'tasks'")
    if not raw:
        reading.refuse(
            path, f"The workflow {name!r} needs 'tasks': a mapping of at least one task."
        )
    defaults_path = (name, "task-defaults")
    defaults = reading.mapping(defaults_path, body.get("task-defaults"), "'task-defaults'")
    reading.known_keys(defaults_path, defaults, TASK_KEYS, "'task-defaults'")
    reader = TaskReader(reading, frozenset(filter(_is_text, raw)), defaults, name)
    places = reading.source.child_places(path)
    tasks = {}
    for key, task in raw.items():
        if _is_text(key):
            own = reading.mapping((*path, key), task, f"The task {key!r}")
            reading.known_keys((*path, key), own, TASK_KEYS, f"The task {key!r}")
            tasks[key] = reader.read(key, own, places[key])
    return tasks


def _is_text(key: object) -> bool:
    return isinstance(key, str)
