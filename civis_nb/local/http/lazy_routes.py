"""Routes that are found quickly; many are built when the first request needs them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

__all__ = ["IndexedRoutes", "LazyApi", "LazyRoutes"]

#: Where the scope of a request has the route that was found for it.
_FOUND = "civis_nb.route"


class IndexedRoutes(BaseRoute):
    """Routes that are looked up by the first word of a path and the number of its words.

    A router tries one regular expression after the other, which takes longer than most answers.

    Parameters
    ----------
    routes
        Routes whose paths begin with a word, and whose parameters hold no slash.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = list(routes)
        self._by_place: dict[tuple[str, int], list[Route]] = defaultdict(list)
        for route in self.routes:
            self._by_place[_place(route.path)].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return how one of the routes fits a request, and what it knows of it."""
        found: tuple[Match, Scope] = Match.NONE, {}
        for route in self._by_place.get(_place(scope["path"]), ()):
            match, known = route.matches(scope)
            if match == Match.FULL:
                return match, {**known, _FOUND: route}
            if match == Match.PARTIAL and found[0] == Match.NONE:
                found = match, {**known, _FOUND: route}
        return found

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request by the route that was found for it."""
        await scope[_FOUND].handle(scope, receive, send)


def _place(path: str) -> tuple[str, int]:
    words = path.split("/")
    return words[1] if len(words) > 1 else "", len(words)


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
        if "router" not in self.__dict__:
            await anyio.to_thread.run_sync(lambda: self.router)
        await self.router(scope, receive, send)


def _methods(route: BaseRoute, scope: Scope) -> set[str]:
    """Return the methods of a route that fits the path of a request; none for the others."""
    fits = isinstance(route, Route) and route.matches(scope)[0] != Match.NONE
    return set(getattr(route, "methods", None) or ()) if fits else set()


class LazyApi(FastAPI):
    """An API with indexed and lazy routes; its specification has all of them."""

    def add_indexed(self, routes: Iterable[BaseRoute]) -> None:
        """Add routes that are there from the start.

        Raises
        ------
        TypeError
            When one is not a `Route`, whose path can be looked up.
        """
        known = []
        for route in routes:
            if not isinstance(route, Route):
                raise TypeError(f"{route!r} is no Route: it can't be looked up by its path.")
            known.append(route)
        self.router.routes.append(IndexedRoutes(known))

    def indexed(self) -> Iterator[Route]:
        """Yield the routes that are there from the start."""
        for route in self.router.routes:
            if isinstance(route, IndexedRoutes):
                yield from route.routes

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
        found: set[str] = set().union(*(_methods(one, scope) for one in self.indexed()))
        for route in self.router.routes:
            if isinstance(route, LazyRoutes) and route.matches(scope)[0] != Match.NONE:
                found = found.union(*(_methods(one, scope) for one in route.router.routes))
        return found | {"HEAD"} if "GET" in found else found

    def openapi(self) -> dict[str, Any]:
        """Return the specification, as OpenAPI 3.1."""
        if self.openapi_schema is None:
            routes: list[BaseRoute] = [*self.indexed()]
            for route in self.router.routes:
                routes.extend(route.router.routes if isinstance(route, LazyRoutes) else ())
            self.openapi_schema = get_openapi(
                title=self.title,
                version=self.version,
                openapi_version=self.openapi_version,
                routes=routes,
            )
        return self.openapi_schema
