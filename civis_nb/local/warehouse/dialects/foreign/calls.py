"""Calls of functions that DuckDB has and the dialect does not: found here, and refused later.

A function of the user's own may have such a name, which only the database knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from civis_nb.local.warehouse.dialects.rules import Dialect

__all__ = ["ForeignCall", "is_built_in", "is_known"]

#: PostgreSQL's functions, of those that DuckDB has as well.
_POSTGRES = frozenset(
    """abs acos acosh age array_agg array_append array_cat array_length array_position
    array_prepend array_to_json array_to_string ascii asin asinh atan atan2 atanh avg bit_and
    bit_count bit_length bit_or bit_xor bool_and bool_or cardinality cbrt ceil ceiling char_length
    character_length chr col_description concat concat_ws corr cos cosh cot count covar_pop
    covar_samp cume_dist current_catalog current_database current_date current_query current_role
    current_schema current_schemas current_setting current_user currval date_part date_trunc decode
    degrees dense_rank encode enum_first enum_last enum_range exp extract factorial first_value
    floor format format_type gcd gen_random_uuid generate_series generate_subscripts get_bit
    greatest has_any_column_privilege has_column_privilege has_database_privilege
    has_foreign_data_wrapper_privilege has_function_privilege has_language_privilege
    has_schema_privilege has_sequence_privilege has_server_privilege has_table_privilege
    has_tablespace_privilege inet_client_addr inet_client_port inet_server_addr inet_server_port
    isfinite json_array json_array_length json_each json_extract_path json_extract_path_text
    json_object json_strip_nulls lag last_value lcm lead least left length like_escape ln log log10
    lower lpad ltrim make_date make_time make_timestamp make_timestamptz max md5 min mod mode
    nextval now nth_value ntile nullif obj_description octet_length overlay percent_rank
    pg_collation_is_visible pg_conf_load_time pg_conversion_is_visible pg_function_is_visible
    pg_get_constraintdef pg_get_expr pg_get_viewdef pg_has_role pg_is_other_temp_schema
    pg_my_temp_schema pg_opclass_is_visible pg_operator_is_visible pg_opfamily_is_visible
    pg_postmaster_start_time pg_size_pretty pg_sleep pg_table_is_visible pg_timezone_names
    pg_ts_config_is_visible pg_ts_dict_is_visible pg_ts_parser_is_visible
    pg_ts_template_is_visible pg_type_is_visible pg_typeof pi position pow power radians random
    rank regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regr_avgx
    regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat
    replace reverse right round row row_number row_to_json rpad rtrim session_user set_bit setseed
    setval sha256 shobj_description sign sin sinh split_part sqrt starts_with stddev stddev_pop
    stddev_samp string_agg string_to_array strpos substr substring sum tan tanh timezone to_hex
    to_json to_timestamp transaction_timestamp translate trim trunc txid_current unnest upper user
    var_pop var_samp variance version""".split()  # noqa: SIM905 - shorter to read
)
#: What Redshift has besides. Those of PostgreSQL stay there: its leader node has most of them.
_REDSHIFT = _POSTGRES | frozenset(
    """any_value array_concat array_contains array_distinct array_sort date_add date_diff datediff
    datepart from_hex isnull json last_day len listagg median nvl nvl2 sha1 charindex dateadd
    getdate""".split()  # noqa: SIM905 - shorter to read
)
#: What DuckDB's grammar or the translation of Redshift's functions takes.
_TRANSLATED = frozenset(
    """char charindex dateadd getdate if iff ifnull iif isnull nvl nvl2 safe_cast
    try""".split()  # noqa: SIM905 - shorter to read
)
#: Beginnings of names that stay: their own errors tell more, or the sample tables are made by them.
_ELSEWHERE = ("read_", "md5_number")
#: Beginnings of names of functions on values in others.
_OF_NESTED = ("list_", "map_", "struct_")
_KNOWN = {"redshift": _REDSHIFT, "postgres": _POSTGRES}

_PART = "EXTRACT({} FROM …)"
#: What to write instead of functions that people know from elsewhere.
_INSTEAD = {
    "if": "CASE WHEN … THEN … ELSE … END", "iif": "CASE WHEN … THEN … ELSE … END",
    "ifnull": "COALESCE(…)", "nvl": "COALESCE(…)", "isnull": "COALESCE(…)",
    "len": "LENGTH(…)", "strlen": "OCTET_LENGTH(…)", "instr": "STRPOS(…)",
    "strftime": "TO_CHAR(…)", "strptime": "TO_TIMESTAMP(…)", "today": "CURRENT_DATE",
    "count_if": "COUNT(CASE WHEN … THEN 1 END)", "countif": "COUNT(CASE WHEN … THEN 1 END)",
    "median": "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY …)",
    "quantile_cont": "PERCENTILE_CONT(…) WITHIN GROUP (ORDER BY …)",
    "arg_max": "a query with ROW_NUMBER()", "arg_min": "a query with ROW_NUMBER()",
    "max_by": "a query with ROW_NUMBER()", "min_by": "a query with ROW_NUMBER()",
    "listagg": "STRING_AGG(…)", "group_concat": "", "last_day": "",
    "epoch": _PART.format("epoch"), "dayofweek": _PART.format("dow"),
    "dayofyear": _PART.format("doy"), "weekofyear": _PART.format("week"),
    "isodow": _PART.format("isodow"),
    **{part: _PART.format(part) for part in (
        "year", "quarter", "month", "week", "day", "hour", "minute", "second")},
    "datediff": "a difference, as in b - a", "date_diff": "a difference, as in b - a",
    "regexp_extract": "SUBSTRING(… FROM pattern)", "contains": "STRPOS(…) > 0",
    "any_value": "MIN(…)", "range": "GENERATE_SERIES(first, last)",
    "ucase": "UPPER(…)", "lcase": "LOWER(…)", "uuid": "GEN_RANDOM_UUID()",
    "split": "STRING_TO_ARRAY(…)", "string_split": "STRING_TO_ARRAY(…)",
}  # fmt: skip
_INSTEAD_ON_REDSHIFT = {
    "group_concat": "LISTAGG(…)", "approx_count_distinct": "APPROXIMATE COUNT(DISTINCT …)",
    "regexp_extract": "REGEXP_SUBSTR(…)", "uuid": "", "split": "SPLIT_PART(…)",
    "string_split": "SPLIT_PART(…)",
}  # fmt: skip


@dataclass(frozen=True)
class ForeignCall:
    """A call whose function is one of the user's or one that the dialect does not have.

    Attributes
    ----------
    name, offset
        The function, and its place in the user's text.
    message
        That it does not exist, and what to write instead.
    """

    name: str
    offset: int
    message: str

    @classmethod
    def of(cls, name: str, offset: int, dialect: Dialect, shown: str = "") -> ForeignCall:
        """Return the call of a function that is not `is_known`, or one with a schema.

        ``shown`` is the name as it is written with the schema.
        """
        name = name.lower()
        server = "Redshift" if dialect == "redshift" else "PostgreSQL"
        instead = _INSTEAD.get(name, "")
        if dialect == "redshift":
            instead = _INSTEAD_ON_REDSHIFT.get(name, instead)
        hint = f": write {instead}" if instead else ""
        if name.startswith(_OF_NESTED):
            hint = ": there are no lists, structs and maps"
        return cls(name, offset, f"function {shown or name} does not exist in {server}{hint}")


def is_built_in(name: str, functions: frozenset[str]) -> bool:
    """Return whether a name is understood without a function of the user's.

    Parameters
    ----------
    name
        Of a function, in lower case.
    functions
        DuckDB's own.
    """
    return name in functions or name in _TRANSLATED


def is_known(name: str, dialect: Dialect) -> bool:
    """Return whether a function of DuckDB's is one of the dialect's as well.

    Examples
    --------
    >>> is_known("listagg", "redshift"), is_known("listagg", "postgres")
    (True, False)
    """
    return name in _KNOWN[dialect] or name == "glob" or name.startswith(_ELSEWHERE)
