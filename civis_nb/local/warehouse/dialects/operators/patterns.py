"""Patterns: LIKE, SIMILAR TO and regular expressions."""

from __future__ import annotations

import re

from civis_nb.local.warehouse.dialects.parts import Operand
from civis_nb.local.warehouse.dialects.rules import CATALOG, RuleSet
from civis_nb.local.warehouse.dialects.tokens import STRING
from civis_nb.local.warehouse.redshift.semantics import similar_to
from civis_nb.table_names import literal

__all__ = ["LikeRules"]


#: Names of classes in brackets -> letters of all scripts.
_CLASSES = {
    "[:alpha:]": r"\p{L}", "[:alnum:]": r"\p{L}\p{N}", "[:upper:]": r"\p{Lu}",
    "[:lower:]": r"\p{Ll}",
}  # fmt: skip


class LikeRules(RuleSet):
    """The rules of patterns."""

    def like_each(self, at: int, left: Operand, pattern: int, close: int) -> None:
        """Write LIKE ALL and LIKE ANY of an array as calls."""
        tokens = self._tokens
        negated = "not_" if tokens.words[at - 1] == "not" else ""
        each = "all" if tokens.words[pattern] == "all" else "any"
        name = f"{CATALOG}.{negated}{tokens.words[at]}_{each}"
        if tokens.words[at] == "similar":
            raise self._refuse(at, "SIMILAR TO ALL and ANY are not supported")
        if len(list(tokens.items(pattern + 2, close))) > 1:
            raise self._refuse(
                pattern,
                f"{each.upper()} of a list is not supported behind LIKE: op ANY/ALL (array) "
                "requires array on right side; write a condition for each pattern, or an ARRAY[…]",
            )
        one, two = tokens.render(left.start, left.end), tokens.render(pattern + 2, close)
        tokens.rewrite(left.start, close + 1, f"{name}({one}, {two})")

    def like(self, at: int, right: Operand) -> None:
        r"""Let the backslash escape in patterns, as in ``LIKE '…\_…'``."""
        tokens = self._tokens
        text = tokens.texts[right.start]
        plain = right.end == right.start + 1 and tokens.kinds[right.start] == STRING
        if not plain or tokens.words[right.end] == "escape":
            return
        if tokens.words[at] == "similar":
            self._similar(at, right)
            return
        if "\\" in text and text.startswith("'"):
            text = re.sub(r"\\\\(?=[%_])", r"\\", text) if self._is_redshift else text
            tokens.replace(right.start, text)
            tokens.insert_after(right.start, r" ESCAPE '\'")

    def _similar(self, at: int, right: Operand) -> None:
        tokens = self._tokens
        pattern = tokens.texts[right.start][1:-1].replace("''", "'")
        if self._is_redshift:
            pattern = pattern.replace("\\\\", "\\")
        negated = tokens.words[at - 1] == "not"
        if negated:
            tokens.drop(at - 1, at)
        tokens.replace(at, "!~" if negated else "~")
        tokens.drop(at + 1, at + 2)
        tokens.replace(right.start, literal(f"^(?s:{similar_to(pattern)})$"))

    def _regex(self, at: int) -> None:
        r"""Let ``\w`` match letters and digits of all scripts, and a point any character."""
        tokens = self._tokens
        if tokens.kinds[at] != STRING or not tokens.texts[at].startswith("'"):
            return
        text = tokens.render(at, at + 1)
        if self._is_redshift:
            text = text.replace("\\\\", "\\")
        else:
            for name, letters in _CLASSES.items():
                text = text.replace(name, letters)
            if "." in text:
                text = f"'(?s){text[1:]}"
        changed = _unicode_classes(text)
        if changed != tokens.texts[at]:
            tokens.replace(at, changed)


def _unicode_classes(pattern: str) -> str:
    r"""Write ``\w`` as the letters and digits of all scripts, also inside brackets."""
    if "\\w" not in pattern and "\\W" not in pattern:
        return pattern
    out, in_set, at = "", False, 0
    while at < len(pattern):
        pair = pattern[at : at + 2]
        if pair in ("\\w", "\\W"):
            classes = r"\p{L}\p{N}_"
            out += (
                classes
                if in_set and pair == "\\w"
                else (f"[{classes}]" if pair == "\\w" else f"[^{classes}]")
            )
            at += 2
        elif pattern[at] == "\\":
            out += pair
            at += 2
        else:
            in_set = (in_set or pattern[at] == "[") and pattern[at] != "]"
            out += pattern[at]
            at += 1
    return out
