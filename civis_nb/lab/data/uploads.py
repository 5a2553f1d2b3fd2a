"""Files on their way from a browser into a table.

A file comes in parts into a folder of the Jupyter server's, is looked at, and is imported when its
user says so. Its copy is removed when that is done or given up.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from civis_nb.errors import CivisError, CivisInputError
from civis_nb.futures import CivisFuture
from civis_nb.io import civis_file_to_table, dataframe_to_civis, file_to_civis, query_civis
from civis_nb.io.call import Call, open_call
from civis_nb.io.writing.destination import table_exists
from civis_nb.io.writing.detect import agreed, preprocess
from civis_nb.io.writing.table_import import TableImport
from civis_nb.lab.account import Account
from civis_nb.lab.catalog import Catalog
from civis_nb.lab.data.upload_files import FoundColumns, frame_of, kind_of, sample_of_csv
from civis_nb.lab.names import sql_name
from civis_nb.table_names import qualified

__all__ = ["Upload", "Uploads"]

log = logging.getLogger(__name__)

_MOST: Final = 20
#: What nobody has asked after for so long is given up.
_FORGOTTEN_S: Final = 6 * 3600
#: The file on the platform, from which columns are detected, is gone after so long.
_KEPT = timedelta(days=1)


class Upload:
    """A file that is to become a table.

    Parameters
    ----------
    name
        The file's name.
    size
        Its bytes.
    folder
        Where it is kept meanwhile.
    client
        The client of the account whose table it becomes.

    Raises
    ------
    CivisInputError
        When the file is none that can be loaded.
    """

    def __init__(self, name: str, size: int, folder: Path, client: Any) -> None:
        self.kind = kind_of(name)
        self.id = secrets.token_hex(16)
        self.name = Path(name).name
        self.size = size
        self.asked_at = time.monotonic()
        self._client = client
        self._path = folder / f"{self.id}{Path(name).suffix.lower()}"
        self._path.touch()
        self._received = 0
        self._lock = threading.Lock()
        self._state = "receiving"
        self._problem = ""
        self._call: Call | None = None
        self._found: FoundColumns | None = None
        self._file_id: int | None = None
        self._future: CivisFuture | None = None
        self._table: tuple[str, ...] = ()
        self._rows: int | None = None

    def state(self) -> dict[str, Any]:
        """Return what is known of it, for the dialog."""
        self.asked_at = time.monotonic()
        found = self._found
        activity = self._call.tracker.activity() if self._call else None
        return {
            "id": self.id,
            "state": self._state,
            "received": self._received,
            "step": activity.title if activity else "",
            "done_bytes": activity.done_bytes if activity else None,
            "total_bytes": activity.total_bytes if activity else None,
            "problem": self._problem,
            "kind": self.kind,
            "table": ".".join(self._table),
            "sql": ".".join(map(sql_name, self._table)),
            "rows": self._rows,
            "job": self._future.job_id if self._future else None,
            "columns": found.columns if found else [],
            "has_header": found.has_header if found else None,
            "sample": found.sample if found else [],
            "sheets": found.sheets if found else [],
            "sheet": found.sheet if found else "",
            "notes": found.notes if found else [],
        }

    def append(self, offset: int, part: bytes) -> dict[str, Any]:
        """Add a part of the file.

        Raises
        ------
        CivisInputError
            When it is not the next one, or the file is complete.
        """
        with self._lock:
            if self._state != "receiving" or offset != self._received:
                raise CivisInputError(
                    f"The part at byte {offset:,} of {self.name} is not the one that comes next: "
                    f"{self._received:,} bytes are here. Upload the file again."
                )
            if self._received + len(part) > self.size:
                raise CivisInputError(f"{self.name} is larger than announced: upload it again.")
            with self._path.open("ab") as file:
                file.write(part)
            self._received += len(part)
        return {"received": self._received}

    def detect(self, has_header: bool | None, sheet: str) -> dict[str, Any]:
        """Begin to find out its columns; nothing is imported.

        Raises
        ------
        CivisInputError
            When the file is not complete, or something is under way already.
        """
        if self._received != self.size:
            raise CivisInputError(
                f"{self._received:,} of {self.size:,} bytes of {self.name} have arrived."
            )
        self._begin("detecting", lambda: self._detect(has_header, sheet))
        return self.state()

    def load(
        self, database_id: int, schema: str, table: str, existing: str,
        columns: list[dict[str, str]], done: Callable[[], None],
    ) -> dict[str, Any]:  # fmt: skip
        """Begin the import.

        Parameters
        ----------
        database_id, schema, table
            Where to.
        existing
            What becomes of the rows of a table that exists, as for `civis_file_to_table`.
        columns
            Names and SQL types of a new table.
        done
            Called when the table is there.

        Raises
        ------
        CivisInputError
            When its columns are not known yet, or an argument can't be what it is.
        """
        if self._found is None:
            raise CivisInputError(f"The columns of {self.name} are not detected yet.")
        if len(columns) != len(self._found.columns):
            raise CivisInputError(
                f"{len(columns)} columns are named; {self.name} has {len(self._found.columns)}."
            )
        target = TableImport(
            table=qualified(schema, table), database=database_id, existing_table_rows=existing,
            table_columns=columns, progress=False,
        )  # fmt: skip
        self._begin("importing", lambda: self._load(target, done))
        return self.state()

    def end(self) -> None:
        """Cancel what is under way, and remove the copy of the file."""
        with self._lock:
            was, self._state = self._state, "cancelled"
        if self._call is not None:
            self._call.token.cancel()
        if was == "importing" and self._future is not None:
            self._future.cancel()
        self._path.unlink(missing_ok=True)

    def _begin(self, state: str, work: Callable[[], None]) -> None:
        """Start work in a thread, unless other work goes on or has ended the upload."""
        with self._lock:
            if self._state in ("detecting", "importing", "cancelled", "done"):
                raise CivisInputError(f"{self.name} is {self._state}: nothing else can begin.")
            self._state, self._problem = state, ""
        threading.Thread(target=self._work, args=(work,), daemon=True).start()

    def _work(self, work: Callable[[], None]) -> None:
        """Do work, and keep why it failed; the target of a thread."""
        try:
            with open_call(progress=False) as call:
                self._call = call
                work()
        except (CivisError, OSError) as error:
            problem = str(error)
        except Exception as error:
            # What can't be foreseen: without this the dialog would wait for ever.
            log.exception("%s could not be loaded", self.name)
            problem = (
                f"{self.name} could not be loaded: {type(error).__name__}: {error}. The log of the "
                "Jupyter server has more."
            )
        else:
            return
        with self._lock:
            if self._state != "cancelled":
                # The columns that were found stay: another try may be about another table.
                self._state = "failed"
                self._problem = problem

    def _set_state(self, state: str) -> None:
        """Set the state, unless the upload was cancelled meanwhile."""
        with self._lock:
            if self._state != "cancelled":
                self._state = state

    def _detect(self, has_header: bool | None, sheet: str) -> None:
        if self.kind == "csv":
            self._found = self._detected_csv(has_header)
        else:
            self._found = frame_of(self._path, self.kind, has_header, sheet)[1]
        self._set_state("detected")

    def _detected_csv(self, has_header: bool | None) -> FoundColumns:
        """Return the columns that the platform detects, as for every CSV file that is loaded."""
        client = self._client
        if self._file_id is None:
            expires = (datetime.now(UTC) + _KEPT).isoformat()
            self._file_id = file_to_civis(
                self._path, self.name, expires_at=expires, client=client, progress=False
            )
        # The names are those of no table: only what the file is like is asked for.
        target = TableImport(table="upload.detection", database=0)
        files = preprocess(
            client, [self._file_id], target, detect_columns=True, delimiter=None, headers=has_header
        )
        found = agreed(files, delimiter=None, headers=has_header, columns=True)
        header = bool(found.include_header)
        sample = sample_of_csv(self._path, found.delimiter or "comma", header)
        return FoundColumns(found.columns, header, sample)

    def _load(self, target: TableImport, done: Callable[[], None]) -> None:
        """Load the file into a table, and count its rows."""
        client, found = self._client, self._found
        database = int(target.database)
        assert found is not None  # noqa: S101 - `load` has checked it
        existing = target.existing_table_rows
        is_there = table_exists(client, database, target)
        if is_there and existing == "fail":
            raise CivisInputError(
                f"The table {target.schema}.{target.name} exists. Choose what becomes of it, or "
                "another name. Nothing was imported."
            )
        # A table that keeps its rows keeps its columns: those of the file are found by it.
        is_new = existing == "drop" or not is_there
        columns = target.table_columns if is_new else None
        if self.kind == "csv":
            assert self._file_id is not None  # noqa: S101 - it was detected
            future = civis_file_to_table(
                self._file_id, database, target.table, client=client,
                existing_table_rows=existing, table_columns=columns, headers=found.has_header,
                progress=False,
            )  # fmt: skip
        else:
            frame, _ = frame_of(self._path, self.kind, found.has_header, found.sheet)
            future = dataframe_to_civis(
                frame, database, target.table, client=client,
                existing_table_rows=existing, table_columns=columns, progress=False,
            )  # fmt: skip
        self._future = future
        if self._state == "cancelled":
            future.cancel()
            return
        self._table = target.schema, target.name
        future.result()
        done()
        self._rows = self._counted(client, target)
        self._set_state("done")
        self._path.unlink(missing_ok=True)

    def _counted(self, client: Any, target: TableImport) -> int | None:
        """Return the table's rows; None where they can't be counted: they are imported even so."""
        sql = f"select count(*) from {target.table}"  # noqa: S608 - the name is quoted
        try:
            count = query_civis(sql, int(target.database), client=client, progress=False)
            return int(count.result().result_rows[0][0])
        except (CivisError, OSError, LookupError, TypeError, ValueError) as error:
            log.warning("The rows of %s could not be counted: %s", target.table, error)
            return None


class Uploads:
    """The files that are on their way, of all browsers.

    Parameters
    ----------
    account
        Whose tables they become.
    catalog
        Forgets its names when a table has come.
    """

    def __init__(self, account: Account, catalog: Catalog) -> None:
        self._account = account
        self._catalog = catalog
        self._uploads: dict[str, Upload] = {}
        self._lock = threading.Lock()
        self._folder: Path | None = None

    def begin(self, name: str, size: int) -> dict[str, Any]:
        """Begin an upload into the platform of now, which the settings may leave meanwhile.

        Raises
        ------
        CivisError
            When the file is none that can be loaded, there is no room for it, or no platform.
        """
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="civis-nb-uploads-"))
                # At the latest when the server ends.
                weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        if size == 0:
            raise CivisInputError(f"{name} is empty: it has no rows to import.")
        free = shutil.disk_usage(self._folder).free
        if size > free:
            raise CivisInputError(
                f"{name} has {size:,} bytes; the Jupyter server has room for {free:,}."
            )
        client = self._account.client()
        with self._lock:
            now = time.monotonic()
            old = [one for one in self._uploads.values() if now - one.asked_at > _FORGOTTEN_S]
            for one in old:
                del self._uploads[one.id]
            if len(self._uploads) >= _MOST:
                raise CivisInputError(f"{_MOST} uploads are under way; wait for one of them.")
            upload = Upload(name, size, self._folder, client)
            self._uploads[upload.id] = upload
        for one in old:
            one.end()
        return upload.state()

    def get(self, upload_id: str) -> Upload:
        """Return an upload.

        Raises
        ------
        CivisInputError
            When there is none, or no longer.
        """
        found = self._uploads.get(upload_id)
        if found is None:
            raise CivisInputError("This upload is gone: the server was restarted. Begin it again.")
        return found

    def load(self, upload_id: str, **options: Any) -> dict[str, Any]:
        """Begin an import, as `Upload.load`."""
        return self.get(upload_id).load(**options, done=self._catalog.forget)

    def end(self, upload_id: str) -> dict[str, Any]:
        """Cancel an upload, or forget one that is done."""
        with self._lock:
            upload = self._uploads.pop(upload_id, None)
        if upload is not None:
            upload.end()
        return {}
