"""The tokens of a statement, with what is in brackets as groups."""

from __future__ import annotations

from dataclasses import dataclass, field

from civis_nb.sql_text import Token

__all__ = [
    "Group", "chain_at", "first_word", "grouped", "is_name", "names_in", "plain_name",
    "statement_tokens", "word_of",
]  # fmt: skip


@dataclass
class Group:
    """What stands between two brackets, or the statement."""

    start: int
    end: int
    parts: list[Token | Group] = field(default_factory=list)


def grouped(tokens: list[Token], end: int) -> Group:
    """Return the tokens with what is in brackets as groups."""
    open_groups = [Group(tokens[0].start if tokens else 0, end)]
    for token in tokens:
        if token.text == "(":
            group = Group(token.end, end)
            open_groups[-1].parts.append(group)
            open_groups.append(group)
        elif token.text == ")":
            if len(open_groups) > 1:
                open_groups.pop().end = token.start
        else:
            open_groups[-1].parts.append(token)
    return open_groups[0]


def chain_at(group: Group, offset: int) -> list[Group]:
    """Return the groups around a place, the outermost first."""
    chain = [group]
    while True:
        inner = next(
            (
                part
                for part in chain[-1].parts
                if isinstance(part, Group) and part.start <= offset <= part.end
            ),
            None,
        )
        if inner is None:
            return chain
        chain.append(inner)


def statement_tokens(tokens: list[Token], offset: int) -> list[Token]:
    """Return the tokens of the statement at a place."""
    ends = [token.start for token in tokens if token.kind == "semicolon"]
    start = max((end for end in ends if end < offset), default=-1)
    end = min((end for end in ends if end >= offset), default=None)
    return [t for t in tokens if t.start > start and (end is None or t.start < end)]


def plain_name(token: Token) -> str:
    """Return the name that a token is."""
    if token.kind == "quoted":
        return token.text[1:].removesuffix('"').replace('""', '"')
    return token.text


def word_of(part: Token | Group | None) -> str:
    """Return a bare word in lower case, or a symbol; empty for all else."""
    if isinstance(part, Token) and part.kind in ("word", "symbol"):
        return part.text.lower()
    return ""


def is_name(part: Token | Group | None) -> bool:
    """Return whether a part is a word, or a name in quotes."""
    return isinstance(part, Token) and part.kind in ("word", "quoted")


def names_in(group: Group) -> tuple[str, ...]:
    """Return the words and names of a group, without those of groups in it."""
    return tuple(plain_name(p) for p in group.parts if isinstance(p, Token) and is_name(p))


def first_word(group: Group) -> str:
    """Return the first word of a group, or of the groups with which it begins."""
    while group.parts and isinstance(inner := group.parts[0], Group):
        group = inner
    return word_of(group.parts[0]) if group.parts else ""
