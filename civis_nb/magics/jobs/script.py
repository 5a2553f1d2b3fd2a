"""``%%civis_run``: run the cell on the platform, as a script of its own."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from civis_nb.errors import CivisAPIError, CivisMagicError, CivisSQLError
from civis_nb.futures.executors import DEFAULT_IMAGE
from civis_nb.magics.failures import Origin, sql_failure
from civis_nb.magics.jobs.arguments import params_for
from civis_nb.magics.jobs.finding import dictionary, values_of
from civis_nb.magics.jobs.following import FOLLOW_OPTIONS, FollowOptions, RunOfJob, run_and_follow
from civis_nb.magics.options import Option, Positional, Syntax
from civis_nb.magics.session import Session
from civis_nb.magics.sql.binding import Bound
from civis_nb.magics.words import LANGUAGES, parameter, positive, variable
from civis_nb.near_names import did_you_mean

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = ["SYNTAX", "ScriptCall", "run_script_magic"]

_CPU, _MEMORY_MIB = 1024, 1024
#: A command is one argument of a process, of which Linux takes 128 KiB at most.
_MAX_COMMAND_BYTES: Final = 120_000

SYNTAX: Final = Syntax(
    "%%civis_run",
    "Run the cell on the platform, show its state and log, and wait for its end.\n\n"
    "The cell is sent as it is, as the source of a hidden script. Arguments and frames reach it\n"
    "as environment variables: -a n=5 as N, -i people as PEOPLE_URL, from which the script reads\n"
    "a CSV file: pandas.read_csv(os.environ['PEOPLE_URL']). In SQL, {{n}} is replaced.\n\n"
    "Interrupting the kernel cancels the run. A run that fails raises CivisJobFailure.",
    (
        Positional("LANGUAGE", "python, r, sql or shell.", required=True),
    ),
    (
        Option(("--name",), "The script's name.", "NAME", also=("--title",)),
        Option(("--image",), "The Docker image in which it runs; for r and python without it the "
               "platform's own.", "REPO:TAG", also=("--docker", "--docker-image")),
        Option(("--cpu",), "Thousandths of a core that it needs.", "M", positive,
               also=("--cpus", "--cores")),
        Option(("--mem",), "MiB of memory that it needs.", "MIB", positive,
               also=("--memory", "--ram")),
        Option(("-d", "--database"), "With sql: the database, by name or id.", "DB",
               also=("--db",)),
        Option(("-a", "--argument"), "An argument: a number, True, False, a "
               "variable ($n or {n}) or text.", "K=V",
               parameter, repeated=True, also=("--arg", "--param", "-p", "--set", "--env")),
        Option(("--args",), "A dictionary with arguments.", "DICTVAR", variable,
               also=("--arguments", "--params", "--kwargs")),
        Option(("-i", "--input"), "A frame that the script reads from a CSV file.", "DFVAR",
               variable, repeated=True, also=("--inputs", "--frame", "--df")),
        Option(("--keep",), "Keep the script among your scripts, not hidden.",
               also=("--no-hide", "--visible", "--save")),
        *FOLLOW_OPTIONS,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class ScriptCall(FollowOptions):
    """What a ``%%civis_run`` asks for; the fields are the options'."""

    source: str
    language: str
    name: str | None = None
    image: str | None = None
    cpu: int | None = None
    mem: int | None = None
    database: str | None = None
    given: dict[str, Any] = field(default_factory=dict)
    args: str | None = None
    inputs: tuple[str, ...] = ()
    keep: bool = False

    @classmethod
    def parse(cls, line: str, cell: str) -> ScriptCall:
        """Read the line and the cell.

        Raises
        ------
        CivisMagicError
            When the line can't be read, or options do not fit the language.
        """
        if not line.strip():
            raise CivisMagicError(
                f"%%civis_run needs a language: {', '.join(LANGUAGES)}. To run a job that is on "
                "the platform: %civis_run NAME, with one percent sign."
            )
        values = SYNTAX.parse(line)
        language = _language(values["language"])
        values["language"] = language
        if not cell.strip():
            raise CivisMagicError(
                "%%civis_run: the cell is empty. Write the script below the line."
            )
        for option, fits in (
            ("image", language != "sql"), ("cpu", language != "sql"), ("mem", language != "sql"),
            ("input", language != "sql"), ("database", language == "sql"),
        ):  # fmt: skip
            if values[option] and not fits:
                flag = {"input": "-i", "database": "-d"}.get(option, f"--{option}")
                raise CivisMagicError(f"%%civis_run {language}: {flag} has no meaning here.")
        given = dict(values.pop("argument"))
        inputs = tuple(dict.fromkeys(values.pop("input")))
        return cls(source=cell, given=given, inputs=inputs, **values)


def _language(word: str) -> str:
    """Return the language that a word names."""
    known = {"python3": "python", "py": "python", "bash": "shell", "sh": "shell", "R": "r"}
    found = known.get(word, word.lower())
    if found not in LANGUAGES:
        hint = did_you_mean(found, LANGUAGES, 1)
        raise CivisMagicError(
            f"%%civis_run: the language can't be {word!r}; it is one of {', '.join(LANGUAGES)}."
            f"{hint} To run a job that is on the platform: %civis_run, with one percent sign."
        )
    return found


def run_script_magic(
    call: ScriptCall,
    session: Session,
    user_ns: MutableMapping[str, Any],
    namespaces: Sequence[Mapping[str, Any]],
    cell: int | None = None,
) -> Any:
    """Run a ``%%civis_run``.

    Parameters
    ----------
    call
        What it asks for.
    session
        The client.
    user_ns
        Where the outputs go.
    namespaces
        Where variables are looked up, the first one first.
    cell
        The number of the cell.

    Returns
    -------
    CivisFuture or None
        The run, with ``--bg``.

    Raises
    ------
    CivisMagicError
        When an argument or a frame can't be passed to the script.
    CivisJobFailure
        When the run failed or was cancelled; of SQL `CivisSQLError`, with the place in the cell.
    KeyboardInterrupt, CivisTimeoutError
        When the wait ended early; the run is cancelled.
    """
    client = session.client()
    arguments = {**dictionary(call.args, "--args", namespaces), **values_of(call.given, namespaces)}
    params = params_for(arguments)
    frames = {name: _frame(name, namespaces) for name in call.inputs}
    if twice := sorted(set(arguments) & set(frames)):
        raise CivisMagicError(f"%%civis_run: {twice[0]} is given with -a and with -i.")
    for name, frame in frames.items():
        arguments[name] = _upload(client, name, frame)
        params.append({"name": name, "type": "file"})
    values = {
        "name": call.name or f"Notebook cell ({call.language})",
        "params": params,
        "arguments": _plain(arguments),
        "hidden": not call.keep,
    }
    try:
        script = _create(client, call, session, values)
    except CivisAPIError as error:
        if call.language == "r" and error.status_code in (404, 405, 501):
            raise CivisMagicError(
                "%%civis_run r: this platform runs no R scripts. Use Civis Platform, or python. "
                f"({error.error_message})"
            ) from None
        raise
    run = RunOfJob(int(script.id), str(script.name), call.language)
    try:
        return run_and_follow(run, call, session, user_ns, cell)
    except CivisSQLError as error:
        source = Bound(call.source, call.source)
        origin = Origin.find(None, call.source, behind_first_line=True)
        raise sql_failure(error, source, origin, None) from error


def _create(client: Client, call: ScriptCall, session: Session, values: dict[str, Any]) -> Any:
    """Create the script; return it."""
    if call.language == "sql":
        database = session.database(call.database)
        credential = client.default_database_credential_id
        return client.scripts.post_sql(
            sql=call.source, remote_host_id=database.id, credential_id=credential, **values
        )
    resources = {"cpu": call.cpu or _CPU, "memory": call.mem or _MEMORY_MIB}
    if call.language != "shell" and call.image is None:
        if call.cpu or call.mem:
            values["required_resources"] = resources
        create = client.scripts.post_python3 if call.language == "python" else _post_r(client)
        return create(source=call.source, **values)
    image, tag = _image_and_tag(call.image or DEFAULT_IMAGE)
    return client.scripts.post_containers(
        resources,
        docker_command=_command(call),
        docker_image_name=image,
        **({"docker_image_tag": tag} if tag else {}),
        **values,
    )


def _image_and_tag(image: str) -> tuple[str, str]:
    """Return an image's name, and its tag or nothing; a registry's port is no tag.

    Examples
    --------
    >>> _image_and_tag("host:5000/team/image"), _image_and_tag("image:v1")
    (('host:5000/team/image', ''), ('image', 'v1'))
    """
    path, slash, last = image.rpartition("/")
    name, _, tag = last.partition(":")
    return path + slash + name, tag


def _post_r(client: Client) -> Any:
    """Return the method that creates R scripts; raises where the platform has none."""
    try:
        return client.scripts.post_r
    except AttributeError:
        raise CivisMagicError(
            "%%civis_run r: this platform runs no R scripts. Use Civis Platform, or python."
        ) from None


def _command(call: ScriptCall) -> str:
    """Return the command of a container; one in which a program reads the cell as its script."""
    command = call.source
    if call.language != "shell":
        program = "python -" if call.language == "python" else "Rscript -"
        end = f"CIVIS_{secrets.token_hex(8)}"
        newline = "" if call.source.endswith("\n") else "\n"
        command = f"{program} <<'{end}'\n{call.source}{newline}{end}\n"
    size = len(command.encode("utf-8", "surrogatepass"))
    if size > _MAX_COMMAND_BYTES:
        raise CivisMagicError(
            f"%%civis_run: the cell has {size:,} bytes, and the command of a container at most "
            f"{_MAX_COMMAND_BYTES:,}. Put the data into a frame and give it with -i, or put the "
            "script into a repository."
        )
    return command


def _frame(name: str, namespaces: Sequence[Mapping[str, Any]]) -> Any:
    """Return a frame of the notebook as one of pandas or polars."""
    found: Any = next((names[name] for names in namespaces if name in names), None)
    if hasattr(found, "to_polars"):  # a result table
        return found.to_polars()
    library = type(found).__module__.partition(".")[0]
    if library == "pyarrow" and hasattr(found, "to_pylist"):
        import polars

        return polars.from_arrow(found)
    if library not in ("pandas", "polars") or not hasattr(found, "columns"):
        what = "is not set" if found is None else f"is of type {type(found).__name__}"
        raise CivisMagicError(
            f"%%civis_run: -i takes frames of pandas or polars, Arrow tables and result tables; "
            f"{name} {what}."
        )
    return found


def _upload(client: Any, name: str, frame: Any) -> int:
    """Upload a frame as a CSV file; return the file's id."""
    from civis_nb.io import dataframe_to_file

    # An index that only counts the rows is no data.
    index = getattr(frame, "index", None)
    options: Any = {} if index is None else {"index": type(index).__name__ != "RangeIndex"}
    return int(dataframe_to_file(frame, name=f"{name}.csv", client=client, **options))


def _plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments as JSON has them."""
    return {
        name: float(value) if isinstance(value, Decimal) else value
        for name, value in arguments.items()
    }
