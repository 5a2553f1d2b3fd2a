"""What magics share while a notebook runs: the client, and which databases there are."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from civis_nb import config
from civis_nb.backend import resolve
from civis_nb.errors import CivisMagicError
from civis_nb.futures.states import DONE
from civis_nb.magics.history import History
from civis_nb.magics.sql.kept import KeptResults
from civis_nb.magics.waiting import display_of
from civis_nb.magics.watch import Background
from civis_nb.near_names import did_you_mean
from civis_nb.sql_literals import DIALECTS

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient
    from civis_nb.futures import CivisFuture
    from civis_nb.magics.history import Saved

__all__ = ["Database", "Session"]


@dataclass(frozen=True)
class Database:
    """A database of the account.

    Attributes
    ----------
    id, name
        As the platform has them.
    adapter
        What kind of database it is, or the dialect of its SQL where the platform names one.
    """

    id: int
    name: str
    adapter: str

    @property
    def dialect(self) -> str | None:
        """The SQL dialect; None for a kind of database whose literals are not known here."""
        return DIALECTS.get(self.adapter.lower())


class Session:
    """The client and the databases of one notebook, and the runs that it has started.

    A client is made when one is needed, and again when the settings that lead to it change, or
    the local platform that it spoke to has ended.

    Parameters
    ----------
    user_ns
        The variables of the notebook.

    Attributes
    ----------
    history
        What notebooks have run.
    results
        Results that are kept for ``--cache``.
    background
        What goes on while the notebook does.
    latest_run, latest_title
        The job and run that the notebook has started last, and what it is; None before the first.
    """

    def __init__(self, user_ns: Mapping[str, Any] | None = None) -> None:
        self.history = History()
        self.results = KeptResults()
        self.background = Background()
        self.latest_run: tuple[int, int | None] | None = None
        self.latest_title = ""
        self._user_ns = user_ns if user_ns is not None else {}
        self._client: APIClient | None = None
        self._account: tuple[str, ...] = ()
        self._databases: list[Database] | None = None

    def client(self) -> APIClient:
        """Return the client.

        Raises
        ------
        CivisMissingKeyError
            When there is no key and nobody asked for the local platform.
        CivisPlatformEndedError
            When there is no key, and the notebook's local platform has ended.
        CivisLocalError
            When the local platform can't be started.
        """
        # Resolved each time: a local platform that was joined ends with the kernel that started it.
        endpoint, key = resolve(started=self._user_ns.values())
        wanted = (endpoint, hashlib.sha256(key.encode()).hexdigest())
        if self._client is None or wanted != self._account:
            from civis_nb.client.client import APIClient

            with display_of(f"Loading the API specification from {endpoint}"):
                self._client = APIClient(api_key=key, endpoint=endpoint)
            self._account, self._databases = wanted, None
        return self._client

    def account(self) -> tuple[str, ...]:
        """Return what tells this account of this platform from others; no key can be read of it."""
        self.client()
        return self._account

    def database(self, name_or_id: str | None) -> Database:
        """Return the database that a cell means.

        Parameters
        ----------
        name_or_id
            As the cell has it; None: the setting ``database``, else the only
            database there is.

        Raises
        ------
        CivisMagicError
            When there is none of that name, or several to choose from.
        """
        wanted = name_or_id or config.get("database")
        if wanted is None:
            known = self._known(fresh=False)
            if len(known) == 1:
                return known[0]
            if not known:
                raise CivisMagicError("The account has no database.")
            raise CivisMagicError(
                "Which database? Give -d NAME, or set one with %civis_config database NAME. "
                f"There are: {_names(known)}."
            )
        # A database that is new since the list was read is worth a second read.
        for fresh in (False, True):
            known = self._known(fresh)
            found = [one for one in known if str(wanted) in (one.name, str(one.id))]
            if found:
                return found[0]
        names = [one.name for one in known]
        hint = did_you_mean(wanted, names, 2) or f" There are: {_names(known)}."
        raise CivisMagicError(f"There is no database {str(wanted)!r}.{hint}")

    def started(
        self, future: CivisFuture, kind: str, title: str, saved: Saved | None = None
    ) -> None:
        """Remember a run: as the latest one, and in the history, where its end is recorded, too.

        Parameters
        ----------
        future
            The run.
        kind
            ``sql``, ``job``, or the language of a script.
        title
            What runs, for lists.
        saved
            The statement, where it is SQL.
        """
        self.latest_run, self.latest_title = (future.job_id, future.run_id), title
        begun = time.monotonic()
        has_ended = future.state in DONE
        number = self.history.add(
            kind, title, self._account[0] if self._account else "",
            saved=saved, job_id=future.job_id, run_id=future.run_id,
            state=future.state if has_ended else None,
            took_s=future.activity().running_s if has_ended else None,
        )  # fmt: skip
        if not has_ended:
            future.call_at_end(
                lambda _: self.history.finish(number, future.state, time.monotonic() - begun)
            )

    def _known(self, fresh: bool) -> list[Database]:
        """Return the databases of the platform, asked for once unless they are to be fresh."""
        client = self.client()
        if self._databases is None or fresh:
            self._databases = [
                Database(
                    int(one.id), str(one.name), str(one.get("dialect") or one.get("adapter") or "")
                )
                for one in client.databases.list()
            ]
        return self._databases


def _names(databases: list[Database]) -> str:
    names = [database.name for database in databases]
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
