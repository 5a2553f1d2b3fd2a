"""Casts that mean something else in DuckDB."""

from __future__ import annotations

import re

from civis_nb.local.warehouse.dialects.operators.collations import CollationRules
from civis_nb.local.warehouse.dialects.operators.json import JsonRules
from civis_nb.local.warehouse.dialects.operators.patterns import LikeRules
from civis_nb.local.warehouse.dialects.parts import Operand
from civis_nb.local.warehouse.dialects.rules import CATALOG, TEXT
from civis_nb.local.warehouse.dialects.types.checks import TypeChecks
from civis_nb.local.warehouse.dialects.types.decimals import PLAIN_NUMERIC
from civis_nb.local.warehouse.dialects.types.names import NO_VALUES, SqlType, no_values
from civis_nb.local.warehouse.dialects.types.zones import text_with_zone

__all__ = ["CastRules"]

_INTEGERS = frozenset(("int2", "int4", "int8"))
#: Types whose precision DuckDB reads and leaves out.
_ROUNDED = frozenset(("time", "timestamptz"))
#: Redshift's types of intervals, which leave nothing out.
_WHOLE_INTERVALS = frozenset(("year to month", "day to second"))
#: In an interval: the sign of a number, and the space between them, as in '1 month - 1 day'.
_SIGN_APART = re.compile(r"([+-])\s+(?=\d)")
#: A text of a number, of at most as many digits as a decimal has.
_DECIMAL = re.compile(r"'\s*[+-]?(?=[\d.]{1,38}\s*')(?=\.?\d)(\d*)(?:\.(\d*))?\s*'")
_WITHOUT_SECONDS = re.compile(r"^('\s*\d{1,2}:\d\d)(?=[+-])")
_ISO_DATE = re.compile(
    r"'\s*\d{4}-\d{1,2}-\d{1,2}(?:[ T]\d{1,2}:\d\d(?::\d\d(?:\.\d{1,6})?)?)?\s*'"
)


class CastRules(LikeRules, CollationRules, JsonRules, TypeChecks):
    """The rules of casts."""

    def cast(self, operand: Operand, to: SqlType, written: tuple[int, int]) -> None:
        """Apply PostgreSQL's meaning to a cast."""
        self._cast(operand, to, written)
        first, behind = written
        if to.name in _ROUNDED and to.arguments and not to.is_array:
            self._round_time(operand, to, first, behind)
        tokens = self._tokens
        if tokens.words[first - 1] == "::":
            kind = tokens.render(first, behind) or PLAIN_NUMERIC
            is_text = to.name in ("varchar", "bpchar", "text") and not to.is_array
            known = TEXT if is_text else f"CAST(NULL AS {kind})"
            tokens.set_type(operand.start, behind, known)

    def _cast(self, operand: Operand, to: SqlType, written: tuple[int, int]) -> None:
        first, behind = written
        tokens = self._tokens
        name = to.name
        if self._is_redshift and name in NO_VALUES:
            raise self._refuse(first, no_values(name))
        if to.fields and not (self._is_redshift and to.fields in _WHOLE_INTERVALS):
            part = to.fields.rpartition(" ")[2]
            raise self._refuse(
                first,
                f"the type INTERVAL {to.fields.upper()} is not supported: write "
                f"date_trunc('{part}', …) of an interval",
            )
        if not (self._is_redshift or to.is_array):
            self._cast_json(operand, name)
            if name == "jsonb" and behind == operand.start:
                self._write_jsonb(operand)
        if name == "interval" and to.arguments:
            raise self._refuse(first, "the type INTERVAL with a precision is not supported")
        if to.fields:
            tokens.drop(first + 1, behind)
        if self._check_cast(operand, to, first, behind):
            return
        if operand.kind == "number" and name in _INTEGERS and not to.is_array:
            return
        if to.is_array:
            if operand.kind == "string":
                self._wrap(operand, "as_array")
            return
        if name in _INTEGERS:
            self._wrap(operand, f"as_integer{self._decimal_suffix}")
            self._cast_typed_literal(operand, first, behind)
        elif name == "float8":
            size = to.arguments[0] if to.arguments else 53
            tokens.rewrite(first, behind, "REAL" if size < 25 else "DOUBLE")
            if operand.kind not in ("number", "column"):
                self._wrap(operand, f"as_float{self._decimal_suffix}")
        elif name == "numeric":
            self._cast_to_numeric(operand, to, first, behind)
        elif name == "bool" and operand.kind not in ("value", "number"):
            self._wrap(operand, f"as_boolean{self._decimal_suffix}")
            self._cast_typed_literal(operand, first, behind)
        elif name == "timestamptz" and operand.kind == "string":
            text = tokens.texts[operand.start]
            if text[0] == "'":
                tokens.replace(operand.start, f"'{text_with_zone(text[1:-1])}'")
        elif name == "timestamptz" and operand.kind != "value":
            self._wrap(operand, "as_timestamptz")
        elif name in ("date", "timestamp") and operand.kind not in ("number", "value"):
            self._cast_to_time(operand, name, first, behind)
        elif name in ("varchar", "bpchar", "text"):
            self._cast_to_text(operand, to, first, behind)
        elif name in ("jsonb", "super"):
            tokens.rewrite(first, behind, "JSON")
            if name == "jsonb" and behind != operand.start:
                self._wrap(operand, "as_jsonb")
        elif name == "time" and behind != operand.start:
            self._wrap(operand, "as_time")
        elif name == "timetz" and operand.kind == "string":
            text = tokens.texts[operand.start]
            tokens.replace(operand.start, _WITHOUT_SECONDS.sub(r"\1:00", text))
        elif name in ("varbyte", "bytea"):
            tokens.rewrite(first, behind, "BLOB")
            self._wrap(operand, "as_bytes")
        elif name == "interval" and operand.kind == "string":
            text = tokens.texts[operand.start]
            tokens.replace(operand.start, _SIGN_APART.sub(r"\1", text.replace(",", " ")))

    def _round_time(self, operand: Operand, to: SqlType, first: int, behind: int) -> None:
        """Round the fraction of seconds to the digits that the type has."""
        opening, closing = f"{CATALOG}.rounded_{to.name}(", f", {to.arguments[0]})"
        if behind == operand.start:
            self._cast_typed_literal(operand, first, behind)
            self._tokens.wrap(operand.start, operand.end, opening, closing)
        else:
            self._wrap_cast(operand, first, behind, opening, closing)

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
            if operand.kind != "number":
                self._wrap(operand, f"as_numeric{self._decimal_suffix}")
            return
        if self._is_redshift:
            tokens.rewrite(first, behind, "DECIMAL(18, 0)")
            self._wrap(operand, "as_numeric")
            return
        is_text = operand.kind == "string"
        written = _DECIMAL.fullmatch(tokens.texts[operand.start]) if is_text else None
        if written is not None:  # it has as many digits as are written
            whole, fraction = written[1].lstrip("0"), written[2] or ""
            kind = f"DECIMAL({max(1, len(whole) + len(fraction))}, {len(fraction)})"
            tokens.rewrite(first, behind, kind)
            return
        # In a recursive query the type is that of the first values, and the others may be longer.
        is_first = "recursive" in tokens.words
        self._wrap(operand, "as_long_numeric" if is_first else "as_any_numeric")
        if tokens.words[first - 1] == "::":
            tokens.drop(first - 1, behind)
        else:
            # The cast is by the function alone; CAST(x AS …) needs a type all the same.
            tokens.rewrite(first, behind, PLAIN_NUMERIC)

    def _cast_to_text(self, operand: Operand, to: SqlType, first: int, behind: int) -> None:
        tokens = self._tokens
        if operand.kind not in ("string", "number"):
            self._write_as_text(operand)
        elif tokens.texts[operand.start].startswith("."):
            tokens.insert_before(operand.start, "0")
        if to.name == "text":
            return
        size = to.arguments[0] if to.arguments else (1 if to.name == "bpchar" else None)
        written = tokens.words[first]
        if size is None or written == "bpchar":
            tokens.rewrite(first, behind, "VARCHAR")
            return
        tokens.rewrite(first, behind, "VARCHAR")
        cut = f"{CATALOG}.left_bytes(" if self._is_redshift else 'system.main."left"('
        self._wrap_cast(operand, first, behind, cut, f", {size})")
        if to.name == "bpchar":  # the blanks at its end do not count, and are gone in a text
            self._wrap_cast(operand, first, behind, "rtrim(", ", ' ')")

    def _cast_typed_literal(self, operand: Operand, first: int, behind: int) -> None:
        """Write a typed literal that is edited, such as ``int '5'``, as a cast."""
        if behind == operand.start:
            written_type = self._tokens.render(first, behind)
            self._tokens.drop(first, behind)
            self._tokens.wrap(operand.start, operand.end, "CAST(", f" AS {written_type})")

    def _wrap_cast(
        self, operand: Operand, first: int, behind: int, opening: str, closing: str
    ) -> None:
        """Wrap a cast, in any of its forms, with two texts."""
        tokens = self._tokens
        if tokens.words[first - 1] == "::":
            tokens.wrap(operand.start, behind, opening, closing)
            return
        opened = operand.start - 1
        while tokens.words[opened] not in ("cast", "convert", "try_cast"):
            opened -= 1
        tokens.wrap(opened, tokens.partners[opened + 1] + 1, opening, closing)
