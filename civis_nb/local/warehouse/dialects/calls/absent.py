"""Functions that the documents of Redshift or PostgreSQL have and the local platform has not.

Some of them DuckDB knows by the same name, and means something else: these are refused before it
sees the statement. Of the others the error says why there is no such function; a function of the
user's own may have the name.
"""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.rules import Dialect

__all__ = ["OTHER_MEANINGS", "absent_function", "other_meaning"]

_PRODUCTS = {"redshift": "Redshift", "postgres": "PostgreSQL"}

_SUPER = "it works on values of the type SUPER; keep JSON as text, and use JSON_EXTRACT_PATH_TEXT"
_SKETCH = "there are no HyperLogLog sketches; use APPROXIMATE COUNT(DISTINCT …)"
_SPATIAL = "there are no types of geometry; keep longitude and latitude as numbers"
_CLUSTER = "it is about a cluster and its log, and there is none"
_NETWORK = "there are no network addresses"
_BITS = "use FROM_VARBYTE(…, 'binary')"
_HASH = "use MD5, SHA2 or FNV_HASH"

#: What a function needs -> names of such functions of Redshift.
_REDSHIFT = {
    _SUPER: """array_flatten array_positions array_union arrays_overlap decimal_precision
        decimal_scale get_number_attributes is_bigint is_boolean is_char is_decimal is_float
        is_integer is_scalar is_smallint is_varchar json_serialize_to_varbyte json_size
        lower_attribute_names object_transform size subarray upper_attribute_names""",
    _SKETCH: "hll hll_cardinality hll_combine hll_combine_sketches hll_create_sketch",
    _SPATIAL: "addbbox dropbbox geometrytype supportsbbox",
    _CLUSTER: """change_query_priority change_session_priority change_user_priority
        current_aws_account current_namespace current_session_arn current_user_id default_iam_role
        explain_model has_assumerole_privilege last_user_query_id pg_cancel_backend pg_get_cols
        pg_get_grantee_by_iam_role pg_get_iam_role_by_user pg_get_session_roles pg_last_copy_count
        pg_last_copy_id pg_last_query_id pg_last_unload_count pg_last_unload_id
        pg_terminate_backend reboot_cluster role_is_member_of set_config slice_num
        user_is_member_of""",
    _BITS: "getbit get_bit get_byte set_bit set_byte to_ascii",
    _HASH: "farmfingerprint64 murmur3_32_hash",
    "cast the text instead": "text_to_int_alt text_to_numeric_alt",
}
#: The same of PostgreSQL.
_POSTGRES = {
    "": """acosd aclexplode array_dims array_fill array_lower array_ndims array_positions
        array_replace array_upper asind atan2d atand
        convert cosd cotd date_bin get_byte is_normalized json_populate_record
        json_populate_recordset json_to_record json_to_recordset jsonb_object
        jsonb_populate_record jsonb_populate_recordset jsonb_set_lax
        jsonb_to_record jsonb_to_recordset lastval min_scale normalize parse_ident scale set_byte
        sha224 sha384 sha512 sind tand to_ascii trim_array trim_scale unistr""",
    "there are no JSON paths; use jsonb_extract_path_text": """jsonb_path_exists
        jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz jsonb_path_query
        jsonb_path_query_array jsonb_path_query_array_tz jsonb_path_query_first
        jsonb_path_query_first_tz jsonb_path_query_tz""",
    "there is no text search; use LIKE or a regular expression": """array_to_tsvector
        get_current_ts_config json_to_tsvector jsonb_to_tsvector numnode phraseto_tsquery
        plainto_tsquery querytree setweight strip to_tsquery to_tsvector ts_debug ts_delete
        ts_filter ts_headline ts_lexize ts_parse ts_rank ts_rank_cd ts_rewrite ts_stat
        ts_token_type tsquery_phrase tsvector_to_array websearch_to_tsquery""",
    "there are no ranges; keep both ends as columns": """datemultirange daterange int4multirange
        int4range int8multirange int8range isempty lower_inc lower_inf multirange nummultirange
        numrange range_agg range_intersect_agg range_merge tsmultirange tsrange tstzmultirange
        tstzrange upper_inc upper_inf""",
    "there are no geometric types; keep coordinates as numbers": """area box center circle
        diagonal diameter height isclosed ishorizontal isopen isparallel isperp isvertical line
        lseg npoints path pclose point polygon popen radius slope width""",
    _NETWORK: "abbrev hostmask inet_merge inet_same_family macaddr8_set7bit masklen set_masklen",
    "there is no XML": """cursor_to_xml database_to_xml query_to_xml schema_to_xml table_to_xml
        xml_is_well_formed xml_is_well_formed_content xml_is_well_formed_document xmlagg
        xmlcomment xmlconcat xmlelement xmlexists xmlforest xmlparse xmlpi xmlroot xmlserialize
        xpath xpath_exists""",
    "it is about a server and its log": """row_security_active set_config to_regclass
        to_regcollation to_regnamespace to_regoper to_regoperator to_regproc to_regprocedure
        to_regrole to_regtype txid_current_if_assigned txid_current_snapshot txid_status""",
}
#: Beginnings of names -> the reason.
_PREFIXES = {
    "redshift": {"st_": _SPATIAL, "h3_": _SPATIAL},
    "postgres": {"pg_": "it is about a server and its log", "lo_": "there are no large objects"},
}

#: What DuckDB means otherwise -> the reason.
OTHER_MEANINGS: dict[str, dict[str, str]] = {
    "redshift": {
        **dict.fromkeys(
            """array_concat array_contains array_distinct array_except array_intersection
            array_position array_sort""".split(),  # noqa: SIM905 - shorter to read
            _SUPER,
        ),
        "getbit": _BITS, "get_bit": _BITS, "set_bit": _BITS,
    },
    "postgres": {
        "json_object": "use json_build_object", "get_bit": "use encode(…, 'hex')",
        "set_bit": "", "enum_first": "", "enum_last": "", "enum_range": "",
        "string_to_table": "use unnest(string_to_array(…))",
        **dict.fromkeys(("host", "family", "netmask", "network", "broadcast"), _NETWORK),
    },
}  # fmt: skip


def _by_name(reasons: dict[str, str]) -> dict[str, str]:
    return {name: reason for reason, names in reasons.items() for name in names.split()}


_ABSENT = {"redshift": _by_name(_REDSHIFT), "postgres": _by_name(_POSTGRES)}


def other_meaning(name: str, dialect: Dialect) -> str:
    """Return the error of a call of `OTHER_MEANINGS`, which DuckDB would answer.

    Examples
    --------
    >>> other_meaning("get_bit", "redshift").split(":")[0]
    'GET_BIT is a function of Redshift that the local platform does not have'
    """
    return _message(name, dialect, OTHER_MEANINGS[dialect][name])


def absent_function(name: str, dialect: Dialect) -> str:
    """Return the error of a call that DuckDB lacks; nothing if the dialect has none either.

    Parameters
    ----------
    name
        In any case.
    dialect
        Of the database.

    Examples
    --------
    >>> absent_function("SLICE_NUM", "redshift")[:40], absent_function("slice_num", "postgres")
    ('SLICE_NUM is a function of Redshift that', '')
    """
    name = name.lower()
    reason = _ABSENT.get(dialect, {}).get(name)
    if reason is None:
        prefix = name.partition("_")[0] + "_"
        reason = _PREFIXES.get(dialect, {}).get(prefix)
    return "" if reason is None else _message(name, dialect, reason)


def _message(name: str, dialect: Dialect, reason: str) -> str:
    ending = f": {reason}" if reason else ""
    return (
        f"{name.upper()} is a function of {_PRODUCTS[dialect]} that the local platform does not "
        f"have{ending}"
    )
