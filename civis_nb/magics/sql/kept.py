"""Results that ``--cache`` keeps: Arrow files in the folder of the setting ``cache_dir``."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from civis_nb._cache_folder import default_folder
from civis_nb.display.activity import duration

if TYPE_CHECKING:
    import pyarrow as pa

    from civis_nb.magics.session import Session
    from civis_nb.magics.sql.call import SqlCall
    from civis_nb.magics.sql.statement import Statement

__all__ = ["KeptResult", "KeptResults", "Results"]

log = logging.getLogger(__name__)

_KEY: Final = b"civis_nb"
#: When all kept results take more, the oldest go.
_MAX_BYTES: Final = 2_000_000_000
#: A result that nobody has asked for for so long goes.
_FORGET_AFTER_S: Final = 7 * 24 * 3600.0


@dataclass(frozen=True)
class KeptResult:
    """A result that was kept.

    Attributes
    ----------
    table
        The rows.
    facts
        What was kept with them.
    age_s
        How old it is.
    """

    table: pa.Table
    facts: dict[str, Any]
    age_s: float

    @property
    def age(self) -> str:
        """How old it is, for a person."""
        return f"kept {duration(self.age_s)} ago" if self.age_s >= 0.05 else "kept just now"


class KeptResults:
    """The results that were kept, each under what it is the result of."""

    @staticmethod
    def key(*parts: Any) -> str:
        """Return the name of a result: a hash of everything that it depends on."""
        text = json.dumps(parts, default=str)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def _folder(self) -> Path:
        return default_folder() / "results"

    def find(self, key: str, max_s: float) -> KeptResult | None:
        """Return a result that is no older than this; None where there is none."""
        import pyarrow as pa

        path = self._folder() / f"{key}.arrow"
        try:
            with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
                table = reader.read_all()
            kept = json.loads((table.schema.metadata or {})[_KEY])
            age_s = time.time() - float(kept["at"])
        except FileNotFoundError:
            return None
        except (OSError, pa.ArrowException, KeyError, ValueError) as error:
            log.debug("The kept result %s can't be read: %s", path, error)
            return None
        if not 0 <= age_s <= max_s:
            return None
        return KeptResult(table.replace_schema_metadata(None), kept["facts"], age_s)

    def keep(self, key: str, table: pa.Table | None, facts: dict[str, Any]) -> None:
        """Keep a result; one that can't be kept is logged, and no reason to fail."""
        import pyarrow as pa

        table = pa.table({}) if table is None else table
        folder = self._folder()
        text = json.dumps({"at": time.time(), "facts": facts})
        schema = table.schema.with_metadata({_KEY: text.encode()})
        part = folder / f"{key}.{os.getpid()}.part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            with pa.OSFile(str(part), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
                writer.write_table(table)
            part.replace(folder / f"{key}.arrow")
            self._delete_old(folder)
        except (OSError, pa.ArrowException) as error:
            log.warning("--cache: the result can't be kept: %s", error)
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def forget(self, key: str) -> None:
        """Forget a result."""
        with contextlib.suppress(OSError):
            (self._folder() / f"{key}.arrow").unlink(missing_ok=True)

    def _delete_old(self, folder: Path) -> None:
        """Remove results that are old, and the oldest while all take too much."""
        found = sorted(
            ((path.stat().st_mtime, path.stat().st_size, path) for path in folder.glob("*.arrow")),
            reverse=True,
        )
        held = 0
        for index, (at, size, path) in enumerate(found):
            held += size
            if index and (held > _MAX_BYTES or time.time() - at > _FORGET_AFTER_S):
                with contextlib.suppress(OSError):
                    path.unlink()


@dataclass(frozen=True)
class Results:
    """The kept results of one call.

    Attributes
    ----------
    call
        What the magic asks for.
    session
        Where results are kept.
    """

    call: SqlCall
    session: Session

    def kept(self, statement: Statement, what: str, most: int | None) -> KeptResult | None:
        """Return the result that ``--cache`` has kept; None where there is none, or no --cache.

        Parameters
        ----------
        statement
            The statement.
        what
            ``preview`` or ``frame``.
        most
            The most rows that it may have.
        """
        if self.call.no_cache:
            self.session.results.forget(self._key(statement, what, most))
        if self.call.cache is None:
            return None
        return self.session.results.find(self._key(statement, what, most), self.call.cache)

    def keep(
        self, statement: Statement, what: str, most: int | None, table: Any, facts: dict[str, Any]
    ) -> None:
        """Keep a result, where ``--cache`` asks for it.

        Parameters
        ----------
        statement, what, most
            As for `kept`.
        table
            An Arrow table with the rows; None: they are among the facts.
        facts
            What else is to be known of it.
        """
        if self.call.cache is not None:
            self.session.results.keep(self._key(statement, what, most), table, facts)

    def _key(self, statement: Statement, what: str, most: int | None) -> str:
        return self.session.results.key(
            self.session.account(), statement.database.id, self.call.credential,
            statement.bound.sql, what, most,
        )  # fmt: skip
