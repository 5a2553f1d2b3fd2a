"""What the actions of Civis Platform take as ``input``: the arguments of the API's methods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from civis_nb.spec.browse import BUNDLED, given

__all__ = ["ActionInput", "action_input", "sync_input"]

#: action -> the method of the API that creates its job
_METHODS = {
    "civis.enhancements.cass_ncoa": ("enhancements", "post_cass_ncoa"),
    "civis.import": ("imports", "post"),
    "civis.scripts.container": ("scripts", "post_containers"),
    "civis.scripts.custom": ("scripts", "post_custom"),
    "civis.scripts.dbt": ("scripts", "post_dbt"),
    "civis.scripts.javascript": ("scripts", "post_javascript"),
    "civis.scripts.python3": ("scripts", "post_python3"),
    "civis.scripts.r": ("scripts", "post_r"),
    "civis.scripts.sql": ("scripts", "post_sql"),
}
_SYNC = ("imports", "post_syncs")
_IDS = {"civis.run_job": "job_id", "civis.workflows.execute": "workflow_id"}


@dataclass(frozen=True, slots=True)
class ActionInput:
    """The arguments of an action.

    Attributes
    ----------
    required, optional
        Their names.
    """

    required: frozenset[str]
    optional: frozenset[str]


def action_input(action: str) -> ActionInput | None:
    """Return the arguments of an action; None where it takes any.

    Examples
    --------
    >>> sorted(action_input("civis.scripts.sql").required)
    ['credential_id', 'remote_host_id', 'sql']
    >>> action_input("std.echo") is None
    True
    """
    return _inputs().get(action)


def sync_input() -> ActionInput:
    """Return the fields of one of the ``syncs`` of ``civis.import``."""
    return _inputs()[".".join(_SYNC)]


@cache
def _inputs() -> Mapping[str, ActionInput]:
    """Return the arguments of each action, as the specification has them."""
    spec = given(BUNDLED)
    found = {action: ActionInput(frozenset({name}), frozenset()) for action, name in _IDS.items()}
    for action, (resource, method) in {**_METHODS, ".".join(_SYNC): _SYNC}.items():
        operation = spec.operations(resource)[method]
        required = {parameter.name for parameter in operation.required}
        optional = {parameter.name for parameter in operation.optional}
        # A job is called like its task where it has no name; `id` is that of the import.
        optional |= required & {"name"}
        found[action] = ActionInput(frozenset(required - {"name", "id"}), frozenset(optional))
    import_ = found["civis.import"]
    found["civis.import"] = ActionInput(import_.required, import_.optional | {"syncs"})
    return found
