"""Functions that the documents of Redshift or PostgreSQL have and the local platform has not.

Some of them DuckDB knows by the same name, and means something else: these are refused before it
sees the statement. Of the others the error says why there is no such function; a function of the
user's own may have the name.
"""

from __future__ import annotations

import re

from civis_nb.local.warehouse.dialects.rules import Dialect

__all__ = ["absent_function", "other_meaning"]

_PRODUCTS = {"redshift": "Redshift", "postgres": "PostgreSQL"}

_SUPER = "it works on values of the type SUPER; keep JSON as text, and use JSON_EXTRACT_PATH_TEXT"
_SKETCH = "there are no HyperLogLog sketches; use APPROXIMATE COUNT(DISTINCT …)"
_SPATIAL = "there are no types of geometry; keep longitude and latitude as numbers"
_CLUSTER = "it is about a cluster and its log, and there is none"
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
_BY_PREFIX = {"st_": _SPATIAL, "h3_": _SPATIAL}

#: What DuckDB means otherwise -> the reason.
_OTHER = {
    "redshift": {
        **dict.fromkeys(
            """array_concat array_contains array_distinct array_except array_intersection
            array_position array_sort""".split(),  # noqa: SIM905 - shorter to read
            _SUPER,
        ),
        "getbit": _BITS, "get_bit": _BITS, "set_bit": _BITS,
        "collate": "compare LOWER(…) of both sides",
    },
    "postgres": {},
}  # fmt: skip


def _by_name(reasons: dict[str, str]) -> dict[str, str]:
    return {name: reason for reason, names in reasons.items() for name in names.split()}


_ABSENT = {"redshift": _by_name(_REDSHIFT), "postgres": {}}


def other_meaning(name: str, dialect: Dialect) -> str:
    """Return the error of a call that DuckDB would answer in its own meaning; else nothing.

    Examples
    --------
    >>> other_meaning("collate", "redshift").split(":")[0]
    'COLLATE is a function of Redshift that the local platform does not have'
    >>> other_meaning("left", "redshift")
    ''
    """
    reason = _OTHER.get(dialect, {}).get(name)
    return "" if reason is None else _message(name, dialect, reason)


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
    prefix = re.match(r"[a-z0-9]+_", name)
    if reason is None and prefix and dialect == "redshift":
        reason = _BY_PREFIX.get(prefix[0])
    return "" if reason is None else _message(name, dialect, reason)


def _message(name: str, dialect: Dialect, reason: str) -> str:
    ending = f": {reason}" if reason else ""
    return (
        f"{name.upper()} is a function of {_PRODUCTS[dialect]} that the local platform does not "
        f"have{ending}"
    )
