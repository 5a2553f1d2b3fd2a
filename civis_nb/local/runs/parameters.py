"""Parameters of scripts: their checks, and their values as environment variables.

What is derived from a parameter follows the API protocol, 4.8.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, select

from civis_nb.errors import CivisLocalError
from civis_nb.local.context import PlatformContext
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.store.objects import find_object
from civis_nb.local.store.permissions import level_of_user
from civis_nb.local.store.schema import credentials, databases
from civis_nb.near_names import nearest

__all__ = [
    "CREDENTIAL_PARTS",
    "PARAM_TYPES",
    "TEXT",
    "UNSET",
    "Param",
    "check_accessible",
    "check_arguments",
    "check_given",
    "check_params",
    "environment",
    "find_credential",
    "no_credential",
    "plain",
    "references_of",
    "unknown_arguments",
    "value_of",
]

TEXT = ("string", "multi_line_string", "table")
_NUMBER = ("integer", "float")
#: The parts of a credential, by the type of the parameter.
CREDENTIAL_PARTS = {
    "credential_aws": ("access_key_id", "secret_access_key"),
    "credential_redshift": ("username", "password"),
    "credential_custom": ("username", "password"),
}
PARAM_TYPES = (*TEXT, *_NUMBER, "bool", "file", "database", *CREDENTIAL_PARTS)

_TRUE = ("true", "t", "y", "yes", "1")
_FALSE = ("false", "f", "n", "no", "0")

Param = dict[str, Any]


def check_params(params: list[Param]) -> None:
    """Check the parameters of a script.

    Raises
    ------
    Invalid
        When it names the parameter and what is wrong with it.
    """
    seen: set[str] = set()
    for param in params:
        name, kind = param["name"], param["type"]
        if kind not in PARAM_TYPES:
            raise Invalid(
                f"Parameter {name}: type can't be {kind!r}; it is one of {', '.join(PARAM_TYPES)}."
            )
        if name in seen:
            raise Invalid(f"Parameter {name} is given twice.")
        seen.add(name)
        if param.get("default") is not None:
            if param.get("required"):
                raise Invalid(f"Parameter {name}: a required parameter can't have a default.")
            if kind in CREDENTIAL_PARTS:
                raise Invalid(f"Parameter {name}: a credential can't have a default.")
        for key in ("value", "default"):
            _typed(param, param.get(key))


def check_arguments(params: list[Param], arguments: dict[str, Any]) -> None:
    """Check that a script can run with its arguments.

    Raises
    ------
    Invalid
        When a required parameter has no value, or a value does not fit its type or is not
        among those allowed.
    """
    for param in params:
        value = value_of(param, arguments)
        if value is None and param.get("required"):
            raise Invalid(_missing(param, params, arguments))
        _check_allowed(param, value)


def check_given(params: list[Param], arguments: dict[str, Any]) -> None:
    """Check the arguments that a script has so far; a run may still need others.

    Raises
    ------
    Invalid
        When a value does not fit its parameter's type or is not among those allowed, or the
        parameter has a fixed value.
    """
    for param in params:
        given = arguments.get(param["name"])
        if given is None:
            continue
        value = _typed(param, given)
        if param.get("value") is not None:
            if _typed(param, param["value"]) != value:
                raise Invalid(
                    f"Parameter {param['name']} has a fixed value; it can't be set in arguments."
                )
            continue
        _check_allowed(param, value)


def references_of(param: Param, value: Any) -> list[tuple[str, int]]:
    """Return kind and id of the object that the value of a parameter names.

    Examples
    --------
    >>> references_of({"name": "c", "type": "credential_aws"}, "7")
    [('credentials', 7)]
    """
    kind = param["type"]
    if kind == "database":
        value = value.get("credential") if isinstance(value, dict) else None
    elif kind not in CREDENTIAL_PARTS and kind != "file":
        return []
    if not str(value).isdecimal():
        return []
    return [("files" if kind == "file" else "credentials", int(value))]


def check_accessible(
    connection: Connection,
    params: list[Param],
    arguments: dict[str, Any],
    user_id: int,
    *,
    fixed: bool,
) -> None:
    """Check that a user may read the credentials and files that arguments name.

    Parameters
    ----------
    connection, params, arguments
        Of the script.
    user_id
        The owner of the script.
    fixed
        Whether the fixed values and defaults of the parameters are the owner's own, too; those
        of a template are its author's, who hands them on.

    Raises
    ------
    Invalid
        When the user may not; what does not exist is the run's error.
    """
    for param in params:
        own = (param.get("value"), param.get("default")) if fixed else ()
        for value in (arguments.get(param["name"]), *own):
            for kind, object_id in references_of(param, value):
                row = find_object(connection, kind, object_id)
                if row is not None and level_of_user(connection, user_id, kind, row) is None:
                    raise Invalid(
                        f"Parameter {param['name']}: there is no {kind.removesuffix('s')} "
                        f"{object_id} that the owner of the script may use."
                    )


def unknown_arguments(params: list[Param], arguments: dict[str, Any]) -> list[str]:
    """Return the names of arguments that belong to no parameter.

    Examples
    --------
    >>> unknown_arguments([{"name": "rows", "type": "integer"}], {"rows": 1, "row": 2})
    ['row']
    """
    known = {param["name"] for param in params}
    return [name for name in arguments if name not in known]


def _missing(param: Param, params: list[Param], arguments: dict[str, Any]) -> str:
    """Return the error of a required parameter without a value."""
    unknown = unknown_arguments(params, arguments)
    near = nearest(param["name"], unknown, 1)
    hint = f" There is an argument {near[0]}: is {param['name']} meant?" if near else ""
    return f"Parameter {param['name']} is required and has no value: set it in arguments.{hint}"


def _check_allowed(param: Param, value: Any) -> None:
    """Raise when a parameter has a list of allowed values, and this is none of them."""
    allowed = [plain(entry.get("value")) for entry in param.get("allowed_values") or []]
    if value is not None and allowed and plain(value) not in allowed:
        raise Invalid(
            f"Parameter {param['name']} can't be {value!r}; it is one of {', '.join(allowed)}."
        )


def value_of(param: Param, arguments: dict[str, Any]) -> Any:
    """Return a parameter's value, typed; None when it has none."""
    for given in (param.get("value"), arguments.get(param["name"]), param.get("default")):
        if given is not None:
            return _typed(param, given)
    return None


def _typed(param: Param, value: Any) -> Any:
    """Return a value as its parameter's type; raise Invalid when it is not of it."""
    kind = param["type"]
    if value is None:
        return None
    try:
        return _READERS[kind](value)
    except (TypeError, ValueError, OverflowError):
        raise Invalid(f"Parameter {param['name']} is of type {kind}; {value!r} is not.") from None


def _whole(value: Any) -> int:
    if isinstance(value, float) and value != int(value):
        raise ValueError(value)
    return int(value)


def _truth(value: Any) -> bool:
    """Return the truth value of a text; raise ValueError when it has none."""
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(value)


def _number(value: Any) -> int | float:
    number = value if isinstance(value, int) else float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _database(value: Any) -> dict[str, int | None]:
    """Parse the value of a database parameter: an id, or an object with a credential."""
    if not isinstance(value, dict):
        return {"database": int(value), "credential": None}
    credential = value.get("credential")
    return {
        "database": int(value["database"]) if value.get("database") is not None else None,
        "credential": None if credential is None else int(credential),
    }


_READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(TEXT, str),
    "integer": _whole,
    "float": _number,
    "bool": _truth,
    "database": _database,
    **dict.fromkeys(("file", *CREDENTIAL_PARTS), int),
}

#: What an optional parameter without a value stands for.
UNSET: dict[str, Any] = {"integer": 0, "float": 0, "bool": False}


def find_credential(connection: Connection, credential_id: int) -> Row[Any] | None:
    """Return a credential with its password; None when there is none."""
    return connection.execute(
        select(credentials).where(credentials.c.id == credential_id)
    ).one_or_none()


def plain(value: Any) -> str:
    """Return a value as text, as the API spells it.

    Examples
    --------
    >>> plain(True), plain(1.5)
    ('true', '1.5')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)


def environment(
    context: PlatformContext, params: list[Param], arguments: dict[str, Any], user_id: int
) -> dict[str, str]:
    """Return the environment variables that a script's process sees for its parameters.

    Names are given in capitals, as the platform does, and as they were written.

    Raises
    ------
    CivisLocalError
        When a credential or a file that an argument names is not there.
    """
    result: dict[str, str] = {}
    for param in params:
        value = value_of(param, arguments)
        if value is None:
            value = UNSET.get(param["type"], "")
        for suffix, text in _variables(context, param, value, user_id).items():
            result[param["name"].upper() + suffix] = text
            result[param["name"] + (suffix if param["name"].isupper() else suffix.lower())] = text
    return result


def _variables(context: PlatformContext, param: Param, value: Any, user_id: int) -> dict[str, str]:
    """Return the environment variables of a parameter by the suffixes of their names."""
    kind = param["type"]
    if kind in TEXT:
        return {"": value, "_SHELL_ESCAPED": shlex.quote(value)}
    if kind == "file":
        return _file_variables(context, param["name"], value)
    if kind in CREDENTIAL_PARTS:
        return _credential_variables(context, param["name"], kind, value)
    if kind == "database":
        chosen = value or {"database": "", "credential": None}
        credential = chosen["credential"]
        if credential is None and chosen["database"] != "":
            credential = _default_credential(context, user_id)
        parts = _credential_variables(context, param["name"], "credential_redshift", credential)
        return {
            **_database_variables(context, param["name"], chosen["database"]),
            **{f"_CREDENTIAL{suffix}": text for suffix, text in parts.items()},
        }
    return {"": plain(value)}


def _database_variables(context: PlatformContext, name: str, value: Any) -> dict[str, str]:
    """Return the environment variables of a database by the suffixes of their names."""
    if value == "":
        return dict.fromkeys(("_ID", "_HOST", "_PORT", "_DATABASE"), "")
    with context.store.read() as connection:
        row = connection.execute(select(databases).where(databases.c.id == value)).one_or_none()
    if row is None:
        raise CivisLocalError(f"Parameter {name}: Database {value} could not be found.")
    # It has no port: it is a file, which only the platform opens.
    return {"_ID": str(value), "_HOST": "127.0.0.1", "_PORT": "", "_DATABASE": row.name}


def _file_variables(context: PlatformContext, name: str, value: Any) -> dict[str, str]:
    """Return the environment variables of a file by the suffixes of their names."""
    if value == "":
        return {"_ID": "", "_URL": ""}

    try:
        url = context.files.download_url(context.files.row(value))
    except NotFound as error:
        raise CivisLocalError(f"Parameter {name}: {error}") from None
    return {"_ID": str(value), "_URL": url or ""}


def _credential_variables(
    context: PlatformContext, name: str, kind: str, value: Any
) -> dict[str, str]:
    """Return the environment variables of a credential by the suffixes of their names."""
    suffixes = ["_ID", *(f"_{part.upper()}" for part in CREDENTIAL_PARTS[kind])]
    if value is None or value == "":
        return dict.fromkeys(suffixes, "")
    with context.store.read() as connection:
        row = find_credential(connection, value)
    if row is None:
        raise no_credential(name, value)
    return dict(zip(suffixes, (str(value), row.username, row.password or ""), strict=True))


def no_credential(name: str, credential_id: int) -> CivisLocalError:
    """Return the error of a parameter whose credential is not there."""
    return CivisLocalError(
        f"Parameter {name}: there is no credential {credential_id}. Give the id of one that "
        "GET /credentials lists."
    )


def _default_credential(context: PlatformContext, user_id: int) -> int | None:
    query = select(credentials.c.id).where(
        credentials.c.user_id == user_id, credentials.c.is_default.is_(True)
    )
    with context.store.read() as connection:
        return connection.scalar(query.order_by(credentials.c.id).limit(1))
