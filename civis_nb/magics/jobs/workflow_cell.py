"""``%%civis_workflow``: a cell of YAML that is checked, drawn, and if wanted stored and run."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from civis_nb.display.bundle import Note
from civis_nb.display.screens import Screen
from civis_nb.errors import CivisMagicError
from civis_nb.magics.jobs.finding import WORKFLOW, dictionary, named, values_of
from civis_nb.magics.jobs.following import FOLLOW_OPTIONS, FollowOptions, run_and_follow
from civis_nb.magics.jobs.workflow import ExecutionOf, checked_inputs
from civis_nb.magics.options import Option, Positional, Syntax
from civis_nb.magics.session import Session
from civis_nb.magics.waiting import interrupted
from civis_nb.magics.words import parameter, variable

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client
    from civis_nb.workflows import Workflow

__all__ = ["SYNTAX", "WorkflowCall", "run_workflow_cell"]

_UNNAMED: Final = "Notebook cell (workflow)"

SYNTAX: Final = Syntax(
    "%%civis_workflow",
    "Check the workflow definition in the cell, and draw it.\n\n"
    "Errors are those of Civis Platform's own validator, with their places in the cell. Nothing\n"
    "is sent, unless --name or --run ask for it. Interrupting the kernel cancels an execution.",
    (
        Positional("VAR", "A variable for the workflow.", read=variable),
    ),
    (
        Option(("--name",), "Store it on the platform under this name: as a new workflow, or as "
               "the definition of the one that has the name.", "NAME", also=("--save", "--title")),
        Option(("--run",), "Execute it, and show its tasks while they run. Without --name it is "
               "stored as a hidden workflow.", also=("--execute",)),
        Option(("-a", "--argument"), "With --run: an input of the workflow.", "K=V", parameter,
               repeated=True, also=("--arg", "--param", "-p", "--set", "--input")),
        Option(("--args",), "With --run: a dictionary with inputs.", "DICTVAR", variable,
               also=("--arguments", "--params", "--kwargs")),
        *FOLLOW_OPTIONS,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class WorkflowCall(FollowOptions):
    """What a ``%%civis_workflow`` asks for; the fields are the options'."""

    yaml: str
    var: str | None = None
    name: str | None = None
    run: bool = False
    given: dict[str, Any] = field(default_factory=dict)
    args: str | None = None

    @classmethod
    def parse(cls, line: str, cell: str) -> WorkflowCall:
        """Read the line and the cell.

        Raises
        ------
        CivisMagicError
            When the line can't be read, the cell or the name is empty, or an option needs
            ``--run``.
        """
        values = SYNTAX.parse(line)
        cell = cell.removeprefix("\ufeff")  # what some editors put before a text is no part of it
        if values["name"] is not None and not values["name"].strip():
            raise CivisMagicError("%%civis_workflow: --name is blank. Give the workflow a name.")
        if not cell.strip():
            raise CivisMagicError(
                "%%civis_workflow: the cell is empty. Write the definition below the line; it "
                "begins with version: '2.0'."
            )
        if not values["run"]:
            options = [one for one in SYNTAX.options if one.flags[0] not in ("--name", "--run")]
            for option in options:
                if values[option.dest] not in (None, False, []):
                    raise CivisMagicError(
                        f"%%civis_workflow: {option.flags[0]} has a meaning with --run only."
                    )
        return cls(yaml=cell, given=dict(values.pop("argument")), **values)


def run_workflow_cell(
    call: WorkflowCall,
    session: Session,
    user_ns: MutableMapping[str, Any],
    namespaces: Sequence[Mapping[str, Any]],
    cell: int | None = None,
) -> Any:
    """Run a ``%%civis_workflow``.

    Parameters
    ----------
    call
        What it asks for.
    session
        The client.
    user_ns
        Where the workflow and the outputs go.
    namespaces
        Where variables are looked up, the first one first.
    cell
        The number of the cell.

    Returns
    -------
    Workflow, CivisFuture or None
        The workflow, which shows itself; with ``--run`` nothing, with ``--bg`` the execution.

    Raises
    ------
    WorkflowValidationError
        When the definition is not valid.
    CivisMagicError
        When an input does not fit, or several workflows have the name.
    CivisJobFailure
        When the execution failed or was cancelled.
    KeyboardInterrupt, CivisTimeoutError
        When the wait ended early; the execution is cancelled.
    """
    workflow = _checked(call.yaml)
    inputs = {**dictionary(call.args, "--args", namespaces), **values_of(call.given, namespaces)}
    if call.run:
        inputs = checked_inputs(call.yaml, inputs)
    if call.var:
        user_ns[call.var] = workflow
    if not (call.name or call.run):
        return workflow
    try:
        stored = _stored(session.client(), call)
    except KeyboardInterrupt:
        what = f"as {call.name!r}" if call.name else "as a hidden workflow"
        raise interrupted(
            f"Nothing was executed; whether the definition was stored {what} is not known."
        ) from None
    if not call.run:
        return workflow
    if workflow.problems:
        Screen().show(workflow.problems)
    execution = ExecutionOf(int(stored.id), str(stored.name), inputs)
    return run_and_follow(execution, call, session, user_ns, cell)


def _checked(yaml: str) -> Workflow:
    """Return the workflow; where it is not valid, the error has its places in the cell."""
    from civis_nb.workflows import Workflow, validate_workflow_yaml

    validate_workflow_yaml(f"\n{yaml}")  # below the line of the magic
    return Workflow.from_yaml(yaml if "\n" in yaml else f"{yaml}\n")


def _stored(client: Client, call: WorkflowCall) -> Any:
    """Store the definition on the platform; return the workflow."""
    if call.name is None:
        return client.workflows.post(_UNNAMED, definition=call.yaml, hidden=True)
    found = named(client, WORKFLOW, call.name)
    if found is None:
        made = client.workflows.post(call.name, definition=call.yaml)
        Screen().show(Note(f"Workflow {made.id} ({made.name}) is created."))
        return made
    changed = client.workflows.patch(found.id, definition=call.yaml)
    Screen().show(Note(f"Workflow {found.id} ({found.name}) has the definition of this cell now."))
    return changed
