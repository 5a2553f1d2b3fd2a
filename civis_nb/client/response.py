"""Response and ListResponse: JSON answers that read by attribute and item and never change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from keyword import iskeyword
from typing import Any, Generic, TypeVar

from civis_nb.client.completion import without_side_effects
from civis_nb.client.plain import MethodUnlessKey, copied, field_list, frozen, header_int
from civis_nb.display.response_text import list_text, response_text
from civis_nb.errors import CivisClientError, CivisImmutableResponseError
from civis_nb.spec.names import camel_to_snake

__all__ = ["ListResponse", "Response", "camel_to_snake", "convert_response_data_type"]

#: Objects whose keys are the user's own names; they are never respelled.
_VERBATIM = frozenset({"arguments", "environment_variables", "environmentVariables"})

_set = object.__setattr__


class Response:
    """One JSON object of the API.

    Fields read by attribute and by item, in snake_case and in camelCase. What is inside is
    wrapped when it is touched. A response never changes; it can be pickled, compared by
    content, and used as a key.

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
        _set(self, "_from_json_values", from_json_values)
        _set(self, "_index", None)
        _set(self, "_wrapped", {})

    @property
    def calls_remaining(self) -> int | None:
        """How many calls the server still takes from you; None where it doesn't say."""
        return header_int(self.headers, "X-RateLimit-Remaining")

    @property
    def rate_limit(self) -> int | None:
        """How many calls the server takes in a period; None where it doesn't say."""
        return header_int(self.headers, "X-RateLimit-Limit")

    def _keys(self) -> dict[str, str]:
        """Return the field names as they are read, each with its spelling on the wire."""
        index = self._index
        if index is None:
            if self._snake:
                index = {camel_to_snake(key): key for key in self._data}
            else:
                index = {key: key for key in self._data}
            _set(self, "_index", index)
        return index

    def _find(self, name: str) -> Any:
        """Return the wrapped value of a field; raises KeyError."""
        if name not in self._wrapped:
            index = self._keys()
            if name in index:
                key = index[name]
            elif name in self._data:
                key = name
            elif self._snake and isinstance(name, str) and camel_to_snake(name) in index:
                key = index[camel_to_snake(name)]
            else:
                raise KeyError(name)
            self._wrapped[name] = self._wrap(key, self._data[key])
        value = self._wrapped[name]
        # What can be changed is given as a copy: a response reads the same for ever.
        if type(value) is list:
            return value[:]
        return copied(value) if type(value) is dict else value

    def _is_plain(self, key: str) -> bool:
        """Return whether a field holds the user's own JSON."""
        if key != "value":
            return False
        kind = self._data.get("objectType", self._data.get("object_type"))
        return self._from_json_values or kind == "JSONValue"

    def _wrap(self, key: str, value: Any) -> Any:
        """Return a value as responses show it: objects in it as responses."""
        if isinstance(value, dict) and not self._is_plain(key):
            verbatim = key in _VERBATIM
            return Response(value, headers=self.headers, snake_case=not verbatim)
        if isinstance(value, list) and not self._is_plain(key):
            return [
                Response(item, headers=self.headers) if isinstance(item, dict) else item
                for item in value
            ]
        return copied(value)

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
            environment variables, JSON values) stay as they are at every depth.
        """
        if not snake_case or not self._snake:
            return copied(self._data)
        return {
            name: _snaked(key, value, self._is_plain(key))
            for name, key in self._keys().items()
            for value in (self._data[key],)
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
            other = Response(other, from_json_values=self._from_json_values)
        if not isinstance(other, Response):
            return NotImplemented
        return self.json() == other.json()

    def __hash__(self) -> int:
        return hash(frozen(self.json()))

    def __setattr__(self, name: str, value: Any) -> None:
        raise CivisImmutableResponseError(f"A response never changes: {name!r} can't be set.")

    def __delattr__(self, name: str) -> None:
        raise CivisImmutableResponseError(f"A response never changes: {name!r} can't be deleted.")

    def __setitem__(self, name: str, value: Any) -> None:
        raise CivisImmutableResponseError(f"A response never changes: {name!r} can't be set.")

    def __delitem__(self, name: str) -> None:
        raise CivisImmutableResponseError(f"A response never changes: {name!r} can't be deleted.")

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restored, (self.json_data, self.headers, self._snake, self._from_json_values))

    def __copy__(self) -> Response:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Response:
        return _restored(copied(self.json_data), self.headers, self._snake, self._from_json_values)

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


_R = TypeVar("_R", bound=Response)
_MISSING = object()


def plain_json(item: Any, snake_case: bool = True) -> Any:
    """Return an item of a list as JSON, whether it is a response or JSON already."""
    return item.json(snake_case=snake_case) if isinstance(item, Response) else item


class ListResponse(list[_R], Generic[_R]):
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

    @property
    def calls_remaining(self) -> int | None:
        """How many calls the server still takes from you; None where it doesn't say."""
        return header_int(self.headers, "X-RateLimit-Remaining")

    @property
    def rate_limit(self) -> int | None:
        """How many calls the server takes in a period; None where it doesn't say."""
        return header_int(self.headers, "X-RateLimit-Limit")

    def __reduce__(self) -> tuple[Any, ...]:
        return (ListResponse, (list(self), self.headers))

    def __repr__(self) -> str:
        return list_text(map(plain_json, self), len(self))

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(list_text(map(plain_json, self), len(self), width=88))

    def _repr_html_(self) -> str:
        from civis_nb.display.responses import list_response_html

        return list_response_html(map(plain_json, self), len(self))


def convert_response_data_type(
    response: Any,
    headers: Mapping[str, str] | None = None,
    return_type: str = "snake",
    from_json_values: bool = False,
) -> Any:
    """Return an answer of the API as the user wants it.

    Parameters
    ----------
    response
        The answer of requests, or its JSON.
    headers
        The headers, where `response` is JSON.
    return_type
        ``snake``: Response or ListResponse; ``raw``: the answer as it is.
    from_json_values
        Whether the answer is of ``/json_values``.

    Raises
    ------
    CivisClientError
        When the answer is no JSON, or neither an object nor an array.

    Examples
    --------
    >>> convert_response_data_type([{"jobId": 1}])[0].job_id
    1
    """
    if return_type == "raw":
        return response
    data = response
    if hasattr(response, "status_code"):
        headers = response.headers
        try:
            data = response.json() if response.content else None
        except ValueError:
            data = _MISSING
        if data is _MISSING:
            raise CivisClientError("The answer of the server is no JSON.", response)
    if isinstance(data, list):
        return ListResponse(
            [
                Response(item, headers=headers, from_json_values=from_json_values)
                if isinstance(item, dict)
                else item
                for item in data
            ],
            headers=headers,
        )
    if data is None or isinstance(data, dict):
        return Response(data, headers=headers, from_json_values=from_json_values)
    raise CivisClientError(
        f"The server answered {data!r:.100}, neither an object nor an array.", None
    )


def _restored(
    data: dict[str, Any] | None, headers: Mapping[str, str] | None, snake: bool, from_values: bool
) -> Response:
    """Build a response anew from its pickled parts."""
    return Response(data, headers=headers, snake_case=snake, from_json_values=from_values)


def _snaked(key: str, value: Any, plain: bool) -> Any:
    """Return a value of a response with snake_case keys at every depth."""
    if plain or key in _VERBATIM:
        return copied(value)
    if isinstance(value, dict):
        return Response(value).json()
    if isinstance(value, list):
        return [Response(item).json() if isinstance(item, dict) else copied(item) for item in value]
    return value
