"""The parts of a statement that rules hear of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from civis_nb.local.warehouse.dialects.types.names import SqlType

__all__ = ["CATALOG", "NO_NAME", "Call", "Operand", "Region", "Rules", "SortedBy"]

NO_NAME = "?column?"
#: The catalog of the platform's own that holds the functions.
CATALOG = "civis_sql"


@dataclass(slots=True)
class Operand:
    """An expression: its tokens, and the name PostgreSQL gives a column of it.

    ``strength`` is 2 for a name that casts keep, 1 for one that they replace, 0 for none;
    ``is_condition`` is whether it is known to be a truth value.
    """

    start: int
    end: int
    name: str = NO_NAME
    strength: int = 0
    kind: str = "other"
    is_condition: bool = False


@dataclass(slots=True)
class Call:
    """A call of a function, with the place of each part.

    ``arguments`` are (first, behind) of each; ``marks`` are the words between them, such as FROM.
    ``modifiers`` ends behind FILTER, WITHIN GROUP, IGNORE NULLS and OVER.
    """

    name: str
    start: int
    open: int
    close: int
    end: int
    arguments: list[tuple[int, int]]
    operands: list[Operand | None]
    marks: list[tuple[str, int]]
    within: tuple[int, int] | None = None
    filter: tuple[int, int] | None = None
    over: tuple[int, int] | None = None
    in_from: bool = False


class Rules(Protocol):
    """What a dialect does with the parts of an expression."""

    is_redshift: bool

    def call(self, call: Call) -> str | None:
        """Edit a call; return the name of its column where it is not the function's."""

    def qualified_call(self, call: Call) -> None:
        """Hear of a call by a name with its schema."""

    def cast(self, operand: Operand, to: SqlType, written: tuple[int, int]) -> None:
        """Edit a cast: what is cast, and the tokens of the type."""

    def binary(self, at: int, left: Operand, right: Operand) -> None:
        """Edit an operator between two operands."""

    def computed(self, operand: Operand) -> None:
        """Edit an operand with all its operators."""

    def compare(self, left: Operand, right: Operand) -> None:
        """Edit a comparison of two operands."""

    def condition(self, operand: Operand, clause: str) -> None:
        """Edit what must be a truth value in WHERE, AND, NOT and their like."""

    def row_test(self, row: Operand, at: int, behind: int) -> None:
        """Edit IS NULL or IN behind a row."""

    def overlaps(self, one: Operand, other: Operand) -> None:
        """Edit OVERLAPS between two rows of begin and end."""

    def quantified(self, left: Operand, at: int, close: int) -> None:
        """Edit a comparison with ANY or ALL of an array, which ends with the bracket `close`."""

    def unary(self, at: int, operand: Operand) -> None:
        """Edit an operator before an operand."""

    def like(self, at: int, right: Operand) -> None:
        """Edit LIKE, ILIKE or SIMILAR TO; ``at`` is its first word."""

    def like_each(self, at: int, left: Operand, pattern: int, close: int) -> None:
        """Edit LIKE ALL or LIKE ANY of a list, which ends with the bracket `close`."""

    def element(self, array: Operand, opened: int) -> None:
        """Edit an element or a slice of an array; its number is behind the bracket `opened`."""

    def among(self, left: Operand, opened: int) -> None:
        """Edit IN before the bracket that opens the list or query."""

    def branches(self, values: list[Operand]) -> None:
        """Edit values of which an expression has one, so that all are of the same type."""

    def case_text(self, first: int, behind: int, values: list[Operand]) -> None:
        """Hear of a CASE, and of the values that it may have."""

    def collation(self, at: int, behind: int) -> None:
        """Check COLLATE and the name behind it."""

    def word(self, at: int, words: str) -> str | None:
        """Edit a word that stands for a value; return the name of its column if another."""

    def zone(self, operand: Operand, zone: Operand) -> None:
        """Edit what stands before and behind AT TIME ZONE."""

    def relation(self, first: int, behind: int, *, named: bool) -> None:
        """Edit a table of FROM; ``named`` is whether an alias follows."""

    def sort(self, operand: Operand, named: str | None) -> None:
        """Edit an item of ORDER BY.

        ``named`` is the text of what it names in the SELECT list, empty for a column of a star or
        of UNION, and None for an expression.
        """

    def clause(self, at: int, word: str) -> None:
        """Check a clause of a query."""


@dataclass(frozen=True, slots=True)
class SortedBy:
    """A name or number of a column in ORDER BY: its place in the text.

    ``beside_star`` is whether stars may have more columns of the name.
    """

    name: str
    offset: int
    beside_star: bool


@dataclass(slots=True)
class Region:
    """What is between two brackets, or a whole statement.

    ``stars`` are the items ``*`` of the SELECT list; ``merged`` the columns of JOIN … USING, those
    of the last join first, or None where they are not known; ``items`` are the names and places of
    the items of the last SELECT list, and ``sorted_by`` the names that the query is sorted by.
    """

    commas: list[int] = field(default_factory=list)
    marks: list[tuple[str, int]] = field(default_factory=list)
    operands: list[Operand] = field(default_factory=list)
    is_query: bool = False
    first: tuple[str, int] | None = None
    others: int = 0
    stars: list[int] = field(default_factory=list)
    merged: list[str] | None = field(default_factory=list)
    items: list[tuple[str, int, int]] = field(default_factory=list)
    sorted_by: tuple[SortedBy, ...] = ()
