"""Reading the API's specification: one operation, a search, a type stub for editors."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from civis_nb.errors import CivisInputError, CivisSpecError
from civis_nb.spec.cache import newest
from civis_nb.spec.model import Operation, Spec
from civis_nb.spec.names import class_name, nearest
from civis_nb.spec.parse import parse_spec
from civis_nb.spec.render import docstring, signature_text

__all__ = ["Found", "describe", "search", "stub"]

_BUNDLED = Path(__file__).with_name("bundled.json")


class Found(list[Operation]):
    """Operations that were found; shown a line each."""

    def __repr__(self) -> str:
        width = max((len(item.dotted) for item in self), default=0)
        return "\n".join(f"{item.dotted:<{width}}  {item.summary}" for item in self) or "nothing"


def describe(name: str, spec: Any = None) -> str:
    """Give the help of one operation, or the list of a resource's operations.

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
    model = _model(spec)
    resource, _, method = name.removeprefix("client.").partition(".")
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
    """Give the operations in whose name, path, summary or arguments all words occur.

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

    Examples
    --------
    >>> operation = {"summary": "Me", "parameters": [], "responses": {"204": {}}}
    >>> search("user", {"swagger": "2.0", "paths": {"/users/me": {"get": operation}}})
    users.get_me   Me
    users.list_me  Me
    """
    wanted = words.lower().split()
    return Found(item for item in _model(spec) if all(word in _text(item) for word in wanted))


def stub(path: str | os.PathLike[str], spec: Any = None) -> Path:
    """Write a type stub of `APIClient` with all its resources and methods, for editors.

    Parameters
    ----------
    path
        The file to write, such as ``typings/civis_nb/client/client.pyi``.
    spec
        As for `describe`.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    CivisSpecError
        When there is no specification.
    CivisInputError
        When the file can't be written.
    """
    model = _model(spec)
    lines = [
        '"""The methods of the Civis API, written by civis_nb.spec.stub."""',
        "",
        "from typing import Any, List, Literal, overload",
        "",
        "from civis_nb.client.lookups import Lookups",
        "from civis_nb.client.pages import PaginatedResponse",
        "from civis_nb.client.response import ListResponse, Response",
        "",
    ]
    for resource in model.resources:
        lines += ["", f"class {class_name(resource)}:"]
        for operation in model.operations(resource).values():
            lines += _method_lines(operation)
    lines += ["", "class APIClient(Lookups):", *_client_lines()]
    lines += [f"    {resource}: {class_name(resource)}" for resource in model.resources]
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise CivisInputError(f"{target} can't be written: {error.strerror or error}.") from None
    return target


def _method_lines(operation: Operation) -> list[str]:
    """Give the lines of a method: two signatures where ``iterator`` decides what it gives."""
    # In a class that has a method called list, the name of the type is another one.
    text = signature_text(operation).replace("list[", "List[")
    text = text.replace("(", "(self, ", 1).replace("(self, )", "(self)")
    text = text.replace(" = None", " | None = None")
    for kind in ("ListResponse", "PaginatedResponse"):
        text = text.replace(kind, f"{kind}[Response]")
    summary = f"        {json.dumps(operation.summary)}"
    if not operation.paginated:
        return [f"    def {text}:", summary]
    call, _, answers = text.rpartition(" -> ")
    one, _, pages = answers.partition(" | ")
    walk = call.replace("iterator: bool | None = None", "iterator: Literal[True]")
    return [
        "    @overload",
        f"    def {call.replace('iterator: bool', 'iterator: Literal[False]')} -> {one}:",
        summary,
        "    @overload",
        f"    def {walk} -> {pages}: ...",
    ]


def _client_lines() -> list[str]:
    return [
        "    last_response: Any",
        "    base_url: str",
        "    def __init__(",
        "        self,",
        "        api_key: str | None = None,",
        '        return_type: str = "snake",',
        '        api_version: str = "1.0",',
        "        local_api_spec: Any = None,",
        "        force_refresh_api_spec: bool = False,",
        "        retries: Any = None,",
        "        user_agent: str | None = None,",
        "        *,",
        "        endpoint: str | None = None,",
        "    ) -> None: ...",
        "    def close(self) -> None: ...",
    ]


def _text(operation: Operation) -> str:
    names = " ".join(parameter.name for parameter in operation.parameters)
    words = (operation.dotted, operation.verb, f"/{operation.path}", operation.summary, names)
    return " ".join(words).lower()


def _hint(name: str, names: Any) -> str:
    near = nearest(name, names.resources if isinstance(names, Spec) else names)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def _model(source: Any) -> Spec:
    if isinstance(source, Spec):
        return source
    if isinstance(getattr(source, "spec", None), Spec):
        model: Spec = source.spec
        return model
    if isinstance(source, Mapping):
        return parse_spec(source)
    if source is not None:
        return _read(Path(source))
    kept = newest()
    if kept is not None:
        return kept
    if _BUNDLED.is_file():
        return _read(_BUNDLED)
    raise CivisSpecError(
        "No specification is kept yet: make an APIClient first, or give one as spec=..., "
        "a client or a file."
    )


def _read(path: Path) -> Spec:
    try:
        return parse_spec(json.loads(path.read_bytes()), str(path))
    except OSError as error:
        raise CivisSpecError(f"{path} can't be read: {error.strerror or error}.") from None
    except ValueError as error:
        raise CivisSpecError(f"{path} is no API specification: it is no JSON ({error}).") from None
