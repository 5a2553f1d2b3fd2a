"""A backend of joblib: the calls of a ``joblib.Parallel`` as jobs of the platform.

joblib is needed for it: ``pip install 'civis_nb[parallel]'``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from civis_nb.client.protocol import client_or_default
from civis_nb.errors import (
    CivisAPIError,
    CivisConfigError,
    CivisInputError,
    JobSubmissionError,
)
from civis_nb.futures.executors import DEFAULT_IMAGE
from civis_nb.remote.joblib_backend import CivisBackend, ContainerFunctions, TemplateFunctions

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = [
    "JobSubmissionError",
    "infer_backend_factory",
    "make_backend_factory",
    "make_backend_template_factory",
]

_REPOSITORY_SETUP = "cd /app; pip install .; cd /"
#: What `infer_backend_factory` takes over from the job in which it is called.
KEYS_TO_INFER = [
    "docker_image_name",
    "docker_image_tag",
    "repo_http_uri",
    "repo_ref",
    "remote_host_credential_id",
    "git_credential_id",
    "cancel_timeout",
    "time_zone",
]
_PARENTS = ("CIVIS_PARENT_JOB_ID", "CIVIS_PARENT_RUN_ID")

Factory = Callable[..., CivisBackend]


def make_backend_factory(
    docker_image_name: str = DEFAULT_IMAGE,
    client: APIClient | None = None,
    polling_interval: int | float | None = None,
    setup_cmd: str | None = None,
    max_submit_retries: int = 0,
    max_job_retries: int = 0,
    hidden: bool = True,
    remote_backend: Any = "sequential",
    **kwargs: Any,
) -> Factory:
    """Return a factory of joblib backends that make each call in a container script of its own.

    Parameters
    ----------
    docker_image_name
        The image. It needs the Python version of this process and the packages that the calls
        use; civis_nb is installed there when it is missing.
    client
        The client; None: a new one.
    polling_interval
        Seconds between polls of a run; None: soon at first, later less often.
    setup_cmd
        A shell command that is run first in each job. None: with ``repo_http_uri`` the
        repository is installed, else nothing.
    max_submit_retries
        How often to try again to start a job that the API has refused. Only for calls that may
        be made twice.
    max_job_retries
        How often to run a job again that has failed. Only for calls that may be made twice.
    hidden
        Whether the jobs are left out of lists.
    remote_backend
        The backend of joblib within a job: ``"sequential"``, another name, or ``"civis"`` for
        one like this, which starts jobs from jobs.
    **kwargs
        More arguments of ``client.scripts.post_containers``.

    Returns
    -------
    Callable
        For ``joblib.register_parallel_backend``.

    Raises
    ------
    CivisInputError
        When an argument can't be what it is.

    Examples
    --------
    >>> from joblib import Parallel, delayed, parallel_config, register_parallel_backend
    >>> import civis_nb
    >>> with civis_nb.local.start(samples=False) as platform:
    ...     factory = make_backend_factory(client=platform.client())
    ...     register_parallel_backend("civis", factory)
    ...     with parallel_config("civis"):
    ...         Parallel(n_jobs=2)(delayed(pow)(number, 2) for number in range(3))
    [0, 1, 4]
    """
    if setup_cmd is None:
        setup_cmd = _REPOSITORY_SETUP if kwargs.get("repo_http_uri") else ":"
    settings = {
        "docker_image_name": docker_image_name,
        "polling_interval": polling_interval,
        "max_n_retries": _count("max_job_retries", max_job_retries),
        "hidden": hidden,
        **kwargs,
    }
    submit_retries = _count("max_submit_retries", max_submit_retries)
    return lambda **_: CivisBackend(
        ContainerFunctions, settings, client, setup_cmd, submit_retries, remote_backend
    )


def make_backend_template_factory(
    from_template_id: int,
    arguments: dict[str, Any] | None = None,
    client: APIClient | None = None,
    polling_interval: int | float | None = None,
    max_submit_retries: int = 0,
    max_job_retries: int = 0,
    hidden: bool = True,
    **kwargs: Any,
) -> Factory:
    """Return a factory of joblib backends that make each call in a custom script.

    Parameters
    ----------
    from_template_id
        The template: a container script with the parameter ``JOBLIB_FUNC_FILE_ID`` that runs
        the command ``civis_joblib_worker``.
    arguments
        More arguments for the template.
    client, polling_interval, max_submit_retries, max_job_retries, hidden
        As for `make_backend_factory`.
    **kwargs
        More arguments of ``client.scripts.post_custom``.

    Returns
    -------
    Callable
        For ``joblib.register_parallel_backend``.

    Raises
    ------
    CivisInputError
        When an argument can't be what it is.
    """
    settings = {
        "from_template_id": from_template_id,
        "arguments": arguments,
        "polling_interval": polling_interval,
        "max_n_retries": _count("max_job_retries", max_job_retries),
        "hidden": hidden,
        **kwargs,
    }
    submit_retries = _count("max_submit_retries", max_submit_retries)
    return lambda **_: CivisBackend(
        TemplateFunctions, settings, client, "", submit_retries, "sequential"
    )


def infer_backend_factory(
    required_resources: dict[str, Any] | None = None,
    params: list[dict[str, Any]] | None = None,
    arguments: dict[str, Any] | None = None,
    client: APIClient | None = None,
    polling_interval: int | float | None = None,
    setup_cmd: str | None = None,
    max_submit_retries: int = 0,
    max_job_retries: int = 0,
    hidden: bool = True,
    remote_backend: Any = "sequential",
    **kwargs: Any,
) -> Factory:
    """Return `make_backend_factory` with the settings of the container job that calls this.

    Parameters
    ----------
    required_resources
        What the jobs get; what is left out is that of the present job.
    params
        Parameters beside those of the present job, or instead of those with the same name.
    arguments
        Arguments beside those of the present job, or instead of them.
    client, polling_interval, setup_cmd, max_submit_retries, max_job_retries, hidden
        As for `make_backend_factory`.
    remote_backend
        As for `make_backend_factory`.
    **kwargs
        More arguments of ``client.scripts.post_containers``; image, repository, credentials,
        time zone and cancel timeout are by default those of the present job.

    Returns
    -------
    Callable
        For ``joblib.register_parallel_backend``.

    Raises
    ------
    CivisConfigError
        When this is no container job, or its template's script can't be read.
    """
    job_id = os.environ.get("CIVIS_JOB_ID")
    if not job_id:
        raise NotInAJobError(
            "infer_backend_factory must be called inside of a container job: CIVIS_JOB_ID is not "
            "set. Elsewhere use make_backend_factory."
        )
    client = client_or_default(client)
    script = _script_of(client, int(job_id))
    merged = {param["name"]: param for param in script["params"] or []}
    for param in params or []:
        merged[param["name"]] = {**merged.get(param["name"], {}), **param}
    return make_backend_factory(
        client=client,
        polling_interval=polling_interval,
        setup_cmd=setup_cmd,
        max_submit_retries=max_submit_retries,
        max_job_retries=max_job_retries,
        hidden=hidden,
        remote_backend=remote_backend,
        required_resources={**script["required_resources"], **(required_resources or {})},
        # Those of the present job are added for every new one.
        params=[param for name, param in merged.items() if name.upper() not in _PARENTS],
        arguments={**(script["arguments"] or {}), **(arguments or {})},
        **{key: script[key] for key in KEYS_TO_INFER if script.get(key) is not None} | kwargs,
    )


class NotInAJobError(CivisConfigError, RuntimeError):
    """What only a job can do was asked for elsewhere."""


def _script_of(client: APIClient, job_id: int) -> dict[str, Any]:
    """Return the container script of a job; of its template's for a custom script."""
    job = client.scripts.get_containers(job_id)
    script: dict[str, Any] = job.json()
    if not job.from_template_id:
        return script
    template = client.templates.get_scripts(job.from_template_id)
    try:
        backing: dict[str, Any] = client.scripts.get_containers(template.script_id).json()
    except CivisAPIError as error:
        if error.status_code != 404:
            raise
        raise NotInAJobError(
            f"Job {job_id} is made from template {job.from_template_id}, whose script "
            f"{template.script_id} this key can't read: its settings can't be taken over. "
            "Give them yourself: make_backend_factory(...)."
        ) from error
    return {**backing, "arguments": script["arguments"]}


def _count(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise CivisInputError(f"{name} can't be {value!r}: it is 0 or more.")
    return value
