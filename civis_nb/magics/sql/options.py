"""What ``%%civis_sql`` and its relatives take."""

from __future__ import annotations

from typing import Final

from civis_nb.magics.options import Option, Positional, Syntax
from civis_nb.magics.words import (
    age,
    chart,
    identifier,
    parameter,
    positive,
    seconds,
    statement_name,
    table,
    variable,
)

__all__ = ["CELL", "IF_EXISTS", "LINE", "QUERY_CELL", "QUERY_LINE"]

IF_EXISTS: Final = ("fail", "append", "truncate", "drop")

_OPTIONS: Final = (
    Option(
        ("-d", "--database"),
        "The database, by name or id. Without it: the setting database, else the only one.",
        "DB",
        also=("--db", "--connection", "--conn", "--engine"),
    ),
    Option(
        ("--credential",), "The id of the credential; by default your own.", "ID", positive,
        also=("--creds",),
    ),
    Option(
        ("-p", "--param"),
        "A value for :K in the SQL. An unquoted number, True, False or None is one, and $x or {x} "
        "the value of a variable; the rest, and what is in quotes, is text.",
        "K=V",
        parameter,
        repeated=True,
        also=("--var", "--set", "--bind", "--value"),
    ),
    Option(("--params",), "A dictionary with values for :names.", "DICTVAR", variable,
           also=("--args", "--arguments", "--variables")),
    Option(
        ("--ident",),
        "Make :NAME a quoted identifier, such as a table's name: TEXT, or the text of the variable "
        "NAME. A dot parts schema and table; a part that holds one stands in double quotes.",
        "NAME[=TEXT]",
        identifier,
        repeated=True,
        also=("--identifier", "--name", "--table", "--quote"),
    ),
    Option(
        ("--jinja",),
        "Read the SQL as a Jinja template first. {{x}} still binds a value, {{x|ident}} writes an "
        "identifier, {{x|sqlsafe}} writes the text as it is.",
        also=("--template", "--render"),
    ),
    Option(
        ("-f", "--file"),
        "Read the SQL from this file.",
        "FILE",
        also=("--sql-file", "--path", "--script"),
    ),
    Option(
        ("--again",),
        "Run the statement of an entry of the history (%civis_jobs --history), or one that was "
        "saved under a name.",
        "ENTRY",
        also=("--rerun", "--history", "--recall", "--load"),
    ),
    Option(
        ("--save",),
        "Keep the statement under this name, for --with and --again, also for other notebooks.",
        "NAME",
        statement_name,
        also=("--snippet", "--store"),
    ),
    Option(
        ("--with",),
        "Put a saved statement before this one, as a common table expression of that name.",
        "NAME",
        statement_name,
        repeated=True,
        also=("--cte", "--using"),
    ),
    Option(
        ("--as",),
        "Fetch the whole result as a frame of this kind; lazy fetches the first rows "
        "only, and the rest when a frame is made of it.",
        "KIND",
        choices=("pandas", "polars", "arrow", "lazy"),
        also=("--format", "--return-as", "--frame", "--dataframe", "--df"),
        meant={"pd": "pandas", "pl": "polars", "pa": "arrow", "pyarrow": "arrow"},
    ),
    Option(
        ("--types",),
        "The types of the frame: native ones, with decimals as floats where no digit is lost and "
        "dates as datetime64; the exact ones of the database; or what the frame's library infers.",
        "TYPES",
        choices=("native", "exact", "infer"),
        also=("--dtypes", "--dtype-backend", "--exact", "--schema"),
    ),
    Option(("-n", "--limit", "--rows"), "Rows to show.", "ROWS", positive,
           also=("--top", "--head", "--display-limit", "--show")),
    Option(
        ("--max-rows",),
        "Fetch at most this many rows of the result.",
        "N",
        positive,
        also=("--fetch", "--max", "--maximum", "--nrows"),
    ),
    Option(
        ("--to",),
        "Keep the result in this table, on the database; nothing is fetched.",
        "SCHEMA.TABLE",
        table,
        also=("--into", "--persist", "--create-table", "--destination", "--output-table"),
    ),
    Option(
        ("--if-exists",),
        "What to do when the table of --to exists: fail (the default), append rows, truncate it "
        "first, or drop and create it anew.",
        "WHAT",
        choices=IF_EXISTS,
        also=("--existing", "--mode", "--overwrite", "--replace", "--append"),
        meant={"replace": "drop", "overwrite": "drop", "error": "fail", "delete": "truncate"},
    ),
    Option(
        ("--cache",),
        "Show the result of the same statement again when it is no older than this, and say how "
        "old: 90 (seconds), 15m, 2h, 1d.",
        "TTL",
        age,
        also=("--ttl", "--memo", "--max-age"),
    ),
    Option(
        ("--no-cache",), "Run the statement, and forget what --cache has kept of it.",
        also=("--fresh", "--refresh", "--nocache"),
    ),
    Option(
        ("--bg",),
        "Go on at once: give a future, the result of which is the frame.",
        also=("--background", "--async", "--nowait", "--no-wait", "--detach"),
    ),
    Option(("--timeout",), "Cancel the run when it has not ended after this time.", "S", seconds,
           also=("--time-limit", "--wait")),
    Option(
        ("--profile",),
        "Show what is in each column of the whole result.",
        also=("--describe", "--summary", "--stats"),
    ),
    Option(
        ("--plot",),
        "Draw the whole result: hist:X, bar:X[,Y], line:X[,Y] or box:X[,Y], with names of columns. "
        "It needs Altair.",
        "KIND:X[,Y]",
        chart,
        also=("--chart", "--draw", "--graph", "--figure"),
    ),
    Option(("--no-run",), "Show the SQL with its values, and send nothing.",
           also=("--dry-run", "--no-execute", "--print", "--preview")),
    Option(("--explain",), "Show the database's plan of the statement instead of running it.",
           also=("--plan", "--analyze")),
    Option(("--static",), "Show this cell's result as plain HTML, which stays as it is.",
           also=("--html", "--no-widget")),
    Option(("-q", "--quiet"), "Show nothing.",
           also=("--silent", "--no-display", "--no-output", "--hide")),
)  # fmt: skip

_SUMMARY: Final = """\
Run SQL on a database.

``:name`` in the SQL is bound to a value: from -p, from --params, else from the variable of that
name. Lists expand for IN. Where the SQL is one ``:name`` alone, the text of that variable is the
SQL. Everything else reaches the server as it is written; several statements run in order, and
the last result is shown."""

CELL: Final = Syntax(
    "%%civis_sql",
    _SUMMARY
    + """

Without VAR, the first rows are shown, 1,000 at most, and the table is the cell's value. With
VAR, the whole result is fetched and assigned; a query that fails leaves VAR as it was.""",
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
    (Positional("SQL", "The statement, to the end of the line; :NAME runs the text of that "
                "variable. It is left out with -f and --again.", verbatim=True),),
    _OPTIONS,
)  # fmt: skip
_DATABASE: Final = Positional("DATABASE", "The database, by name or id.", True)
QUERY_CELL: Final = Syntax(
    "%%civisquery",
    "Run SQL: an older name of %%civis_sql -d DATABASE. In this line {x} and $x are expanded.",
    (_DATABASE,),
    _OPTIONS[1:],
)
QUERY_LINE: Final = Syntax(
    "%civisquery",
    "Fetch a result as a frame: an older name of %civis_sql --as pandas -d DATABASE SQL.\n\n"
    "In this line {x} and $x are expanded, the SQL included; %civis_sql binds :x, which is safer.",
    (_DATABASE, Positional("SQL", "The statement, to the end of the line.", verbatim=True)),
    _OPTIONS[1:],
)
