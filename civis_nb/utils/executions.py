"""Start executions of workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisAPIError
from civis_nb.futures.future import CivisFuture

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = ["start_execution"]


def start_execution(
    client: Client, workflow_id: int, *, progress: bool | None = None, **options: Any
) -> CivisFuture:
    """Start an execution of a workflow, and return its future.

    Parameters
    ----------
    client
        The client.
    workflow_id
        The workflow.
    progress
        As for `CivisFuture`.
    **options
        The other arguments of ``client.workflows.post_executions``; empty ones are not sent.

    Raises
    ------
    CivisAPIError
        When the platform refuses it; a note explains a refusal because one is active.
    """
    given = {name: value for name, value in options.items() if value}
    try:
        execution = client.workflows.post_executions(workflow_id, **given)
    except CivisAPIError as error:
        if error.status_code == 409:
            error.add_note(
                f"If workflow {workflow_id} is being executed already, and allows one execution at "
                "a time, wait for its end, or cancel it."
            )
        raise
    return CivisFuture(
        client.workflows.get_executions,
        (workflow_id, execution.id),
        client=client,
        progress=progress,
        seen=execution,
    )
