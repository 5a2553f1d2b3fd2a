"""Executors: they submit runs of containers and custom scripts, and give futures."""

from __future__ import annotations

import datetime
import os
import shlex
import threading
from abc import abstractmethod
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from civis_nb._waiting import SLICE_S, first_done
from civis_nb._wire_text import preformatted
from civis_nb.client.protocol import client_or_default
from civis_nb.errors import CivisInputError
from civis_nb.futures.container import ContainerFuture, _CustomScriptFuture

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = ["DEFAULT_IMAGE", "CustomScriptExecutor"]

#: The image of a container job whose caller has chosen none.
DEFAULT_IMAGE = "civisanalytics/datascience-python"
_DEFAULT_RESOURCES = {"cpu": 1024, "memory": 1024}


class _CivisExecutor(Executor):
    """What both executors share: names, futures, an end.

    Parameters
    ----------
    name
        The name of the jobs; None: the executor's own with today's date.
    hidden
        Whether the jobs are left out of lists.
    max_n_retries
        How many more runs to start when one fails.
    client
        The client; None: a new one.
    polling_interval
        As for `CivisFuture`.
    inc_script_names
        Whether a number is appended to the name, counting up from 0.
    """

    _future_type: type[ContainerFuture] = ContainerFuture

    def __init__(
        self,
        name: str | None = None,
        hidden: bool = True,
        max_n_retries: int = 0,
        client: APIClient | None = None,
        polling_interval: int | float | None = None,
        inc_script_names: bool = False,
    ) -> None:
        self.client = client_or_default(client)
        self.max_n_retries = max_n_retries
        self.hidden = hidden
        kind = type(self).__name__.lstrip("_")
        self.name = f"{kind}Script {datetime.date.today()}" if name is None else name
        self.polling_interval = polling_interval
        self.inc_script_names = inc_script_names
        self._count = 0
        self._lock = threading.Lock()
        self._closed = False
        #: Runs that are being started, and whether they are to be cancelled as soon as they are.
        self._starting, self._cancelling = 0, False
        self._changed = threading.Condition(self._lock)
        self._futures: list[ContainerFuture] = []

    @abstractmethod
    def _create_job(self, name: str, work: Any) -> Any:
        """Create and return the job that does `work`."""

    def _start(self, work: Any) -> ContainerFuture:
        """Create a job for the work, start it, and return its future."""
        with self._lock:
            self._refuse_when_closed()
            name = f"{self.name} {self._count}" if self.inc_script_names else self.name
            self._count += 1
            self._starting += 1
        future = None
        try:
            job = self._create_job(name, work)
            run = self.client.jobs.post_runs(job.id)
            future = self._make_future(job.id, run.id)
        finally:
            with self._lock:
                self._starting -= 1
                self._futures += [] if future is None else [future]
                is_unwanted = self._cancelling
                self._changed.notify_all()
        if is_unwanted:
            future.cancel()
        return future

    def __repr__(self) -> str:
        with self._lock:
            count, state = len(self._futures), "shut down" if self._closed else "open"
        runs = f"{count} run{'' if count == 1 else 's'}"
        return f"<{type(self).__name__.lstrip('_')} {self.name!r}: {runs} started, {state}>"

    def _repr_html_(self) -> str:
        return preformatted(repr(self))

    def _refuse_when_closed(self) -> None:
        """Raise when the executor was shut down."""
        if self._closed:
            # The words and the class of concurrent.futures: its users catch them.
            raise RuntimeError("cannot schedule new futures after shutdown")

    def _make_future(self, job_id: Any, run_id: Any) -> ContainerFuture:
        return self._future_type(
            job_id,
            run_id,
            max_n_retries=self.max_n_retries,
            polling_interval=self.polling_interval,
            client=self.client,
        )

    def cancel_all(self) -> None:
        """Stop every run that has not ended."""
        with self._lock:
            futures = list(self._futures)
        for future in futures:
            future.cancel()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Accept no more work.

        Parameters
        ----------
        wait
            Whether to come back only when every run has ended.
        cancel_futures
            Whether to stop the runs first.
        """
        with self._lock:
            self._closed = True
            self._cancelling = self._cancelling or cancel_futures
            futures = list(self._futures)
        if cancel_futures:
            # Those that are still being started are cancelled by the threads that start them.
            for future in futures:
                future.cancel()
        with self._lock:
            while self._starting and wait:
                self._changed.wait(SLICE_S)
            futures = list(self._futures)
        going: set[Any] = set(futures) if wait else set()
        while going:
            _, going = first_done(going)


class _ContainerShellExecutor(_CivisExecutor):
    """Runs shell commands, each in a container of its own.

    Parameters
    ----------
    docker_image_name
        The image that the containers are made from.
    required_resources
        ``cpu``, ``memory`` and ``disk_space``; None: one core, 1 GiB.
    name, hidden, max_n_retries, client, polling_interval, inc_script_names
        As for the other executor.
    **kwargs
        More arguments of ``client.scripts.post_containers``.
    """

    def __init__(
        self,
        docker_image_name: str = DEFAULT_IMAGE,
        name: str | None = None,
        required_resources: dict[str, Any] | None = None,
        hidden: bool = True,
        max_n_retries: int = 0,
        client: APIClient | None = None,
        polling_interval: int | float | None = None,
        inc_script_names: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, hidden, max_n_retries, client, polling_interval, inc_script_names)
        self.docker_image_name = docker_image_name
        self.required_resources = dict(required_resources or _DEFAULT_RESOURCES)
        self.container_kwargs = dict(kwargs)
        parents = [
            {"name": name, "type": "integer", "value": value}
            for name, value in _parent_ids().items()
        ]
        self.container_kwargs["params"] = [*(kwargs.get("params") or []), *parents]

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> ContainerFuture:
        """Run a shell command.

        Parameters
        ----------
        fn
            The command: shell text.
        *args, **kwargs
            Its arguments and ``--name value`` options, each quoted for the shell.

        Raises
        ------
        CivisInputError
            When `fn` is no text.
        CivisError
            When the API refuses the job or its run.
        RuntimeError
            After `shutdown`.
        """
        if not isinstance(fn, str):
            raise CivisInputError(f"A container runs a shell command, not {fn!r}: give a str.")
        return self._start(_command(fn, args, kwargs))

    def _create_job(self, name: str, work: Any) -> Any:
        """Create the container script of a command."""
        return self.client.scripts.post_containers(
            name=name,
            required_resources=self.required_resources,
            docker_command=work,
            docker_image_name=self.docker_image_name,
            hidden=self.hidden,
            **self.container_kwargs,
        )


class CustomScriptExecutor(_CivisExecutor):
    """Runs custom scripts made from one template.

    Parameters
    ----------
    from_template_id
        The template.
    name
        The name of the scripts; None: the executor's own with today's date.
    hidden
        Whether the scripts are left out of lists.
    arguments
        Arguments that every script gets.
    max_n_retries
        How many more runs to start when one fails.
    client
        The client; None: a new one.
    polling_interval
        As for `CivisFuture`.
    inc_script_names
        Whether a number is appended to the name, counting up from 0.
    **kwargs
        More arguments of ``client.scripts.post_custom``.
    """

    _future_type = _CustomScriptFuture

    def __init__(
        self,
        from_template_id: int,
        name: str | None = None,
        hidden: bool = True,
        arguments: dict[str, Any] | None = None,
        max_n_retries: int = 0,
        client: APIClient | None = None,
        polling_interval: int | float | None = None,
        inc_script_names: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, hidden, max_n_retries, client, polling_interval, inc_script_names)
        self.from_template_id = from_template_id
        self.arguments = dict(arguments or {})
        self.script_kwargs = dict(kwargs)

    def submit(self, **arguments: Any) -> ContainerFuture:  # type: ignore[override]
        """Run the template with these arguments, added to those that every script gets.

        Raises
        ------
        CivisError
            When the API refuses the script or its run.
        RuntimeError
            After `shutdown`.
        """
        return self._start(arguments)

    def _create_job(self, name: str, work: Any) -> Any:
        """Create the custom script of a call."""
        return self.client.scripts.post_custom(
            self.from_template_id,
            name=name,
            arguments={**self.arguments, **work, **_parent_ids()},
            hidden=self.hidden,
            **self.script_kwargs,
        )


def _parent_ids() -> dict[str, str | None]:
    """Return the ids of the job that this code runs in, as its children receive them."""
    if not os.environ.get("CIVIS_JOB_ID"):
        return {}
    return {
        "CIVIS_PARENT_JOB_ID": os.environ["CIVIS_JOB_ID"],
        "CIVIS_PARENT_RUN_ID": os.environ.get("CIVIS_RUN_ID"),
    }


def _command(command: str, args: tuple[Any, ...], options: dict[str, Any]) -> str:
    """Append arguments and options to a shell command, quoted.

    Examples
    --------
    >>> _command("python train.py", ("a b",), {"rows": 3})
    "python train.py 'a b' --rows 3"
    """
    words = [shlex.quote(str(one)) for one in args]
    for name, value in sorted(options.items()):
        words += [shlex.quote(f"--{name}"), shlex.quote(str(value))]
    return " ".join([command, *words])
