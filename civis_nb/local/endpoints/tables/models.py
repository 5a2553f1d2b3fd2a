"""Tables and columns on the wire, and how they are made of what the catalog knows."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from civis_nb.local.catalog import CatalogTable, known, measured
from civis_nb.local.context import PlatformContext
from civis_nb.local.http.wire import Wire
from civis_nb.local.warehouse.base import ColumnInfo

__all__ = [
    "ColumnDetail",
    "ScanRun",
    "TableDetail",
    "TableSummary",
    "columns",
    "detail",
    "summary",
]

#: The owner of every table: who may connect to a local database is its owner.
_OWNER = "local"
_MANY_VALUES = 20
_KINDS = (
    (("character", "varchar", "char", "text", "bpchar", "nvarchar", "super"), "string"),
    (("smallint", "integer", "bigint", "int"), "integer"),
    (("double", "real", "float", "numeric", "decimal"), "float"),
    (("bool",), "boolean"),
    (("timestamp",), "timestamp"),
    (("date",), "date"),
    (("time",), "time"),
)


class LastRun(Wire):
    """The last scan of a table."""

    id: int
    state: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    error: str | None


class TableTag(Wire):
    """A tag of a table."""

    id: int
    name: str


class ColumnDetail(Wire):
    """A column and what it holds."""

    name: str
    civis_data_type: str
    sql_type: str
    sample_values: list[str]
    encoding: str | None = None
    description: str | None
    order: int
    min_value: str | None
    max_value: str | None
    avg_value: float | None
    stddev: float | None
    value_distribution_percent: dict[str, float]
    coverage_count: int | None
    null_count: int | None
    possible_dependent_variable_types: list[str]
    useable_as_independent_variable: bool
    useable_as_primary_key: bool
    value_distribution: dict[str, int]
    distinct_count: int | None


class TableSummary(Wire):
    """A table in a list."""

    id: int
    database_id: int
    schema_: str = Field(alias="schema")
    name: str
    description: str | None
    is_view: bool
    row_count: int | None
    column_count: int | None
    size_mb: float | None = None
    owner: str = _OWNER
    distkey: str | None = None
    sortkeys: str | None = None
    refresh_status: str
    last_refresh: str | None
    refresh_id: str | None = None
    last_run: LastRun | None = None
    table_tags: list[TableTag] = Field(default_factory=list)


class TableDetail(TableSummary):
    """A table in full."""

    data_updated_at: str | None = None
    schema_updated_at: str | None = None
    primary_keys: list[str]
    last_modified_keys: list[str]
    ontology_mapping: dict[str, Any] = Field(default_factory=dict)
    columns: list[ColumnDetail]
    joins: list[dict[str, Any]] = Field(default_factory=list)
    multipart_key: list[str] = Field(default_factory=list)
    enhancements: list[dict[str, Any]] = Field(default_factory=list)
    view_def: str | None
    table_def: str | None
    outgoing_table_matches: list[dict[str, Any]] = Field(default_factory=list)


class ScanRun(Wire):
    """The job that scans tables, and its run."""

    job_id: int
    run_id: int


def _common(table: CatalogTable) -> dict[str, Any]:
    """Return the fields that lists of tables and single ones show."""
    return {
        "id": table.id,
        "database_id": table.row.database_id,
        "schema": table.info.schema,
        "name": table.info.name,
        "description": table.row.description or table.info.comment,
        "is_view": table.info.is_view,
        "row_count": table.info.row_count,
        "column_count": len(table.info.columns) or None,
        "refresh_status": table.row.refresh_status,
        "last_refresh": table.row.last_refresh,
    }


def summary(table: CatalogTable) -> TableSummary:
    """Return a table as lists show it."""
    return TableSummary.model_validate(_common(table))


def detail(table: CatalogTable) -> TableDetail:
    """Return a table in full, with the known statistics only: clients request tables often."""
    definition = table.info.definition
    return TableDetail.model_validate(
        {
            **_common(table),
            "primary_keys": table.row.primary_keys or [],
            "last_modified_keys": table.row.last_modified_keys or [],
            "ontology_mapping": table.row.ontology_mapping or {},
            "columns": _columns(table, known(table) or {}),
            "view_def": definition if table.info.is_view else None,
            "table_def": None if table.info.is_view else definition,
        }
    )


def columns(context: PlatformContext, table: CatalogTable) -> list[ColumnDetail]:
    """Return the columns of a table, measured when that was not done yet."""
    return _columns(table, measured(context, table))


def _columns(table: CatalogTable, stats: dict[str, dict[str, Any]]) -> list[ColumnDetail]:
    return [_column(info, stats.get(info.name, {}), table) for info in table.info.columns]


def civis_type(sql_type: str) -> str:
    """Return the kind of a SQL type, in the API's words.

    Examples
    --------
    >>> civis_type("character varying(256)"), civis_type("DOUBLE PRECISION"), civis_type("bigint")
    ('string', 'float', 'integer')
    """
    name = sql_type.lower()
    for starts, kind in _KINDS:
        if name.startswith(starts):
            return kind
    return "string"


def _column(info: ColumnInfo, stats: dict[str, Any], table: CatalogTable) -> ColumnDetail:
    """Return a column with its statistics."""
    rows = stats.get("coverage_count", 0) + stats.get("null_count", 0)
    distinct = stats.get("distinct_count")
    counts: dict[str, int] = stats.get("value_distribution", {})
    kind = civis_type(info.sql_type)
    return ColumnDetail(
        name=info.name,
        civis_data_type=kind,
        sql_type=info.declared_type,
        sample_values=stats.get("sample_values", []),
        description=info.comment,
        order=info.order,
        min_value=stats.get("min_value"),
        max_value=stats.get("max_value"),
        avg_value=stats.get("avg_value"),
        stddev=stats.get("stddev"),
        value_distribution_percent={k: 100 * n / rows for k, n in counts.items()} if rows else {},
        coverage_count=stats.get("coverage_count"),
        null_count=stats.get("null_count"),
        possible_dependent_variable_types=_dependent(kind, distinct),
        useable_as_independent_variable=bool(distinct and distinct > 1),
        useable_as_primary_key=bool(rows and distinct == rows and not table.info.is_view),
        value_distribution=counts,
        distinct_count=distinct,
    )


def _dependent(kind: str, distinct: int | None) -> list[str]:
    """Return what kinds of dependent variable a column can be."""
    if not distinct or distinct < 2:
        return []
    if distinct == 2:
        return ["binary"]
    if distinct <= _MANY_VALUES:
        return ["multinomial", "ordinal"]
    return ["continuous"] if kind in ("integer", "float") else []
