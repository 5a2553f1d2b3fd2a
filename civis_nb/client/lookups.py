"""Look-ups by name: databases, tables, credentials, storage hosts, the user."""

from __future__ import annotations

import warnings
from typing import Any

from civis_nb.client.convert import convert_response_data_type
from civis_nb.client.find import find, find_one
from civis_nb.client.response import Response
from civis_nb.errors import CivisClientError, CivisError, CivisInputError
from civis_nb.near_names import did_you_mean
from civis_nb.table_names import split_schema_tablename

__all__ = ["Lookups"]


class Lookups:
    """What `APIClient` finds by name; databases, the default credential and the user are kept."""

    _kept: dict[str, Any]

    def get_database_id(self, database: str | int) -> int:
        """Return the id of a database.

        Parameters
        ----------
        database
            Its name, in upper or lower case as it is, or its id, which is given back.

        Raises
        ------
        CivisInputError
            When there is no database of that name; the message names the nearest.
        """
        if _is_id(database):
            return int(database)
        found = _by_name(self._databases(), database)
        if found is None:
            # It may have been added since.
            self._kept.pop("databases", None)
            databases = self._databases()
            found = _by_name(databases, database)
            if found is None:
                raise _not_found("Database", database, databases)
        return int(found.id)

    def _databases(self) -> list[Any]:
        """Return all databases, which are listed once."""
        if "databases" not in self._kept:
            self._kept["databases"] = self._list("databases")
        databases: list[Any] = self._kept["databases"]
        return databases

    def get_table_id(self, table: str, database: str | int) -> int:
        """Return the id of a table; it is asked for at each call, as a new table has a new id.

        Parameters
        ----------
        table
            ``schema.table``, each in double quotes where it holds a dot.
        database
            The database's name or id.

        Raises
        ------
        CivisInputError
            When there is no such table, or its name has more than two parts.
        """
        database_id = self.get_database_id(database)
        schema, name = split_schema_tablename(table)
        filters = {"schema": schema} if schema else {}
        tables = self._list("tables", database_id=database_id, name=name, **filters)
        # The server takes % and * for wildcards: the exact name first, then as it folds case.
        wanted = _named(_named(tables, name), schema, "schema") if schema else _named(tables, name)
        if not wanted:
            raise _not_found(
                "Table", table, tables or self._tables_like(database_id, name, filters)
            )
        if len({item.get("schema") for item in wanted}) > 1:
            schemas = ", ".join(sorted(str(item.get("schema")) for item in wanted))
            raise CivisInputError(
                f"Table {table} is in several schemas ({schemas}): give schema.table."
            )
        return int(wanted[0].id)

    def _tables_like(self, database_id: int, name: str, filters: dict[str, str]) -> list[Any]:
        """Return tables whose name begins as one does that is not there, for an error's hint."""
        try:
            pattern = f"{name[0]}%"
            return self._list("tables", database_id=database_id, name=pattern, **filters)
        except CivisError:
            return []

    def get_storage_host_id(self, storage_host: str | int) -> int:
        """Return the id of a storage host, from its name or id.

        Raises
        ------
        CivisInputError
            When there is none of that name.
        """
        if _is_id(storage_host):
            return int(storage_host)
        hosts = self._list("storage_hosts")
        found = _by_name(hosts, storage_host)
        if found is None:
            raise _not_found("Storage host", storage_host, hosts)
        return int(found.id)

    def get_database_credential_id(self, username: str | int, database_name: str | int) -> int:
        """Return the id of the credential of a user name for a database; an old way, which warns.

        A database may have several credentials of one user name. The one that you most likely
        want is `default_database_credential_id`.

        Parameters
        ----------
        username
            The credential's user name, or its id, which is given back.
        database_name
            The database's name or id.

        Raises
        ------
        CivisInputError
            When there is none.
        """
        _warn_of_old(
            "client.get_database_credential_id can't tell several credentials of one user name "
            "apart; please use client.default_database_credential_id, or an id."
        )
        if _is_id(username):
            return int(username)
        database_id = self.get_database_id(database_name)
        credentials = self._list("credentials", type="Database")
        there = find(credentials, remote_host_id=database_id)
        found = find_one(there, username=username)
        if found is None:
            text = f"Credential ID for {username} on {database_name} not found."
            raise CivisInputError(text + _hint(username, there, "username"))
        return int(found.id)

    def get_aws_credential_id(self, cred_name: str | int, owner: str | None = None) -> int:
        """Return the id of an Amazon Web Services credential.

        Parameters
        ----------
        cred_name
            Its name, or its id, which is given back.
        owner
            The user name of its owner; None: anybody, you first.

        Raises
        ------
        CivisInputError
            When there is none.
        """
        if _is_id(cred_name):
            return int(cred_name)
        credentials = self._list("credentials", type="Amazon Web Services S3")
        found = find(credentials, name=cred_name)
        if owner is not None:
            found = find(found, owner=owner)
        if not found:
            of = "" if owner is None else f" owned by {owner}"
            owners = ", ".join(str(item.get("owner")) for item in find(credentials, name=cred_name))
            hint = f" It is owned by {owners}." if owners else _hint(cred_name, credentials)
            raise CivisInputError(f"AWS credential ID for {cred_name}{of} cannot be found.{hint}")
        if len(found) > 1 and owner is None:
            owned = find(found, owner=self.username)
            found = owned or found
        return int(found[0].id)

    @property
    def default_database_credential_id(self) -> int | None:
        """The id of your default credential for databases; None where you have none."""
        if self._kept.get("credential") is None:
            credentials = self._list("credentials", type="Database", default=True)
            self._kept["credential"] = credentials[0].id if len(credentials) else None
        credential: int | None = self._kept["credential"]
        return credential

    @property
    def default_credential(self) -> int | None:
        """The old name of `default_database_credential_id`, which warns."""
        _warn_of_old(
            "client.default_credential is an old name of client.default_database_credential_id; "
            "please use that."
        )
        return self.default_database_credential_id

    @property
    def username(self) -> str:
        """Your user name."""
        return str(self._me()["username"])

    @property
    def feature_flags(self) -> tuple[str, ...]:
        """The names of the feature flags that are on for you; an old way, which warns."""
        _warn_of_old(
            "client.feature_flags is an old way; please use client.users.get_me().feature_flags."
        )
        flags = self._me().json().get("feature_flags") or {}
        return tuple(name for name, is_on in flags.items() if is_on)

    def _me(self) -> Any:
        """Return the user of the key, whom the API is asked about once."""
        if "me" not in self._kept:
            me = self._ask("users").get_me()
            if hasattr(me, "status_code"):
                me = convert_response_data_type(me)
            if "username" not in me:
                raise CivisClientError("GET /users/me answered no user name.")
            self._kept["me"] = me
        return self._kept["me"]

    def _list(self, resource: str, **given: Any) -> list[Any]:
        """Return a list of responses, whatever the client gives to its user."""
        found = self._ask(resource).list(**given)
        if hasattr(found, "status_code"):
            found = convert_response_data_type(found)
        if not isinstance(found, list):
            raise CivisClientError(f"GET /{resource} answered no list.")
        return [item for item in found if isinstance(item, Response)]

    def _ask(self, resource: str) -> Any:
        raise NotImplementedError


def _warn_of_old(text: str) -> None:
    warnings.warn(text, FutureWarning, stacklevel=3)


def _is_id(value: object) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, (bool, str))


def _named(objects: Any, name: str, field: str = "name") -> list[Any]:
    """Return the objects of that name; where there is none, those that fold to it."""
    folded = [item for item in objects if str(item.get(field) or "").lower() == name.lower()]
    return [item for item in folded if item[field] == name] or folded


def _by_name(objects: Any, name: object) -> Any:
    """Return the object of that name; where there is none, the only one that folds to it."""
    if not isinstance(name, str) or not name:
        return None
    found = _named(objects, name)
    return found[0] if len(found) == 1 or (found and found[0].name == name) else None


def _not_found(kind: str, name: object, objects: Any) -> CivisInputError:
    return CivisInputError(f"{kind} {name} not found.{_hint(name, objects)}")


def _hint(name: object, objects: Any, field: str = "name") -> str:
    """Return a sentence that names the nearest of the objects; empty when none is near."""
    names = {item[field]: None for item in objects if isinstance(item.get(field), str)}
    return did_you_mean(str(name), names)
