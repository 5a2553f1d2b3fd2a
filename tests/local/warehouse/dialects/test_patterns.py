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
from civis_nb.local.warehouse.dialects.computed.text_patterns import LONGEST, pattern_groups


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


@pytest.mark.parametrize(
    ("pattern", "width"),
    [("a|abc", 3), (r"(\d{3}-)?\d{4}", 8), ("a*", None), ("(ab?){2}", 4), ("^a(?=bc)$", 1)],
)
def test_the_width_of_a_pattern_is_that_of_its_longest_match(pattern, width):
    assert parse_pattern(pattern).width == width


def test_only_ends_that_a_match_can_have_are_tried():
    tried = []

    def compiled(pattern):
        tried.append(pattern)
        return re.compile(pattern)

    (match,) = longest_matches("ab" + "x" * 1000, "a|ab", 0, compiled)
    assert match.span() == (0, 2)
    assert len(tried) < 10


def test_nothing_is_searched_behind_a_match_where_one_is_wanted(monkeypatch):
    module = "civis_nb.local.warehouse.dialects.computed.text_patterns.longest_matches"
    found = []

    def noted(*arguments):
        for match in longest_matches(*arguments):
            found.append(match)
            yield match

    monkeypatch.setattr(module, noted)
    assert pattern_groups("ab" * 50, "a|ab", LONGEST) == [["ab"]]
    assert len(found) == 1
