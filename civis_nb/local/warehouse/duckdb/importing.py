"""CSV files into a table, in one transaction: all of them, or nothing has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import duckdb

from civis_nb.errors import OperationCancelledError, WarehouseError
from civis_nb.local.warehouse.base import DELIMITERS, ImportOptions, ImportReport
from civis_nb.local.warehouse.csv import infer
from civis_nb.local.warehouse.csv.line_ends import has_blank_start, has_mixed_ends, rewritten
from civis_nb.local.warehouse.csv.sources import Source, first_row, prepared
from civis_nb.local.warehouse.duckdb import marks, target
from civis_nb.local.warehouse.duckdb.failures import is_conflict, read_failure, warehouse_error
from civis_nb.local.warehouse.duckdb.loading import (
    FileLoad,
    csv_trouble,
    load_carefully,
    load_quickly,
)
from civis_nb.local.warehouse.duckdb.session import Session
from civis_nb.local.warehouse.duckdb.sqltypes import widened
from civis_nb.local.warehouse.duckdb.target import Target
from civis_nb.local.warehouse.duckdb.upsert import merge, stage_for

__all__ = ["import_all", "import_csv"]

_TRIES = 10
_WAIT_S = 0.02
_MODES = ("fail", "truncate", "append", "drop", "upsert")

#: Errors that a single row may be the reason of.
_OF_ROWS = (
    duckdb.ConversionException,
    duckdb.InvalidInputException,
    duckdb.ConstraintException,
    duckdb.OutOfRangeException,
    duckdb.TypeMismatchException,
)

#: Files, and how they are loaded into one table.
_Unit: TypeAlias = tuple[Sequence[Source], ImportOptions]


@dataclass(frozen=True)
class _Plan:
    """What is to be done, as the table was when it was looked up."""

    target: Target
    loads: tuple[FileLoad, ...]
    creates: bool
    drops: bool


def import_csv(
    session: Session,
    paths: Sequence[Path],
    options: ImportOptions,
    scratch: Path,
    mark: str | None = None,
) -> ImportReport:
    """Load files into a table.

    Raises
    ------
    WarehouseError
        If anything does not fit; nothing has changed then.
    """
    return import_all(session, [(paths, options)], scratch, mark)[0]


def import_all(
    session: Session,
    work: Sequence[tuple[Sequence[Path], ImportOptions]],
    scratch: Path,
    mark: str | None = None,
) -> list[ImportReport]:
    """Load files into tables: all of them, or nothing has changed.

    With the rows comes a mark, if one is given (see `marks`).

    Raises
    ------
    WarehouseError
        If anything does not fit.
    """
    for paths, options in work:
        _check(options, paths)
    check = session.cancel.raise_if_cancelled
    with ExitStack() as stack:
        units = [
            (stack.enter_context(prepared(paths, options.compression, scratch, check)), options)
            for paths, options in work
        ]
        for sources, options in units:
            if options.first_row_is_header:
                blank = [source for source in sources if has_blank_start(source.path)]
                _rewrite(blank, options, check)
        return _tried(session, units, mark)


def _rewrite(sources: Sequence[Source], options: ImportOptions, check: Callable[[], None]) -> None:
    """Replace files by ones that DuckDB reads; what the files are links to stays as it is."""
    for source in sources:
        check()
        new = source.path.with_suffix(".new")
        rewritten(source.path, new, escaped=options.escaped)
        new.replace(source.path)


def _tried(session: Session, units: Sequence[_Unit], mark: str | None) -> list[ImportReport]:
    """Load: again when another run was in the way, or with lines that end alike, or carefully."""
    looked = careful = False
    for attempt in range(_TRIES):
        try:
            return _in_transaction(session, units, mark, careful)
        except (duckdb.Error, WarehouseError) as error:
            if session.cancel.cancelled:
                raise OperationCancelledError from None
            if isinstance(error, duckdb.Error) and is_conflict(error) and attempt < _TRIES - 1:
                if session.cancel.wait(_WAIT_S * 2**attempt):
                    raise OperationCancelledError from None
                continue
            if not looked:
                looked = True
                if _made_alike(units, session.cancel.raise_if_cancelled):
                    continue
            if isinstance(error, WarehouseError):
                raise
            if isinstance(error, _OF_ROWS) and not careful:
                careful = True
                continue
            raise _explained(error, session) from None
    raise AssertionError("unreachable")


def _made_alike(units: Sequence[_Unit], check: Callable[[], None]) -> bool:
    """Return all lines of a file the same end where they had not; tell whether any had not."""
    mixed = [
        ([s for s in sources if has_mixed_ends(s.path)], options) for sources, options in units
    ]
    for sources, options in mixed:
        _rewrite(sources, options, check)
    return any(sources for sources, _ in mixed)


def _check(options: ImportOptions, paths: Sequence[Path]) -> None:
    if not paths:
        raise WarehouseError("there is no file to import")
    if options.existing_table_rows not in _MODES:
        raise WarehouseError(
            f'existing_table_rows can\'t be "{options.existing_table_rows}"; '
            f"it is one of {', '.join(_MODES)}"
        )
    if options.column_delimiter not in DELIMITERS:
        raise WarehouseError(
            f'column_delimiter can\'t be "{options.column_delimiter}"; '
            f"it is one of {', '.join(DELIMITERS)}"
        )
    if options.existing_table_rows == "upsert" and not options.primary_keys:
        raise WarehouseError("upsert needs primary_keys: the columns that tell rows apart")


def _explained(error: duckdb.Error, session: Session) -> WarehouseError:
    failure = read_failure(error)
    if "CSV Error" in failure.message or "CSV" in failure.message.split("\n")[0]:
        return csv_trouble(error, "a file")
    return warehouse_error(
        replace(failure, start=None), None, session.hidden, "the import failed; nothing was loaded"
    )


def _in_transaction(
    session: Session, units: Sequence[_Unit], mark: str | None, careful: bool
) -> list[ImportReport]:
    cursor = session.cursor
    cursor.execute("BEGIN TRANSACTION")
    try:
        reports = []
        for sources, options in units:
            plan = _planned(cursor, sources, options)
            reports.append(_carried_out(cursor, plan, options, careful))
        session.cancel.raise_if_cancelled()
        marks.put(cursor, mark)
        cursor.execute("COMMIT")
    except BaseException:
        with suppress(duckdb.Error):
            cursor.execute("ROLLBACK")
        raise
    for message in (message for report in reports for message in report.skipped):
        session.log("warn", f"skipped {message}")
    return reports


def _planned(
    cursor: duckdb.DuckDBPyConnection, sources: Sequence[Source], options: ImportOptions
) -> _Plan:
    found = target.find_target(cursor, options)
    mode = options.existing_table_rows
    if found.fields and mode == "fail":
        raise WarehouseError(
            f"the table {found.sql_name} exists; existing_table_rows says to fail then. "
            "Choose append, truncate, drop or upsert"
        )
    drops = bool(found.fields) and mode == "drop"
    creates = drops or not found.fields
    if creates and mode == "upsert" and not options.last_modified_keys:
        raise WarehouseError(
            f"the table {found.sql_name} is new: upsert needs last_modified_keys then, "
            "besides primary_keys"
        )
    if drops:
        found = Target(found.schema, found.table, ())
    names = {s.number: _name(s, sources) for s in sources}
    delimiter = DELIMITERS[options.column_delimiter]
    firsts = {
        s.number: first_row(s.path, delimiter, options.escaped, names[s.number]) for s in sources
    }
    columns = {
        s.number: target.file_columns(firsts[s.number], options, found, names[s.number])
        for s in sources
    }
    if creates:
        found = replace(found, fields=_new_fields(cursor, sources, columns, options))
        for what, keys in (("distkey", [options.distkey]), ("sortkeys", options.sortkeys)):
            target.keys([key for key in keys if key], found, what)
    loads = tuple(
        FileLoad(
            s, tuple(target.mapped(columns[s.number], found, names[s.number])), names[s.number]
        )
        for s in sources
    )
    if creates:
        _refuse_gaps(loads, found)
    return _Plan(found, loads, creates, drops)


def _name(source: Source, sources: Sequence[Source]) -> str:
    return f"file {source.number}" if len(sources) > 1 else "the file"


def _refuse_gaps(loads: Sequence[FileLoad], found: Target) -> None:
    for load in loads:
        if len(load.fields) != len(found.fields):
            raise WarehouseError(
                f"{load.name} has {len(load.fields)} of the {len(found.fields)} columns that the "
                "new table gets from the first file; all files must have the same"
            )


def _new_fields(
    cursor: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    columns: dict[int, list[str]],
    options: ImportOptions,
) -> tuple[target.Field, ...]:
    told = dict(options.table_columns or ())
    if told and all(told.values()):
        return target.new_fields(list(told), told, loosen=options.loosen_types)
    delimiter, header = DELIMITERS[options.column_delimiter], options.first_row_is_header
    names = columns[sources[0].number]
    kinds: dict[str, set[str]] = {name.lower(): set() for name in names}
    for source in sources:
        in_file = columns[source.number]
        found = infer.column_types(
            source.path, len(in_file), delimiter, header, options.escaped, cursor
        )
        for name, kind in zip(in_file, found, strict=True):
            if kind is not None:
                kinds.setdefault(name.lower(), set()).add(kind)
    seen = {name: widened(kinds[name.lower()] or {"VARCHAR"}) for name in names}
    return target.new_fields(names, told, seen, loosen=options.loosen_types)


def _carried_out(
    cursor: duckdb.DuckDBPyConnection, plan: _Plan, options: ImportOptions, careful: bool
) -> ImportReport:
    table = plan.target.sql_name
    if plan.drops:
        cursor.execute(f"DROP TABLE {table}")
    if plan.creates:
        cursor.execute(plan.target.create_sql)
    elif options.existing_table_rows == "truncate":
        cursor.execute(f"TRUNCATE {table}")
    upserts = options.existing_table_rows == "upsert"
    into = stage_for(cursor, plan.target) if upserts else table
    skipped: list[str] = []
    rows = 0
    for load in plan.loads:
        if careful:
            rows += load_carefully(cursor, load, into, options, skipped)
        else:
            rows += load_quickly(cursor, load, into, options)
    if upserts:
        in_files = {field.name for load in plan.loads for field in load.fields}
        rows = merge(cursor, plan.target, into, in_files, options)
    return ImportReport(rows, skipped, plan.creates)
