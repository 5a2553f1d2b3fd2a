"""What to export, and how to read it: the checked options of every function that reads SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from civis_nb.errors import CivisArgumentError, CivisInputError
from civis_nb.io.arguments import check_encoding, check_interval, chosen, statement

__all__ = ["RETURN_AS", "ReadOptions", "SqlExport"]

RETURN_AS: Final = ("list", "pandas", "polars", "arrow", "lazy")
_TYPES: Final = ("infer", "native", "exact")
_PARAMETER_KEYS: Final = frozenset({"params", "arguments"})


@dataclass(frozen=True, kw_only=True)
class SqlExport:
    """A statement whose result the platform is to export as CSV.

    Attributes
    ----------
    sql
        The statement.
    database
        Name or id of the database.
    csv_settings
        How the files are written; by default in gzip.
    sql_params_arguments
        ``params`` and ``arguments`` of the script.
    job_name
        By default a random one.
    credential_id
        By default the user's default database credential.
    hidden
        Leave the job out of lists.
    polling_interval
        Seconds between polls; None: adaptive.

    Raises
    ------
    CivisInputError
        When an attribute can't be what it is.

    Examples
    --------
    >>> SqlExport(sql="select 1", database="redshift").is_multifile
    False
    """

    sql: str
    database: str | int
    csv_settings: Mapping[str, Any] | None = field(default_factory=lambda: {"compression": "gzip"})
    sql_params_arguments: Mapping[str, Any] | None = None
    job_name: str | None = None
    credential_id: int | None = None
    hidden: bool = True
    polling_interval: int | float | None = None

    def __post_init__(self) -> None:
        statement(self.sql)
        _check_mapping("csv_settings", self.csv_settings)
        _check_mapping("sql_params_arguments", self.sql_params_arguments)
        unknown = sorted(set(self.sql_params_arguments or {}) - _PARAMETER_KEYS, key=str)
        if unknown:
            raise CivisInputError(
                "sql_params_arguments takes the keys 'params' and 'arguments', not "
                f"{', '.join(map(repr, unknown))}."
            )
        check_interval(self.polling_interval)

    @property
    def is_multifile(self) -> bool:
        """Whether the result comes as a manifest of several files."""
        return bool((self.csv_settings or {}).get("force_multifile"))


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """What a CSV becomes.

    Attributes
    ----------
    return_as
        One of `RETURN_AS`.
    types
        ``"infer"``, ``"native"`` or ``"exact"``; Arrow tables and lazy frames are exact
        unless they are to be native.
    encoding
        Of the text; None: UTF-8.
    parser_options
        Passed on to `pandas.read_csv`, `polars.read_csv` or `csv.reader`; only with inferred
        types.

    Raises
    ------
    CivisInputError
        When an attribute can't be what it is.

    Examples
    --------
    >>> ReadOptions(return_as="arrow").is_typed
    True
    """

    return_as: str = "list"
    types: str = "infer"
    encoding: str | None = None
    parser_options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        chosen("return_as", self.return_as, RETURN_AS)
        chosen("types", self.types, _TYPES)
        if self.is_typed and (self.parser_options or self.encoding):
            given = [*self.parser_options, *(["encoding"] if self.encoding else [])]
            types = "native" if self.types == "native" else "exact"
            raise CivisInputError(
                f"{', '.join(given)}: {types} types take no options of a parser. Leave them out, "
                "or read with types='infer' and return_as 'list', 'pandas' or 'polars'."
            )
        check_encoding(self.encoding, self.return_as)

    @property
    def is_typed(self) -> bool:
        """Whether values are read with the types of the database, not with a parser's."""
        return self.types != "infer" or self.return_as in ("arrow", "lazy")


def _check_mapping(name: str, value: Any) -> None:
    if value is not None and not isinstance(value, Mapping):
        raise CivisArgumentError(
            f"{name} is a dictionary, not {type(value).__name__}. Nothing was sent."
        )
