"""The rules of Civis Platform about the keys of one task, or of ``task-defaults``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from civis_nb.workflows.actions import ActionInput, action_input, sync_input
from civis_nb.workflows.keys import ACTIONS, ON, TASK_KEYS
from civis_nb.workflows.problems import brief, hint
from civis_nb.workflows.reading import Path, Reading

__all__ = ["check_task"]

_LONGEST_NAME = 255
_RESERVED = ("noop", "fail", "succeed", "pause")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _from(least: int) -> Callable[[Any], bool]:
    return lambda value: _is_number(value) and not value < least


def _is_name(value: Any) -> bool:
    return _is_text(value) and len(value) <= _LONGEST_NAME and value not in _RESERVED


def _is_join(value: Any) -> bool:
    is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return value == "all" or (_is_number(value) and is_whole and value >= 1)


def _is_text_or_texts(value: Any) -> bool:
    return _is_text(value) or (_is_list(value) and all(map(_is_text, value)))


_RETRY: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "count": (_from(0), "a number from 0 on"),
    "delay": (_from(0), "a number of seconds from 0 on"),
    "break-on": (_is_text, "an expression"),
    "continue-on": (_is_text, "an expression"),
}
#: key -> whether its value is allowed, and what is
_VALUES: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "name": (
        _is_name,
        f"text of at most {_LONGEST_NAME} characters that is none of {', '.join(_RESERVED)}",
    ),
    "description": (_is_text, "text"),
    "publish": (_is_mapping, "a mapping of variables"),
    "publish-on-error": (_is_mapping, "a mapping of variables"),
    "join": (_is_join, "'all' or a whole number from 1 on"),
    "requires": (_is_list, "a list of tasks"),
    "with-items": (_is_text_or_texts, "text like 'x in <% $.list %>', or a list of such texts"),
    "keep-result": (_is_boolean, "true or false"),
    "target": (_is_text, "text"),
    "pause-before": (_is_boolean, "true or false"),
    "wait-before": (_from(0), "a number of seconds from 0 on"),
    "wait-after": (_from(0), "a number of seconds from 0 on"),
    "fail-on": (_is_text, "an expression"),
    "timeout": (_from(0), "a number of seconds from 0 on"),
    "concurrency": (_from(1), "a number from 1 on"),
    "safe-rerun": (_is_boolean, "true or false"),
}


def check_task(
    reading: Reading, path: Path, task: Any, what: str, *, is_default: bool = False
) -> None:
    """Refuse what is wrong in one task.

    Parameters
    ----------
    reading
        Gets the problems.
    path
        Where the task is.
    task
        What was written.
    what
        What messages call it.
    is_default
        Whether it is ``task-defaults``, which need no action.
    """
    _TaskRules(reading, path, what).check(task, is_default=is_default)


class _TaskRules:
    """Checks one task, or ``task-defaults``."""

    def __init__(self, reading: Reading, path: Path, what: str) -> None:
        self.reading = reading
        self.path = path
        self.what = what

    def refuse(self, message: str, *below: Any, of_key: bool = False) -> None:
        self.reading.refuse((*self.path, *below), message, of_key=of_key)

    def check(self, task: Any, *, is_default: bool = False) -> None:
        """Check a task, or the defaults of all."""
        what = _capital(self.what)
        if not isinstance(task, dict):
            self.refuse(f"{what} must be a mapping, not {brief(task)}.")
            return
        self.reading.known_keys(self.path, task, TASK_KEYS, what)
        if "action" in task or not is_default:
            self.check_action(task)
        if "input" in task:
            self.check_input(task, is_default=is_default)
        for key in ON:
            if key in task:
                self.check_transitions(key, task[key])
        if "retry" in task:
            self.check_retry(task["retry"])
        for key, (is_allowed, expected) in _VALUES.items():
            if key in task and not is_allowed(task[key]):
                self.must_be(expected, task[key], key)

    def must_be(self, expected: str, value: Any, *keys: str) -> None:
        message = f"{keys[-1]!r} of {self.what} must be {expected}, not {brief(value)}."
        if isinstance(value, str) and "<%" in value and not expected.startswith("text"):
            message += " Civis Platform takes no expression here."
        elif keys[-1] == "join" and value == "one":
            message += " Write 1."
        self.refuse(message, *keys)

    def check_action(self, task: Mapping[str, Any]) -> None:
        """Check that the task has an action that there is."""
        action = task.get("action")
        if "action" not in task:
            self.refuse(f"{_capital(self.what)} has no 'action'.", of_key=True)
        elif action not in ACTIONS:
            message = f"{brief(action)} in {self.what} is no action."
            word = action.split(maxsplit=1)[0] if isinstance(action, str) and action.strip() else ""
            if word != action and word in ACTIONS:
                message += f" Write action: {word}, and its arguments below 'input'."
            else:
                message += hint(action, ACTIONS) or f" It has {', '.join(ACTIONS)}."
            self.refuse(message, "action")

    def check_input(self, task: Mapping[str, Any], *, is_default: bool) -> None:
        """Check the arguments of the action."""
        given, action = task["input"], task.get("action")
        if not isinstance(given, dict):
            self.must_be("a mapping", given, "input")
        elif is_default and "action" not in task:
            text = "'task-defaults' can have 'input' only together with an 'action' that takes it."
            self.refuse(text, "input", of_key=True)
        elif isinstance(action, str) and (takes := action_input(action)) is not None:
            self.check_arguments(given, takes, f"'input' of {self.what} ({action})", "input")
            if action == "civis.import" and "syncs" in given:
                self.check_syncs(given["syncs"])

    def check_arguments(
        self, given: Mapping[Any, Any], takes: ActionInput, what: str, *below: Any
    ) -> None:
        known = takes.required | takes.optional
        self.reading.known_keys((*self.path, *below), given, known, what)
        missing = sorted(takes.required - given.keys())
        if missing:
            message = f"{what} lacks {', '.join(map(repr, missing))}."
            self.refuse(message, *below, of_key=isinstance(below[-1], str))

    def check_syncs(self, syncs: Any) -> None:
        """Check the syncs of an import."""
        if not isinstance(syncs, list):
            self.must_be("a list", syncs, "input", "syncs")
            return
        for index, sync in enumerate(syncs):
            below = ("input", "syncs", index)
            if isinstance(sync, dict):
                what = f"The sync {index + 1} of {self.what}"
                self.check_arguments(sync, sync_input(), what, *below)
            else:
                self.refuse(f"A sync of {self.what} must be a mapping, not {brief(sync)}.", *below)

    def check_transitions(self, key: str, value: Any) -> None:
        """Check the form of what follows the task."""
        if isinstance(value, dict):
            if "next" not in value or _is_text(value["next"]):
                return
            after = value["next"]
            kinds = {_kind(item) for item in after} if _is_list(after) else set()
            if kinds not in ({"text"}, {"mapping"}):
                text = (
                    f"'next' in {key!r} of {self.what} must be a task, a list of tasks, or a list"
                )
                self.refuse(f"{text} of 'task: <% guard %>', and not empty or mixed.", key, "next")
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if _kind(item) == "other":
                    text = f"{key!r} of {self.what} lists tasks, or 'task: <% guard %>'"
                    self.refuse(f"{text}, not {brief(item)}.", key, index)
        elif not isinstance(value, str):
            self.must_be("a task or a list of tasks", value, key)

    def check_retry(self, value: Any) -> None:
        """Check the values of ``retry``."""
        if isinstance(value, str):
            return
        if not isinstance(value, dict):
            self.must_be("a mapping, or text like 'count=3 delay=1'", value, "retry")
            return
        for key, (is_allowed, expected) in _RETRY.items():
            if key in value and not is_allowed(value[key]):
                self.must_be(expected, value[key], "retry", key)


def _kind(value: Any) -> str:
    return "text" if isinstance(value, str) else "mapping" if isinstance(value, dict) else "other"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
