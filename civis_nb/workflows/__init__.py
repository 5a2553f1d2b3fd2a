"""Workflow definitions: read, checked and drawn, without a call of the API."""

from civis_nb.errors import WorkflowValidationError
from civis_nb.workflows.check import validate_workflow_yaml
from civis_nb.workflows.definition import read_definition
from civis_nb.workflows.problems import Problem

__all__ = ["Problem", "WorkflowValidationError", "read_definition", "validate_workflow_yaml"]
