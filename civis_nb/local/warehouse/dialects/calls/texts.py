"""Functions of texts: pieces of them, patterns, lists and JSON."""

from __future__ import annotations

import re

from civis_nb.local.warehouse.dialects.calls.json_values import JsonRules
from civis_nb.local.warehouse.dialects.computed.pattern_trees import needs_python
from civis_nb.local.warehouse.dialects.computed.text_patterns import LONGEST
from civis_nb.local.warehouse.dialects.parts import Call
from civis_nb.local.warehouse.dialects.rules import CATALOG, TEXT, Dialect, Reading
from civis_nb.local.warehouse.dialects.tokens import STRING, Tokens
from civis_nb.table_names import literal

__all__ = ["JSON_SETS", "PATTERN_CALLS", "SPLITS", "TextRules"]

#: Calls with patterns -> the function for them, what stands for arguments behind the second that
#: are not there, and where Redshift's options are.
PATTERN_CALLS = {
    "regexp_count": ("pattern_count", ["1", "''"], 3),
    "regexp_instr": ("pattern_instr", ["1", "1", "0", "''", "0"], 5),
    "regexp_substr": ("pattern_substr", ["1", "1", "''", "0"], 4),
    "regexp_replace": ("pattern_replace", ["''", "1", "1", "''"], 4),
    "regexp_like": ("pattern_like", ["''"], 0),
    "regexp_match": ("pattern_match", ["''"], 0),
    "regexp_matches": ("pattern_matches", ["''"], 0),
}
#: Calls that split by a pattern.
SPLITS = frozenset(("regexp_split_to_array", "regexp_split_to_table"))

#: A part of a format of FORMAT, and what its kinds do with a text.
_FORMAT = re.compile(r"%(?:(?P<place>\d+)\$)?(?P<minus>-)?(?P<width>\d+)?(?P<kind>.)", re.DOTALL)
_FORMAT_KINDS = {
    "s": "coalesce({}, '')",
    "I": f"{CATALOG}.quote_ident({{}})",
    "L": f"{CATALOG}.quote_nullable({{}})",
}
_EMPTY = "''"
#: Of patterns, those that DuckDB has as well.
_PLAIN_OPTIONS = frozenset("gic")

#: Functions of JSON that return a set, outside of FROM -> what returns a row for each element.
JSON_SETS = {
    "json_array_elements": f"unnest({CATALOG}.json_elements(({{}})))",
    "jsonb_array_elements": f"unnest({CATALOG}.jsonb_elements(({{}})))",
    "json_array_elements_text": f"unnest({CATALOG}.json_element_texts(({{}})))",
    "jsonb_array_elements_text": f"unnest({CATALOG}.json_element_texts(({{}})))",
    "json_object_keys": f"unnest(json_keys({CATALOG}.object_of(({{}})::JSON)))",
    "jsonb_object_keys": f"unnest({CATALOG}.jsonb_keys(({{}})::JSON))",
}


class TextRules(JsonRules):
    """The rules of calls that read or write texts."""

    def __init__(self, tokens: Tokens, dialect: Dialect, reading: Reading) -> None:
        super().__init__(tokens, dialect, reading)
        self._orders: dict[int, str] = {}  # of LISTAGG, by the bracket around its query

    def _unicode_escapes(self, at: int, text: str) -> str:
        """Write the characters that escapes such as ``u0061`` behind a backslash name."""

        def character(match: re.Match[str]) -> str:
            if match[2] is None and match[3] is None:
                if match[1] in ("u", "U"):
                    raise self._refuse(at, "invalid Unicode escape: uXXXX or UXXXXXXXX is needed")
                return match[0]
            code = int(match[2] or match[3], 16)
            if not code or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
                raise self._refuse(at, f"invalid Unicode escape value: {match[0]}")
            return "''" if code == ord("'") else chr(code).replace("\\", "\\\\")

        return re.sub(r"\\(u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|.)", character, text)

    def _pattern_call(self, call: Call) -> bool:
        """Write a call with a regular expression that DuckDB's can't do; return whether it is."""
        function, defaults, option = PATTERN_CALLS[call.name]
        arguments = self._arguments(call)
        if self._is_redshift:
            options = self._text_argument(call, option) if option else None
            if options is None or "p" not in options:
                return False
            if call.name == "regexp_replace":
                arguments.insert(4, "0")
            elif call.name != "regexp_count":
                arguments.append("1" if "e" in options else "0")
        elif call.name == "regexp_replace":
            fourth = call.operands[3] if len(call.operands) > 3 else None
            is_plain = "\\&" not in (self._text_argument(call, 2) or "")
            if len(arguments) in (3, 4) and not (is_plain and not self._needs_python(call, 3)):
                flags = arguments[3] if len(arguments) > 3 else "''"
                arguments[3:] = ["1", f"CASE WHEN contains({flags}, 'g') THEN 0 ELSE 1 END", flags]
            if len(arguments) < 5 and (fourth is None or fourth.kind != "number"):
                return False
        missing = defaults[max(0, len(arguments) - 2) :]
        if not self._is_redshift:
            arguments, missing = [*arguments, *missing], []
            place = 2 + defaults.index("''", 1 if call.name == "regexp_replace" else 0)
            if call.name != "regexp_like":  # whether there is a match is the same by every rule
                arguments[place] = f"{arguments[place]} || '{LONGEST}'"
        written = f"{CATALOG}.{function}({', '.join((*arguments, *missing))})"
        if call.name == "regexp_matches":
            written = f"unnest({written})"
        elif call.name == "regexp_substr" and self._is_redshift:
            written = f"coalesce({written}, '')"
        self._set(call, written, TEXT if call.name in ("regexp_substr", "regexp_replace") else None)
        return True

    def _needs_python(self, call: Call, options: int) -> bool:
        """Return whether DuckDB has not PostgreSQL's match of a pattern, or may have another."""
        pattern = self._text_argument(call, 1)
        flags = ""
        if len(call.arguments) > options:
            flags = self._text_argument(call, options) or "?"
        return pattern is None or not _PLAIN_OPTIONS.issuperset(flags) or needs_python(pattern)

    def _split_call(self, call: Call) -> bool:
        """Split by PostgreSQL's matches where DuckDB's may be others; return whether it is done."""
        if (
            self._is_redshift
            or len(call.arguments) not in (2, 3)
            or not self._needs_python(call, 2)
        ):
            return False
        if call.name == "regexp_split_to_table" and call.in_from:
            raise self._refuse(
                call.start,
                "REGEXP_SPLIT_TO_TABLE in FROM is not supported with this pattern: write "
                "unnest(regexp_split_to_array(…))",
            )
        text, pattern, *options = self._arguments(call)
        flags = f"{options[0] if options else _EMPTY} || '{LONGEST}'"
        array = f"{CATALOG}.pattern_split({text}, {pattern}, {flags})"
        is_table = call.name == "regexp_split_to_table"
        self._set(call, f"unnest({array})" if is_table else array)
        return True

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
            if not self._is_redshift and needs_python(tokens.texts[start + 1][1:-1]):
                pattern = tokens.render(start + 1, call.close)
                self._set(call, f"{CATALOG}.longest_match({text}, {pattern})", TEXT)
                return
            self._regex(start + 1)
            pattern = tokens.render(start + 1, call.close)
            group = 1 if re.search(r"(?<!\\)\((?!\?)", pattern) else 0
            found = f"regexp_extract({text}, {pattern}, {group})"
            if group and not self._is_redshift:  # a group that takes no part is NULL
                found = f"coalesce(nullif({found}, ''), {CATALOG}.first_group({text}, {pattern}))"
            self._set(call, f"CASE WHEN regexp_matches({text}, {pattern}) THEN {found} END", TEXT)
            return
        first = tokens.render(start + 1, size or call.close) if start is not None else "1"
        length = f", {tokens.render(size + 1, call.close)}" if size is not None else ""
        self._set(call, f"{CATALOG}.substring({text}, {first}{length})", TEXT)

    def _json_path_text(self, call: Call) -> None:
        if not call.arguments:
            what = f"{call.name.upper()} takes a document and the keys of a path"
            raise self._refuse(call.start, what)
        tokens = self._tokens
        document, *keys = call.arguments
        lenient = False
        if keys and tokens.words[keys[-1][0]] in ("true", "false"):
            lenient = tokens.words[keys.pop()[0]] == "true"
        path = "'$'"
        for number, key in enumerate(keys, start=1):
            constant = self._text_argument(call, number)
            text = tokens.render(*key)
            if constant is not None and constant.isdecimal() and not self._is_redshift:
                step = literal(f"[{constant}]")
            elif constant is not None:
                step = literal('."' + constant.replace('"', '\\"') + '"')
            else:
                step = f"'.\"' || {text} || '\"'"
            path += f" || {step}"
        value = tokens.render(*document)
        if not self._is_redshift:
            are_told = all(self._text_argument(call, at + 1) is not None for at in range(len(keys)))
            is_json = not call.name.endswith("_text")
            if is_json or not are_told:
                steps = ", ".join(tokens.render(*key) for key in keys)
                path = f"'{{' || array_to_string([{steps}], ',') || '}}'"
                function = "json_path_list_json" if is_json else "json_path_list"
                self._set(call, f"{CATALOG}.{function}({value}, {path})")
            else:
                self._set(call, f"{CATALOG}.jsonb_part_text({value}, {path})")
        else:
            function = "json_path_text_null" if lenient else "json_path_text_rs"
            self._set(call, f"{CATALOG}.{function}({value}, {path})")

    def _concat(self, call: Call) -> None:
        if self._is_redshift and call.name == "concat":
            self._need(call, 2)
            one, two = (self._as_text(*a) for a in call.arguments)
            self._set(call, f"({one} || {two})", TEXT)
            return
        if self._is_redshift:
            return
        for first, behind in call.arguments:
            exact = self._exact_text(first, behind)
            if exact is not None:
                self._tokens.rewrite(first, behind, exact)
            elif behind > first + 1 or self._tokens.kinds[first] != STRING:
                kind = self._tokens.type_of(first, behind)
                self._tokens.wrap(first, behind, f"{CATALOG}.shown(", f", {kind})")

    def _sort_distinct(self, call: Call) -> None:
        """Sort distinct values: PostgreSQL does to find equal ones, and the result shows it."""
        tokens, (first, behind) = self._tokens, call.arguments[0]
        order = next((place for mark, place in call.marks if mark == "order"), None)
        if order is not None:
            behind = min(behind, order)
        value = tokens.render(first + 1, behind)
        if order is None:
            tokens.insert_before(call.close, f" ORDER BY {value}")
            return
        # What is sorted by must be the argument, with all that its rules have put around it.
        end = order + 2 + behind - (first + 1)
        if tokens.words[order + 2 : end] == tokens.words[first + 1 : behind]:
            tokens.rewrite(order + 2, end, value)

    def _listagg(self, call: Call) -> None:
        """Write LISTAGG([DISTINCT] x [, separator]) WITHIN GROUP (ORDER BY …)."""
        self._need(call, 1, 2)
        tokens = self._tokens
        first, behind = call.arguments[0]
        is_distinct = tokens.words[first] == "distinct"
        value = tokens.render(first + is_distinct, behind)
        separator = tokens.render(*call.arguments[1]) if len(call.arguments) > 1 else "''"
        order = ""
        if call.within is not None:
            order = " " + tokens.render(call.within[0] + 3, call.within[1] - 1)
            self._note_order(call, order)
        filtered = " " + tokens.render(*call.filter) if call.filter else ""
        over = " " + tokens.render(*call.over) if call.over else ""
        if is_distinct:
            text = f"{CATALOG}.as_text({value}, {self._argument_type(call)})::VARCHAR"
            wanted = filtered or f" FILTER (WHERE {text} <> '')"
            listed = f"list(DISTINCT {value}{order}){wanted}{over}"
            self._set(call, f"{CATALOG}.joined({listed}, {separator})", TEXT)
            return
        text = f"nullif({CATALOG}.as_text({value}, {self._argument_type(call)})::VARCHAR, '')"
        self._set(call, f"string_agg({text}, {separator}{order}){filtered}{over}", TEXT)

    def _note_order(self, call: Call, order: str) -> None:
        """Refuse LISTAGG in one query in several orders, as Redshift does."""
        around = [o for o, c in self._tokens.partners.items() if o < call.start and c >= call.end]
        first = self._orders.setdefault(max(around, default=-1), order)
        if first.lower() != order.lower():
            raise self._refuse(
                call.start, "LISTAGG: all WITHIN GROUP clauses of a query need the same ORDER BY"
            )

    def _charindex(self, call: Call) -> None:
        self._need(call, 2)
        one, two = self._arguments(call)
        self._set(call, f"strpos({two}, {one})")

    def _trim(self, call: Call) -> str | None:
        words = [mark for mark, _ in call.marks]
        return "ltrim" if "leading" in words else "rtrim" if "trailing" in words else "btrim"

    def _printf(self, call: Call) -> None:
        """Write PostgreSQL's FORMAT, of a plain text, as texts that are joined."""
        pattern = self._text_argument(call, 0)
        if pattern is None:
            raise self._refuse(call.start, "FORMAT: the format must be a plain text")
        pieces, place, behind = ["''"], 0, 0
        for found in _FORMAT.finditer(pattern):
            pieces.append(literal(pattern[behind : found.start()]))
            behind = found.end()
            if found["kind"] == "%":
                pieces.append("'%'")
                continue
            place = int(found["place"] or place + 1)
            if found["kind"] not in _FORMAT_KINDS:
                raise self._refuse(
                    call.start, f'FORMAT: unrecognized type specifier "{found["kind"]}"'
                )
            if place >= len(call.arguments):
                raise self._refuse(call.start, "FORMAT: too few arguments")
            text = self._as_text(*call.arguments[place])
            text = _FORMAT_KINDS[found["kind"]].format(f"{text}::VARCHAR")
            if found["width"]:
                text = f"{CATALOG}.padded({text}, {found['minus'] or ''}{found['width']})"
            pieces.append(text)
        pieces.append(literal(pattern[behind:]))
        self._set(call, f"({' || '.join(p for p in pieces if p != _EMPTY) or _EMPTY})", TEXT)

    def _count_nulls(self, call: Call) -> None:
        """Write NUM_NULLS or NUM_NONNULLS as a sum."""
        negated = "NOT " if call.name == "num_nonnulls" else ""
        terms = (f"({value} IS {negated}NULL)::INTEGER" for value in self._arguments(call))
        self._set(call, f"({' + '.join(terms)})", "CAST(NULL AS INTEGER)")
