"""The user guide's page on workflows works as it stands, with `import civis_nb as civis`."""

from __future__ import annotations

from pathlib import Path

from civis_nb.workflows import WorkflowValidationError, validate_workflow_yaml
from tests.workflows.examples import EXAMPLES


def test_nothing_happens_if_a_definition_is_valid(tmp_path: Path):
    path = tmp_path / "workflow.yaml"
    path.write_text(EXAMPLES["chain"], encoding="utf-8")
    with path.open() as f:
        assert validate_workflow_yaml(f.read()) is None


def test_an_error_is_raised_if_it_is_not(tmp_path: Path):
    path = tmp_path / "workflow.yaml"
    path.write_text(EXAMPLES["chain"].replace("action", "actoin", 1), encoding="utf-8")
    said = ""
    try:
        with path.open() as f:
            validate_workflow_yaml(f.read())
    except WorkflowValidationError as error:
        said = str(error)
    assert "line 6, column 7: The task 'load' can't have the key 'actoin'" in said
    assert "Did you mean 'action'?" in said


def test_both_names_are_where_scripts_look_for_them():
    import civis_nb as civis

    assert civis.workflows.validate_workflow_yaml is validate_workflow_yaml
    assert issubclass(civis.workflows.WorkflowValidationError, civis.errors.CivisError)
