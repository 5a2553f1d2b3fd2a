"""ServiceClient: a client of a web service that the platform hosts, made from its specification."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from civis_nb import config
from civis_nb._wire_text import SecretUrl, masked_url
from civis_nb.client.convert import convert_response_data_type
from civis_nb.client.resource import Resource, make_resource
from civis_nb.client.response import ListResponse
from civis_nb.client.source import local_document
from civis_nb.errors import (
    CivisClientError,
    CivisDependencyError,
    CivisInputError,
    CivisSpecError,
)
from civis_nb.near_names import did_you_mean
from civis_nb.spec.parse import check_document, parse_spec
from civis_nb.transport.answers import Wanted, add_advice, check_complete, judge
from civis_nb.transport.encode import query_items
from civis_nb.transport.faults import Outcome, classify
from civis_nb.transport.retry import run

if TYPE_CHECKING:
    import requests

    from civis_nb.client.client import APIClient

__all__ = ["ServiceClient"]

_RETURN_TYPES = ("snake", "raw")
#: Statuses after which the cookie is renewed once.
_REFUSED = frozenset({401, 403})


class ServiceClient:
    """A client of a service: its resources are attributes, their methods callables.

    Parameters
    ----------
    service_id
        The service, on the platform.
    root_path
        What the paths of its API begin with, such as ``/api``.
    swagger_path
        Where it serves its Swagger 2.0 specification.
    api_key
        Your key, which must be allowed to use the service; None: ``CIVIS_API_KEY``. It is sent
        to the platform only, not to the service.
    return_type
        What methods give: ``snake``: Response and ListResponse; ``raw``: requests.Response.
    local_api_spec
        A specification to use instead of the service's: a path, or the object itself.
    client
        The client of the platform; None: a new one.

    Raises
    ------
    CivisInputError
        When the service has no address, or an argument can't be what it is.
    CivisSpecError
        When the service has no Swagger 2.0 specification.
    CivisAPIError, CivisConnectionError
        When the platform or the service refuses the request or does not answer.
    """

    last_response: Any = None

    def __init__(
        self,
        service_id: int,
        root_path: str | None = None,
        swagger_path: str = "/endpoints",
        api_key: str | None = None,
        return_type: str = "snake",
        local_api_spec: Mapping[str, Any] | str | os.PathLike[str] | None = None,
        *,
        client: APIClient | None = None,
    ) -> None:
        if return_type not in _RETURN_TYPES:
            raise CivisInputError(
                f"return_type can't be {return_type!r}; it is one of {', '.join(_RETURN_TYPES)}."
            )
        if client is None:
            from civis_nb.client.client import APIClient

            client = APIClient(api_key)
        self._return_type = return_type
        self._kept: dict[str, Any] = {}
        self._session = _ServiceSession(client, service_id, root_path or "")
        self._swagger_path = swagger_path
        if local_api_spec is None:
            source = f"What service {service_id} answers at {swagger_path}"
            document = check_document(self.get_api_spec(), source)
        else:
            source, document = "local_api_spec", local_document(local_api_spec)
        self._spec = parse_spec(_below(document, root_path or ""), source)

    def get_base_url(self) -> str:
        """Return the address of the service."""
        return self._session.base_url

    def get_api_spec(self) -> Any:
        """Return the service's specification as it is now, which `local_api_spec` takes.

        Raises
        ------
        CivisSpecError
            When what it answers is no JSON.
        CivisAPIError, CivisConnectionError
            When the service refuses the request or does not answer.
        """
        return self._session.document(self._swagger_path)

    def __getattr__(self, name: str) -> Any:
        spec = self.__dict__.get("_spec")
        if spec is None or name.startswith("_"):
            raise AttributeError(name)
        if name not in spec:
            hint = did_you_mean(name, spec.resources)
            raise AttributeError(
                f"The service has no resource {name!r}.{hint} It has: {', '.join(spec.resources)}.",
                name=name,
                obj=self,
            )
        made: Resource = make_resource(name, spec.operations(name), self)  # type: ignore[arg-type]
        return self.__dict__.setdefault(name, made)

    def _fetch_page(self, path: str, params: dict[str, Any]) -> ListResponse[Any]:
        """Return one page of a list."""
        response, payload = self._session.call("GET", path, params=params)
        if not isinstance(payload, list):
            raise CivisClientError(
                f"GET /{path} answered no list where one was asked for.", response
            )
        page: ListResponse[Any] = convert_response_data_type(payload, headers=response.headers)
        return page

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._spec.resources})

    def __repr__(self) -> str:
        return f"<ServiceClient at {masked_url(self.get_base_url())}>"


def _below(document: Mapping[str, Any], root_path: str) -> dict[str, Any]:
    """Return a specification with its paths as they are below the root path."""
    root = root_path.strip("/")
    paths = {
        f"/{_path_below(path.strip('/'), root)}": operations
        for path, operations in document["paths"].items()
    }
    return {**document, "paths": paths}


def _path_below(path: str, root: str) -> str:
    """Return a path without the root that it begins with; ``api`` is none of ``apis/x``."""
    return path[len(root) :].strip("/") if f"{path}/".startswith(f"{root}/") else path


class _ServiceSession:
    """Sends requests to a service, with the cookie that the platform lets its users get.

    Parameters
    ----------
    client
        The client of the platform.
    service_id
        The service.
    root_path
        What the paths begin with.
    """

    def __init__(self, client: APIClient, service_id: int, root_path: str) -> None:
        self._client = client
        self._service_id = service_id
        self._root = root_path.strip("/")
        self._lock = threading.Lock()
        self._pool: requests.Session | None = None
        self._timeout = (config.get("connect_timeout_s"), config.get("read_timeout_s"))
        address = client.services.get(service_id).current_url
        if not isinstance(address, str) or not urlsplit(address).netloc:
            raise CivisInputError(
                f"Service {service_id} has no address: it is not deployed. Deploy it on Civis "
                "Platform; a local platform describes services and does not run them."
            )
        self.base_url = address.rstrip("/") + "/"

    def document(self, path: str) -> Any:
        """Return the service's specification.

        Raises
        ------
        CivisSpecError
            When it is no JSON.
        """
        self._signed_in()  # what fails in it is no fault of the specification
        try:
            return self._answered("GET", self.base_url + path.strip("/")).payload
        except CivisClientError as error:
            raise CivisSpecError(
                f"Service {self._service_id} has no specification at {path}: {error} Give its "
                "place as swagger_path=, or the specification as local_api_spec=."
            ) from None

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        recover: Any = None,  # noqa: ARG002 - what a service has done can't be known
        wanted: Wanted = "",  # noqa: ARG002 - its specification is whatever its author wrote
    ) -> tuple[requests.Response, Any]:
        """Send a request; return the response and its JSON, None where it is empty.

        Raises
        ------
        CivisAPIError, CivisConnectionError, CivisClientError
            As the client of the platform.
        """
        url = self.base_url + "/".join(part for part in (self._root, path.strip("/")) if part)
        # An empty body says nothing, and not every server expects one with a GET.
        outcome = self._answered(method, url, params=params, json=json or None, headers=headers)
        assert outcome.response is not None  # noqa: S101 - an outcome without one has raised
        return outcome.response, outcome.payload

    def _answered(self, method: str, url: str, **arguments: Any) -> Outcome:
        """Send a request, with a new cookie when the one that there is has expired."""
        had_cookie = self._pool is not None
        attempts = 0

        def attempt() -> Outcome:
            nonlocal attempts
            attempts += 1
            return self._attempt(method, url, arguments)

        outcome = run(method, attempt)
        if had_cookie and getattr(outcome.error, "status_code", None) in _REFUSED:
            self._pool = None
            outcome = run(method, attempt)
        error = outcome.error
        if error is not None:
            add_advice(outcome, method, attempts)
            # Dropped, so that the frames of the traceback hold no request with the cookie in it.
            del outcome
            raise error
        return outcome

    def _attempt(self, method: str, url: str, arguments: Mapping[str, Any]) -> Outcome:
        """Send a request once, and return what came of it."""
        from requests.exceptions import RequestException
        from urllib3.exceptions import HTTPError

        values = dict(arguments)
        if values.get("params"):
            values["params"] = query_items(values["params"])
        pool = self._signed_in()
        try:
            response = pool.request(method, url, timeout=self._timeout, **values)
            check_complete(response)
        except (RequestException, HTTPError, ValueError, OSError) as error:
            return classify(error, method, url)
        outcome = judge(response, method, frozenset(), True)
        if method == "POST" and outcome.status == 503:
            outcome.fault = "final"  # its work may be done, and nothing tells whether
        return outcome

    def _signed_in(self) -> requests.Session:
        """Return the session that has the cookie.

        Raises
        ------
        CivisAPIError, CivisConnectionError, CivisClientError
            When there is none to be had.
        """
        with self._lock:
            if self._pool is None:
                import requests

                pool = requests.Session()
                pool.auth = _without_key
                deployment = self._client.services.get(self._service_id)["currentDeployment"]
                # The address holds a token: whoever opens it gets the cookie.
                answer = self._opened(pool, SecretUrl(deployment["displayUrl"]))
                if not answer.ok:
                    raise CivisClientError(
                        f"Service {self._service_id} refuses the sign-in ({answer.status_code}). "
                        "May your key use it, and is it running? Its page on Civis Platform says.",
                        answer,
                    )
                self._pool = pool
            return self._pool

    def _opened(self, pool: requests.Session, url: SecretUrl) -> requests.Response:
        """Open the address that gives the cookie; what is raised does not show it."""
        import requests

        shown = urlsplit(url)._replace(path="/", query="", fragment="").geturl()

        def attempt() -> Outcome:
            try:
                return Outcome(response=pool.get(url, timeout=self._timeout))
            except (requests.RequestException, ValueError, OSError) as error:
                return classify(error, "GET", shown)

        outcome = run("GET", attempt)
        if outcome.error is not None:
            raise outcome.error
        assert outcome.response is not None  # noqa: S101 - an outcome without one has raised
        return outcome.response


def _without_key(request: Any) -> Any:
    """Send a request as it is: requests would send the password of ~/.netrc."""
    return request


def __getattr__(name: str) -> Any:
    if name in (
        "ServiceEndpoint",
        "auth_service_session",
        "parse_service_api_spec",
        "to_camelcase",
    ):
        raise CivisDependencyError(
            f"civis_nb.service_client has no {name}: ServiceClient(service_id) signs in by itself, "
            "and makes the resources of the service's specification."
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
