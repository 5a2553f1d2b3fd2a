"""How the status bar asks which platform is used, chooses another one, and starts a local one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tornado import web

from civis_nb.lab.events import Feeds
from civis_nb.lab.http import Handler, allowed
from civis_nb.lab.platform import Choice

__all__ = ["DatabaseChoiceHandler", "LocalPlatformHandler", "PlatformHandler"]

_WAIT_S: Final = 20.0
_LONGEST_NAME: Final = 1000


class _OfChoice(Handler):
    def initialize(self, choice: Choice, feeds: Feeds) -> None:
        self._choice = choice
        self._feeds = feeds

    async def act(self, act: Callable[[], None], describe: Callable[[], dict[str, Any]]) -> None:
        """Act, answer with what is so from then on, and have all pages hear of it."""

        def done() -> dict[str, Any]:
            act()
            return describe()

        await self.reply(done)
        self._feeds.read_now()

    def _named(self, choices: dict[str, Callable[[], None]], name: str) -> Callable[[], None]:
        """Return the one that a value of the body names."""
        text = self.body_value(name, str)
        if text not in choices:
            raise web.HTTPError(400, f"{name} must be one of {', '.join(choices)}.")
        return choices[text]


class PlatformHandler(_OfChoice):
    """Which platform the server uses."""

    @allowed("read")
    async def get(self) -> None:
        """Return which one it is."""
        await self.reply(self._choice.describe)

    @allowed("write")
    async def post(self) -> None:
        """Use the local platform, or what the server was started with."""
        use = self._named(
            {"local": self._choice.use_local, "environment": self._choice.use_environment}, "use"
        )
        await self.act(use, self._choice.describe)


class DatabaseChoiceHandler(_OfChoice):
    """Which database the server uses where a cell names none."""

    @allowed("write")
    async def post(self) -> None:
        """Use a database of that name; null: the one that the server was started with."""
        name = self.body_value("name", str, required=False)
        if name is not None and len(name) > _LONGEST_NAME:
            raise web.HTTPError(400, f"name must have at most {_LONGEST_NAME} characters.")
        await self.act(lambda: self._choice.use_database(name, _WAIT_S), self._choice.describe)


class LocalPlatformHandler(_OfChoice):
    """The state of the local platform; it is stopped and reset here, started by being chosen."""

    @allowed("read")
    async def get(self) -> None:
        """Return whether it runs, where, and how much it keeps."""
        await self.reply(self._choice.local.state)

    @allowed("write")
    async def post(self) -> None:
        """Stop it, or delete all that it keeps."""
        local = self._choice.local
        act = self._named({"stop": self._choice.stop_local, "reset": local.reset}, "action")
        await self.act(act, local.state)
