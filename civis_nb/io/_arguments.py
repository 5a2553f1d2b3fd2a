"""Checks and defaults that the functions of `civis_nb.io` share."""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisArgumentError, CivisInputError

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = [
    "DELIMITERS",
    "DEPRECATED",
    "MAX_DESCRIPTION_CHARS",
    "chosen",
    "client_or_default",
    "credential_or_default",
    "delimiter_name",
    "file_arguments",
    "new_job_name",
    "statement",
]

MAX_DESCRIPTION_CHARS = 512

#: The character and the platform's word for each column delimiter.
DELIMITERS = {",": "comma", "\t": "tab", "|": "pipe"}


class _Deprecated:
    """The default of an argument that is no longer to be given; distinct from every value."""

    def __repr__(self) -> str:
        return "DEPRECATED"


DEPRECATED: Any = _Deprecated()


def client_or_default(client: APIClient | None) -> Any:
    """Give `client`, or a new one made from the environment."""
    if client is not None:
        return client
    from civis_nb.client.client import APIClient

    return APIClient()


def credential_or_default(client: Any, credential_id: int | str | None) -> Any:
    """Give `credential_id`, or the id of the default database credential."""
    return credential_id if credential_id else client.default_database_credential_id


def new_job_name(job_name: str | None) -> str:
    """Give `job_name`, or a name that no other job has."""
    return job_name if job_name is not None else secrets.token_hex(16)


def chosen(name: str, value: Any, choices: Sequence[str]) -> str:
    """Give `value` when it is one of `choices`.

    Raises
    ------
    CivisInputError
        When it is not; the message names the nearest one.

    Examples
    --------
    >>> chosen("return_as", "polars", ("list", "polars"))
    'polars'
    """
    if value in choices:
        return str(value)
    near = difflib.get_close_matches(str(value), choices, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise CivisInputError(
        f"{name} can't be {value!r}; it is one of {', '.join(map(repr, choices))}.{hint}"
    )


def statement(sql: Any) -> str:
    """Give `sql` when it holds a statement.

    Raises
    ------
    CivisInputError
        When it is no text (a TypeError too), or blank.

    Examples
    --------
    >>> statement(" ; ")
    Traceback (most recent call last):
        ...
    civis_nb.errors.CivisInputError: sql is blank; give a statement. Nothing was sent.
    """
    if not isinstance(sql, str):
        raise CivisArgumentError(f"sql is a text, not {type(sql).__name__}. Nothing was sent.")
    if not sql.strip(" ;\t\r\n"):
        raise CivisInputError("sql is blank; give a statement. Nothing was sent.")
    return sql


def delimiter_name(delimiter: str) -> str:
    r"""Give the platform's word for a column delimiter.

    Raises
    ------
    CivisInputError
        When it is none of comma, tab and pipe.

    Examples
    --------
    >>> delimiter_name("\t")
    'tab'
    """
    try:
        return DELIMITERS[delimiter]
    except (KeyError, TypeError):
        raise CivisInputError(
            f"delimiter can't be {delimiter!r}; it is one of ',', '\\t' and '|'."
        ) from None


def file_arguments(expires_at: str | None, description: str | None) -> dict[str, Any]:
    """Give the arguments of a new file beside its name.

    Raises
    ------
    CivisInputError
        When the description is too long.
    """
    arguments: dict[str, Any] = {}
    if expires_at != "DEFAULT":
        arguments["expires_at"] = expires_at
    if description is not None:
        if len(description) > MAX_DESCRIPTION_CHARS:
            raise CivisInputError(
                f"description has {len(description)} characters; "
                f"it may have {MAX_DESCRIPTION_CHARS}."
            )
        arguments["description"] = description
    return arguments
