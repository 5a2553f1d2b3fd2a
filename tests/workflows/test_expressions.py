"""Expressions are found, parsed and evaluated as Mistral does, within bounds."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime
from typing import Any

import pytest

from civis_nb.errors import CivisExpressionError
from civis_nb.workflows.expressions import evaluate, find_expressions, parse_expression


@pytest.mark.parametrize(
    ("text", "data", "value"),
    [
        ("<% $.x %>", {"x": {"a": [1, None]}}, {"a": [1, None]}),
        ("<% $.x %>!", {"x": {"a": [1, None]}}, "{'a': [1, None]}!"),
        ("<%$.x%> and <%$.y%>", {"x": 1, "y": None}, "1 and None"),
        ("{{x}} <% 1 %>", {}, "{{x}} 1"),
        ("<% $.x = 'a' and 'yes' or 'no' %>", {"x": "b"}, "no"),
        ('<% {"true" => ""}.get($.s, "non") %>comm', {"s": "false"}, "noncomm"),
        ("<% $.l.where($.name = f).value %>", {"l": [{"name": "f", "value": 3}]}, [3]),
        ('<% $.a.split(",").zip($.b.split(",")) %>', {"a": "1,2", "b": "3,4"},
         [["1", "3"], ["2", "4"]]),
        ("<% range(3).select($ > 1).where($).any() %>", {}, True),
        ("<% $.get('__env').workflow_id %>", {"__env": {"workflow_id": 7}}, 7),
        ("<% json_parse($.t).a[0] %>", {"t": '{"a": [5]}'}, 5),
        ("<% yaml_parse($.t).a[0] %>", {"t": "a: [5]"}, 5),
        ("<% json_parse(json_dump($.x)) %>", {"x": {"a": [1]}}, {"a": [1]}),
        ("<% yaml_parse(yaml_dump($.x)) %>", {"x": {"a": [1]}}, {"a": [1]}),
        ("<% set(1) %>", {}, [1]),
        ("<% [1, 2] * 2 + 2 * [3] %>", {}, [1, 2, 1, 2, 3, 3]),
        ("<% $.x =~ '^a.c$' and not ($.x !~ 'b') %>", {"x": "abc"}, True),
        ("<% $.x.matches('B') or regex('B', true).matches($.x) %>", {"x": "abc"}, True),
        ("<% regex('[0-9]+').searchAll($.x, $.start) %>", {"x": "a12b3"}, [1, 4]),
        ("<% regex('[0-9]').replace($.x, '#') %>", {"x": "a1b2"}, "a#b#"),
        ("<% $.x.split(regex('b')) %>", {"x": "a1b2"}, ["a1", "2"]),
        ("<% regex('[0-9]').search($.x) %>", {"x": "a1b2"}, "1"),
        ("<% regex('[0-9]').replaceBy($.x, $.value + '!') %>", {"x": "a1"}, "a1!"),
        ("<% isRegex(regex('a')) and 'a.c' =~ regex(escapeRegex('.')) %>", {}, True),
    ],
)  # fmt: skip
def test_values_of_expressions(text: str, data: dict[str, Any], value: Any) -> None:
    assert evaluate(text, data) == value


def test_an_expression_ends_on_its_line() -> None:
    assert find_expressions("<% a\n%>") == []
    assert [one.source for one in find_expressions("<% a %><% b %>")] == ["a", "b"]


def test_values_without_expressions_are_left_as_they_are() -> None:
    value = {"a": [1, 2.5, None, True, "text"], "3": {"b": "%> <%"}}
    assert evaluate(value, {}) == value


def test_values_that_only_yaml_has_become_those_of_json() -> None:
    value = {date(2026, 1, 31): {1}, 3: datetime(2026, 1, 31, 5), None: None, False: ()}
    assert evaluate(value, {}) == {
        "2026-01-31": [1], "3": "2026-01-31 05:00:00", "null": None, "false": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [b"x", [2**20_000], {2**20_000: 1}, "<% pow(10, 5000) %>", "n <% pow(10, 5000) %>"],
    ids=["bytes", "number", "key", "result", "in text"],
)
def test_values_that_can_not_be_stored_are_refused(value: Any) -> None:
    with pytest.raises(CivisExpressionError, match="can't be kept"):
        evaluate(value, {})


@pytest.mark.parametrize("source", ["$.x >", "(", "'", "1 +* 2", "", "$.x = = 1", "(" * 3000])
def test_what_is_no_expression_is_refused(source: str) -> None:
    with pytest.raises(CivisExpressionError, match="<%"):
        parse_expression(source)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("$.y", "there is no 'y' here"),
        ("foo()", 'Unknown function "foo"'),
        ("$.l.first()", "the list is empty"),
        ("task()", "while a workflow runs"),
        ("$.x.secret_method()", "secret_method"),
    ],
)
def test_an_expression_that_fails_says_why_and_shows_no_values(source: str, said: str) -> None:
    with pytest.raises(CivisExpressionError) as caught:
        evaluate(f"<% {source} %>", {"x": "hidden-value", "l": []})
    assert said in str(caught.value)
    assert "hidden-value" not in str(caught.value)


@pytest.mark.parametrize(
    "source",
    [
        "pow(9, 1000000000)",
        "shiftBitsLeft(1, 1000000000000)",
        "'a' * 1000000000",
        "[1, 2] * 1000000000",
        "1000000000 * [1]",
        pytest.param(
            r"regex(`(.+)(.+)(.+)(.+)\4\3\2\1$`).matches('a' * 300 + 'b')",
            marks=pytest.mark.exhaustive,
        ),
        "yaml_parse('{a: &x [1], b: *x}')",
        "def(f, f($)) -> f(1)",
    ],
)
def test_what_would_take_all_memory_or_never_end_is_refused(source: str) -> None:
    with pytest.raises(CivisExpressionError):
        evaluate(f"<% {source} %>", {})


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "source",
    [
        "range(1000000000).where($ > 5).len()",
        "generate(0, true, $ + 1).len()",
        "generate(2, true, $ * $).len()",
        "range(100000).select(range(100000).where($ > 5).len()).len()",
    ],
)
def test_an_expression_that_never_ends_is_stopped(source: str) -> None:
    with pytest.raises(CivisExpressionError, match=r"5 seconds|too much memory"):
        evaluate(f"<% {source} %>", {})


def test_yaql_is_imported_when_it_is_needed() -> None:
    code = "import civis_nb.workflows.expressions, sys; sys.exit('yaql' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
