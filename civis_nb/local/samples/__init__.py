"""Small data sets that documentation, notebooks and tests share.

See README.md in this folder for where they come from and what the columns mean.
"""

from __future__ import annotations

from importlib.resources import as_file, files

from civis_nb.cancellation import CancelToken
from civis_nb.local.samples.turnout import TURNOUT_SQL
from civis_nb.local.warehouse.base import ImportOptions, Warehouse, ignore_log

__all__ = ["load_samples"]

_SCHEMA = "public"
_ANES96 = {
    "popul": ("DOUBLE PRECISION", "Population of the place, in thousands"),
    "tvnews": ("INTEGER", "Days of the past week with television news"),
    "selflr": ("INTEGER", "Own position, 1 extremely liberal to 7 extremely conservative"),
    "clinlr": ("INTEGER", "Position given to Clinton, on the same scale"),
    "dolelr": ("INTEGER", "Position given to Dole, on the same scale"),
    "pid": ("INTEGER", "Party, 0 strong Democrat to 6 strong Republican"),
    "age": ("INTEGER", "Age in years"),
    "educ": ("INTEGER", "Education, 1 at most 8 grades to 7 doctorate"),
    "income": ("INTEGER", "Household income in 24 steps"),
    "vote": ("INTEGER", "Expected vote: 0 Clinton, 1 Dole"),
    "logpopul": ("DOUBLE PRECISION", "log(popul + 0.1)"),
}
_ANES96_COMMENT = (
    "American National Election Study 1996, 944 respondents, public domain, "
    "https://www.electionstudies.org/"
)


def load_samples(warehouse: Warehouse) -> None:
    """Create the tables ``public.anes96`` and ``public.turnout`` in a database.

    A table of that name that is there already stays as it is.

    Raises
    ------
    WarehouseError
        If the database refuses them.
    """
    if warehouse.table(_SCHEMA, "anes96") is None:
        _load_anes96(warehouse)
    if warehouse.table(_SCHEMA, "turnout") is None:
        _run(warehouse, TURNOUT_SQL)


def _load_anes96(warehouse: Warehouse) -> None:
    """Load the table of survey data, with comments on its columns."""
    columns = tuple((name, kind) for name, (kind, _) in _ANES96.items())
    options = ImportOptions(_SCHEMA, "anes96", first_row_is_header=True, table_columns=columns)
    with as_file(files(__package__) / "anes96.csv") as path:
        warehouse.import_csv([([path], options)], CancelToken(), ignore_log)
    comments = [f"COMMENT ON TABLE public.anes96 IS '{_ANES96_COMMENT}'"]
    comments += [
        f"COMMENT ON COLUMN public.anes96.{name} IS '{text}'" for name, (_, text) in _ANES96.items()
    ]
    _run(warehouse, ";\n".join(comments))


def _run(warehouse: Warehouse, sql: str) -> None:
    warehouse.run_native(sql)
