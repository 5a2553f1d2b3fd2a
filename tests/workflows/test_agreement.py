"""The verdicts are those of the official validator, in the PyPI package `civis`.

A verdict of that package takes a tenth of a second, so `make test` compares few.
"""

from __future__ import annotations

import copy
from typing import Any

import civis.workflows
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from civis_nb.workflows import WorkflowValidationError, validate_workflow_yaml
from civis_nb.workflows.actions import action_input, sync_input
from civis_nb.workflows.keys import ACTIONS
from tests.workflows.examples import EXAMPLES, HEAD

TASK = HEAD + "workflow:\n  tasks:\n    a: {action: std.noop, %s}\n    b: {action: std.noop}\n"
INPUT = HEAD + "workflow:\n  tasks:\n    a: {action: %s, input: %s}\n"
BODY = HEAD + "workflow:\n  %s\n  tasks: {a: {action: std.noop}}\n"
NAMED = HEAD + "%s: {tasks: %s}\n"

#: template, what stands in it, and whether the official validator takes it
VERDICTS: list[tuple[str, Any, bool]] = [
    ("%s", "", False),
    ("%s", "a", False),
    ("%s", "[1]", False),
    ("%s", "a: b: c", False),
    ("%s", "x: [*y]", False),
    ("version: %s\nworkflow: {tasks: {a: {action: std.noop}}}", "'2.0'", True),
    ("version: %s\nworkflow: {tasks: {a: {action: std.noop}}}", "2.0", False),
    ("version: %s\nworkflow: {tasks: {a: {action: std.noop}}}", "2", False),
    ("version: %s\nworkflow: {tasks: {a: {action: std.noop}}}", "'2'", False),
    ("%sworkflow: {tasks: {a: {action: std.noop}}}", "", False),
    ("version: '2.0'%s", "", False),
    ("version: '2.0'\nx: {tasks: {a: {action: std.noop}}}\ny: %s", "1", False),
    ("version: '2.0'\n%s: {tasks: {a: {action: std.noop}}}", "1", False),
    ("# caf%s\nversion: '2.0'\nw: {tasks: {a: {action: std.noop}}}", "\u00e9", False),
    ("# caf%s\nversion: '2.0'\nw: {tasks: {a: {action: std.noop}}}", "e", True),
    # a name with `version` in it hides what is below it
    (NAMED, ("myversion", "{a: {action: std.http}}"), True),
    (NAMED, ("myversion", "{a: {on-success: {next: {next: a2}}}, a2: {}}"), True),
    (NAMED, ("myversion", "{a: {on-success: b}}"), False),
    (NAMED, ("myversion", "{a: {on-success: [[]]}}"), False),
    (NAMED, ("myversion", "{a: {on-success: 1}}"), False),
    (NAMED, ("myversion", "{a: }"), False),
    (NAMED, ("myversion", "{}"), True),
    (NAMED, ("myversion", "[]"), False),
    (NAMED, ("myversion", "{1: {on-success: [{2: x}]}, 2: {}}"), True),
    (NAMED, ('"x\\ny"', "{a: {action: std.http}}"), True),
    (NAMED, ('"x\\n"', "{a: {action: std.http}}"), False),
    (NAMED, ("workflow", '{"x\\ny": {action: std.http}}'), True),
    (NAMED, ("workflow", "{}"), False),
    (NAMED, ("workflow", "[a]"), False),
    (NAMED, ("workflow", "{1: {action: std.noop}}"), False),
    (NAMED, ("workflow", "{true: {action: std.noop}}"), False),
    (NAMED, ("workflow", "{noop: {action: std.noop}}"), True),
    (NAMED, ("workflow", "{a: }"), False),
    (NAMED, ("workflow", "{a: {}}"), False),
    (NAMED, ("workflow", "{a: {action: std.http}}"), False),
    (NAMED, ("workflow", "{a: {action: std.echo output=1}}"), False),
    (NAMED, ("workflow", "{a: {workflow: other}}"), False),
    (BODY, "any: &key [1, {2: 3}]", True),
    (BODY, "1: 2", True),
    (BODY, "type: other", True),
    (BODY, "type: 1", False),
    (BODY, "description: [x]", False),
    (BODY, "input: [x, y: 1, {z: 1, u: 2}, {}]", True),
    (BODY, "input: {x: 1}", False),
    (BODY, "input: [1]", False),
    (BODY, "input: ", False),
    (BODY, "output: 1", True),
    (BODY, "task-defaults: {retry: {count: 1}}", True),
    (BODY, "task-defaults: {retires: 1}", False),
    (BODY, "task-defaults: {on-success: nowhere}", True),
    (BODY, "task-defaults: {on-success: [{}]}", True),
    (BODY, "task-defaults: {on-success: 1}", False),
    (BODY, "task-defaults: {input: {}}", False),
    (BODY, "task-defaults: {action: std.echo, input: {}}", True),
    (BODY, "task-defaults: {action: civis.run_job, input: {}}", False),
    (BODY, "task-defaults: ", False),
    (TASK, "name: pause", False),
    (TASK, "name: " + "x" * 255, True),
    (TASK, "name: " + "x" * 256, False),
    (TASK, "descriptions: x", False),
    (TASK, "1: x", False),
    (TASK, "input: <% $.x %>", False),
    (TASK, "input: ", False),
    (TASK, "publish: <% $.x %>", False),
    (TASK, "publish: {1: 2}", True),
    (TASK, "join: all", True),
    (TASK, "join: one", False),
    (TASK, "join: 1.0", True),
    (TASK, "join: 1.5", False),
    (TASK, "join: 0", False),
    (TASK, "join: true", False),
    (TASK, "requires: [1]", True),
    (TASK, "requires: b", False),
    (TASK, "with-items: x", True),
    (TASK, "with-items: [x, 1]", False),
    (TASK, "with-items: []", True),
    (TASK, "timeout: 0", True),
    (TASK, "timeout: -1", False),
    (TASK, "timeout: true", False),
    (TASK, "timeout: .nan", True),
    (TASK, "timeout: .inf", True),
    (TASK, "timeout: <% $.x %>", False),
    (TASK, "timeout: ", False),
    (TASK, "concurrency: 0.5", False),
    (TASK, "concurrency: 1.5", True),
    (TASK, "pause-before: <% $.x %>", False),
    (TASK, "fail-on: true", False),
    (TASK, "fail-on: x", True),
    (TASK, "retry: x", True),
    (TASK, "retry: 3", False),
    (TASK, "retry: {count: 1.5, tries: 3}", True),
    (TASK, "retry: {count: x}", False),
    (TASK, "retry: {break-on: true}", False),
    (TASK, "on-success: b", True),
    (TASK, "on-success: ", False),
    (TASK, "on-success: []", True),
    (TASK, "on-success: [b: <% $.x %>]", True),
    (TASK, "on-success: [{b: x, nowhere: y}]", True),
    (TASK, "on-success: [{nowhere: x}]", False),
    (TASK, "on-success: [{}]", False),
    (TASK, "on-success: [1]", False),
    (TASK, "on-success: 1", False),
    (TASK, "on-success: {b: <% $.x %>}", True),
    (TASK, "on-success: {next: b}", True),
    (TASK, "on-success: {next: []}", False),
    (TASK, "on-success: {next: [b]}", True),
    (TASK, "on-success: {next: [{b: x}]}", True),
    (TASK, "on-success: {next: [b, {b: x}]}", False),
    (TASK, "on-success: {next: [{}]}", False),
    (TASK, "on-success: {next: }", False),
    (TASK, "on-success: {next: {b: x}}", False),
    (TASK, "on-success: {publish: 1}", True),
    (TASK, "on-success: a", False),
    (TASK, "on-error: nowhere", False),
    (TASK, "on-error: noop", False),
    (TASK, "on-error: fail", True),
    (TASK, "on-error: fail(msg='x')", False),
    (INPUT, ("civis.scripts.python3", "{source: 1}"), True),
    (INPUT, ("civis.scripts.python3", "{}"), False),
    (INPUT, ("civis.scripts.python3", "{source: 1, remoteHostId: 2}"), False),
    (INPUT, ("civis.scripts.sql", "{sql: 1, remote_host_id: 2}"), False),
    (INPUT, ("civis.scripts.container", "{required_resources: 1}"), True),
    (INPUT, ("civis.run_job", "{job_id: <% $.x %>}"), True),
    (INPUT, ("civis.run_job", "{job_id: 1, name: x}"), False),
    (INPUT, ("civis.workflows.execute", "{workflow_id: 1}"), True),
    (INPUT, ("civis.import", "{sync_type: 1, is_outbound: 2}"), True),
    (INPUT, ("civis.import", "{sync_type: 1, is_outbound: 2, syncs: 3}"), False),
    (INPUT, ("civis.import", "{sync_type: 1, is_outbound: 2, syncs: [3]}"), False),
    (INPUT, ("civis.import", "{sync_type: 1, is_outbound: 2, syncs: [{source: 1}]}"), False),
    (INPUT, ("std.echo", "{anything: 1, 2: 3}"), True),
]
TABLE = pytest.mark.parametrize(
    ("text", "verdict"),
    [(template % written, verdict) for template, written, verdict in VERDICTS],
)


def is_valid(text: str) -> bool:
    try:
        validate_workflow_yaml(text)
    except WorkflowValidationError:
        return False
    return True


def is_valid_officially(text: str) -> bool:
    try:
        civis.workflows.validate_workflow_yaml(text)
    except Exception:
        # It raises other errors of what it does not expect: of YAML, TypeError, IndexError.
        return False
    return True


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_valid(name):
    validate_workflow_yaml(EXAMPLES[name])


@TABLE
def test_verdicts(text, verdict):
    assert is_valid(text) is verdict


@pytest.mark.exhaustive
@TABLE
def test_verdicts_of_the_official_validator(text, verdict):
    assert is_valid_officially(text) is verdict


def test_official_validator_takes_an_example_and_refuses_a_mistake():
    text = EXAMPLES["branches"]
    assert is_valid_officially(text)
    assert not is_valid_officially(text.replace("[both]", "[bot]", 1))


def test_arguments_of_actions_are_those_of_the_official_specification():
    """The specification of this package has the same arguments as that of `civis`."""
    for action in ACTIONS:
        takes = action_input(action)
        if takes is None:
            assert action.startswith("std.")
            continue
        schema = _official_input(action)
        assert takes.required == set(schema["required"]), action
        assert takes.required | takes.optional == set(schema["properties"]), action
    syncs = _official_input("civis.import")["properties"]["syncs"]["items"]
    assert sync_input().required == set(syncs["required"])
    assert sync_input().required | sync_input().optional == set(syncs["properties"])


def _official_input(action: str) -> dict[str, Any]:
    from civis.workflows import _schemas

    for rule in _schemas.TASK_SCHEMA["allOf"]:
        if rule["if"]["properties"]["action"]["const"] == action:
            return rule["then"]["properties"]["input"]
    raise AssertionError(f"the official validator does not know {action}")


# --- mutated definitions ----------------------------------------------------------------------

VALUES = st.sampled_from(
    [
        None, True, 0, 1, -1, 1.5, float("nan"), "", "x", "all", "one", "<% $.x %>", "noop",
        "fail", "pause", "fail(msg='x')", [], {}, ["pause"], [{}], [{"pause": "<% 1 %>"}, "fail"],
        [["a"]], [1], {"next": []}, {"next": "pause"}, {"next": ["pause", {"fail": 1}]},
        {"publish": 1}, {1: 2}, "2.0", 2, 2.0, "count=1", {"count": "x"}, {"count": 1.5, "x": 1},
        "std.noop", "std.http", "civis.run_job", "civis.import", "civis.scripts.sql", "a" * 300,
    ]
)  # fmt: skip
KEYS = st.sampled_from(
    [
        "version", "workflow", "myversion", "tasks", "input", "type", "task-defaults", "action",
        "name", "join", "with-items", "retry", "timeout", "on-success", "on-error", "requires",
        "publish", "x", "source", "sql", "syncs", "remoteHostId", "job_id", "a\nb", "", 1, True,
    ]
)  # fmt: skip


def _containers(value: Any) -> list[Any]:
    """Return the lists and mappings in a value, itself first."""
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [value] if isinstance(value, (dict, list)) else []
    return found + [one for child in below for one in _containers(child)]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Return an example in which one to three things were replaced, added, renamed or removed."""
    data = copy.deepcopy(yaml.safe_load(draw(st.sampled_from(sorted(EXAMPLES.values())))))
    for _ in range(draw(st.integers(1, 3))):
        inside = draw(st.sampled_from([one for one in _containers(data) if one] or [data]))
        keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        if not keys:
            continue
        key = draw(st.sampled_from(keys))
        what = draw(st.sampled_from(["replace", "remove", "rename", "add"]))
        if what == "replace":
            inside[key] = copy.deepcopy(draw(VALUES))
        elif what == "remove":
            del inside[key]
        elif isinstance(inside, list):
            inside.append(copy.deepcopy(draw(VALUES)))
        elif what == "rename":
            inside[draw(KEYS)] = inside.pop(key)
        else:
            inside[draw(KEYS)] = copy.deepcopy(draw(VALUES))
    return yaml.safe_dump(data, sort_keys=False)


CHARACTERS = st.sampled_from(sorted("\t :-[]{}<>%&*!|'\"#,?@`\n0a\u00e9\x07\r\\=~"))


@st.composite
def misspelled(draw: st.DrawFn) -> str:
    """Return an example in which one or two characters were added, replaced or removed."""
    text = draw(st.sampled_from(sorted(EXAMPLES.values())))
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(text) - 1))
        what = draw(st.sampled_from(["add", "replace", "remove"]))
        new = "" if what == "remove" else draw(CHARACTERS)
        text = text[:at] + new + text[at + (what != "add") :]
    return text


def agreement(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=True,
    )


@pytest.mark.exhaustive
@agreement(120)
@given(text=mutated())
def test_mutated_definitions_get_the_same_verdict(text):
    assert is_valid(text) is is_valid_officially(text)


@pytest.mark.exhaustive
@agreement(80)
@given(text=misspelled())
def test_misspelled_definitions_get_the_same_verdict(text):
    assert is_valid(text) is is_valid_officially(text)


@agreement(60)
@given(text=st.one_of(mutated(), misspelled()))
def test_whatever_is_written_gets_a_verdict(text):
    """No other error than that of the validation, and a place in the text for each problem."""
    problems = ()
    try:
        validate_workflow_yaml(text)
    except WorkflowValidationError as error:
        problems = error.problems
    last = text.count("\n") + text.count("\r") + 2
    assert all(1 <= problem.place.line <= last for problem in problems)
