"""Pictures of workflows: drawn and as text, complete, escaped, without scripts."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from civis_nb.errors import CivisInputError
from civis_nb.workflows import Workflow, WorkflowValidationError, read_definition
from civis_nb.workflows.graph import Edge, workflow_graph
from civis_nb.workflows.picture import graph_svg
from civis_nb.workflows.states import NodeState
from civis_nb.workflows.text_picture import graph_text
from tests.workflows.examples import EXAMPLES, HEAD

SVG = "{http://www.w3.org/2000/svg}"


def graph_of(tasks: str):
    return workflow_graph(read_definition(f"{HEAD}workflow: {{tasks: {tasks}}}"))


def texts(svg: str) -> list[str]:
    return [(one.text or "").strip() for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_edges_of_each_kind():
    graph = graph_of("{a: {on-success: [b: <% $.x %>], on-error: fail, on-complete: b}, b: {}}")
    assert graph.edges == (
        Edge("a", "b", "success", "<% $.x %>"),
        Edge("a", "fail after a", "error"),
        Edge("a", "b", "complete"),
    )
    assert [node.label for node in graph.nodes] == ["a", "fail", "b"]


def test_edges_of_a_reverse_workflow_lead_from_what_is_required():
    graph = workflow_graph(
        read_definition(HEAD + "w: {type: reverse, tasks: {a: {requires: [b]}, b: {}}}")
    )
    assert graph.edges == (Edge("b", "a", "requires"),)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_task_is_in_every_picture(name):
    workflow = Workflow.from_yaml(EXAMPLES[name])
    for task in workflow.definition.tasks:
        assert task in texts(workflow.to_svg())
        assert task in workflow.to_text()
        assert task in repr(workflow)
    assert "<script" not in workflow.to_html()


def test_picture_tells_conditions_actions_and_notes():
    svg = graph_svg(
        graph_of(
            "{a: {action: std.echo, on-success: [b: <% $.x > 1 %>]},"
            " b: {join: all, retry: {count: 2}, with-items: 'c in <% $.cs %>'}}"
        )
    )
    assert texts(svg) == [
        "a", "std.echo", "b", "std.noop · join all · each c · re…", "if $.x > 1",
    ]  # fmt: skip
    titles = [one.text for one in ElementTree.fromstring(svg).iter(f"{SVG}title")]
    assert titles == [
        "a, std.echo. if $.x > 1 then b",
        "b, std.noop, join all, each c, retry 2",
    ]


def test_names_are_escaped():
    svg = graph_svg(graph_of("{'<b>&\"': {action: std.noop}}"))
    assert "<b>" not in svg
    assert '<b>&"' in texts(svg)


def test_states_are_drawn_with_words_marks_and_links():
    graph = graph_of("{a: {on-success: b}, b: {}, c: {}}")
    states = {
        "a": NodeState("success", attempts=2, seconds=75, link="https://example.com/1"),
        "b": NodeState("running", attempts=1, seconds=3.21),
        "c": NodeState("error", link="javascript:alert(1)"),
    }
    svg = graph_svg(graph, states)
    assert texts(svg) == [
        "✓ a", "succeeded, 1:15, attempt 2", "● b", "running, 3.2 s", "✗ c", "failed",
    ]  # fmt: skip
    links = [one.get("href") for one in ElementTree.fromstring(svg).iter(f"{SVG}a")]
    assert links == ["https://example.com/1"]
    assert graph_text(graph, states).splitlines()[0] == (
        "a     ✓ succeeded, 1:15, attempt 2  std.noop"
    )


def test_text_shows_branches_and_names_what_was_shown():
    assert graph_text(workflow_graph(read_definition(EXAMPLES["branches"]))).splitlines() == [
        "start        std.noop",
        "├ ✓ left     std.echo",
        "│ ✓ both     std.noop · join all",
        "└ ✓ right    std.echo",
        "  • both ↑",
    ]


def test_cycles_and_tasks_that_lead_to_themselves_are_drawn():
    graph = graph_of("{a: {on-success: b}, b: {on-error: [a, b]}}")
    assert len(list(ElementTree.fromstring(graph_svg(graph)).iter(f"{SVG}path"))) == 6
    assert graph_text(graph).splitlines() == [
        "a         std.noop",
        "✓ b       std.noop",
        "├ ✗ a ↑",
        "└ ✗ b ↑",
    ]


def test_a_wide_graph_lies_on_its_side():
    tasks = ", ".join(f"task_number_{n}: {{}}" for n in range(40))
    names = ", ".join(f"task_number_{n}" for n in range(40))
    svg = graph_svg(graph_of(f"{{first: {{on-success: [{names}]}}, {tasks}}}"))
    width, height = svg.split('viewBox="0 0 ')[1].split('"')[0].split()
    assert int(width) < 1000 < int(height)


def test_a_file_of_svg_has_colours_for_dark_pages():
    svg = Workflow.from_yaml(EXAMPLES["chain"]).to_svg()
    assert ElementTree.fromstring(svg).tag == f"{SVG}svg"
    assert "prefers-color-scheme: dark" in svg


def test_html_says_what_lines_mean_only_where_they_differ():
    assert "dashed: after an error" in Workflow.from_yaml(EXAMPLES["guards"]).to_html()
    assert "solid" not in Workflow.from_yaml(EXAMPLES["chain"]).to_html()


def test_workflow_from_a_file(tmp_path: Path):
    path = tmp_path / "load.yml"
    path.write_text(EXAMPLES["chain"], encoding="utf-8")
    assert Workflow.from_yaml(path).definition == Workflow.from_yaml(str(path)).definition
    with pytest.raises(CivisInputError, match=r"other\.yml' can't be read"):
        Workflow.from_yaml(str(tmp_path / "other.yml"))
    with pytest.raises(CivisInputError, match="not as int"):
        Workflow.from_yaml(3)  # type: ignore[arg-type]


def test_what_civis_platform_refuses_is_shown_with_the_workflow():
    workflow = Workflow.from_yaml(HEAD + "workflow: {tasks: {a: {action: std.noop, join: one}}}")
    assert not workflow.is_valid
    assert "error: line 2, column 48: 'join' of the task 'a' must be 'all'" in repr(workflow)
    assert Workflow.from_yaml(EXAMPLES["chain"]).is_valid
    with pytest.raises(WorkflowValidationError):
        Workflow.from_yaml("a: b")


def test_a_large_workflow_is_shown_as_text_and_cut():
    tasks = ", ".join(f"t{n}: {{}}" for n in range(2500))
    workflow = Workflow.from_yaml(f"{HEAD}workflow: {{tasks: {{{tasks}}}}}")
    assert "<svg" not in workflow.to_html()
    assert "… 2,500 tasks in all" in workflow.to_text()


def test_a_name_of_several_lines_stands_on_one():
    workflow = Workflow.from_yaml(f'{HEAD}workflow: {{tasks: {{"a\\nb": {{action: std.noop}}}}}}')
    assert workflow.to_text().splitlines() == ["a\\nb   std.noop"]
