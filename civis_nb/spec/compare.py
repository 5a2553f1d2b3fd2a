"""What has changed between two specifications, in the words of those who call the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from civis_nb.spec.model import Operation, Parameter, Spec

__all__ = ["differences"]


def differences(old: Spec, new: Spec) -> list[str]:
    """Return a line for each operation that has come, gone, or takes other arguments.

    Lines begin with ``+``, ``-`` or ``~``, and are sorted by operation.

    Examples
    --------
    >>> from civis_nb.spec.parse import parse_spec
    >>> def document(*names):
    ...     query = [{"name": name, "in": "query", "type": "string"} for name in names]
    ...     return {"swagger": "2.0", "paths": {"/users": {"get": {"parameters": query}}}}
    >>> differences(parse_spec(document("q")), parse_spec(document("limit")))
    ['~ users.get: + limit; - q']
    """
    before, after = _operations(old), _operations(new)
    lines = []
    for name in sorted({*before, *after}):
        if name not in after:
            lines.append(f"- {name}  {before[name].summary}".rstrip())
        elif name not in before:
            lines.append(f"+ {name}  {after[name].summary}".rstrip())
        elif changes := list(_changes(before[name], after[name])):
            lines.append(f"~ {name}: {'; '.join(changes)}")
    return lines


def _operations(spec: Spec) -> Mapping[str, Operation]:
    """Return the operations by resource and method, without the old names of some."""
    return {each.dotted: each for each in spec if not each.legacy_of}


def _changes(old: Operation, new: Operation) -> Iterator[str]:
    """Yield what is different about an operation."""
    if (old.verb, old.path) != (new.verb, new.path):
        yield f"{old.verb} /{old.path} is now {new.verb} /{new.path}"
    before = {each.name: each for each in old.parameters}
    after = {each.name: each for each in new.parameters}
    for name in sorted({*before, *after}):
        if name not in before:
            yield f"+ {name}" + (" (required)" if after[name].required else "")
        elif name not in after:
            yield f"- {name}"
        else:
            yield from _other_facts(before[name], after[name])
    if bool(old.not_implemented) != bool(new.not_implemented):
        yield "is not served any more" if new.not_implemented else "is served now"


def _other_facts(old: Parameter, new: Parameter) -> Iterator[str]:
    """Yield what is different about an argument."""
    if old.required != new.required:
        yield f"{new.name} is {'required' if new.required else 'optional'} now"
    if old.python_type != new.python_type:
        yield f"{new.name} is {new.python_type} now, was {old.python_type}"
    if gone := [str(value) for value in old.enum if new.enum and value not in new.enum]:
        yield f"{new.name} can't be {', '.join(gone)} any more"
    if come := [str(value) for value in new.enum if old.enum and value not in old.enum]:
        yield f"{new.name} may be {', '.join(come)} too"
