"""Reading the API's specification: one operation, a resource, a search."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from civis_nb._wire_text import preformatted
from civis_nb.errors import CivisInputError, CivisSpecError
from civis_nb.near_names import did_you_mean
from civis_nb.spec.cache import newest
from civis_nb.spec.model import Operation, Spec
from civis_nb.spec.parse import parse_spec, read_document
from civis_nb.spec.render import docstring, signature_text

__all__ = ["BUNDLED", "Found", "describe", "given", "resources", "search"]

#: The specification of the local platform, which is part of the package.
BUNDLED = Path(__file__).with_name("bundled.json")


class Found(list[Operation]):
    """Operations that were found; shown a line each."""

    def __repr__(self) -> str:
        width = max((len(item.dotted) for item in self), default=0)
        return "\n".join(f"{item.dotted:<{width}}  {item.summary}" for item in self) or "nothing"

    def _repr_html_(self) -> str:
        return preformatted(repr(self))


def describe(name: str, spec: Any = None) -> str:
    """Return the help of one operation, or the list of a resource's operations.

    Parameters
    ----------
    name
        ``scripts.post_sql``, or ``scripts``.
    spec
        A client, a Spec, or the path or content of a specification; None: the one that a client
        asked a server for last, else the local platform's.

    Raises
    ------
    CivisInputError
        When there is no such operation; the message names the nearest.
    CivisSpecError
        When there is no specification.

    Examples
    --------
    >>> operation = {"summary": "Me", "parameters": [], "responses": {"204": {}}}
    >>> document = {"swagger": "2.0", "paths": {"/users/me": {"get": operation}}}
    >>> print(describe("users.get_me", document).splitlines()[0])
    client.users.get_me() -> Response
    """
    _must_be_text(name)
    model = given(spec)
    resource, _, method = name.removeprefix("client.").removesuffix("()").partition(".")
    if resource not in model:
        raise CivisInputError(f"The API has no resource {resource!r}.{_hint(resource, model)}")
    operations = model.operations(resource)
    if not method:
        return repr(Found(operations.values()))
    if method not in operations:
        raise CivisInputError(
            f"The API has no operation {resource}.{method}.{_hint(method, operations)}"
        )
    operation = operations[method]
    return f"client.{resource}.{signature_text(operation)}\n\n{docstring(operation)}"


def search(words: str, spec: Any = None) -> Found:
    """Return the operations in whose name, path, summary or arguments all words occur.

    Parameters
    ----------
    words
        One or more, separated by spaces; upper and lower case are the same.
    spec
        As for `describe`.

    Raises
    ------
    CivisSpecError
        When there is no specification.
    CivisInputError
        When `words` is no text.

    Examples
    --------
    >>> operation = {"summary": "Me", "parameters": [], "responses": {"204": {}}}
    >>> search("user", {"swagger": "2.0", "paths": {"/users/me": {"get": operation}}})
    users.get_me   Me
    users.list_me  Me
    """
    _must_be_text(words)
    wanted = words.lower().split()
    return Found(item for item in given(spec) if all(word in _text(item) for word in wanted))


def resources(spec: Any = None) -> str:
    """Return a line for each resource of the API, with the number of its operations.

    Parameters
    ----------
    spec
        As for `describe`.

    Raises
    ------
    CivisSpecError
        When there is no specification.

    Examples
    --------
    >>> operation = {"summary": "Me", "parameters": [], "responses": {"204": {}}}
    >>> print(resources({"swagger": "2.0", "paths": {"/users/{id}": {"get": operation}}}))
    users  1 operation
    """
    model = given(spec)
    counts = {name: len(model.operations(name)) for name in model.resources}
    width = max(map(len, counts), default=0)
    return "\n".join(
        f"{name:<{width}}  {count} operation{'' if count == 1 else 's'}"
        for name, count in counts.items()
    )


def _must_be_text(value: object) -> None:
    if not isinstance(value, str):
        raise CivisInputError(f"What is looked for must be text, not {type(value).__name__}.")


def _text(operation: Operation) -> str:
    """Return what a search looks through, in lower case."""
    names = " ".join(parameter.name for parameter in operation.parameters)
    words = (operation.dotted, operation.verb, f"/{operation.path}", operation.summary, names)
    return " ".join(words).lower()


def _hint(name: str, names: Any) -> str:
    return did_you_mean(name, names.resources if isinstance(names, Spec) else names)


def given(source: Any) -> Spec:
    """Return the specification that a caller means; see `describe`.

    Raises
    ------
    CivisSpecError
        When there is none.
    CivisInputError
        When `source` is nothing that can be one.
    """
    if isinstance(source, Spec):
        return source
    if isinstance(getattr(source, "spec", None), Spec):
        model: Spec = source.spec
        return model
    if isinstance(source, Mapping):
        return parse_spec(source)
    if isinstance(source, (str, os.PathLike)):
        return parse_spec(read_document(Path(source)), str(Path(source)))
    if source is not None:
        raise CivisInputError(
            "A specification is given as a client, a path or the object itself, not as "
            f"{type(source).__name__}."
        )
    kept = newest()
    if kept is not None:
        return kept
    if BUNDLED.is_file():
        return given(BUNDLED)
    raise CivisSpecError(
        "No specification is kept yet: make an APIClient first, or give one as spec=..., "
        "a client or a file."
    )
