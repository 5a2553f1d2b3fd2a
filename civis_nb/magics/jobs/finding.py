"""Finds what a ``%civis_run`` means, a job, a template or a workflow: by id, name or variable."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from civis_nb.errors import CivisAPIError, CivisMagicError
from civis_nb.magics.words import LANGUAGES, Token, Variable
from civis_nb.near_names import nearest

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = [
    "JOB", "TEMPLATE", "WORKFLOW", "Kind", "dictionary", "find", "find_job", "named", "values_of",
]  # fmt: skip

#: How many names a misspelt one is compared with.
_MAX_COMPARED: Final = 1000
#: How alike a hidden or archived one is at least, between 0 and 1.
_HIDDEN_CUTOFF: Final = 0.8


@dataclass(frozen=True)
class Kind:
    """A kind of object that can be run.

    Attributes
    ----------
    noun
        What messages call it.
    get
        Returns the one of an id.
    named
        Returns those of one of `_STATES` whose names may hold a text; without a text, some that it
        may have meant.
    """

    noun: str
    get: Callable[[Client, int], Any]
    named: Callable[[Client, str | None, str], Iterable[Any]]


#: What is seen in lists, what is in them only when asked for, and what is no longer to be used.
_STATES: Final = ("listed", "hidden", "archived")


def _filters(state: str) -> dict[str, Any]:
    """Return the filters of a list for one of `_STATES`."""
    return {"archived": "true"} if state == "archived" else {"hidden": state == "hidden"}


def _jobs(client: Client, text: str | None, state: str) -> Iterable[Any]:
    filters = _filters(state)
    if text is None:
        return client.jobs.list(order="updated_at", order_dir="desc", limit=50, **filters)  # type: ignore[no-any-return]
    return client.jobs.list(q=text, iterator=True, **filters)  # type: ignore[no-any-return]


def _templates(client: Client, _: str | None, state: str) -> Iterable[Any]:
    if state == "archived":  # the list of templates has no filter for them
        return ()
    return client.templates.list_scripts(iterator=True, **_filters(state))  # type: ignore[no-any-return]


def _workflows(client: Client, _: str | None, state: str) -> Iterable[Any]:
    return client.workflows.list(iterator=True, **_filters(state))  # type: ignore[no-any-return]


JOB: Final = Kind("job", lambda client, id_: client.jobs.get(id_), _jobs)
TEMPLATE: Final = Kind(
    "template", lambda client, id_: client.templates.get_scripts(id_), _templates
)
WORKFLOW: Final = Kind("workflow", lambda client, id_: client.workflows.get(id_), _workflows)


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
        kind = "is not set" if found is None else f"is of type {type(found).__name__}"
        raise CivisMagicError(f"{option} needs a dictionary, and {name} {kind}.")
    return {str(key): value for key, value in found.items()}


def values_of(given: Mapping[str, Any], namespaces: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what ``K=V`` options give: ``$name`` and ``{expression}`` as their values.

    Raises
    ------
    CivisMagicError
        When a variable is not set, or an expression fails.
    """
    return {
        name: _expanded(value, namespaces) if isinstance(value, Variable) else value
        for name, value in given.items()
    }


def find_job(client: Client, wanted: Token, namespaces: Sequence[Mapping[str, Any]]) -> Any:
    """Return a job; `find` tells how."""
    return find(client, JOB, wanted, namespaces)


def find(client: Client, kind: Kind, wanted: Token, namespaces: Sequence[Mapping[str, Any]]) -> Any:
    """Return a job, a template or a workflow.

    Parameters
    ----------
    client
        The client.
    kind
        Which of them.
    wanted
        An id or a name; or ``$name``, ``{expression}``, or the name of a variable where nothing
        of the kind has that name. In quotes it is a name.
    namespaces
        Where variables are looked up, the first one first.

    Raises
    ------
    CivisMagicError
        When there is none, several of that name, or no such variable.
    """
    text, quoted = wanted.text, wanted.raw[:1] in ("'", '"')
    if not quoted and re.search(r"[${]", wanted.raw):
        text = _id_text(_expanded(wanted.raw, namespaces), wanted.raw, kind)
    elif not quoted and not text.isdecimal() and (held := _held(text, namespaces)) is not None:
        # What has that name comes first: a notebook has many variables.
        by_value = _quoted(_id_text(held, text, kind))
        return named(client, kind, text) or find(client, kind, by_value, ())
    if text.isdecimal():
        return _by_id(client, kind, text)
    found = named(client, kind, text)
    if found is None:
        raise CivisMagicError(_no_such_name(client, kind, text))
    return found


def _quoted(text: str) -> Token:
    return Token(text, f"'{text}'", 0)


def named(client: Client, kind: Kind, name: str) -> Any:
    """Return the job, template or workflow of a name; None when there is none.

    Raises
    ------
    CivisMagicError
        When there are several.
    """
    for state in ("listed", "hidden"):
        found = [one for one in kind.named(client, name, state) if one.name == name]
        if len(found) > 1:
            raise CivisMagicError(_candidates(kind, name, found))
        if found:
            return found[0]
    return None


def _by_id(client: Client, kind: Kind, number: str) -> Any:
    """Return what has an id."""
    try:
        return kind.get(client, int(number))
    except CivisAPIError as error:
        if error.status_code != 404:
            raise
        message = f"There is no {kind.noun} {number}, or you may not see it."
        raise CivisMagicError(message) from None


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
            f"{text} has no value ({type(error).__name__}: {error}). In quotes it is text. "
            "Nothing was started."
        ) from None
    return found


def _held(text: str, namespaces: Sequence[Mapping[str, Any]]) -> Any:
    """Return what a variable, or an attribute of it, holds; None when there is none."""
    name, *attributes = text.split(".")
    value = next((names[name] for names in namespaces if name in names), None)
    for attribute in attributes:
        value = getattr(value, attribute, None)
    return value


def _id_text(value: Any, text: str, kind: Kind) -> str:
    """Return the id, as text, of an object, a future of it, or an id; a name as it is."""
    if isinstance(value, str):
        return value
    for name in ("job_id", "id"):
        value = getattr(value, name, None) or value
    try:
        return str(int(value))
    except (TypeError, ValueError):
        raise CivisMagicError(
            f"%civis_run: {text} is of type {type(value).__name__}, and no {kind.noun} or id of "
            "one."
        ) from None


def _candidates(kind: Kind, wanted: str, found: list[Any]) -> str:
    """Return the message about a name that several have."""
    lines = [f"{len(found)} {kind.noun}s are called {wanted!r}; give the id of one:"]
    for one in found[:10]:
        job_type = str(one.get("type") or one.get("script_type") or "")
        details = (
            job_type.removeprefix("JobTypes::"),
            one.get("state"),
            f"created {one.created_at}",
        )
        lines.append(f"  {one.id}  {', '.join(str(part) for part in details if part)}")
    return "\n".join(lines + ([f"  and {len(found) - 10} more"] if len(found) > 10 else []))


def _no_such_name(client: Client, kind: Kind, wanted: str) -> str:
    """Return the message about a name that nothing has, with what it may have meant."""
    # The platform finds texts in names: of a name with a typo, the words without one.
    words = sorted({word for word in wanted.split() if len(word) > 2}, key=len, reverse=True)
    texts = (wanted, *words[:3], None) if kind is JOB else (None,)
    found: dict[str, tuple[str, int, str]] = {}
    for state, text in itertools.product(_STATES, texts):
        for one in itertools.islice(kind.named(client, text, state), _MAX_COMPARED):
            found.setdefault(str(one.name).lower(), (str(one.name), one.id, state))
    # Much of what is out of sight was named by nobody, as queries: only very near names count.
    seen = {name for name, (_, _, state) in found.items() if state == "listed"}
    seen.update(nearest(wanted, found, cutoff=_HIDDEN_CUTOFF))
    near = [found[name] for name in nearest(wanted, seen)]
    for name, number, state in near:
        if name == wanted and state == "archived":
            return (
                f"The {kind.noun} called {wanted!r} is archived. To run it all the same, give its "
                f"id: {number}."
            )
    hint = ", ".join(
        f"{name!r} ({kind.noun} {number}{'' if state == 'listed' else f', {state}'})"
        for name, number, state in near
    )
    for other in (TEMPLATE, WORKFLOW) if kind is JOB else ():
        called = next(
            (one for one in other.named(client, wanted, "listed") if one.name == wanted), None
        )
        if called:
            return (
                f"There is no job called {wanted!r}. {other.noun.capitalize()} {called.id} is "
                f"called so: add --{other.noun}."
            )
    if not hint and kind is JOB and wanted.lower() in LANGUAGES:
        return (
            f"There is no job called {wanted!r}. To run a cell of {wanted}, begin it with "
            f"%%civis_run {wanted}, with two percent signs."
        )
    return f"There is no {kind.noun} called {wanted!r}." + (
        f" Did you mean {hint}?" if hint else ""
    )
