"""``%civis_run``: run a job of the platform, a script made from a template, or a workflow."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from civis_nb.magics.jobs.arguments import (
    check_has_arguments,
    checked_arguments,
    copy_with_arguments,
    script_of,
)
from civis_nb.magics.jobs.finding import JOB, TEMPLATE, WORKFLOW, dictionary, find, values_of
from civis_nb.magics.jobs.following import FOLLOW_OPTIONS, FollowOptions, RunOfJob, run_and_follow
from civis_nb.magics.jobs.workflow import ExecutionOf, checked_inputs
from civis_nb.magics.options import Option, Positional, Syntax
from civis_nb.magics.session import Session
from civis_nb.magics.words import Token, parameter, variable, word

__all__ = ["SYNTAX", "JobCall", "run_job_magic"]

SYNTAX: Final = Syntax(
    "%civis_run",
    "Start a job, show its state and log while it runs, and wait for its end.\n\n"
    "Interrupting the kernel cancels the run. A run that fails raises CivisJobFailure.",
    (
        Positional(
            "JOB_ID|NAME",
            "The id of a job or script of any type, or its name; a name with spaces in quotes. A "
            "variable with the id, or with the job itself, may be given as well: job, $job or "
            "{job.id}.",
            required=True,
            read=word,
        ),
    ),
    (
        Option(("-a", "--argument"), "An argument of the job, checked against its parameters. With "
               "arguments a hidden copy of the job runs: the job itself keeps its own. V may be a "
               "variable: $day or {day}.", "K=V",
               parameter, repeated=True, also=("--arg", "--param", "-p", "--set")),
        Option(("--args",), "A dictionary with arguments.", "DICTVAR", variable,
               also=("--arguments", "--params", "--kwargs")),
        Option(("--template",), "The name or id is a template's: a hidden script is made from it, "
               "with the arguments, and runs.", also=("--from-template", "--custom")),
        Option(("--workflow",), "The name or id is a workflow's: it is executed, with the "
               "arguments as its inputs. Its graph shows the tasks.", also=("--flow",)),
        *FOLLOW_OPTIONS,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class JobCall(FollowOptions):
    """What a ``%civis_run`` asks for; the fields are the options'."""

    job: Token
    given: dict[str, Any] = field(default_factory=dict)
    args: str | None = None
    template: bool = False
    workflow: bool = False

    @classmethod
    def parse(cls, line: str) -> JobCall:
        """Read the magic's line.

        Raises
        ------
        CivisMagicError
            When it can't be read.
        """
        values = SYNTAX.parse(line)
        SYNTAX.exclusive(values, "template", "workflow")
        given = dict(values.pop("argument"))
        return cls(job=values.pop("job_id|name"), given=given, **values)


def run_job_magic(
    call: JobCall,
    session: Session,
    user_ns: MutableMapping[str, Any],
    namespaces: Sequence[Mapping[str, Any]] = (),
    cell: int | None = None,
) -> Any:
    """Run a ``%civis_run``.

    Parameters
    ----------
    call
        What it asks for.
    session
        The client.
    user_ns
        Where the outputs go.
    namespaces
        Where variables are looked up that hold a job or its id, the first one first.
    cell
        The number of the cell.

    Returns
    -------
    CivisFuture or None
        The run, with ``--bg``.

    Raises
    ------
    CivisMagicError
        When there is no such job, several of that name, or it does not take the arguments.
    CivisJobFailure
        When the run failed or was cancelled.
    KeyboardInterrupt, CivisTimeoutError
        When the wait ended early; the run is cancelled.
    """
    client = session.client()
    namespaces = namespaces or (user_ns,)
    kind = TEMPLATE if call.template else WORKFLOW if call.workflow else JOB
    found = find(client, kind, call.job, namespaces)
    given = {**dictionary(call.args, "--args", namespaces), **values_of(call.given, namespaces)}
    title = str(found.get("name") or f"{kind.noun.capitalize()} {found.id}")
    if call.workflow:
        definition = str(client.workflows.get(found.id).definition or "")
        execution = ExecutionOf(int(found.id), title, checked_inputs(definition, given))
        return run_and_follow(execution, call, session, user_ns, cell)
    if call.template:
        template = client.templates.get_scripts(found.id)  # a list has no parameters
        line = f"%civis_run {call.job.raw} --template"
        arguments = checked_arguments(client, template, given, line)
        name = f"{title} (from a template)"  # no name by which a later call finds it
        job = client.scripts.post_custom(found.id, name=name, arguments=arguments, hidden=True)
    elif given:
        path, script = script_of(client, found)
        arguments = checked_arguments(client, script, given, f"%civis_run {call.job.raw}")
        job = copy_with_arguments(client, path, script, arguments)
    else:
        check_has_arguments(client, found, f"%civis_run {call.job.raw}")
        job = found
    return run_and_follow(RunOfJob(int(job.id), title, "job"), call, session, user_ns, cell)
