"""Parameters of scripts as placeholders in SQL: ``{{name}}`` and its forms (API protocol, 4.8)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from civis_nb.local.runs.parameters import (
    CREDENTIAL_PARTS,
    TEXT,
    UNSET,
    Param,
    find_credential,
    no_credential,
    plain,
    value_of,
)
from civis_nb.table_names import literal, quoted

__all__ = ["expanded_arguments", "fill_placeholders"]

_REDACTED = "********"
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


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
        value = value_of(param, arguments)
        if value is None and not param.get("required"):
            value = UNSET.get(kind, "")
        if kind in CREDENTIAL_PARTS:
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
        elif kind in TEXT:
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
    user_part, secret_part = CREDENTIAL_PARTS[kind]
    keys = (f"{name}.id", f"{name}.{user_part}", f"{name}.{secret_part}")
    if value is None or value == "":
        return dict.fromkeys(keys, value)
    row = find_credential(connection, value)
    if row is None:
        if secrets:
            raise no_credential(name, value)
        return dict.fromkeys(keys, _REDACTED)
    secret = (row.password or "") if secrets else _REDACTED
    return dict(zip(keys, (value, row.username, secret), strict=True))


def fill_placeholders(text: str, values: dict[str, Any]) -> str:
    """Replace ``{{name}}`` by its value; what has none stays as it is.

    Examples
    --------
    >>> fill_placeholders("select {{n}} from {{t}}", {"n": 2, "t": None})
    'select 2 from {{t}}'
    """

    def replaced(match: re.Match[str]) -> str:
        value = values.get(match[1])
        return match[0] if value is None else plain(value)

    return _PLACEHOLDER.sub(replaced, text)
