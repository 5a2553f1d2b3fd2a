"""What Redshift and PostgreSQL mean by calls, casts and operators, as edits of tokens."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, TypeAlias

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.dialects.date_parts import PART_OF
from civis_nb.local.warehouse.dialects.expressions import Call, Operand
from civis_nb.local.warehouse.dialects.patterns import number_scale, time_pattern, to_char
from civis_nb.local.warehouse.dialects.tokens import NUMBER, STRING, Tokens
from civis_nb.local.warehouse.dialects.types import SqlType
from civis_nb.local.warehouse.redshift.semantics import similar_to
from civis_nb.table_names import literal

__all__ = ["CATALOG", "Dialect", "Meanings", "UnsupportedSqlError"]

Dialect: TypeAlias = Literal["redshift", "postgres", "duckdb"]

#: The catalog of the platform's own that holds the functions.
CATALOG = "civis_sql"

_INTEGERS = frozenset(("int2", "int4", "int8"))
#: Calls that are only qualified: the macro has the same arguments.
_BOTH = frozenset(
    [
        "sqrt",
        "ln",
        "log",
        "exp",
        "power",
        "asin",
        "acos",
        "initcap",
        "to_hex",
        "btrim",
        "octet_length",
        "quote_ident",
        "quote_literal",
        "quote_nullable",
        "string_to_array",
        "chr",
        "justify_days",
        "justify_hours",
        "justify_interval",
        "width_bucket",
        "dlog10",
        "dlog1",
        "dexp",
        "dsqrt",
    ]
)
_REDSHIFT = _BOTH | frozenset(
    [
        "textlen",
        "replicate",
        "crc32",
        "checksum",
        "sha2",
        "func_sha1",
        "strtol",
        "regexp_substr",
        "regexp_count",
        "regexp_instr",
        "add_months",
        "date_part_year",
        "last_day",
        "next_day",
        "months_between",
        "date_cmp",
        "timestamp_cmp",
        "convert_timezone",
        "json_extract_array_element_text",
        "is_valid_json",
        "is_valid_json_array",
        "json_parse",
        "can_json_parse",
        "json_serialize",
        "json_typeof",
        "is_array",
        "is_object",
        "get_array_length",
        "split_to_array",
        "getdate",
    ]
)
_POSTGRES = _BOTH | frozenset(["json_typeof", "json_array_elements_text", "json_array_elements"])
_RENAMED = {
    "redshift": {
        "nvl": "coalesce", "isnull": "coalesce", "regexp_replace": f"{CATALOG}.regexp_replace_all",
        "split_part": f"{CATALOG}.split_part_rs", "json_array_length": f"{CATALOG}.json_array_length_rs",
        "json_build_object": "json_object", "object": "json_object", "pow": f"{CATALOG}.power",
        "char_length": "length", "character_length": "length",
        "charindex": "", "every": "bool_and",
    },
    "postgres": {
        "split_part": f"{CATALOG}.split_part_pg", "pow": f"{CATALOG}.power", "jsonb_typeof": f"{CATALOG}.json_typeof", "jsonb_array_length": "json_array_length",
        "jsonb_array_elements_text": f"{CATALOG}.json_array_elements_text",
        "jsonb_array_elements": f"{CATALOG}.json_array_elements",
        "jsonb_build_object": "json_object", "json_build_object": "json_object",
        "jsonb_extract_path_text": "json_extract_path_text", "to_jsonb": "to_json",
        "clock_timestamp": "now", "statement_timestamp": "now", "format": "printf",
        "every": "bool_and",
    },
}  # fmt: skip
_SET_RETURNING = frozenset(("generate_series", "unnest"))
_REGEX_CALLS = frozenset(
    [
        "regexp_replace",
        "regexp_substr",
        "regexp_count",
        "regexp_instr",
        "regexp_match",
        "regexp_matches",
        "regexp_split_to_array",
    ]
)
_REGEX_OPERATORS = frozenset(("~", "~*", "!~", "!~*"))
_ISO_DATE = re.compile(r"'\s*\d{4}-\d{1,2}-\d{1,2}(?!\d)")
#: Expressions of a type.
_TEXT, _BIGINT, _DOUBLE = "CAST(NULL AS VARCHAR)", "CAST(NULL AS BIGINT)", "CAST(NULL AS DOUBLE)"
_DATE, _TIMESTAMP = "CAST(NULL AS DATE)", "CAST(NULL AS TIMESTAMP)"
#: Aggregates and window functions -> an expression of their type; None: of that of the argument.
_AGGREGATES = {
    "count": _BIGINT, "row_number": _BIGINT, "rank": _BIGINT, "dense_rank": _BIGINT,
    "ntile": _BIGINT, "grouping": _BIGINT, "stddev": _DOUBLE, "stddev_samp": _DOUBLE,
    "stddev_pop": _DOUBLE, "variance": _DOUBLE, "var_samp": _DOUBLE, "var_pop": _DOUBLE,
    "corr": _DOUBLE, "covar_pop": _DOUBLE, "covar_samp": _DOUBLE, "percent_rank": _DOUBLE,
    "cume_dist": _DOUBLE, "regr_slope": _DOUBLE, "regr_intercept": _DOUBLE, "regr_r2": _DOUBLE,
    "percentile_cont": _DOUBLE, "median": _DOUBLE, "string_agg": _TEXT,
    "bool_and": "true", "bool_or": "true", "every": "true",
    "min": None, "max": None, "any_value": None, "first_value": None, "last_value": None,
    "nth_value": None, "lag": None, "lead": None, "bit_and": None, "bit_or": None,
    "approx_count_distinct": _BIGINT, "count_star": _BIGINT, "count_if": _BIGINT,
    "approximate_count": _BIGINT, "quantile_cont": _DOUBLE, "product": _DOUBLE,
    "approx_quantile": None, "quantile_disc": None, "quantile": None, "arg_max": None,
    "arg_min": None, "max_by": None, "min_by": None, "bit_xor": None, "fsum": _DOUBLE,
    "skewness": _DOUBLE, "kurtosis": _DOUBLE, "entropy": _DOUBLE, "mad": _DOUBLE,
    "group_concat": _TEXT, "regr_count": _BIGINT, "regr_avgx": _DOUBLE, "regr_avgy": _DOUBLE,
    "percentile_disc": None, "mode": None, "first": None, "last": None,
}  # fmt: skip


class UnsupportedSqlError(WarehouseError):
    """A part of the SQL that the local database can't do, named; ``offset`` is its place."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class Meanings:
    """The rules of one dialect for one statement.

    Parameters
    ----------
    tokens
        The statement; it is edited.
    dialect
        ``redshift`` or ``postgres``.
    typed
        Whether quotients are written as calls that choose by type, as those of intervals need.
    """

    def __init__(self, tokens: Tokens, dialect: Dialect, typed: bool = False) -> None:
        self._typed = typed
        self._tokens = tokens
        self._dialect = dialect
        self._is_redshift = dialect == "redshift"
        self._macros = _REDSHIFT if self._is_redshift else _POSTGRES
        self._renamed = _RENAMED[dialect]

    def _refuse(self, at: int, message: str) -> UnsupportedSqlError:
        return UnsupportedSqlError(message, self._tokens.starts[at])

    # -- words and clauses ----------------------------------------------------------------

    def word(self, at: int, words: str) -> None:
        """Edit a word that stands for a value, or a text."""
        if words == "":
            text = self._tokens.texts[at]
            if self._is_redshift and text.startswith("'") and "\\\\" in text:
                self._tokens.replace(at, text.replace("\\\\", "\\"))
        elif words == "sysdate" and self._is_redshift:
            self._tokens.replace(at, f"{CATALOG}.getdate()")

    def clause(self, at: int, word: str) -> None:
        """Refuse clauses that the local database can't do, by name."""
        words = self._tokens.words
        if word == "(+)" and not self._is_redshift:
            raise self._refuse(at, 'syntax error at or near ")": (+) is not PostgreSQL\'s')
        if word == "(+)" and "or" in words:
            raise self._refuse(
                at, "outer joins with (+) beside OR are not supported: write LEFT JOIN"
            )
        if word == "distinct" and self._is_redshift and words[at + 1 : at + 3] == ["on", "("]:
            raise self._refuse(at, "DISTINCT ON is not supported by Redshift; use ROW_NUMBER()")
        if word == "for" and words[at + 1] in ("update", "share", "no", "key"):
            what = f"FOR {words[at + 1].upper()}"
            raise self._refuse(at, f"{what} is not supported: this database locks no rows")
        if word in ("fetch", "limit"):
            for i in range(at, min(at + 6, self._tokens.count)):
                if words[i] == "ties":
                    raise self._refuse(i, "WITH TIES is not supported; use RANK() and QUALIFY")

    # -- casts ----------------------------------------------------------------------------

    def cast(self, operand: Operand, to: SqlType, written: tuple[int, int]) -> None:
        """Give a cast PostgreSQL's meaning."""
        self._cast(operand, to, written)
        first, behind = written
        tokens = self._tokens
        if tokens.words[first - 1] == "::":
            kind = tokens.render(first, behind) or "DECIMAL(38, 15)"
            tokens.set_type(operand.start, behind, f"CAST(NULL AS {kind})")

    def _cast(self, operand: Operand, to: SqlType, written: tuple[int, int]) -> None:
        first, behind = written
        tokens = self._tokens
        name = to.name
        if operand.kind == "number" and name in _INTEGERS and not to.is_array:
            return
        if to.is_array:
            if operand.kind == "string":
                self._wrap(operand, "as_array")
            return
        if name in _INTEGERS:
            self._wrap(operand, "as_integer")
        elif name == "float8":
            size = to.arguments[0] if to.arguments else 53
            tokens.rewrite(first, behind, "REAL" if size < 25 else "DOUBLE")
            if operand.kind not in ("number", "column"):
                self._wrap(operand, "as_float")
        elif name == "numeric":
            self._cast_to_numeric(operand, to, first, behind)
        elif name == "bool" and operand.kind not in ("value", "number"):
            self._wrap(operand, "as_boolean")
        elif name in ("date", "timestamp") and operand.kind not in ("number", "value"):
            self._cast_to_time(operand, name, first, behind)
        elif name in ("varchar", "bpchar", "text"):
            self._cast_to_text(operand, to, first, behind)
        elif name in ("jsonb", "super"):
            tokens.rewrite(first, behind, "JSON")
        elif name in ("varbyte", "bytea"):
            tokens.rewrite(first, behind, "BLOB")

    def _cast_to_time(self, operand: Operand, name: str, first: int, behind: int) -> None:
        tokens = self._tokens
        if operand.kind == "string" and _ISO_DATE.match(tokens.texts[operand.start]):
            return
        if behind == operand.start:  # a typed literal, such as date 'Jan 5, 2024'
            tokens.replace(first, f"{CATALOG}.{name}_of_text(")
            tokens.insert_after(operand.start, f")::{name}")
            return
        self._wrap(operand, f"as_{name}")

    def _cast_to_numeric(self, operand: Operand, to: SqlType, first: int, behind: int) -> None:
        tokens = self._tokens
        if to.arguments:
            if operand.kind not in ("number", "column"):
                self._wrap(operand, "as_numeric")
            return
        if self._is_redshift:
            tokens.rewrite(first, behind, "DECIMAL(18, 0)")
            self._wrap(operand, "as_numeric")
            return
        self._wrap(operand, "as_any_numeric")
        if tokens.words[first - 1] == "::":
            tokens.drop(first - 1, behind)
        else:
            # The cast is by the function alone; CAST(x AS …) needs a type all the same.
            tokens.rewrite(first, behind, "DECIMAL(38, 15)")

    def _cast_to_text(self, operand: Operand, to: SqlType, first: int, behind: int) -> None:
        tokens = self._tokens
        if operand.kind not in ("string", "number"):
            self._wrap(operand, "as_text")
        if to.name == "text":
            return
        size = to.arguments[0] if to.arguments else (1 if to.name == "bpchar" else None)
        written = tokens.words[first]
        if size is None or written == "bpchar":
            tokens.rewrite(first, behind, "VARCHAR")
            return
        tokens.rewrite(first, behind, "VARCHAR")
        if tokens.words[first - 1] == "::":
            tokens.wrap(operand.start, behind, '"left"(', f", {size})")
        else:
            opened = tokens.words[: operand.start].__len__() - 1
            while tokens.words[opened] != "cast":
                opened -= 1
            tokens.wrap(opened, behind + 1, '"left"(', f", {size})")

    def _wrap(self, operand: Operand, function: str) -> None:
        """Put a function around an operand, which chooses by the operand's type."""
        kind = self._tokens.type_of(operand.start, operand.end)
        closing = ")" if function == "as_array" else f", {kind})"
        self._tokens.wrap(operand.start, operand.end, f"{CATALOG}.{function}(", closing)
        self._tokens.set_type(operand.start, operand.end, kind)

    # -- operators ------------------------------------------------------------------------

    def binary(self, at: int, left: Operand, right: Operand) -> None:
        """Give an operator PostgreSQL's meaning."""
        tokens, word = self._tokens, self._tokens.words[at]
        if word == "/":
            self._divide(at, left, right)
        elif word == "*":
            for side in (left, right):
                self._widen(side)
        elif word == "^":
            tokens.insert_after(at, " ")
        elif word in ("+", "-"):
            self._sum(at, left, right)
        elif word in _REGEX_OPERATORS:
            self._regex(right.start)
        elif word == "||":
            self._join(at, left, right)
        elif word in ("#>>", "#>"):
            function = "json_path_list" if word == "#>>" else "json_path_list_json"
            self._as_call(at, left, right, function, _TEXT)
        elif word == "?" and not self._is_redshift:
            self._as_call(at, left, right, "json_has_key")
        elif word in ("@>", "<@") and self._mentions_json(left, right):
            pair = (left, right) if word == "@>" else (right, left)
            texts = [tokens.render(o.start, o.end) for o in pair]
            tokens.rewrite(left.start, right.end, f"json_contains({texts[0]}, {texts[1]})")

    def _divide(self, at: int, left: Operand, right: Operand) -> None:
        tokens = self._tokens
        one, two = (tokens.type_of(o.start, o.end) for o in (left, right))
        kind = f"{CATALOG}.div_kind({one}, {two})"
        tokens.set_type(left.start, right.end, kind)
        if not self._typed:
            # DuckDB's "//" divides integers as PostgreSQL does, all else as "/", and fails for 0.
            tokens.replace(at, "//")
            return
        tokens.wrap(left.start, right.end, f"{CATALOG}.div(", f", {kind})")
        tokens.replace(at, ",")

    def compare(self, at: int, left: Operand, right: Operand) -> None:
        """Refuse to compare texts or truth values with numbers, as PostgreSQL does."""
        for this, other in ((left, right), (right, left)):
            if other.kind == "number" and this.kind in ("column", "value", "cast"):
                self._wrap(this, "as_compared")

    def unary(self, at: int, operand: Operand) -> None:
        """Write the operators of roots and absolute values as calls."""
        function = {"|/": f"{CATALOG}.sqrt", "@": "abs"}.get(self._tokens.words[at])
        if function is not None:
            self._tokens.replace(at, function + "(")
            self._tokens.insert_after(operand.end - 1, ")")

    def _widen(self, operand: Operand) -> None:
        """Let a product of decimals have more digits than DuckDB's short ones."""
        tokens = self._tokens
        opened = next((o for o, c in tokens.partners.items() if c == operand.end - 1), None)
        if operand.kind != "cast" or opened is None:
            return
        if tokens.words[opened - 1] in ("numeric", "decimal") and tokens.words[opened - 2] == "::":
            sizes = [t for t in tokens.texts[opened + 1 : operand.end - 1] if t.isdecimal()]
            scale = sizes[1] if len(sizes) > 1 else "0"
            tokens.insert_after(operand.end - 1, f"::DECIMAL(38, {scale})")

    def _as_call(
        self, at: int, left: Operand, right: Operand, function: str, result: str | None = None
    ) -> None:
        """Write an operator as a call; ``result`` has the type of it."""
        tokens = self._tokens
        one, two = (tokens.type_of(o.start, o.end) for o in (left, right))
        kinds = f", {one}, {two}" if function in ("plus", "minus") else ""
        kind = result or f"{CATALOG}.{function}({one}, {two}{kinds})"
        tokens.wrap(left.start, right.end, f"{CATALOG}.{function}(", f"{kinds})")
        tokens.replace(at, ",")
        tokens.set_type(left.start, right.end, kind)

    def _sum(self, at: int, left: Operand, right: Operand) -> None:
        """Count whole numbers beside times as days."""
        for this, other in ((left, right), (right, left)):
            if this.kind in (
                "date",
                "timestamp",
                "timestamptz",
                "cast",
                "call",
                "value",
                "column",
            ) and (self._is_time(this) and other.kind not in ("interval",)):
                self._as_call(at, left, right, "plus" if self._tokens.words[at] == "+" else "minus")
                return

    def _is_time(self, operand: Operand) -> bool:
        if operand.kind in ("date", "timestamp", "timestamptz"):
            return True
        return operand.name in (
            "getdate", "sysdate", "current_date", "current_timestamp", "now", "date_trunc",
            "dateadd", "date_add", "last_day", "add_months", "timestamp", "timestamptz", "date",
            "next_day", "to_date", "to_timestamp",
        ) or (operand.kind == "cast" and self._tokens.words[operand.end - 1] in (
            "date", "timestamp", "timestamptz"))  # fmt: skip

    def _join(self, at: int, left: Operand, right: Operand) -> None:
        tokens = self._tokens
        if left.kind == "array" and right.kind != "array":
            tokens.wrap(left.start, right.end, "list_append(", ")")
            tokens.replace(at, ",")
        elif right.kind == "array" and left.kind == "number":
            tokens.wrap(left.start, right.end, "list_prepend(", ")")
            tokens.replace(at, ",")
        elif self._mentions_json(left, right):
            self._as_call(at, left, right, "json_joined")
        else:
            for side in (left, right):
                if (
                    side.kind in ("call", "column", "cast", "other", "case", "query")
                    and (side.name not in ("varchar", "text", "bpchar"))
                    and not (side.kind == "other" and "||" in tokens.words[side.start : side.end])
                ):
                    self._wrap(side, "as_text")

    def _mentions_json(self, *operands: Operand) -> bool:
        return any(
            word in ("json", "jsonb", "json_parse")
            for o in operands
            for word in self._tokens.words[o.start : o.end]
        )

    def like(self, at: int, left: Operand, right: Operand) -> None:
        r"""Let the backslash escape in patterns, as in ``LIKE '…\_…'``; expand ANY and ALL."""
        tokens = self._tokens
        text = tokens.texts[right.start]
        plain = right.end == right.start + 1 and tokens.kinds[right.start] == STRING
        if not plain or tokens.words[right.end] == "escape":
            return
        if tokens.words[at] == "similar":
            self._similar(at, right)
            return
        if "\\" in text and text.startswith("'"):
            text = re.sub(r"\\\\(?=[%_])", r"\\", text) if self._is_redshift else text
            tokens.replace(right.start, text)
            tokens.insert_after(right.start, r" ESCAPE '\'")

    def _similar(self, at: int, right: Operand) -> None:
        tokens = self._tokens
        pattern = tokens.texts[right.start][1:-1].replace("''", "'")
        if self._is_redshift:
            pattern = pattern.replace("\\\\", "\\")
        negated = tokens.words[at - 1] == "not"
        if negated:
            tokens.drop(at - 1, at)
        tokens.replace(at, "!~" if negated else "~")
        tokens.drop(at + 1, at + 2)
        tokens.replace(right.start, literal(f"^(?s:{similar_to(pattern)})$"))

    def _regex(self, at: int) -> None:
        r"""Let ``\w`` and ``\d`` match letters and digits of all scripts."""
        tokens = self._tokens
        if tokens.kinds[at] != STRING or not tokens.texts[at].startswith("'"):
            return
        text = tokens.texts[at]
        if self._is_redshift:
            text = text.replace("\\\\", "\\")
        changed = _unicode_classes(text)
        if changed != tokens.texts[at]:
            tokens.replace(at, changed)

    # -- calls ----------------------------------------------------------------------------

    def call(self, call: Call) -> str | None:
        """Give a call the dialect's meaning; return the name of its column if another."""
        tokens, name = self._tokens, call.name
        if name in _SET_RETURNING and name == "generate_series" and call.in_list:
            if not call.in_from and call.over is None:
                tokens.wrap(call.start, call.end, "unnest(", ")")
            return None
        if name in _REGEX_CALLS and len(call.arguments) > 1:
            self._regex(call.arguments[1][0])
        rule = _RULES.get(name)
        if rule is not None:
            return rule(self, call)
        if name in _AGGREGATES:
            self._aggregate(call)
            return None
        if call.in_from and name not in (
            "json_array_elements_text",
            "json_array_elements",
            "jsonb_array_elements_text",
            "jsonb_array_elements",
        ):
            return None
        renamed = self._renamed.get(name)
        if renamed:
            tokens.replace(call.open - 1, renamed)
            name = renamed
        elif name in self._macros:
            tokens.replace(call.open - 1, f"{CATALOG}.{name}")
        return "coalesce" if call.name == "nvl" and self._is_redshift else None

    def _aggregate(self, call: Call) -> None:
        tokens = self._tokens
        if call.name in ("lag", "lead") and len(call.arguments) == 3 and not self._is_redshift:
            # The type is that of the value and the default together.
            value, _, default = self._arguments(call)
            tokens.rewrite(*call.arguments[0], f"CASE WHEN true THEN {value} ELSE {default} END")
        kind = _AGGREGATES[call.name]
        if kind is None and call.within is not None:
            order = call.within[0] + 5
            behind = call.within[1] - 1
            while tokens.words[behind - 1] in ("desc", "asc"):
                behind -= 1
            kind = tokens.type_of(order, behind)
        tokens.set_type(call.start, call.end, kind or self._argument_type(call))

    def _arguments(self, call: Call) -> list[str]:
        return [self._tokens.render(*a) for a in call.arguments]

    def _modifiers(self, call: Call) -> str:
        behind = call.close + 1
        return " " + self._tokens.render(behind, call.end) if call.end > behind else ""

    def _set(self, call: Call, text: str, kind: str | None = None) -> None:
        """Put a text in the place of a call; ``kind`` is an expression of its type."""
        self._tokens.rewrite(call.start, call.end, text)
        if kind is not None:
            self._tokens.set_type(call.start, call.end, kind)

    def _as_text(self, first: int, behind: int) -> str:
        tokens = self._tokens
        return f"{CATALOG}.as_text({tokens.render(first, behind)}, {tokens.type_of(first, behind)})"

    def _text_argument(self, call: Call, index: int) -> str | None:
        """Return the content of an argument that is a plain text; None if it is none."""
        if index >= len(call.arguments):
            return None
        first, behind = call.arguments[index]
        text = self._tokens.texts[first]
        if behind != first + 1 or self._tokens.kinds[first] != STRING or text[0] != "'":
            return None
        text = text[1:-1].replace("''", "'")
        return text.replace("\\\\", "\\") if self._is_redshift else text

    def _time_argument(self, call: Call, index: int) -> str:
        """Return an argument that is a date or time; a plain text is made one."""
        text = self._tokens.render(*call.arguments[index])
        is_text = self._text_argument(call, index) is not None
        return f"{CATALOG}.timestamp_of_text({text})" if is_text else text

    def _time_type(self, call: Call, index: int) -> str:
        if self._text_argument(call, index) is not None:
            return _TIMESTAMP
        return self._tokens.type_of(*call.arguments[index])

    def _part(self, call: Call, index: int) -> str:
        """Return the part of a date that an argument names; refuse what is none."""
        first, _ = call.arguments[index]
        written = self._text_argument(call, index) or self._tokens.words[first]
        written = written or self._tokens.texts[first].strip('"')
        part = PART_OF.get(written.lower())
        if part is None and written.lower() in _OTHER_PARTS:
            part = written.lower()
        if part is None:
            what = (
                f'"{written}" is not a part of a date' if written else "a part of a date is needed"
            )
            raise self._refuse(first, f"{call.name.upper()}: {what}; use year, month, day, hour, …")
        return part

    def _need(self, call: Call, *counts: int) -> None:
        if len(call.arguments) not in counts:
            wanted = " or ".join(map(str, counts))
            raise self._refuse(
                call.start,
                f"{call.name.upper()} takes {wanted} arguments, not {len(call.arguments)}",
            )

    def _average(self, call: Call) -> None:
        tokens = self._tokens
        kind = self._argument_type(call)
        if self._is_redshift:
            inside = tokens.render(call.open + 1, call.close)
            behind = self._modifiers(call)
            each = ", ".join(f"{f}({inside}){behind}" for f in ("avg", "sum", "count"))
            self._set(call, f"{CATALOG}.averaged({each}, {kind})")
        tokens.set_type(call.start, call.end, f"{CATALOG}.avg_kind{self._suffix}({kind})")

    @property
    def _suffix(self) -> str:
        return "_rs" if self._is_redshift else ""

    def _argument_type(self, call: Call) -> str:
        """Return an expression of the type of what an aggregate is of."""
        if not call.arguments:
            return "NULL"
        first, behind = call.arguments[0]
        if self._tokens.words[first] in ("distinct", "all"):
            first += 1
        for mark, place in call.marks:
            if mark == "order" and place < behind:
                behind = place
        return self._tokens.type_of(first, behind)

    def _total(self, call: Call) -> None:
        kind = self._argument_type(call)
        is_plain = call.end == call.close + 1 and not call.marks
        function = "summed_plain" if is_plain else "summed"
        inside = f", {self._arguments(call)[0]}" if is_plain and call.arguments else ""
        self._tokens.wrap(call.start, call.end, f"{CATALOG}.{function}(", f"{inside}, {kind})")
        self._tokens.set_type(call.start, call.end, f"{CATALOG}.sum_kind({kind})")

    def _round(self, call: Call) -> None:
        if len(call.arguments) == 1:
            kind = self._tokens.type_of(*call.arguments[0])
            self._set(call, f"{CATALOG}.rounded({self._arguments(call)[0]}, {kind})", kind)

    def _trunc(self, call: Call) -> None:
        if len(call.arguments) == 1:
            kind = self._tokens.type_of(*call.arguments[0])
            self._set(
                call,
                f"{CATALOG}.truncated({self._arguments(call)[0]}, {kind})",
                f"{CATALOG}.truncated({kind}, {kind})",
            )

    def _substring(self, call: Call) -> None:
        tokens = self._tokens
        marks = [m for m in call.marks if m[0] in ("from", "for")]
        if marks:
            self._substring_from(call, marks)
            return
        if len(call.arguments) in (2, 3):
            tokens.replace(call.open - 1, f"{CATALOG}.substring")

    def _substring_from(self, call: Call, marks: list[tuple[str, int]]) -> None:
        """Write ``SUBSTRING(text FROM 'pattern')`` as a match, other forms as a call."""
        tokens = self._tokens
        places = dict(marks)
        start, size = places.get("from"), places.get("for")
        text = tokens.render(call.open + 1, min(marks, key=lambda m: m[1])[1])
        if start is not None and size is None and tokens.kinds[start + 1] == STRING:
            self._regex(start + 1)
            pattern = tokens.render(start + 1, call.close)
            group = 1 if re.search(r"(?<!\\)\((?!\?)", pattern) else 0
            self._set(
                call,
                f"CASE WHEN regexp_matches({text}, {pattern}) "
                f"THEN regexp_extract({text}, {pattern}, {group}) END",
            )
            return
        first = tokens.render(start + 1, size or call.close) if start is not None else "1"
        length = f", {tokens.render(size + 1, call.close)}" if size is not None else ""
        self._set(call, f"{CATALOG}.substring({text}, {first}{length})")

    def _concat(self, call: Call) -> None:
        if not self._is_redshift or len(call.arguments) != 2:
            return
        one, two = (self._as_text(*a) for a in call.arguments)
        self._set(call, f"({one} || {two})", _TEXT)

    def _to_char(self, call: Call) -> None:
        self._need(call, 2)
        pattern = self._text_argument(call, 1)
        first = call.arguments[1][0]
        if pattern is None:
            raise self._refuse(first, "TO_CHAR: the format must be a text, not an expression")
        try:
            kind = self._tokens.type_of(*call.arguments[0])
            time, number = to_char(self._tokens.render(*call.arguments[0]), kind, pattern)
        except ValueError as error:
            raise self._refuse(first, f"TO_CHAR: {error}") from None
        self._set(call, f"{CATALOG}.to_char({time}, {number}, {kind})", _TEXT)

    def _to_date(self, call: Call) -> None:
        if len(call.arguments) == 1:
            if call.name == "to_date":
                kind = self._tokens.type_of(*call.arguments[0])
                text = f"{CATALOG}.as_date({self._arguments(call)[0]}, {kind})::DATE"
                self._set(call, text, _DATE)
            return
        pattern = self._text_argument(call, 1)
        first = call.arguments[1][0]
        if pattern is None:
            raise self._refuse(
                first, f"{call.name.upper()}: the format must be a text, not an expression"
            )
        try:
            codes = time_pattern(pattern)
        except ValueError as error:
            raise self._refuse(first, f"{call.name.upper()}: {error}") from None
        value = self._tokens.render(*call.arguments[0])
        kind = "DATE" if call.name == "to_date" else "TIMESTAMPTZ"
        self._set(
            call,
            f"CAST(strptime(CAST({value} AS VARCHAR), {literal(codes)}) AS {kind})",
            f"CAST(NULL AS {kind})",
        )

    def _to_number(self, call: Call) -> None:
        pattern = self._text_argument(call, 1)
        if pattern is None:
            raise self._refuse(call.start, "TO_NUMBER: a format is needed, as a text")
        value = self._tokens.render(*call.arguments[0])
        self._set(call, f"{CATALOG}.to_number({value}, {number_scale(pattern)})")

    def _date_trunc(self, call: Call) -> None:
        self._need(call, 2, 3)
        part = self._part(call, 0)
        value = self._time_argument(call, 1)
        if part in ("century", "millennium"):
            self._set(call, f"{CATALOG}.trunc_years('{part}', 1, {value})", _TIMESTAMP)
            return
        kind = self._time_type(call, 1)
        self._set(
            call,
            f"{CATALOG}.date_trunc('{part}', {value}, {kind})",
            f"{CATALOG}.date_trunc('{part}', {kind}, {kind})",
        )

    def _date_part(self, call: Call) -> str | None:
        name = "pgdate_part" if self._is_redshift else None
        if call.name == "extract":
            name = "date_part" if self._is_redshift else None
            place = next((p for mark, p in call.marks if mark == "from"), None)
            if place is None:
                return name
            call.arguments = [(call.open + 1, place), (place + 1, call.close)]
        if len(call.arguments) != 2 or self._tokens.words[call.arguments[0][0]] == "[":
            return name
        part = self._part(call, 0)
        value = self._time_argument(call, 1)
        kind = self._time_type(call, 1)
        micros = f"{CATALOG}.microseconds({value}, {kind})"
        if part == "second":
            self._set(call, f"({micros} / 1000000.0)", _DOUBLE)
        elif part == "millisecond" and self._is_redshift:
            self._set(call, f"({micros} // 1000 % 1000)", _BIGINT)
        elif part == "microsecond" and self._is_redshift:
            self._set(call, f"({micros} % 1000000)", _BIGINT)
        elif part == "millisecond":
            self._set(call, f"({micros} / 1000.0)", _DOUBLE)
        else:
            result = _DOUBLE if part in ("epoch", "julian") else _BIGINT
            self._set(call, f"{CATALOG}.date_part('{part}', {value}, {kind})", result)
        return name

    def _date_add(self, call: Call) -> str | None:
        if not self._is_redshift:
            return None
        self._need(call, 3)
        part = self._part(call, 0)
        _, count, _ = self._arguments(call)
        value = self._time_argument(call, 2)
        if part == "year":
            self._set(call, f"{CATALOG}.add_years({count}, {value})", _TIMESTAMP)
            return "date_add"
        if part not in _STEPS:
            raise self._refuse(call.arguments[0][0], f"DATEADD: {part} can't be added")
        function, factor = _STEPS[part]
        kind = "BIGINT" if function == "to_microseconds" else "INTEGER"
        step = f"{function}(trunc({count})::{kind}{f' * {factor}' if factor != 1 else ''})"
        kind = self._time_type(call, 2)
        self._set(
            call,
            f"{CATALOG}.add_interval({step}, {value}, {kind})",
            f"{CATALOG}.add_interval(INTERVAL 1 DAY, {kind}, {kind})",
        )
        return "date_add"

    def _date_diff(self, call: Call) -> str | None:
        if not self._is_redshift:
            return None
        self._need(call, 3)
        part = self._part(call, 0)
        one, two = self._time_argument(call, 1), self._time_argument(call, 2)
        kind = self._time_type(call, 1)
        if kind.lower() == "null":
            kind = self._time_type(call, 2)
        self._set(call, f"{CATALOG}.datediff('{part}', {one}, {two}, {kind})", _BIGINT)
        return "date_diff"

    def _listagg(self, call: Call) -> None:
        """Write LISTAGG([DISTINCT] x [, separator]) WITHIN GROUP (ORDER BY …)."""
        tokens = self._tokens
        first, behind = call.arguments[0]
        is_distinct = tokens.words[first] == "distinct"
        value = tokens.render(first + is_distinct, behind)
        separator = tokens.render(*call.arguments[1]) if len(call.arguments) > 1 else "''"
        order = ""
        if call.within is not None:
            order = " " + tokens.render(call.within[0] + 3, call.within[1] - 1)
        filtered = " " + tokens.render(*call.filter) if call.filter else ""
        over = " " + tokens.render(*call.over) if call.over else ""
        if is_distinct:
            wanted = filtered or f" FILTER (WHERE {value} IS NOT NULL)"
            listed = f"list(DISTINCT {value}{order}){wanted}{over}"
            self._set(call, f"{CATALOG}.joined({listed}, {separator})", _TEXT)
            return
        text = f"{CATALOG}.as_text({value}, {self._argument_type(call)})::VARCHAR"
        self._set(call, f"string_agg({text}, {separator}{order}){filtered}{over}", _TEXT)

    def _decode(self, call: Call) -> str | None:
        if len(call.arguments) < 3:
            return None
        value, *rest = self._arguments(call)
        cases = ""
        while len(rest) > 1:
            cases += f" WHEN {value} IS NOT DISTINCT FROM {rest[0]} THEN {rest[1]}"
            rest = rest[2:]
        otherwise = f" ELSE {rest[0]}" if rest else ""
        self._set(call, f"CASE{cases}{otherwise} END")
        return "case"

    def _nvl2(self, call: Call) -> str | None:
        self._need(call, 3)
        value, this, other = self._arguments(call)
        self._set(call, f"CASE WHEN {value} IS NOT NULL THEN {this} ELSE {other} END")
        return None

    def _json_path_text(self, call: Call) -> None:
        tokens = self._tokens
        document, *keys = call.arguments
        lenient = False
        if keys and tokens.words[keys[-1][0]] in ("true", "false"):
            lenient = tokens.words[keys.pop()[0]] == "true"
        path = "'$'"
        for number, key in enumerate(keys, start=1):
            told = self._text_argument(call, number)
            text = tokens.render(*key)
            if told is not None and told.isdecimal() and not self._is_redshift:
                step = literal(f"[{told}]")
            elif told is not None:
                step = literal('."' + told.replace('"', '\\"') + '"')
            else:
                step = f"'.\"' || {text} || '\"'"
            path += f" || {step}"
        value = tokens.render(*document)
        if not self._is_redshift:
            self._set(call, f"json_extract_string({value}, {path})")
        else:
            function = "json_path_text_null" if lenient else "json_path_text_rs"
            self._set(call, f"{CATALOG}.{function}({value}, {path})")

    def _ratio(self, call: Call) -> None:
        if call.over is not None:
            value = self._tokens.render(call.open + 1, call.close)
            over = self._tokens.render(*call.over)
            self._set(call, f"{CATALOG}.ratio({value}, sum({value}) {over})", _DOUBLE)

    def _charindex(self, call: Call) -> None:
        self._need(call, 2)
        one, two = self._arguments(call)
        self._set(call, f"strpos({two}, {one})")

    def _trim(self, call: Call) -> str | None:
        words = [mark for mark, _ in call.marks]
        return "ltrim" if "leading" in words else "rtrim" if "trailing" in words else "btrim"

    def _printf(self, call: Call) -> None:
        pattern = self._text_argument(call, 0)
        if pattern is None or re.search(r"%(?![s%])", pattern):
            raise self._refuse(call.start, "FORMAT: only %s and %% are supported, in a plain text")
        self._tokens.replace(call.open - 1, "printf")
        for first, behind in call.arguments[1:]:
            text = self._as_text(first, behind)
            self._tokens.rewrite(first, behind, f"coalesce({text}::VARCHAR, '')")


def _unicode_classes(pattern: str) -> str:
    r"""Write ``\w`` as the letters and digits of all scripts, also inside brackets."""
    if "\\w" not in pattern and "\\W" not in pattern:
        return pattern
    out, in_set, at = "", False, 0
    while at < len(pattern):
        pair = pattern[at : at + 2]
        if pair in ("\\w", "\\W"):
            classes = r"\p{L}\p{N}_"
            out += (
                classes
                if in_set and pair == "\\w"
                else (f"[{classes}]" if pair == "\\w" else f"[^{classes}]")
            )
            at += 2
        elif pattern[at] == "\\":
            out += pair
            at += 2
        else:
            in_set = (in_set or pattern[at] == "[") and pattern[at] != "]"
            out += pattern[at]
            at += 1
    return out


_OTHER_PARTS = frozenset(
    [
        "epoch",
        "isodow",
        "isoyear",
        "timezone",
        "timezone_hour",
        "timezone_minute",
        "julian",
        "era",
        "dayofmonth",
    ]
)
_STEPS = {
    "millennium": ("to_years", 1000), "century": ("to_years", 100), "decade": ("to_years", 10),
    "quarter": ("to_months", 3), "month": ("to_months", 1), "week": ("to_days", 7),
    "day": ("to_days", 1), "dow": ("to_days", 1), "doy": ("to_days", 1),
    "hour": ("to_microseconds", 3_600_000_000), "minute": ("to_microseconds", 60_000_000),
    "second": ("to_microseconds", 1_000_000), "millisecond": ("to_microseconds", 1000),
    "microsecond": ("to_microseconds", 1),
}  # fmt: skip
_RULES: dict[str, Callable[[Meanings, Call], str | None]] = {
    "avg": Meanings._average, "sum": Meanings._total, "round": Meanings._round,
    "trunc": Meanings._trunc,
    "substring": Meanings._substring, "substr": Meanings._substring,
    "concat": Meanings._concat, "to_char": Meanings._to_char, "to_date": Meanings._to_date,
    "to_timestamp": Meanings._to_date, "to_number": Meanings._to_number,
    "date_trunc": Meanings._date_trunc, "date_part": Meanings._date_part,
    "pgdate_part": Meanings._date_part, "extract": Meanings._date_part,
    "dateadd": Meanings._date_add, "date_add": Meanings._date_add,
    "datediff": Meanings._date_diff, "date_diff": Meanings._date_diff,
    "listagg": Meanings._listagg, "decode": Meanings._decode, "nvl2": Meanings._nvl2,
    "json_extract_path_text": Meanings._json_path_text,
    "jsonb_extract_path_text": Meanings._json_path_text,
    "ratio_to_report": Meanings._ratio, "charindex": Meanings._charindex,
    "trim": Meanings._trim, "format": Meanings._printf,
}  # fmt: skip
_ = NUMBER
