"""Where the lines of SQL break: before its clauses, behind commas, before AND and OR."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from civis_nb.lab.formatting.clauses import (
    CONDITIONS,
    LISTS,
    SET_OPERATORS,
    cased,
    clause_words,
    is_formatted,
    is_query,
    keyword_case,
    space_before,
)
from civis_nb.lab.formatting.lexemes import Comment, Lexeme, UnreadableError, pairs
from civis_nb.lab.formatting.pretty import (
    Beside,
    Cat,
    Doc,
    Group,
    Line,
    Nest,
    cat,
    flat_width,
    printed,
)

__all__ = ["laid_out"]

_WIDTH: Final = 88
#: The width up to which a statement of three clauses or more stays on one line.
_SHORT: Final = 60
_DEEPEST: Final = 60
_HARD: Final = Line(None)


def laid_out(sql: str, lexemes: Sequence[Lexeme], last: Sequence[Comment]) -> str:
    """Return SQL with its lines where a reader looks for them.

    Parameters
    ----------
    sql
        The text, from which statements that are no queries and change no rows are taken as they
        are.
    lexemes
        Its code.
    last
        The comments behind all code.

    Raises
    ------
    UnreadableError
        When brackets do not match, or are nested too deep.
    """
    docs: list[Doc] = []
    layout = _Layout(sql, lexemes)
    begin = 0
    for at, lexeme in enumerate(lexemes):
        if lexeme.kind == ";" or at + 1 == len(lexemes):
            if docs:
                docs.append(_HARD)
            docs += layout.statement(begin, at + 1, is_first=not docs)
            begin = at + 1
    for comment in layout.unwritten(last):
        if docs:
            docs += [_HARD, _HARD] if comment.blank_before else [_HARD]
        docs.append(comment.text)
    return printed(cat(docs), _WIDTH)


class _Layout:
    """The layout of one text; ranges are those of its lexemes."""

    def __init__(self, sql: str, lexemes: Sequence[Lexeme]) -> None:
        self._sql = sql
        self._all = lexemes
        self._case = keyword_case(lexemes)
        self._close = pairs(sql, lexemes)
        # Up to where the text is taken over with its comments.
        self._written = 0

    def statement(self, begin: int, end: int, is_first: bool) -> Iterator[Doc]:
        """Return the documents of a statement with its semicolon and the comments around it."""
        first = self._all[begin]
        for comment in self.unwritten(first.above):
            if comment.blank_before and not is_first:
                yield _HARD
            yield from (comment.text, _HARD)
            is_first = False
        if first.blank_before and not is_first:
            yield _HARD
        if is_formatted(self._all, begin, end):
            stop = end - 1 if self._all[end - 1].kind == ";" else end
            yield self._query(begin, stop, is_statement=True)
            if stop < end:
                yield from self._piece(stop)
        else:
            last = self._all[end - 1]
            self._written = last.start + len(last.text)
            yield self._sql[first.start : self._written]
            yield from _behind(self.unwritten(last.behind))

    def unwritten(self, comments: Sequence[Comment]) -> list[Comment]:
        """Return the comments that are not part of a text that is taken as it is."""
        return [one for one in comments if one.start >= self._written]

    # -- a piece, and what is between two -----------------------------------------------------

    def _piece(self, at: int, wanted: Doc | None = None, is_first: bool = False) -> Iterator[Doc]:
        """Return what is between a piece and the one before it, then the piece with its comments.

        Parameters
        ----------
        at
            Its index.
        wanted
            What should be before it; None: a space where there is to be one.
        is_first
            Whether it begins a statement, so that all before it is written already.
        """
        lexeme = self._all[at]
        if not is_first:
            yield self._between(at, wanted)
            for comment in lexeme.above:
                yield from (comment.text, _HARD)
        yield cased(self._all, at, self._case)
        yield from _behind(lexeme.behind)

    def _between(self, at: int, wanted: Doc | None = None) -> Doc:
        """Return what goes before a piece: a line end where a comment needs one."""
        before = self._all[at - 1] if at else None
        if self._all[at].above or (before and any(one.ends_line for one in before.behind)):
            return _HARD
        return space_before(self._all, at) if wanted is None else wanted

    # -- queries ------------------------------------------------------------------------------

    def _query(self, begin: int, end: int, is_statement: bool = False, depth: int = 0) -> Cat:
        """Return a query, or another statement: its clauses."""
        starts = [begin]
        at = begin
        while at < end:
            words = clause_words(self._all, at, end)
            if words and at > begin:
                starts.append(at)
            behind = at + words
            if (
                words
                and behind < end
                and self._all[behind].kind == "("
                and self._all[at].word in SET_OPERATORS
            ):
                starts.append(behind)
            at = max(at + words, self._close.get(at, at) + 1) if words else self._after(at)
        clauses = [(start, stop) for start, stop in zip(starts, [*starts[1:], end], strict=True)]
        docs = [self._clause(start, stop, depth) for start, stop in clauses]
        widths = [flat_width(doc) for doc in docs]
        is_short = None not in widths and sum(filter(None, widths)) + len(docs) <= _SHORT
        is_broken = is_statement and len(docs) > 2 and not is_short
        joined: list[Doc] = []
        for (start, _), doc in zip(clauses, docs, strict=True):
            if start > begin:
                joined.append(self._between(start, _HARD if is_broken else Line()))
                for comment in self._all[start].above:
                    joined += [comment.text, _HARD]
            joined.append(doc)
        return cat([Group(cat(joined))] if is_statement else joined)

    def _clause(self, begin: int, end: int, depth: int) -> Doc:
        """Return a clause, without what is before its first piece."""
        words = clause_words(self._all, begin, end)
        docs: list[Doc] = []
        for at in range(begin, begin + words):
            docs += self._piece(at, is_first=at == begin)
        body = begin + words
        if body >= end:
            return cat(docs)
        name = " ".join(self._all[at].word for at in range(begin, body))
        if name.startswith("with") and "no" not in name:
            return cat([*docs, *self._ctes(body, end, depth)])
        if name.endswith("join"):
            return self._join(docs, body, end, depth)
        if not words:
            return cat(self._run(begin, end, depth, is_first=True))
        items = self._split(body, end, ",") if name in LISTS else [(body, end)]
        if name in CONDITIONS:
            return self._broken(docs, self._operands(body, end), depth)
        if name == "values":
            return cat([*docs, Nest(cat(self._listed(items, Line(fills=True), depth, None)))])
        return self._broken(docs, items, depth, alone=name.startswith("select"))

    def _broken(
        self, head: list[Doc], items: list[tuple[int, int]], depth: int, alone: bool = False
    ) -> Doc:
        """Return a clause whose items have lines of their own where they do not fit on one.

        With `alone`, one item has, too.
        """
        if len(items) == 1 and not alone:
            return cat([*head, *self._listed(items, Line(), depth, None)])
        return Group(cat([*head, Nest(cat(self._listed(items, Line(), depth, Line())))]))

    def _listed(
        self, items: list[tuple[int, int]], line: Doc, depth: int, first: Doc | None
    ) -> Iterator[Doc]:
        """Return items with a line before each but the first."""
        for index, (begin, end) in enumerate(items):
            yield from self._run(begin, end, depth, first if index == 0 else line)

    def _ctes(self, begin: int, end: int, depth: int) -> Iterator[Doc]:
        """Return the queries of WITH, each from a new line."""
        for index, (start, stop) in enumerate(self._split(begin, end, ",")):
            at = start
            while at < stop:
                wanted = _HARD if index and at == start else None
                if self._all[at].kind == "(" and is_query(self._all, at + 1):
                    yield from self._bracket(at, depth, wanted, hard=True)
                else:
                    yield from self._any(at, depth, wanted)
                at = self._after(at)

    def _join(self, head: list[Doc], begin: int, end: int, depth: int) -> Doc:
        """Return a join, whose condition is on a line of its own where it does not fit."""
        on = next((at for at in self._steps(begin, end) if self._all[at].word == "on"), end)
        docs = [*head, *self._run(begin, on, depth)]
        if on == end:
            return cat(docs)
        condition = self._listed(self._operands(on, end), Line(), depth, Line())
        return Group(cat([*docs, Nest(cat(condition))]))

    # -- what is in clauses -------------------------------------------------------------------

    def _run(
        self, begin: int, end: int, depth: int, wanted: Doc | None = None, is_first: bool = False
    ) -> Iterator[Doc]:
        """Return pieces one after the other."""
        for at in self._steps(begin, end):
            if at == begin:
                yield from self._any(at, depth, wanted, is_first)
            else:
                yield from self._any(at, depth)

    def _any(
        self, at: int, depth: int, wanted: Doc | None = None, is_first: bool = False
    ) -> Iterator[Doc]:
        """Return a piece, or all from an opening bracket or CASE to its end."""
        if at not in self._close:
            yield from self._piece(at, wanted, is_first)
        elif depth > _DEEPEST:
            raise UnreadableError(f"brackets are nested more than {_DEEPEST} deep")
        elif self._all[at].word == "case":
            yield from self._case_of(at, depth + 1, wanted, is_first)
        else:
            yield from self._bracket(at, depth + 1, wanted, is_first=is_first)

    def _bracket(
        self, at: int, depth: int, wanted: Doc | None, hard: bool = False, is_first: bool = False
    ) -> Iterator[Doc]:
        """Return a bracket and what is in it, on lines of its own where it does not fit."""
        end = self._close[at]
        before, *opening = self._opening(at, wanted, is_first)
        yield before
        if end == at + 1:
            yield from opening
            yield from self._piece(end)
            return
        line = self._between(at + 1, _HARD if hard else Line("" if self._is_round(at) else " "))
        if not self._is_round(at) and self._all[at + 1].tight and line != _HARD:
            line = Line("")
        inner: list[Doc] = [line]
        for comment in self._all[at + 1].above:
            inner += [comment.text, _HARD]
        inner += self._inside(at + 1, end, depth)
        closing = self._all[end]
        for comment in closing.above:
            # They belong to what is in the brackets.
            inner += [_HARD, comment.text]
        last = self._between(end, Line("" if self._is_round(at) or closing.tight else " "))
        if hard:
            last = _HARD
        yield Group(cat([*opening, Nest(cat(inner)), last, closing.text, *_behind(closing.behind)]))

    def _opening(self, at: int, wanted: Doc | None, is_first: bool) -> list[Doc]:
        """Return what is before an opening bracket or CASE, its comments, and itself."""
        return ["", *self._piece(at, is_first=True)] if is_first else list(self._piece(at, wanted))

    def _is_round(self, at: int) -> bool:
        return self._all[at].kind != "{"

    def _inside(self, begin: int, end: int, depth: int) -> Iterator[Doc]:
        """Return what is in brackets, without what is before its first piece."""
        if is_query(self._all, begin):
            yield self._query(begin, end, depth=depth)
            return
        items = self._split(begin, end, ",")
        if len(items) > 1:
            is_plain = all(stop - start <= 2 for start, stop in items)
            yield from self._first_then(items, Line(fills=is_plain), depth)
        else:
            operands = self._operands(begin, end)
            if len(operands) == 1:
                operands = self._window(begin, end)
            yield from self._first_then(operands, Line(), depth)

    def _first_then(self, items: list[tuple[int, int]], line: Doc, depth: int) -> Iterator[Doc]:
        """Return items, all but the first after a line."""
        for index, (begin, end) in enumerate(items):
            if index == 0:
                yield from self._run(begin, end, depth, is_first=True)
            else:
                yield from self._run(begin, end, depth, line)

    def _case_of(self, at: int, depth: int, wanted: Doc | None, is_first: bool) -> Iterator[Doc]:
        """Return a CASE with its branches, each on a line where they do not fit on one."""
        end = self._close[at]
        before, *opening = self._opening(at, wanted, is_first)
        yield before
        starts = [
            one for one in self._steps(at + 1, end) if self._all[one].word in ("when", "else")
        ]
        starts.append(end)
        operand = self._run(at + 1, starts[0], depth)
        branches: list[Doc] = []
        for start, stop in itertools.pairwise(starts):
            branches += self._run(start, stop, depth, Line())
        yield Group(cat([*opening, *operand, Nest(cat(branches)), *self._piece(end, Line())]))

    # -- ranges -------------------------------------------------------------------------------

    def _after(self, at: int) -> int:
        """Return the position behind a piece, or behind the bracket that it opens."""
        return self._close.get(at, at) + 1

    def _steps(self, begin: int, end: int) -> Iterator[int]:
        """Return the pieces of a range that are not within brackets or CASE."""
        at = begin
        while at < end:
            yield at
            at = self._after(at)

    def _split(self, begin: int, end: int, kind: str) -> list[tuple[int, int]]:
        """Return the parts of a range, each with the sign that ends it."""
        starts = [begin, *(at + 1 for at in self._steps(begin, end) if self._all[at].kind == kind)]
        parts = zip(starts, [*starts[1:], end], strict=True)
        return [(start, stop) for start, stop in parts if start < stop]

    def _operands(self, begin: int, end: int) -> list[tuple[int, int]]:
        """Return the parts of a condition that AND and OR join."""
        starts, in_between = [begin], False
        for at in self._steps(begin, end):
            word = self._all[at].word
            if word == "between":
                in_between = True
            elif word in ("and", "or") and at > begin:
                if word == "or" or not in_between:
                    starts.append(at)
                in_between = False
        return list(zip(starts, [*starts[1:], end], strict=True))

    def _window(self, begin: int, end: int) -> list[tuple[int, int]]:
        """Return the parts of a window: PARTITION BY, ORDER BY, and its frame."""
        starts = [begin]
        for at in self._steps(begin, end):
            follows_by = at + 1 < end and self._all[at + 1].word == "by"
            word = self._all[at].word
            if at > begin and (
                (word in ("partition", "order") and follows_by)
                or word in ("rows", "range", "groups")
            ):
                starts.append(at)
        return list(zip(starts, [*starts[1:], end], strict=True))


def _behind(comments: Sequence[Comment]) -> Iterator[Doc]:
    """Return the comments behind a piece: inline, or where the line ends."""
    for comment in comments:
        is_inline = comment.text.startswith("/*") and not comment.ends_line
        yield f" {comment.text}" if is_inline else Beside(f"  {comment.text}")
