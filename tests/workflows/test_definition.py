"""Definitions become records, or errors that say where and what."""

from __future__ import annotations

import pytest

from civis_nb.workflows import WorkflowValidationError, read_definition
from civis_nb.workflows.model import Branch, InputParameter, ItemSource, Position, Retry, Transition


def workflow(tasks: str, before: str = "") -> str:
    """Return a definition; `tasks` and `before` are indented as in a file of their own."""
    return (
        "version: '2.0'\nworkflow:\n"
        + "".join(f"  {line}\n" for line in before.splitlines())
        + "  tasks:\n"
        + "".join(f"    {line}\n" for line in tasks.splitlines())
    )


def refused(text: str) -> str:
    with pytest.raises(WorkflowValidationError) as caught:
        read_definition(text)
    return str(caught.value)


def test_workflow_keys():
    definition = read_definition(
        workflow(
            "a: {action: std.noop}",
            "type: reverse\ndescription: Loads\ninput: [city, {n: 3, m: null}]\n"
            "output: {x: <% $.x %>}\nanchors: &numbers [1, 2]",
        )
    )
    assert (definition.version, definition.name) == ("2.0", "workflow")
    assert (definition.type, definition.description) == ("reverse", "Loads")
    assert definition.input == (
        InputParameter("city", required=True),
        InputParameter("n", required=False, default=3),
        InputParameter("m", required=False, default=None),
    )
    assert definition.output == {"x": "<% $.x %>"}


@pytest.mark.parametrize("version", ["'2.0'", "2.0", "2"])
def test_versions_that_services_store(version):
    text = workflow("a: {action: std.noop}").replace("'2.0'", version)
    assert read_definition(text).version == "2.0"


@pytest.mark.parametrize(
    ("written", "targets"),
    [
        ("b", [Transition("b")]),
        ("[b, c]", [Transition("b"), Transition("c")]),
        ("[b: <% $.x %>, pause]", [Transition("b", "<% $.x %>"), Transition("pause")]),
        ("[b: true]", [Transition("b", guard=True)]),
        ("{next: b}", [Transition("b")]),
        ("{next: [{b: <% $.x %>}]}", [Transition("b", "<% $.x %>")]),
        ("fail(msg='no rows')", [Transition("fail", message="no rows")]),
        ("'fail msg=\"no rows\"'", [Transition("fail", message="no rows")]),
        ("noop", [Transition("noop")]),
        ("[]", []),
        ("null", []),
    ],
)
def test_forms_of_transitions(written, targets):
    definition = read_definition(workflow(f"a: {{on-success: {written}}}\nb: {{}}\nc:"))
    assert definition.tasks["a"].on_success == Branch(tuple(targets))


def test_a_task_called_like_a_command_is_the_task():
    definition = read_definition(workflow("a: {on-error: fail(msg='x')}\nfail: {}"))
    assert definition.tasks["a"].on_error.targets == (Transition("fail"),)


def test_scopes_of_publish():
    on = "{publish: {branch: {x: 1}, global: {y: <% $.z %>}}, next: b}"
    branch = read_definition(workflow(f"a:\n  on-complete: {on}\nb: {{}}")).tasks["a"].on_complete
    assert branch.publish == {"x": 1}
    assert branch.publish_global == {"y": "<% $.z %>"}
    assert branch.targets == (Transition("b"),)


def test_inline_action():
    task = read_definition(
        workflow("a: {action: \"std.echo output='x y' delay=0.5\", input: {delay: 3}}")
    ).tasks["a"]
    assert (task.action, task.input) == ("std.echo", {"output": "x y", "delay": 0.5})


def test_task_without_an_action_does_nothing():
    assert read_definition(workflow("a:")).tasks["a"].action == "std.noop"


def test_policies():
    task = read_definition(
        workflow(
            "a:\n  join: 2\n  timeout: <% $.most_s %>\n  wait-before: 1\n  wait-after: 0.5\n"
            "  pause-before: true\n  fail-on: <% $.x %>\n  concurrency: 3\n  keep-result: false\n"
            "  safe-rerun: true\n  target: here\n"
            "  with-items: ['x in <% $.xs %>', 'n in [1, 2]']"
        )
    ).tasks["a"]
    assert (task.join, task.timeout_s, task.wait_before_s) == (2, "<% $.most_s %>", 1)
    assert (task.wait_after_s, task.pause_before, task.fail_on) == (0.5, True, "<% $.x %>")
    assert (task.concurrency, task.keep_result, task.safe_rerun) == (3, False, True)
    assert task.target == "here"
    assert task.with_items == (ItemSource("x", "<% $.xs %>"), ItemSource("n", (1, 2)))


@pytest.mark.parametrize(("written", "join"), [("all", "all"), ("one", 1), ("3", 3), ("2.0", 2)])
def test_joins(written, join):
    assert read_definition(workflow(f"a: {{join: {written}}}")).tasks["a"].join == join


@pytest.mark.parametrize(
    ("written", "retry"),
    [
        ("{count: 3, delay: 2}", Retry(3, 2)),
        ("count=3 delay=2", Retry(3, 2)),
        ("{count: <% $.n %>}", Retry("<% $.n %>", 0)),
        ("count=3 break-on=<% $.x = 1 %>", Retry(3, 0, break_on="<% $.x = 1 %>")),
        ("{count: 1, continue-on: <% $.x %>}", Retry(1, 0, continue_on="<% $.x %>")),
    ],
)
def test_retries(written, retry):
    assert read_definition(workflow(f"a:\n  retry: {written}")).tasks["a"].retry == retry


def test_defaults_are_replaced_wholly():
    tasks = read_definition(
        workflow(
            "a: {}\nb: {retry: {count: 1}, timeout: null}",
            "task-defaults: {retry: {count: 5, delay: 9}, timeout: 60}",
        )
    ).tasks
    assert (tasks["a"].retry, tasks["a"].timeout_s) == (Retry(5, 9), 60)
    assert (tasks["b"].retry, tasks["b"].timeout_s) == (Retry(1, 0), None)


def test_default_transition_does_not_lead_to_the_task_itself():
    tasks = read_definition(
        workflow("a: {}\nrescue: {}", "task-defaults: {on-error: rescue}")
    ).tasks
    assert tasks["a"].on_error.targets == (Transition("rescue"),)
    assert tasks["rescue"].on_error.targets == ()


def test_anchors_and_merge_keys():
    tasks = read_definition(
        workflow(
            "a:\n  <<: *sql\n  timeout: 5\nb:\n  <<: *sql",
            "sql: &sql\n  action: civis.scripts.sql\n  timeout: 60",
        )
    ).tasks
    assert (tasks["a"].action, tasks["a"].timeout_s) == ("civis.scripts.sql", 5)
    assert tasks["b"].timeout_s == 60
    assert tasks["b"].place == Position(10, 5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1, column 1: A definition must be a mapping"),
        ("- a", "not a list"),
        ("version: '2.0'", "holds no workflow"),
        ("version: '2.0'\na: {tasks: {t: }}\nb: {tasks: {t: }}", "this has 'a', 'b'"),
        ("workflow: {tasks: {a: }}", "this has nothing"),
        ("version: '2.0'\nworkflow: {tasks: {}}", "a mapping of at least one task"),
        ("a: b\n\tc: d", "line 2, column 1: This is no YAML"),
        ("a: b\n\tc: d", "with spaces, not with tabs"),
        ("a: 1\nb: 2020-13-45", "line 2, column 4: This is no value: month must be in 1..12"),
        ("a: b\n---\nc: d", "another document"),
        ("a: \x07", "line 1, column 4: This is no YAML: "),
        ("a: !!python/object:os.system {}", "could not determine a constructor"),
        ("a: &a [*a]", "contains itself"),
        ("[" * 150 + "]" * 150, "nested more than 100 levels"),
        (workflow("a: {on-sucess: b}"), "Did you mean 'on-success'?"),
        (workflow("a: {on-success: bb}\nbbb:"), "leads to 'bb', which is no task"),
        (workflow("a: {on-success: [{b: x, c: y}]}\nb:\nc:"), "this has 2 keys"),
        (workflow("a: {on-success: [b: maybe]}\nb:"), "The guard of 'b' must be an expression"),
        (
            workflow("a: {on-success: {b: <% $.x %>}}\nb:"),
            "'on-success' of the task 'a' must be a list to have conditions: write [b: <% … %>].",
        ),
        (workflow("a: {on-success: [1]}"), "names tasks, not 1"),
        (workflow("a: {timeout: -1}"), "from 0 on, not -1"),
        (workflow("a: {timeout: .nan}"), "from 0 on, not nan"),
        (workflow("a: {timeout: true}"), "a number or an expression, not true"),
        (workflow("a: {concurrency: 1.5}"), "a whole number, not 1.5"),
        (workflow("a: {join: two}"), "'all' or a whole number, not 'two'"),
        (workflow("a: {with-items: x of y}"), "name in <% expression %>"),
        (workflow("a: {retry: count}"), "name=value was expected"),
        (workflow("a: {retry: {counts: 1}}"), "Did you mean 'count'?"),
        (workflow("a: {requires: [b]}"), "names 'b', which is no task"),
        (workflow("a: {workflow: other}"), "can't have the key 'workflow'"),
        (workflow("1: {}"), "A key of 'tasks' must be text, not 1: put it in quotes."),
        (workflow("a: {input: x}"), "a mapping or an expression, not 'x'"),
        (workflow("a: {publish: [1]}"), "a mapping, not a list"),
    ],
)
def test_what_is_wrong_is_said(text, said):
    assert said in refused(text)


def test_aliases_that_multiply_are_refused():
    text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{one}: &{one} [{', '.join([f'*{before}'] * 10)}]\n"
        for before, one in zip("abcdefghi", "bcdefghij", strict=False)
    )
    assert "holds more than 1,000,000 values once its aliases are written out" in refused(text)


def test_all_problems_are_reported_in_order_with_their_lines():
    with pytest.raises(WorkflowValidationError) as caught:
        read_definition(workflow("a:\n  join: 0\n  timeout: soon\nb: {on-error: c}"))
    places = [(problem.place.line, problem.place.column) for problem in caught.value.problems]
    assert places == [(5, 13), (6, 16), (7, 19)]
    assert "    6 |       timeout: soon\n      |                ^" in str(caught.value)


def test_many_problems_are_counted():
    text = workflow("\n".join(f"t{number}: {{on-success: none}}" for number in range(50)))
    with pytest.raises(WorkflowValidationError) as caught:
        read_definition(text)
    assert len(caught.value.problems) == 50
    assert "50 problems" in str(caught.value)
    assert "and 40 more" in str(caught.value)


@pytest.mark.exhaustive
def test_ten_thousand_tasks_are_read():
    tasks = "\n".join(f"t{n}: {{on-success: t{n + 1}}}" for n in range(10_000)) + "\nt10000:"
    assert len(read_definition(workflow(tasks)).tasks) == 10_001


def test_what_is_no_text_is_refused():
    assert "as YAML text, not as dict" in refused({"version": "2.0"})  # type: ignore[arg-type]
