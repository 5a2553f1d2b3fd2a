"""The API that a command line talks to: its specification, and a client."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

import click

from civis_nb import config
from civis_nb._wire_text import is_loopback, masked_url
from civis_nb.errors import CivisConfigError, CivisError, CivisMissingKeyError

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient
    from civis_nb.spec.model import Spec

__all__ = ["USER_AGENT", "Api", "api_of"]

USER_AGENT = "civis-cli"


class Api:
    """The API that the environment names.

    Attributes
    ----------
    may_fetch
        Whether the server may be asked for its specification; else what is kept must do.
    accepts_stale
        Whether a specification that is kept is used however old it is.
    note
        Why the specification is not the server's present one; empty where it is.
    """

    def __init__(self) -> None:
        self.may_fetch = True
        self.accepts_stale = False
        self.note = ""
        self._failure: CivisError | None = None

    @cached_property
    def spec(self) -> Spec:
        """The specification that commands are made from.

        It is the one that is kept of this endpoint and key, while it is fresh; else the
        server's; where it can't be had, the last one that is kept, or the local platform's.
        """
        from civis_nb.spec import browse, cache

        try:
            place = _place()
        except CivisConfigError as error:
            return self._without(error)
        if place is None:
            # Nobody is started for the sake of a list: the local platform's is in the package.
            return browse.given(None if _platform_requested() else browse.BUNDLED)
        kept = cache.SpecCache(*place).read()
        if kept is not None and (kept.is_fresh() or self.accepts_stale or not self.may_fetch):
            return kept.spec()
        if not self.may_fetch:
            listed = browse.given(None)
            self.note = (
                f"This list is from {masked_url(listed.source)}: the API has not been asked for "
                "its own yet. civis-nb spec refresh asks it."
            )
            return listed
        try:
            spec: Spec = self.client().spec
        except CivisError as error:
            return self._without(error, None if kept is None else kept.spec())
        return spec

    def _without(self, error: CivisError, kept: Spec | None = None) -> Spec:
        """Return what there is besides the server's specification, and remember why."""
        from civis_nb.spec import browse

        self._failure = error
        spec = kept or browse.given(None)
        self.note = f"This list is from {masked_url(spec.source)}. {error}"
        return spec

    def cached_spec(self) -> Spec | None:
        """Return the specification that is kept of this API, however old; None where none is."""
        from civis_nb.spec.cache import SpecCache

        place = _place()
        kept = None if place is None else SpecCache(*place).read()
        return None if kept is None else kept.spec()

    def server_spec(self) -> Spec:
        """Return the specification of the API itself.

        Raises
        ------
        CivisError
            When it can't be had.
        """
        spec: Spec = self.client().spec
        return spec

    def advice(self) -> str:
        """Return what to do where the API seems to lack a command; empty where nothing helps."""
        if self.note:
            return f"\n{self.note}"
        if _place() is None and _platform_requested():
            return "\nThere is no API key (CIVIS_API_KEY), so the API could not be asked."
        return "\ncivis-nb spec refresh asks the API for its newest list."

    def client(self, return_type: str = "snake") -> APIClient:
        """Return a new client.

        Raises
        ------
        CivisError
            When there can be none; a server that could not be asked before is not asked again.
        """
        if self._failure is not None:
            raise self._failure
        from civis_nb.client.client import APIClient

        return APIClient(return_type=return_type, user_agent=USER_AGENT)


def api_of(ctx: click.Context) -> Api:
    """Return the API of a command line."""
    root = ctx.find_root()
    api = root.ensure_object(Api)
    if root.resilient_parsing:  # a shell that completes a word does not wait for a network
        api.may_fetch = False
    return api


def _platform_requested() -> bool:
    return bool(config.get("backend") != "local")


def _place() -> tuple[str, str] | None:
    """Return the address and the key of the API; None where no server is named."""
    from civis_nb.backend import resolve
    from civis_nb.transport.identity import checked_base

    named = os.environ.get("CIVIS_API_ENDPOINT", "").strip()
    key = os.environ.get("CIVIS_API_KEY", "").strip()
    if not _platform_requested() and not (key and is_loopback(named)):
        return None
    try:
        address, key = resolve()
    except CivisMissingKeyError:
        return None
    return checked_base(address), key
