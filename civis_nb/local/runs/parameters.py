"""Parameters of scripts: their values as SQL placeholders and as environment variables.

What is derived from a parameter follows the API protocol, 4.8.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, select

from civis_nb.errors import CivisLocalError
from civis_nb.local.context import PlatformContext
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.store.schema import credentials, databases
from civis_nb.table_names import literal, quoted

__all__ = [
    "PARAM_TYPES",
    "check_arguments",
    "check_params",
    "environment",
    "expanded_arguments",
    "fill_placeholders",
]

_TEXT = ("string", "multi_line_string", "table")
_NUMBER = ("integer", "float")
#: The parts of a credential, by the type of the parameter.
_CREDENTIAL_PARTS = {
    "credential_aws": ("access_key_id", "secret_access_key"),
    "credential_redshift": ("username", "password"),
    "credential_custom": ("username", "password"),
}
PARAM_TYPES = (*_TEXT, *_NUMBER, "bool", "file", "database", *_CREDENTIAL_PARTS)

REDACTED = "********"
_TRUE = ("true", "t", "y", "yes", "1")
_FALSE = ("false", "f", "n", "no", "0")
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")

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
            if kind in _CREDENTIAL_PARTS:
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
        value = _value(param, arguments)
        if value is None and param.get("required"):
            raise Invalid(
                f"Parameter {param['name']} is required and has no value: set it in arguments."
            )
        allowed = [entry.get("value") for entry in param.get("allowed_values") or []]
        if (
            value is not None
            and allowed
            and _plain(value) not in [_plain(item) for item in allowed]
        ):
            raise Invalid(
                f"Parameter {param['name']} can't be {value!r}; it is one of "
                f"{', '.join(_plain(item) for item in allowed)}."
            )


def _value(param: Param, arguments: dict[str, Any]) -> Any:
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
    **dict.fromkeys(_TEXT, str),
    "integer": _whole,
    "float": _number,
    "bool": _truth,
    "database": _database,
    **dict.fromkeys(("file", *_CREDENTIAL_PARTS), int),
}

#: What an optional parameter without a value stands for.
_UNSET: dict[str, Any] = {"integer": 0, "float": 0, "bool": False}


def expanded_arguments(
    connection: Connection,
    params: list[Param],
    arguments: dict[str, Any],
    *,
    secrets: bool = False,
) -> dict[str, Any]:
    """Return every placeholder that the parameters define, with its value.

    Parameters
    ----------
    connection
        Where credentials are read.
    params, arguments
        Of the script.
    secrets
        Whether passwords are shown; else they are redacted.

    Raises
    ------
    CivisLocalError
        When passwords are wanted, and a credential that an argument names is not there.
    """
    result: dict[str, Any] = {}
    for param in params:
        name, kind = param["name"], param["type"]
        value = _value(param, arguments)
        if value is None and not param.get("required"):
            value = _UNSET.get(kind, "")
        if kind in _CREDENTIAL_PARTS:
            result |= _credential_placeholders(connection, name, kind, value, secrets)
        elif kind == "database":
            chosen = value if isinstance(value, dict) else {"database": value, "credential": value}
            result[f"{name}.id"] = chosen["database"]
            result |= _credential_placeholders(
                connection,
                f"{name}.credential",
                "credential_redshift",
                chosen["credential"],
                secrets,
            )
        elif kind in _TEXT:
            result |= _text_placeholders(name, value)
        else:
            result[name] = value
    return result


def _text_placeholders(name: str, value: str | None) -> dict[str, str | None]:
    """Return what stands for a text parameter: as it is, and in each of its quoted forms."""
    if value is None:
        return dict.fromkeys((name, *(f"{name}.{form}" for form in _FORMS)))
    return {name: value, **{f"{name}.{form}": quote(value) for form, quote in _FORMS.items()}}


_FORMS: dict[str, Callable[[str], str]] = {
    "literal": literal,
    "identifier": quoted,
    "shell_escaped": shlex.quote,
}


def _credential_placeholders(
    connection: Connection, name: str, kind: str, value: Any, secrets: bool
) -> dict[str, Any]:
    """Return the placeholders of a credential, its password redacted unless `secrets`."""
    user_part, secret_part = _CREDENTIAL_PARTS[kind]
    keys = (f"{name}.id", f"{name}.{user_part}", f"{name}.{secret_part}")
    if value is None or value == "":
        return dict.fromkeys(keys, value)
    row = _credential(connection, value)
    if row is None:
        if secrets:
            raise _no_credential(name, value)
        return dict.fromkeys(keys, REDACTED)
    secret = (row.password or "") if secrets else REDACTED
    return dict(zip(keys, (value, row.username, secret), strict=True))


def _credential(connection: Connection, credential_id: int) -> Row[Any] | None:
    return connection.execute(
        select(credentials).where(credentials.c.id == credential_id)
    ).one_or_none()


def fill_placeholders(text: str, values: dict[str, Any]) -> str:
    """Replace ``{{name}}`` by its value; what has none stays as it is.

    Examples
    --------
    >>> fill_placeholders("select {{n}} from {{t}}", {"n": 2, "t": None})
    'select 2 from {{t}}'
    """

    def replaced(match: re.Match[str]) -> str:
        value = values.get(match[1])
        return match[0] if value is None else _plain(value)

    return _PLACEHOLDER.sub(replaced, text)


def _plain(value: Any) -> str:
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
        value = _value(param, arguments)
        if value is None:
            value = _UNSET.get(param["type"], "")
        for suffix, text in _variables(context, param, value, user_id).items():
            result[param["name"].upper() + suffix] = text
            result[param["name"] + (suffix if param["name"].isupper() else suffix.lower())] = text
    return result


def _variables(context: PlatformContext, param: Param, value: Any, user_id: int) -> dict[str, str]:
    """Return the environment variables of a parameter by the suffixes of their names."""
    kind = param["type"]
    if kind in _TEXT:
        return {"": value, "_SHELL_ESCAPED": shlex.quote(value)}
    if kind == "file":
        return _file_variables(context, param["name"], value)
    if kind in _CREDENTIAL_PARTS:
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
    return {"": _plain(value)}


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
    suffixes = ["_ID", *(f"_{part.upper()}" for part in _CREDENTIAL_PARTS[kind])]
    if value is None or value == "":
        return dict.fromkeys(suffixes, "")
    with context.store.read() as connection:
        row = _credential(connection, value)
    if row is None:
        raise _no_credential(name, value)
    return dict(zip(suffixes, (str(value), row.username, row.password or ""), strict=True))


def _no_credential(name: str, credential_id: int) -> CivisLocalError:
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
