"""Functions and their results as files: pickled, with what is needed to read them safely.

A file is a pickle, and behind it a line of JSON. Whoever does not know of that line, such as the
worker of the PyPI package ``civis``, reads the pickle all the same: it ends where it says.
"""

from __future__ import annotations

import io
import json
import pickle
import platform
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from civis_nb._version import __version__
from civis_nb.errors import CivisClientError, CivisDependencyError, CivisInputError

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = ["RESULT_NAME", "PickleInfo", "download", "dumps", "loads", "upload"]

#: The name of the output that holds the result of a call.
RESULT_NAME = "civis_nb_result.pkl"
_MARK = b"\ncivis_nb 1 "
#: How long the files of a call are kept.
_KEPT_DAYS = 7


@dataclass(frozen=True)
class PickleInfo:
    """What is known of a pickle before it is read.

    Attributes
    ----------
    python
        The version of Python that wrote it: ``3.12``; empty where it is not known.
    civis_nb
        The version of this package.
    raised
        Whether the value is an exception that the function raised.
    traceback
        Where it was raised, as Python shows it.
    """

    python: str = ""
    civis_nb: str = ""
    raised: bool = False
    traceback: str = ""


def dumps(value: Any, what: str, *, raised: bool = False, traceback: str = "") -> bytes:
    """Return a value as the content of a file.

    Parameters
    ----------
    value
        What is pickled; functions of notebooks and scripts with their code.
    what
        What it is, for messages.
    raised, traceback
        As in `PickleInfo`.

    Raises
    ------
    CivisInputError
        When it can't be pickled.

    Examples
    --------
    >>> value, facts = loads(dumps(lambda: 42, "a function"), "a function")
    >>> value(), facts.raised
    (42, False)
    """
    import cloudpickle

    facts = PickleInfo(_python(), __version__, raised, traceback)
    try:
        data: bytes = cloudpickle.dumps(value)
    except Exception as error:
        # Whatever the objects themselves raise when they are asked for their state.
        raise CivisInputError(
            f"{what} can't be pickled: {_reason(error)}. It, or a variable that it "
            "uses, holds something that exists in one process only, such as a connection, a lock "
            "or an open file: make that inside of the function, and return plain values."
        ) from error
    return data + _MARK + json.dumps(asdict(facts)).encode()


def loads(data: bytes, what: str) -> tuple[Any, PickleInfo]:
    """Return the value in a file's content, and its facts.

    Raises
    ------
    CivisDependencyError
        When another version of Python has written it, or a module that it needs is missing.
    CivisClientError
        When it is no pickle, or a damaged one.
    """
    pickled, mark, line = data.rpartition(_MARK)
    facts = PickleInfo()
    if mark:
        facts = PickleInfo(**json.loads(line))
        here = _python()
        if facts.python != here:
            raise CivisDependencyError(
                f"{what} was sent by Python {facts.python}, and here is Python {here}: code can't "
                f"go from one to the other. Choose an image with Python {facts.python}, or start "
                f"the job from Python {here}."
            )
    try:
        return pickle.load(io.BytesIO(pickled if mark else data)), facts  # noqa: S301 - our own
    except ModuleNotFoundError as error:
        raise CivisDependencyError(
            f"{what} needs the module {error.name!r}, which is not installed here. Add it to "
            "requirements=, choose an image that has it, or send a module of your own along: "
            "cloudpickle.register_pickle_by_value(module)."
        ) from error
    except Exception as error:
        # Unpickling calls what the objects say.
        raise CivisClientError(
            f"{what} can't be read: {_reason(error)}. Are the same versions of its "
            "packages installed here and where it was made?"
        ) from error


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(".")


def _python() -> str:
    """Return the version of Python, as far as pickled code depends on it: ``3.12``."""
    return platform.python_version().rpartition(".")[0]


def upload(client: APIClient, data: bytes, name: str) -> int:
    """Store content as a file that expires by itself; return its id."""
    from datetime import UTC, datetime, timedelta

    from civis_nb.io import file_to_civis

    expires_at = (datetime.now(UTC) + timedelta(days=_KEPT_DAYS)).isoformat()
    return file_to_civis(io.BytesIO(data), name, expires_at, client=client, progress=False)


def download(client: APIClient, file_id: int) -> bytes:
    """Return the content of a file."""
    from civis_nb.io import civis_to_file

    content = io.BytesIO()
    civis_to_file(file_id, content, client, progress=False)
    return content.getvalue()
