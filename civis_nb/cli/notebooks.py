"""``civis-nb notebooks``: new, up, down, open, download."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from civis_nb._wire_text import is_loopback
from civis_nb.cli.api import api_of
from civis_nb.cli.command import Command
from civis_nb.errors import CivisInputError, CivisLocalError, EmptyResultError

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = ["down", "download", "new", "open_page", "up"]

_PAGE = "https://platform.civisanalytics.com/#/notebooks/{}?fullscreen=true"
_NO_PAGES = "A local platform has no pages: there is nothing to open"
_STOPPABLE = ("pending", "running")

_MEMORY = click.option("--mem", type=int, help="Memory in MiB.")
_CPU = click.option("--cpu", type=int, help="CPU in thousandths of a core.")


@click.command(cls=Command)
@click.argument("language", type=click.Choice(["python3", "r"]), default="python3")
@_MEMORY
@_CPU
@click.pass_context
def new(ctx: click.Context, language: str, mem: int | None, cpu: int | None) -> None:
    """Create a notebook, start it, and open it in the browser."""
    client = api_of(ctx).client()
    notebook = client.notebooks.post(language=language, **_given(memory=mem, cpu=cpu))
    page = _page(client, notebook.id)
    click.echo(
        f"Created new {language} notebook with ID {notebook.id} in Civis Platform"
        f" ({page.partition('?')[0]})."
    )
    _start(client, notebook.id)


@click.command(cls=Command)
@click.argument("notebook_id", type=int)
@_MEMORY
@_CPU
@click.pass_context
def up(ctx: click.Context, notebook_id: int, mem: int | None, cpu: int | None) -> None:
    """Start the notebook NOTEBOOK_ID, and open it in the browser."""
    client = api_of(ctx).client()
    if changes := _given(memory=mem, cpu=cpu):
        client.notebooks.patch(notebook_id, **changes)
    _start(client, notebook_id)


@click.command(cls=Command)
@click.argument("notebook_id", type=int)
@click.pass_context
def down(ctx: click.Context, notebook_id: int) -> None:
    """Stop the notebook NOTEBOOK_ID."""
    client = api_of(ctx).client()
    newest = client.notebooks.get(notebook_id).most_recent_deployment
    state = getattr(newest, "state", None)
    if newest is None or state not in _STOPPABLE:
        message = f'is in state "{state}"' if state else "was never started"
        raise CivisInputError(f"Notebook {notebook_id} {message} and can't be stopped.")
    client.notebooks.delete_deployments(notebook_id, newest.deployment_id)


@click.command("open", cls=Command)
@click.argument("notebook_id", type=int)
@click.pass_context
def open_page(ctx: click.Context, notebook_id: int) -> None:
    """Open the notebook NOTEBOOK_ID in the browser."""
    client = api_of(ctx).client()
    if is_loopback(client.base_url):
        raise CivisLocalError(f"{_NO_PAGES}.")
    _open(client, notebook_id)


@click.command(cls=Command)
@click.argument("notebook_id", type=int)
@click.argument("path", type=click.Path(dir_okay=False))
@click.pass_context
def download(ctx: click.Context, notebook_id: int, path: str) -> None:
    """Download the notebook NOTEBOOK_ID to PATH, which appears once it is complete."""
    from civis_nb.io.files.transfers import check_folder
    from civis_nb.transport.download import Remote, stream
    from civis_nb.transport.presigned import session_for
    from civis_nb.transport.sinks import write_path

    check_folder(path)
    client = api_of(ctx).client()
    what = f"notebook {notebook_id}"

    def link() -> Any:
        return client.notebooks.get(notebook_id).notebook_url

    url = link()
    if not url:
        raise EmptyResultError(f"{what} has no content yet: open it once, and save it.")
    write_path(stream(Remote(what, url, renew=link), session_for(client)), path, what)


def _given(**values: int | None) -> dict[str, int]:
    return {name: value for name, value in values.items() if value is not None}


def _start(client: APIClient, notebook_id: int) -> None:
    client.notebooks.post_deployments(notebook_id)
    _open(client, notebook_id)


def _page(client: APIClient, notebook_id: int) -> str:
    """Return the page of a notebook; the API's own record on a local platform."""
    if is_loopback(client.base_url):
        return f"{client.base_url}notebooks/{notebook_id}"
    return _PAGE.format(notebook_id)


def _open(client: APIClient, notebook_id: int) -> None:
    """Open the page of a notebook, where there is one; say where it is, if nothing opens it."""
    if is_loopback(client.base_url):
        click.echo(f"{_NO_PAGES}.", err=True)
        return
    import webbrowser

    page = _PAGE.format(notebook_id)
    if not webbrowser.open(page, new=2, autoraise=True):
        click.echo(f"There is no browser to open it: {page}", err=True)
