"""Arguments of a job: checked against its parameters before anything is started."""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeVar

from civis_nb.display.text import counted, cut
from civis_nb.errors import CivisAPIError, CivisMagicError
from civis_nb.near_names import did_you_mean

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = [
    "check_has_arguments", "checked_arguments", "copy_with_arguments", "params_for", "script_of",
]  # fmt: skip

log = logging.getLogger(__name__)

_Number = TypeVar("_Number", int, float)

#: job type -> how the API calls scripts of that type
_PATHS: Final = {
    "JobTypes::SqlRunner": "sql",
    "JobTypes::PythonDocker": "python3",
    "JobTypes::RDocker": "r",
    "JobTypes::ContainerDocker": "containers",
    "JobTypes::ScriptedSql": "javascript",
}
#: What a copy of a job does not take over: when it runs, whom it tells, where it belongs.
_NOT_COPIED: Final = frozenset(
    {"schedule", "notifications", "next_run_at", "parent_id", "target_project_id", "hidden",
     "arguments"}
)  # fmt: skip
#: So many of the arguments that are missing are named, and of each so many letters told.
_MAX_MISSING: Final = 10
_MAX_SAID: Final = 80
#: type of a parameter -> a value for examples; what is not here is an id or text
_EXAMPLES: Final = {
    "integer": "5", "float": "0.5", "bool": "true", "file": "FILE_ID", "database": "DATABASE",
    "table": "SCHEMA.TABLE", "multi_line_string": "text",
}  # fmt: skip
_WORDS: Final = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}


def script_of(client: Client, job: Any) -> tuple[str, Any]:
    """Return how the API calls scripts of a job's type, and the job as such a script.

    Raises
    ------
    CivisMagicError
        When a job of that type has no parameters.
    """
    path = _path_of(job)
    if path is None:
        kind = str(job.type).removeprefix("JobTypes::")
        raise CivisMagicError(
            f"Job {job.id} ({job.name}) is of type {kind}, which takes no arguments. Leave -a out."
        )
    return path, _script(client, path, job)


def check_has_arguments(client: Client, job: Any, line: str) -> None:
    """Check that a job has its required arguments, so that it can run as it is.

    Parameters
    ----------
    client
        The client.
    job
        The job; one of a type without parameters has all it needs.
    line
        The line that starts it, for an example with arguments.

    Raises
    ------
    CivisMagicError
        When one is missing; nothing was started.
    """
    path = _path_of(job)
    if path is None:
        return
    try:
        script = _script(client, path, job)
    except CivisAPIError as error:
        # Whoever may run a job may not always read its script: the platform has the last word.
        log.debug("The parameters of job %s can't be read: %s", job.id, error)
        return
    checked_arguments(client, script, {}, line)


def _path_of(job: Any) -> str | None:
    """Return how the API calls scripts of a job's type; None where it is no script."""
    return "custom" if job.get("from_template_id") else _PATHS.get(str(job.type))


def _script(client: Client, path: str, job: Any) -> Any:
    return getattr(client.scripts, f"get_{path}")(job.id)


def checked_arguments(
    client: Client, script: Any, given: Mapping[str, Any], line: str | None = None
) -> dict[str, Any]:
    """Return the arguments of a run: those that are given, typed, over those of the script.

    Parameters
    ----------
    client
        Finds databases and credentials by name.
    script
        The script, with its ``params`` and ``arguments``; or a template.
    given
        The arguments by name.
    line
        The line of the magic without its arguments, for an example; None: there is no magic.

    Raises
    ------
    CivisMagicError
        When there is no such parameter, a value is not of its type, or a required one is missing.
    """
    params = {str(param["name"]): param for param in script.params or []}
    for name in given:
        if name not in params:
            raise CivisMagicError(_unknown(script, name, list(params)))
        if params[name].get("value") is not None:
            raise CivisMagicError(
                f"The parameter {name} of {script.name!r} is fixed; it can't be given."
            )
    held = script.get("arguments")  # a template has none
    held = held.json() if hasattr(held, "json") else held
    arguments: dict[str, Any] = dict(held or {})
    for name, value in given.items():
        arguments[name] = _typed(client, params[name], value)
    missing = [
        name
        for name, param in params.items()
        if param.get("required")
        and param.get("value") is None
        and param.get("default") is None
        and arguments.get(name) is None
    ]
    if missing:
        raise CivisMagicError(_missing(script, [params[name] for name in missing], line))
    return arguments


def _missing(script: Any, params: list[Any], line: str | None) -> str:
    """Return the message about required arguments: what each is, and a line that gives them."""
    lines = [f"{script.name!r} needs {counted(len(params), 'argument')}. Nothing was started."]
    for param in params:
        said = str(param.get("description") or param.get("label") or "").strip()
        allowed = _allowed(param)
        parts = [
            cut(said, _MAX_SAID) if said != param["name"] else "",
            f"one of {', '.join(allowed[:_MAX_MISSING])}" if allowed else "",
        ]
        about = "; ".join(part for part in parts if part)
        lines.append(f"  {param['name']} ({param['type']}){': ' if about else ''}{about}")
    if len(lines) > _MAX_MISSING + 1:
        lines[_MAX_MISSING + 1 :] = [f"  and {len(lines) - 1 - _MAX_MISSING} more"]
    if line is not None:
        words = " ".join(f"-a {param['name']}={_example(param)}" for param in params)
        lines.append(f"For example: {line} {words}")
    return "\n".join(lines)


def _allowed(param: Any) -> list[str]:
    """Return the values that a parameter may have; none where it may have any."""
    return [str(entry["value"]) for entry in param.get("allowed_values") or []]


def _example(param: Any) -> str:
    """Return a value that a parameter takes, as a magic's line has it."""
    allowed, kind = _allowed(param), str(param["type"])
    other = "CREDENTIAL_ID" if kind.startswith("credential") else "text"
    value = allowed[0] if allowed else _EXAMPLES.get(kind, other)
    return value if re.fullmatch(r"[\w.-]+", value) else f'"{value}"'


def _unknown(script: Any, name: str, known: list[str]) -> str:
    """Return the message about an argument that no parameter takes."""
    if not known:
        return f"{script.name!r} has no parameters, so it can't take {name}. Nothing was started."
    hint = did_you_mean(name, known, 2) or f" It has: {', '.join(known)}."
    return f"{script.name!r} has no parameter {name!r}.{hint} Nothing was started."


def _typed(client: Client, param: Any, value: Any) -> Any:
    """Return a value as its parameter's type."""
    name, kind = str(param["name"]), str(param["type"])
    if value is None:
        return None
    read: Callable[[Any, Any], Any] = _READERS.get(
        "credential" if kind.startswith("credential") else kind, _text
    )
    try:
        found = read(client, value)
    except (TypeError, ValueError) as error:
        reason = f": {error}" if str(error) else ""
        raise CivisMagicError(
            f"The parameter {name} is of type {kind}, and {value!r:.80} is not{reason}. "
            "Nothing was started."
        ) from None
    allowed = _allowed(param)
    if allowed and str(found) not in allowed:
        hint = did_you_mean(found, allowed, 1)
        raise CivisMagicError(
            f"The parameter {name} can't be {found!r:.80}; it is one of "
            f"{', '.join(allowed[:20])}.{hint} Nothing was started."
        )
    return found


def _text(_client: Client, value: Any) -> str:
    if isinstance(value, (bytes, dict, list, tuple, set)):
        raise TypeError
    return str(value)


def _integer(_client: Client, value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    number = _of_python(int, value)
    if not isinstance(value, str) and number != value:
        raise ValueError
    return number


def _of_python(kind: Callable[[Any], _Number], value: Any) -> _Number:
    """Return a value as a number; what Python says of another one is in Python's terms."""
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise ValueError from None


def _number(_client: Client, value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    number = _of_python(float, value)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("JSON has no such number")
    return number


def _boolean(_client: Client, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in _WORDS:
        raise ValueError
    return _WORDS[word]


def _file(_client: Client, value: Any) -> int:
    """Return the id of a file that is given as an id or an object."""
    found = getattr(value, "id", value)
    if isinstance(found, bool):
        raise TypeError
    return int(found)


def _database(client: Client, value: Any) -> Any:
    """Return the database and credential of a name, an id, or of both already."""
    if isinstance(value, Mapping):
        return dict(value)
    number = int(value) if str(value).isdecimal() else value
    return {"database": client.get_database_id(number), "credential": None}


def _credential(client: Client, value: Any) -> int:
    """Return the id of a credential that is given as an id, a name or an object."""
    found = getattr(value, "id", value)
    if str(found).isdecimal():
        return int(found)
    known = [one for one in client.credentials.list(limit=1000) if one.name == found]
    if len(known) != 1:
        raise ValueError(
            f"there {'is no credential' if not known else 'are several credentials'} of that name"
        )
    return int(known[0].id)


_READERS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "integer": _integer,
    "float": _number,
    "bool": _boolean,
    "file": _file,
    "database": _database,
    "credential": _credential,
}


def copy_with_arguments(
    client: Client, path: str, script: Any, arguments: Mapping[str, Any]
) -> Any:
    """Create a hidden copy of a script with other arguments; the script keeps its own.

    Parameters
    ----------
    client
        The client.
    path
        How the API calls scripts of its type.
    script
        The script.
    arguments
        The arguments of the copy.

    Raises
    ------
    CivisAPIError
        When the platform refuses it.
    """
    create = getattr(client.scripts, f"post_{path}")
    whole = script.json()
    copied = {
        name: whole[name]
        for name in inspect.signature(create).parameters
        if name not in _NOT_COPIED and whole.get(name) is not None
    }
    if path == "custom":
        copied.pop("params", None)
    return create(**copied, arguments=dict(arguments), hidden=True)


def params_for(arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return parameters that fit some values, for a script that is made from a cell.

    Examples
    --------
    >>> params_for({"n": 5, "name": "x"})
    [{'name': 'n', 'type': 'integer'}, {'name': 'name', 'type': 'string'}]
    """
    return [{"name": name, "type": _kind(name, value)} for name, value in arguments.items()]


def _kind(name: str, value: Any) -> str:
    """Return the type of parameter that a value makes."""
    if isinstance(value, str):
        return "multi_line_string" if "\n" in value else "string"
    # bool before int, of which it is one.
    for kinds, kind in ((bool, "bool"), (int, "integer"), ((float, Decimal), "float")):
        if isinstance(value, kinds):
            return kind
    raise CivisMagicError(
        f"The argument {name} is of type {type(value).__name__}; give text, a number, True or "
        "False. A frame goes to the script with -i."
    )
