"""`run`: a Python function as a job, and its value as a future."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from civis_nb._version import __version__
from civis_nb.errors import CivisArgumentError, CivisClientError, CivisInputError
from civis_nb.futures.container import ContainerFuture
from civis_nb.futures.executors import DEFAULT_IMAGE, _ContainerShellExecutor
from civis_nb.remote.pickles import RESULT_NAME, PickleInfo, download, dumps, loads, upload

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = [
    "FunctionFuture",
    "JobSettings",
    "RemoteTraceback",
    "posted_result",
    "run",
    "worker_command",
]


class RemoteTraceback(Exception):  # noqa: N818 - as concurrent.futures and joblib call it
    """Where an exception was raised in a job; the cause of that exception here."""

    def __str__(self) -> str:
        return f"\n\nIn the job:\n{self.args[0]}"


@dataclass(frozen=True)
class JobSettings:
    """What a job that calls a function gets; see `run`."""

    cpu: int = 1024
    memory: int = 1024
    image: str = DEFAULT_IMAGE
    requirements: tuple[str, ...] = ()
    client: APIClient | None = None

    def __post_init__(self) -> None:
        for name, value in (("cpu", self.cpu), ("memory", self.memory)):
            if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
                unit = "thousandths of a core" if name == "cpu" else "MB"
                raise CivisInputError(f"{name} can't be {value!r}: it is a number of {unit}.")
        if not isinstance(self.image, str) or not self.image.strip():
            raise CivisInputError(f"image can't be {self.image!r}: it is NAME or NAME:TAG.")
        wrong = [one for one in self.requirements if not isinstance(one, str) or not one.strip()]
        wrong += [one for one in self.requirements if one not in wrong and one.startswith("-")]
        if wrong:
            raise CivisInputError(
                f"requirements can't be {self.requirements!r}: they are a list of packages as pip "
                "takes them, such as ['polars>=1.20']; options of pip are not among them."
            )

    def executor(self, name: str) -> _FunctionExecutor:
        """Return what starts jobs with these settings."""
        image, colon, tag = self.image.rpartition(":")
        if not colon or "/" in tag:  # the colon before a port
            image, tag = self.image, "latest"
        return _FunctionExecutor(
            docker_image_name=image,
            docker_image_tag=tag,
            name=name,
            required_resources={"cpu": self.cpu, "memory": self.memory},
            client=self.client,
        )


class FunctionFuture(ContainerFuture):
    """A run that calls a function: its result is the function's value, or its exception."""

    def _run_succeeded(self, response: Any) -> float | None:  # noqa: ARG002 - as the base
        found = posted_result(cast("APIClient", self.client), self.job_id, self.run_id)
        if found is None:
            raise CivisClientError(f"{self._subject()}it has succeeded without a result.")
        self.set_result(found[0])
        return None

    def _run_failed(self, response: Any) -> float | None:
        """Fail with the exception that the function raised, where it came so far."""
        if self._retries_left > 0:
            return super()._run_failed(response)
        found = posted_result(cast("APIClient", self.client), self.job_id, self.run_id)
        if found is None or not found[1].raised:
            return super()._run_failed(response)  # it did not come so far as to call it
        error, facts = found
        if facts.traceback:
            error.__cause__ = RemoteTraceback(facts.traceback)
        self._fail(error)
        return None


class _FunctionExecutor(_ContainerShellExecutor):
    """Starts jobs that call functions."""

    def _make_future(self, job_id: Any, run_id: Any) -> FunctionFuture:
        return FunctionFuture(
            job_id, run_id, polling_interval=self.polling_interval, client=self.client
        )


def run(
    function: Callable[..., Any],
    /,
    *args: Any,
    cpu: int = 1024,
    memory: int = 1024,
    image: str = DEFAULT_IMAGE,
    requirements: Sequence[str] = (),
    client: APIClient | None = None,
) -> FunctionFuture:
    """Call a Python function in a job of the platform.

    The function is sent with its code when it is one of a notebook or script; what it imports
    must be installed in the job. What it prints is the job's log.

    Parameters
    ----------
    function
        Any callable; give keyword arguments by ``functools.partial``.
    *args
        Its arguments.
    cpu
        What the job gets of the processor, in thousandths of a core.
    memory
        What it gets of memory, in MB.
    image
        The Docker image, ``NAME`` or ``NAME:TAG``, with the Python version of this process.
    requirements
        Packages that are installed first, as pip takes them: ``["polars>=1.20"]``.
    client
        The client; None: a new one.

    Returns
    -------
    FunctionFuture
        Its ``result()`` is the function's value. When the function raises, that exception is
        raised here too, and its cause shows the traceback of the job. It can be awaited;
        ``cancel()`` stops the job.

    Raises
    ------
    CivisInputError
        When the function or an argument can't be pickled, or a setting can't be what it is.
        Nothing was sent.
    CivisError
        When the API refuses the job.

    Examples
    --------
    >>> import civis_nb
    >>> with civis_nb.local.start(samples=False) as platform:
    ...     future = civis_nb.run(pow, 2, 10, client=platform.client())
    ...     future.result(timeout=60)
    1024
    """
    settings = JobSettings(cpu, memory, image, _listed(requirements), client)
    content = pickled_call(function, *args)
    return start(content, settings.executor(title(function)), settings.requirements)


def _listed(requirements: Sequence[str]) -> tuple[str, ...]:
    # A text is a sequence of its letters.
    return (requirements,) if isinstance(requirements, str) else tuple(requirements)


def title(function: Callable[..., Any]) -> str:
    """Return what the job of a function is called."""
    inner = function.func if isinstance(function, functools.partial) else function
    name = getattr(inner, "__qualname__", type(inner).__name__)
    return f"{name.replace('<locals>.', '')} (a Python function)"


def pickled_call(function: Callable[..., Any], *args: Any) -> bytes:
    """Return a call as the content of a file.

    Raises
    ------
    CivisInputError
        When it is no function, or can't be pickled.
    """
    if not callable(function):
        raise CivisArgumentError(
            f"A job calls a function, not {type(function).__name__}: {function!r:.80}. Give the "
            "function itself and then its arguments: run(function, 1, 2)."
        )
    call = functools.partial(function, *args)
    return dumps((call, None), f"The function {title(function).partition(' (')[0]}")


def start(content: bytes, executor: Any, requirements: Sequence[str] = ()) -> FunctionFuture:
    """Upload a call, and start the job that makes it."""
    file_id = upload(executor.client, content, "civis_nb_call.pkl")
    future: FunctionFuture = executor.submit(worker_command(file_id, requirements))
    return future


def worker_command(file_id: int, requirements: Sequence[str] = ()) -> str:
    """Return the shell command that calls the function in a file.

    Packages go into the working folder of the run: jobs of a local platform share all other
    packages with its machine.

    Examples
    --------
    >>> print(worker_command(7).splitlines()[-1])
    exec python -m civis_nb.remote.worker 7
    """
    install = 'python -m pip install --quiet --disable-pip-version-check --target "$packages"'
    is_there = "python -c 'import civis_nb.remote, cloudpickle' 2>/dev/null"
    lines = [
        "set -e",
        'packages="$PWD/civis_nb_packages"',
        'export PYTHONPATH="$packages${PYTHONPATH:+:$PYTHONPATH}"',
        f"{is_there} || {install} civis_nb=={__version__}",
    ]
    if requirements:
        lines.append(f"{install} {' '.join(map(shlex.quote, requirements))}")
    lines.append(f"exec python -m civis_nb.remote.worker {file_id}")
    return "\n".join(lines)


def posted_result(client: APIClient, job_id: Any, run_id: Any) -> tuple[Any, PickleInfo] | None:
    """Return what a worker has posted of its run; None when it has posted nothing.

    Raises
    ------
    CivisError
        When it can't be read.
    """
    outputs = client.jobs.list_runs_outputs(job_id, run_id, iterator=True)
    files = [one for one in outputs if one["object_type"] == "File"]
    named = [one for one in files if one["name"] == RESULT_NAME] or files
    if not named:
        return None
    value, facts = loads(download(client, named[0]["object_id"]), f"The result of job {job_id}")
    if not facts.python and isinstance(value, BaseException):
        facts = PickleInfo(raised=True)  # as the worker of the PyPI package `civis` posts it
    return value, facts
