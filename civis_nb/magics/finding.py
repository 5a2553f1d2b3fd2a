"""Finds the job that a ``%civis_run`` means: by id, by name, or in a variable."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisAPIError, CivisMagicError
from civis_nb.magics.words import LANGUAGES, Token

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = ["dictionary", "find_job"]


def dictionary(
    name: str | None, option: str, namespaces: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the dictionary that an option names; an empty one without the option.

    Parameters
    ----------
    name
        The variable; None: the option is not given.
    option
        What errors call the option.
    namespaces
        Where variables are looked up, the first one first.

    Raises
    ------
    CivisMagicError
        When the variable is not set, or is no dictionary.
    """
    if name is None:
        return {}
    found = next((names[name] for names in namespaces if name in names), None)
    if not isinstance(found, Mapping):
        kind = "is not set" if found is None else f"is a {type(found).__name__}"
        raise CivisMagicError(f"{option} needs a dictionary, and {name} {kind}.")
    return {str(key): value for key, value in found.items()}


def find_job(client: Client, wanted: Token, namespaces: Sequence[Mapping[str, Any]]) -> Any:
    """Return a job.

    Parameters
    ----------
    client
        The client.
    wanted
        An id or a name; or ``$name``, ``{expression}``, or the name of a variable where no job
        has that name. In quotes it is a name.
    namespaces
        Where variables are looked up, the first one first.

    Raises
    ------
    CivisMagicError
        When there is no such job, several of that name, or no such variable.
    """
    text, quoted = wanted.text, wanted.raw[:1] in ("'", '"')
    if not quoted and re.search(r"[${]", wanted.raw):
        text = _id_text(_expanded(wanted.raw, namespaces), wanted.raw)
    elif not quoted and not text.isdecimal() and (held := _held(text, namespaces)) is not None:
        # A job of that name comes first: a notebook has many variables.
        return _by_name(client, text) or find_job(client, _quoted(_id_text(held, text)), ())
    if text.isdecimal():
        return _by_id(client, text)
    job = _by_name(client, text)
    if job is None:
        raise CivisMagicError(_no_such_name(client, text))
    return job


def _quoted(text: str) -> Token:
    return Token(text, f"'{text}'", 0)


def _by_name(client: Client, name: str) -> Any:
    """Return the job of a name; None when there is none."""
    for hidden in (False, True):
        jobs = client.jobs.list(q=name, hidden=hidden, iterator=True)
        found = [job for job in jobs if job.name == name]
        if len(found) == 1:
            return found[0]
        if found:
            raise CivisMagicError(_candidates(name, found))
    return None


def _by_id(client: Client, number: str) -> Any:
    try:
        return client.jobs.get(int(number))
    except CivisAPIError as error:
        if error.status_code != 404:
            raise
        raise CivisMagicError(f"There is no job {number}, or you may not see it.") from None


def _expanded(text: str, namespaces: Sequence[Mapping[str, Any]]) -> Any:
    """Return what IPython's own magics make of ``$name`` and ``{expression}``."""
    from IPython.utils.text import DollarFormatter

    names: dict[str, Any] = {}
    for namespace in reversed(namespaces):
        names.update(namespace)
    alone = re.fullmatch(r"\$([^\W\d]\w*)|\{(.+)\}", text)
    try:
        if alone is not None:
            # The cell's own code, as in all of IPython's magics.
            return eval(alone.group(1) or alone.group(2), names)  # noqa: S307
        found = DollarFormatter().vformat(text, (), names)
    except Exception as error:
        # Anything may come of an expression.
        raise CivisMagicError(
            f"%civis_run: {text} has no value ({type(error).__name__}: {error})."
        ) from None
    return found


def _held(text: str, namespaces: Sequence[Mapping[str, Any]]) -> Any:
    """Return what a variable, or an attribute of it, holds; None when there is none."""
    name, *attributes = text.split(".")
    value = next((names[name] for names in namespaces if name in names), None)
    for attribute in attributes:
        value = getattr(value, attribute, None)
    return value


def _id_text(value: Any, text: str) -> str:
    """Return the id, as text, of a job, a future of one, or an id; a name as it is."""
    if isinstance(value, str):
        return value
    for name in ("job_id", "id"):
        value = getattr(value, name, None) or value
    try:
        return str(int(value))
    except (TypeError, ValueError):
        raise CivisMagicError(
            f"%civis_run: {text} is a {type(value).__name__}, and no job or id of one."
        ) from None


def _candidates(wanted: str, found: list[Any]) -> str:
    lines = [f"{len(found)} jobs are called {wanted!r}; give the id of one:"]
    for job in found[:10]:
        kind = str(job.type).removeprefix("JobTypes::")
        lines.append(f"  {job.id}  {kind}, {job.state}, created {job.created_at}")
    return "\n".join(lines + ([f"  and {len(found) - 10} more"] if len(found) > 10 else []))


def _no_such_name(client: Client, wanted: str) -> str:
    # The platform finds texts in names: of a name with a typo, the words without one.
    words = sorted({word for word in wanted.split() if len(word) > 2}, key=len, reverse=True)
    found: dict[str, tuple[str, int]] = {}
    for text in (wanted, *words[:3], None):
        query = {} if text is None else {"q": text}
        newest = client.jobs.list(order="updated_at", order_dir="desc", limit=50, **query)
        found.update({str(job.name).lower(): (str(job.name), job.id) for job in newest})
    near = difflib.get_close_matches(wanted.lower(), found, n=3, cutoff=0.5)
    hint = ", ".join("{!r} (job {})".format(*found[name]) for name in near)
    if not hint and wanted.lower() in LANGUAGES:
        return (
            f"There is no job called {wanted!r}. To run a cell of {wanted}, begin it with "
            f"%%civis_run {wanted}, with two percent signs."
        )
    return f"There is no job called {wanted!r}." + (f" Did you mean {hint}?" if hint else "")
