"""ContainerFuture: a run of a container or custom script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from civis_nb.client.protocol import client_or_default
from civis_nb.futures.future import CivisFuture

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = ["ContainerFuture"]


class ContainerFuture(CivisFuture):
    """A run of a container or custom script.

    Parameters
    ----------
    job_id, run_id
        The script and its run.
    max_n_retries
        How many more runs to start, one after the other, when the run fails.
    polling_interval, client, poll_on_creation
        As for `CivisFuture`.

    Raises
    ------
    CivisInputError
        When an argument can't be what it is.
    """

    #: The method of ``client.scripts`` that returns the run.
    _get_run = "get_containers_runs"

    def __init__(
        self,
        job_id: int,
        run_id: int,
        max_n_retries: int = 0,
        polling_interval: int | float | None = None,
        client: Client | None = None,
        poll_on_creation: bool = True,
    ) -> None:
        client = client_or_default(client)
        super().__init__(
            getattr(client.scripts, self._get_run),
            (int(job_id), int(run_id)),
            polling_interval=polling_interval,
            client=client,
            poll_on_creation=poll_on_creation,
            max_retries=max_n_retries,
        )

    def _request_cancel(self) -> Any:
        return self.client.scripts.post_cancel(self.job_id)


class _CustomScriptFuture(ContainerFuture):
    """A run of a custom script, whatever type the script of its template has."""

    _get_run = "get_custom_runs"


#: A private detail: to the user it is the `ContainerFuture` that executors document.
_CustomScriptFuture.__name__ = ContainerFuture.__name__
