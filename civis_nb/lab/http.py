"""How the extension's handlers answer: authenticated, checked, and never with the key."""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal, TypeVar, cast

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from civis_nb.errors import (
    CivisAPIError,
    CivisConnectionError,
    CivisError,
    CivisInputError,
    CivisMagicError,
    OperationCancelledError,
)
from civis_nb.lab.account import NOWHERE, Account
from civis_nb.lab.threads import in_thread, in_time
from civis_nb.lab.versions import told_as_version

__all__ = ["ACCOUNT", "RESOURCE", "Handler", "allowed", "status_of", "whole_number"]

#: What an authorizer of Jupyter Server is asked about.
RESOURCE: Final = "civis-nb"

#: The account of the server, among the settings of its application.
ACCOUNT: Final = "civis_nb_account"
#: The status of an answer to too many calls, and the first of those of servers that fail.
_TOO_MANY: Final = 429
_SERVER_ERRORS: Final = 500
_OTHER_PLATFORM: Final = (
    "Nothing was done: the Jupyter server uses another platform now than this page has shown. The "
    "page shows that one from now on."
)

Value = TypeVar("Value")
Method = TypeVar("Method", bound=Callable[..., Awaitable[None]])


def allowed(action: Literal["read", "write"]) -> Callable[[Method], Method]:
    """Have a method answer only who is logged in, and may do that by the server's authorizer.

    A page that shows another platform is refused by `Handler.is_platform_shown`.

    Parameters
    ----------
    action
        ``"write"`` where the method changes something.
    """

    def decorated(method: Method) -> Method:
        async def of_platform_shown(self: Handler, *args: str) -> None:
            if await self.is_platform_shown():
                await method(self, *args)

        checked: Callable[..., Awaitable[None]] = authorized(action, RESOURCE)(
            functools.update_wrapper(of_platform_shown, method)
        )
        answers = web.authenticated(checked)
        answers.civis_action = action  # type: ignore[attr-defined]
        return cast("Method", answers)

    return decorated


class Handler(APIHandler):
    """A handler of the extension.

    Its methods carry `allowed`: a class with one that does not can't be made. Jupyter Server checks
    the XSRF token of all but GET.
    """

    auth_resource = RESOURCE
    _working: asyncio.Task[Any] | None = None
    #: The platform that is asked, once `begin` has found it out.
    _platform_id: str | None = None

    def __init_subclass__(cls, **more: Any) -> None:
        """Refuse a class that would answer everybody."""
        super().__init_subclass__(**more)
        for name in map(str.lower, cls.SUPPORTED_METHODS):
            if name in vars(cls) and not hasattr(vars(cls)[name], "civis_action"):
                raise TypeError(f"{cls.__name__}.{name} needs @allowed('read') or 'write'.")

    async def begin(self) -> str:
        """Settle which platform the request is about; return its id, as `Account.platform_id`.

        What is done from here on is done there, also where the server is told to use another one
        meanwhile.
        """
        if self._platform_id is None:
            account: Account = self.settings[ACCOUNT]
            try:
                connection = await in_thread(account.current)
            except CivisError:
                self._platform_id = NOWHERE  # what needs a platform tells why there is none
            else:
                account.keep(connection)
                self._platform_id = connection.platform_id
        return self._platform_id

    async def is_platform_shown(self) -> bool:
        """Return whether the page shows the platform that the server uses; refuse it otherwise.

        The page names it by the argument ``platform`` of its request. Another page may have had the
        server use another platform since, where the ids of this one mean something else.
        """
        shown = self.get_query_argument("platform", "")
        if await self.begin() == shown or not shown:
            return True
        self.set_status(409)
        self.finish(json.dumps({"problem": _OTHER_PLATFORM, "kind": "PlatformChanged"}))
        return False

    async def reply(self, function: Callable[..., Any], *args: Any) -> None:
        """Answer with what a function returns, as JSON.

        A plain function is called in a thread, for at most `threads.READ_LIMIT_S` by GET. A
        coroutine function limits its reads itself; it is awaited, and cancelled when the browser no
        longer waits for the answer.

        What it fails with is answered with ``{"problem": text, "kind": name of the error, "passes":
        whether it may pass by itself}``, of which the extension shows the text: with status 400
        where the request was wrong, as the platform did where something is not there (404) or not
        possible now (409), with 409 where it was cancelled, else with 502; with 504 when it took
        too long, and with 500 when it is no error of this package.
        """
        try:
            if inspect.iscoroutinefunction(function):
                self._working = asyncio.ensure_future(function(*args))
                with told_as_version():
                    found = await self._working
            else:
                called = in_thread(_told, function, *args)
                found = await (in_time(called) if self.request.method == "GET" else called)
        except (CivisError, TimeoutError) as error:
            found = self.refusal(error)
        except asyncio.CancelledError:
            return  # nobody waits
        except Exception as error:
            # What can't be foreseen: a platform of another version may lack an operation.
            self.log.exception("%s %s failed", self.request.method, self.request.path)
            self.set_status(500)
            problem = f"{type(error).__name__}: {error}. The log of the Jupyter server has more."
            found = {"problem": problem, "kind": type(error).__name__}
        self.finish(json.dumps(found))

    def refusal(self, error: CivisError | TimeoutError) -> dict[str, str | bool]:
        """Return what answers an error, and set its status, as `reply` does."""
        if isinstance(error, CivisError):
            self.set_status(status_of(error))
            kind = type(error).__name__
            return {"problem": str(error), "kind": kind, "passes": _passes(error)}
        self.set_status(504)
        problem = str(error) or "The platform has not answered in time."
        return {"problem": problem, "kind": "TimeoutError", "passes": True}

    def on_connection_close(self) -> None:
        """Cancel what is done for a browser that has gone."""
        super().on_connection_close()
        if self._working is not None:
            self._working.cancel()

    def body_value(self, name: str, kind: type[Value], required: bool = True) -> Value | None:
        """Return a value of the request's JSON body, checked for its type."""
        body = self.get_json_body()
        value = body.get(name) if isinstance(body, dict) else None
        if value is None and not required:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise web.HTTPError(400, f"{name} must be of the JSON type of a {kind.__name__}.")
        return value


def _told(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function; of a platform that lacks something is told that."""
    with told_as_version():
        return function(*args)


def _passes(error: CivisError) -> bool:
    """Return whether the platform did not answer, or could not: the same may succeed later."""
    if isinstance(error, CivisAPIError):
        return error.status_code == _TOO_MANY or error.status_code >= _SERVER_ERRORS
    return isinstance(error, CivisConnectionError)


def status_of(error: CivisError) -> int:
    """Return the status that answers an error."""
    if isinstance(error, CivisInputError | CivisMagicError):
        return 400
    if isinstance(error, CivisAPIError) and error.status_code in (404, 409):
        return int(error.status_code)
    if isinstance(error, OperationCancelledError):
        return 409
    return 502


def whole_number(name: str, text: str, least: int = 0) -> int:
    """Return a number of a request's address.

    Raises
    ------
    web.HTTPError
        With status 400, when it is none, or none that the platform has.
    """
    if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text) >= least):
        raise web.HTTPError(400, f"{name} must be a whole number of at least {least}.")
    return int(text)
