"""Warnings beyond the official validator: what is valid and can't work."""

from __future__ import annotations

import pytest

from civis_nb.errors import WorkflowValidationError
from civis_nb.workflows import check_workflow, validate_workflow_yaml
from tests.workflows.examples import EXAMPLES, HEAD


def warnings(tasks: str, before: str = "") -> list[str]:
    """Return the messages about a valid workflow."""
    text = f"{HEAD}workflow:\n{before}  tasks:\n"
    text += "".join(f"    {line}\n" for line in tasks.splitlines())
    validate_workflow_yaml(text)
    problems = check_workflow(text)
    assert {problem.severity for problem in problems} <= {"warning"}
    return [problem.message for problem in problems]


NOOP = "action: std.noop"


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - {"policies", "others"}))
def test_what_works_gets_no_warning(name):
    assert check_workflow(EXAMPLES[name]) == ()


def test_errors_come_with_their_severity_and_no_warnings_that_follow_from_them():
    problems = check_workflow(HEAD + "w: {tasks: {a: {action: std.nop, on-success: b}}}")
    assert [(one.severity, one.place.column) for one in problems] == [("error", 25), ("error", 46)]
    assert [one.severity for one in check_workflow("a: b\n\tc")] == ["error"]


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        (
            f"a: {{{NOOP}, publish: {{x: <% $. %>}}}}",
            "<% $. %> can't be parsed: unexpected end of statement.",
        ),
        (
            f"load: {{{NOOP}, publish: {{x: <% task(laod).result %>}}}}",
            "The expression asks for the task 'laod', which is not in this workflow."
            " Did you mean 'load'?",
        ),
        (
            f"a: {{{NOOP}, publish: {{city: 1, x: <% $.ctiy %>}}}}",
            "$.ctiy is never set: no 'input', 'publish' or 'with-items' has it."
            " Did you mean 'city'?",
        ),
        (
            f"a: {{{NOOP}, on-success: [b: <% not $.go %>]}}\nb: {{{NOOP}}}",
            "$.go is never set: no 'input', 'publish' or 'with-items' has it.",
        ),
        (
            f"a: {{{NOOP}, on-success: [b]}}\nb: {{{NOOP}, join: 3}}",
            "The task 'b' never runs: it joins 3, but 1 lead to it.",
        ),
        (
            f"a: {{{NOOP}, on-success: [b]}}\nb: {{{NOOP}, join: all, on-success: c}}\n"
            f"c: {{{NOOP}, on-error: b}}",
            "The task 'b' never runs: it waits for 'c', which never runs before.",
        ),
        (
            f"start: {{{NOOP}}}\na: {{{NOOP}, on-success: b}}\nb: {{{NOOP}, on-error: a}}",
            "The task 'a' never runs: only 'b' leads to it, which never runs either.",
        ),
        (
            f"a: {{{NOOP}, on-error: b}}\nb: {{{NOOP}, on-error: a}}",
            "No task is the first: something leads to every task, so none is started.",
        ),
        (
            f"a: {{{NOOP}, on-success: b, on-error: c}}\nb: {{{NOOP}, on-complete: d}}\n"
            f"c: {{{NOOP}, on-complete: d}}\nd: {{{NOOP}, join: all}}",
            "The task 'd' never runs: it waits both for what follows the success of 'a' and for"
            " what follows its error.",
        ),
        (
            f"s: {{{NOOP}, on-success: a}}\na: {{{NOOP}, on-success: b}}\n"
            f"b: {{{NOOP}, on-complete: a}}",
            "These tasks run again and again, until one fails: 'a' → 'b' → 'a'. Give one"
            " transition a condition.",
        ),
        (
            f"a: {{{NOOP}, on-success: [fail, b]}}\nb: {{{NOOP}}}",
            "'b' comes after 'fail' in 'on-success' of the task 'a': it is never started from"
            " here.",
        ),
        (
            f"a: {{{NOOP}, join: all}}",
            "'join' of the task 'a' has no effect: nothing leads to it.",
        ),
        (
            f"a: {{{NOOP}, requires: [b]}}\nb: {{{NOOP}}}",
            "'requires' of the task 'a' has no effect in a direct workflow.",
        ),
        (f"{'x' * 256}: {{{NOOP}}}", "The name of this task has more than 255 characters."),
        (
            f"a: {{{NOOP}, with-items: x}}",
            "'with-items' of the task 'a' can't be read: expected is"
            " 'name in <% expression %>' or 'name in [1, 2]'.",
        ),
        (
            f"a: {{{NOOP}, timeout: 1, timeout: 2}}",
            "The key 'timeout' was there before, in line 4: the last one counts.",
        ),
    ],
)
def test_what_can_not_work_is_said(tasks, said):
    assert said in warnings(tasks)


def test_reverse_workflows():
    assert warnings(
        f"a: {{{NOOP}, requires: [b]}}\nb: {{{NOOP}, requires: [a], on-success: a}}",
        "  type: reverse\n",
    ) == [
        "The task 'a' requires itself: 'a' → 'b' → 'a'.",
        "'on-success' of the task 'b' has no effect in a reverse workflow.",
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "$.x",
        "$.get('__env').workflow_id",
        "$.get(unknown)",
        "task().result.foo",
        "task(a).result.outputs.where($.name = 'x').select($.value)",
        "$.xs.any($.other > 1) and $.x",
        "dict(a => $.x).a",
        "$.xs.select(dict(y => $.z)).select($.y)",
        "let(x => 1) -> $.anything",
    ],
)
def test_items_of_lists_are_not_taken_for_variables(expression):
    assert warnings(f'a: {{{NOOP}, publish: {{x: 1, xs: [1], r: "<% {expression} %>"}}}}') == []


@pytest.mark.parametrize(
    "tasks",
    [
        # a loop that a condition ends
        "s: {%s, on-success: a}\na: {%s, on-success: [b: <%% $ %%>]}\nb: {%s, on-success: a}",
        # a loop that waits for somebody to resume
        "s: {%s, on-success: a}\na: {%s, on-success: [pause, b]}\nb: {%s, on-success: a}",
        # a loop as long as something fails
        "s: {%s, on-success: a}\na: {%s, on-error: b}\nb: {%s, on-success: a}",
        # both ways lead to one task, which does not wait for both
        "a: {%s, on-success: b, on-error: c}\nb: {%s, on-success: c}\nc: {%s, join: 1}",
        # either end leads to the join
        "a: {%s, on-success: [c], on-error: [c]}\nb: {%s, on-success: [c]}\nc: {%s, join: all}",
    ],
)
def test_flows_that_work_get_no_warning(tasks):
    assert warnings(tasks % ((NOOP,) * 3)) == []


def test_problems_are_shown_one_after_the_other():
    problems = check_workflow(HEAD + "w: {tasks: {a: {action: std.nop, on-success: b}}}")
    assert repr(problems).startswith("error: line 2, column 25: 'std.nop' in the task 'a'")
    assert "error: line 2, column 46" in repr(problems)
    assert "column 46" in problems._repr_html_()
    assert repr(check_workflow(EXAMPLES["chain"])) == "no problems"


def test_expressions_in_long_texts_are_found_in_their_lines():
    text = EXAMPLES["chain"].replace('print("loaded")', "x = 1\n          print(<% $.nothing %>)")
    (problem,) = check_workflow(text)
    assert (problem.place.line, problem.place.column) == (11, 20)
    assert "print(<% $.nothing %>)" in problem.line_text


def test_what_an_alias_repeats_is_said_once():
    text = EXAMPLES["anchors"].replace('print("shared")', "print(<% $.nothing %>)")
    text += "    four:\n      action: civis.scripts.python3\n      input: {source: *source}\n"
    assert len(check_workflow(text)) == 1


@pytest.mark.parametrize("value", [None, 5, b"version: '2.0'"])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(WorkflowValidationError, match="as YAML text"):
        check_workflow(value)
