"""APIClient: a session, a specification, resources made on first use, look-ups by name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import NoneType
from typing import TYPE_CHECKING, Any

from civis_nb._wire_text import Secret, masked_url
from civis_nb.backend import DEFAULT_ENDPOINT, end_check, resolve
from civis_nb.client.completion import without_side_effects
from civis_nb.client.convert import convert_response_data_type
from civis_nb.client.lookups import Lookups
from civis_nb.client.resource import Resource, make_resource
from civis_nb.client.response import ListResponse
from civis_nb.client.source import downloaded_spec, local_spec
from civis_nb.errors import CivisArgumentError, CivisClientError, CivisInputError
from civis_nb.near_names import did_you_mean
from civis_nb.spec.cache import SpecCache
from civis_nb.transport.session import Session

if TYPE_CHECKING:
    import tenacity

__all__ = ["DEFAULT_ENDPOINT", "APIClient"]

_RETURN_TYPES = ("snake", "raw")


class APIClient(Lookups):
    """A client of the Civis API.

    The resources of the API are attributes, their methods callables: ``client.jobs.list()``.
    Both are made from the specification of the server, which is kept on disk.

    Parameters
    ----------
    api_key
        Your key; None: the environment variable ``CIVIS_API_KEY``.
    return_type
        What methods give: ``snake``: Response and ListResponse; ``raw``: requests.Response.
    api_version
        ``1.0``.
    local_api_spec
        A specification to use instead of the server's: a path, or the object itself.
    force_refresh_api_spec
        Ask the server for its specification, whatever is kept on disk.
    retries
        Your own waits and end of retries; what is retried is not changed by it.
    user_agent
        The product that requests say they come from.
    endpoint
        The address of the API; None: the environment variable ``CIVIS_API_ENDPOINT``, else
        Civis Platform.

    Attributes
    ----------
    last_response
        What the last call gave.

    Raises
    ------
    CivisMissingKeyError
        When there is no key, and the local platform was not asked for.
    CivisAPIKeyError
        When the server refuses the key.
    CivisSpecError
        When the specification can't be read as one.
    CivisConnectionError
        When the server can't be reached.
    CivisInputError
        When an argument can't be what it is.
    """

    last_response: Any

    def __init__(
        self,
        api_key: str | None = None,
        return_type: str = "snake",
        api_version: str = "1.0",
        local_api_spec: Mapping[str, Any] | str | os.PathLike[str] | None = None,
        force_refresh_api_spec: bool = False,
        retries: tenacity.Retrying | None = None,
        user_agent: str | None = None,
        *,
        endpoint: str | None = None,
    ) -> None:
        # Hidden before anything can fail: a traceback may show the variables of its frames.
        kind = type(api_key).__name__
        api_key = Secret(api_key) if isinstance(api_key, str) else None
        if kind != "NoneType" and api_key is None:
            raise CivisArgumentError(f"api_key must be text, not {kind}.")
        if not isinstance(user_agent, (str, NoneType)):
            raise CivisArgumentError(f"user_agent must be text, not {type(user_agent).__name__}.")
        if return_type not in _RETURN_TYPES:
            raise CivisInputError(
                f"return_type can't be {return_type!r}; it is one of {', '.join(_RETURN_TYPES)}."
            )
        if api_version != "1.0":
            raise CivisInputError(f"api_version can't be {api_version!r}; there is 1.0 only.")
        if local_api_spec is not None and force_refresh_api_spec:
            raise CivisArgumentError(
                "local_api_spec and force_refresh_api_spec exclude each other: "
                "a local specification is not asked for at the server."
            )
        # By its name, as tenacity is imported by those alone who have a policy.
        if retries is not None and "Retrying" not in {
            each.__name__ for each in type(retries).__mro__
        }:
            raise CivisArgumentError(
                f"retries must be a tenacity.Retrying, not {type(retries).__name__}."
            )
        where, key = resolve(api_key, endpoint)
        self._session = Session(
            where, key, user_agent or "civis-python", retries, has_ended=end_check(where)
        )
        self._return_type = return_type
        self._kept: dict[str, Any] = {}
        self.last_response = None
        if local_api_spec is not None:
            self._spec = local_spec(local_api_spec)
        else:
            cache = SpecCache(self._session.base_url, key)
            self._spec = downloaded_spec(self._session, cache, force_refresh_api_spec)

    @property
    def base_url(self) -> str:
        """The address of the API, with a slash at its end."""
        return self._session.base_url

    @property
    def spec(self) -> Any:
        """The specification that the methods are made from."""
        return self._spec

    def close(self) -> None:
        """Close the kept connections; a later call opens new ones."""
        self._session.close()

    def __enter__(self) -> APIClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __copy__(self) -> APIClient:
        """Return a client of the same session with a last answer and look-ups of its own."""
        copied = type(self).__new__(type(self))
        attributes = {
            name: value for name, value in vars(self).items() if not isinstance(value, Resource)
        }
        vars(copied).update(attributes, _kept={})
        return copied

    @without_side_effects
    def __getattr__(self, name: str) -> Any:
        spec = self.__dict__.get("_spec")
        if spec is not None and name in spec:
            return self._ask(name)
        if name.startswith("_") or spec is None:
            raise AttributeError(name)
        hint = did_you_mean(name, spec.resources)
        raise AttributeError(
            f"The API has no resource {name!r}.{hint} dir(client) lists all {len(spec.resources)}.",
            name=name,
            obj=self,
        )

    def _ask(self, resource: str) -> Resource:
        """Return a resource, made on the first call."""
        made = self.__dict__.get(resource)
        if made is None:
            if resource not in self._spec:
                raise CivisClientError(f"The API at {self.base_url} has no resource {resource!r}.")
            made = make_resource(resource, self._spec.operations(resource), self)
            made = self.__dict__.setdefault(resource, made)
        found: Resource = made
        return found

    def _fetch_page(self, path: str, params: dict[str, Any]) -> ListResponse[Any]:
        """Return one page of a list."""
        response, payload = self._session.call("GET", path, params=params, wanted="list")
        if payload is None and response.status_code == 204:
            payload = []
        if not isinstance(payload, list):
            raise CivisClientError(
                f"GET /{path} answered one object where a page of a list was asked for.", response
            )
        if self._return_type == "raw":
            return ListResponse(payload, response.headers)
        page: ListResponse[Any] = convert_response_data_type(
            payload,
            headers=response.headers,
            from_json_values=path.startswith("json_values"),
        )
        return page

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._spec.resources})

    def __repr__(self) -> str:
        if "_spec" not in self.__dict__:
            # Seen in the traceback of its own start.
            return "<APIClient that has not started>"
        user = f" as {name}" if (name := self._known_username()) else ""
        resources = len(self._spec.resources)
        return f"<APIClient at {masked_url(self.base_url)}{user}: {resources} resources>"

    def _known_username(self) -> str | None:
        """Return the user's name once the API was asked for it; asks nothing."""
        me = self._kept.get("me")
        return None if me is None else str(me["username"])

    def _repr_html_(self) -> str:
        from civis_nb.display.responses import client_html

        return client_html(self.base_url, self._spec.resources, self._known_username())
