"""How the extension's handlers answer: authenticated, checked, and never with the key."""

from __future__ import annotations

import asyncio
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

    async def reply(self, function: Callable[..., Any], *args: Any) -> None:
        """Call a function in a thread and answer with what it returns, as JSON.

        What it fails with on the platform's side is answered with status 502 and ``{"problem":
        text, "kind": name of the error}``; the extension shows the text.
        """
        try:
            found = await asyncio.to_thread(function, *args)
        except CivisError as error:
            self.set_status(502)
            found = {"problem": str(error), "kind": type(error).__name__}
        except TimeoutError as error:
            self.set_status(504)
            problem = str(error) or "The platform has not answered in time."
            found = {"problem": problem, "kind": "TimeoutError"}
        self.finish(json.dumps(found))

    def body_value(self, name: str, kind: type[Value], required: bool = True) -> Value | None:
        """Return a value of the request's JSON body, checked for its type."""
        body = self.get_json_body()
        value = body.get(name) if isinstance(body, dict) else None
        if value is None and not required:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise web.HTTPError(400, f"{name} must be of the JSON type of a {kind.__name__}.")
        return value
