"""The program of a job that calls a function: ``python -m civis_nb.remote.worker FILE_ID``.

It reads the function from a Civis file, calls it, and posts what came of it as an output of its
run. The function's output is the job's log. The backend of joblib uses it as well.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from civis_nb.client.client import APIClient
from civis_nb.errors import CivisConfigError, CivisJobFailure
from civis_nb.remote.pickles import RESULT_NAME, download, dumps, loads, upload

__all__ = ["main", "worker_func"]


def worker_func(func_file_id: int | str) -> bool:
    """Call the function in a file, and post its result or its exception.

    Parameters
    ----------
    func_file_id
        The file: a pickle of a function without arguments and of the joblib backend for it.

    Returns
    -------
    bool
        Whether the function has returned.

    Raises
    ------
    CivisConfigError
        When this is no job of the platform.
    CivisError
        When the file or the result can't be moved.
    """
    job_id, run_id = os.environ.get("CIVIS_JOB_ID"), os.environ.get("CIVIS_RUN_ID")
    if not job_id or not run_id:
        raise CivisConfigError(
            "The worker runs inside of a job: CIVIS_JOB_ID and CIVIS_RUN_ID are not set. "
            "civis_nb.run(function) starts such a job."
        )
    client = APIClient()
    content = download(client, int(func_file_id))
    try:
        value = _called(content)
        result = dumps(value, "What the function returned")
        returned = True
    except (Exception, SystemExit) as error:
        # All that a function may raise: whoever waits for the result receives it.
        result = _failure(error)
        returned = False
    file_id = upload(client, result, RESULT_NAME)
    client.scripts.post_containers_runs_outputs(int(job_id), int(run_id), "File", file_id)
    return returned


def _called(content: bytes) -> Any:
    """Read the function and call it, nested joblib calls with the backend that comes along."""
    (function, backend), _ = loads(content, "The function")
    with contextlib.ExitStack() as stack:
        if backend is not None:
            from joblib import parallel_config

            stack.enter_context(parallel_config(backend))
        return function()


def _failure(error: BaseException) -> bytes:
    """Show an exception in the job's log, and return it as the result."""
    # From the function on: what calls it is of no interest.
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    text = "".join(traceback.format_exception(type(error), error, frames))
    sys.stderr.write(text)
    try:
        if not isinstance(error, Exception):
            raise TypeError("an exit would end the process that waits for the result")
        data = dumps(error.with_traceback(None), "The exception", raised=True, traceback=text)
        loads(data, "The exception")  # some can be pickled, and not made again
    except Exception:
        # Whatever it holds: its text is what can be passed on.
        name = type(error).__name__
        return dumps(CivisJobFailure(f"{name}: {error}"), name, raised=True, traceback=text)
    return data


def main(arguments: Sequence[str] | None = None) -> int:
    """Call the function whose file the arguments name; return the exit code.

    Without arguments the file is that of ``JOBLIB_FUNC_FILE_ID``, as templates pass it on.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    file_id = given[0] if given else os.environ.get("JOBLIB_FUNC_FILE_ID", "")
    if not file_id.isdecimal():
        sys.stderr.write(
            f"The id of a file is needed, not {file_id!r}: civis_joblib_worker FILE_ID, or the "
            "variable JOBLIB_FUNC_FILE_ID.\n"
        )
        return 2
    return 0 if worker_func(file_id) else 1


if __name__ == "__main__":
    sys.exit(main())
