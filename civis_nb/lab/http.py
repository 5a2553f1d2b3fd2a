"""How the extension's handlers answer: authenticated, checked, and never with the key."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from typing import Any, TypeVar

from jupyter_server.base.handlers import APIHandler
from tornado import web

from civis_nb.errors import CivisError

__all__ = ["Handler"]

Value = TypeVar("Value")


class Handler(APIHandler):
    """A handler of the extension.

    Its methods carry ``@web.authenticated`` and ``@authorized("read")``, or ``"write"`` where they
    change something; Jupyter Server checks the XSRF token of all but GET.
    """

    auth_resource = "contents"
    _working: asyncio.Task[Any] | None = None

    async def reply(self, function: Callable[..., Any], *args: Any) -> None:
        """Answer with what a function returns, as JSON.

        A plain function is called in a thread. A coroutine function is awaited, and cancelled
        when the browser no longer waits for the answer.

        What it fails with on the platform's side is answered with status 502 and ``{"problem":
        text, "kind": name of the error}``; the extension shows the text.
        """
        try:
            if inspect.iscoroutinefunction(function):
                self._working = asyncio.ensure_future(function(*args))
                found = await self._working
            else:
                found = await asyncio.to_thread(function, *args)
        except CivisError as error:
            self.set_status(502)
            found = {"problem": str(error), "kind": type(error).__name__}
        except TimeoutError as error:
            self.set_status(504)
            problem = str(error) or "The platform has not answered in time."
            found = {"problem": problem, "kind": "TimeoutError"}
        except asyncio.CancelledError:
            return  # nobody waits
        self.finish(json.dumps(found))

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
