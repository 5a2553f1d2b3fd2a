"""Start jobs and templates."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any

from civis_nb.client.protocol import client_or_default
from civis_nb.errors import CivisInputError
from civis_nb.futures.future import CivisFuture
from civis_nb.futures.job import JobFuture

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = ["run_job", "run_template"]

log = logging.getLogger(__name__)

_RETURN_AS = ("files", "JSONValue", "future")


class _Deprecated:
    """The default of an argument that nobody should give any more."""

    def __repr__(self) -> str:
        return "DEPRECATED"


DEPRECATED = _Deprecated()


def run_job(
    job_id: int, client: APIClient | None = None, polling_interval: int | float | None = None
) -> CivisFuture:
    """Run a job.

    Parameters
    ----------
    job_id
        The job, or the script, import, query of any type.
    client
        The client; None: a new one.
    polling_interval
        Seconds between polls of the run; None: soon at first, later less often.

    Returns
    -------
    CivisFuture
        The run; its result is the run's last state. For a SQL script that is the run as
        ``client.scripts.get_sql_runs`` returns it, with the files of its `output`.

    Raises
    ------
    CivisAPIError
        When there is no such job, or it is active already (409).
    CivisInputError
        When `polling_interval` is not a positive number.
    """
    client = client_or_default(client)
    run = client.jobs.post_runs(job_id)
    return JobFuture(
        client.jobs.get_runs,
        (job_id, run.id),
        client=client,
        polling_interval=polling_interval,
        poll_on_creation=False,
    )


def run_template(
    id: int,
    arguments: dict[str, Any],
    JSONValue: Any = DEPRECATED,  # noqa: N803
    client: APIClient | None = None,
    return_as: str = "files",
    **kwargs: Any,
) -> CivisFuture | dict[str, Any] | Any:
    """Create a custom script from a template and run it.

    Parameters
    ----------
    id
        The template.
    arguments
        Its arguments.
    JSONValue
        Deprecated: give `return_as`.
    client
        The client; None: a new one.
    return_as
        ``"files"``: wait, return ``{output name: object id}``; ``"JSONValue"``: wait, return the
        value of the first output that is a JSONValue, None when there is none; ``"future"``:
        return the run at once.
    **kwargs
        More arguments of ``client.scripts.post_custom``.

    Raises
    ------
    CivisInputError
        When `return_as` is none of these.
    CivisJobFailure
        When the run fails.
    CivisAPIError
        When the API refuses the script or its run.
    """
    return_as = _checked_return_as(return_as, JSONValue)
    client = client_or_default(client)
    job = client.scripts.post_custom(id, arguments=arguments, **kwargs)
    run = client.scripts.post_custom_runs(job.id)
    future = CivisFuture(
        client.scripts.get_custom_runs, (job.id, run.id), client=client, poll_on_creation=False
    )
    if return_as == "future":
        return future
    future.result()
    outputs = list(client.scripts.list_custom_runs_outputs(job.id, run.id, iterator=True))
    if return_as == "files":
        found = {one.name: one.object_id for one in outputs}
        if len(found) < len(outputs):
            log.warning(
                "Template %s, job %s: several outputs of the run have one name, of which the "
                "first that was posted is returned; client.scripts.list_custom_runs_outputs(%s, "
                "%s, iterator=True) has all.",
                id,
                job.id,
                job.id,
                run.id,
            )
        return found
    values = [one.value for one in outputs if one.object_type == "JSONValue"]
    if not values:
        log.warning("Template %s, job %s: the run posted no JSONValue.", id, job.id)
        return None
    if len(values) > 1:
        log.warning(
            "Template %s, job %s: the run posted %d JSONValues; this is the first.",
            id,
            job.id,
            len(values),
        )
    return values[0]


def _checked_return_as(return_as: str, json_value: Any) -> str:
    """Check ``return_as``, together with the deprecated ``JSONValue``."""
    if json_value is not DEPRECATED:
        replacement = "JSONValue" if json_value else "files"
        if return_as not in ("files", replacement):
            raise CivisInputError(
                f"JSONValue={json_value!r} contradicts return_as={return_as!r}: "
                "leave JSONValue out."
            )
        warnings.warn(
            f"JSONValue is deprecated: give return_as={replacement!r}.", FutureWarning, stacklevel=3
        )
        return_as = replacement
    if return_as not in _RETURN_AS:
        raise CivisInputError(
            f"return_as can't be {return_as!r}; it is one of {', '.join(_RETURN_AS)}."
        )
    return return_as
