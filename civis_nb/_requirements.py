"""The lowest versions of packages on which civis_nb works, checked where they are first used."""

from __future__ import annotations

import re
from collections.abc import Iterable

from civis_nb.errors import CivisDependencyError

__all__ = ["LOWEST", "check_versions"]

#: Package -> its lowest version, as in pyproject.toml.
LOWEST = {
    "duckdb": "2.0.1",
    "fastapi": "0.117",
    "pandas": "2.2",
    "polars": "1.20",
    "pyarrow": "17",
    "pydantic": "2.7",
    "python-multipart": "0.0.13",
    "sqlglot": "30.18",
}


def check_versions(packages: Iterable[str]) -> None:
    """Check that packages are installed in a version that civis_nb works on.

    Raises
    ------
    CivisDependencyError
        When one is missing or too old.

    Examples
    --------
    >>> check_versions(["pandas", "polars"])
    """
    from importlib.metadata import PackageNotFoundError, version

    for package in packages:
        needed = LOWEST[package]
        try:
            found = version(package)
        except PackageNotFoundError:
            found = ""
        if _release(found) < _release(needed):
            there = f"version {found} is installed" if found else "it is not installed"
            raise CivisDependencyError(
                f"civis_nb needs {package} {needed} or newer, and {there}: "
                f"pip install '{package}>={needed}'"
            )


def _release(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: (2, 0) of "2.0rc1"."""
    leading = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, leading.group().split("."))) if leading else ()
