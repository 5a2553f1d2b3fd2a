"""Operators of JSON, and texts beside it."""

from __future__ import annotations

import re

from civis_nb.local.warehouse.dialects.computed.json_texts import jsonb_text
from civis_nb.local.warehouse.dialects.parts import Operand
from civis_nb.local.warehouse.dialects.rules import CATALOG, JSON, TEXT, RuleSet
from civis_nb.local.warehouse.dialects.tokens import STRING
from civis_nb.table_names import literal

__all__ = ["JsonRules"]

#: Operators of jsonb alone -> the functions that they call.
_CALLS = {"?": "json_has_key", "?|": "json_has_any", "?&": "json_has_all", "#-": "json_cut"}
_JSON_OPERATORS = frozenset(("->", "->>", "#>", "#>>", "#-"))
#: Types that numbers and truth values in JSON are cast to.
_SCALARS = {
    "int2": "smallint", "int4": "integer", "int8": "bigint", "numeric": "numeric",
    "float4": "real", "float8": "double precision", "bool": "boolean",
}  # fmt: skip
#: A text that is a key rather than a number, an interval or a time.
_KEY = re.compile(r"(?!(?:now|today|tomorrow|yesterday|epoch|infinity)\b)[^\W\d][\w ]*")


class JsonRules(RuleSet):
    """The rules of operators of JSON."""

    def _json_operator(self, at: int, left: Operand, right: Operand) -> bool:
        """Write an operator that is there for JSON alone; return whether it is one."""
        word = self._tokens.words[at]
        if self._is_redshift:
            self._refuse_operator(at, word)
            return False
        if word in ("@>", "<@"):
            self._contains(word, left, right)
        elif word in _CALLS:
            self._write_call(left, right, _CALLS[word], is_list=word in ("?|", "?&"))
        elif word == "-" and self._is_key(left, right):
            self._write_call(left, right, "json_without", is_list=self._is_list(right))
        elif word == "||" and (known := self._joined_text(left, right)):
            self._join_text(left, right, known)
        else:
            return False
        return True

    def _refuse_operator(self, at: int, word: str) -> None:
        """Refuse PostgreSQL's operators of JSON, of which Redshift has none."""
        if word in _JSON_OPERATORS:
            raise self._refuse(
                at,
                f"operator does not exist: {word}: Redshift has no operators of JSON; write "
                "JSON_EXTRACT_PATH_TEXT(…, 'key') or JSON_EXTRACT_ARRAY_ELEMENT_TEXT(…, 0)",
            )

    def _write_call(
        self, left: Operand, right: Operand, function: str, *, is_list: bool = False
    ) -> None:
        tokens = self._tokens
        one, two = (tokens.render(o.start, o.end) for o in (left, right))
        if is_list and right.kind == "string":
            two = f"CAST({CATALOG}.as_array({two}) AS VARCHAR[])"
        elif function == "json_cut" and right.kind != "string":
            two = f"'{{' || array_to_string({two}, ',') || '}}'"
        tokens.rewrite(left.start, right.end, f"{CATALOG}.{function}({one}, {two})")
        is_test = function.startswith("json_has")
        tokens.set_type(left.start, right.end, "true" if is_test else JSON)

    def _is_list(self, operand: Operand) -> bool:
        is_cast = operand.kind == "cast" and self._tokens.words[operand.end - 1] == "]"
        return operand.kind == "array" or is_cast

    def _is_key(self, left: Operand, right: Operand) -> bool:
        """Return whether what stands behind a minus is taken away from JSON: nothing else has keys.

        A number is an element of JSON only where the statement tells that it is JSON.
        """
        if self._is_list(right):
            return True
        if left.kind == "string" or left.kind == "number":
            return False
        if right.kind == "string":
            text = self._tokens.texts[right.start]
            is_plain = text[0] == "'" and _KEY.fullmatch(text[1:-1].lower()) is not None
            return is_plain or self._is_json(left)
        return right.kind == "number" and self._is_json(left)

    def _is_json(self, operand: Operand) -> bool:
        """Return whether the statement tells that an operand is JSON: a part of it, or a cast."""
        first, behind = self._unwrapped(operand)
        is_literal = self._tokens.words[first] == "jsonb" and behind == first + 2
        return is_literal or self._tokens.type_of(first, behind) == JSON

    def _take(self, left: Operand, right: Operand, *, is_text: bool) -> None:
        """Write ``->`` and ``->>`` as calls that keep the digits of numbers.

        Several of them, one behind another, are one path.
        """
        tokens = self._tokens
        value, path = self._paths.get((left.start, left.end), ("", ""))
        step = self._step(right)
        if not value or not path or step is None:
            value, path = tokens.render(left.start, left.end), ""
        if step is not None:
            path += step
        written = literal(f"${path}") if path else ""
        if not written:
            written = f"{CATALOG}.json_step({tokens.render(right.start, right.end)})"
        function = "part_text" if is_text else "part"
        kind = "json" if self._is_kept_as_written(left) else "jsonb"
        tokens.rewrite(left.start, right.end, f"{CATALOG}.{kind}_{function}({value}, {written})")
        tokens.set_type(left.start, right.end, TEXT if is_text else JSON)
        if not is_text:
            self._paths[left.start, right.end] = value, path

    def _step(self, step: Operand) -> str | None:
        """Return the step of a path that a key or a number is; None for other expressions."""
        text = self._tokens.texts[step.start]
        if text == "''" and step.kind == "string":
            raise self._refuse(step.start, "a key of no letters is not supported in JSON")
        if step.kind == "string" and text[0] == "'":
            key = text[1:-1].replace("''", "'").replace("\\", "\\\\").replace('"', '\\"')
            return f'."{key}"'
        number = self._tokens.original(step.start, step.end)
        if step.kind == "number" and number.isdecimal():
            return f"[{number}]"
        if step.kind == "number" and number[0] == "-" and number[1:].strip().isdecimal():
            return f"[#-{number[1:].strip()}]"
        return None

    def _is_kept_as_written(self, operand: Operand) -> bool:
        """Return whether an operand is known to be of the type json, and not jsonb."""
        words = self._tokens.words[operand.start : operand.end]
        return "json" in words and "jsonb" not in words

    def _has_text(self, *operands: Operand) -> bool:
        """Return whether one of some operands is known to be a text, and none written as such."""
        return any(
            self._tokens.type_of(*self._unwrapped(o)) == TEXT
            for o in operands
            if o.kind != "string"
        )

    def _unwrapped(self, operand: Operand) -> tuple[int, int]:
        """Return the place of an operand without the brackets around it."""
        first, behind = operand.start, operand.end
        while self._tokens.partners.get(first) == behind - 1:
            first, behind = first + 1, behind - 1
        return first, behind

    def _mentions_json(self, *operands: Operand) -> bool:
        return any(
            word in ("json", "jsonb", "json_parse")
            for o in operands
            for word in self._tokens.words[o.start : o.end]
        )

    def _contains(self, word: str, left: Operand, right: Operand) -> None:
        """Write @> and <@ of JSON as a call; arrays have the operators in DuckDB."""
        tokens, pair = self._tokens, (left, right) if word == "@>" else (right, left)
        texts = [tokens.render(o.start, o.end) for o in pair]
        function = "json_contains"
        if not self._mentions_json(*pair) and not any(self._is_json(o) for o in pair):
            are_json = [self._json_text(o) is not None for o in pair]
            if are_json[0] == are_json[1]:
                if not self._typed:
                    return
                function = "contains"
            else:  # a text of JSON is JSON beside JSON alone
                typed = are_json.index(False)
                texts[typed] = f"{CATALOG}.only_json({texts[typed]})"
        tokens.rewrite(left.start, right.end, f"{CATALOG}.{function}({texts[0]}, {texts[1]})")
        tokens.set_type(left.start, right.end, "true")

    def _json_text(self, operand: Operand) -> str | None:
        """Return the jsonb of an operand that is a text of JSON; None for other operands.

        Texts of arrays, such as '{1}', are none.
        """
        text = self._tokens.texts[operand.start]
        is_text = operand.kind == "string" and self._tokens.kinds[operand.start] == STRING
        if not is_text or text[0] != "'":
            return None
        try:
            return jsonb_text(text[1:-1].replace("''", "'"))
        except ValueError:
            return None

    def _joined_text(self, left: Operand, right: Operand) -> str | None:
        """Return the object or array of JSON that one operand is a text of; None for others."""
        for text, other in ((left, right), (right, left)):
            known = self._json_text(text)
            if known is not None and known[0] in "{[" and other.kind != "string":
                return known
        return None

    def _join_text(self, left: Operand, right: Operand, known: str) -> None:
        """Join a text of JSON with what is beside it: as JSON if that is JSON, else as texts."""
        tokens = self._tokens
        this = right if left.kind == "string" else left
        kind = JSON if self._is_json(this) else tokens.type_of(this.start, this.end)
        values, texts = [], []
        for o in (left, right):
            written, is_text = tokens.render(o.start, o.end), o.kind == "string"
            values.append(literal(known) if is_text else written)
            texts.append(written if is_text else self._as_text(o.start, o.end))
        arguments = ", ".join((*values, *texts, kind, kind))
        tokens.rewrite(left.start, right.end, f"{CATALOG}.joined_with_json({arguments})")
        tokens.set_type(
            left.start, right.end, f"{CATALOG}.joined_with_json('', '', '', '', {kind}, {kind})"
        )

    def _compare_keys(self, left: Operand, right: Operand) -> bool:
        """Compare what the statement tells is JSON as jsonb is compared: numbers by their size.

        Return whether it is.
        """
        tokens, sides = self._tokens, (left, right)
        if "row" in (left.kind, right.kind) or not any(self._is_json(side) for side in sides):
            return False
        for side in sides:
            value = tokens.render(side.start, side.end)
            if side.kind == "string":
                known = self._json_text(side)
                if known is None:
                    raise self._refuse(side.start, "invalid input syntax for type json")
                value = literal(known)
            elif not self._is_json(side):
                value = f"{CATALOG}.only_json({value})"
            tokens.rewrite(side.start, side.end, f"{CATALOG}.jsonb_key({value})")
            tokens.set_type(side.start, side.end, TEXT)
        return True

    def sort(self, operand: Operand, named: str | None) -> None:
        """Sort by jsonb as PostgreSQL does: objects are larger than arrays, these than texts."""
        tokens = self._tokens
        if named is not None:
            if tokens.starts[operand.start] in self._keyed:
                value = named or tokens.render(operand.start, operand.end)
                tokens.rewrite(operand.start, operand.end, f"{CATALOG}.jsonb_key({value})")
        elif self._is_json(operand):
            tokens.wrap(operand.start, operand.end, f"{CATALOG}.jsonb_key(", ")")
        elif operand.kind == "column":
            kind = tokens.type_of(operand.start, operand.end)
            tokens.wrap(operand.start, operand.end, f"{CATALOG}.sort_key(", f", {kind})")

    def _write_jsonb(self, text: Operand) -> None:
        """Write a typed literal, as ``jsonb '[1,2]'``, in the form that jsonb has."""
        known = self._json_text(text)
        if known is None and self._tokens.texts[text.start][0] == "'":
            raise self._refuse(text.start, "invalid input syntax for type json")
        if known is not None:
            self._tokens.replace(text.start, literal(known))

    def _cast_json(self, operand: Operand, name: str) -> None:
        """Refuse a cast of JSON of another kind: of a text in JSON, say, to a number."""
        wanted, tokens = _SCALARS.get(name), self._tokens
        is_text = operand.kind == "string" and tokens.texts[operand.start][0] == "'"
        if name == "json" and is_text and self._json_text(operand) is None:
            raise self._refuse(operand.start, "invalid input syntax for type json")
        if wanted is None:
            return
        first, behind = self._unwrapped(operand)
        if "json" in (tokens.words[behind - 1], tokens.words[first]) and behind > first + 1:
            raise self._refuse(
                operand.start, f"cannot cast type json to {wanted}: cast it to jsonb, or to text"
            )
        if not self._is_json(operand):
            return
        function = (
            "jsonb_integer" if wanted in ("smallint", "integer", "bigint") else "jsonb_scalar"
        )
        tokens.wrap(operand.start, operand.end, f"{CATALOG}.{function}(", f", '{wanted}')")
        tokens.set_type(operand.start, operand.end, TEXT)

    def _compare_json(self, text: Operand, beside: Operand, *, is_first: bool = True) -> None:
        """Let a text of JSON be compared with JSON as it is written there: blanks do not count.

        Both are written as jsonb then, but the other one only at its first comparison.
        """
        tokens = self._tokens
        known = self._json_text(text)
        if known is None or known[0] not in "{[" or beside.kind == "string":
            return
        kind = JSON if self._is_json(beside) else tokens.type_of(beside.start, beside.end)
        values = f"{literal(known)}, {tokens.texts[text.start]}, {kind}, {kind}"
        tokens.rewrite(text.start, text.end, f"{CATALOG}.beside_json({values})")
        if is_first:
            opening, closing = f"{CATALOG}.compared_json(", f", {kind})"
            tokens.wrap(beside.start, beside.end, opening, closing)
            tokens.set_type(beside.start, beside.end, kind)
