"""The backend of joblib that `civis_nb.parallel` makes."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from civis_nb.errors import (
    CivisAPIError,
    CivisDependencyError,
    CivisInputError,
    JobSubmissionError,
)
from civis_nb.futures.executors import CustomScriptExecutor, _ContainerShellExecutor
from civis_nb.remote.calls import FunctionFuture, worker_command
from civis_nb.remote.pickles import dumps, upload

try:
    from joblib.parallel import BACKENDS, ParallelBackendBase
except ImportError as error:
    raise CivisDependencyError(
        f"civis_nb.parallel needs joblib ({error}): pip install 'civis_nb[parallel]'. "
        "civis_nb.map(function, items) calls a function in many jobs without it."
    ) from error

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = ["CivisBackend", "ContainerFunctions", "TemplateFunctions"]

#: How many jobs ``n_jobs=-1`` stands for.
_ALL_JOBS = 50


class _FunctionFutures:
    """Makes the futures of an executor those of functions."""

    client: APIClient
    max_n_retries: int
    polling_interval: float | None

    def _make_future(self, job_id: Any, run_id: Any) -> FunctionFuture:
        return FunctionFuture(
            job_id,
            run_id,
            max_n_retries=self.max_n_retries,
            polling_interval=self.polling_interval,
            client=self.client,
        )


class ContainerFunctions(_FunctionFutures, _ContainerShellExecutor):
    """Calls functions in container scripts."""


class TemplateFunctions(_FunctionFutures, CustomScriptExecutor):
    """Calls functions in custom scripts."""


class CivisBackend(ParallelBackendBase):  # type: ignore[misc]
    """The backend: joblib gives it batches of calls, each of which becomes a job.

    Parameters
    ----------
    kind, settings
        The executor of its jobs, and its arguments.
    client
        The client; None: a new one, when it is first needed.
    setup_cmd, max_submit_retries, remote_backend
        As for `make_backend_factory`.
    """

    uses_threads = False
    supports_sharedmem = False
    supports_retrieve_callback = True

    def __init__(
        self,
        kind: type[ContainerFunctions] | type[TemplateFunctions],
        settings: dict[str, Any],
        client: APIClient | None,
        setup_cmd: str,
        max_submit_retries: int,
        remote_backend: Any,
    ) -> None:
        super().__init__(nesting_level=0)
        self.remote_backend = remote_backend
        self._kind = kind
        self._settings = settings
        self._client = client
        self._setup_cmd = setup_cmd
        self._submit_retries = max_submit_retries
        self._made: Any = None

    @property
    def _executor(self) -> Any:
        """The executor, made when it is first needed: not where the backend is only sent on."""
        if self._made is None:
            self._made = self._kind(client=self._client, **self._settings)
        return self._made

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """Return the number of jobs that ``n_jobs`` stands for."""
        wanted = 1 if n_jobs is None else n_jobs
        if wanted != -1 and wanted <= 0:
            raise CivisInputError(
                f"n_jobs can't be {n_jobs!r}: it is positive, or -1 for {_ALL_JOBS} jobs."
            )
        return _ALL_JOBS if wanted == -1 else wanted

    def submit(self, func: Any, callback: Any = None) -> FunctionFuture:
        """Run a batch of calls in a job; call `callback` with its future at the end."""
        backend = self._nested() if self.remote_backend == "civis" else self.remote_backend
        executor = self._executor
        file_id = upload(executor.client, dumps((func, backend), "A call"), "civis_nb_calls.pkl")
        future = self._started(executor, file_id)
        if callback is not None:
            future.call_at_end(callback)
        return future

    def _started(self, executor: Any, file_id: int) -> FunctionFuture:
        """Start the job of a batch, again when the API refuses it and that is wanted."""
        import tenacity

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._submit_retries + 1),
            wait=tenacity.wait_exponential(),
            retry=tenacity.retry_if_exception_type(CivisAPIError),
            reraise=True,
        )
        future: FunctionFuture
        try:
            if self._kind is TemplateFunctions:
                future = retrying(executor.submit, JOBLIB_FUNC_FILE_ID=file_id)
            else:
                command = f"{self._setup_cmd} || exit 1\n{worker_command(file_id)}"
                future = retrying(executor.submit, command)
        except CivisAPIError as error:
            raise JobSubmissionError(f"A job could not be started: {error}") from error
        return future

    def retrieve_result_callback(self, out: FunctionFuture) -> Any:
        """Return the results of a batch whose job has ended, or raise what it failed with."""
        return out.result()

    def abort_everything(self, ensure_ready: bool = True) -> None:  # noqa: ARG002 - as the base
        """Stop all jobs: joblib calls this when one has failed, or at an interrupt."""
        executor, self._made = self._made, None
        if executor is not None:
            executor.cancel_all()
            executor.shutdown(wait=False)

    def terminate(self) -> None:
        """Stop what still goes on, at the end of a ``Parallel``."""
        self.abort_everything()

    def get_nested_backend(self) -> tuple[Any, int | None]:
        """Return the backend of a ``Parallel`` within a job: `remote_backend`."""
        if self.remote_backend == "civis":
            return self._nested(), None
        if isinstance(self.remote_backend, str) and self.remote_backend in BACKENDS:
            return BACKENDS[self.remote_backend](nesting_level=self.nesting_level + 1), None
        return super().get_nested_backend()  # type: ignore[no-any-return]

    def _nested(self) -> CivisBackend:
        nested = copy.copy(self)
        nested.nesting_level = self.nesting_level + 1
        return nested

    def __getstate__(self) -> dict[str, Any]:
        # Neither connections nor keys leave the process: a job has its own.
        return {**self.__dict__, "_client": None, "_made": None, "parallel": None}
