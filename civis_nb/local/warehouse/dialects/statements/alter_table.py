"""ALTER: several changes at once, types with a length, constraints, expressions."""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.catalog.notes import CONSTRAINT
from civis_nb.local.warehouse.dialects.clauses import Parser
from civis_nb.local.warehouse.dialects.operators.collations import check_collation
from civis_nb.local.warehouse.dialects.rules import Dialect, UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import NAME, WORD, Tokens
from civis_nb.local.warehouse.dialects.types.assigned import check_default
from civis_nb.local.warehouse.dialects.types.columns import write_type
from civis_nb.local.warehouse.dialects.types.names import type_at
from civis_nb.table_names import quoted

__all__ = ["CONSTRAINT_WORDS", "alter"]

#: What begins a constraint of a table, and not a column.
CONSTRAINT_WORDS = frozenset(["primary", "foreign", "unique", "check", "constraint", "exclude"])


def alter(tokens: Tokens, parser: Parser, dialect: Dialect) -> int:
    """Edit an ALTER statement; return where its other expressions begin."""
    words = tokens.words
    head = _split_alter(tokens)
    for at in range(2, tokens.count):
        if words[at] == "add" and words[at + 1] not in CONSTRAINT_WORDS:
            first = at + 2 if words[at + 1] == "column" else at + 1
            while words[first] in ("if", "not", "exists"):
                first += 1
            if tokens.kinds[first] in (WORD, NAME):
                behind = _altered_type(tokens, dialect, first + 1)
                check_collation(tokens, behind, _end_of_change(tokens, behind), dialect)
                is_default = "default" in words[behind : _end_of_change(tokens, behind)]
                if is_default:
                    given = words.index("default", behind) + 1
                    check_default(tokens, given, tokens.name(first), type_at(tokens, first + 1)[0])
                _expressions(tokens, parser, behind, head)
        elif words[at : at + 2] == ["drop", "constraint"]:
            _drop_constraint(tokens, at)
        elif words[at] == "type" and words[at - 1] not in ("add", "."):
            _altered_type(tokens, dialect, at + 1)
        elif words[at] == "set" and words[at + 1] == "default":
            parser.region(at + 2, _end_of_change(tokens, at))
    return tokens.count


def _altered_type(tokens: Tokens, dialect: Dialect, at: int) -> int:
    """Write a type with its length, whose check is made when the statement runs."""
    name, length, behind = write_type(tokens, dialect, at)
    if name == "json":
        raise UnsupportedSqlError(
            "ALTER TABLE does not make columns of the type json here: write jsonb, or create the "
            "table anew",
            tokens.starts[at],
        )
    if length is not None:
        tokens.rewrite(at, behind, f"{'CHAR' if name == 'bpchar' else 'VARCHAR'}({length})")
    return behind


def _drop_constraint(tokens: Tokens, at: int) -> None:
    """Note the constraint as a column: DuckDB can't parse DROP CONSTRAINT."""
    name = at + 4 if tokens.matches(at + 2, "if", "exists") else at + 2
    tokens.rewrite(at + 1, at + 2, "column")
    tokens.rewrite(name, name + 1, quoted(CONSTRAINT + tokens.name(name)))


def _end_of_change(tokens: Tokens, at: int) -> int:
    while at < tokens.count and tokens.words[at] != ",":
        at = tokens.partners.get(at, at) + 1
    return min(at, tokens.count)


def _expressions(tokens: Tokens, parser: Parser, at: int, head: str) -> None:
    """Edit the expressions of a column that is added; a check is added after it."""
    words, end = tokens.words, _end_of_change(tokens, at)
    checked = words.index("check", at, end) if "check" in words[at:end] else end
    if "default" in words[at:checked]:
        parser.region(words.index("default", at) + 1, checked)
    if checked < end:
        parser.rules.clause(checked, "check")
        behind = tokens.partners.get(checked + 1, checked) + 1
        parser.region(checked + 1, behind)
        text = tokens.render(checked, behind)
        tokens.drop(checked, behind)
        tokens.insert_after(end - 1, f"; {head} add {text}")


def _split_alter(tokens: Tokens) -> str:
    """Write several changes in one ALTER TABLE as several statements; return how each begins."""
    words = tokens.words
    if words[1] != "table":
        return ""
    at = 2
    while words[at] in ("if", "exists", "only"):
        at += 1
    at = tokens.path(at)[1]
    head = tokens.original(0, at)
    while at < tokens.count:
        if words[at] == "," and words[at + 1] in ("add", "drop", "alter", "rename"):
            tokens.replace(at, f"; {head}")
        at = tokens.partners.get(at, at) + 1
    return head
