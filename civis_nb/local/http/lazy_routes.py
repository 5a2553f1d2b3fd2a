"""Routes that are built when the first request needs them, so that a platform starts quickly."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

__all__ = ["LazyApi", "LazyRoutes"]


class LazyRoutes(BaseRoute):
    """The routes of one resource.

    Parameters
    ----------
    resource
        The first word of their paths.
    load
        Builds them, when it is given the resource.
    below
        Words of which a path has one after its first two, to be one of these routes; None: all
        paths of the resource are.
    """

    def __init__(
        self, resource: str, load: Callable[[str], APIRouter], below: frozenset[str] | None = None
    ) -> None:
        self._resource = resource
        self._load = load
        self._below = below

    @cached_property
    def router(self) -> APIRouter:
        """The routes themselves."""
        return self._load(self._resource)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether a request is for this resource."""
        words = scope["path"].split("/") if scope["type"] == "http" else ["", ""]
        is_mine = words[1] == self._resource
        if self._below is not None:
            is_mine = is_mine and not self._below.isdisjoint(words[3:])
        return (Match.FULL if is_mine else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; the first one waits, in a thread, until the routes are built."""
        router = await anyio.to_thread.run_sync(lambda: self.router)
        await router(scope, receive, send)


def _methods(route: BaseRoute, scope: Scope) -> set[str]:
    """Return the methods of a route that fits the path of a request; none for the others."""
    fits = isinstance(route, Route) and route.matches(scope)[0] != Match.NONE
    return set(getattr(route, "methods", None) or ()) if fits else set()


class LazyApi(FastAPI):
    """An API with lazy routes; its specification has all of them."""

    def add_lazily(
        self,
        resources: Iterable[str],
        load: Callable[[str], APIRouter],
        below: frozenset[str] | None = None,
    ) -> None:
        """Add the routes of resources, which `load` builds when they are needed."""
        self.router.routes.extend(LazyRoutes(one, load, below) for one in resources)

    def methods_of(self, scope: Scope) -> set[str]:
        """Return the methods that the path of a request can be asked with."""
        found: set[str] = set()
        for route in self.router.routes:
            if not isinstance(route, LazyRoutes):
                found |= _methods(route, scope)
            elif route.matches(scope)[0] != Match.NONE:
                found = found.union(*(_methods(one, scope) for one in route.router.routes))
        return found | {"HEAD"} if "GET" in found else found

    def openapi(self) -> dict[str, Any]:
        """Return the specification, as OpenAPI 3.1."""
        routes: list[BaseRoute] = []
        for route in self.router.routes:
            routes.extend(route.router.routes if isinstance(route, LazyRoutes) else [route])
        self.router.routes = routes
        return super().openapi()
