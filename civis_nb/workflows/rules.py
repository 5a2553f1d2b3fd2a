"""The rules of Civis Platform: a definition is valid if its official validator says so.

The rules are stricter than the language: no ``join: one``, no expression in place of a number.
Where the official validator has a gap, there is the same gap here, so that both always agree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from civis_nb.workflows.keys import ON, TRANSITION_COMMANDS
from civis_nb.workflows.problems import brief, hint
from civis_nb.workflows.reading import Path, Reading
from civis_nb.workflows.task_rules import check_task

__all__ = ["check_characters", "check_rules"]

#: A workflow whose name has this word in it is not looked at, nor a task with a line break in it.
_CHECKED_WORKFLOW = re.compile(r"(?:(?!version).)*\n?")
_CHECKED_TASK = re.compile(r".*\n?")


def check_characters(reading: Reading) -> None:
    """Refuse characters that are not ASCII, the first in each line."""
    if reading.source.text.isascii():
        return
    for number, line in enumerate(reading.source.lines, 1):
        if line.isascii():
            continue
        column, character = next((at, one) for at, one in enumerate(line, 1) if not one.isascii())
        name = unicodedata.name(character, "a character without a name").lower()
        text = f"{character!r} ({name}) is not ASCII: Civis Platform refuses it, even in comments."
        reading.refuse_at(number, column, text)


def check_rules(reading: Reading) -> None:
    """Refuse what the official validator refuses; add each problem to `reading`."""
    data = reading.source.data
    if not isinstance(data, dict):
        reading.refuse((), f"A definition must be a mapping, not {brief(data)}.{_path_hint(data)}")
        return
    _check_version(reading, data)
    names = [key for key in data if key != "version"]
    if not names:
        reading.refuse((), "The definition holds no workflow: add one, with its tasks below it.")
    for name in names[1:]:
        message = f"A definition holds 'version' and one workflow; {brief(name)} is too many."
        reading.refuse((name,), message, of_key=True)
    for name in names[:1]:
        if not isinstance(name, str):
            message = f"The name of a workflow must be text, not {brief(name)}: put it in quotes."
            reading.refuse((name,), message, of_key=True)
        else:
            _check_workflow(reading, name, data[name])


def _path_hint(data: Any) -> str:
    if isinstance(data, str) and data.endswith((".yml", ".yaml")):
        return f" Of a file, give the content: Path({data!r}).read_text()."
    return ""


def _check_version(reading: Reading, data: Mapping[Any, Any]) -> None:
    """Check that the version is the text ``2.0``."""
    if "version" not in data:
        reading.refuse((), "The definition has no version: begin it with version: '2.0'.")
    elif data["version"] != "2.0":
        version = data["version"]
        kind = "the number " if isinstance(version, (int, float)) else ""
        message = f"The version must be the text '2.0', in quotes, not {kind}{brief(version)}."
        reading.refuse(("version",), message)


def _check_workflow(reading: Reading, name: str, body: Any) -> None:
    """Check the workflow and its tasks."""
    path = (name,)
    is_checked = _CHECKED_WORKFLOW.fullmatch(name) is not None
    if not isinstance(body, dict):
        reading.refuse(path, f"A workflow must be a mapping with 'tasks', not {brief(body)}.")
        return
    if is_checked:
        for key in ("type", "description"):
            if key in body and not isinstance(body[key], str):
                message = f"{key!r} of the workflow must be text, not {brief(body[key])}."
                reading.refuse((*path, key), message)
        if "input" in body:
            _check_parameters(reading, (*path, "input"), body["input"])
        if "task-defaults" in body:
            defaults = body["task-defaults"]
            where = (*path, "task-defaults")
            check_task(reading, where, defaults, "'task-defaults'", is_default=True)
    tasks = body.get("tasks")
    if "tasks" not in body:
        reading.refuse(path, f"The workflow {name!r} has no 'tasks'.", of_key=True)
    elif not isinstance(tasks, dict) or (is_checked and not tasks):
        message = f"'tasks' must be a mapping of at least one task, not {brief(tasks)}."
        reading.refuse((*path, "tasks"), message)
    else:
        for key, task in tasks.items():
            _check_task(reading, (*path, "tasks", key), task, is_checked)
        _check_targets(reading, (*path, "tasks"), tasks)


def _check_task(reading: Reading, path: Path, task: Any, is_checked: bool) -> None:
    """Check a task; of one with a name that is not checked, only where it leads."""
    key = path[-1]
    if is_checked and not isinstance(key, str):
        message = f"The name of a task must be text, not {brief(key)}: put it in quotes."
        reading.refuse(path, message, of_key=True)
    elif is_checked and _CHECKED_TASK.fullmatch(str(key)):
        check_task(reading, path, task, f"the task {key!r}")
    elif not isinstance(task, dict):
        reading.refuse(path, f"A task must be a mapping, not {brief(task)}.")
    else:
        for on in ON:
            if not _has_targets(task.get(on)):
                message = f"{on!r} of the task {brief(key)} must be a task or a list of tasks."
                reading.refuse((*path, on), message)


def _has_targets(value: Any) -> bool:
    """Return whether the targets of a task that is not looked at can be found nevertheless."""
    if isinstance(value, dict):
        return _has_targets(value.get("next"))
    if isinstance(value, list):
        return all(isinstance(item, (str, dict)) for item in value)
    return value is None or isinstance(value, str)


def _check_parameters(reading: Reading, path: Path, value: Any) -> None:
    """Check the declared parameters of the workflow."""
    if not isinstance(value, list):
        message = (
            "'input' of the workflow must be a list of parameters, each 'name' or 'name: default'"
        )
        reading.refuse(path, f"{message}, not {brief(value)}.")
        return
    for index, item in enumerate(value):
        if not isinstance(item, (str, dict)):
            message = f"A parameter must be 'name' or 'name: default', not {brief(item)}."
            reading.refuse((*path, index), message)


def _check_targets(reading: Reading, path: Path, tasks: Mapping[Any, Any]) -> None:
    """Check that each transition leads to another task or a command."""
    known = {*tasks, *TRANSITION_COMMANDS}
    for name, task in tasks.items():
        if not isinstance(task, dict):
            continue
        for key in ON:
            for below, target, is_key in _targets((*path, name, key), task.get(key)):
                if target == name:
                    message = f"The task {brief(name)} leads to itself in {key!r}: use 'retry'."
                elif target not in known:
                    message = f"{key!r} of the task {brief(name)} leads to {brief(target)}"
                    message += ", which is no task of this workflow." + _target_hint(target, known)
                else:
                    continue
                reading.refuse(below, message, of_key=is_key)


def _target_hint(target: Any, known: set[Any]) -> str:
    command = re.match(r"(fail|pause|succeed)\b", str(target))
    if command is not None:
        return f" Civis Platform takes no message here: write {command.group()}."
    if target == "noop":
        return " Leave it out, or name a task whose action is std.noop."
    return hint(target, (name for name in known if isinstance(name, str)))


def _targets(path: Path, value: Any) -> list[tuple[Path, Any, bool]]:
    """Return the place and name of each target, and whether the name is a key there."""
    if isinstance(value, str):
        return [(path, value, False)]
    if isinstance(value, dict):
        return _targets((*path, "next"), value.get("next"))
    found: list[tuple[Path, Any, bool]] = []
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            first = next(iter(item), None)
            found.append(((*path, index, first), first, True))
        elif isinstance(item, str):
            found.append(((*path, index), item, False))
    return found
