"""Checks and defaults of arguments that the functions of `civis_nb.io` share."""

from __future__ import annotations

import codecs
import numbers
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisArgumentError, CivisInputError
from civis_nb.near_names import did_you_mean

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = [
    "DELIMITERS",
    "DEPRECATED",
    "MAX_DESCRIPTION_CHARS",
    "check_encoding",
    "check_interval",
    "chosen",
    "column_list",
    "credential_or_default",
    "delimiter_name",
    "file_arguments",
    "file_id_of",
    "new_job_name",
    "statement",
    "whole_from",
]

MAX_DESCRIPTION_CHARS = 512

#: The character and the API's name of each column delimiter.
DELIMITERS = {",": "comma", "\t": "tab", "|": "pipe"}


class _Deprecated:
    """The default of a deprecated argument; distinct from every value."""

    def __repr__(self) -> str:
        return "DEPRECATED"


DEPRECATED: Any = _Deprecated()


def credential_or_default(client: Client, credential_id: int | str | None) -> Any:
    """Return `credential_id`, or the id of the default database credential."""
    return credential_id if credential_id else client.default_database_credential_id


def new_job_name(job_name: str | None) -> str:
    """Return `job_name`, or a name that no other job has."""
    return job_name if job_name is not None else secrets.token_hex(16)


def chosen(name: str, value: Any, choices: Sequence[str]) -> str:
    """Return `value` when it is one of `choices`.

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
    hint = did_you_mean(value, choices, 1, shown=repr)
    raise CivisInputError(
        f"{name} can't be {value!r}; it is one of {', '.join(map(repr, choices))}.{hint}"
    )


def statement(sql: Any) -> str:
    """Return `sql`, after a check that it is a statement.

    Raises
    ------
    CivisInputError
        When it is no string (a TypeError too), or blank.

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


def whole_from(name: str, value: Any, least: int, *, missing: bool = False) -> int | None:
    """Return `value` when it is a whole number of at least `least`; None when it may be `missing`.

    Raises
    ------
    CivisInputError
        When it is not; a TypeError too when it is of another type.

    Examples
    --------
    >>> whole_from("preview_rows", 10, 0)
    10
    """
    if value is None and missing:
        return None
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise CivisArgumentError(f"{name} can't be {value!r}; it is a whole number.")
    if value < least:
        raise CivisInputError(f"{name} can't be {value!r}; it is at least {least}.")
    return int(value)


def file_id_of(value: Any) -> int:
    """Return the id of a file, also when it is a text of digits.

    Raises
    ------
    CivisInputError
        When it is no id; a TypeError too when it is of another type.

    Examples
    --------
    >>> file_id_of("5")
    5
    """
    if isinstance(value, str):
        if not (value.strip().isascii() and value.strip().isdigit()):
            raise CivisInputError(f"file_id can't be {value!r}; it is a whole number.")
        value = int(value)
    return whole_from("file_id", value, 1) or 0


def check_interval(polling_interval: Any) -> None:
    """Check a polling interval.

    Raises
    ------
    CivisInputError
        When it is not a positive number.
    """
    from civis_nb.futures.timing import checked_interval

    checked_interval(polling_interval)


def check_encoding(encoding: Any, return_as: str) -> None:
    """Check an encoding.

    Raises
    ------
    CivisInputError
        When Python does not know it; a TypeError too when it is no text.
    """
    if encoding is None or (return_as == "polars" and encoding in ("utf8", "utf8-lossy")):
        return
    if not isinstance(encoding, str):
        raise CivisArgumentError(f"encoding is a text, not {type(encoding).__name__}.")
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise CivisInputError(
            f"encoding can't be {encoding!r}: Python knows none of that name."
        ) from None


def column_list(columns: Any) -> list[str] | None:
    """Return ``columns`` as a list; None for all.

    Raises
    ------
    CivisInputError
        When they are no list of texts (a TypeError too), or there is none.
    """
    if columns is None:
        return None
    if not isinstance(columns, list | tuple) or not all(isinstance(one, str) for one in columns):
        raise CivisArgumentError(f"columns is a list of texts, not {columns!r}. Nothing was sent.")
    if not columns or not all(one.strip() for one in columns):
        raise CivisInputError("columns names none, or one without a name; leave it out for all.")
    return list(columns)


def delimiter_name(delimiter: str) -> str:
    r"""Return the API's name of a column delimiter.

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
    """Return the arguments of a new file beside its name.

    Raises
    ------
    CivisInputError
        When the description is too long; a TypeError too when one of them is no text.
    """
    arguments: dict[str, Any] = {}
    for name, value in (("expires_at", expires_at), ("description", description)):
        if value is not None and not isinstance(value, str):
            raise CivisArgumentError(f"{name} is a text, not {type(value).__name__}: {value!r}.")
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
