"""Functions that SQL can't do: written in Python, and called by the macros of ``functions.sql``.

They are for what is rare: a call takes some microseconds a row.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import duckdb

from civis_nb.local.warehouse.dialects.computed.decimals import (
    exponential_of_decimal,
    logarithm_of_decimal,
    mean_of_decimals,
    power_of_decimal,
    product_of_decimals,
    quotient_of_decimals,
    rest_of_decimals,
    whole_quotient,
)
from civis_nb.local.warehouse.dialects.computed.digests import fnv_hash, sha2
from civis_nb.local.warehouse.dialects.computed.json_edits import (
    jsonb_contains,
    jsonb_cut,
    jsonb_indented,
    jsonb_insert,
    jsonb_without,
    jsonb_without_element,
)
from civis_nb.local.warehouse.dialects.computed.json_texts import (
    json_at,
    jsonb_joined,
    jsonb_key,
    jsonb_set,
    jsonb_text,
)
from civis_nb.local.warehouse.dialects.computed.number_formats import text_of_number
from civis_nb.local.warehouse.dialects.computed.number_texts import number_of_text
from civis_nb.local.warehouse.dialects.computed.sounds import soundex
from civis_nb.local.warehouse.dialects.computed.spreads import spread_of_sums, spread_of_values
from civis_nb.local.warehouse.dialects.computed.text_patterns import (
    pattern_groups,
    pattern_replaced,
    pattern_spans,
    pattern_split,
)
from civis_nb.local.warehouse.dialects.computed.time_formats import text_of_interval, text_of_time
from civis_nb.local.warehouse.dialects.computed.time_inputs import moment_of_text
from civis_nb.local.warehouse.dialects.computed.time_texts import time_of_text
from civis_nb.local.warehouse.dialects.types.decimals import note_quotient
from civis_nb.local.warehouse.dialects.types.zones import text_with_zone

__all__ = ["PREFIX", "create_computed"]

#: Of the functions' names, and of their errors.
PREFIX = "civis_sql_"

#: Function, types of its arguments, type of its result.
_FUNCTIONS: list[tuple[Callable[..., Any], str, str]] = [
    (text_of_time, "BIGINT BOOLEAN VARCHAR", "VARCHAR"),
    (text_of_interval, "BIGINT BIGINT BIGINT VARCHAR", "VARCHAR"),
    (text_of_number, "VARCHAR INTEGER VARCHAR", "VARCHAR"),
    (time_of_text, "VARCHAR VARCHAR BOOLEAN", "BIGINT"),
    (number_of_text, "VARCHAR VARCHAR", "VARCHAR"),
    (jsonb_text, "VARCHAR", "VARCHAR"),
    (jsonb_key, "VARCHAR", "VARCHAR"),
    (jsonb_joined, "VARCHAR VARCHAR", "VARCHAR"),
    (jsonb_contains, "VARCHAR VARCHAR", "BOOLEAN"),
    (jsonb_without, "VARCHAR VARCHAR[]", "VARCHAR"),
    (jsonb_without_element, "VARCHAR INTEGER", "VARCHAR"),
    (jsonb_cut, "VARCHAR VARCHAR", "VARCHAR"),
    (jsonb_insert, "VARCHAR VARCHAR VARCHAR BOOLEAN", "VARCHAR"),
    (jsonb_indented, "VARCHAR", "VARCHAR"),
    (json_at, "VARCHAR VARCHAR", "VARCHAR"),
    (jsonb_set, "VARCHAR VARCHAR VARCHAR BOOLEAN", "VARCHAR"),
    (note_quotient, "BIGINT VARCHAR VARCHAR", "INTEGER"),
    (quotient_of_decimals, "VARCHAR VARCHAR", "VARCHAR"),
    (rest_of_decimals, "VARCHAR VARCHAR", "VARCHAR"),
    (whole_quotient, "VARCHAR VARCHAR", "VARCHAR"),
    (mean_of_decimals, "VARCHAR VARCHAR", "VARCHAR"),
    (product_of_decimals, "VARCHAR VARCHAR", "VARCHAR"),
    (power_of_decimal, "VARCHAR VARCHAR", "VARCHAR"),
    (logarithm_of_decimal, "VARCHAR VARCHAR", "VARCHAR"),
    (exponential_of_decimal, "VARCHAR", "VARCHAR"),
    (spread_of_sums, "VARCHAR VARCHAR VARCHAR VARCHAR", "VARCHAR"),
    (spread_of_values, "VARCHAR[] VARCHAR", "VARCHAR"),
    (sha2, "VARCHAR INTEGER", "VARCHAR"),
    (fnv_hash, "VARCHAR INTEGER BIGINT", "BIGINT"),
    (soundex, "VARCHAR", "VARCHAR"),
    (moment_of_text, "VARCHAR VARCHAR", "BIGINT"),
    (text_with_zone, "VARCHAR", "VARCHAR"),
    (pattern_spans, "VARCHAR VARCHAR INTEGER VARCHAR INTEGER", "BIGINT[]"),
    (pattern_split, "VARCHAR VARCHAR VARCHAR", "VARCHAR[]"),
    (pattern_groups, "VARCHAR VARCHAR VARCHAR", "VARCHAR[][]"),
    (pattern_replaced, "VARCHAR VARCHAR VARCHAR INTEGER INTEGER VARCHAR", "VARCHAR"),
]


def create_computed(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the functions in the database of a connection; all cursors of it have them.

    DuckDB needs numpy for it, which takes a while to load: hence this is done when a statement
    needs one of them. In a transaction that is rolled back they are gone with it.
    """
    for function, arguments, result in _FUNCTIONS:
        # Another thread may have created it.
        with suppress(duckdb.CatalogException):
            connection.create_function(
                PREFIX + function.__name__,
                function,
                arguments.split(),  # type: ignore[arg-type]
                result,
            )
