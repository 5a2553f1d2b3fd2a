"""One statement of a script, and what can be told of it without running it."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from civis_nb.sql_text import has_word, only_reads

__all__ = ["Statement", "kind_of"]

#: Kinds of statements whose rows are shown; others show rows only with RETURNING.
_WITH_ROWS = {"SELECT", "EXPLAIN", "PRAGMA", "CALL", "EXECUTE", "MULTI"}
_WITH_RETURNING = {"INSERT", "UPDATE", "DELETE", "MERGE_INTO", "MERGE"}


@dataclass(frozen=True)
class Statement:
    """One statement of a script.

    ``text`` is what DuckDB gets; ``offset`` is where the user's statement starts in the script,
    in bytes. ``original`` is the user's text when ``text`` is a translation of it, and
    ``provisional`` tells that another translation may fit better: this one has only been parsed.
    """

    text: str
    offset: int
    kind: str
    original: str | None = None
    prerequisites: tuple[str, ...] = ()
    provisional: bool = False

    @property
    def has_rows(self) -> bool:
        """Return whether the statement gives a result set."""
        if self.kind in _WITH_RETURNING:
            return has_word(self.text, "returning")
        return self.kind in _WITH_ROWS

    @property
    def is_query(self) -> bool:
        """Return whether the statement only reads, and may stand inside another query."""
        return self.kind == "SELECT" and only_reads(self.text, backslashes=False)


def kind_of(parsed: duckdb.Statement) -> str:
    """Return DuckDB's word for the kind of a statement, such as SELECT."""
    return str(parsed.type).rpartition(".")[2]
