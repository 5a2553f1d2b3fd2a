"""What the Data panel asks the server; of the databases others ask as well."""

from __future__ import annotations

from typing import Any, Final

from jupyter_server.utils import url_path_join
from tornado import web

from civis_nb.lab.account import Account
from civis_nb.lab.catalog import Catalog
from civis_nb.lab.data.panel import Data
from civis_nb.lab.data.uploads import Uploads
from civis_nb.lab.http import Handler, allowed, whole_number

__all__ = ["data_routes"]

_LARGEST_PART: Final = 32_000_000
_EXISTING: Final = ("fail", "append", "truncate", "drop")


def data_routes(base: str, account: Account, catalog: Catalog) -> list[tuple[Any, ...]]:
    """Return the routes of the Data panel.

    Parameters
    ----------
    base
        The path of all routes of the extension.
    account
        Whose data they are.
    catalog
        The names, shared with the completion of cells.
    """
    data = {"data": Data(account, catalog)}
    uploads = {"uploads": Uploads(account, catalog)}
    upload = url_path_join(base, "data/uploads/([^/]+)")
    return [
        (url_path_join(base, "databases"), _Databases, data),
        (url_path_join(base, "data/tables"), _Tables, data),
        (url_path_join(base, "data/columns"), _Columns, data),
        (url_path_join(base, "data/preview"), _Preview, data),
        (url_path_join(base, "data/profile"), _Profile, data),
        (url_path_join(base, "data/scan"), _Scan, data),
        (url_path_join(base, "data/uploads"), _Uploads, uploads),
        (upload, _Upload, uploads),
        (url_path_join(upload, "detect"), _Detect, uploads),
        (url_path_join(upload, "import"), _Import, uploads),
    ]


class _OfData(Handler):
    def initialize(self, data: Data) -> None:
        self._data = data

    def id_argument(self, name: str) -> int:
        """Return an id of the request's query."""
        return whole_number(name, self.get_query_argument(name, ""), 1)


class _Databases(_OfData):
    """The databases; with ``fresh=1`` all that is kept is loaded anew, now and when it is asked."""

    @allowed("read")
    async def get(self) -> None:
        fresh = self.get_query_argument("fresh", "") == "1"
        if fresh:
            self.check_xsrf_cookie()
        await self.reply(self._data.databases, fresh)


class _Tables(_OfData):
    @allowed("read")
    async def get(self) -> None:
        await self.reply(self._data.tables, self.id_argument("database"))


class _Columns(_OfData):
    @allowed("read")
    async def get(self) -> None:
        await self.reply(
            self._data.columns, self.id_argument("database"), self.id_argument("table")
        )


class _Preview(_OfData):
    """The first rows of a table: a SELECT of the server's own."""

    @allowed("read")
    async def get(self) -> None:
        # Unlike other reads it has the platform work: a page from elsewhere can't begin it.
        self.check_xsrf_cookie()
        await self.reply(
            self._data.preview, self.id_argument("database"), self.id_argument("table")
        )


class _Profile(_OfData):
    """Statistics of a table or a column: SELECTs of the server's own."""

    @allowed("read")
    async def get(self) -> None:
        # Unlike other reads it has the platform work: a page from elsewhere can't begin it.
        self.check_xsrf_cookie()
        await self.reply(
            self._data.profile,
            self.id_argument("database"),
            self.id_argument("table"),
            self.get_query_argument("column", None, strip=False),
        )


class _Scan(_OfData):
    """Has the platform scan a schema: a job is started."""

    @allowed("write")
    async def post(self) -> None:
        await self.reply(
            self._data.scan, self.body_value("database", int), self.body_value("schema", str)
        )


class _OfUploads(Handler):
    def initialize(self, uploads: Uploads) -> None:
        self._uploads = uploads


class _Uploads(_OfUploads):
    @allowed("write")
    async def post(self) -> None:
        name, size = self.body_value("name", str), self.body_value("size", int)
        if not name or len(name) > 255 or size is None or size < 0:
            raise web.HTTPError(400, "A file has a name of at most 255 characters, and a size.")
        await self.reply(self._uploads.begin, name, size)


class _Upload(_OfUploads):
    @allowed("read")
    async def get(self, upload_id: str) -> None:
        await self.reply(lambda: self._uploads.get(upload_id).state())

    @allowed("write")
    async def put(self, upload_id: str) -> None:
        """Add a part, which begins at the argument ``offset``."""
        offset = whole_number("offset", self.get_query_argument("offset", ""))
        if not 0 < len(self.request.body) <= _LARGEST_PART:
            raise web.HTTPError(400, f"A part has from 1 to {_LARGEST_PART:,} bytes.")
        await self.reply(lambda: self._uploads.get(upload_id).append(offset, self.request.body))

    @allowed("write")
    async def delete(self, upload_id: str) -> None:
        await self.reply(self._uploads.end, upload_id)


class _Detect(_OfUploads):
    @allowed("write")
    async def post(self, upload_id: str) -> None:
        has_header = self.body_value("has_header", bool, required=False)
        sheet = self.body_value("sheet", str, required=False) or ""
        await self.reply(lambda: self._uploads.get(upload_id).detect(has_header, sheet))


class _Import(_OfUploads):
    @allowed("write")
    async def post(self, upload_id: str) -> None:
        existing = self.body_value("existing", str)
        if existing not in _EXISTING:
            raise web.HTTPError(400, f"existing must be one of {', '.join(_EXISTING)}.")
        options = {
            "database_id": self.body_value("database", int),
            "schema": self.body_value("schema", str),
            "table": self.body_value("table", str),
            "existing": existing,
            "columns": self.body_value("columns", list),
        }
        await self.reply(lambda: self._uploads.load(upload_id, **options))
