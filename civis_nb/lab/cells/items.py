"""What a completion offers, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Completion", "Item"]


@dataclass(frozen=True)
class Item:
    """One proposal.

    Attributes
    ----------
    label
        What the list shows.
    kind
        What it is: ``keyword``, ``function``, ``schema``, ``table``, ``view``, ``column``,
        ``alias``, ``variable``, ``option``, ``value`` or ``database``.
    detail
        A word or two on it: a column's type, a function's arguments.
    insert
        What is written; empty: the label.
    documentation
        A sentence or two.
    """

    label: str
    kind: str
    detail: str = ""
    insert: str = ""
    documentation: str = ""


@dataclass(frozen=True)
class Completion:
    """The proposals at a place.

    Attributes
    ----------
    typed
        The text before the cursor which a proposal replaces.
    items
        The proposals, the likeliest first.
    problem
        Why names of the platform are missing; empty when they are not.
    """

    typed: str
    items: list[Item] = field(default_factory=list)
    problem: str = ""
