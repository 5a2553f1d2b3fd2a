"""Operation, Parameter, Schema: the specification as frozen records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from civis_nb._wire_text import masked_url, preformatted

__all__ = ["Operation", "Operations", "Parameter", "Schema", "Spec"]

_PYTHON_TYPES = {
    "array": "list",
    "boolean": "bool",
    "file": "bytes",
    "integer": "int",
    "number": "float",
    "object": "dict",
    "string": "str",
}


@dataclass(frozen=True, slots=True)
class Schema:
    """What a value looks like.

    Attributes
    ----------
    type
        ``object``, ``array``, ``string``, ``integer``, ``number``, ``boolean``; empty: any.
    description, format
        The specification's words; empty where it has none.
    enum
        The values that are allowed; empty: any.
    items
        What an array holds.
    properties
        The fields of an object, in order, by their name on the wire.
    required
        The names of the fields that must be there.
    """

    type: str
    description: str = ""
    format: str = ""
    enum: tuple[Any, ...] = ()
    items: Schema | None = None
    properties: Mapping[str, Schema] = field(default_factory=dict)
    required: frozenset[str] = frozenset()

    @property
    def python_type(self) -> str:
        """The annotation of such a value, as text: ``list[int]``."""
        if self.type == "array" and self.items is not None:
            return f"list[{self.items.python_type}]"
        return _PYTHON_TYPES.get(self.type, "Any")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a method.

    Attributes
    ----------
    name
        The Python argument.
    wire_name
        What it is called in the request.
    location
        ``path``, ``query``, ``header`` or ``body``.
    required
        Positional where true, keyword-only where false.
    type, item_type
        Of the value, and of an array's items; empty: any.
    enum, format, description
        As in the specification.
    spec_name
        What the specification calls it.
    load_schema
        Gives the whole schema, nested fields and all; called when somebody reads them.
    """

    name: str
    wire_name: str
    location: str
    required: bool
    type: str
    item_type: str = ""
    enum: tuple[Any, ...] = ()
    format: str = ""
    description: str = ""
    spec_name: str = ""
    load_schema: Callable[[], Schema] | None = field(default=None, repr=False, compare=False)

    @property
    def python_type(self) -> str:
        """The annotation of the argument, as text."""
        if self.type == "array":
            return f"list[{_PYTHON_TYPES.get(self.item_type, 'Any')}]"
        return _PYTHON_TYPES.get(self.type, "Any")

    @property
    def schema(self) -> Schema:
        """The whole schema of the argument."""
        if self.load_schema is None:
            return Schema(self.type, self.description, self.format, self.enum)
        return self.load_schema()


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of the API.

    Attributes
    ----------
    resource, name
        ``client.<resource>.<name>``.
    verb
        The HTTP method, upper case.
    path
        As in the specification, without slashes around it.
    summary, description
        The specification's words.
    parameters
        In the order of the signature: the required ones first.
    answers_array
        Whether the answer is a list.
    paginated
        Whether it takes ``iterator=True``.
    legacy_of
        The method's present name, where this one is kept for old scripts; else empty.
    deprecated
        Whether it is kept for old commands only: the client has no method for it.
    deprecation
        The specification's warning, where it has one.
    not_implemented
        What there is instead, where the platform does not serve the operation; else empty.
    answers_content
        Whether the specification says what the answer holds.
    load_response
        Gives the schema of the answer; None for an empty answer.
    """

    resource: str
    name: str
    verb: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    answers_array: bool
    paginated: bool
    legacy_of: str = ""
    deprecated: bool = False
    deprecation: str = ""
    not_implemented: str = ""
    answers_content: bool = False
    load_response: Callable[[], Schema | None] | None = field(
        default=None, repr=False, compare=False
    )

    @property
    def wanted(self) -> Literal["", "object", "list"]:
        """What an answer is to hold; empty where it may hold nothing, as after a change."""
        if self.verb != "GET" or not self.answers_content:
            return ""
        return "list" if self.answers_array else "object"

    @property
    def dotted(self) -> str:
        """``resource.method``."""
        return f"{self.resource}.{self.name}"

    @property
    def required(self) -> tuple[Parameter, ...]:
        """The positional arguments."""
        return tuple(parameter for parameter in self.parameters if parameter.required)

    @property
    def optional(self) -> tuple[Parameter, ...]:
        """The keyword-only arguments."""
        return tuple(parameter for parameter in self.parameters if not parameter.required)

    @property
    def response(self) -> Schema | None:
        """The schema of the answer; None where it has no body."""
        return None if self.load_response is None else self.load_response()


class Operations(Mapping[str, Operation]):
    """The operations of a resource by method name; each is read when it is first asked for.

    A script calls few of the hundreds that a resource has.

    Parameters
    ----------
    readers
        What reads each operation.
    deprecated
        The names of those that are kept for old commands only.

    Examples
    --------
    >>> operations = Operations({"get": list, "put": list}, frozenset({"put"}))
    >>> list(operations), list(operations.without_deprecated())
    (['get', 'put'], ['get'])
    """

    __slots__ = ("_deprecated", "_read", "_readers")

    def __init__(
        self, readers: Mapping[str, Callable[[], Operation]], deprecated: frozenset[str]
    ) -> None:
        self._readers = readers
        self._deprecated = deprecated
        self._read: dict[str, Operation] = {}

    def __getitem__(self, name: str) -> Operation:
        """Return an operation.

        Raises
        ------
        KeyError
            When there is none of this name.
        CivisSpecError
            When the specification says something about it that can't be understood.
        """
        found = self._read.get(name)
        if found is None:
            # Two threads may both come here: they read the same, and either result serves.
            found = self._read[name] = self._readers[name]()
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)

    def __contains__(self, name: object) -> bool:
        return name in self._readers  # to look for a name reads nothing

    def without_deprecated(self) -> Operations:
        """Return those that the client has methods for."""
        kept = {name: read for name, read in self._readers.items() if name not in self._deprecated}
        return Operations(kept, frozenset())


class Spec:
    """All operations of an API, read one resource at a time.

    Parameters
    ----------
    load
        Gives the operations of one resource by method name, deprecated ones too.
    resources
        The names of the resources.
    source
        Where the specification came from, for messages.

    Examples
    --------
    >>> spec = Spec(lambda resource: Operations({}, frozenset()), ["users"], "a test")
    >>> "users" in spec, dict(spec.operations("users"))
    (True, {})
    """

    __slots__ = ("_load", "_operations", "_present", "resources", "source")

    def __init__(
        self,
        load: Callable[[str], Operations],
        resources: list[str],
        source: str,
    ) -> None:
        self._load = load
        self._operations: dict[str, Operations] = {}
        self._present: dict[str, Operations] = {}
        self.resources: tuple[str, ...] = tuple(sorted(resources))
        self.source = source

    def __contains__(self, resource: object) -> bool:
        return resource in self.resources

    def __repr__(self) -> str:
        return f"<Spec of {len(self.resources)} resources from {masked_url(self.source)}>"

    def _repr_html_(self) -> str:
        return preformatted(repr(self))

    def operations(self, resource: str) -> Mapping[str, Operation]:
        """Return the operations of a resource that the client has methods for, by their names.

        Raises
        ------
        KeyError
            When there is no such resource.
        CivisSpecError
            When the specification says something about it that can't be understood: here, or
            when the operation is first asked for.
        """
        found = self._present.get(resource)
        if found is None:
            every = self.all_operations(resource)
            found = self._present[resource] = every.without_deprecated()
        return found

    def all_operations(self, resource: str) -> Operations:
        """Return the operations of a resource, deprecated ones too.

        Raises
        ------
        KeyError
            When there is no such resource.
        CivisSpecError
            When the specification says something about it that can't be understood: here, or
            when the operation is first asked for.
        """
        if resource not in self.resources:
            raise KeyError(resource)
        found = self._operations.get(resource)
        if found is None:
            # Two threads may both come here: they read the same, and either result serves.
            found = self._operations[resource] = self._load(resource)
        return found

    def __iter__(self) -> Any:
        """Return every operation, resource by resource."""
        for resource in self.resources:
            yield from self.operations(resource).values()
