"""A type stub of the client for editors, written from the specification."""

from __future__ import annotations

import json
import os
import sysconfig
from pathlib import Path
from typing import Any

from civis_nb.errors import CivisInputError
from civis_nb.spec.browse import given
from civis_nb.spec.model import Operation
from civis_nb.spec.names import class_name
from civis_nb.spec.render import signature_text

__all__ = ["stub", "stub_text"]


def stub(path: str | os.PathLike[str] | None = None, spec: Any = None) -> Path:
    """Write a type stub of `APIClient` with all its resources and methods, for editors.

    Parameters
    ----------
    path
        The file to write, such as ``typings/civis_nb/client/client.pyi``; None: where editors
        and type checkers of this Python environment look, as a partial stub package.
    spec
        As for `civis_nb.spec.describe`.

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
    text = stub_text(spec)
    target = _environment_path() if path is None else Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        if path is None:
            # So that all other modules are looked up in the package itself.
            (target.parents[1] / "py.typed").write_text("partial\n", encoding="utf-8")
    except OSError as error:
        raise CivisInputError(f"{target} can't be written: {error.strerror or error}.") from None
    return target


def stub_text(spec: Any = None) -> str:
    """Return the text of the stub that `stub` writes.

    Raises
    ------
    CivisSpecError
        When there is no specification.
    """
    model = given(spec)
    lines = [
        '"""The methods of the Civis API, written by civis_nb.spec.stub."""',
        "",
        "from typing import Any, List, Literal, Self, overload",
        "",
        "from civis_nb.client.lookups import Lookups",
        "from civis_nb.client.pages import PaginatedResponse",
        "from civis_nb.client.response import ListResponse, Response",
        "",
        "DEFAULT_ENDPOINT: str",
        "",
    ]
    for resource in model.resources:
        lines += ["", f"class {class_name(resource)}:"]
        for operation in model.operations(resource).values():
            lines += _method_lines(operation)
    lines += ["", "class APIClient(Lookups):", *_client_lines()]
    lines += [f"    {resource}: {class_name(resource)}" for resource in model.resources]
    return "\n".join(lines) + "\n"


def _environment_path() -> Path:
    return Path(sysconfig.get_path("purelib")) / "civis_nb-stubs" / "client" / "client.pyi"


def _method_lines(operation: Operation) -> list[str]:
    """Return the lines of a method: two signatures where ``iterator`` decides what it gives."""
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
    """Return the lines of the stub that are the same for every API."""
    return [
        "    last_response: Any",
        "    @property",
        "    def base_url(self) -> str: ...",
        "    @property",
        "    def spec(self) -> Any: ...",
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
        "    def __enter__(self) -> Self: ...",
        "    def __exit__(self, *_: object) -> None: ...",
    ]
