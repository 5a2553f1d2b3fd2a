"""What SQL cells ask the server: completion, formatting, and one statement of several."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any, Final

from tornado import web

from civis_nb.errors import CivisError, CivisInputError
from civis_nb.lab.catalog import Catalog
from civis_nb.lab.cells.completion import Completer
from civis_nb.lab.cells.magic_line import magic_of
from civis_nb.lab.cells.statements import statement_at
from civis_nb.lab.formatting.cell import format_sql
from civis_nb.lab.http import Handler, allowed

__all__ = ["CompleteHandler", "FormatHandler", "StatementHandler"]

_LONGEST_CELL: Final = 1_000_000
_MAGIC_LINE: Final = re.compile(r"^[^\S\n]*(%%?[a-z]\w*)", re.MULTILINE)
_WAIT_S: Final = 2.0
_DEFAULT_DIALECT: Final = "redshift"


class _CellHandler(Handler):
    """A handler of questions on a cell."""

    def cell(self) -> str:
        """Return the cell's text."""
        cell = self.body_value("cell", str)
        if cell is None or len(cell) > _LONGEST_CELL:
            raise web.HTTPError(400, "cell must be a text of at most a million characters.")
        return cell

    def offset(self, cell: str) -> int:
        """Return the place in a cell."""
        offset = self.body_value("offset", int)
        if offset is None or not 0 <= offset <= len(cell):
            raise web.HTTPError(400, "offset must be a place in the cell, in characters.")
        return offset


class CompleteHandler(_CellHandler):
    """What completes SQL at a place of a cell."""

    def initialize(self, completer: Completer) -> None:
        """Keep what answers."""
        self._completer = completer

    @allowed("read")
    async def post(self) -> None:
        """Answer with the proposals."""
        cell = self.cell()
        offset = self.offset(cell)
        variables = self.body_value("variables", dict, required=False)
        database = self.body_value("database", str, required=False)

        def complete() -> dict[str, Any]:
            found = self._completer.complete(cell, offset, variables, database)
            # Not `asdict`, which copies each of a thousand proposals in depth.
            return {**vars(found), "items": [vars(item) for item in found.items]}

        await self.reply(complete)


class FormatHandler(_CellHandler):
    """A cell with its SQL laid out anew."""

    def initialize(self, catalog: Catalog) -> None:
        """Keep what answers."""
        self._catalog = catalog

    @allowed("read")
    async def post(self) -> None:
        """Answer with the cell."""
        cell, database = self.cell(), self.body_value("database", str, required=False)
        await self.reply(self._formatted, cell, database)

    def _formatted(self, cell: str, database: str | None) -> dict[str, str]:
        """Return the cell with its SQL formatted."""
        magic = magic_of(cell)
        if magic is None or magic.sql_start is None or not magic.sql.strip():
            raise CivisInputError("There is no SQL in the cell.")
        if (second := _MAGIC_LINE.search(magic.sql)) is not None:
            line = cell.count("\n", 0, magic.sql_start + second.start(1)) + 1
            raise CivisInputError(
                f"The SQL was not formatted: line {line} begins another magic. Move it into a "
                "cell of its own."
            )
        dialect = _dialect(self._catalog, magic.database or database)
        return {"cell": cell[: magic.sql_start] + format_sql(magic.sql, dialect)}


class StatementHandler(_CellHandler):
    """One statement of a cell, as a cell that runs or explains it."""

    def initialize(self, catalog: Catalog) -> None:
        """Keep what answers."""
        self._catalog = catalog

    @allowed("read")
    async def post(self) -> None:
        """Answer with the statement."""
        cell = self.cell()
        offset = self.offset(cell)
        database = self.body_value("database", str, required=False)
        explain = bool(self.body_value("explain", bool, required=False))
        await self.reply(self._found, cell, offset, database, explain)

    def _found(self, cell: str, offset: int, database: str | None, explain: bool) -> dict[str, Any]:
        """Return the statement at an offset of the cell."""
        magic = magic_of(cell)
        named = magic.database if magic is not None else None
        dialect = _dialect(self._catalog, named or database)
        return asdict(statement_at(cell, offset, dialect, explain))


def _dialect(catalog: Catalog, database: str | None) -> str:
    """Return the dialect of a cell's database, or the one of most where it is not known."""
    try:
        found = catalog.database(database, _WAIT_S)
    except (CivisError, TimeoutError):
        found = None
    return found.dialect if found is not None else _DEFAULT_DIALECT
