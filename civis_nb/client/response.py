"""Response and ListResponse: JSON answers that read by attribute and item and never change."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from keyword import iskeyword
from typing import Any, Generic, TypeVar

from civis_nb.client.completion import without_side_effects
from civis_nb.client.plain import MethodUnlessKey, RateLimited, copied, field_list, frozen
from civis_nb.client.user_keys import has_user_keys, is_read_verbatim
from civis_nb.display.response_text import list_text, response_text
from civis_nb.errors import CivisImmutableResponseError
from civis_nb.spec.names import camel_to_snake

__all__ = ["ListResponse", "Response", "camel_to_snake"]

_set = object.__setattr__


class Response(RateLimited):
    """One JSON object of the API.

    Fields read by attribute and by item, in snake_case and in camelCase. What is inside is
    wrapped when it is touched. The fields can't be set; a response can be pickled, compared by
    content, and used as a key. A list, and the user's own JSON, is the same object at each
    read: who changes it finds the change at the next read and in `json`.

    Parameters
    ----------
    json_data
        The object; None: the answer was empty.
    headers
        The headers of the answer.
    snake_case
        Whether fields can be read in snake_case; else only as they are.
    from_json_values
        Whether it is a JSONValue, the ``value`` of which is the user's own.

    Attributes
    ----------
    json_data : dict or None
        The object as the server sent it; None: the answer was empty.
    headers : Mapping or None
        The headers of the answer.
    calls_remaining, rate_limit : int or None
        How many calls the server still takes from you, and of how many.

    Examples
    --------
    >>> job = Response({"id": 7, "lastRun": {"state": "failed"}})
    >>> job.last_run.state, job["lastRun"]["state"]
    ('failed', 'failed')
    >>> job.json()
    {'id': 7, 'last_run': {'state': 'failed'}}
    """

    __slots__ = (
        "__weakref__",
        "_data",
        "_from_json_values",
        "_index",
        "_snake",
        "_user_keys",
        "_wrapped",
        "headers",
        "json_data",
    )

    headers: Mapping[str, str] | None
    json_data: dict[str, Any] | None
    _data: dict[str, Any]
    _index: dict[str, str] | None
    _wrapped: dict[str, Any]
    _snake: bool
    #: Whether the keys are the user's own: kept in `json`, and read in snake_case as well.
    _user_keys: bool
    _from_json_values: bool

    def __init__(
        self,
        json_data: dict[str, Any] | None,
        *,
        headers: Mapping[str, str] | None = None,
        snake_case: bool = True,
        from_json_values: bool = False,
    ) -> None:
        _set(self, "json_data", json_data)
        _set(self, "_data", {} if json_data is None else json_data)
        _set(self, "headers", headers)
        _set(self, "_snake", snake_case)
        _set(self, "_user_keys", False)
        _set(self, "_from_json_values", from_json_values)
        _set(self, "_index", None)
        _set(self, "_wrapped", {})

    def _keys(self) -> dict[str, str]:
        """Return the field names as they are read, each with its spelling on the wire."""
        index = self._index
        if index is None:
            snake = self._snake and not self._user_keys
            index = {camel_to_snake(key) if snake else key: key for key in self._data}
            _set(self, "_index", index)
        return index

    def _key(self, name: str) -> str:
        """Return a field's spelling on the wire; raises KeyError."""
        index = self._keys()
        if name in index:
            return index[name]
        if name in self._data:
            return name
        if self._snake and isinstance(name, str):
            wanted = camel_to_snake(name)
            if wanted in index:
                return index[wanted]
            if self._user_keys:
                for key in index:
                    if camel_to_snake(key) == wanted:
                        return key
        raise KeyError(name)

    def _find(self, name: str) -> Any:
        """Return the wrapped value of a field; raises KeyError."""
        key = self._key(name)
        if key not in self._wrapped:
            self._wrapped[key] = self._wrap(key, self._data[key])
        return self._wrapped[key]

    def _is_plain(self, key: str) -> bool:
        """Return whether a field holds the user's own JSON."""
        if key != "value":
            return False
        kind = self._data.get("objectType", self._data.get("object_type"))
        return self._from_json_values or kind == "JSONValue"

    def _wrap(self, key: str, value: Any) -> Any:
        """Return a value as responses show it: objects in it as responses."""
        if self._is_plain(key):
            return copied(value)
        if isinstance(value, dict):
            return self._inner(key, value)
        if isinstance(value, list):
            return [
                self._inner(key, item) if isinstance(item, dict) else copied(item) for item in value
            ]
        return value

    def _inner(self, key: str, data: dict[str, Any]) -> Response:
        """Return the response of an object in a field."""
        inner = Response(data, headers=self.headers, snake_case=not is_read_verbatim(key))
        _set(inner, "_user_keys", self._user_keys or not self._snake or has_user_keys(key))
        return inner

    def _like(self, data: dict[str, Any] | None) -> Response:
        """Return a response of other data, or of the same as it was sent, that reads as this."""
        state = (self._snake, self._from_json_values, self._user_keys)
        return _restored(data, self.headers, *state)

    @without_side_effects
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        try:
            return self._find(name)
        except KeyError:
            pass
        raise AttributeError(
            f"The response has no field {name!r}. {field_list(self._keys())}", name=name, obj=self
        )

    def __getitem__(self, name: str) -> Any:
        return self._find(name)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a field, or `default` where there is none."""
        try:
            return self._find(key)
        except KeyError:
            return default

    def items(self) -> Iterator[tuple[str, Any]]:
        """Return each field's name and value."""
        return iter([(name, self._find(name)) for name in self._keys()])

    @MethodUnlessKey
    def keys(self) -> list[str]:
        """Return the names of the fields."""
        return list(self._keys())

    @MethodUnlessKey
    def values(self) -> list[Any]:
        """Return the values of the fields."""
        return [self._find(name) for name in self._keys()]

    def json(self, snake_case: bool = True) -> dict[str, Any]:
        """Return the object as a new dictionary.

        Parameters
        ----------
        snake_case
            Spell the keys in snake_case; those of the user's own data (arguments,
            environment variables, JSON values, the input of a workflow) stay as they are at
            every depth. Otherwise the object as the server sent it.
        """
        if not snake_case:
            return copied(self._data)
        wrapped, data = self._wrapped, self._data
        return {
            name: _unwrapped(wrapped[key] if key in wrapped else self._wrap(key, data[key]))
            for name, key in self._keys().items()
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name, _MISSING) is not _MISSING

    def __len__(self) -> int:
        return len(self._keys())

    def __bool__(self) -> bool:
        return bool(self._data)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, dict):
            other = self._like(other)
        if not isinstance(other, Response):
            return NotImplemented
        return self.json() == other.json()

    def __hash__(self) -> int:
        # Of what was sent, which never changes.
        return hash(frozen(self._like(self._data).json()))

    def __setattr__(self, name: str, value: Any) -> None:
        raise CivisImmutableResponseError(f"A response never changes: {name!r} can't be set.")

    def __delattr__(self, name: str) -> None:
        raise CivisImmutableResponseError(f"A response never changes: {name!r} can't be deleted.")

    def __setitem__(self, name: str, value: Any) -> None:
        raise CivisImmutableResponseError(f"A response never changes: {name!r} can't be set.")

    def __delitem__(self, name: str) -> None:
        raise CivisImmutableResponseError(f"A response never changes: {name!r} can't be deleted.")

    def __reduce__(self) -> tuple[Any, ...]:
        state = (self._snake, self._from_json_values, self._user_keys)
        return (_restored, (self.json_data, self.headers, *state, self._changeable()))

    def __copy__(self) -> Response:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Response:
        twin = self._like(copied(self.json_data))
        twin._wrapped.update(copy.deepcopy(self._changeable(), memo))
        return twin

    def _changeable(self) -> dict[str, Any]:
        """Return what was read and may have been changed since."""
        return {
            key: value
            for key, value in self._wrapped.items()
            if isinstance(value, (Response, list, dict))
        }

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """Return the response as a single value: numpy and pandas would take the fields' names."""
        import numpy as np

        single = np.empty((), object)
        single[()] = self
        return single

    def __dir__(self) -> list[str]:
        names = (name for name in self._keys() if name.isidentifier() and not iskeyword(name))
        return sorted({*super().__dir__(), *names})

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._keys())

    def __repr__(self) -> str:
        return response_text(self.json())

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(response_text(self.json(), width=88))

    def _repr_html_(self) -> str:
        from civis_nb.display.responses import response_html

        return response_html(self.json())


# Pandas makes columns of the fields only if it takes a response for a mapping; else it makes a row
# of their names, and loses the values.
Mapping.register(Response)

_R = TypeVar("_R", bound=Response)
_MISSING = object()


def plain_json(item: Any, snake_case: bool = True) -> Any:
    """Return an item of a list as JSON, whether it is a response or JSON already."""
    return item.json(snake_case=snake_case) if isinstance(item, Response) else item


class ListResponse(RateLimited, list[_R], Generic[_R]):
    """A list of responses, with the headers of the answer.

    Parameters
    ----------
    responses
        What it holds.
    headers
        The headers of the answer.
    """

    __slots__ = ("headers",)

    def __init__(
        self, responses: Iterable[_R] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(responses)
        self.headers = headers

    def json(self, snake_case: bool = True) -> list[dict[str, Any]]:
        """Return the list as new dictionaries; see `Response.json`."""
        return [plain_json(item, snake_case) for item in self]

    def __reduce__(self) -> tuple[Any, ...]:
        return (ListResponse, (list(self), self.headers))

    def __repr__(self) -> str:
        return list_text(map(plain_json, self), len(self))

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(list_text(map(plain_json, self), len(self), width=88))

    def _repr_html_(self) -> str:
        from civis_nb.display.responses import list_response_html

        return list_response_html(map(plain_json, self), len(self))


def _restored(
    data: dict[str, Any] | None,
    headers: Mapping[str, str] | None,
    snake: bool,
    from_values: bool,
    user_keys: bool = False,
    wrapped: Mapping[str, Any] | None = None,
) -> Response:
    """Build a response anew from its pickled parts; those of an earlier version are fewer."""
    response = Response(data, headers=headers, snake_case=snake, from_json_values=from_values)
    _set(response, "_user_keys", user_keys)
    response._wrapped.update(wrapped or {})
    return response


def _unwrapped(value: Any) -> Any:
    """Return a value of a response as new plain JSON."""
    if isinstance(value, Response):
        return value.json()
    if isinstance(value, list):
        return [_unwrapped(item) for item in value]
    return copied(value)
