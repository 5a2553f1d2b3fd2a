"""Workflow definitions: read, checked and drawn, without a call of the API."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from civis_nb.errors import WorkflowValidationError
    from civis_nb.workflows.check import check_workflow, validate_workflow_yaml
    from civis_nb.workflows.definition import read_definition
    from civis_nb.workflows.problems import Problem
    from civis_nb.workflows.workflow import Workflow

__all__ = [
    "Problem",
    "Workflow",
    "WorkflowValidationError",
    "check_workflow",
    "read_definition",
    "validate_workflow_yaml",
]

_MODULE_OF = {
    "Problem": "problems",
    "Workflow": "workflow",
    "check_workflow": "check",
    "read_definition": "definition",
    "validate_workflow_yaml": "check",
}


def __getattr__(name: str) -> Any:
    # Loaded when asked for: what runs workflows neither judges nor draws them.
    if name == "WorkflowValidationError":
        from civis_nb.errors import WorkflowValidationError

        return WorkflowValidationError
    if name in _MODULE_OF:
        return getattr(import_module(f"civis_nb.workflows.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
