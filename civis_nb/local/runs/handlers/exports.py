"""SQL scripts: the result of a query as a file."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from civis_nb.local.files.registry import EXPORT_LIFETIME
from civis_nb.local.runs import outputs
from civis_nb.local.runs.environment import working_folder
from civis_nb.local.runs.logs import rows_text
from civis_nb.local.runs.placeholders import expanded_arguments, fill_placeholders
from civis_nb.local.runs.task import RunTask
from civis_nb.local.store import in_future
from civis_nb.local.warehouse.base import DELIMITERS, CsvSettings, Export

__all__ = ["run_csv_export", "run_sql_script"]

_LONGEST_NAME = 80
_LONGEST_NAME_BYTES = 200
_SETTINGS_OF_EXPORTS = (
    "include_header",
    "compression",
    "column_delimiter",
    "force_multifile",
    "max_file_size",
)


def run_sql_script(task: RunTask) -> None:
    """Run a SQL script; a result that has rows becomes a file, the run's output.

    Raises
    ------
    WarehouseError
        When the database refuses it.
    OperationCancelledError
        When it was cancelled.
    """
    body = task.body
    task.log_unused_arguments()
    warehouse = task.context.warehouses.get(body["remote_host_id"])
    sql = _filled(task)
    settings = csv_settings(body.get("csv_settings") or {})
    with working_folder(task) as folder:
        task.log.add("info", "Query started.")
        export = warehouse.export_csv(
            sql, folder, _base_name(task, settings), settings, task.cancel, task.log.write
        )
        task.cancel.raise_if_cancelled()
        if export is not None:
            task.result["result_columns"] = _columns(export)
        if export is None or not export.parts:
            task.log.add("info", "Query complete: no rows, so there is no file.")
            return
        task.log.add("info", f"Query complete: {rows_text(export.row_count)} exported.")
        _keep(task, export, settings, sql, folder)


def run_csv_export(task: RunTask) -> None:
    """Run a CSV export: a SQL script whose settings lie elsewhere.

    Raises
    ------
    WarehouseError
        When the database refuses it.
    OperationCancelledError
        When it was cancelled.
    """
    body = task.body
    settings = {
        **{key: body.get(key) for key in _SETTINGS_OF_EXPORTS},
        "filename_prefix": body["destination"].get("filename_prefix"),
    }
    source = {key: body["source"][key] for key in ("sql", "remote_host_id")}
    run_sql_script(replace(task, body={**source, "csv_settings": settings}))


def csv_settings(sent: dict[str, Any]) -> CsvSettings:
    """Read the settings of an export, as they are kept with the job."""
    return CsvSettings(
        include_header=sent.get("include_header") is not False,
        compression=sent.get("compression") or "gzip",
        column_delimiter=sent.get("column_delimiter") or "comma",
        unquoted=sent.get("unquoted") or False,
        force_multifile=sent.get("force_multifile") or False,
        filename_prefix=sent.get("filename_prefix"),
        max_file_size_mb=sent.get("max_file_size"),
    )


def _filled(task: RunTask) -> str:
    """Return the script's SQL with its parameters filled in."""
    params = task.body.get("params") or []
    if not params:
        return str(task.body["sql"])
    with task.context.store.read() as connection:
        values = expanded_arguments(
            connection, params, task.body.get("arguments") or {}, secrets=True
        )
    return fill_placeholders(task.body["sql"], values)


def _base_name(task: RunTask, settings: CsvSettings) -> str:
    """Return the name of an export's files, without what paths and URLs can't have."""
    # The name goes into paths and into URLs; the id keeps two runs' files apart.
    wanted = settings.filename_prefix or task.job_name
    plain = re.sub(r"[^\w.-]+", "_", wanted).strip("._")[:_LONGEST_NAME]
    # Systems of files count bytes, 255 in most: what is put behind the name needs some of them.
    plain = plain.encode()[:_LONGEST_NAME_BYTES].decode(errors="ignore")
    return f"{plain or 'export'}_{task.run_id}"


def _keep(task: RunTask, export: Export, settings: CsvSettings, sql: str, folder: Path) -> None:
    """Store the exported files, and a manifest of several, as outputs of the run."""
    info = {
        "includeHeader": settings.include_header and not settings.force_multifile,
        "columnDelimiter": settings.column_delimiter,
        "compression": settings.compression,
        "tableColumns": _columns(export),
    }
    expires_at = in_future(EXPORT_LIFETIME)
    entries: list[dict[str, Any]] = []
    for part in export.parts:
        file_id = task.context.files.add(part.name, part.path, task.user_id, expires_at, info)
        entries.append({"id": file_id, "name": part.name, "size": part.size_bytes})
    name, file_id = entries[0]["name"], entries[0]["id"]
    if settings.force_multifile:
        name = f"{_base_name(task, settings)}_manifest.json"
        manifest = folder / name
        manifest.write_text(
            json.dumps(_manifest(task, export, settings, sql, entries)), encoding="utf-8"
        )
        file_id = task.context.files.add(name, manifest, task.user_id, expires_at)
    task.result["output"] = [{"output_name": name, "file_id": file_id}]
    with task.context.store.begin() as connection:
        outputs.add_output(connection, task.run_id, "File", file_id)


def _columns(export: Export) -> list[dict[str, str]]:
    return [{"name": column.name, "sqlType": column.sql_type} for column in export.columns]


def _manifest(
    task: RunTask,
    export: Export,
    settings: CsvSettings,
    sql: str,
    entries: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return the list of an export's files (API protocol, 5.4)."""
    manifest: dict[str, Any] = {
        "query": sql,
        "entries": [],
        "compression": settings.compression,
        "delimiter": DELIMITERS[settings.column_delimiter],
        "unquoted": settings.unquoted,
    }
    if settings.include_header:
        manifest["header"] = [column.name for column in export.columns]
    for entry in entries:
        url = task.context.files.download_url(task.context.files.row(entry["id"]))
        manifest["entries"].append({**entry, "url": url, "url_signed": url})
    return manifest
