"""What the extension asks its server: authenticated, and checked against forged requests.

Only what is listed here is answered, and no answer holds the API key.
"""

from __future__ import annotations

from typing import Any

from jupyter_server.utils import url_path_join

from civis_nb.lab.account import Account
from civis_nb.lab.catalog import Catalog
from civis_nb.lab.cells.completion import Completer
from civis_nb.lab.cells.handlers import CompleteHandler, FormatHandler, StatementHandler
from civis_nb.lab.data.handlers import data_routes
from civis_nb.lab.events import EventsHandler, Feeds
from civis_nb.lab.files.handlers import ContentHandler, FileHandler, FilesHandler, UploadHandler
from civis_nb.lab.files.panel import Files
from civis_nb.lab.http import ACCOUNT
from civis_nb.lab.jobs.handlers import JobHandler, JobsHandler, LogHandler, RunHandler, RunsHandler
from civis_nb.lab.jobs.panel import Jobs
from civis_nb.lab.platform import Choice, LocalPlatform
from civis_nb.lab.platform_handlers import (
    DatabaseChoiceHandler,
    LocalPlatformHandler,
    PlatformHandler,
)

__all__ = ["add_handlers"]

#: An id in an address; a handler checks that it is one.
_ID = "([^/]+)"


def add_handlers(app: Any) -> None:
    """Add the handlers to a Jupyter server's application; they share one account and catalog."""
    account = Account()
    catalog = Catalog(account)
    jobs = Jobs(account)
    choice = Choice(account, catalog, LocalPlatform())
    feeds = Feeds(account, jobs, choice)
    app.settings[ACCOUNT] = account
    of_platform = {"choice": choice, "feeds": feeds}
    of_files = {"files": Files(account), "uploads": {}}
    of_jobs = {"jobs": jobs, "feeds": feeds}
    base = url_path_join(app.settings["base_url"], "civis-nb")
    app.add_handlers(
        ".*$",
        [
            (url_path_join(base, "complete"), CompleteHandler, {"completer": Completer(catalog)}),
            (url_path_join(base, "format"), FormatHandler, {"catalog": catalog}),
            (url_path_join(base, "statement"), StatementHandler, {"catalog": catalog}),
            (url_path_join(base, "platform"), PlatformHandler, of_platform),
            (url_path_join(base, "platform/database"), DatabaseChoiceHandler, of_platform),
            (url_path_join(base, "platform/local"), LocalPlatformHandler, of_platform),
            (url_path_join(base, "events"), EventsHandler, {"feeds": feeds}),
            (url_path_join(base, "files"), FilesHandler, of_files),
            (url_path_join(base, f"files/{_ID}"), FileHandler, of_files),
            (url_path_join(base, f"files/uploads/{_ID}"), UploadHandler, of_files),
            (url_path_join(base, f"files/{_ID}/content"), ContentHandler, of_files),
            (url_path_join(base, "jobs"), JobsHandler, of_jobs),
            (url_path_join(base, f"jobs/{_ID}"), JobHandler, of_jobs),
            (url_path_join(base, f"jobs/{_ID}/runs"), RunsHandler, of_jobs),
            (url_path_join(base, f"jobs/{_ID}/runs/{_ID}"), RunHandler, of_jobs),
            (url_path_join(base, f"jobs/{_ID}/runs/{_ID}/log"), LogHandler, of_jobs),
            *data_routes(base, account, catalog),
        ],
    )
