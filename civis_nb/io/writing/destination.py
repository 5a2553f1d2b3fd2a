"""The table that rows go to, as the platform knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from civis_nb.errors import CivisAPIError, CivisInputError
from civis_nb.io.files.remote import whole_number

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client
    from civis_nb.io.writing.table_import import TableImport

__all__ = ["column_names", "refuse_existing", "table_exists"]


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


def refuse_existing(client: Client, database_id: int, target: TableImport) -> None:
    """Check that the platform knows no such table, where existing rows are not to be touched.

    Where the platform does not answer, it is the import that fails.

    Raises
    ------
    CivisInputError
        When there is such a table.
    """
    if target.existing_table_rows != "fail":
        return
    try:
        found = client.databases.get_schemas_tables(database_id, target.schema, target.name)
    except CivisAPIError:
        return
    # A mock client knows every table.
    if whole_number(getattr(found, "id", None)) is not None:
        raise CivisInputError(
            f"The table {target.schema}.{target.name} exists. Choose what becomes of its rows: "
            "existing_table_rows='append', 'truncate', 'drop' or 'upsert'. Nothing was sent."
        )


def column_names(client: Client, database_id: int, target: TableImport) -> list[str]:
    """Return the names of the table's columns; none when it is not known."""
    try:
        found = client.databases.get_schemas_tables(database_id, target.schema, target.name)
    except CivisAPIError:
        return []
    columns = getattr(found, "columns", None)
    return [column["name"] for column in columns] if isinstance(columns, list) else []
