"""COLLATE: texts are sorted by their bytes, as the collation "C" does."""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.rules import RuleSet

__all__ = ["CollationRules"]

#: PostgreSQL's collations that compare bytes.
_BY_BYTES = frozenset(("c", "posix", "ucs_basic", "default"))


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
            raise self._refuse(
                at + 1,
                f'collation "{name}" does not exist here: texts are sorted by their bytes, as '
                'COLLATE "C" does; compare lower(…) where case must not count',
            )
        tokens.drop(at, behind)
