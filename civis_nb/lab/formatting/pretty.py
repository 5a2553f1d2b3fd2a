"""Text that breaks its lines where it would be too wide: groups, and lines that may be breaks.

The algorithm is that of Wadler, "A prettier printer" (2003), with lines that are filled besides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

__all__ = ["Beside", "Cat", "Doc", "Group", "Line", "Nest", "cat", "flat_width", "printed"]

_STEP: Final = 4


@dataclass(frozen=True)
class Line:
    """A break, or in a group that fits on its line this text.

    Attributes
    ----------
    flat
        The text where there is no break; None: there is always one.
    fills
        Whether it breaks only where what follows does not fit, though its group is broken.
    """

    flat: str | None = " "
    fills: bool = False


@dataclass(frozen=True)
class Beside:
    """A text at the end of a line that does not count for its width: a comment."""

    text: str


@dataclass(frozen=True)
class Cat:
    """Documents one after the other."""

    docs: tuple[Doc, ...]
    breaks: bool


@dataclass(frozen=True)
class Nest:
    """A document whose breaks are indented."""

    doc: Cat

    @property
    def breaks(self) -> bool:
        """Whether it can't be on one line."""
        return self.doc.breaks


@dataclass(frozen=True)
class Group:
    """A document that is on one line if it fits there."""

    doc: Cat

    @property
    def breaks(self) -> bool:
        """Whether it can't be on one line."""
        return self.doc.breaks


Doc = str | Line | Beside | Cat | Nest | Group


def cat(docs: Iterable[Doc]) -> Cat:
    """Return documents one after the other."""
    found = tuple(docs)
    return Cat(found, any(_breaks(doc) for doc in found))


def _breaks(doc: Doc) -> bool:
    """Return whether a document can't be on one line."""
    if isinstance(doc, Line):
        return doc.flat is None
    return isinstance(doc, Cat | Nest | Group) and doc.breaks


def flat_width(doc: Doc) -> int | None:
    """Return the width of a document on one line; None where it can't be on one."""
    if _breaks(doc):
        return None
    width, rest = 0, [doc]
    while rest:
        one = rest.pop()
        if isinstance(one, str):
            width += len(one)
        elif isinstance(one, Line):
            width += len(one.flat or "")
        elif isinstance(one, Nest | Group):
            rest.append(one.doc)
        elif isinstance(one, Cat):
            rest += one.docs
    return width


def printed(doc: Doc, width: int) -> str:
    r"""Return the text of a document, no wider than `width` where its lines allow it.

    Examples
    --------
    >>> doc = Group(cat(["f(", Nest(cat([Line(""), "a,", Line(), "b"])), Line(""), ")"]))
    >>> printed(doc, 10), printed(doc, 5)
    ('f(a, b)', 'f(\n    a,\n    b\n)')
    """
    parts: list[str] = []
    column = 0
    # What is still to be printed, the next one last: indent, whether on one line, document.
    rest: list[tuple[int, bool, Doc]] = [(0, False, doc)]
    while rest:
        indent, flat, one = rest.pop()
        if isinstance(one, str):
            parts.append(one)
            column += len(one)
        elif isinstance(one, Beside):
            parts.append(one.text)
        elif isinstance(one, Cat):
            rest += [(indent, flat, inner) for inner in reversed(one.docs)]
        elif isinstance(one, Nest):
            rest.append((indent + _STEP, flat, one.doc))
        elif isinstance(one, Group):
            fits = not one.breaks and (flat or _fits(width - column, rest, (indent, True, one.doc)))
            rest.append((indent, fits, one.doc))
        elif one.flat is not None and (
            flat or (one.fills and _fits(width - column - len(one.flat), rest))
        ):
            parts.append(one.flat)
            column += len(one.flat)
        else:
            if parts and parts[-1].startswith("\n") and parts[-1].isspace():
                parts[-1] = "\n"  # a blank line has no indent
            parts.append("\n" + " " * indent)
            column = indent
    return "".join(parts)


def _fits(
    room: int, rest: list[tuple[int, bool, Doc]], first: tuple[int, bool, Doc] | None = None
) -> bool:
    """Return whether the text up to the next break fits."""
    ahead = [first] if first else []
    at = len(rest)
    while room >= 0:
        if ahead:
            indent, flat, one = ahead.pop()
        elif at:
            at -= 1
            indent, flat, one = rest[at]
        else:
            return True
        if isinstance(one, str):
            room -= len(one)
        elif isinstance(one, Cat):
            ahead += [(indent, flat, inner) for inner in reversed(one.docs)]
        elif isinstance(one, Nest | Group):
            ahead.append((indent, flat and not one.breaks, one.doc))
        elif isinstance(one, Line):
            if not flat or one.flat is None:
                return True
            room -= len(one.flat)
    return False
