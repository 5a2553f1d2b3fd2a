"""CSV files into tables, in one transaction: all of them, or nothing has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import DELIMITERS, ImportOptions, ImportReport
from civis_nb.local.warehouse.csv.line_ends import (
    has_blank_start,
    has_mixed_ends,
    normalize_lines,
)
from civis_nb.local.warehouse.csv.sources import Source, first_row, prepare_sources
from civis_nb.local.warehouse.csv.spaced_quotes import has_spaced_quotes, join_quotes
from civis_nb.local.warehouse.engine import EngineError, SqlEngine, retry_on_conflict
from civis_nb.local.warehouse.loading import load_all_rows, load_valid_rows
from civis_nb.local.warehouse.merging import create_stage, merge
from civis_nb.local.warehouse.plan import (
    FileLoad,
    ImportPlan,
    TableColumn,
    check_options,
    csv_format,
    file_columns,
    find_columns,
    match_columns,
    new_columns,
    plan_target,
    refuse_gaps,
)
from civis_nb.local.warehouse.sqltypes import widened

__all__ = ["import_files"]

#: Plain files in the scratch folder, and how they are loaded into one table.
_Import: TypeAlias = tuple[Sequence[Source], ImportOptions]


def import_files(
    engine: SqlEngine,
    imports: Sequence[tuple[Sequence[Path], ImportOptions]],
    commit_marker: str | None = None,
) -> list[ImportReport]:
    """Load files into tables, and set the commit marker with them.

    Raises
    ------
    WarehouseError
        If a file can't be read or does not fit its table; nothing has changed then.
    """
    for paths, options in imports:
        check_options(options, paths)
    check = engine.cancel.raise_if_cancelled
    with ExitStack() as stack:
        prepared = [
            (
                stack.enter_context(
                    prepare_sources(paths, options.compression, engine.scratch, check)
                ),
                options,
            )
            for paths, options in imports
        ]
        for sources, options in prepared:
            if options.first_row_is_header:
                blank = [source for source in sources if has_blank_start(source.path)]
                _normalize(blank, options, check)
            _join_quotes(sources, options, check)
        return _load(engine, prepared, commit_marker)


def _load(
    engine: SqlEngine, imports: Sequence[_Import], commit_marker: str | None
) -> list[ImportReport]:
    """Load; after a failure again with uniform line ends, and then row by row."""
    normalized = row_by_row = False
    while True:
        try:
            attempt = partial(_transaction, engine, imports, commit_marker, row_by_row)
            return retry_on_conflict(engine.cancel, attempt)
        except WarehouseError as error:
            engine.cancel.raise_if_cancelled()
            if not normalized:
                normalized = True
                if _normalize_mixed(imports, engine.cancel.raise_if_cancelled):
                    continue
            if not isinstance(error, EngineError):
                raise
            if error.row_related and not row_by_row:
                row_by_row = True
                continue
            if error.csv_error is not None:
                raise error.csv_error from None
            raise WarehouseError(f"the import failed; nothing was loaded: {error}") from None


def _normalize(
    sources: Sequence[Source], options: ImportOptions, check: Callable[[], None]
) -> None:
    """Rewrite files with uniform line ends; the files that they link to stay unchanged."""
    for source in sources:
        check()
        new = source.path.with_suffix(".new")
        normalize_lines(source.path, new, escaped=options.escaped)
        new.replace(source.path)


def _join_quotes(
    sources: Sequence[Source], options: ImportOptions, check: Callable[[], None]
) -> None:
    """Rewrite files with blanks around quoted cells; the files that they link to stay unchanged."""
    delimiter = DELIMITERS[options.column_delimiter]
    for source in sources:
        check()
        if has_spaced_quotes(source.path, delimiter):
            new = source.path.with_suffix(".new")
            join_quotes(source.path, new, delimiter, escaped=options.escaped)
            new.replace(source.path)


def _normalize_mixed(imports: Sequence[_Import], check: Callable[[], None]) -> bool:
    """Rewrite the files whose line ends differ; return whether there was any."""
    mixed = [
        ([s for s in sources if has_mixed_ends(s.path)], options) for sources, options in imports
    ]
    for sources, options in mixed:
        _normalize(sources, options, check)
    return any(sources for sources, _ in mixed)


def _transaction(
    engine: SqlEngine, imports: Sequence[_Import], commit_marker: str | None, row_by_row: bool
) -> list[ImportReport]:
    """Plan and run all imports in one transaction."""
    with engine.transaction(commit_marker):
        reports = [
            _carry_out(engine, _plan(engine, sources, options), row_by_row)
            for sources, options in imports
        ]
        engine.cancel.raise_if_cancelled()
    for message in (message for report in reports for message in report.skipped):
        engine.log("warn", f"skipped {message}")
    return reports


def _plan(engine: SqlEngine, sources: Sequence[Source], options: ImportOptions) -> ImportPlan:
    """Plan an import, as its table is now."""
    found = engine.target_table(options.schema, options.table)
    target, creates, drops = plan_target(found, options)
    written = csv_format(options)
    names = [
        file_columns(first_row(s.path, written, s.name), options, target, s.name) for s in sources
    ]
    if creates:
        target = replace(target, columns=_new_columns(engine, sources, names, options))
        for what, keys in (("distkey", [options.distkey]), ("sortkeys", options.sortkeys)):
            find_columns([key for key in keys if key], target, what)
    loads = tuple(
        FileLoad(source.path, source.name, match_columns(columns, target, source.name))
        for source, columns in zip(sources, names, strict=True)
    )
    if creates:
        refuse_gaps(loads, target)
    return ImportPlan(target, loads, options, creates, drops)


def _new_columns(
    engine: SqlEngine,
    sources: Sequence[Source],
    names: Sequence[list[str]],
    options: ImportOptions,
) -> tuple[TableColumn, ...]:
    """Return the columns of a new table: of declared types, else of types that fit all files."""
    declared = dict(options.table_columns or ())
    columns, types = list(declared), {name: kind for name, kind in declared.items() if kind}
    if not declared or len(types) < len(declared):
        columns = names[0]
        inferred: dict[str, set[str]] = {}
        for source, in_file in zip(sources, names, strict=True):
            kinds = engine.csv_column_types(source.path, len(in_file), csv_format(options))
            for name, kind in zip(in_file, kinds, strict=True):
                if kind is not None:
                    inferred.setdefault(name.lower(), set()).add(kind)
        for name in columns:
            types.setdefault(name, widened(inferred.get(name.lower()) or {"VARCHAR"}))
    return new_columns(
        columns,
        declared,
        {name: engine.column_type(types[name]) for name in columns},
        loosen=options.loosen_types,
    )


def _carry_out(engine: SqlEngine, plan: ImportPlan, row_by_row: bool) -> ImportReport:
    """Create or empty the table as planned, and load the files."""
    table, options = plan.target.sql_name, plan.options
    if plan.drops:
        engine.change(f"DROP TABLE {table}")
    if plan.creates:
        columns = ", ".join(engine.column_sql(column) for column in plan.target.columns)
        engine.change(f"CREATE TABLE {table} ({columns})")
    elif options.existing_table_rows == "truncate":
        engine.change(f"TRUNCATE {table}")
    upserts = options.existing_table_rows == "upsert"
    into = create_stage(engine, plan.target) if upserts else table
    skipped: list[str] = []
    rows = 0
    for load in plan.loads:
        if row_by_row:
            rows += load_valid_rows(engine, load, into, options, skipped)
        else:
            rows += load_all_rows(engine, load, into, options)
    if upserts:
        in_files = {column.name for load in plan.loads for column in load.columns}
        keys = (options.primary_keys, options.last_modified_keys)
        rows = merge(engine, plan.target, into, in_files, *keys)
    return ImportReport(rows, skipped, plan.creates)
