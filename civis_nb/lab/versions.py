"""A platform of another version: it lacks an operation, or a field of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from civis_nb.errors import CivisClientError, CivisError

__all__ = ["told_as_version"]

#: Where the classes are whose attributes are what a platform has.
_OF_CLIENT = "civis_nb.client."


@contextmanager
def told_as_version(*, keys: bool = False) -> Iterator[None]:
    """Have what a platform lacks told as that, and not as a fault of a program.

    Parameters
    ----------
    keys
        Whether keys that are missing are those of its answers.

    Raises
    ------
    CivisClientError
        When it lacks an operation, or a field of an answer.
    """
    try:
        yield
    except (AttributeError, KeyError) as error:
        if isinstance(error, AttributeError):
            if not type(error.obj).__module__.startswith(_OF_CLIENT):
                raise
            lacks = str(error)
        elif isinstance(error, CivisError) or not keys:
            raise
        else:
            lacks = f"An answer has no field {error}."
        raise CivisClientError(
            f"The platform is of another version than this civis_nb is made for. {lacks} Update "
            "civis_nb on the Jupyter server; where it is the newest, ask who runs the platform."
        ) from error
