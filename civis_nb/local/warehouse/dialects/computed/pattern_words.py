"""Words of PostgreSQL's regular expressions that Python writes otherwise."""

from __future__ import annotations

import re

__all__ = ["as_python"]

#: Most letters that are not of ASCII: of Latin, Greek, Cyrillic, and those of Asia.
_OTHER_LETTERS = (
    "\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u0386-\u03ff\u0400-\u0481"
    "\u048a-\u0556\u0561-\u0587\u05d0-\u05ea\u0620-\u064a\u0904-\u0939\u1e00-\u1fff"
    "\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3"
)
#: Names of classes in brackets -> what Python's brackets have for them.
_CLASSES = {
    "alpha": f"a-zA-Z{_OTHER_LETTERS}", "digit": "0-9", "alnum": f"a-zA-Z0-9{_OTHER_LETTERS}",
    "upper": "A-Z\u00c0-\u00d6\u00d8-\u00de\u0391-\u03a9\u0410-\u042f",
    "lower": "a-z\u00df-\u00f6\u00f8-\u00ff\u03b1-\u03c9\u0430-\u044f",
    "space": r"\s", "blank": r" \t", "xdigit": "0-9a-fA-F",
    "punct": r"!-/:-@\[-`{-~", "word": r"\w",
}  # fmt: skip
_CLASS = re.compile(r"\[:(\w+):\]")
#: What Python writes otherwise: the edges of words, and the end, where no line may follow.
_EDGE = re.compile(r"\\([mMyY])|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(\$)", re.DOTALL)
_EDGES = {"m": r"\b(?=\w)", "M": r"\b(?<=\w)", "y": r"\b", "Y": r"\B"}


def as_python(pattern: str, is_multiline: bool = False) -> str:
    r"""Return a pattern as Python has it.

    Parameters
    ----------
    pattern
        As PostgreSQL has it.
    is_multiline
        Whether ``$`` stands for the end of each line.

    Examples
    --------
    >>> as_python(r"\m[[:digit:]]+$")
    '\\b(?=\\w)[0-9]+\\Z'
    """
    text = _CLASS.sub(lambda match: _CLASSES.get(match[1], match[0]), pattern)

    def word(match: re.Match[str]) -> str:
        if match[2]:
            return "$" if is_multiline else r"\Z"
        return _EDGES[match[1]] if match[1] else match[0]

    return _EDGE.sub(word, text)
