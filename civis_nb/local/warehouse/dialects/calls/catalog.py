"""Tables and functions that tell what is in the catalog."""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.catalog.system_views import definition_text, system_view
from civis_nb.local.warehouse.dialects.foreign.calls import ForeignCall
from civis_nb.local.warehouse.dialects.parts import Call
from civis_nb.local.warehouse.dialects.rules import TEXT, RuleSet
from civis_nb.local.warehouse.dialects.statements.super_paths import elements, is_array
from civis_nb.table_names import quoted

__all__ = ["CatalogRules"]


class CatalogRules(RuleSet):
    """The rules of views of the catalog, and of functions on it."""

    def relation(self, first: int, behind: int, *, named: bool) -> None:
        """Put a query on DuckDB's catalog in the place of a system view.

        On Redshift also one of the elements in the place of an array of the type SUPER.
        """
        tokens = self._tokens
        if named and self._is_redshift and is_array(tokens, first, behind):
            tokens.rewrite(first, behind, elements(tokens, first, behind))
            return
        schema, name = "", tokens.name(behind - 1)
        if behind - first == 3:
            schema = tokens.name(first)
        elif behind - first != 1:
            return
        query = system_view(schema, name, self._dialect)
        if query is not None and not tokens.names_query(name):
            alias = "" if named else f" AS {quoted(name)}"
            tokens.rewrite(first, behind, f"({query}){alias}")

    def qualified_call(self, call: Call) -> None:
        """Note a call with a schema: there are only users' functions in one.

        DuckDB has its own in ``main``, and reads ``a.year()`` as ``year(a)``.
        """
        shown = self._tokens.original(call.start, call.open)
        at = self._tokens.starts[call.start]
        self.foreign_calls.append(ForeignCall.of(call.name, at, self._dialect, shown))

    def _late_columns(self, call: Call) -> None:
        """Write the columns of views without schema binding: there are none with such columns."""
        tokens = self._tokens
        opened = call.end + 1 + (tokens.words[call.end] == "as")
        if tokens.words[opened] != "(" or opened not in tokens.partners:
            return
        names = [
            tokens.texts[at]
            for at in range(opened + 1, tokens.partners[opened])
            if tokens.words[at - 1] in ("(", ",")
        ]
        empty = ", ".join(f"NULL::VARCHAR AS {name}" for name in names)
        tokens.rewrite(call.start, call.end, f"(SELECT {empty} WHERE false)")
        tokens.drop(opened, tokens.partners[opened] + 1)

    def _definition(self, call: Call) -> None:
        self._need(call, 1, 2)
        number = self._arguments(call)[0]
        self._set(call, definition_text(call.name, number, self._dialect), TEXT)
