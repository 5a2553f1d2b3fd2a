"""What the rules of a dialect share: the statement's tokens, and the parts of calls."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal, TypeAlias

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.dialects.foreign.calls import ForeignCall
from civis_nb.local.warehouse.dialects.parts import CATALOG, Call, Operand
from civis_nb.local.warehouse.dialects.tokens import STRING, Tokens
from civis_nb.local.warehouse.dialects.types.decimals import Quotient

__all__ = [
    "BIGINT",
    "CATALOG",
    "DATE",
    "DOUBLE",
    "INTEGER",
    "JSON",
    "PLAINLY",
    "TEXT",
    "TIMESTAMP",
    "USER",
    "Dialect",
    "Joined",
    "Reading",
    "RuleSet",
    "Terms",
    "UnsupportedSqlError",
]

Dialect: TypeAlias = Literal["redshift", "postgres", "duckdb"]
#: What ``||`` joins where the statement does not tell it.
Joined: TypeAlias = Literal["texts", "arrays", "jsonb"]

#: The name of the user, who is the platform's only one.
USER = "local"

#: Expressions of a type.
TEXT, BIGINT, DOUBLE = "CAST(NULL AS VARCHAR)", "CAST(NULL AS BIGINT)", "CAST(NULL AS DOUBLE)"
INTEGER, JSON = "CAST(NULL AS INTEGER)", "CAST(NULL AS JSON)"
DATE, TIMESTAMP = "CAST(NULL AS DATE)", "CAST(NULL AS TIMESTAMP)"

#: Aggregates that need a frame on Redshift where their window has an order.
_FRAMED = frozenset(
    """avg count max min sum stddev stddev_pop stddev_samp variance var_pop
    var_samp""".split()  # noqa: SIM905 - shorter to read
)
_FRAMES = frozenset(("rows", "range", "groups"))


class UnsupportedSqlError(WarehouseError):
    """A part of the SQL that the local database can't do, named; ``offset`` is its place."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True)
class Reading:
    """How a statement is read: plainly at first, and otherwise when DuckDB has refused it.

    Attributes
    ----------
    typed
        Whether sums, differences and products choose by type.
    with_aliases
        Whether an alias of the SELECT list stands for its item. It may be meant where a column is
        not, which only DuckDB can tell.
    columns
        The names of aliases that are columns, which come first: the place of SELECT, and the name.
    quotients
        The quotients of decimals, by the numbers of their places.
    notes_quotients
        Whether the other quotients are to be noted; the statement is only bound then.
    texts
        The texts that set operations give another type, by their places: DuckDB's name of it.
    joined
        What ``||`` joins where the statement does not tell it.
    keyed
        The places of names in ORDER BY that are columns of jsonb.
    """

    typed: bool = False
    with_aliases: bool = False
    columns: frozenset[tuple[int, str]] = frozenset()
    quotients: tuple[tuple[int, Quotient], ...] = ()
    notes_quotients: bool = False
    texts: tuple[tuple[int, str], ...] = ()
    joined: Joined = "texts"
    keyed: frozenset[int] = frozenset()


PLAINLY = Reading()


@dataclass(frozen=True)
class Terms:
    """What an expression is computed of.

    Attributes
    ----------
    texts
        The terms that are not written as numbers.
    may_overflow
        Whether the result may be infinite where they are finite, or 0 where they are not.
    has_doubles
        Whether all of them may be doubles.
    checked
        The places of expressions within it that a check of the whole checks as well.
    denominators
        The texts of those that something is divided by: a quotient by infinity is finite.
    factors
        Of a product or quotient, the texts of what is multiplied in it; None for others.
    """

    texts: tuple[str, ...]
    may_overflow: bool
    has_doubles: bool
    checked: tuple[tuple[int, int], ...] = ()
    denominators: tuple[str, ...] = ()
    factors: tuple[str, ...] | None = None


class RuleSet:
    """The rules of one dialect for one statement.

    Parameters
    ----------
    tokens
        The statement; it is edited.
    dialect
        ``redshift`` or ``postgres``.
    reading
        How the statement is read.
    """

    def __init__(self, tokens: Tokens, dialect: Dialect, reading: Reading) -> None:
        self._typed = reading.typed
        self._joined = reading.joined
        self._keyed = reading.keyed
        self._quotients = dict(reading.quotients)
        self._notes_quotients = reading.notes_quotients
        self._tokens = tokens
        self._dialect = dialect
        self._is_redshift = self.is_redshift = dialect == "redshift"
        #: Whether expressions are those of CHECK, whose columns have no types yet.
        self._in_check = False
        #: What stands around results that must be finite, by their places.
        self._checked: dict[tuple[int, int], tuple[str, str]] = {}
        #: Texts of quotients and means by their places, with the digits that PostgreSQL gives them.
        self._exact_texts: dict[tuple[int, int], str] = {}
        #: Calls of functions that the dialect does not have.
        self.foreign_calls: list[ForeignCall] = []
        #: Values in JSON by their places: the JSON, and the path in it.
        self._paths: dict[tuple[int, int], tuple[str, str]] = {}
        #: Of the expressions so far, by their places.
        self._terms: dict[tuple[int, int], Terms] = {}

    @property
    def _suffix(self) -> str:
        """Return the end of the names of functions that each dialect has of its own."""
        return "_rs" if self._is_redshift else ""

    def _refuse(self, at: int, message: str) -> UnsupportedSqlError:
        return UnsupportedSqlError(message, self._tokens.starts[at])

    def _set(self, call: Call, text: str, kind: str | None = None) -> None:
        """Put a text in the place of a call; ``kind`` is an expression of its type, if not that."""
        self._tokens.rewrite(call.start, call.end, text)
        self._tokens.set_type(call.start, call.end, text if kind is None else kind)

    def _arguments(self, call: Call) -> list[str]:
        return [self._tokens.render(*a) for a in call.arguments]

    def _modifiers(self, call: Call) -> str:
        behind = call.close + 1
        return " " + self._tokens.render(behind, call.end) if call.end > behind else ""

    def _text_argument(self, call: Call, index: int) -> str | None:
        """Return the content of an argument that is a plain text; None if it is none."""
        if index >= len(call.arguments):
            return None
        first, behind = call.arguments[index]
        text = self._tokens.texts[first]
        if behind != first + 1 or self._tokens.kinds[first] != STRING or text[0] != "'":
            return None
        text = text[1:-1].replace("''", "'")
        return text.replace("\\\\", "\\") if self._is_redshift else text

    def _argument_type(self, call: Call) -> str:
        """Return an expression of the type of what an aggregate is of."""
        if not call.arguments:
            return "NULL"
        first, behind = call.arguments[0]
        if self._tokens.words[first] in ("distinct", "all"):
            first += 1
        for mark, place in call.marks:
            if mark == "order" and place < behind:
                behind = place
        return self._tokens.type_of(first, behind)

    def _exact_text(self, first: int, behind: int) -> str | None:
        """Return the text of a quotient or mean, whose type has more digits; None for others."""
        while self._tokens.partners.get(first) == behind - 1:
            first, behind = first + 1, behind - 1
        return self._exact_texts.get((first, behind))

    def _write_as_text(self, operand: Operand) -> None:
        """Replace an operand by its text."""
        exact = self._exact_text(operand.start, operand.end)
        if exact is None:
            self._wrap(operand, f"as_text{self._decimal_suffix}")
            return
        self._tokens.rewrite(operand.start, operand.end, f"({exact})")
        self._tokens.set_type(operand.start, operand.end, TEXT)

    def _as_text(self, first: int, behind: int) -> str:
        exact = self._exact_text(first, behind)
        if exact is not None:
            return exact
        tokens = self._tokens
        values = f"{tokens.render(first, behind)}, {tokens.type_of(first, behind)}"
        return f"{CATALOG}.as_text{self._decimal_suffix}({values})"

    @property
    def _decimal_suffix(self) -> str:
        """Return the end of the names of functions that know PostgreSQL's decimals and jsonb."""
        return "" if self._is_redshift else "_pg"

    @property
    def _chosen_quotient(self) -> str:
        """Return the end of the names of functions that learn the types of a quotient."""
        return "_noted" if self._notes_quotients else self._suffix

    @property
    def _is_view(self) -> bool:
        """Return whether the statement creates a view."""
        return self._tokens.words[0] == "create" and "view" in self._tokens.words[1:4]

    def _quotient_place(self, first: int, behind: int) -> int:
        """Return a number of a quotient, the same for equal ones of one SELECT; 0 in PostgreSQL.

        Those must stay equal, as GROUP BY and the SELECT list must have the same expressions.
        """
        if not self._is_redshift:
            return 0
        tokens = self._tokens
        texts = (tokens.words[at] or tokens.texts[at] for at in range(first, behind))
        return zlib.crc32(f"{tokens.query_at} {' '.join(texts)}".encode())

    def _wrap(self, operand: Operand, function: str) -> None:
        """Put a function around an operand, which chooses by the operand's type."""
        kind = self._tokens.type_of(operand.start, operand.end)
        closing = ")" if function == "as_array" else f", {kind})"
        self._tokens.wrap(operand.start, operand.end, f"{CATALOG}.{function}(", closing)
        self._tokens.set_type(operand.start, operand.end, kind)

    def _need(self, call: Call, *counts: int) -> None:
        if len(call.arguments) not in counts:
            wanted = (
                "one argument" if counts == (1,) else f"{' or '.join(map(str, counts))} arguments"
            )
            raise self._refuse(
                call.start,
                f"{call.name.upper()} takes {wanted}, not {len(call.arguments)}",
            )

    def _need_frame(self, call: Call) -> None:
        """Refuse an aggregate over a window with an order and no frame, as Redshift does."""
        if call.over is None or call.name not in _FRAMED:
            return
        tokens, (at, end) = self._tokens, call.over
        inside, at = set(), at + 2  # behind OVER and the bracket
        while at < end - 1:
            inside.add(tokens.words[at])
            at = tokens.partners.get(at, at) + 1
        if "order" in inside and not _FRAMES & inside:
            raise self._refuse(
                call.start,
                "Aggregate window functions with an ORDER BY clause require a frame clause, "
                "such as ROWS UNBOUNDED PRECEDING",
            )
