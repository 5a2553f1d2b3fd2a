"""Imports: tables from one database into another, and files into tables."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from civis_nb.errors import CivisLocalError
from civis_nb.local.runs.completed_imports import commit_marker, mark_complete
from civis_nb.local.runs.environment import working_folder
from civis_nb.local.runs.handlers.csv_files import log_report
from civis_nb.local.runs.logs import rows_text
from civis_nb.local.runs.syncs import active_syncs
from civis_nb.local.runs.task import RunTask
from civis_nb.local.warehouse.base import (
    CsvDetection,
    ImportOptions,
    SyncOptions,
    TableInfo,
    Warehouse,
)
from civis_nb.local.warehouse.csv.charset import convert_to_utf8
from civis_nb.local.warehouse.csv.detect import detect_csv

__all__ = ["run_import_job"]

_AUTO_DETECT = "auto-detect"
_UTF8 = ("utf-8", "utf-8-sig")


def run_import_job(task: RunTask) -> None:
    """Carry out all syncs of an import.

    Raises
    ------
    CivisLocalError
        When the import is not complete, or of a type that needs Google.
    WarehouseError
        When something does not fit; nothing has changed then.
    NotFound
        When a file is no longer there.
    OperationCancelledError
        When the run was cancelled; nothing has changed.
    """
    kind = task.body["sync_type"]
    if kind not in ("Dbsync", "AutoImport"):
        raise CivisLocalError(
            f"The local platform can't run imports of type {kind}: it works offline, and Google's "
            "worksheets are out of its reach. Save the sheet as CSV and import that file."
        )
    with task.context.store.read() as connection:
        moved = active_syncs(connection, task.job_id)
    if not moved:
        raise CivisLocalError(
            f"This import has no sync: say what it is to move with POST /imports/{task.job_id}"
            "/syncs, then run it again."
        )
    with working_folder(task) as folder:
        if kind == "Dbsync":
            _copy_tables(task, moved, folder)
        else:
            _load_files(task, moved, folder)


def _host(task: RunTask, side: str) -> tuple[int, Warehouse]:
    """Return the id and the database of one side of an import."""
    host = task.body.get(side)
    if host is None:
        raise CivisLocalError(
            f"This import names no {side} database: give it one with PATCH /imports/{task.job_id}."
        )
    return host["remote_host_id"], task.context.warehouses.get(host["remote_host_id"])


def _copy_tables(task: RunTask, moved: list[Row[Any]], folder: Path) -> None:
    """Copy tables between databases, all of them or none."""
    source_id, source = _host(task, "source")
    target_id, target = _host(task, "destination")
    inside = source_id == target_id
    work = []
    for sync in moved:
        options = _sync_options(sync)
        place = sync.source["database_table"]
        _refuse_self(inside, place, options)
        task.log.info(f"Reading {sync.source['path']}.")
        found = source.open_source(
            place["schema"], place["table"], None if inside else folder, task.cancel, task.log.write
        )
        work.append((found, options))
    reports = target.sync_tables(work, task.cancel, task.log.write, commit_marker(task.run_id))
    mark_complete(task, target)
    for (_, options), report in zip(work, reports, strict=True):
        where = f"{options.schema}.{options.table}"
        task.log.info(f"{rows_text(report.row_count)} written to {where}. {report.how}")


def _refuse_self(inside: bool, place: dict[str, Any], options: SyncOptions) -> None:
    """Raise when a sync would copy a table onto itself."""
    names = (place["schema"].lower(), place["table"].lower())
    if inside and names == (options.schema.lower(), options.table.lower()):
        raise CivisLocalError(
            f"{options.schema}.{options.table} is both the source and the destination of the sync; "
            "give the copy another name."
        )


def _sync_options(sync: Row[Any]) -> SyncOptions:
    """Return the options of a sync between databases from its record."""
    place, options = sync.destination["database_table"], sync.advanced_options
    modified = (options.get("last_modified_column") or "").strip()
    # One column or several; a name that holds a comma stands in double quotes.
    (identity,) = csv.reader([options.get("identity_column") or " "], skipinitialspace=True)
    return SyncOptions(
        schema=place["schema"],
        table=place["table"],
        existing_rows=options.get("existing_table_rows"),
        wipe=bool(options.get("wipe_destination_table")),
        identity=tuple(part.strip() for part in identity if part.strip()),
        last_modified=modified if modified.lower() not in ("", _AUTO_DETECT) else None,
        verify_row_counts=bool(options.get("verify_table_row_counts")),
    )


def _load_files(task: RunTask, moved: list[Row[Any]], folder: Path) -> None:
    """Load files into tables, all of them or none."""
    _, warehouse = _host(task, "destination")
    work = [_prepared(task, sync, warehouse, folder) for sync in moved]
    reports = warehouse.import_csv(work, task.cancel, task.log.write, commit_marker(task.run_id))
    mark_complete(task, warehouse)
    for (_, options), report in zip(work, reports, strict=True):
        log_report(task, report, f"{options.schema}.{options.table}")


def _prepared(
    task: RunTask, sync: Row[Any], warehouse: Warehouse, folder: Path
) -> tuple[list[Path], ImportOptions]:
    """Return the file in a form that can be loaded, and the options for that."""
    place, options = sync.destination["database_table"], sync.advanced_options
    path = task.context.files.path(sync.source["file"]["id"])
    known = warehouse.table(place["schema"], place["table"])
    if options.get("existing_table_rows") == "drop":
        known = None
    found = detect_csv(
        path,
        include_header=options.get("first_row_is_header"),
        column_delimiter=options.get("column_delimiter"),
        detect_types=known is None,
        escaped=bool(options.get("escaped")),
        scratch=folder,
    )
    task.cancel.raise_if_cancelled()
    if found.character_set not in _UTF8:
        plain = folder / f"{sync.id}.csv"
        convert_to_utf8(path, plain, encoding=found.character_set)
        path = plain
    task.log.info(
        f"The file is a CSV separated by {found.column_delimiter}s, "
        f"with{'' if found.include_header else 'out'} a header."
    )
    for note in found.notes:
        task.log.warn(note)
    return [path], _import_options(place, options, found, known)


def _import_options(
    place: dict[str, Any], options: dict[str, Any], found: CsvDetection, known: TableInfo | None
) -> ImportOptions:
    """Return the options of a file's import from its sync and what was detected."""
    return ImportOptions(
        schema=place["schema"],
        table=place["table"],
        first_row_is_header=found.include_header,
        column_delimiter=found.column_delimiter,
        # What the bytes are is seen when they are read; a converted file is plain.
        compression="none",
        escaped=bool(options.get("escaped")),
        existing_table_rows=options.get("existing_table_rows") or "fail",
        max_errors=options.get("max_errors"),
        table_columns=_columns(options.get("column_overrides") or {}, found, known),
        distkey=options.get("distkey"),
        diststyle=options.get("diststyle"),
        sortkeys=tuple(options.get(key) for key in ("sortkey1", "sortkey2") if options.get(key)),
    )


def _columns(
    overrides: dict[str, Any], found: CsvDetection, known: TableInfo | None
) -> tuple[tuple[str, str | None], ...] | None:
    """Return the file's columns with the names and types that override what was found.

    Raises
    ------
    CivisLocalError
        When an override is of a column that the file does not have.
    """
    names = [column.name for column in found.table_columns]
    if known is not None and not found.include_header and len(known.columns) == len(names):
        names = [column.name for column in known.columns]
    types: list[str | None] = [c.sql_type if known is None else None for c in found.table_columns]
    for key, override in overrides.items():
        index = int(key) if str(key).isdecimal() else -1
        if not 0 <= index < len(names) or not isinstance(override, dict):
            raise CivisLocalError(
                f"columnOverrides has the key {key!r}: keys are the indices of the file's "
                f"{len(names)} columns, from 0, and values are {{name, type}}."
            )
        names[index] = override.get("name") or names[index]
        kind = override.get("type") or override.get("sqlType") or override.get("sql_type")
        types[index] = kind if kind and known is None else types[index]
    if not overrides and known is not None:
        return None
    return tuple(zip(names, types, strict=True))
