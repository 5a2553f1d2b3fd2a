"""``civis-nb jobs follow-log`` and ``follow-run-log``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from civis_nb._visible import printable
from civis_nb.cli.api import api_of
from civis_nb.cli.command import Command
from civis_nb.cli.exits import FAILED
from civis_nb.errors import CivisInputError

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = ["follow_log", "follow_run_log"]

_EXIT_STATUS = click.option(
    "--exit-status",
    is_flag=True,
    help="End with exit code 1 where the run did not succeed.",
)


@click.command(cls=Command)
@click.argument("id", type=int)
@_EXIT_STATUS
@click.pass_context
def follow_log(ctx: click.Context, id: int, exit_status: bool) -> None:
    """Show the log of the newest run of the job ID, until the run has ended.

    A line is the time in ISO 8601, a blank, and the message. How the run ended is said on the
    standard error. Ctrl-C stops the showing, not the run.
    """
    from civis_nb.futures.run import newest_run_id

    client = api_of(ctx).client()
    run_id = newest_run_id(client, id)
    if run_id is None:
        raise CivisInputError(
            f"Job {id} has no run yet, and so no log: civis-nb jobs post-runs {id} starts one."
        )
    click.echo(f"Run ID: {run_id}")
    _follow(client, id, run_id, exit_status)


@click.command(cls=Command)
@click.argument("id", type=int)
@click.argument("run_id", type=int)
@_EXIT_STATUS
@click.pass_context
def follow_run_log(ctx: click.Context, id: int, run_id: int, exit_status: bool) -> None:
    """Show the log of the run RUN_ID of the job ID, until it has ended.

    A line is the time in ISO 8601, a blank, and the message. How the run ended is said on the
    standard error. Ctrl-C stops the showing, not the run.
    """
    _follow(api_of(ctx).client(), id, run_id, exit_status)


def _follow(client: APIClient, job_id: int, run_id: int, exit_status: bool) -> None:
    """Show a log, then how its run ended."""
    from civis_nb.futures.states import state_of
    from civis_nb.utils import job_logs

    what = f"Run {run_id} of job {job_id}"
    seen = printable if sys.stdout.isatty() else str
    try:
        for entry in job_logs(job_id, run_id, client=client):
            click.echo(f"{entry['created_at']} {seen(entry['message'].rstrip())}")
        run = client.jobs.get_runs(job_id, run_id)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"{what} goes on: civis-nb jobs delete-runs {job_id} {run_id} cancels it."
        ) from None
    state = state_of(run)
    why = f": {run.error}" if getattr(run, "error", None) else ""
    click.echo(f"{what}: {state}{printable(why)}", err=True)
    if exit_status and state != "succeeded":
        sys.exit(FAILED)
