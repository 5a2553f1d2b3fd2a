"""Operation -> signature and docstring."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import lru_cache

from civis_nb.spec.model import Operation, Parameter, Schema
from civis_nb.spec.names import camel_to_snake

__all__ = ["docstring", "signature", "signature_text"]

_WIDTH = 79
_MAX_DEPTH = 6


def _return_type(operation: Operation) -> str:
    if operation.paginated:
        return "ListResponse | PaginatedResponse"
    return "ListResponse" if operation.answers_array else "Response"


@lru_cache(maxsize=4096)
def _parameter(name: str, annotation: str, required: bool) -> inspect.Parameter:
    kinds = inspect.Parameter
    if required:
        return kinds(name, kinds.POSITIONAL_OR_KEYWORD, annotation=annotation)
    return kinds(name, kinds.KEYWORD_ONLY, default=None, annotation=annotation)


def signature(operation: Operation, *first: str) -> inspect.Signature:
    """Return the signature of an operation's method.

    The required arguments are positional, the optional ones keyword-only with default None,
    which stands for "not given".

    Parameters
    ----------
    operation
        Whose method it is.
    *first
        Names of arguments before these, such as ``self``.
    """
    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in first]
    parameters += [
        _parameter(item.name, item.python_type, item.required) for item in operation.parameters
    ]
    if operation.paginated:
        parameters.append(_parameter("iterator", "bool", False))
    return inspect.Signature(parameters, return_annotation=_return_type(operation))


def signature_text(operation: Operation) -> str:
    """Return the signature as a line of Python: ``get(id: int) -> Response``."""
    words = [f"{item.name}: {item.python_type}" for item in operation.required]
    optional = [f"{item.name}: {item.python_type} = None" for item in operation.optional]
    if operation.paginated:
        optional.append("iterator: bool = None")
    if optional:
        words += ["*", *optional]
    return f"{operation.name}({', '.join(words)}) -> {_return_type(operation)}"


def docstring(operation: Operation) -> str:
    """Return the documentation of an operation's method, numpydoc."""
    lines = [operation.summary or f"{operation.verb} /{operation.path}", ""]
    lines += [f"API URL: ``{operation.verb} /{operation.path}``", ""]
    if operation.legacy_of:
        new = f"client.{operation.resource}.{operation.legacy_of}"
        lines += [*_wrapped(f"An old name of ``{new}``; please use that.", ""), ""]
    if operation.deprecation:
        lines += [".. warning::", "", *_wrapped(operation.deprecation, "    "), ""]
    if operation.description:
        lines += [*_wrapped(operation.description, ""), ""]
    if operation.parameters:
        lines += ["Parameters", "----------"]
        for parameter in operation.parameters:
            lines += _argument_lines(parameter)
        if operation.paginated:
            lines.append("iterator : bool, optional")
            lines += _wrapped("Give a PaginatedResponse, which walks all pages.", "    ")
        lines.append("")
    lines += ["Returns", "-------", *_answer_lines(operation)]
    return "\n".join(lines).rstrip() + "\n"


def _argument_lines(parameter: Parameter) -> Iterator[str]:
    """Yield the lines on an argument."""
    yield f"{parameter.name} : {parameter.python_type}{'' if parameter.required else ', optional'}"
    yield from _wrapped(_described(parameter.description, parameter.enum), "    ")
    if parameter.type in ("object", "array", ""):
        yield from _field_lines(parameter.schema, "    ", 0)


def _answer_lines(operation: Operation) -> Iterator[str]:
    """Yield the lines on what an operation returns."""
    yield _return_type(operation)
    schema = operation.response
    if schema is None:
        yield "    Empty: the answer has no content."
    else:
        yield from _field_lines(schema, "    ", 0)


def _field_lines(schema: Schema, indent: str, depth: int) -> Iterator[str]:
    """Return the lines of an object's fields, or of those of an array's objects."""
    if depth > _MAX_DEPTH:
        return
    if schema.items is not None:
        schema = schema.items
    for name, field in schema.properties.items():
        kind = field.python_type + (f" ({field.format})" if field.format else "")
        yield f"{indent}- {camel_to_snake(name)} : {kind}"
        yield from _wrapped(_described(field.description, field.enum), indent + "    ")
        yield from _field_lines(field, indent + "    ", depth + 1)


def _described(text: str, enum: tuple[object, ...]) -> str:
    """Return a description that names the values that are allowed."""
    if not enum or all(str(value) in text for value in enum):
        return text
    return f"{text} One of: {', '.join(map(str, enum))}.".strip()


def _wrapped(text: str, indent: str) -> Iterator[str]:
    """Return the lines of a text; much quicker than textwrap, which a first call can't wait for."""
    line = ""
    for word in text.split():
        if line and len(indent) + len(line) + 1 + len(word) > _WIDTH:
            yield indent + line
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        yield indent + line
