"""YAML texts as plain data, with the place of every key and value."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from civis_nb.errors import WorkflowValidationError
from civis_nb.workflows.model import Position
from civis_nb.workflows.problems import Problem, Severity, failure

__all__ = ["DuplicateKey", "YamlText", "read_yaml"]

#: How much a definition may hold once every alias is written out. 10,000 tasks have some 300,000.
_MAX_NODES = 1_000_000
_MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class DuplicateKey:
    """A key that a mapping has twice: the last one counts."""

    key: str
    place: Position
    first: Position


#: From so many characters on libyaml reads a text, which is five times as fast. It differs from
#: PyYAML's own reader, which the official validator uses, in rare forms: tabs between values, and
#: `?` and `:` within words in brackets.
_LARGE = 200_000


def _loader(text: str) -> yaml.SafeLoader:
    # A build of PyYAML may lack libyaml.
    large: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return large(text) if len(text) > _LARGE else yaml.SafeLoader(text)


class YamlText:
    """A YAML document: its data, and where each part of it stands.

    Attributes
    ----------
    text
        What was read.
    data
        The document as plain data. Of a key that is there twice the last one counts.
    duplicates
        The keys that are there twice.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._children_by_key: dict[int, dict[Hashable, tuple[yaml.Node, yaml.Node]]] = {}
        loader = _loader(text)
        try:
            self._root: yaml.Node | None = loader.get_single_node()
            # Construction puts merged keys (`<<`) before a mapping's own: look for doubles first.
            self.duplicates = tuple(self._checked())
            self.data: Any = None
            if self._root is not None:
                try:
                    self.data = loader.construct_document(self._root)
                except (ValueError, OverflowError) as error:
                    # A value that looks like a date or a number and is none: 2020-13-45.
                    place = _start(_unreadable(self._root))
                    raise failure([self.problem_at(place, f"This is no value: {error}.")]) from None
        finally:
            loader.dispose()

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text."""
        return self.text.splitlines()

    def place(self, path: Sequence[Hashable], *, of_key: bool = False) -> Position:
        """Return where the value at `path` begins, or its key.

        Of a path that leads nowhere, the place of what contains it is returned.
        """
        if self._root is None:
            return Position(1, 1)
        node, key = self._root, self._root
        for part in path:
            found = self._child(node, part)
            if found is None:
                break
            key, node = found
        return _start(key if of_key else node)

    def child_places(self, path: Sequence[Hashable]) -> dict[str, Position]:
        """Return the places of the text keys of the mapping at `path`, by key."""
        node = self._root
        for part in path:
            found = None if node is None else self._child(node, part)
            if found is None:
                return {}
            node = found[1]
        if not isinstance(node, yaml.MappingNode):
            return {}
        return {key.value: _start(key) for key, _ in node.value if isinstance(key.value, str)}

    def _child(self, node: yaml.Node, part: Hashable) -> tuple[yaml.Node, yaml.Node] | None:
        """Return the node of a key and of its value; in a list, that of the item twice."""
        if isinstance(node, yaml.SequenceNode):
            is_there = isinstance(part, int) and part < len(node.value)
            return (node.value[part], node.value[part]) if is_there else None
        if not isinstance(node, yaml.MappingNode):
            return None
        if id(node) not in self._children_by_key:
            scalars = [pair for pair in node.value if isinstance(pair[0], yaml.ScalarNode)]
            self._children_by_key[id(node)] = {_constructed(pair[0]): pair for pair in scalars}
        return self._children_by_key[id(node)].get(part)

    def problem_at(self, place: Position, message: str, severity: Severity = "error") -> Problem:
        """Return a problem at a place."""
        return Problem(message, place, _line(self.lines, place), severity)

    def _checked(self) -> Iterator[DuplicateKey]:
        """Return the doubled keys; raise where aliases make the document too large or endless."""
        sizes: dict[int, int] = {}
        open_nodes: set[int] = set()

        def size(node: yaml.Node, depth: int) -> Iterator[DuplicateKey]:
            if id(node) in open_nodes:
                raise failure(
                    [self._refusal(node, "contains itself: an alias names what it is in")]
                )
            if id(node) in sizes:
                return
            if depth > _MAX_DEPTH:
                raise failure(
                    [self._refusal(node, f"is nested more than {_MAX_DEPTH} levels deep")]
                )
            open_nodes.add(id(node))
            total = 1
            for child in _children(node):
                yield from size(child, depth + 1)
                total += sizes[id(child)]
            if total > _MAX_NODES:
                what = f"holds more than {_MAX_NODES:,} values once its aliases are written out"
                raise failure([self._refusal(node, what)])
            sizes[id(node)] = total
            open_nodes.discard(id(node))
            yield from _doubles(node)

        if self._root is not None:
            yield from size(self._root, 0)

    def _refusal(self, node: yaml.Node, what: str) -> Problem:
        return self.problem_at(_start(node), f"The YAML {what}.")


def read_yaml(text: str) -> YamlText:
    """Return a YAML document.

    Parameters
    ----------
    text
        One document.

    Raises
    ------
    WorkflowValidationError
        When it is not YAML, holds more than one document, or would be endless or very large once
        its aliases are written out.
    """
    if not isinstance(text, str):
        raise WorkflowValidationError(
            f"A workflow definition is given as YAML text, not as {type(text).__name__}."
        )
    try:
        return YamlText(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Position(1, 1) if mark is None else Position(mark.line + 1, mark.column + 1)
        message = ", ".join(part for part in (error.context, error.problem) if part)
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
        message = error.reason
    except RecursionError:
        place, message = Position(1, 1), "it is nested too deeply"
    line = _line(text.splitlines(), place)
    if "\t" in line[: place.column]:
        message += "; lines are indented with spaces, not with tabs"
    raise failure([Problem(f"This is no YAML: {message}.", place, line)])


def _line(lines: list[str], place: Position) -> str:
    return lines[place.line - 1] if place.line <= len(lines) else ""


def _unreadable(node: yaml.Node) -> yaml.Node:
    """Return the first value below `node` that can't be constructed, else `node`."""
    for child in _children(node):
        found = _unreadable(child)
        if found is not child:
            return found
        if isinstance(child, yaml.ScalarNode):
            try:
                _constructed(child)
            except (ValueError, OverflowError):
                return child
    return node


def _start(node: yaml.Node) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair


def _constructed(key: yaml.ScalarNode) -> Any:
    return yaml.constructor.SafeConstructor().construct_object(key)


def _doubles(node: yaml.Node) -> Iterator[DuplicateKey]:
    """Yield the keys that a mapping has more than once."""
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[tuple[str, str], Position] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag.endswith(":merge"):
            continue
        name = (key.tag, key.value)
        if name in seen:
            yield DuplicateKey(key.value, _start(key), seen[name])
        seen[name] = _start(key)
