"""Clauses of a statement: SELECT lists, whose columns get names, and all that holds expressions.

One pass over the tokens, from left to right; the expressions in it are read by `Expressions`.
"""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.expressions import RESERVED, Expressions
from civis_nb.local.warehouse.dialects.parts import NO_NAME, Operand, Region, Rules
from civis_nb.local.warehouse.dialects.rules import UnsupportedSqlError
from civis_nb.local.warehouse.dialects.statements.merged_columns import (
    named_by_both,
    note_merged,
    order_stars,
)
from civis_nb.local.warehouse.dialects.statements.order_items import check_names, named_in
from civis_nb.local.warehouse.dialects.statements.whole_rows import has_sets, name_rows
from civis_nb.local.warehouse.dialects.tokens import NAME, NUMBER, OPERATOR, WORD, Tokens
from civis_nb.table_names import quoted

__all__ = ["Parser"]

#: Clauses that are conditions -> how PostgreSQL names them.
_CONDITIONS = {
    "where": "WHERE", "having": "HAVING", "qualify": "QUALIFY", "on": "JOIN/ON", "and": "AND",
    "or": "OR", "not": "NOT",
}  # fmt: skip
#: What makes a condition of the operand before it.
_TESTED_BY = frozenset(
    ("is", "in", "not", "like", "ilike", "similar", "between", "isnull", "notnull")
)
#: Words before the first operand of AND or OR.
_BEFORE_FIRST = frozenset(
    """( , select where having qualify on when then else distinct all by case
    returning""".split()  # noqa: SIM905 - shorter to read
)
#: What follows ON without being a condition.
_BEHIND_ON = frozenset(("conflict", "commit", "delete", "update"))

_CLAUSES = frozenset(
    """select from where group having order limit offset fetch union except intersect minus
    window qualify returning values set into on using when join with""".split()  # noqa: SIM905 - shorter to read
)
#: What FROM belongs to where tables follow it.
_HAVE_TABLES = frozenset(("select", "delete", "update"))
_COMPARISONS = frozenset(("=", "<>", "!=", "<", ">", "<=", ">="))
#: What a value is compared with, in an array or a query.
_EACH = frozenset(("any", "all", "some"))
_QUERIES = frozenset(("select", "with", "values", "("))
_MARKS = frozenset(
    [
        "from",
        "for",
        "placing",
        "in",
        "order",
        "distinct",
        "as",
        "using",
        "both",
        "leading",
        "trailing",
    ]
)
#: What follows FOR at the end of a query.
_LOCKS = frozenset(["update", "share", "no", "key"])
#: Words beside which TOP is not LIMIT.
_SETS = frozenset(["union", "intersect", "except", "minus", "limit", "fetch", "into"])
#: Words between the operands of a region.
_STRUCTURE = RESERVED | _COMPARISONS | {",", "pivot", "unpivot"}

#: Behind LEFT and RIGHT where they are no names.
_JOINED = frozenset(("join", "outer"))


class Parser(Expressions):
    """Walk over the tokens of a statement and let rules edit them."""

    def __init__(self, tokens: Tokens, rules: Rules) -> None:
        super().__init__(tokens, rules)
        self._has_sets = not rules.is_redshift and has_sets(tokens)

    def region(self, at: int, end: int) -> Region:
        """Read everything between two places: a query, a list, or one expression."""
        words, found = self._words, Region()
        clause = ""
        item: int | None = None
        count = 0  # operands and operators of the item so far
        last: Operand | None = None
        alias: str | None = None
        is_combined = False  # by UNION and its like
        has_tables = False  # as the FROM of EXTRACT, TRIM and their like has not
        between: int | None = None  # the place of the last BETWEEN, or behind it, of its AND
        tokens = self.tokens
        outer = tokens.aliases, tokens.query_at, tokens.rows, tokens.item_names
        top = end
        while at < end:
            word = words[at]
            if word in _STRUCTURE:
                if word == ",":
                    found.commas.append(at)
                    if item is not None:
                        self._finish_item(found, item, at, count, last, alias)
                        item, count, last, alias = at + 1, 0, None, None
                    at += 1
                    continue
                if word in ("pivot", "unpivot"):
                    # DuckDB's own, where aggregates must stay as they are.
                    self._check_pivot(at)
                    at = self.tokens.partners[at + 1] + 1 if words[at + 1] == "(" else end
                    continue
                if word in _MARKS:
                    found.marks.append((word, at))
                has_tables = has_tables or word in _HAVE_TABLES
                if word in _CLAUSES and self._begins_clause(at):
                    if item is not None:
                        self._finish_item(found, item, at, count, last, alias)
                    item, clause = None, "" if word == "on" and clause == "" else word
                    self.rules.clause(at, "conflict" if words[at + 1] == "conflict" else word)
                    if word == "using":
                        note_merged(tokens, found, at + 1)
                    elif word == "join" and "natural" in words[max(0, at - 3) : at]:
                        found.merged = named_by_both(tokens, at)
                    elif word in ("union", "except", "intersect", "minus"):
                        order_stars(tokens, found)
                        is_combined = True
                    elif word == "order" and is_combined:
                        tokens.rows = {}  # it knows the columns of the result alone
                        found.sorted_by = named_in(tokens, at, (WORD, NAME, NUMBER))
                    elif word == "order" and found.is_query:
                        found.sorted_by = check_names(tokens, found.items, at)
                        if not self.rules.is_redshift:
                            found.sorted_by += named_in(tokens, at, (NUMBER,))
                    at += 1
                    if word in ("select", "returning"):
                        tokens.aliases, tokens.query_at = {}, at
                        tokens.rows, tokens.item_names = outer[2], set()
                        if self._has_sets and word == "select":
                            tokens.rows = outer[2] | name_rows(tokens, at, end)
                        found.is_query = found.is_query or word == "select"
                        found.items = []
                        top = min(top, self._top(at))
                        at = self._behind_select(at, end)
                        item, count, last, alias = at, 0, None, None
                    continue
                if word == "as" and item is not None and at + 1 < end:
                    alias = self._name(at + 1)
                    at += 2
                    continue
                if word == "as" and words[at + 1 : at + 3] == ["not", "materialized"]:
                    at += 3  # of a query of WITH
                    continue
                if word == "for" or word == "distinct":
                    self.rules.clause(at, word)
                    if word == "for" and words[at + 1] in _LOCKS:
                        break
                is_compared = word in _COMPARISONS and at + 1 < end
                if is_compared and last is not None and self._quantifies(at + 1):
                    close = self.tokens.partners[at + 2]
                    self.region(at + 3, close)
                    self.rules.quantified(last, at, close)
                    found.others += 1
                    last, count, at = Operand(last.start, close + 1), count + 2, close + 1
                    if at < end and item is not None and self._is_alias(at):
                        alias, at = self._name(at), at + 1
                    continue
                if is_compared and clause == "set" and last is not None:
                    is_compared = words[last.start - 1] not in ("set", ",")
                if is_compared and last is not None and last.end == at and self.can_start(at + 1):
                    right = self.operand(at + 1, end)
                    self.rules.compare(last, right)
                    found.operands.append(right)
                    found.others += 1
                    last, count, at = right, count + 2, max(right.end, at + 1)
                    if at < end and item is not None and self._is_alias(at):
                        alias = self._name(at)
                        at += 1
                    continue
            if word in ("in", "is") and last is not None and last.kind == "row":
                is_right = words[last.start - 1] in _COMPARISONS  # its tokens are gone
                behind = None if is_right else self._row_test(last, at)
                if behind is not None:
                    found.others += 1
                    last, count, at = Operand(last.start, behind), count + 2, behind
                    if at < end and item is not None and self._is_alias(at):
                        alias, at = self._name(at), at + 1
                    continue
            if word == "in" and last is not None and words[at + 1] == "(":
                self.rules.among(last, at + 1)
            if not self.can_start(at):
                ends_between = between is not None and words[between] == "between"
                if word == "between" or (word == "and" and ends_between):
                    between = at
                    tested = at - (words[at - 1] == "not")
                    if last is not None and last.end == tested and self._kinds[at + 1] == NUMBER:
                        self.rules.compare(last, Operand(at + 1, at + 2, kind="number"))
                if word == "is" and last is not None and last.end == at:
                    self._truth_test(last, at)
                if word in ("like", "ilike") or (word == "similar" and words[at + 1] == "to"):
                    at = self._like(at, end, last)
                else:
                    at += 1
                count += 1
                found.others += 1
                continue
            in_from = clause == "join" or (clause == "from" and has_tables)
            last = self.operand(at, end, in_from)
            is_table = (
                in_from and last.kind == "column" and words[last.start - 1] not in ("as", ")")
            )
            if is_table:
                named = last.end + (words[last.end] == "as")
                is_join = words[named] in ("left", "right") and words[named + 1] in _JOINED
                is_named = named < end and not is_join and self._is_alias(named)
                self.rules.relation(last.start, last.end, named=is_named)
            found.operands.append(last)
            if last.start - 1 != between:
                self._condition(last, end, clause)
            is_sorted = clause == "order" and words[last.start - 1] in ("by", ",")
            if is_sorted and found.is_query and not self.rules.is_redshift:
                self._sort(last, found, is_combined)
            at = max(last.end, at + 1)
            count += 1
            if at < end and self._is_alias(at):
                if item is not None:
                    alias = self._name(at)
                    at += 1
                elif clause in ("from", "join"):
                    at += 1
                    if words[at] == "(":
                        at = self.tokens.partners.get(at, at) + 1
        if item is not None:
            self._finish_item(found, item, end, count, last, alias)
        tokens.aliases, tokens.query_at, tokens.rows, tokens.item_names = outer
        if found.stars:
            order_stars(tokens, found)
        if top < end and not _SETS.intersection(words[top:end]):
            self.tokens.insert_after(end - 1, f" limit {self.tokens.texts[top + 1]}")
            self.tokens.drop(top, top + 2)
        return found

    def _sort(self, operand: Operand, found: Region, is_combined: bool) -> None:
        """Let rules edit an item of ORDER BY, which may name one of the SELECT list."""
        name = self.tokens.name(operand.start) if operand.end == operand.start + 1 else ""
        if is_combined:  # by UNION and its like: it can only be a name or a number
            if operand.kind == "column":
                self.rules.sort(operand, "")
            return
        is_of_star = any(self._words[behind - 1] == "*" for _, _, behind in found.items)
        for number, (given, first, behind) in enumerate(found.items, start=1):
            is_told = operand.kind == "number" and name == str(number) and not is_of_star
            if is_told or (given == name and operand.kind in ("column", "other")):
                text = self.tokens.render(first, behind).removesuffix(f" AS {quoted(given)}")
                self.rules.sort(operand, text)
                return
        of_star = name and is_of_star and operand.kind != "number"
        self.rules.sort(operand, "" if of_star else None)

    def _check_pivot(self, at: int) -> None:
        """Refuse a mean or a quotient in PIVOT, which would have DuckDB's digits."""
        words = self._words
        for place in range(at + 2, self.tokens.partners.get(at + 1, at)):
            if words[place] == "/" or (words[place] == "avg" and words[place + 1] == "("):
                raise UnsupportedSqlError(
                    "means and quotients in PIVOT are not supported: write AVG(CASE WHEN … THEN … "
                    "END) for each column, and GROUP BY",
                    self.tokens.starts[place],
                )

    def _condition(self, operand: Operand, end: int, clause: str) -> None:
        """Let rules edit an operand that is a whole condition, or one side of AND or OR."""
        words = self._words
        before = words[operand.start - 1] if operand.start else ""
        after = words[operand.end] if operand.end < end else ""
        named = _CONDITIONS.get(before)
        is_compared = before == "all" and words[operand.start - 2] not in ("select", "(")
        if after in ("and", "or") and before in _BEFORE_FIRST and not is_compared:
            named = after.upper()
        if named is None:
            return
        is_other = before == "on" and (clause != "on" or words[operand.start] in _BEHIND_ON)
        if is_other or (before == "not" and words[operand.start - 2] == "is"):
            return
        if words[0] == "merge" and words[operand.start] == "matched":
            return
        is_tested = after in _COMPARISONS or after in _TESTED_BY
        is_joined = self._kinds[operand.end] == OPERATOR and after not in ("", ")", ",", ";")
        if not is_tested and not is_joined:
            self.rules.condition(operand, named)

    def _truth_test(self, operand: Operand, at: int) -> None:
        """Read IS TRUE, IS FALSE or IS UNKNOWN behind an operand."""
        words = self._words
        is_not = words[at + 1] == "not"
        tested = words[at + 1 + is_not]
        before = words[operand.start - 1] if operand.start else ""
        if tested in ("true", "false", "unknown") and before not in _COMPARISONS:
            self.rules.condition(operand, f"IS {'NOT ' * is_not}{tested.upper()}")

    def _row_test(self, row: Operand, at: int) -> int | None:
        """Read IS NULL or IN of a list of rows behind a row; return the place behind it."""
        words = self._words
        if words[at] == "is":
            behind = at + 2 + (words[at + 1] == "not")
            if words[behind - 1] != "null":
                return None
        elif words[at + 1 : at + 3] == ["(", "("] and words[at + 3] not in _QUERIES:
            behind = self.tokens.partners[at + 1] + 1
            self.region(at + 2, behind - 1)
        else:
            return None
        self.rules.row_test(row, at, behind)
        return behind

    def _quantifies(self, at: int) -> bool:
        """Return whether ANY or ALL of an array begins at a token, not of a query."""
        words = self._words
        is_closed = words[at + 1] == "(" and at + 1 in self.tokens.partners
        return words[at] in _EACH and is_closed and words[at + 2] not in _QUERIES

    def _top(self, at: int) -> int:
        """Return the place of TOP n at the beginning of a SELECT list; the end if there is none."""
        while self._words[at] in ("distinct", "all"):
            at += 1
        if self._words[at] != "top" or self._kinds[at + 1] != NUMBER:
            return self.tokens.count
        self.rules.clause(at, "top")
        return at

    def _begins_clause(self, at: int) -> bool:
        """Return whether a word begins a clause, as FROM of IS DISTINCT FROM does not."""
        words = self._words
        if words[at] == "from":
            return not (at > 1 and words[at - 1] == "distinct" and words[at - 2] in ("is", "not"))
        return words[at] != "set" or words[at + 1] != "("

    def _is_alias(self, at: int) -> bool:
        return self._kinds[at] in (NAME, WORD) and self._words[at] not in RESERVED

    def _behind_select(self, at: int, end: int) -> int:
        """Return the place of the first item of a SELECT list."""
        words = self._words
        while at < end:
            if words[at] == "distinct" and words[at + 1] == "on":
                self.rules.clause(at, "distinct")
                close = self.tokens.partners.get(at + 2, at + 2)
                self.region(at + 3, close)
                at = close + 1
            elif words[at] in ("distinct", "all"):
                at += 1
            elif words[at] == "top" and self._kinds[at + 1] == NUMBER:
                at += 2
            else:
                break
        return at

    def _finish_item(
        self, found: Region, start: int, end: int, count: int, last: Operand | None,
        alias: str | None,
    ) -> None:  # fmt: skip
        """Name a column of a SELECT list as PostgreSQL does, where it has no alias."""
        if last is not None and end > start:
            single = count == 1 and last.start == start
            name = alias or (last.name if single and last.end == end else NO_NAME)
            found.items.append((name, start, last.end))
        if alias is not None:
            self.tokens.item_names.add(alias)
        if alias is not None and last is not None and last.end < end:
            self.tokens.set_alias(alias, start, last.end)
        if alias is not None or end <= start or last is None:
            if alias is not None and found.first is None:
                found.first = (alias, 2)
            return
        single = count == 1 and last.start == start and last.end == end
        name, strength = (last.name, last.strength) if single else (NO_NAME, 0)
        if found.first is None:
            found.first = (name, strength)
        if single and last.kind in ("column", "star"):
            if self._words[start] == "*" and end == start + 1:
                found.stars.append(start)
            return
        words = self._words
        if words[start] == "*" or (words[start + 1] == "." and words[start + 2] == "*"):
            return  # t.*, and what can stand behind a star
        self.tokens.insert_after(end - 1, f" AS {quoted(name)}")

    def _like(self, at: int, end: int, left: Operand | None) -> int:
        words = self._words
        pattern = at + (2 if words[at] == "similar" else 1)
        if left is not None and words[pattern] in ("all", "any", "some"):
            close = self.tokens.partners.get(pattern + 1)
            if close is not None and words[pattern + 2] not in ("select", "with", "values"):
                self.region(pattern + 2, close)
                self.rules.like_each(at, left, pattern, close)
                return close + 1
        if pattern >= end or not self.can_start(pattern) or left is None:
            return at + 1
        right = self.operand(pattern, end)
        self.rules.like(at, right)
        return max(right.end, pattern + 1)
