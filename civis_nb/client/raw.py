"""Requests that no method of the API makes, for scripts that build their own."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import TYPE_CHECKING

from civis_nb import config
from civis_nb.transport.answers import check_complete, judge
from civis_nb.transport.faults import Outcome, classify
from civis_nb.transport.identity import KeyAuth, own_headers
from civis_nb.transport.retry import run

if TYPE_CHECKING:
    import requests
    import tenacity

__all__ = ["get_headers", "open_session", "retry_request", "tostr_urljoin"]

_REDIRECTS = frozenset(range(300, 400))


def get_headers(user_agent: str) -> dict[str, str]:
    """Return the headers that requests of a product carry.

    Parameters
    ----------
    user_agent
        The name of the product.

    Examples
    --------
    >>> get_headers("my-tool")["User-Agent"].split()[0]
    'my-tool'
    """
    return own_headers(user_agent)


def open_session(api_key: str, headers: Mapping[str, str] | None = None) -> requests.Session:
    """Return a session of requests that sends a key.

    It sends the key wherever it is asked to go; `APIClient` keeps it to the API's own host.

    Parameters
    ----------
    api_key
        The key; the session does not show it.
    headers
        More headers.
    """
    from civis_nb.transport.pool import new_pool

    session = new_pool()
    session.auth = KeyAuth(api_key)
    session.headers.update(headers or {})
    return session


def retry_request(
    method: str,
    prepared_req: requests.PreparedRequest,
    session: requests.Session,
    retrying: tenacity.Retrying | None = None,
) -> requests.Response:
    """Send a request, again where that is safe and may help, and return its last answer.

    Parameters
    ----------
    method
        The HTTP method, which decides what is repeated. A POST that was answered by 503 is not:
        what it may have done can't be looked up from here.
    prepared_req
        The request.
    session
        What sends it.
    retrying
        Your own waits and end of retries.

    Returns
    -------
    requests.Response
        The answer, an error's too.

    Raises
    ------
    CivisConnectionError, CivisTimeoutError
        When there is none.
    """
    method, url = method.upper(), prepared_req.url or ""
    wait_s = (config.get("connect_timeout_s"), config.get("read_timeout_s"))

    def attempt() -> Outcome:
        from requests.exceptions import RequestException
        from urllib3.exceptions import HTTPError

        settings = session.merge_environment_settings(url, {}, None, None, None)
        try:
            response = session.send(prepared_req, timeout=wait_s, **settings)
            check_complete(response)
        except (RequestException, HTTPError, ValueError, OSError) as error:
            return classify(error, method, url)
        outcome = judge(response, method, _REDIRECTS, False)
        if method == "POST" and response.status_code == 503:
            outcome.fault = "final"
        return outcome

    outcome = run(method, attempt, retrying)
    if outcome.response is not None:
        return outcome.response
    error = outcome.error
    # Raised alone, so that what the frames of the traceback show holds no request.
    del outcome
    assert error is not None  # noqa: S101 - an outcome has an answer or an error
    raise error


def tostr_urljoin(*x: object) -> str:
    """Return the parts of an address, joined by slashes.

    Examples
    --------
    >>> tostr_urljoin("jobs", 7, "runs")
    'jobs/7/runs'
    """
    return posixpath.join(*map(str, x))
