"""``civis-nb workflows``: validate, show, run."""

from __future__ import annotations

import datetime
import json
import queue
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from civis_nb._visible import printable
from civis_nb.cli.api import api_of
from civis_nb.cli.command import Command
from civis_nb.cli.exits import FAILED
from civis_nb.cli.values import Document
from civis_nb.errors import CivisCancelledError, CivisInputError, CivisJobFailure

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient
    from civis_nb.futures.future import CivisFuture

__all__ = ["run", "show", "validate"]

_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True)
#: Of so many executions the states are listed.
_EXECUTIONS = 5


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, type=_FILE)
def validate(files: tuple[str, ...]) -> None:
    """Check the workflow definitions in FILES; - is the standard input.

    Errors are what Civis Platform refuses; warnings what it takes and what can't work. Nothing
    is sent. The exit code is 1 where there are errors.
    """
    from civis_nb.workflows import check_workflow

    invalid = 0
    for name in files:
        problems = check_workflow(_text(name))
        for problem in problems:
            place, _, message = str(problem).partition(": ")
            click.echo(f"{name}: {problem.severity}: {place}: {message}")
        errors = [each for each in problems if each.severity == "error"]
        invalid += bool(errors)
        if not errors:
            click.echo(f"{name} is valid.", err=True)
    sys.exit(FAILED if invalid else 0)


@click.command(cls=Command)
@click.argument("workflow")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), help="Store the drawing: .svg or .html."
)
@click.option(
    "-e",
    "--execution",
    metavar="ID",
    help="Show the states of the tasks in this execution; latest: in the newest one.",
)
@click.pass_context
def show(ctx: click.Context, workflow: str, output: str | None, execution: str | None) -> None:
    """Show the tasks of WORKFLOW, and what leads from one to another.

    WORKFLOW is the file of a definition, - for the standard input, or the id of a workflow on
    the platform, of which the newest executions are listed.
    """
    from civis_nb.transport.sinks import complete_file
    from civis_nb.workflows import Workflow

    suffix = Path(output).suffix.lower() if output is not None else ""
    if output is not None and suffix not in (".svg", ".html"):
        raise click.UsageError(f"A drawing is an .svg or an .html file, not {output}.")
    client = api_of(ctx).client() if _is_id(workflow) else None
    if execution is not None:
        if client is None:
            raise click.UsageError("--execution is for a workflow on the platform: give its id.")
        lines, picture = _drawn_execution(client, int(workflow), execution, suffix)
    else:
        text = _text(workflow) if client is None else _stored(client, int(workflow))
        drawn = Workflow.from_yaml(text)
        lines = [repr(drawn)]
        picture = drawn.to_svg() if suffix == ".svg" else drawn.to_html()
        if client is not None and output is None:
            lines += _newest_executions(client, int(workflow))
    if output is None:
        click.echo("\n".join(lines))
        return
    picture = picture if suffix == ".svg" else _page(picture)
    with complete_file(output) as file:
        file.write(picture.encode())


@click.command(cls=Command)
@click.argument("workflow")
@click.option(
    "-a",
    "--argument",
    "arguments",
    multiple=True,
    metavar="NAME=VALUE",
    help="An input of the workflow, as JSON or else as text; may be given several times.",
)
@click.option("--input", "inputs", type=Document("object"), help="All inputs.")
@click.option("--task", "tasks", multiple=True, help="Run this task only; may be given again.")
@click.option("--target-task", help="The task that a workflow of the type reverse is for.")
@click.option("--name", help="What a workflow that is made from a file is called; else as it.")
@click.option("--no-wait", is_flag=True, help="Start it, print the execution's id, and end.")
@click.pass_context
def run(
    ctx: click.Context,
    workflow: str,
    arguments: tuple[str, ...],
    inputs: dict[str, Any] | None,
    tasks: tuple[str, ...],
    target_task: str | None,
    name: str | None,
    no_wait: bool,
) -> None:
    """Execute WORKFLOW, and show how far its tasks have come, until it has ended.

    WORKFLOW is the id of a workflow on the platform, or the file of a definition, which is
    checked, and stored there as a new workflow. The exit code is 1 unless the execution
    succeeds. Ctrl-C cancels it.
    """
    from civis_nb.futures.interrupts import PendingStart
    from civis_nb.utils.executions import start_execution
    from civis_nb.workflows import validate_workflow_yaml
    from civis_nb.workflows.inputs import check_inputs

    if _is_id(workflow) and name is not None:
        raise click.UsageError("--name is for a workflow that is made from a file.")
    client = api_of(ctx).client()
    given = {**(inputs or {}), **dict(map(_argument, arguments))}
    named = [*tasks, *([target_task] if target_task else [])]
    if _is_id(workflow):
        workflow_id = int(workflow)
        check_inputs(_stored(client, workflow_id), given, named)
    else:
        text = _text(workflow)
        validate_workflow_yaml(text)
        check_inputs(text, given, named)
        made = client.workflows.post(name or Path(workflow).stem.strip("-") or "workflow",
                                     definition=text)  # fmt: skip
        workflow_id = made.id
        click.echo(f"Workflow {workflow_id} ({printable(made.name)}) is created.", err=True)
    options = {"input": given, "included_tasks": list(tasks), "target_task": target_task}
    pending = PendingStart(partial(start_execution, client, workflow_id, progress=False, **options))
    try:
        future = pending.future()
        click.echo(f"Execution ID: {future.run_id}")
        if not no_wait:
            _follow(future)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(pending.cancel()) from None


def _follow(future: CivisFuture) -> None:
    """Write each change of a task's state until the execution has ended; then how it ended."""
    from civis_nb._waiting import queue_get

    seen: queue.Queue[Any] = queue.Queue()
    future.subscribe(lambda _, execution: seen.put(execution))
    future.call_at_end(lambda _: seen.put(None))
    written: dict[str, str] = {}
    while (execution := queue_get(seen)) is not None:
        for task in execution.tasks or ():
            if task.mistral_state == "idle":
                continue
            line = _task_line(task)
            if written.get(task.name) != line:
                written[task.name] = line
                now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
                click.echo(f"{now.removesuffix('+00:00')}Z {line}")
        _write_pause(execution, written)
    what = f"Execution {future.run_id} of workflow {future.job_id}"
    try:
        state = future.result().state
    except (CivisJobFailure, CivisCancelledError) as error:
        click.echo(f"{what}: {future.state}. {printable(str(error))}", err=True)
        sys.exit(FAILED)
    click.echo(f"{what}: {state}", err=True)


def _task_line(task: Any) -> str:
    """Return the state of a task, and which run it is at."""
    runs = list(task.runs or ())
    ids = f" (job {runs[0].job_id}, run {runs[0].id})" if runs else ""
    why = f": {task.mistral_state_info}" if task.mistral_state_info else ""
    return printable(f"{task.name}: {task.mistral_state}{ids}{why}")


def _write_pause(execution: Any, written: dict[str, str]) -> None:
    """Write once that the execution is paused, and how it is resumed."""
    is_paused = execution.mistral_state == "paused"
    if is_paused and "" not in written:
        written[""] = "paused"
        click.echo("It is paused: civis-nb workflows post-executions-resume goes on.", err=True)
    elif not is_paused:
        written.pop("", None)


def _drawn_execution(
    client: APIClient, workflow_id: int, execution: str, suffix: str
) -> tuple[list[str], str]:
    """Return an execution with the states of its tasks, as lines of text and as a picture."""
    from civis_nb.futures.execution import execution_picture
    from civis_nb.workflows import Workflow

    if execution == "latest":
        newest = client.workflows.list_executions(workflow_id, limit=1)
        if not newest:
            raise CivisInputError(f"Workflow {workflow_id} has no execution yet.")
        execution = str(newest[0].id)
    if not execution.isdecimal():
        raise click.UsageError(f"--execution takes the id of an execution, or latest: {execution}.")
    found = client.workflows.get_executions(workflow_id, int(execution))
    picture = execution_picture(found)
    if picture is None:
        raise CivisInputError(f"Execution {execution} of workflow {workflow_id} has no tasks.")
    lines = [f"workflow {workflow_id}, {_execution_line(found)}", picture.text()]
    if suffix == ".svg":
        return lines, Workflow.from_yaml(found.definition).to_svg(picture.states)
    return lines, str(picture.html())


def _newest_executions(client: APIClient, workflow_id: int) -> list[str]:
    """Return a line for each of the newest executions of a workflow, and how to see more."""
    newest = client.workflows.list_executions(workflow_id, limit=_EXECUTIONS)
    if not newest:
        return []
    more = f"--execution {newest[0].id} shows the states of its tasks."
    return ["", *map(_execution_line, newest), more]


def _execution_line(execution: Any) -> str:
    """Return the state of an execution, and when it began and ended."""
    state = "paused" if execution.mistral_state == "paused" else execution.state
    ended = f" to {execution.finished_at}" if execution.finished_at else ""
    began = f", {execution.started_at}{ended}" if execution.started_at else ""
    why = f": {execution.mistral_state_info}" if execution.mistral_state_info else ""
    return printable(f"execution {execution.id}: {state}{began}{why}")


def _is_id(workflow: str) -> bool:
    return workflow.isdecimal() and not Path(workflow).is_file()


def _text(name: str) -> str:
    """Return the text of a file, or of the standard input."""
    if name == "-":
        return sys.stdin.read()
    try:
        # Without the byte order mark that some editors write.
        return Path(name).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CivisInputError(f"{name} is no text in UTF-8.") from None
    except FileNotFoundError:
        raise CivisInputError(
            f"There is no file {name}, and it is no id of a workflow: "
            "civis-nb workflows list shows those."
        ) from None


def _stored(client: APIClient, workflow_id: int) -> str:
    """Return the definition of a workflow on the platform."""
    found = client.workflows.get(workflow_id)
    if not found.definition:
        raise CivisInputError(f"Workflow {workflow_id} has no definition.")
    return str(found.definition)


def _argument(text: str) -> tuple[str, Any]:
    """Return name and value of an option ``-a NAME=VALUE``."""
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise click.UsageError(f"-a takes NAME=VALUE, not {text!r}.")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value  # not JSON, so text: 00501 stays what it is


def _page(content: str) -> str:
    """Return a whole page of HTML."""
    return f'<!doctype html>\n<meta charset="utf-8">\n<title>Workflow</title>\n{content}\n'
