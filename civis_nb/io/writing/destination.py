"""The table that rows go to, as the platform knows it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from civis_nb.errors import CivisAPIError

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client
    from civis_nb.io.writing.table_import import TableImport

log = logging.getLogger(__name__)

__all__ = ["column_names", "table_exists"]


def table_exists(client: Client, database_id: int, target: TableImport) -> bool:
    """Return whether the platform knows the table.

    Raises
    ------
    CivisAPIError
        When the platform does not answer.
    """
    try:
        client.databases.get_schemas_tables(database_id, target.schema, target.name)
    except CivisAPIError as error:
        if error.status_code == 404:
            return False
        raise
    return True


def column_names(client: Client, database_id: int, target: TableImport) -> list[str]:
    """Return the names of the table's columns; none when it is not known.

    Raises
    ------
    CivisAPIError
        When the platform does not answer.
    """
    try:
        found = client.databases.get_schemas_tables(database_id, target.schema, target.name)
    except CivisAPIError as error:
        if error.status_code == 404:
            return []
        if error.status_code == 403:
            # Who may not see a table may still load into it.
            log.warning(
                "You may not see the columns of %s.%s: the frame's are sent in their own order.",
                target.schema,
                target.name,
            )
            return []
        error.add_note(
            "That was the question for the table's columns, so that those of the frame come into "
            "the right ones. table_columns=[{'name': …}, …] names them, and nothing is asked. "
            "Nothing was sent."
        )
        raise
    columns = getattr(found, "columns", None)
    return [column["name"] for column in columns] if isinstance(columns, list) else []
