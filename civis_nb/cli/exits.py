"""How a command ends: its exit code, and the line that says why."""

from __future__ import annotations

import errno
from typing import Final

from civis_nb.errors import (
    CivisAPIError,
    CivisConfigError,
    CivisConnectionError,
    CivisDependencyError,
    CivisError,
    CivisInputError,
)

__all__ = [
    "CODES",
    "FAILED",
    "INTERRUPTED",
    "NO_ANSWER",
    "NO_READER",
    "SETTINGS",
    "USAGE",
    "code_of",
    "is_broken_pipe",
    "text_of",
]

FAILED: Final = 1
USAGE: Final = 2
SETTINGS: Final = 3
NO_ANSWER: Final = 4
#: As shells have it: 128 and the number of the signal, SIGINT or SIGPIPE.
INTERRUPTED: Final = 130
NO_READER: Final = 141

#: What the codes mean, for the reference.
CODES: Final = {
    0: "It is done.",
    FAILED: "The platform refused it, the run failed or was cancelled, or nothing was found.",
    USAGE: "The command line is wrong. Nothing was sent.",
    SETTINGS: "A setting, the API key or a package is missing or wrong; see `civis-nb doctor`.",
    NO_ANSWER: "There was no answer: no network, another address, a platform that has ended.",
    INTERRUPTED: "Ctrl-C. What the command had started is cancelled, and the last line says so.",
    NO_READER: "Whatever read the output has closed it, as `head` does.",
}


def code_of(error: BaseException) -> int:
    """Return the exit code of a command that an error has ended.

    Examples
    --------
    >>> code_of(CivisInputError("no such column"))
    2
    """
    if isinstance(error, CivisInputError | FileNotFoundError | IsADirectoryError):
        return USAGE  # paths are looked at before anything is sent
    if isinstance(error, CivisConfigError | CivisDependencyError):
        return SETTINGS
    if isinstance(error, CivisAPIError) and error.status_code == 401:
        return SETTINGS
    return NO_ANSWER if isinstance(error, CivisConnectionError) else FAILED


def text_of(error: BaseException) -> str:
    """Return the message of an error, with its notes."""
    if isinstance(error, OSError) and not isinstance(error, CivisError) and error.strerror:
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{error.strerror}."
    return "\n".join([str(error), *getattr(error, "__notes__", [])])


def is_broken_pipe(error: OSError) -> bool:
    """Return whether an error says that nobody reads the output any more."""
    return not isinstance(error, CivisError) and error.errno in (errno.EPIPE, errno.ESHUTDOWN)
