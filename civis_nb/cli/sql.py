"""``civis-nb sql``: a statement to its result, on the screen or in a file."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import click

from civis_nb.cli.api import api_of
from civis_nb.cli.command import Command
from civis_nb.errors import CivisInputError, EmptyResultError

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = ["sql"]

_FORMATS: Final = ("table", "csv", "json", "parquet")
#: What the name of an output file says of its form; every other name is CSV.
_SUFFIXES: Final = {".parquet": "parquet", ".json": "json"}
#: The most rows that the API shows of a result without an export.
_MAX_ROWS: Final = 1000


@click.command(cls=Command, surplus="SQL is given with -c: civis-nb sql -c 'SELECT 1'.")
@click.option(
    "-d", "--dbname", help="The database, by name or id; else the setting database.", metavar="NAME"
)
@click.option("-c", "--command", help="The SQL.", metavar="SQL")
@click.option(
    "-f",
    "--filename",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="The file of the SQL.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    help="Store the whole result in this file: .csv, .json, .parquet; else CSV.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    help="How the result is written; all but the table have all of its rows.",
)
@click.option(
    "-n",
    "rows",
    type=click.IntRange(0, _MAX_ROWS),
    default=100,
    show_default=True,
    help="The most rows that the table shows.",
)
@click.option("-q", "--quiet", is_flag=True, help="Neither show the table nor any progress.")
@click.pass_context
def sql(
    ctx: click.Context,
    dbname: str | None,
    command: str | None,
    filename: str | None,
    output: str | None,
    form: str | None,
    rows: int,
    quiet: bool,
) -> None:
    """Run SQL, and show its result, or store it in a file.

    The SQL is that of --command or --filename, else it is read from the standard input.
    Ctrl-C cancels the query.
    """
    from civis_nb import config
    from civis_nb.transport.sinks import is_standard_output

    statement = _statement(command, filename)
    database = dbname or config.get("database")
    if not database:
        raise click.UsageError("Which database? Give -d NAME; civis-nb databases list shows them.")
    database = int(database) if str(database).isdecimal() else database
    if output is not None and (output == "-" or is_standard_output(output)):
        output, form = None, form or "csv"
    form = form or _form_of(output)
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise click.UsageError("Parquet is not for terminals: give a file, -o result.parquet.")
    if form == "table" and output is not None:
        raise click.UsageError("A table is shown, not stored: give another --format for -o.")
    client = api_of(ctx).client()
    progress = False if quiet else None
    if form == "table":
        shown = _table(client, statement, database, rows, progress)
        if not quiet:
            for line in shown:
                click.echo(line)
        return
    if ctx.get_parameter_source("rows") is click.core.ParameterSource.COMMANDLINE:
        click.echo(f"-n counts the rows of a table on screen: the {form} has all rows.", err=True)
    _store(client, statement, database, form, output, progress)
    if output is not None and not quiet and Path(output).exists():
        click.echo(f"Downloaded the result of the query to {output}.", err=True)


def _statement(command: str | None, filename: str | None) -> str:
    """Return the SQL of the command line, of a file, or of the standard input."""
    if command is not None and filename is not None:
        raise click.UsageError("Give -c or -f, not both.")
    if command is not None:
        text = command
    elif filename is not None and filename != "-":
        try:
            text = Path(filename).read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise CivisInputError(f"{filename} is no text in UTF-8.") from None
    else:
        if sys.stdin.isatty():
            click.echo("Type the SQL, and end it with Ctrl-D on a line of its own.", err=True)
        text = sys.stdin.read().removeprefix("\ufeff")
    try:
        text.encode()
    except UnicodeEncodeError:  # Python keeps other bytes of a command line as half characters
        raise CivisInputError("The SQL is no text in UTF-8; nothing was sent.") from None
    if not text.strip():
        raise click.UsageError("There is no SQL: give -c SQL, -f FILE, or the standard input.")
    return text


def _form_of(output: str | None) -> str:
    """Return in what form a result is written, by the name of its file."""
    if output is None:
        return "table"
    return _SUFFIXES.get(Path(output).suffix.lower(), "csv")


def _table(
    client: APIClient, statement: str, database: str | int, rows: int, progress: bool | None
) -> list[str]:
    """Return the lines of a table of the first rows; say where there are more."""
    from civis_nb.cli.table import table_lines
    from civis_nb.io import query_civis

    # One more than is shown tells whether there are more.
    asked = min(rows + 1, _MAX_ROWS)
    future = query_civis(statement, database, client=client, preview_rows=asked, progress=progress)
    result = future.result()
    columns, found = list(result.result_columns or ()), list(result.result_rows or ())
    if len(found) > rows:
        click.echo(f"These are the first {rows} rows: -n shows more, -o FILE stores all.", err=True)
    return table_lines(columns, found[:rows]) if columns else []


def _store(
    client: APIClient,
    statement: str,
    database: str | int,
    form: str,
    output: str | None,
    progress: bool | None,
) -> None:
    """Write the whole result to a file, or to the standard output; it is complete, or not there."""
    if form == "csv":
        if output is not None:
            _save_csv(client, statement, database, output, progress)
            return
        with tempfile.TemporaryDirectory(prefix="civis-nb-") as folder:
            path = Path(folder) / "result.csv"
            _save_csv(client, statement, database, path, progress)
            if path.exists():
                with path.open("rb") as content, _opened(None) as out:
                    shutil.copyfileobj(content, out)
        return
    from civis_nb.io import read_civis_sql
    from civis_nb.io.files.transfers import check_folder

    if output is not None:
        check_folder(output)
    try:
        table: Any = read_civis_sql(
            statement, database, "arrow", client=client, types="exact", progress=progress
        )
    except EmptyResultError as error:
        click.echo(f"Nothing is written: {error}", err=True)
        return
    with _opened(output) as out:
        if form == "parquet":
            import pyarrow.parquet

            pyarrow.parquet.write_table(table, out)
        else:
            from civis_nb.cli.table import write_json

            write_json(table, out)


def _save_csv(
    client: APIClient,
    statement: str,
    database: str | int,
    path: str | Path,
    progress: bool | None,
) -> None:
    """Write the whole result to a CSV file; say where there is none."""
    from civis_nb.io import civis_to_csv

    with warnings.catch_warnings():
        # It warns of a statement without a result, which is said below.
        warnings.simplefilter("ignore", RuntimeWarning)
        civis_to_csv(path, statement, database, client=client, progress=progress).result()
    if not Path(path).exists():
        click.echo("The statement was run. It has no result, so nothing is written.", err=True)


@contextlib.contextmanager
def _opened(output: str | None) -> Iterator[IO[bytes]]:
    """Open a file that appears once it is complete, or the standard output, for bytes."""
    from civis_nb.transport.sinks import complete_file

    if output is not None:
        with complete_file(output) as file:
            yield file
        return
    sys.stdout.flush()
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()
