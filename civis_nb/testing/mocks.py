"""Mocks of `APIClient` for tests: they send nothing, and refuse what the API does not know."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MethodType
from typing import Any
from unittest.mock import MagicMock, NonCallableMagicMock

from civis_nb.client.arguments import bind
from civis_nb.client.client import APIClient
from civis_nb.client.resource import Resource, make_resource
from civis_nb.client.response import Response
from civis_nb.client.source import local_spec
from civis_nb.errors import CivisArgumentError
from civis_nb.near_names import did_you_mean
from civis_nb.spec.browse import BUNDLED
from civis_nb.spec.model import Operation, Spec
from civis_nb.spec.render import signature

__all__ = ["create_client_mock", "create_client_mock_for_container_tests"]

#: What an instance of the client has beside what its class shows.
_CLIENT_NAMES = frozenset(name for name in dir(APIClient) if name != "__class__") | {
    "last_response"
}
_RESOURCE_NAMES = frozenset(dir(Resource)) - {"__class__", "__getattr__"}


def create_client_mock(cache: str | os.PathLike[str] | Mapping[str, Any] | None = None) -> Any:
    """Create a mock of `APIClient`, which answers what a test tells it to answer.

    It is a `unittest.mock.MagicMock` in all but this: it has only the resources and methods of
    the API's specification, and its methods take only the arguments that the API takes.

    Parameters
    ----------
    cache
        A specification: a path, or the document itself. None: that of Civis Platform as the
        local platform serves it, which names every operation.

    Returns
    -------
    unittest.mock.MagicMock
        ``isinstance(mock, APIClient)`` is true. Set ``mock.scripts.get_sql_runs.return_value``
        or ``.side_effect``, and check the calls, as with any mock.

    Raises
    ------
    CivisSpecError
        When `cache` can't be read, or is no specification.
    CivisArgumentError
        When `cache` is neither a path nor a document.

    Examples
    --------
    >>> client = create_client_mock()
    >>> client.scripts.get_sql_runs.return_value = {"state": "succeeded"}
    >>> client.scripts.get_sql_runs(1, run_id=2)
    {'state': 'succeeded'}
    >>> client.scripts.get_sql_runs.assert_called_once_with(1, 2)
    >>> client.scripts.get_sql_runs(1, runid=2)
    Traceback (most recent call last):
        ...
    civis_nb.errors.CivisArgumentError: scripts.get_sql_runs() has no argument 'runid'. ...
    """
    return _ClientMock(api=_spec_of(cache))


def create_client_mock_for_container_tests(
    script_id: int = -10,
    run_id: int = 100,
    state: str = "succeeded",
    run_outputs: Sequence[Any] | None = None,
    log_outputs: Sequence[Any] | None = None,
) -> Any:
    """Create a mock that answers all that a container script and its run ask for.

    Parameters
    ----------
    script_id
        The id of every container script that is created.
    run_id
        The id of every run that is started.
    state
        The state in which the run is found.
    run_outputs
        The outputs of the run; None: none.
    log_outputs
        The entries of its log; None: none.

    Returns
    -------
    unittest.mock.MagicMock
        As `create_client_mock` gives it.

    Examples
    --------
    >>> from civis_nb.futures import ContainerFuture
    >>> client = create_client_mock_for_container_tests(script_id=7, run_id=8)
    >>> ContainerFuture(7, 8, client=client).result(timeout=30).state
    'succeeded'
    """
    client = create_client_mock()
    run: dict[str, Any] = {"id": run_id, "container_id": script_id, "state": state}
    started = Response({**run, "state": "queued"})
    if state == "failed":
        run["error"] = "None"
    scripts, jobs = client.scripts, client.jobs
    scripts.post_containers.return_value = Response({"id": script_id})
    scripts.post_containers_runs.return_value = started
    jobs.post_runs.return_value = started
    scripts.get_containers_runs.return_value = Response(run)
    for outputs in (scripts.list_containers_runs_outputs, jobs.list_runs_outputs):
        outputs.return_value = list(run_outputs or [])
    jobs.list_runs_logs.return_value = list(log_outputs or [])

    def cancelled(*_: Any, **__: Any) -> Response:
        return Response({**run, "state": "cancelled"})

    scripts.post_cancel.side_effect = cancelled
    return client


class _ClientMock(NonCallableMagicMock):
    """A mock client: its resources are made when they are first used."""

    def __init__(self, *, api: Spec) -> None:
        # In `__dict__`: a mock records what is set, and its attributes are those of its spec.
        self.__dict__["_api"] = api
        super().__init__(spec_set=sorted(_CLIENT_NAMES | set(api.resources)))
        self.__enter__.return_value = self  # as ``with APIClient() as client`` has it

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return APIClient

    def __getattr__(self, name: str) -> Any:
        return _hinted(super().__getattr__, name, self.__dict__["_api"].resources)

    def _get_child_mock(self, /, **settings: Any) -> Any:
        name = settings.get("_new_name", "")
        api: Spec = self.__dict__["_api"]
        if name in api:
            return _ResourceMock(resource=name, operations=api.operations(name), **settings)
        method = inspect.getattr_static(APIClient, name, None)
        if inspect.isfunction(method):
            return _MethodMock(title=f"client.{name}", taken=inspect.signature(method), **settings)
        return MagicMock(**settings)


class _ResourceMock(NonCallableMagicMock):
    """The mock of one resource: its methods are made when they are first used."""

    def __init__(
        self, *, resource: str, operations: Mapping[str, Operation], **settings: Any
    ) -> None:
        self.__dict__["_operations"] = operations
        self.__dict__["_kind"] = type(make_resource(resource, operations, None))  # type: ignore[arg-type]
        super().__init__(spec_set=sorted(_RESOURCE_NAMES | set(operations)), **settings)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        kind: type = self.__dict__["_kind"]
        return kind

    def __getattr__(self, name: str) -> Any:
        return _hinted(super().__getattr__, name, self.__dict__["_operations"])

    def _get_child_mock(self, /, **settings: Any) -> Any:
        operation = self.__dict__["_operations"].get(settings.get("_new_name", ""))
        if operation is None:
            return MagicMock(**settings)
        return _MethodMock(
            title=operation.dotted,
            taken=signature(operation, "self"),
            operation=operation,
            **settings,
        )


class _MethodMock(MagicMock):
    """The mock of one method: it refuses arguments that the method does not take."""

    def __init__(
        self,
        *,
        title: str,
        taken: inspect.Signature,
        operation: Operation | None = None,
        **settings: Any,
    ) -> None:
        def method(*_args: Any, **_kwargs: Any) -> None: ...

        method.__signature__ = taken  # type: ignore[attr-defined]
        bound = MethodType(method, self)
        self.__dict__["_taken"] = (title, inspect.signature(bound), operation)
        # With it, assert_called_with takes an argument by its place or by its name alike.
        super().__init__(spec_set=bound, _eat_self=False, **settings)
        # pytest, inspect and help read these of whatever is seen as a method.
        name = title.rpartition(".")[2]
        about = operation.summary if operation is not None else f"A mock of {title}."
        self.__dict__.update(__func__=method, __name__=name, __doc__=about)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        title, taken, operation = self.__dict__["_taken"]
        if operation is not None:
            bind(operation, args, kwargs)
        else:
            try:
                taken.bind(*args, **kwargs)
            except TypeError as error:
                raise CivisArgumentError(f"{title}(): {error}; it takes {taken}.") from None
        return super().__call__(*args, **kwargs)

    def _get_child_mock(self, /, **settings: Any) -> Any:
        return MagicMock(**settings)  # what it returns takes any arguments


def _hinted(get: Callable[[str], Any], name: str, known: Any) -> Any:
    """Return an attribute of a mock; add the nearest names when there is none."""
    try:
        return get(name)
    except AttributeError as error:
        hint = "" if name.startswith("_") else did_you_mean(name, known)
        raise AttributeError(f"{error}.{hint}" if hint else str(error), name=name) from None


def _spec_of(cache: str | os.PathLike[str] | Mapping[str, Any] | None) -> Spec:
    if cache is None:
        return _bundled()
    return local_spec(cache)


@lru_cache(maxsize=1)
def _bundled() -> Spec:
    """Return the bundled specification, which never changes while a process runs."""
    return local_spec(BUNDLED)
