"""A task of a workflow, from plain data to its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from civis_nb.workflows.inline import NotReadableError, read_call, read_items, read_words
from civis_nb.workflows.keys import ON
from civis_nb.workflows.model import (
    ENGINE_COMMANDS,
    Branch,
    ItemSource,
    Position,
    Retry,
    TaskDefinition,
    Transition,
)
from civis_nb.workflows.problems import brief, hint
from civis_nb.workflows.reading import Path, Reading

__all__ = ["TaskReader"]

_RETRY_KEYS = ("break-on", "continue-on", "count", "delay")


@dataclass(frozen=True, slots=True)
class TaskReader:
    """Reads the tasks of one workflow.

    Attributes
    ----------
    reading
        Collects what is wrong.
    names
        The names of all tasks: a transition leads to one of them.
    defaults
        ``task-defaults``: a key that a task has replaces the whole value.
    workflow
        The name of the workflow: where tasks and defaults are in the YAML.
    """

    reading: Reading
    names: frozenset[str]
    defaults: Mapping[str, Any]
    workflow: str

    def read(self, name: str, own: Mapping[str, Any], place: Position) -> TaskDefinition:
        """Return a task."""
        values = _Values(self, name, own)
        action, arguments = values.action()
        reading = self.reading
        on_success, on_error, on_complete = (values.branch(key) for key in ON)
        return TaskDefinition(
            name=name,
            action=action,
            place=place,
            description=str(values.get("description") or ""),
            input=arguments,
            publish=reading.mapping(*values.at("publish")),
            publish_on_error=reading.mapping(*values.at("publish-on-error")),
            on_success=on_success,
            on_error=on_error,
            on_complete=on_complete,
            join=values.join(),
            with_items=values.with_items(),
            concurrency=reading.whole(*values.at("concurrency"), least=1),
            retry=values.retry(),
            timeout_s=reading.number(*values.at("timeout")),
            wait_before_s=reading.number(*values.at("wait-before")),
            wait_after_s=reading.number(*values.at("wait-after")),
            pause_before=reading.condition(*values.at("pause-before")) or False,
            fail_on=reading.condition(*values.at("fail-on")),
            requires=values.requires(),
            keep_result=values.flag("keep-result", default=True),
            safe_rerun=values.flag("safe-rerun", default=False),
            target=reading.text(*values.at("target")) or None,
        )


class _Values:
    """The values of one task: its own, else the defaults."""

    def __init__(self, tasks: TaskReader, name: str, own: Mapping[str, Any]) -> None:
        self.tasks = tasks
        self.reading = tasks.reading
        self.names = tasks.names
        self.name = name
        self.own = own

    def get(self, key: str) -> Any:
        return self.own[key] if key in self.own else self.tasks.defaults.get(key)

    def path(self, key: str) -> Path:
        if key in self.own or key not in self.tasks.defaults:
            return (self.tasks.workflow, "tasks", self.name, key)
        return (self.tasks.workflow, "task-defaults", key)

    def what(self, key: str) -> str:
        return f"{key!r} of the task {self.name!r}"

    def at(self, key: str) -> tuple[Path, Any, str]:
        """Return what the checks of `Reading` take: where, what, and its name in messages."""
        return self.path(key), self.get(key), self.what(key)

    def refuse(self, key: str, message: str, *below: Any, of_key: bool = False) -> None:
        self.reading.refuse((*self.path(key), *below), message, of_key=of_key)

    def action(self) -> tuple[str, Mapping[str, Any] | str]:
        """Return the action and its arguments, those of the short form included."""
        path, written, what = self.at("input")
        arguments: Mapping[str, Any] | str
        if isinstance(written, str):
            arguments = written
            if "<%" not in written:
                self.refuse(
                    "input", f"{what} must be a mapping or an expression, not {brief(written)}."
                )
        else:
            arguments = self.reading.mapping(path, written, what)
        text = self.reading.text(*self.at("action"))
        if not text:
            return "std.noop", arguments
        try:
            action, inline = read_call(text)
        except NotReadableError as error:
            self.refuse("action", f"The arguments of {self.what('action')} can't be read: {error}.")
            return text, arguments
        if inline and isinstance(arguments, str):
            self.refuse("input", f"{what} is an expression, and 'action' has arguments as well.")
        elif inline and not isinstance(arguments, str):
            arguments = {**arguments, **inline}
        return action, arguments

    def branch(self, key: str) -> Branch:
        """Return what follows the task under a key: what it publishes, and where it leads."""
        path, value, what = self.at(key)
        if isinstance(value, dict) and self.names & value.keys() and "next" not in value:
            # Mistral passes over it in silence.
            name = next(name for name in value if name in self.names)
            self.refuse(key, f"{what} must be a list to have conditions: write [{name}: <% … %>].")
            return Branch()
        if isinstance(value, dict):
            self.reading.known_keys(path, value, ("publish", "next"), what)
            published = self.reading.mapping((*path, "publish"), value.get("publish"), what)
            scopes = {
                scope: self.reading.mapping(
                    (*path, "publish", scope), published.get(scope), f"{scope!r} of {what}"
                )
                for scope in ("branch", "global")
            }
            self.reading.known_keys((*path, "publish"), published, scopes, f"'publish' of {what}")
            targets = self.targets(key, (*path, "next"), value.get("next"))
            return Branch(targets, scopes["branch"], scopes["global"])
        return Branch(self.targets(key, path, value))

    def targets(self, key: str, path: Path, value: Any) -> tuple[Transition, ...]:
        """Return the transitions of a key, each with its guard."""
        if value is None:
            return ()
        found = []
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            here = (*path, index) if isinstance(value, list) else path
            guard = None
            name = item
            if isinstance(item, dict):
                if len(item) != 1:
                    text = f"Each item of {self.what(key)} names one task, with or without a guard"
                    self.reading.refuse(here, f"{text}; this has {len(item)} keys.")
                    continue
                ((name, guard),) = item.items()
                here = (*here, name)
                guard = self.reading.condition(here, guard, f"The guard of {brief(name)}")
            transition = self.transition(key, here, name, guard, of_key=isinstance(item, dict))
            if transition is not None and not self.leads_back(key, transition):
                found.append(transition)
        return tuple(found)

    def leads_back(self, key: str, transition: Transition) -> bool:
        """Return whether a default leads from a task to itself: it is meant for the others."""
        return key not in self.own and transition.target == self.name

    def transition(
        self, key: str, path: Path, name: Any, guard: bool | str | None, *, of_key: bool
    ) -> Transition | None:
        """Return one transition to a task or a command; None where it leads nowhere."""
        if not isinstance(name, str):
            text = f"{self.what(key)} names tasks, not {brief(name)}."
            self.reading.refuse(path, text, of_key=of_key)
            return None
        if name in self.names:
            return Transition(name, guard)
        try:
            target, words = read_call(name)
        except NotReadableError as error:
            self.reading.refuse(path, f"{name!r} can't be read: {error}.", of_key=of_key)
            return None
        if target in self.names:
            return Transition(target, guard)
        if target not in ENGINE_COMMANDS:
            text = f"{self.what(key)} leads to {target!r}, which is no task of this workflow"
            near = hint(target, [*self.names, *ENGINE_COMMANDS])
            self.reading.refuse(path, f"{text}.{near}", of_key=of_key)
            return None
        message = words.get("msg")
        return Transition(target, guard, None if message is None else str(message))

    def join(self) -> Literal["all"] | int | None:
        """Return how many tasks a join waits for; None where the task is none."""
        value = self.get("join")
        if value is None or value == "all":
            return value  # type: ignore[no-any-return]
        if value == "one":
            return 1
        number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0
        if number >= 1 and float(number).is_integer():
            return int(number)
        self.refuse(
            "join", f"{self.what('join')} must be 'all' or a whole number, not {brief(value)}."
        )
        return None

    def with_items(self) -> tuple[ItemSource, ...]:
        """Return the lists that the task runs for, each with the name of its items."""
        value = self.get("with-items")
        if value is None:
            return ()
        found: dict[str, ItemSource] = {}
        for index, text in enumerate(value if isinstance(value, list) else [value]):
            below = (index,) if isinstance(value, list) else ()
            if not isinstance(text, str):
                message = f"{self.what('with-items')} must be text like 'x in <% $.list %>'"
                self.refuse("with-items", f"{message}, not {brief(text)}.", *below)
                continue
            try:
                name, items = read_items(text)
            except NotReadableError as error:
                message = f"{self.what('with-items')} can't be read: {error}."
                self.refuse("with-items", message, *below)
                continue
            if name in found:
                self.refuse("with-items", f"{self.what('with-items')} has {name!r} twice.", *below)
            found[name] = ItemSource(name, items)
        return tuple(found.values())

    def retry(self) -> Retry | None:
        """Return how the task is tried again; None where it is not."""
        path, value, what = self.at("retry")
        if value is None:
            return None
        below = path
        if isinstance(value, str):
            try:
                value = read_words(value)
            except NotReadableError as error:
                self.refuse("retry", f"{what} can't be read: {error}.")
                return None
        elif isinstance(value, dict):
            self.reading.known_keys(path, value, _RETRY_KEYS, what)
        else:
            self.refuse("retry", f"{what} must be a mapping, not {brief(value)}.")
            return None
        reading = self.reading
        count = reading.whole((*below, "count"), value.get("count"), f"'count' of {what}")
        delay = reading.number((*below, "delay"), value.get("delay"), f"'delay' of {what}")
        conditions = [
            reading.condition((*below, key), value.get(key), f"{key!r} of {what}")
            for key in ("break-on", "continue-on")
        ]
        return Retry(count or 0, delay or 0, *conditions)

    def requires(self) -> tuple[str, ...]:
        """Return the tasks that this one needs, in a reverse workflow."""
        value = self.get("requires")
        found = []
        for index, name in enumerate([value] if isinstance(value, str) else value or []):
            if isinstance(name, str) and name in self.names:
                found.append(name)
                continue
            text = f"{self.what('requires')} names {brief(name)}, which is no task of this workflow"
            below = () if isinstance(value, str) else (index,)
            self.refuse("requires", f"{text}.{hint(name, self.names)}", *below)
        return tuple(found)

    def flag(self, key: str, *, default: bool) -> bool | str:
        value = self.reading.condition(*self.at(key))
        return default if value is None else value
