"""What a ``%%civis_sql`` asks for, read from its line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Final

from civis_nb.errors import CivisMagicError
from civis_nb.magics.options import Syntax
from civis_nb.sql_text import tokenize

__all__ = ["SqlCall"]

#: Options of which one is given at most.
_CONFLICTING: Final = (
    ("cache", "no_cache"), ("cache", "bg"), ("cache", "to"), ("no_run", "explain"),
    ("explain", "to"), ("explain", "bg"), ("to", "as"), ("to", "types"),
    ("profile", "plot"), ("profile", "to"), ("plot", "to"),
    ("profile", "explain"), ("plot", "explain"),
)  # fmt: skip


@dataclass(frozen=True)
class SqlCall:
    """What a magic asks for.

    Attributes
    ----------
    sql
        The statement, as it was written; blank with `file` and `again`.
    whole_cell
        Whether the cell holds nothing but this magic.
    late_options
        What to say of options that stand behind the SQL, where they are comments.
    magic
        The magic's name with its percent signs.
    kind
        The kind of frame that was asked for; None: none was.
    kind_is_default
        Whether the magic's line does not name it.
    given, idents
        The values of ``-p``, the texts of ``--ident``.
    saved_as, with_saved
        The name of ``--save``, the names of ``--with``.
    var, database, credential, params, jinja, file, again, rows, max_rows, to, if_exists
        The options.
    types, cache, no_cache, bg, timeout, profile, plot, no_run, explain, static, quiet
        More of them.
    """

    sql: str
    whole_cell: bool
    late_options: tuple[str, ...] = ()
    magic: str = "%%civis_sql"
    var: str | None = None
    database: str | None = None
    credential: int | None = None
    given: dict[str, Any] = field(default_factory=dict)
    params: str | None = None
    idents: dict[str, str | None] = field(default_factory=dict)
    jinja: bool = False
    file: str | None = None
    again: str | None = None
    saved_as: str | None = None
    with_saved: tuple[str, ...] = ()
    kind: str | None = None
    kind_is_default: bool = False
    types: str | None = None
    rows: int | None = None
    max_rows: int | None = None
    to: str | None = None
    if_exists: str | None = None
    cache: float | None = None
    no_cache: bool = False
    bg: bool = False
    timeout: float | None = None
    profile: bool = False
    plot: tuple[str, ...] | None = None
    no_run: bool = False
    explain: bool = False
    static: bool = False
    quiet: bool = False

    @classmethod
    def parse(cls, syntax: Syntax, line: str, cell: str | None) -> SqlCall:
        """Read the line, and the cell where there is one.

        Raises
        ------
        CivisMagicError
            When the line can't be read, or there is no SQL.
        """
        if (hint := _other_tool(syntax.magic, line, cell)) is not None:
            raise CivisMagicError(hint)
        values = syntax.parse(line)
        sql = cell if cell is not None else values.pop("sql") or ""
        if (hint := _other_tool(syntax.magic, sql, None)) is not None:
            raise CivisMagicError(hint)
        _check_source(syntax, values, sql)
        _check_conflicts(syntax, values)
        return cls(
            sql=sql,
            whole_cell=cell is not None,
            late_options=_late_options(syntax, sql) if cell is None else (),
            magic=syntax.magic,
            given=dict(values.pop("param")),
            idents=dict(values.pop("ident")),
            saved_as=values.pop("save"),
            with_saved=tuple(values.pop("with")),
            kind=values.pop("as"),
            **values,
        )

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
        if cell is not None or call.to or call.kind:
            return replace(call, database=database)
        return replace(call, database=database, kind="pandas", kind_is_default=True)


def _check_source(syntax: Syntax, values: dict[str, Any], sql: str) -> None:
    """Check that there is SQL, from one place."""
    syntax.exclusive(values, "file", "again")
    other = next((flag for flag in ("file", "again") if values[flag] is not None), None)
    if other is not None and sql.strip():
        flag = "-f" if other == "file" else "--again"
        raise CivisMagicError(
            f"{syntax.magic}: {flag} brings its own SQL; leave out the SQL that is written here."
        )
    if other is None and not sql.strip():
        where = "below this line" if syntax.magic.startswith("%%") else "at the end of the line"
        raise CivisMagicError(
            f"{syntax.magic}: there is no SQL. Write it {where}, or give -f FILE."
        )


def _late_options(syntax: Syntax, sql: str) -> tuple[str, ...]:
    """Return what to say of options behind the SQL of a line, where SQL sees a comment."""
    if "--" not in sql:
        return ()
    flags = {flag for option in syntax.options for flag in option.flags if len(flag) > 2}
    return tuple(
        f"{flag} stands behind the SQL, where it is a comment: options come before it."
        for token in tokenize(sql)
        if token.kind == "comment" and (flag := token.text.split(maxsplit=1)[0]) in flags
    )


def _check_conflicts(syntax: Syntax, values: dict[str, Any]) -> None:
    """Refuse options of which one makes another one void."""
    magic = syntax.magic
    if values["as"] == "lazy" and values["bg"]:
        raise CivisMagicError(
            f"{magic}: --bg fetches a whole result; give --as pandas, polars or arrow."
        )
    if values["if_exists"] and not values["to"]:
        raise CivisMagicError(f"{magic}: --if-exists needs --to SCHEMA.TABLE.")
    if values["types"] == "infer" and values["as"] in ("arrow", "lazy"):
        raise CivisMagicError(
            f"{magic}: only pandas and polars infer types; with --as {values['as']}, give "
            "--types native or exact."
        )
    if values["types"] == "infer" and values["cache"]:
        raise CivisMagicError(
            f"{magic}: --cache keeps results with exact types, of which nothing is inferred. Give "
            "--types native or exact."
        )
    if (values["profile"] or values["plot"]) and (values["bg"] or values["as"] == "lazy"):
        raise CivisMagicError(
            f"{magic}: {'--profile' if values['profile'] else '--plot'} and "
            f"{'--bg' if values['bg'] else '--as lazy'} do not go together. A result table and a "
            "frame's table have .profile() and .plot(…) as well."
        )
    for names in _CONFLICTING:
        syntax.exclusive(values, *names)
    if values["to"] and values.get("var"):
        raise CivisMagicError(
            f"{magic}: --to leaves the result on the database, so that there is none for "
            f"{values['var']}. Leave one of them out."
        )


def _other_tool(magic: str, line: str, cell: str | None) -> str | None:
    """Return what to write instead of the syntax of other magics; None where it is ours."""
    name = magic.lstrip("%")
    arrow = re.match(r"\s*([^\W\d]\w*)\s*=?<<(.*)", line, re.DOTALL)
    if arrow and arrow[1].lower() not in ("select", "values"):
        rest = (cell if cell is not None else arrow[2]).strip()
        database = " DATABASE" if name == "civisquery" else ""
        first = rest.split("\n", 1)[0] or "SELECT …"
        return (
            f"{magic}: << assigns nothing here. Write the variable behind the magic's name:\n"
            f"{magic} {arrow[1]}{database}\n{first}" if magic == "%%civis_sql" else
            f"{magic}: << assigns nothing here. Write:\n{arrow[1]} = %{name}{database} {first}"
        )  # fmt: skip
    if cell is not None and _looks_like_sql(line):
        return (
            f"{magic}: the SQL begins on the next line. For one line of SQL, write "
            f"{magic.removeprefix('%')} with one percent sign."
        )
    return None


def _looks_like_sql(line: str) -> bool:
    words = line.split(maxsplit=2)
    return len(words) > 1 and words[0].lower() in (
        "select", "with", "insert", "create", "explain", "update", "delete", "drop"
    )  # fmt: skip
