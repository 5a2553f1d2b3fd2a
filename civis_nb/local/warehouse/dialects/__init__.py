"""What a statement means in Redshift or PostgreSQL, decided before DuckDB gets it.

The user's text stays as it is but for edits of single tokens: calls and operators whose meaning
differs are qualified with the catalog `CATALOG`, whose macros choose by the types of their
arguments when DuckDB binds the statement; result columns get PostgreSQL's names; and what can't be
done is refused by name. Statements of the dialect ``duckdb`` stay as they are.
"""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.calls.absent import absent_function
from civis_nb.local.warehouse.dialects.computed import PREFIX, create_computed
from civis_nb.local.warehouse.dialects.foreign.calls import ForeignCall
from civis_nb.local.warehouse.dialects.functions import attach_functions
from civis_nb.local.warehouse.dialects.operators.joins import what_is_joined
from civis_nb.local.warehouse.dialects.parts import SortedBy
from civis_nb.local.warehouse.dialects.rules import (
    CATALOG,
    PLAINLY,
    Dialect,
    Reading,
    UnsupportedSqlError,
)
from civis_nb.local.warehouse.dialects.statements.alias_uses import AliasUse
from civis_nb.local.warehouse.dialects.statements.order_items import ambiguous
from civis_nb.local.warehouse.dialects.statements.set_operations import Combined, unified
from civis_nb.local.warehouse.dialects.tokens import OffsetMap
from civis_nb.local.warehouse.dialects.translation import (
    DIALECTS,
    Translated,
    translate,
)
from civis_nb.local.warehouse.dialects.types.assigned import postgres_name
from civis_nb.local.warehouse.dialects.types.decimals import (
    FILLED_TYPE,
    noting,
    quotient_of,
    types_in,
)

__all__ = [
    "CATALOG",
    "DIALECTS",
    "FILLED_TYPE",
    "PLAINLY",
    "PREFIX",
    "AliasUse",
    "Combined",
    "Dialect",
    "ForeignCall",
    "OffsetMap",
    "Reading",
    "SortedBy",
    "Translated",
    "UnsupportedSqlError",
    "absent_function",
    "ambiguous",
    "attach_functions",
    "create_computed",
    "noting",
    "postgres_name",
    "quotient_of",
    "translate",
    "types_in",
    "unified",
    "what_is_joined",
]
