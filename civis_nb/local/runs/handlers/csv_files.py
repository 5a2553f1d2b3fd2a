"""CSV files: examined and converted to one form, and loaded into tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import update

from civis_nb.local.files.blobs import same_content
from civis_nb.local.files.registry import FILE_LIFETIME, was_replaced
from civis_nb.local.runs.completed_imports import commit_marker, mark_complete
from civis_nb.local.runs.environment import working_folder
from civis_nb.local.runs.logs import rows_text
from civis_nb.local.runs.outputs import add_output
from civis_nb.local.runs.task import RunTask
from civis_nb.local.store import in_future
from civis_nb.local.store.schema import files
from civis_nb.local.warehouse.base import CsvDetection, ImportOptions, ImportReport
from civis_nb.local.warehouse.csv.charset import convert_to_utf8
from civis_nb.local.warehouse.csv.detect import detect_csv

__all__ = ["log_report", "run_import", "run_preprocess"]

_UTF8 = "utf-8"
#: How many skipped rows the log lists one by one.
_SKIPPED_SHOWN = 100


def run_preprocess(task: RunTask) -> None:
    """Detect the format of a CSV file, and make a gzipped UTF-8 file of it, or change it in place.

    Raises
    ------
    WarehouseError
        When the file is empty, damaged, or no CSV.
    NotFound
        When the file is no longer there.
    Conflict
        When the file is to be changed in place, and got another content meanwhile.
    """
    body = task.body
    row, stored = task.context.files.content(body["file_id"])
    name = str(row.name)
    with working_folder(task) as folder:
        # It is opened several times, and removed where another content takes its place.
        source = folder / "source"
        same_content(stored, source)
        task.log.info(f"Looking at {name!r}.")
        found = detect_csv(
            source,
            include_header=body.get("include_header"),
            column_delimiter=body.get("column_delimiter"),
            detect_types=body["detect_table_columns"],
            scratch=folder,
        )
        task.cancel.raise_if_cancelled()
        task.log.info(_described(found, types=body["detect_table_columns"]))
        for note in found.notes:
            task.log.warn(note)
        if body["in_place"]:
            file_id = _keep_in_place(task, source, stored.name, found, folder)
        else:
            file_id = _keep_as_new(task, source, name, found, folder)
    with task.context.store.begin() as connection:
        add_output(connection, task.run_id, "File", file_id)


def _described(found: CsvDetection, *, types: bool) -> str:
    """Return what was found out about a file, for the log."""
    header = "with a header" if found.include_header else "without a header"
    columns = f", {len(found.table_columns)} columns" if types else ""
    return (
        f"CSV separated by {found.column_delimiter}s, {header}, compression {found.compression}, "
        f"character set {found.character_set}{columns}."
    )


def _keep_as_new(task: RunTask, source: Path, name: str, found: CsvDetection, folder: Path) -> int:
    """Store the content as a new gzipped UTF-8 file; return its id."""
    target = folder / "content.csv.gz"
    if (found.compression, found.character_set) == ("gzip", _UTF8):
        same_content(source, target)
    else:
        convert_to_utf8(source, target, compression="gzip", encoding=found.character_set)
    task.cancel.raise_if_cancelled()
    shown = name.removesuffix(".zip")
    file_id = task.context.files.add(
        shown if shown.endswith(".gz") else f"{shown}.gz",
        target,
        task.user_id,
        in_future(FILE_LIFETIME),
        _detected_info(task, found, "gzip"),
    )
    task.log.info(f"File {file_id} holds the content as gzipped UTF-8.")
    return file_id


def _keep_in_place(
    task: RunTask, source: Path, looked_at: str, found: CsvDetection, folder: Path
) -> int:
    """Replace the content `looked_at` by one in UTF-8 where it is not; return the file's id."""
    file_id = int(task.body["file_id"])
    compression = "gzip" if found.compression == "gzip" else "none"
    if (found.compression, found.character_set) != (compression, _UTF8):
        target = folder / "content.csv"
        convert_to_utf8(source, target, compression=compression, encoding=found.character_set)
        task.cancel.raise_if_cancelled()
        blob = task.context.files.blobs.take(target)
        task.context.files.attach(file_id, blob, instead_of=looked_at)
        task.log.info(f"File {file_id} was converted to UTF-8.")
        looked_at = blob.name
    same = (files.c.id == file_id) & (files.c.blob == looked_at)
    info = _detected_info(task, found, compression)
    with task.context.store.begin() as connection:
        if connection.execute(update(files).where(same).values(detected_info=info)).rowcount == 0:
            raise was_replaced(file_id)
    return file_id


def _detected_info(task: RunTask, found: CsvDetection, compression: str) -> dict[str, Any]:
    """Return what was found out about a file, as the file's record keeps it."""
    columns = found.table_columns if task.body["detect_table_columns"] else ()
    return {
        "includeHeader": found.include_header,
        "columnDelimiter": found.column_delimiter,
        "compression": compression,
        "tableColumns": [{"name": c.name, "sqlType": c.sql_type} for c in columns],
    }


def run_import(task: RunTask) -> None:
    """Load files into a table, all of them or nothing.

    Raises
    ------
    WarehouseError
        When something does not fit; the table is as it was then.
    NotFound
        When a file is no longer there.
    OperationCancelledError
        When the run was cancelled; the table is as it was.
    """
    options = _import_options(task.body)
    warehouse = task.context.warehouses.get(task.body["destination"]["remote_host_id"])
    paths = [task.context.files.path(number) for number in task.body["source"]["file_ids"]]
    where = f"{options.schema}.{options.table}"
    task.log.info(f"Loading {len(paths)} file{'' if len(paths) == 1 else 's'} into {where}.")
    (report,) = warehouse.import_csv(
        [(paths, options)], task.cancel, task.log.write, commit_marker(task.run_id)
    )
    mark_complete(task, warehouse)
    log_report(task, report, where)


def log_report(task: RunTask, report: ImportReport, where: str) -> None:
    """Write to the log what an import did, and which rows it skipped."""
    for message in report.skipped[:_SKIPPED_SHOWN]:
        task.log.add("warn", f"Row skipped: {message}")
    if len(report.skipped) > _SKIPPED_SHOWN:
        task.log.warn(f"{len(report.skipped):,} rows were skipped in all.")
    made = " The table is new." if report.created else ""
    task.log.info(f"{rows_text(report.row_count)} loaded into {where}.{made}")


def _import_options(body: dict[str, Any]) -> ImportOptions:
    """Return the options of a CSV import from the body of its job."""
    destination = body["destination"]
    options = body.get("redshift_destination_options") or {}
    columns = body.get("table_columns") or []
    return ImportOptions(
        schema=destination["schema"],
        table=destination["table"],
        first_row_is_header=body["first_row_is_header"],
        column_delimiter=body["column_delimiter"],
        compression=body["compression"],
        escaped=body["escaped"],
        existing_table_rows=body["existing_table_rows"],
        max_errors=body.get("max_errors"),
        table_columns=tuple((c["name"], c.get("sql_type")) for c in columns) or None,
        loosen_types=body["loosen_types"],
        primary_keys=tuple(destination.get("primary_keys") or ()),
        last_modified_keys=tuple(destination.get("last_modified_keys") or ()),
        distkey=options.get("distkey"),
        diststyle=options.get("diststyle"),
        sortkeys=tuple(options.get("sortkeys") or ()),
    )
