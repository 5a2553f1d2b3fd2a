"""From what a cell says to the SQL that is sent: where it comes from, its values, its additions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from civis_nb.errors import CivisMagicError
from civis_nb.magics.failures import Origin
from civis_nb.magics.history import History, Saved
from civis_nb.magics.session import Database
from civis_nb.magics.sql.binding import Bound, bind, names_in_quotes, unused
from civis_nb.magics.sql.call import SqlCall
from civis_nb.magics.sql.limits import limited
from civis_nb.magics.sql.placeholders import placeholders
from civis_nb.magics.sql.with_rows import gives_rows
from civis_nb.near_names import did_you_mean
from civis_nb.sql_text import Token, only_reads, split_statements, tokenize
from civis_nb.table_names import quoted

__all__ = ["Statement", "Written", "prepare"]

_WHOLE = re.compile(r"\s*:([^\W\d]\w*)\s*;?\s*")
_TEMPLATE = re.compile(r"\{%|\{\{\s*[^\W\d][\w.]*\s*(?:\|[^{}]*)?\}\}")
_MAX_SAVED: Final = 100
_RENDERED: Final = "the rendered SQL"


@dataclass(frozen=True)
class Written:
    """SQL as it was written, and where.

    Attributes
    ----------
    saved
        The SQL, with the names of saved statements that go before it.
    origin
        Where it stands, for errors.
    """

    saved: Saved
    origin: Origin

    @classmethod
    def of(
        cls,
        call: SqlCall,
        values: Sequence[Mapping[str, Any]],
        history: History,
        cell: str | None,
    ) -> Written:
        """Find the SQL of a call: in the cell, in a variable, in a file, in the history.

        Parameters
        ----------
        call
            What the magic asks for.
        values
            Where names are looked up, the first one first.
        history
            The history.
        cell
            The text of the whole cell, where it is known.

        Raises
        ------
        CivisMagicError
            When it is not there.
        """
        if call.again is not None:
            found = history.statement(call.again)
            origin = Origin(1, where=f"the statement {call.again}")
            names = (*found.with_saved, *call.with_saved)
            return cls(replace(found, with_saved=names), origin)
        if call.file is not None:
            text, origin = _file_text(call.file), Origin(1, where=Path(call.file).name)
        elif whole := _WHOLE.fullmatch(call.sql):
            text = _variable_text(whole[1], values)
            origin = Origin(1, where=f"the text of {whole[1]}")
        else:
            text = call.sql
            _check_is_no_name(text, call, values)
            origin = Origin.find(cell, call.sql, call.whole_cell)
        return cls(Saved(text, call.with_saved), origin)


@dataclass(frozen=True)
class Statement:
    """SQL that is ready to be sent.

    Attributes
    ----------
    bound
        The SQL with its values.
    database
        Where it runs.
    origin
        Where the user's SQL stands.
    saved
        The SQL as it was written.
    limit
        The most rows that its result may have by its own text; None: any number.
    notes
        What the user should know of it.
    values
        Where its ``:names`` are looked up, the first one first.
    """

    bound: Bound
    database: Database
    origin: Origin
    saved: Saved
    limit: int | None = None
    notes: tuple[str, ...] = ()
    values: tuple[Mapping[str, Any], ...] = ()

    @property
    def title(self) -> str:
        """The first line with code, for lists."""
        source = self.saved.source
        code = next((one for one in tokenize(source) if _is_code(one)), None)
        return "" if code is None else source[code.start :].split("\n", 1)[0].strip()[:200]

    @property
    def gives_rows(self) -> bool | None:
        """Whether it has a result; None where its text does not tell."""
        dialect = self.database.dialect
        readings = (dialect == "redshift",) if dialect else (False, True)
        found = {gives_rows(self.bound.sql, reading) for reading in readings}
        return found.pop() if len(found) == 1 else None

    @property
    def first_word(self) -> str:
        """The first word of its code, in lower case; empty where there is none."""
        code = next((one for one in tokenize(self.bound.sql) if _is_code(one)), None)
        return "" if code is None else code.text.lower()

    @property
    def has_code(self) -> bool:
        """Whether it holds more than comments."""
        return bool(self.first_word)


def prepare(
    call: SqlCall,
    source: Written,
    database: Database,
    values: Sequence[Mapping[str, Any]],
    history: History,
) -> Statement:
    """Return the SQL of a call as it is to be sent.

    Parameters
    ----------
    call
        What the magic asks for.
    source
        The SQL as it was written.
    database
        Where it is to run.
    values
        Where names are looked up, the first one first.
    history
        Where the statements of ``--with`` are.

    Raises
    ------
    CivisMagicError, CivisInputError
        When a name has no value, a value no literal, an option does not fit the SQL. Nothing was
        sent.
    """
    text, dialect = source.saved.source, database.dialect
    origin, notes = source.origin, []
    if call.jinja:
        # Imported here: most cells are no templates.
        from civis_nb.magics.sql.templating import render

        rendered = render(text, _known(database, "--jinja"), values)
        values = [rendered.values, *values]
        if rendered.sql != text:
            text, origin = rendered.sql, Origin(1, where=_RENDERED)
        if rendered.raw:
            written = ", ".join(f"{raw!r:.40}" for raw in dict.fromkeys(rendered.raw))
            notes.append(f"sqlsafe: written into the SQL as it is: {written}")
    elif _has_template(text, dialect):
        raise CivisMagicError(
            f"{call.magic}: the SQL holds a Jinja template. Add --jinja to the first line, or "
            "write :name for a value. Nothing was sent."
        )
    notes += [_text_only(name) for name in names_in_quotes(text, dialect, values)]
    bound = _bound(text, call, database, values)
    if origin.where == _RENDERED:
        # The names that stand for {{…}} are nobody's: errors show what was sent.
        bound = Bound(bound.sql, bound.sql)
    before = _saved_before(source.saved.with_saved, history)
    if not call.jinja:  # a template may have asked for a value that it does not write
        notes += unused(call.given, [text, *(saved.source for _, saved in before)])
    for name, saved in before:
        bound = _with_cte(bound, name, _bound(saved.source, call, database, values), dialect)
    limit = None
    if call.max_rows is not None and not call.to:
        shorter = limited(bound, call.max_rows, dialect or "postgres")
        bound, limit = shorter or bound, call.max_rows if shorter else None
    if call.explain:
        bound = _explained(bound, call, dialect)
    return Statement(bound, database, origin, source.saved, limit, tuple(notes), tuple(values))


def _bound(
    text: str, call: SqlCall, database: Database, values: Sequence[Mapping[str, Any]]
) -> Bound:
    """Return the SQL with the values of its ``:names``."""
    if database.dialect is not None:
        return bind(text, database.dialect, {}, values, call.idents)
    # Without the dialect nobody knows how to write a value so that it stays one.
    if found := placeholders(text, "postgres"):
        raise CivisMagicError(
            f"The database {database.name} is of the kind {database.adapter!r}, for which "
            f"values can't be written safely; :{found[0].name} was not bound and nothing was "
            "sent. Write the value into the SQL."
        )
    return Bound(text, text)


def _text_only(name: str) -> str:
    """Return what to write where a ``:name`` stands in quotes."""
    return (
        f":{name} stands in quotes, so it is text and not the value of {name}. Write :{name} "
        f"without quotes; to put text around it: '…' || :{name} || '…'."
    )


def _known(database: Database, option: str) -> str:
    """Return the dialect in which values are written; raises where there is none."""
    if database.dialect is None:
        raise CivisMagicError(
            f"{option}: the database {database.name} is of the kind {database.adapter!r}, for "
            "which values can't be written safely. Nothing was sent."
        )
    return database.dialect


# -- where the SQL comes from ---------------------------------------------------------------------


def _file_text(name: str) -> str:
    """Return the text of a SQL file."""
    path = Path(name).expanduser()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CivisMagicError(
            f"-f {name}: the file is no UTF-8 text (byte {error.start}). Save it as UTF-8."
        ) from None
    except OSError as error:
        hint = ""
        if path.parent.is_dir():
            known = [one.name for one in path.parent.iterdir() if one.is_file()]
            hint = did_you_mean(path.name, known, 2)
        reason = error.strerror or str(error)
        raise CivisMagicError(
            f"-f {name}: {reason}, looked for in {path.parent.resolve()}.{hint}"
        ) from None
    if not text.strip():
        raise CivisMagicError(f"-f {name}: the file is empty.")
    return text


def _check_is_no_name(text: str, call: SqlCall, values: Sequence[Mapping[str, Any]]) -> None:
    """Refuse the name of a variable that holds a statement, where its colon is missing."""
    alone = re.fullmatch(r"\s*\$?\{?([^\W\d]\w*)\}?\s*;?\s*", text)
    found = alone and next((names[alone[1]] for names in values if alone[1] in names), None)
    if alone and isinstance(found, str) and len(found.split()) > 1:
        raise CivisMagicError(
            f"{call.magic}: {alone[1]} alone is no SQL. To run the text of the variable, write a "
            f"colon before its name: :{alone[1]}. Nothing was sent."
        )


def _variable_text(name: str, values: Sequence[Mapping[str, Any]]) -> str:
    """Return the statement that a variable holds."""
    source = next((names for names in values if name in names), None)
    if source is None:
        # A statement is text: what else has a near name, such as IPython's open, is not meant.
        known = {
            str(one)
            for names in values
            for one, found in names.items()
            if isinstance(found, str) and not str(one).startswith("_")
        }
        hint = did_you_mean(name, known, 2, shown=":{}".format)
        raise CivisMagicError(f"The variable {name} is not set.{hint} Nothing was sent.")
    text = source[name]
    if not isinstance(text, str):
        raise CivisMagicError(
            f":{name} alone runs the text of {name} as the statement, and {name} is no text but "
            f"of type {type(text).__name__}. To see its value: SELECT :{name}. Nothing was sent."
        )
    if not text.strip():
        raise CivisMagicError(f"The variable {name} holds no SQL: its text is blank.")
    return text


def _has_template(sql: str, dialect: str | None) -> bool:
    """Return whether Jinja's signs stand in the code of SQL."""
    if not _TEMPLATE.search(sql):
        return False
    code = [
        " " * len(token.text) if token.kind in ("string", "dollar", "quoted", "comment")
        else token.text
        for token in tokenize(sql, dialect == "redshift")
    ]  # fmt: skip
    return _TEMPLATE.search("".join(code)) is not None


# -- what is added to it --------------------------------------------------------------------------


def _is_code(token: Token) -> bool:
    return token.kind not in ("space", "comment", "semicolon")


def _first_code(bound: Bound, dialect: str | None) -> list[Token]:
    """Return the tokens of code, the first one first; none where there are none."""
    found = []
    for token in tokenize(bound.sql, dialect == "redshift"):
        if token.kind not in ("space", "comment"):
            found.append(token)
            if len(found) == 2:
                break
    return found


def _saved_before(names: Sequence[str], history: History) -> list[tuple[str, Saved]]:
    """Return the saved statements of ``--with``, each behind those that it needs itself.

    The last one is to be put first into the SQL.
    """
    ordered: dict[str, Saved] = {}

    def add(name: str, chain: tuple[str, ...]) -> None:
        if name in chain:
            circle = " → ".join((*chain, name))
            raise CivisMagicError(f"--with {name}: saved statements need each other: {circle}.")
        if name in ordered:
            return
        saved = history.statement(name)
        for needed in saved.with_saved:
            add(needed, (*chain, name))
        ordered[name] = saved
        if len(ordered) > _MAX_SAVED:
            raise CivisMagicError(f"--with: more than {_MAX_SAVED} saved statements.")

    for name in names:
        add(name, ())
    return list(reversed(ordered.items()))


def _with_cte(bound: Bound, name: str, saved: Bound, dialect: str | None) -> Bound:
    """Insert a saved statement before SQL, as its first common table expression."""
    backslashes = dialect == "redshift"
    if not only_reads(saved.sql, backslashes):
        raise CivisMagicError(
            f"--with {name}: the saved statement is no single query, and can't be a part of one."
        )
    code = _first_code(bound, dialect)
    word = code[0].text.lower() if code else ""
    if word not in ("select", "with", "values", "from", "table") or not only_reads(
        bound.sql, backslashes
    ):
        raise CivisMagicError(
            f"--with {name}: the SQL of the cell must be one query: SELECT …, or WITH … SELECT …. "
            "To keep its result in a table, use --to SCHEMA.TABLE."
        )
    body = saved.sql.rstrip()
    pieces = split_statements(body)
    body = pieces[0].text.rstrip()
    for token in reversed(list(tokenize(body, backslashes))):
        if token.kind == "semicolon":
            body = body[: token.start] + body[token.end :]
            break
    cte = f"{quoted(name)} AS (\n{body}\n)"
    if word != "with":
        return bound.with_inserted(f"WITH {cte}\n", code[0].start)
    recursive = len(code) > 1 and code[1].text.lower() == "recursive"
    return bound.with_inserted(f" {cte},", code[1].end if recursive else code[0].end)


def _explained(bound: Bound, call: SqlCall, dialect: str | None) -> Bound:
    """Return the question for the plan of a statement."""
    code = _first_code(bound, dialect)
    if len(split_statements(bound.sql)) != 1 or not code:
        raise CivisMagicError(f"{call.magic}: --explain takes one statement.")
    if code[0].text.lower() == "explain":
        return bound
    return bound.with_inserted("EXPLAIN ", code[0].start)
