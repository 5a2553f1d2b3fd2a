"""Requests that the local platform refuses, and why; one tree, which knows nothing of HTTP.

::

    CivisLocalError
    └── RequestError             what was asked for can't be done; the text says why
        ├── Invalid              the request itself is wrong
        ├── Forbidden            the caller may not do that
        ├── NotFound             there is no such object
        ├── Conflict             the present state of the object forbids it
        ├── Unprocessable        the request is right, its content is not
        ├── NotSupported         the local platform can't do that
        ├── DamagedContent       what was stored is damaged
        ├── NoSpace              the disk is full
        ├── StateMissing         the state folder is gone
        └── Busy                 there is too much to do at once; try again

`civis_nb.local.http.errors` maps them to replies.
"""

from __future__ import annotations

from pathlib import Path

from civis_nb.errors import CivisLocalError

__all__ = [
    "Busy",
    "Conflict",
    "DamagedContent",
    "Forbidden",
    "Invalid",
    "NoSpace",
    "NotFound",
    "NotSupported",
    "RequestError",
    "StateMissing",
    "Unprocessable",
]


class RequestError(CivisLocalError):
    """A request that can't be carried out.

    Parameters
    ----------
    message
        What is wrong, with which object, and what to do.
    code
        The same in one word for programs; None: the one of the class, e.g. ``not_found``.
    """

    code = "error"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class Invalid(RequestError):
    """The request can't be understood, or carried out as it stands."""

    code = "bad_request"


class Forbidden(RequestError):
    """The request lacks the permission that it needs."""

    code = "access_denied"


class NotFound(RequestError):
    """There is no such object.

    Parameters
    ----------
    what
        The object, as the subject of a sentence.
    hint
        What to do about it.

    Examples
    --------
    >>> str(NotFound("File 7")), NotFound("File 7").code
    ('File 7 could not be found.', 'not_found')
    """

    code = "not_found"

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(f"{what} could not be found." + (f" {hint}" if hint else ""))


class Conflict(RequestError):
    """The present state of the object forbids the request."""

    code = "conflict"


class Unprocessable(RequestError):
    """The request is well formed, but what it names can't be processed."""

    code = "unprocessable"


class NotSupported(RequestError):
    """The API has the operation, the local platform can't carry it out; the text says what can."""

    code = "not_implemented"


class DamagedContent(RequestError):
    """A stored content is not on the disk as it was stored."""

    code = "content_damaged"


class NoSpace(RequestError):
    """The disk that holds the state folder is full."""

    code = "insufficient_storage"


class StateMissing(RequestError):
    """The state folder was deleted or moved while the platform ran: nothing can be stored."""

    code = "state_missing"

    def __init__(self, state: Path) -> None:
        super().__init__(
            f"The state folder {state} of this local platform was deleted or moved while it ran. "
            "Nothing was done, and nothing can be stored any more. Put the folder back, or stop "
            "the platform and start it again."
        )


class Busy(RequestError):
    """There is too much to do at once. Nothing was done; the same request may succeed later."""

    code = "service_unavailable"
