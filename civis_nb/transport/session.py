"""One request in, one reply out: a pooled keep-alive session with the key, retries, masking.

There is one pool for each client, shared by its threads. requests' own objections to sharing a
session are its cookies, which are off here, and its settings, which nobody changes after the
start; the pool itself is thread-safe. One pool keeps a listing with its prefetching thread on
one connection, and a short-lived thread from opening one of its own.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from civis_nb import config
from civis_nb._wire_text import masked_url
from civis_nb.errors import CivisAPIError, CivisError, CivisInputError
from civis_nb.transport.answers import Wanted, add_advice, check_complete, judge
from civis_nb.transport.encode import json_bytes, query_items
from civis_nb.transport.faults import Outcome, classify, platform_ended
from civis_nb.transport.identity import (
    Environment,
    KeyAuth,
    checked_base,
    own_headers,
    user_agent,
)
from civis_nb.transport.request import Request
from civis_nb.transport.retry import run

if TYPE_CHECKING:
    import requests
    import tenacity

__all__ = ["Recover", "Session"]

_MAX_IDLE_S = 50.0

#: Checks whether the work of an interrupted POST is done: returns an outcome with the response,
#: None when it surely is not done; raises CivisError when that can't be known.
Recover = Callable[[float, "requests.Response"], Outcome | None]


class Session:
    """Sends requests to one API with one key.

    Parameters
    ----------
    base_url
        The address of the API, with or without a slash at its end.
    api_key
        The key; it can't be read back from the object.
    user_agent
        The product that the requests say they come from.
    retries
        The user's own policy of waits and of when to stop.
    has_ended
        Tells whether the server is a local platform that has ended; None: it is another server.

    Raises
    ------
    CivisConfigError
        When `base_url` is no http(s) address.
    CivisInputError
        When `user_agent` can't be sent.
    """

    __slots__ = (
        "__weakref__",
        "_auth",
        "_environment",
        "_has_ended",
        "_lock",
        "_pause_s",
        "_pid",
        "_pool",
        "_product",
        "_retrying",
        "_used_at",
        "base_url",
        "timeout",
    )

    def __init__(
        self,
        base_url: str,
        api_key: str,
        user_agent: str = "civis-python",
        retries: tenacity.Retrying | None = None,
        *,
        has_ended: Callable[[], bool] | None = None,
    ) -> None:
        self.base_url = checked_base(base_url)
        self._product = " ".join(user_agent.split()) or "civis-python"
        if not self._product.isascii() or not self._product.isprintable():
            raise CivisInputError(f"user_agent can't be sent: {user_agent!r}; it must be ASCII.")
        self.timeout: tuple[float, float] = (
            config.get("connect_timeout_s"),
            config.get("read_timeout_s"),
        )
        self._auth = KeyAuth(api_key)
        self._retrying = retries
        self._has_ended = has_ended
        self._pool: requests.Session | None = None
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._pause_s = 0.0
        self._used_at = time.monotonic()
        self._environment = Environment()

    def __repr__(self) -> str:
        return f"<Session at {masked_url(getattr(self, 'base_url', 'no address'))}>"

    @property
    def is_known_local_platform(self) -> bool:
        """Whether the server is a local platform that lets this process see when it has ended."""
        return self._has_ended is not None

    @property
    def user_agent(self) -> str:
        """What the requests say they come from."""
        return user_agent(self._product)

    def raw_session(self) -> requests.Session:
        """Return the pooled session itself, which sends no key: for presigned URLs.

        It belongs to the calling process; after a fork the child gets its own.
        """
        if self._pid != os.getpid():
            # A lock or socket that another thread of the parent held is of no use here.
            self._lock, self._pool, self._pid = threading.Lock(), None, os.getpid()
        if time.monotonic() - self._used_at > _MAX_IDLE_S:
            # What lies between has forgotten the kept connections by now, and says so to nobody:
            # a POST on one of them would be lost.
            self.close()
        self._used_at = time.monotonic()
        pool = self._pool
        if pool is None:
            with self._lock:
                pool = self._pool
                if pool is None:
                    from civis_nb.transport.pool import new_pool

                    pool = self._pool = new_pool(self._has_ended)
        return pool

    def close(self) -> None:
        """Close the kept connections; the next request opens new ones."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def request(
        self,
        method: str,
        url_or_path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | tuple[float, float] | None = None,
        stream: bool = False,
        authenticated: bool = True,
        accept: frozenset[int] = frozenset(),
    ) -> requests.Response:
        """Send a request and return its response; retry where that is safe.

        Parameters
        ----------
        method
            The HTTP method.
        url_or_path
            A path below the base URL, or a whole URL.
        params
            The query; None is left out, lists become ``name[]``.
        json
            The body; None: no body.
        headers
            More headers.
        timeout
            Seconds to wait for a connection and for the next bytes; None: the settings.
        stream
            Leave the content to be read by the caller.
        authenticated
            Send the key; it goes to no other host than the API's.
        accept
            Error statuses that are answers to the caller.

        Raises
        ------
        CivisAPIError
            When the server answers with an error status.
        CivisConnectionError, CivisTimeoutError
            When there is no answer, or a broken one.
        CivisClientError
            When the answer sends the request somewhere else.
        """
        request = Request(
            method.upper(), self._url(url_or_path), params, json, headers, timeout, stream,
            authenticated, accept,
        )  # fmt: skip
        outcome = self._answered(request)
        assert outcome.response is not None  # noqa: S101 - an outcome without one has raised
        return outcome.response

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        accept: frozenset[int] = frozenset(),
        recover: Recover | None = None,
        wanted: Wanted = "",
    ) -> tuple[requests.Response, Any]:
        """Send a request to the API; return the response and its JSON, None where it is empty.

        Parameters
        ----------
        method, path, params, json, headers, accept
            As for `request`.
        recover
            Checks whether a POST that was answered by 503 has done its work.
        wanted
            What the answer holds; one that holds nothing is asked for again, where that is safe.

        Raises
        ------
        CivisClientError
            When the answer is no JSON, or holds nothing where something is wanted.
        CivisAPIError, CivisConnectionError, CivisTimeoutError
            As for `request`.
        """
        request = Request(
            method.upper(), self._url(path), params, json, headers,
            accept=accept, parse=True, wanted=wanted,
        )  # fmt: skip
        outcome = self._answered(request, recover)
        assert outcome.response is not None  # noqa: S101 - an outcome without one has raised
        return outcome.response, outcome.payload

    def _answered(self, request: Request, recover: Recover | None = None) -> Outcome:
        """Send a request until its outcome is final; raise the outcome's error, if it has one."""
        exchange = _Exchange(self, request, recover)
        outcome = run(request.method, exchange.attempt, self._retrying)
        error = outcome.error
        if error is None:
            return outcome
        add_advice(outcome, request.method, exchange.attempts)
        # Dropped, so that the frames of the traceback hold no request with the key in it.
        del outcome
        raise error

    def _prepared(
        self, request: Request, body: bytes | None, pool: requests.Session, keyed: bool
    ) -> requests.PreparedRequest:
        """Return a request as it is sent.

        The pool would merge in cookies, parameters and ~/.netrc, none of which it has or may
        use: half the time of making a request.
        """
        from requests import PreparedRequest
        from requests.structures import CaseInsensitiveDict

        headers = CaseInsensitiveDict(pool.headers)
        if keyed:
            headers.update(own_headers(self._product))
        headers.update(request.headers or {})
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        prepared = PreparedRequest()
        prepared.prepare(
            request.method,
            request.url,
            headers=headers,
            params=query_items(request.params),
            data=body,
            auth=self._auth if keyed else None,
        )
        return prepared

    def _url(self, url_or_path: str) -> str:
        if url_or_path.startswith(("https://", "http://")):
            return url_or_path
        return self.base_url + url_or_path.strip("/")

    def _follow_rate_limit(self, headers: Mapping[str, str]) -> None:
        """Slow down when few calls are left: at the last twentieth, up to a second a call."""
        try:
            limit = int(headers["X-RateLimit-Limit"])
            left = int(headers["X-RateLimit-Remaining"])
        except (KeyError, ValueError):
            self._pause_s = 0.0
            return
        near = limit / 20
        self._pause_s = 0.0 if near <= 0 or left >= near else min(1.0, 1.0 - left / near)


class _Exchange:
    """One request and its attempts."""

    def __init__(self, session: Session, request: Request, recover: Recover | None) -> None:
        self.attempts = 0
        self._session = session
        self._request = request
        self._body = None if request.json is None else json_bytes(request.json)
        # The key goes to the API and to nobody else.
        self._keyed = request.authenticated and request.url.startswith(session.base_url)
        self._recover = recover
        self._started = time.monotonic()
        #: When a POST was answered by 503, and that reply: its work may be done.
        self._ambiguous_reply: tuple[float, requests.Response] | None = None

    def attempt(self) -> Outcome:
        """Send the request once, and return what came of it."""
        from requests.exceptions import RequestException
        from urllib3.exceptions import HTTPError

        session, request = self._session, self._request
        self.attempts += 1
        if (recovered := self._recovered()) is not None:
            return recovered
        if session._pause_s and request.authenticated:
            time.sleep(session._pause_s)
        try:
            pool = session.raw_session()
            prepared = session._prepared(request, self._body, pool, self._keyed)
            response = pool.send(
                prepared,
                stream=request.stream,
                timeout=session.timeout if request.timeout is None else request.timeout,
                # Followed with another verb, a redirect would do something else than was asked.
                allow_redirects=request.method in ("GET", "HEAD"),
                **session._environment.settings(pool, prepared.url or request.url, self._keyed),
            )
            if response.status_code < 200:
                # What answers the request comes later, and must answer no other one.
                session.close()
            if response.status_code >= 400 and request.stream:
                _ = response.content
            if not request.stream:
                check_complete(response)
        except (RequestException, HTTPError, ValueError, OSError) as error:
            # Nothing is raised here: the error would hold the request, and so the key.
            outcome = classify(error, request.method, request.url)
        else:
            return self._judged(response)
        if outcome.fault in ("unsent", "broken") and session._has_ended and session._has_ended():
            outcome = Outcome("final", error=platform_ended(request.method, request.url))
        return outcome

    def _judged(self, response: requests.Response) -> Outcome:
        """Return what a reply means, and drop the key from its request."""
        session, request = self._session, self._request
        for answer in (*response.history, response):
            answer.request.headers.pop("Authorization", None)
        session._used_at = time.monotonic()
        outcome = judge(response, request.method, request.accept, request.parse, request.wanted)
        if self._keyed:
            session._follow_rate_limit(response.headers)
            if outcome.error is not None:
                session._auth.hide_in(outcome.error)
        if request.method == "POST" and outcome.status == 503:
            if self._recover is None:
                outcome.fault = "final"
            else:
                self._ambiguous_reply = (time.monotonic() - self._started, response)
        return outcome

    def _recovered(self) -> Outcome | None:
        """Return the outcome of an unsure POST whose work is done; None when it is to be sent."""
        if self._ambiguous_reply is None or self._recover is None:
            return None
        elapsed_s, reply = self._ambiguous_reply
        self._ambiguous_reply = None
        try:
            return self._recover(elapsed_s, reply)
        except CivisError:
            return Outcome("final", response=reply, error=CivisAPIError(reply))
