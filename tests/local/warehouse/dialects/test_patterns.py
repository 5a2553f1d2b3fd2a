"""Which patterns have the same match by every rule, and matches by PostgreSQL's."""

from __future__ import annotations

import re

import pytest

from civis_nb.local.warehouse.dialects.computed.longest_matches import longest_matches
from civis_nb.local.warehouse.dialects.computed.pattern_trees import (
    is_ambiguous,
    needs_python,
    parse_pattern,
)


@pytest.mark.parametrize(
    "pattern",
    [r"\d+", r"^\s*(\w+)@(\w+\.\w+)$", "(jpg|png|gif)$", "<.*?>", "(.*)-(.*)",
     "[[:alpha:]]+[0-9]", "(http|ftp)://", "a|b|c", "(", "*a"],
)  # fmt: skip
def test_patterns_with_one_match_are_left_to_duckdb(pattern):
    assert not is_ambiguous(pattern)


@pytest.mark.parametrize(
    "pattern", ["a|ab", "(Mr|Mrs)", "(a|ab)(c|bcd)", "(.*?)(b+)", "(ab)*(a)?", r"(\d{3}-)?\d{4}"]
)
def test_patterns_with_several_matches_are_seen(pattern):
    assert is_ambiguous(pattern)


@pytest.mark.parametrize("pattern", ["a(?=b)", r"(a)\1", "x*", r"\mword", "(a|b)*"])
def test_patterns_that_duckdb_lacks_are_left_to_python(pattern):
    assert needs_python(pattern)


@pytest.mark.parametrize(
    ("text", "pattern", "groups"),
    [
        ("abcd", "(a|ab)(c|bcd)(d*)", ["ab", "c", "d"]),
        ("abc01234xyz", r"(.*?)(\d+)(.*)", ["abc", "0", ""]),
        ("XY1234Z", r"Y*?([0-9]{1,3})", ["1"]),
        ("foo", "(foo)|(bar)", ["foo", None]),
        ("xyzzy", "(x|xy)?(y|yz)?(z*)", ["xy", None, "zz"]),
    ],
)
def test_groups_are_those_of_the_longest_or_shortest_match(text, pattern, groups):
    first = next(longest_matches(text, pattern, 0, re.compile))
    assert first.groups() == groups


def test_a_match_of_no_letters_may_be_behind_another():
    found = [match.span() for match in longest_matches("abc", "(x|b)*", 0, re.compile)]
    assert found == [(0, 0), (1, 2), (2, 2), (3, 3)]


@pytest.mark.parametrize("pattern", ["(a", "a)", "*a"])
def test_patterns_that_are_none_are_refused(pattern):
    with pytest.raises(ValueError, match="invalid regular expression"):
        parse_pattern(pattern)
