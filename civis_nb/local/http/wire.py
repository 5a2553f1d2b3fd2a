"""Messages on the wire: models that read what every client sends and write what the API writes.

Clients spell keys in snake_case, in camelCase, or mixed in one call; they send scalars for
lists and digits for numbers (API protocol, section 1.3). `Wire` understands all of it, at
every depth, and writes camelCase. Keys of `arguments` and `environmentVariables` are the
user's, and stay as they came.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from civis_nb.spec.names import camel_to_snake, snake_to_camel

__all__ = ["SLASH_IN_NAME", "NameInPath", "NotBlank", "Time", "Wire", "given"]

_LONG_NUMBER = re.compile(r"\s*[+-]?\d{19,}\s*")
_LONG_ENOUGH = 30  # characters of a number: more of them only make it larger
#: What the store can hold: whole numbers of 64 bits.
_LIMIT = 2**63

#: Stands for a slash that was sent as %2F in a path, until the path is parted.
SLASH_IN_NAME = "\ue000"
NameInPath = Annotated[str, AfterValidator(lambda name: name.replace(SLASH_IN_NAME, "/"))]
"""A name that is a part of a path; it may hold slashes."""

# What the handlers check of such a text, with errors that say more, the specification states.
NotBlank = Annotated[str, Field(json_schema_extra={"pattern": r"\S"})]
"""A text that is more than blanks."""
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""A time, in one of the forms of ISO 8601."""


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the one type."""
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(one for part in get_args(annotation) for one in _alternatives(part))
    return (annotation,)


def _is_list(annotation: Any) -> bool:
    return any(get_origin(part) in (list, tuple) for part in _alternatives(annotation))


def _is_object(annotation: Any) -> bool:
    """Return whether an object is meant, and no list."""
    return not _is_list(annotation) and any(
        get_origin(part) is dict or (isinstance(part, type) and issubclass(part, Wire))
        for part in _alternatives(annotation)
    )


def _is_whole(annotation: Any) -> bool:
    """Return whether whole numbers are meant: one, or a list of them."""
    return any(
        part is int or (get_origin(part) is list and int in get_args(part))
        for part in _alternatives(annotation)
    )


@cache
def _fields(model: type[BaseModel], passes: Callable[[Any], bool]) -> frozenset[str]:
    """Return the names of a model's fields whose types pass a test."""
    return frozenset(
        camel_to_snake(field.alias or name)
        for name, field in model.model_fields.items()
        if passes(field.annotation)
    )


def _integer_problem(value: Any) -> str | None:
    """Return what is wrong with a value that pydantic would take for a whole number."""
    if isinstance(value, list | tuple):
        return next((found for one in value if (found := _integer_problem(one))), None)
    if isinstance(value, bool):
        return "Input should be a whole number, not true or false"
    if isinstance(value, str) and _LONG_NUMBER.fullmatch(value):
        value = int(value[:_LONG_ENOUGH])
    if isinstance(value, int | float) and not -_LIMIT <= value < _LIMIT and value == value:
        return f"{value:g} is too large: whole numbers have 64 bits"
    return None


class Wire(BaseModel):
    """The base of all request and response bodies."""

    model_config = ConfigDict(
        alias_generator=snake_to_camel,
        populate_by_name=True,
        extra="ignore",
        coerce_numbers_to_str=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _normalise(cls, data: Any) -> Any:
        """Return a body in one form: snake_case keys, lists where lists are meant."""
        if not isinstance(data, dict):
            return data
        lists, numbers = _fields(cls, _is_list), _fields(cls, _is_whole)
        objects = _fields(cls, _is_object)
        result: dict[str, Any] = {}
        wrong: list[InitErrorDetails] = []
        for key, value in data.items():
            name = camel_to_snake(str(key))
            if name in lists and value is not None and not isinstance(value, list | tuple):
                value = [value]
            elif name in objects and value == []:
                # An empty list of R is written so.
                value = {}
            if name in numbers and (problem := _integer_problem(value)):
                kind = PydanticCustomError("whole_number", "{problem}", {"problem": problem})
                wrong.append(InitErrorDetails(type=kind, loc=(name,), input=value))
            result[name] = value
        if wrong:
            raise ValidationError.from_exception_data(cls.__name__, wrong)
        return result

    def wire(self) -> dict[str, Any]:
        """Return the body as the API writes it: camelCase keys, JSON values."""
        return self.model_dump(mode="json", by_alias=True)


def given(body: Wire) -> dict[str, Any]:
    """Return only the fields that the client sent, in snake_case: null is not "not given"."""
    return body.model_dump(mode="json", exclude_unset=True)
