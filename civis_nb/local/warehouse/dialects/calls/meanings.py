"""What Redshift and PostgreSQL mean by calls of functions, as edits of tokens."""

from __future__ import annotations

from collections.abc import Callable

from civis_nb.local.warehouse.dialects.calls.absent import OTHER_MEANINGS, other_meaning
from civis_nb.local.warehouse.dialects.calls.catalog import CatalogRules
from civis_nb.local.warehouse.dialects.calls.integers import IntegerRules
from civis_nb.local.warehouse.dialects.calls.json_values import JSON_MAKERS
from civis_nb.local.warehouse.dialects.calls.numbers import SPREADS, NumberRules
from civis_nb.local.warehouse.dialects.calls.texts import (
    JSON_SETS,
    PATTERN_CALLS,
    SPLITS,
    TextRules,
)
from civis_nb.local.warehouse.dialects.calls.times import NOW, NOW_TYPES, TimeRules
from civis_nb.local.warehouse.dialects.foreign.calls import ForeignCall, is_known
from civis_nb.local.warehouse.dialects.parts import Call
from civis_nb.local.warehouse.dialects.rules import (
    BIGINT,
    CATALOG,
    DOUBLE,
    INTEGER,
    TEXT,
    USER,
    Dialect,
    Reading,
)
from civis_nb.local.warehouse.dialects.tokens import NUMBER, STRING, Tokens
from civis_nb.table_names import literal

__all__ = ["Meanings"]

#: Calls that are only qualified: the macro has the same arguments.
_BOTH = frozenset(
    """asin acos initcap to_hex btrim octet_length quote_ident
    quote_literal quote_nullable lpad rpad string_to_array justify_days justify_hours
    justify_interval width_bucket dlog10 dlog1 dexp cbrt timeofday pg_backend_pid
    format_type col_description""".split()  # noqa: SIM905 - shorter to read
)
_REDSHIFT = _BOTH | frozenset(
    """textlen replicate repeat upper crc32 sha sha2 func_sha1 strtol regexp_substr
    regexp_count regexp_instr add_months date_part_year last_day next_day months_between date_cmp
    timestamp_cmp date_cmp_timestamp timestamp_cmp_date interval_cmp
    json_extract_array_element_text is_valid_json
    is_valid_json_array json_parse can_json_parse json_serialize json_typeof is_array
    is_object get_array_length split_to_array getdate soundex difference bpcharcmp
    bttext_pattern_cmp octetindex from_hex from_varbyte to_varbyte fnv_hash timestamptz_cmp
    date_cmp_timestamptz timestamptz_cmp_date timestamp_cmp_timestamptz
    timestamptz_cmp_timestamp format_encoding""".split()  # noqa: SIM905 - shorter to read
)
_POSTGRES = _BOTH | frozenset(
    """chr upper regexp_split_to_array array_to_string array_remove json_typeof
    json_array_elements_text json_array_elements array_length cardinality convert_from convert_to
    sha256 pg_size_pretty gcd lcm jsonb_set jsonb_insert jsonb_pretty jsonb_strip_nulls""".split()  # noqa: SIM905 - shorter to read
)
_RENAMED = {
    "redshift": {
        "nvl": "coalesce", "isnull": "coalesce", "regexp_replace": f"{CATALOG}.regexp_replace_all",
        "split_part": f"{CATALOG}.split_part_rs",
        "json_array_length": f"{CATALOG}.json_array_length_rs",
        "object": "json_object",
        "char_length": "length", "character_length": "length",
        "charindex": "", "version": f"{CATALOG}.version_rs", "array": "json_array",
        "clock_timestamp": "now", "statement_timestamp": "now",
        "encode": f"{CATALOG}.text_of_bytes",
    },
    "postgres": {
        "split_part": f"{CATALOG}.split_part_pg",
        "jsonb_typeof": f"{CATALOG}.json_typeof",
        **dict.fromkeys(("json_array_length", "jsonb_array_length"), f"{CATALOG}.json_length"),
        "jsonb_array_elements_text": f"{CATALOG}.json_array_elements_text",
        "jsonb_array_elements": f"{CATALOG}.jsonb_array_elements",
        "jsonb_each_text": f"{CATALOG}.jsonb_each_text", "jsonb_each": f"{CATALOG}.jsonb_each",
        "json_each_text": f"{CATALOG}.json_each_text", "json_each": f"{CATALOG}.json_each",
        **{name: f"{CATALOG}.{name}" for name in ("json_object_keys", "jsonb_object_keys")},
        "jsonb_extract_path_text": "json_extract_path_text",
        "clock_timestamp": "now", "statement_timestamp": "now",
        "div": f"{CATALOG}.quotient", "version": f"{CATALOG}.version_pg",
        "encode": f"{CATALOG}.text_of_bytes",
    },
}  # fmt: skip
#: Aggregates that are NULL in PostgreSQL and NaN in DuckDB where they are not defined.
_NULL_IF_UNDEFINED = frozenset(("corr", "regr_slope", "regr_intercept", "regr_r2"))
#: What stands for the name of the user.
_USERS = frozenset(("user", "current_user", "session_user"))
#: Calls that return one of their arguments.
_ONE_OF = frozenset(("coalesce", "nvl", "isnull", "nullif", "greatest", "least"))
#: Functions of FROM that are ours.
_JSON_TABLES = frozenset(
    """json_array_elements_text json_array_elements jsonb_array_elements_text jsonb_array_elements
    json_each_text json_each jsonb_each_text jsonb_each json_object_keys
    jsonb_object_keys""".split()  # noqa: SIM905 - shorter to read
)
_SET_RETURNING = frozenset(("generate_series", "unnest"))
_REGEX_CALLS = frozenset(
    """regexp_replace regexp_substr regexp_count regexp_instr regexp_match regexp_matches
    regexp_split_to_array""".split()  # noqa: SIM905 - shorter to read
)
#: Words behind which a name with a list in brackets is no call.
_BEFORE_RELATION = frozenset(("as", "into", "table", "references", "recursive", "copy"))
#: Aggregates and window functions -> an expression of their type; None: of that of the argument.
_AGGREGATES = {
    "count": BIGINT, "row_number": BIGINT, "rank": BIGINT, "dense_rank": BIGINT,
    "ntile": BIGINT, "grouping": BIGINT, "corr": DOUBLE, "percent_rank": DOUBLE,
    "covar_pop": DOUBLE, "covar_samp": DOUBLE,
    "cume_dist": DOUBLE, "regr_slope": DOUBLE, "regr_intercept": DOUBLE, "regr_r2": DOUBLE,
    "percentile_cont": DOUBLE, "median": DOUBLE, "string_agg": TEXT,
    "bool_and": "true", "bool_or": "true", "every": "true",
    "min": None, "max": None, "any_value": None, "first_value": None, "last_value": None,
    "nth_value": None, "lag": None, "lead": None, "bit_and": None, "bit_or": None,
    "approx_count_distinct": BIGINT, "count_star": BIGINT, "count_if": BIGINT,
    "approximate_count": BIGINT, "quantile_cont": DOUBLE, "product": DOUBLE,
    "approx_quantile": None, "quantile_disc": None, "quantile": None, "arg_max": None,
    "arg_min": None, "max_by": None, "min_by": None, "bit_xor": None, "fsum": DOUBLE,
    "skewness": DOUBLE, "kurtosis": DOUBLE, "entropy": DOUBLE, "mad": DOUBLE,
    "group_concat": TEXT, "regr_count": BIGINT, "regr_avgx": DOUBLE, "regr_avgy": DOUBLE,
    "percentile_disc": None, "mode": None, "first": None, "last": None,
}  # fmt: skip


class Meanings(NumberRules, TextRules, TimeRules, CatalogRules, IntegerRules):
    """All rules of one dialect for one statement."""

    def __init__(self, tokens: Tokens, dialect: Dialect, reading: Reading) -> None:
        super().__init__(tokens, dialect, reading)
        self._macros = _REDSHIFT if self._is_redshift else _POSTGRES
        self._renamed = _RENAMED[dialect]
        self._others = OTHER_MEANINGS[dialect]

    def word(self, at: int, words: str) -> str | None:
        """Edit a word that stands for a value, or a text; return its column's name if another."""
        if words == "":
            text = self._tokens.texts[at]
            following = self._tokens.starts[at + 1]
            is_continued = "\n" in self._tokens.sql[self._tokens.end_of(at) : following]
            if self._tokens.kinds[at + 1] == STRING and not is_continued:
                shown = self._tokens.texts[at + 1]
                raise self._refuse(at + 1, f'syntax error at or near "{shown}"')
            if text[:1] in "eE" and ("\\u" in text or "\\U" in text):
                self._tokens.replace(at, self._unicode_escapes(at, text))
            if self._is_redshift and text.startswith("'") and "\\\\" in text:
                self._tokens.replace(at, text.replace("\\\\", "\\"))
        elif words in _USERS:
            self._tokens.replace(at, literal(USER))
        elif words in NOW:
            # Called: an alias of the same name would hide the word.
            self._tokens.replace(at, NOW[words])
        elif words == "sysdate" and self._is_redshift:
            self._tokens.replace(at, f"{CATALOG}.getdate()")
            return "timestamp"
        return None

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
        if word == "top" and not self._is_redshift:
            shown = self._tokens.texts[at + 1]
            raise self._refuse(at + 1, f'syntax error at or near "{shown}": write LIMIT {shown}')
        if word == "top" and words[at + 2] in ("percent", "with"):
            raise self._refuse(at, f"TOP … {words[at + 2].upper()} is not supported by Redshift")
        if word == "check":
            if self._is_redshift:
                raise self._refuse(at, "CHECK is not supported by Redshift")
            self._in_check = True
        if word == "conflict" and self._is_redshift:
            raise self._refuse(at, "ON CONFLICT is not supported by Redshift; use MERGE")
        if word == "for" and words[at + 1] in ("update", "share", "no", "key"):
            self._lock(at)
        if word in ("fetch", "limit"):
            for i in range(at, min(at + 6, self._tokens.count)):
                if words[i] == "ties":
                    self._ties(at, i)

    def _lock(self, at: int) -> None:
        """Leave out FOR UPDATE, which changes no result; Redshift has none."""
        tokens, words = self._tokens, self._tokens.words
        if self._is_redshift:
            what = f"FOR {words[at + 1].upper()}"
            raise self._refuse(at, f"{what} is not supported: this database locks no rows")
        behind = at
        while behind < tokens.count and words[behind] not in (")", ";"):
            behind += 1
        tokens.drop(at, behind)

    def _ties(self, at: int, ties: int) -> None:
        """Write FETCH … WITH TIES as a condition on the rank."""
        tokens, words = self._tokens, self._tokens.words
        order, depth = at - 1, 0
        while order > 0 and (depth or words[order] != "order"):
            depth += (words[order] == ")") - (words[order] == "(")
            if depth < 0:
                order = 0
            order -= 1
        keys = words[order + 2 : at]
        is_plain = not any(w in words for w in ("union", "intersect", "except", "distinct"))
        counted = tokens.texts[at + 2] if tokens.kinds[at + 2] == NUMBER else "1"
        by_number = any(
            tokens.kinds[i] == NUMBER and words[i - 1] in ("by", ",") for i in range(order + 1, at)
        )
        if self._is_redshift or order <= 0 or not keys or not is_plain or by_number:
            raise self._refuse(ties, "WITH TIES is not supported; use RANK() and QUALIFY")
        if "offset" in keys:
            raise self._refuse(ties, "WITH TIES is not supported beside OFFSET")
        by = tokens.render(order, at)
        tokens.insert_before(order, f"qualify rank() over ({by}) <= {counted} ")
        tokens.drop(at, ties + 1)

    def call(self, call: Call) -> str | None:
        """Apply the dialect's meaning to a call; return the name of its column if another."""
        name = self._meant(call)
        self._shorten(call)
        return name

    def _meant(self, call: Call) -> str | None:
        tokens, name = self._tokens, call.name
        if name in self._others and not tokens.names_query(name):
            raise self._refuse(call.start, other_meaning(name, self._dialect))
        if not is_known(name, self._dialect) and not self._names_relation(call):
            at = tokens.starts[call.start]
            self.foreign_calls.append(ForeignCall.of(name, at, self._dialect))
        if name in ("to_json", "to_jsonb") and tokens.words[call.open + 1] == "row":
            raise self._refuse(call.start, "JSON of a ROW is not there: use json_build_object")
        is_set = name in _SET_RETURNING or (name in JSON_SETS and not self._is_redshift)
        if is_set and not call.in_from and call.arguments:
            self._elements(call)
            return None
        if name == "pg_get_late_binding_view_cols" and call.in_from:
            self._late_columns(call)
            return None
        if name in PATTERN_CALLS and self._pattern_call(call):
            return None
        if name in SPLITS and self._split_call(call):
            return None
        if name in _REGEX_CALLS and len(call.arguments) > 1:
            self._regex(call.arguments[1][0])
        if call.over is not None and self._is_redshift:
            self._need_frame(call)
        self._check_text_argument(call)
        rule = _RULES.get(name)
        if rule is not None:
            return rule(self, call)
        if name in ("array_agg", "string_agg") and tokens.words[call.open + 1] == "distinct":
            self._sort_distinct(call)
        if name == "array_agg":
            tokens.set_type(call.start, call.end, f"[{self._argument_type(call)}]")
        if name in _AGGREGATES:
            self._aggregate(call)
            return None
        if name in _ONE_OF:
            self._one_of(call)
        if call.in_from and name not in _JSON_TABLES:
            return None
        renamed = self._renamed.get(name)
        if renamed:
            tokens.replace(call.open - 1, renamed)
            name = renamed
        elif name in self._macros:
            tokens.replace(call.open - 1, f"{CATALOG}.{name}")
        return "coalesce" if call.name == "nvl" and self._is_redshift else None

    def _names_relation(self, call: Call) -> bool:
        """Return whether a name with a list in brackets is a table's, or a query's of WITH."""
        before = self._tokens.words[call.start - 1] if call.start else ""
        return before in _BEFORE_RELATION or self._tokens.names_query(call.name)

    def _one_of(self, call: Call) -> None:
        """Cast the arguments of a call that returns one of them to the same type."""
        values = [operand for operand in call.operands if operand is not None]
        texts = [f"{self._as_text(*argument)}::VARCHAR" for argument in call.arguments]
        self.branches(values)
        kind = self._common_type(values)
        known = [v for v in values if v.kind == "string" or self._common_type([v]) is not None]
        if kind is not None and len(known) == len(call.arguments):
            self._tokens.set_type(call.start, call.end, kind)
        if call.name == "coalesce" and kind is not None and not self._is_redshift:
            # Each of the values has its own number of digits.
            whole = self._tokens.render(call.start, call.end)
            parts = f"{whole}, coalesce({', '.join(texts)}), {kind}"
            self._exact_texts[call.start, call.end] = f"{CATALOG}.first_text({parts})"

    def _elements(self, call: Call) -> None:
        """Let a call that returns a set, anywhere in an expression, give a row for each element."""
        tokens = self._tokens
        if tokens.words[tokens.query_at : tokens.query_at + 2] == ["distinct", "on"]:
            raise self._refuse(
                call.start,
                f"{call.name.upper()} beside DISTINCT ON is not supported: put it in FROM",
            )
        kind = tokens.type_of(*call.arguments[0])
        if call.name in JSON_SETS and not call.in_from:
            self._set(call, JSON_SETS[call.name].format(tokens.render(*call.arguments[0])), TEXT)
            return
        if call.name == "unnest":
            tokens.set_type(call.start, call.end, f"({kind})[1]")
            return
        if self._is_short_series(call):
            tokens.wrap(call.start, call.end, "CAST(", " AS INTEGER[])")
            kind = INTEGER
        if not tokens.words[call.start - 2].startswith(("unnest", "list_", "array_")):
            tokens.wrap(call.start, call.end, "unnest(", ")")
        series = kind if kind == INTEGER else f"{CATALOG}.series_kind({kind})"
        tokens.set_type(call.start, call.end, series)

    def _aggregate(self, call: Call) -> None:
        tokens = self._tokens
        if call.name in ("lag", "lead") and len(call.arguments) == 3 and not self._is_redshift:
            # The type is that of the value and the default together.
            value, _, default = self._arguments(call)
            tokens.rewrite(*call.arguments[0], f"CASE WHEN true THEN {value} ELSE {default} END")
        if call.name == "every":
            tokens.replace(call.open - 1, "bool_and")
        kind = _AGGREGATES[call.name]
        if call.within is not None:
            order, behind = call.within[0] + 5, call.within[1] - 1
            while tokens.words[behind - 1] in ("desc", "asc"):
                behind -= 1
            given = tokens.type_of(order, behind)
            if call.name == "percentile_cont" and not self._is_redshift:
                tokens.wrap(order, behind, f"{CATALOG}.continuous(", f", {given})")
            kind = kind or given
        if call.name in ("min", "max") and kind is None:
            given = self._argument_type(call)
            tokens.wrap(call.start, call.end, f"{CATALOG}.no_truth(", f", {given})")
        if call.name in _NULL_IF_UNDEFINED and not self._is_redshift:
            tokens.wrap(call.start, call.end, f"{CATALOG}.number_or_null(", ")")
        tokens.set_type(call.start, call.end, kind or self._argument_type(call))

    def _decode(self, call: Call) -> str | None:
        if not self._is_redshift:
            self._tokens.replace(call.open - 1, f"{CATALOG}.bytes_of_text")
            return None
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

    def _type_name(self, call: Call) -> None:
        self._need(call, 1)
        value = self._arguments(call)[0]
        self._set(call, f"{CATALOG}.type_name(typeof({value}))", TEXT)


_RULES: dict[str, Callable[[Meanings, Call], str | None]] = {
    **dict.fromkeys(("power", "pow", "sqrt", "dsqrt"), Meanings._power),
    **dict.fromkeys(SPREADS, Meanings._spread),
    "avg": Meanings._average, "sum": Meanings._total, "round": Meanings._round,
    "trunc": Meanings._trunc, "sign": Meanings._sign,
    **dict.fromkeys(("ceil", "ceiling", "floor"), Meanings._whole),
    "mod": Meanings._modulo, "checksum": Meanings._checksum, "convert_timezone": Meanings._zones,
    **dict.fromkeys(("ln", "log", "log10", "exp"), Meanings._logarithm),
    "substring": Meanings._substring, "substr": Meanings._substring,
    "concat": Meanings._concat, "concat_ws": Meanings._concat,
    "to_char": Meanings._to_char, "to_date": Meanings._to_date,
    "to_timestamp": Meanings._to_date, "to_number": Meanings._to_number,
    "date_trunc": Meanings._date_trunc, "date_part": Meanings._date_part,
    "pgdate_part": Meanings._date_part, "extract": Meanings._date_part,
    "dateadd": Meanings._date_add, "date_add": Meanings._date_add,
    "datediff": Meanings._date_diff, "date_diff": Meanings._date_diff,
    "listagg": Meanings._listagg, "decode": Meanings._decode, "nvl2": Meanings._nvl2,
    "json_extract_path_text": Meanings._json_path_text,
    "jsonb_extract_path_text": Meanings._json_path_text,
    "json_extract_path": Meanings._json_path_text, "jsonb_extract_path": Meanings._json_path_text,
    "ratio_to_report": Meanings._ratio, "charindex": Meanings._charindex,
    "trim": Meanings._trim, "format": Meanings._printf, "pg_typeof": Meanings._type_name,
    "num_nulls": Meanings._count_nulls, "num_nonnulls": Meanings._count_nulls,
    "pg_get_viewdef": Meanings._definition, "pg_get_constraintdef": Meanings._definition,
    "timezone": Meanings._timezone, "make_interval": Meanings._make_interval,
    **dict.fromkeys(NOW_TYPES, Meanings._now),
    **dict.fromkeys(JSON_MAKERS, Meanings._json),
}  # fmt: skip
