"""COLLATE: texts are sorted by their bytes, as the collation "C" does."""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.rules import Dialect, RuleSet, UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import Tokens

__all__ = ["CollationRules", "check_collation"]

#: PostgreSQL's collations that compare bytes.
_BY_BYTES = frozenset(("c", "posix", "ucs_basic", "default"))
#: Redshift's, of which DuckDB has the second as NOCASE.
_OF_REDSHIFT = frozenset(("case_sensitive", "case_insensitive"))


def check_collation(tokens: Tokens, first: int, behind: int, dialect: Dialect) -> None:
    """Check the collation of a column's definition: DuckDB has others than the dialects.

    Raises
    ------
    UnsupportedSqlError
        If the dialect does not have it, or it does not compare bytes in PostgreSQL.
    """
    for at in range(first, behind):
        if tokens.words[at] != "collate":
            continue
        name = tokens.name(tokens.path(at + 1)[1] - 1)
        if dialect == "redshift" and name.lower() not in _OF_REDSHIFT:
            raise UnsupportedSqlError(
                f'Redshift has no collation "{name}": write COLLATE CASE_SENSITIVE or '
                "CASE_INSENSITIVE",
                tokens.starts[at + 1],
            )
        if dialect == "postgres" and name.lower() not in _BY_BYTES:
            raise UnsupportedSqlError(_no_collation(name), tokens.starts[at + 1])


def _no_collation(name: str) -> str:
    return (
        f'collation "{name}" does not exist here: texts are sorted by their bytes, as '
        'COLLATE "C" does; compare lower(…) where case must not count'
    )


class CollationRules(RuleSet):
    """The rules of collations."""

    def collation(self, at: int, behind: int) -> None:
        """Leave out a collation that compares bytes, and refuse others, by name."""
        tokens = self._tokens
        if self._is_redshift:
            raise self._refuse(
                at,
                "COLLATE behind a value is not supported by Redshift: compare LOWER(…) where case "
                "must not count",
            )
        name = tokens.name(behind - 1)
        if name.lower() not in _BY_BYTES:
            raise self._refuse(at + 1, _no_collation(name))
        tokens.drop(at, behind)
