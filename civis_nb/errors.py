"""Every exception that civis_nb raises, in one tree.

::

    CivisError                                    the base of all
    ├── CivisConfigError                          a setting is wrong or missing
    │   └── CivisMissingKeyError (EnvironmentError)   no API key, no local platform asked for
    ├── CivisDependencyError (ImportError)        a package that is needed is missing or too old
    ├── CivisInputError (ValueError)              refused before anything was sent
    │   ├── CivisArgumentError (TypeError)        ... for its type or its name
    │   ├── CivisExpressionError                  ... an expression of a workflow
    │   ├── CivisLookupError (KeyError, IndexError)   ... no such column or row
    │   └── WorkflowValidationError               ... a workflow definition that is not valid
    ├── CivisSpecError                            an API specification that is none
    ├── CivisConnectionError (ConnectionError)    no answer, or a broken one
    │   ├── CivisTimeoutError (TimeoutError)      no answer in time
    │   └── CivisPlatformEndedError               the local platform that was asked has ended
    ├── CivisAPIError                             the API answered with an error
    │   ├── CivisAPIKeyError                      ... because of the key
    │   └── CivisNotImplementedError (NotImplementedError)   ... the platform lacks the operation
    ├── CivisClientError                          an answer that can't be read
    ├── CivisTransferError                        file content that could not be moved whole
    │   ├── CivisDownloadError
    │   │   └── CivisContentError (ValueError)    ... it came whole, and is not what it should be
    │   └── CivisUploadError
    ├── CivisJobFailure                           a run ended in failure
    │   ├── CivisSQLError                         ... of a SQL statement
    │   └── CivisMemoryFailure (MemoryError)      ... for want of memory
    ├── CivisCancelledError (concurrent.futures.CancelledError)   a run was cancelled
    ├── CivisImportError                          data could not be prepared for a table
    │   └── CivisPreparationError (CivisJobFailure)   ... the run that was to do so failed
    ├── JobSubmissionError                        a job of joblib's backend could not be started
    ├── EmptyResultError                          a result that holds nothing
    ├── CivisImmutableResponseError (TypeError)   an attempt to change a response
    ├── CivisMagicError                           a magic was called in a way it does not know
    └── CivisLocalError                           the local platform can't do its work
        ├── PortInUseError
        ├── StateInUseError
        └── WarehouseError                        a SQL statement failed in a local database

A message says what happened, to which object, and what to do next. No message holds an API
key or the signature of a presigned URL.
"""

from __future__ import annotations

import concurrent.futures
import warnings
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

# `_restore` is named by pickles of earlier versions.
from civis_nb._error_base import CivisError, _restore, reduced  # noqa: F401
from civis_nb._visible import printable
from civis_nb._wire_text import describe_error, masked_path

if TYPE_CHECKING:
    import requests

__all__ = [
    "CivisAPIError", "CivisAPIKeyError", "CivisArgumentError", "CivisCancelledError",
    "CivisClientError", "CivisConfigError", "CivisConnectionError", "CivisContentError",
    "CivisDependencyError", "CivisDownloadError", "CivisError", "CivisExpressionError",
    "CivisImmutableResponseError", "CivisImportError", "CivisInputError", "CivisJobFailure",
    "CivisLocalError", "CivisLookupError", "CivisMagicError", "CivisMemoryFailure",
    "CivisMissingKeyError", "CivisNotImplementedError", "CivisPlatformEndedError",
    "CivisPreparationError", "CivisSQLError", "CivisSpecError", "CivisTimeoutError",
    "CivisTransferError", "CivisUploadError", "EmptyResultError", "JobSubmissionError",
    "PortInUseError", "StateInUseError", "WarehouseError", "WorkflowValidationError",
]  # fmt: skip


class CivisConfigError(CivisError):
    """A setting has a value that it can't have, or is missing."""


class CivisMissingKeyError(CivisConfigError, EnvironmentError):
    """There is no API key and the local platform was not asked for."""


class CivisDependencyError(CivisError, ImportError):
    """A package that civis_nb needs is missing or too old."""


class CivisInputError(CivisError, ValueError):
    """An argument was refused before anything was sent."""


class CivisArgumentError(CivisInputError, TypeError):
    """An argument has a name or a type that the function does not take."""


class CivisExpressionError(CivisInputError):
    """An expression of a workflow can't be parsed or evaluated."""


class CivisLookupError(CivisInputError, KeyError, IndexError):
    """A table or a profile has no such column or row."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""  # that of KeyError quotes its message


class WorkflowValidationError(CivisInputError):
    """A workflow definition is not valid.

    Parameters
    ----------
    message
        All that is wrong, with lines and columns.
    problems
        The same, one by one.

    Attributes
    ----------
    problems : tuple of civis_nb.workflows.Problem
        What is wrong, in the order of the text.
    """

    def __init__(self, message: str, problems: tuple[Any, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class CivisSpecError(CivisError):
    """An API specification could not be read as one."""


class CivisConnectionError(CivisError, ConnectionError):
    """The server gave no answer, or broke off in the middle of one."""


class CivisTimeoutError(CivisConnectionError, TimeoutError):
    """The server did not answer in time."""


class CivisPlatformEndedError(CivisConnectionError):
    """The local platform that was asked has ended, and its runs with it."""


class CivisAPIError(CivisError):
    """The API answered with an error status.

    Parameters
    ----------
    response
        The answer. Only its status, reason, text, and the request's method and path are kept,
        so that neither the key nor a signature can be reached from the exception.

    Attributes
    ----------
    status_code : int
        The HTTP status of the answer.
    error_message : str
        What the server says: its ``errorDescription`` where it sends one.
    method : str
        The HTTP method of the request.
    path : str
        The path and query of the request, signatures masked.
    """

    def __init__(self, response: requests.Response) -> None:
        self.status_code: int = response.status_code
        self.error_message: str = describe_error(response)
        request = getattr(response, "request", None)
        self.method: str = str(getattr(request, "method", None) or "")
        self.path: str = masked_path(getattr(request, "url", None) or response.url or "")
        super().__init__(self.error_message)

    def __str__(self) -> str:
        where = " ".join(part for part in (self.method, self.path) if part)
        text = f"({self.status_code}) {self.error_message}" + (f" ({where})" if where else "")
        return printable(text)

    __reduce__ = reduced


class CivisAPIKeyError(CivisAPIError):
    """The API refuses the key: it is wrong, has expired, or may not do this."""


class CivisNotImplementedError(CivisAPIError, NotImplementedError):
    """The platform does not have this operation: the local one has not all of Civis Platform's.

    Its message says what there is instead. A client raises it before it checks arguments.
    """

    @classmethod
    def of(cls, method: str, path: str, message: str) -> CivisNotImplementedError:
        """Return the error of an operation that was not asked for, since it is not there."""
        error = cls.__new__(cls, message)
        error.status_code, error.error_message = 501, message
        error.method, error.path = method, path
        return error


class CivisClientError(CivisError):
    """The server answered with something that can't be read as an API answer.

    Parameters
    ----------
    message
        What is wrong with the answer, and where it came from.
    response
        The answer; only its status code is kept.
    """

    def __init__(self, message: str, response: requests.Response | None = None) -> None:
        self.message = message
        self.status_code: int | None = getattr(response, "status_code", None)
        super().__init__(message)

    __reduce__ = reduced


class CivisTransferError(CivisError):
    """The content of a file could not be moved whole, or not be verified."""


class OperationCancelledError(CivisError):
    """Work was cancelled from another thread; whoever cancelled it never sees this."""


class CivisDownloadError(CivisTransferError):
    """A download did not bring the data that the server announced."""


class CivisContentError(CivisDownloadError, ValueError):
    """A file came whole, and is not what it should be: no JSON."""


class CivisUploadError(CivisTransferError):
    """An upload did not store the data that was sent."""


class CivisJobFailure(CivisError):  # noqa: N818 - the name that scripts catch
    """A run ended in failure.

    Parameters
    ----------
    err_msg
        The error that the platform reports.
    response
        The last state of the run.
    job_id, run_id
        What failed.
    is_workflow
        Whether that is an execution of a workflow: the ids are those of both.

    Attributes
    ----------
    platform_message : str
        The error that the platform reports, without what failed.
    error_message : str
        The same with the job and run before it, as ``str()`` gives it.
    """

    #: Of an error that an earlier version has pickled.
    is_workflow = False
    _renamed_attributes = MappingProxyType({"said": "platform_message"})

    def __init__(
        self,
        err_msg: str,
        response: Any = None,
        job_id: int | None = None,
        run_id: int | None = None,
        *,
        is_workflow: bool = False,
    ) -> None:
        self.platform_message = err_msg
        self.response = response
        self.job_id = job_id
        self.run_id = run_id
        self.is_workflow = is_workflow
        kinds = ("workflow", "execution") if is_workflow else ("job", "run")
        named = zip(kinds, (job_id, run_id), strict=True)
        ids = [f"{kind} {number}" for kind, number in named if number is not None]
        prefix = f"(From {' / '.join(ids)}) " if ids else ""
        self.error_message = prefix + str(err_msg)
        super().__init__(self.error_message)

    @property
    def said(self) -> str:
        """Deprecated: use `platform_message`."""
        warnings.warn("said is deprecated: use platform_message.", DeprecationWarning, stacklevel=2)
        return self.platform_message

    __reduce__ = reduced


class CivisSQLError(CivisJobFailure):
    """A SQL statement failed.

    Parameters
    ----------
    err_msg, response, job_id, run_id
        As for `CivisJobFailure`.
    line, column
        Where in the user's SQL, both from 1; None where the server does not say.
    """

    def __init__(
        self,
        err_msg: str,
        response: Any = None,
        job_id: int | None = None,
        run_id: int | None = None,
        *,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(err_msg, response, job_id, run_id)
        self.line = line
        self.column = column


class CivisMemoryFailure(CivisJobFailure, MemoryError):  # noqa: N818 - as its base
    """A run ended because it asked for more memory than it had."""

    def __reduce__(self) -> tuple[Any, ...]:
        # With two built-in bases, only the constructor may make one.
        return type(self), (self.platform_message, self.response, self.job_id, self.run_id)


class CivisCancelledError(CivisError, concurrent.futures.CancelledError):
    """A run was cancelled: by this process, or by somebody else."""


class CivisImportError(CivisError):
    """Data could not be prepared for, or loaded into, a table."""


class CivisPreparationError(CivisImportError, CivisJobFailure):
    """The run that was to prepare a file for a table failed."""


class JobSubmissionError(CivisError):
    """A job of joblib's backend could not be started."""


class EmptyResultError(CivisError):
    """A query, export or file holds nothing where something was asked for."""


class CivisImmutableResponseError(CivisError, TypeError):
    """A response was to be changed; responses never change."""


class CivisMagicError(CivisError):
    """A magic was called with arguments that it can't take."""


class CivisLocalError(CivisError):
    """The local platform can't do what was asked of it."""


class PortInUseError(CivisLocalError):
    """The port that was asked for belongs to another program."""


class StateInUseError(CivisLocalError):
    """The state folder belongs to a local platform that is running."""


class WarehouseError(CivisLocalError):
    """A SQL statement failed in a local database.

    Parameters
    ----------
    message
        The database's own words, with ``LINE n:`` and a caret where it gives them.
    line, column
        Where in the SQL that was run, both from 1; None where unknown.
    """

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
