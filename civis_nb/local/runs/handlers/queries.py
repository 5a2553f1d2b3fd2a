"""Queries: the first rows of a result, kept with the run."""

from __future__ import annotations

from civis_nb.local.runs.logs import rows_text
from civis_nb.local.runs.task import RunTask

__all__ = ["run_query"]


def run_query(task: RunTask) -> None:
    """Run a query and keep the first rows of its result.

    Raises
    ------
    WarehouseError
        When the database refuses it.
    OperationCancelledError
        When it was cancelled.
    """
    body = task.body
    warehouse = task.context.warehouses.get(body["database"])
    task.log.add("info", "Query started.")
    preview = warehouse.preview(body["sql"], body["preview_rows"], task.cancel, task.log.write)
    task.result["result_columns"] = list(preview.columns)
    task.result["result_column_types"] = list(preview.column_types)
    task.result["result_rows"] = preview.rows
    task.log.add("info", f"Query complete: {rows_text(len(preview.rows))} kept for the preview.")
