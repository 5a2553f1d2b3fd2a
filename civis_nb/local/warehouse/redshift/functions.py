"""Functions of Redshift and PostgreSQL that DuckDB lacks, as DuckDB expressions.

They are renamed before sqlglot parses, so that it leaves them alone, and built here afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from sqlglot import exp, parse_one

from civis_nb.local.warehouse.redshift.formats import number_as_text, strptime_format, time_as_text
from civis_nb.local.warehouse.redshift.times import TIME_FUNCTIONS
from civis_nb.table_names import literal, quoted

__all__ = ["OWN_FUNCTIONS", "PREFIX", "build", "listagg"]

_Node: TypeAlias = Any  # sqlglot's base class changed its name between versions

#: Put in front of the name of a function that is built here.
PREFIX = "civis__"

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _text(node: _Node) -> str:
    """Return an argument as DuckDB SQL, in parentheses."""
    return f"({node.sql('duckdb')})"


def _literal(node: _Node | None) -> str | None:
    """Return the content of a string literal; None for other arguments."""
    return str(node.this) if isinstance(node, exp.Literal) and node.is_string else None


def _to_char(args: list[_Node]) -> str | None:
    pattern = _literal(args[1])
    if pattern is None:
        return None
    value = _text(args[0])
    # A D is the decimal point between digits, and a day of the week elsewhere.
    return number_as_text(value, pattern) or time_as_text(value, pattern)


def _to_date(args: list[_Node]) -> str | None:
    if len(args) == 1:
        return f"CAST({_text(args[0])} AS DATE)"
    pattern = strptime_format(_literal(args[1]) or "")
    return (
        pattern and f"CAST(strptime(CAST({_text(args[0])} AS VARCHAR), {literal(pattern)}) AS DATE)"
    )


def _to_timestamp(args: list[_Node]) -> str | None:
    if len(args) == 1:
        return f"to_timestamp({_text(args[0])})"
    pattern = strptime_format(_literal(args[1]) or "")
    return pattern and f"CAST(strptime({_text(args[0])}, {literal(pattern)}) AS TIMESTAMPTZ)"


def _to_number(args: list[_Node]) -> str | None:
    pattern = _literal(args[1]) if len(args) > 1 else ""
    if pattern is None:
        return None
    behind = re.search(r"[.D]([09]*)", pattern)
    scale = len(behind.group(1)) if behind else 0
    digits = f"regexp_replace({_text(args[0])}, '[^0-9.+-]', '', 'g')"
    return f"CAST({digits} AS DECIMAL(38,{scale}))"


def _strtol(args: list[_Node]) -> str:
    base = _text(args[1])
    text = f"lower(trim({_text(args[0])}))"
    bare = f"regexp_replace({text}, '^[+-]?(0x)?', '')"
    bare = f"CASE {base} WHEN 16 THEN {bare} ELSE regexp_replace({text}, '^[+-]', '') END"
    at = f"strpos(substr({literal(_DIGITS)}, 1, {base}), substr(t, length(t) - i, 1))"
    wrong = f"error('STRTOL: ' || {text} || ' is no number of base ' || {base})"
    digit = f"CASE WHEN {at} = 0 THEN {wrong} ELSE ({at} - 1) * CAST({base} AS HUGEINT) ** i END"
    # A list of one text, so that it needs to be worked out once only.
    number = (
        f"list_transform([{bare}], lambda t: "
        f"list_sum(list_transform(range(length(t)), lambda i: {digit})))[1]"
    )
    return f"CAST({number} * (CASE WHEN {text} LIKE '-%' THEN -1 ELSE 1 END) AS BIGINT)"


def _encode(args: list[_Node]) -> str | None:
    kind = (_literal(args[1]) or "").lower()
    names = {"hex": "lower(hex({0}))", "base64": "base64({0})"}
    return names[kind].format(_text(args[0])) if kind in names else None


_DOUBLED = re.compile(r"\\\\(?=[dDsSwWbB.()\[\]{}|^$*+?/-])")


def _pattern(node: _Node) -> str:
    r"""Write a regular expression; what Redshift's texts need as ``\\d`` is ``\d``."""
    pattern = _literal(node)
    return _text(node) if pattern is None else literal(_DOUBLED.sub(r"\\", pattern))


def _regexp_substr(args: list[_Node]) -> str:
    text, pattern = _text(args[0]), _pattern(args[1])
    if len(args) > 2:
        text = f"substr({text}, {_text(args[2])})"
    flags = _literal(args[4]) if len(args) > 4 else None
    options = ", 'i'" if flags and "i" in flags else ""
    group = "1" if flags and "e" in flags else "0"
    if len(args) > 3:
        found = f"regexp_extract_all({text}, {pattern}, {group}{options})"
        return f"coalesce({found}[{_text(args[3])}], '')"
    return f"regexp_extract({text}, {pattern}, {group}{options})"


def _regexp_count(args: list[_Node]) -> str:
    text = _text(args[0])
    if len(args) > 2:
        text = f"substr({text}, {_text(args[2])})"
    return f"len(regexp_extract_all({text}, {_pattern(args[1])}))"


def _regexp_instr(args: list[_Node]) -> str:
    text, pattern = _text(args[0]), _pattern(args[1])
    found = f"strpos({text}, regexp_extract({text}, {pattern}))"
    return f"CASE WHEN regexp_matches({text}, {pattern}) THEN {found} ELSE 0 END"


def _regexp_replace(args: list[_Node]) -> str:
    new = _text(args[2]) if len(args) > 2 else "''"
    new = re.sub(r"\$(\d)", r"\\\1", new)
    return f"regexp_replace({_text(args[0])}, {_pattern(args[1])}, {new}, 'g')"


def _json_path_text(args: list[_Node]) -> str:
    document, keys = _text(args[0]), list(args[1:])
    lenient = bool(keys) and isinstance(keys[-1], exp.Boolean)
    if lenient:
        lenient = bool(keys.pop().this)
    path = "'$'"
    for key in keys:
        name = _literal(key)
        step = literal("." + quoted(name)) if name is not None else f"'.\"' || {_text(key)} || '\"'"
        path += f" || {step}"
    value = f"coalesce(json_extract_string({document}, {path}), '')"
    return f"CASE WHEN json_valid({document}) THEN {value} END" if lenient else value


def _json_element_text(args: list[_Node]) -> str:
    return f"json_extract_string({_text(args[0])}, '$[' || {_text(args[1])} || ']')"


def _sha2(args: list[_Node]) -> str | None:
    return f"sha256({_text(args[0])})" if args[1].sql() in ("0", "256") else None


def _initcap(args: list[_Node]) -> str:
    words = f"regexp_extract_all(lower({_text(args[0])}), '[[:alnum:]]+|[^[:alnum:]]+')"
    return f"array_to_string(list_transform({words}, lambda w: upper(w[1]) || w[2:]), '')"


def _template(sql: str) -> Callable[[list[_Node]], str]:
    """Return a builder that fills the arguments into SQL."""
    return lambda args: sql.format(*(_text(a) for a in args))


def _as_written(name: str) -> Callable[[list[_Node]], str]:
    """Return a builder of a call with the same arguments."""
    return lambda args: f"{name}({', '.join(_text(a) for a in args)})"


#: Name -> what builds the DuckDB text from the arguments; None: this call can't be built.
OWN_FUNCTIONS: dict[str, Callable[[list[_Node]], str | None]] = {
    "getdate": _template("CAST(now() AS TIMESTAMP)"),
    "sysdate": _template("CAST(now() AS TIMESTAMP)"),
    "isnull": _template("coalesce({0}, {1})"),
    "to_char": _to_char,
    "to_date": _to_date,
    "to_timestamp": _to_timestamp,
    "to_number": _to_number,
    "strtol": _strtol,
    "to_hex": _template("lower(printf('%x', CAST({0} AS BIGINT)))"),
    "regexp_substr": _regexp_substr,
    "regexp_count": _regexp_count,
    "regexp_instr": _regexp_instr,
    "regexp_replace": _regexp_replace,
    "json_extract_path_text": _json_path_text,
    "json_extract_array_element_text": _json_element_text,
    "is_valid_json": _template("json_valid({0})"),
    "json_parse": _template("CAST({0} AS JSON)"),
    "sha2": _sha2,
    "func_sha1": _template("sha1({0})"),
    "initcap": _initcap,
    "dlog10": _template("log10({0})"),
    "dlog1": _template("ln({0})"),
    "dexp": _template("exp({0})"),
    "textlen": _template("length({0})"),
    "btrim": lambda args: f"trim({', '.join(_text(a) for a in args)})",
    "date_cmp": _template("sign(date_diff('day', CAST({1} AS DATE), CAST({0} AS DATE)))"),
    "quote_ident": _template("'\"' || replace({0}, '\"', '\"\"') || '\"'"),
    "quote_literal": _template("'''' || replace({0}, '''', '''''') || ''''"),
    "pg_backend_pid": _template("0"),
    "replicate": _template("repeat({0}, {1})"),
    "octet_length": _template("strlen(CAST({0} AS VARCHAR))"),
    "every": _template("bool_and({0})"),
    "encode": _encode,
    "json_build_object": _as_written("json_object"),
    "jsonb_build_object": _as_written("json_object"),
    "clock_timestamp": _template("now()"),
    "statement_timestamp": _template("now()"),
    "timeofday": _template("CAST(now() AS VARCHAR)"),
    "get_array_length": _template("json_array_length(to_json({0}))"),
    "split_to_array": lambda args: (
        f"to_json(str_split({_text(args[0])}, {_text(args[1]) if len(args) > 1 else literal(',')}))"
    ),
    "json_serialize": _template("CAST({0} AS VARCHAR)"),
    "object": _as_written("json_object"),
    "is_valid_json_array": _template(
        "coalesce(json_valid({0}) AND json_type(CASE WHEN json_valid({0}) THEN {0} END) = 'ARRAY',"
        " false)"
    ),
    "width_bucket": _template(
        "CASE WHEN {0} < {1} THEN 0 WHEN {0} >= {2} THEN {3} + 1"
        " ELSE CAST(floor(({0} - {1}) * {3} / CAST({2} - {1} AS DOUBLE)) AS INTEGER) + 1 END"
    ),
    # DuckDB's own, which sqlglot takes for others of the same name when it reads Redshift's SQL.
    "regexp_extract": _as_written("regexp_extract"),
    "sha256": _as_written("sha256"),
    "xor": _as_written("xor"),
    **TIME_FUNCTIONS,
}


def build(call: exp.Anonymous) -> _Node | None:
    """Build the DuckDB expression of a renamed call; None if it can't be built."""
    name = str(call.this).lower().removeprefix(PREFIX)
    try:
        sql = OWN_FUNCTIONS[name](list(call.expressions))
    except (IndexError, KeyError):
        return None
    return parse_one(f"({sql})", read="duckdb").unnest() if sql else None


def listagg(call: exp.Anonymous, order: _Node | None) -> _Node:
    """Build LISTAGG([DISTINCT] value [, separator]) WITHIN GROUP (ORDER BY …) as string_agg."""
    arguments = list(call.expressions)
    distinct = ""
    if arguments and isinstance(arguments[0], exp.Distinct):
        arguments = [*arguments[0].expressions, *arguments[1:]]
        distinct = "DISTINCT "
    separator = arguments[1].sql("duckdb") if len(arguments) > 1 else "''"
    behind = f" {order.sql('duckdb')}" if order is not None else ""
    value = f"CAST({arguments[0].sql('duckdb')} AS VARCHAR)"
    if distinct and order is not None:
        # With DISTINCT the order may only be that of the value that is made distinct.
        wanted = order.expressions[0].this.sql("duckdb") if order.expressions else ""
        if wanted == arguments[0].sql("duckdb"):
            down = " DESC" if order.expressions[0].args.get("desc") else ""
            behind = f" ORDER BY {value}{down}"
    return parse_one(f"string_agg({distinct}{value}, {separator}{behind})", read="duckdb")
