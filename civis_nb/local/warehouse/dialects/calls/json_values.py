"""Functions that make JSON of values, written as PostgreSQL writes it.

DuckDB's own make doubles of all numbers with a point, those inside of JSON too. So JSON is put
together as a text here.
"""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.operators.operators import OperatorRules
from civis_nb.local.warehouse.dialects.parts import Call
from civis_nb.local.warehouse.dialects.rules import CATALOG

__all__ = ["JSON_MAKERS", "JsonRules"]

#: Functions that make JSON.
JSON_MAKERS = frozenset(
    f"{prefix}_{name}"
    for prefix in ("json", "jsonb")
    for name in ("build_array", "build_object", "agg", "object_agg")
) | {"to_json", "to_jsonb"}
_JSON = "CAST(NULL AS JSON)"


class JsonRules(OperatorRules):
    """The rules of calls that make JSON."""

    def _json(self, call: Call) -> None:
        """Write a call that makes JSON as one that makes its text."""
        tokens, name = self._tokens, call.name
        if self._is_redshift:
            if name == "json_build_object":
                tokens.replace(call.open - 1, "json_object")
            return
        is_object = name.endswith(("build_object", "object_agg"))
        if is_object and len(call.arguments) % 2:
            raise self._refuse(call.start, "argument list must have even number of elements")
        if name.startswith("to_") or name.endswith("object_agg"):
            self._need(call, 2 if is_object else 1)
        if name.startswith("to_"):
            text = self._as_json(*call.arguments[0])
        else:
            is_distinct = bool(call.arguments) and tokens.words[call.open + 1] == "distinct"
            order = next((place for mark, place in call.marks if mark == "order"), call.close)
            places = [
                (first + (is_distinct and first == call.open + 1), min(behind, order))
                for first, behind in call.arguments
                if first < order
            ]
            items = [f"coalesce({self._as_json(*place)}, 'null')" for place in places]
            if is_object:
                names = [tokens.render(*place) for place in places[::2]]
                separator = "' : '"
                items = [
                    f"({CATALOG}.json_name({one}) || {separator} || {item})"
                    for one, item in zip(names, items[1::2], strict=True)
                ]
            text = self._json_list(call, items, order, is_distinct)
            made = "object_rows" if name.endswith("object_agg") else name.split("_", 1)[1]
            text = f"{CATALOG}.json_{made}({text})"
        kind = "jsonb" if "jsonb" in name else "json"
        self._set(call, f"{CATALOG}.made_{kind}({text})", _JSON)

    def _as_json(self, first: int, behind: int) -> str:
        """Return an expression for the JSON text of a value."""
        value = self._tokens.render(first, behind)
        kind = self._tokens.type_of(first, behind)
        if kind == _JSON:
            return f"CAST({value} AS VARCHAR)"
        return f"{CATALOG}.json_text({value}, {kind})"

    def _json_list(self, call: Call, items: list[str], order: int, is_distinct: bool) -> str:
        """Return an expression for the list of a call's items: its arguments, or one each row."""
        tokens = self._tokens
        if call.name.split("_")[1] == "build":
            return f"CAST([{', '.join(items)}] AS VARCHAR[])"
        sorted_by = f" {tokens.render(order, call.close)}" if order < call.close else ""
        if is_distinct:
            first, behind = call.open + 2, min(call.arguments[0][1], order)
            value = tokens.render(first, behind)
            if not sorted_by:
                sorted_by = f" ORDER BY {value}"
            tail = self._behind(call)
            found = f"list(DISTINCT {value}{sorted_by}){tail}"
            return f"list_transform({found}, lambda x: coalesce({CATALOG}.json_text(x, x), 'null'))"
        return f"list({items[0]}{sorted_by}){self._behind(call)}"

    def _behind(self, call: Call) -> str:
        """Return what stands behind an aggregate's brackets: FILTER and OVER."""
        parts = [part for part in (call.filter, call.over) if part]
        return "".join(f" {self._tokens.render(*part)}" for part in parts)
