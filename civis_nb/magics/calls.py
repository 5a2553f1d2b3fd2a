"""What ``%%civis_sql`` and its relatives take: their options, and the call they make of a line."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from civis_nb.errors import CivisMagicError
from civis_nb.magics.options import (
    Option,
    Positional,
    Syntax,
    chart,
    parameter,
    positive,
    seconds,
    variable,
)

__all__ = ["CELL", "LINE", "QUERY_CELL", "QUERY_LINE", "SqlCall"]

_OPTIONS: Final = (
    Option(
        ("-d", "--database"),
        "The database, by name or id. Without it: the setting database, else the only one.",
        "DB",
    ),
    Option(("--credential",), "The id of the credential; by default your own.", "ID", positive),
    Option(
        ("-p", "--param"),
        "A value for :K in the SQL. An unquoted number, True, False or None is one; the rest, "
        "and what is in quotes, is text.",
        "K=V",
        parameter,
        repeated=True,
    ),
    Option(("--params",), "A dictionary with values for :names.", "DICTVAR", variable),
    Option(
        ("--as",),
        "Fetch the whole result as a frame of this kind; lazy fetches the first rows "
        "only, and the rest when a frame is made of it.",
        "KIND",
        choices=("pandas", "polars", "arrow", "lazy"),
    ),
    Option(
        ("--types",),
        "The types of the frame: native ones, with decimals as floats where no digit is lost and "
        "dates as datetime64; the exact ones of the database; or what the frame's library infers.",
        "TYPES",
        choices=("native", "exact", "infer"),
    ),
    Option(("-n", "--rows"), "Rows to show.", "ROWS", positive),
    Option(("--max-rows",), "Keep at most this many rows of the result.", "N", positive),
    Option(("--bg",), "Go on at once: give a future, the result of which is the frame."),
    Option(("--timeout",), "Cancel the run when it has not ended after this time.", "S", seconds),
    Option(("--profile",), "Show what is in each column of the whole result."),
    Option(
        ("--plot",),
        "Draw the whole result: hist:X, bar:X[,Y], line:X[,Y] or box:X[,Y], with names of columns. "
        "It needs Altair.",
        "KIND:X[,Y]",
        chart,
    ),
    Option(("--no-run",), "Show the SQL with its values, and send nothing."),
    Option(("-q", "--quiet"), "Show nothing."),
)

_SUMMARY: Final = """\
Run SQL on a database.

``:name`` in the SQL is bound to a value: from -p, from --params, else from the variable of that
name. Lists expand for IN. Everything else reaches the server as it is written."""

CELL: Final = Syntax(
    "%%civis_sql",
    _SUMMARY
    + """

Without VAR, the first rows are shown, 1,000 at most, and the table is the cell's value. With
VAR, the whole result is fetched and assigned; a query that fails leaves VAR as
it was.""",
    (
        Positional(
            "VAR", "A variable for the result: a frame; with --bg a future.", False, variable
        ),
    ),
    _OPTIONS,
)
LINE: Final = Syntax(
    "%civis_sql",
    _SUMMARY
    + """

The first word that is no option begins the SQL. The value is a table of the first rows, 1,000 at
most, which can fetch the rest; with --as it is a frame of all rows.""",
    (Positional("SQL", "The statement, to the end of the line.", True, verbatim=True),),
    _OPTIONS,
)
_DATABASE: Final = Positional("DATABASE", "The database, by name or id.", True)
QUERY_CELL: Final = Syntax(
    "%%civisquery", "Run SQL: an older name of %%civis_sql -d DATABASE.", (_DATABASE,), _OPTIONS[1:]
)
QUERY_LINE: Final = Syntax(
    "%civisquery",
    "Fetch a result as a frame: an older name of %civis_sql --as pandas -d DATABASE SQL.",
    (_DATABASE, Positional("SQL", "The statement, to the end of the line.", True, verbatim=True)),
    _OPTIONS[1:],
)


@dataclass(frozen=True)
class SqlCall:
    """What a magic asks for.

    Attributes
    ----------
    sql
        The statement, as it was written.
    whole_cell
        Whether the cell holds nothing but this magic.
    kind
        The kind of frame that was asked for; None: none was.
    var, database, credential, params, types, rows, max_rows, bg, timeout, profile, plot, no_run, \
    quiet
        The options.
    given
        The values of ``-p``.
    """

    sql: str
    whole_cell: bool
    var: str | None = None
    database: str | None = None
    credential: int | None = None
    given: dict[str, Any] = field(default_factory=dict)
    params: str | None = None
    kind: str | None = None
    types: str | None = None
    rows: int | None = None
    max_rows: int | None = None
    bg: bool = False
    timeout: float | None = None
    profile: bool = False
    plot: tuple[str, ...] | None = None
    no_run: bool = False
    quiet: bool = False

    @classmethod
    def parse(cls, syntax: Syntax, line: str, cell: str | None) -> SqlCall:
        """Read the line, and the cell where there is one.

        Raises
        ------
        CivisMagicError
            When the line can't be read, or there is no SQL.
        """
        if cell is not None and _looks_like_sql(line):
            raise CivisMagicError(
                f"{syntax.magic}: the SQL begins on the next line. For one line of SQL, write "
                f"{syntax.magic.removeprefix('%')} with one percent sign."
            )
        values = syntax.parse(line)
        sql = cell if cell is not None else values.pop("sql")
        if not sql.strip():
            raise CivisMagicError(f"{syntax.magic}: there is no SQL. Write it below this line.")
        if values["as"] == "lazy" and values["bg"]:
            raise CivisMagicError(
                f"{syntax.magic}: --bg fetches a whole result; give --as pandas, polars or arrow."
            )
        if values["types"] == "infer" and values["as"] in ("arrow", "lazy"):
            raise CivisMagicError(
                f"{syntax.magic}: only pandas and polars infer types; with --as {values['as']}, "
                "give --types native or exact."
            )
        _check_view(syntax, values)
        given = dict(values.pop("param"))
        return cls(sql=sql, whole_cell=cell is not None, given=given, kind=values.pop("as"),
                   **values)  # fmt: skip

    @classmethod
    def parse_query(cls, syntax: Syntax, line: str, cell: str | None) -> SqlCall:
        """Read the line of a ``civisquery``, which begins with the database.

        Raises
        ------
        CivisMagicError
            As `parse`.
        """
        call = cls.parse(syntax, line, cell)
        database = (call.database or "").rstrip(";")
        kind = call.kind if cell is not None else call.kind or "pandas"
        return replace(call, database=database, kind=kind)


def _check_view(syntax: Syntax, values: dict[str, Any]) -> None:
    """Refuse a profile or a plot beside what it can't go with."""
    views = [
        flag for flag, on in (("--profile", values["profile"]), ("--plot", values["plot"])) if on
    ]
    against = [flag for flag, on in (("--bg", values["bg"]), ("--as lazy", values["as"] == "lazy"))
               if on]  # fmt: skip
    if views and len(views + against) > 1:
        raise CivisMagicError(
            f"{syntax.magic}: {' and '.join((views + against)[:2])} do not go together. A result "
            "table and a frame's table have .profile() and .plot(…) as well."
        )


def _looks_like_sql(line: str) -> bool:
    words = line.split(maxsplit=2)
    return len(words) > 1 and words[0].lower() in ("select", "with", "insert", "create", "explain")
