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
from civis_nb.transport.answers import add_what_may_be_done, check_whole, judge
from civis_nb.transport.encode import json_bytes, query_items
from civis_nb.transport.faults import Outcome, classify
from civis_nb.transport.headers import own_headers, user_agent
from civis_nb.transport.pool import Environment, KeyAuth, checked_base, new_pool
from civis_nb.transport.retry import run

if TYPE_CHECKING:
    import requests
    import tenacity

__all__ = ["Recover", "Session"]

_MAX_IDLE_S = 50.0

#: Looks whether the work of an interrupted POST is done: gives an outcome with the answer,
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
        self._pool: requests.Session | None = None
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._pause_s = 0.0
        self._used_at = time.monotonic()
        self._environment = Environment()

    def __repr__(self) -> str:
        return f"<Session at {masked_url(getattr(self, 'base_url', 'no address'))}>"

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
                    pool = self._pool = new_pool()
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
        """Send a request and give its answer; try again where that is safe.

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
        outcome = self._run(
            method.upper(),
            url_or_path,
            params=params,
            body=None if json is None else json_bytes(json),
            headers=headers,
            timeout=timeout,
            stream=stream,
            authenticated=authenticated,
            accept=accept,
        )
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
    ) -> tuple[requests.Response, Any]:
        """Send a request to the API; give the answer and its JSON, None where it is empty.

        Parameters
        ----------
        method, path, params, json, headers, accept
            As for `request`.
        recover
            Looks whether a POST that was answered by 503 has done its work.

        Raises
        ------
        CivisClientError
            When the answer is no JSON.
        CivisAPIError, CivisConnectionError, CivisTimeoutError
            As for `request`.
        """
        outcome = self._run(
            method.upper(),
            path,
            params=params,
            body=None if json is None else json_bytes(json),
            headers=headers,
            accept=accept,
            parse=True,
            recover=recover,
        )
        assert outcome.response is not None  # noqa: S101 - an outcome without one has raised
        return outcome.response, outcome.payload

    def _run(
        self,
        method: str,
        url_or_path: str,
        *,
        parse: bool = False,
        recover: Recover | None = None,
        **request: Any,
    ) -> Outcome:
        url = self._url(url_or_path)
        started = time.monotonic()
        unsure: tuple[float, requests.Response] | None = None
        attempts = 0

        def attempt() -> Outcome:
            nonlocal unsure, attempts
            attempts += 1
            if unsure is not None and recover is not None:
                found = _looked(recover, *unsure)
                if found is not None:
                    return found
                unsure = None
            outcome = self._attempt(method, url, parse=parse, **request)
            if method == "POST" and _status(outcome) == 503:
                if recover is None:
                    outcome.fault = "final"
                elif outcome.response is not None:
                    unsure = (time.monotonic() - started, outcome.response)
            return outcome

        outcome = run(method, attempt, self._retrying)
        error = outcome.error
        if error is None:
            return outcome
        add_what_may_be_done(outcome, method, attempts)
        # Dropped, so that the frames of the traceback hold no request with the key in it.
        del outcome
        raise error

    def _attempt(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | tuple[float, float] | None = None,
        stream: bool = False,
        authenticated: bool = True,
        accept: frozenset[int] = frozenset(),
        parse: bool = False,
    ) -> Outcome:
        from requests.exceptions import RequestException
        from urllib3.exceptions import HTTPError

        if self._pause_s and authenticated:
            time.sleep(self._pause_s)
        # The key goes to the API and to nobody else.
        keyed = authenticated and url.startswith(self.base_url)
        try:
            response = self._send(
                method, url, params, body, self._headers(headers, keyed), timeout, stream, keyed
            )
            if response.status_code < 200:
                # What answers the request comes later, and must answer no other one.
                self.close()
            if response.status_code >= 400 and stream:
                _ = response.content
            if not stream:
                check_whole(response)
        except (RequestException, HTTPError, ValueError, OSError) as error:
            # Nothing is raised here: the error would hold the request, and so the key.
            return classify(error, method, url)
        for answer in (*response.history, response):
            answer.request.headers.pop("Authorization", None)
        self._used_at = time.monotonic()
        outcome = judge(response, method, accept, parse)
        if keyed:
            self._heed_rate_limit(response.headers)
            if outcome.error is not None:
                self._auth.hide_in(outcome.error)
        return outcome

    def _send(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None,
        body: bytes | None,
        headers: dict[str, str],
        timeout: float | tuple[float, float] | None,
        stream: bool,
        keyed: bool,
    ) -> requests.Response:
        from requests import PreparedRequest
        from requests.structures import CaseInsensitiveDict

        pool = self.raw_session()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        # The pool would merge in cookies, parameters and ~/.netrc, none of which it has or may
        # use: half the time of making a request.
        prepared = PreparedRequest()
        prepared.prepare(
            method,
            url,
            headers=CaseInsensitiveDict({**pool.headers, **headers}),
            params=query_items(params),
            data=body,
            auth=self._auth if keyed else None,
        )
        settings = self._environment.settings(pool, prepared.url or url, keyed)
        return pool.send(
            prepared,
            stream=stream,
            timeout=self.timeout if timeout is None else timeout,
            # Followed with another verb, a redirect would do something else than was asked.
            allow_redirects=method in ("GET", "HEAD"),
            **settings,
        )

    def _url(self, url_or_path: str) -> str:
        if url_or_path.startswith(("https://", "http://")):
            return url_or_path
        return self.base_url + url_or_path.strip("/")

    def _headers(self, more: Mapping[str, str] | None, keyed: bool) -> dict[str, str]:
        headers = own_headers(self._product) if keyed else {}
        return {**headers, **(more or {})}

    def _heed_rate_limit(self, headers: Mapping[str, str]) -> None:
        """Slow down when few calls are left: at the last twentieth, up to a second a call."""
        try:
            limit = int(headers["X-RateLimit-Limit"])
            left = int(headers["X-RateLimit-Remaining"])
        except (KeyError, ValueError):
            self._pause_s = 0.0
            return
        near = limit / 20
        self._pause_s = 0.0 if left >= near else min(1.0, 1.0 - left / near)


def _status(outcome: Outcome) -> int:
    return 0 if outcome.response is None else outcome.response.status_code


def _looked(recover: Recover, elapsed_s: float, answer: requests.Response) -> Outcome | None:
    try:
        return recover(elapsed_s, answer)
    except CivisError:
        return Outcome("final", response=answer, error=CivisAPIError(answer))
