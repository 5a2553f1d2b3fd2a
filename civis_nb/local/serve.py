"""Starts and stops a local platform: the server in a thread, the parts around it."""

from __future__ import annotations

import atexit
import contextlib
import errno
import os
import secrets
import shutil
import socket
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from civis_nb import config
from civis_nb._wire_text import Secret, preformatted
from civis_nb.errors import CivisLocalError, PortInUseError
from civis_nb.local.app import build_app
from civis_nb.local.catalog import reset_refreshes
from civis_nb.local.context import PlatformContext
from civis_nb.local.files.blobs import BlobStore
from civis_nb.local.files.registry import Files
from civis_nb.local.files.run_logs import RunLogs
from civis_nb.local.files.signing import Signer
from civis_nb.local.http.server import Server
from civis_nb.local.lock import Endpoint, StateLock
from civis_nb.local.runner.subprocess import SubprocessExecutor
from civis_nb.local.runs.completed_imports import finish_committed
from civis_nb.local.runs.pool import JobRunner
from civis_nb.local.runs.recovery import recover, store_process
from civis_nb.local.store import Store
from civis_nb.local.store.first_user import first_key
from civis_nb.local.store.full_disk import Reserve
from civis_nb.local.warehouse.dialects import DIALECTS, Dialect
from civis_nb.local.warehouse.registry import Warehouses
from civis_nb.local.workflows.engine import Engine

if TYPE_CHECKING:
    from civis_nb import APIClient
    from civis_nb.local.snapshot import Snapshot

__all__ = ["Platform", "start", "started_here"]

_started: weakref.WeakSet[Platform] = weakref.WeakSet()

_SAMPLE_DATABASE_ID = 1
_START_DEADLINE_S = 60


class Platform:
    """A running local platform; a context manager that stops it.

    Attributes
    ----------
    endpoint
        Its address, without a final slash.
    api_key
        The key of its user: text, which ``print`` shows and its repr does not.
    state
        Its state folder.
    """

    def __init__(
        self,
        state: Path,
        host: str,
        port: int,
        *,
        samples: bool,
        ephemeral: bool,
        databases: Mapping[str, Dialect | None] | None = None,
        dialect: Dialect = "redshift",
    ) -> None:
        self.state = state
        self._dialect = dialect
        self._ephemeral = ephemeral
        self._process = os.getpid()
        self._stopping = threading.Lock()
        self._undo = contextlib.ExitStack()
        if ephemeral:
            self._undo.callback(shutil.rmtree, state, ignore_errors=True)
        try:
            self._start(host, port, samples, databases or {})
        except BaseException:
            self._undo.close()
            raise
        atexit.register(self.stop)
        _started.add(self)

    def _start(
        self, host: str, port: int, samples: bool, databases: Mapping[str, Dialect | None]
    ) -> None:
        """Start all parts in their order; `stop` ends them in the opposite one."""
        lock = StateLock(self.state)
        self._undo.callback(lock.release)
        listener = _listen(host, port)
        self._undo.callback(listener.close)
        self.endpoint = Endpoint(_address(listener), self.state)
        self._context = self._build()
        self.api_key = self._context.api_key
        for name, dialect in databases.items():
            self._context.warehouses.add(name, dialect)
        if samples:
            _load_samples(self._context)
        self._start_runner()
        self._serve(listener)
        lock.publish(self.endpoint, self.api_key)

    def _build(self) -> PlatformContext:
        """Open the store, the files and the databases."""
        # On a full disk a start needs them, too; the first run and the databases, when they are
        # opened, reserve them again.
        for path in (self.state / "reserve", *self.state.glob("warehouse/*.reserve")):
            Reserve(path).release()
        blobs = BlobStore(self.state / "blobs")
        store = Store(self.state / "platform.sqlite")
        self._undo.callback(store.close)
        reset_refreshes(store)
        secret = Secret(store.fact("secret") or _new_secret(store))
        files = Files(store, blobs, Signer(secret), self.endpoint)
        files.sweep()
        warehouses = Warehouses(self.state, store, self._dialect)
        self._undo.callback(warehouses.close)
        return PlatformContext(
            state=self.state,
            store=store,
            files=files,
            logs=RunLogs(self.state / "logs"),
            warehouses=warehouses,
            endpoint=self.endpoint,
            api_key=first_key(store),
        )

    def _start_runner(self) -> None:
        """Settle the runs of an earlier process, then start the workers and the workflows."""
        finish_committed(self._context)
        executor = SubprocessExecutor(partial(store_process, self._context.store))
        recover(self._context.store, executor, self._context.api_key)
        workflows = self._context.workflows = Engine(self._context)
        runner = JobRunner(self._context, executor, run_ended=workflows.run_ended)
        self._context.runner = runner
        runner.start()
        self._undo.callback(runner.stop)
        workflows.start()
        self._undo.callback(workflows.stop)

    def _serve(self, listener: socket.socket) -> None:
        """Start the server in a thread, and wait until it answers."""
        app = build_app(self._context)
        server = Server(app)
        app.limit_connections(server.clients)
        thread = threading.Thread(
            target=server.run_until_stopped, args=(listener,), name="civis_nb.local", daemon=True
        )
        thread.start()
        self._thread = thread
        self._undo.callback(thread.join)
        self._undo.callback(setattr, server, "should_exit", True)
        if not server.ready.wait(_START_DEADLINE_S) or server.failure is not None:
            raise CivisLocalError(
                f"The local platform's server did not start: {server.failure or 'no reason given'}"
            ) from server.failure

    def client(self, **settings: Any) -> APIClient:
        """Return a client of this platform; `settings` go to `civis_nb.APIClient`."""
        # The only place where the platform imports the client, for convenience.
        from civis_nb import APIClient

        return APIClient(api_key=self.api_key, endpoint=self.endpoint, **settings)

    def snapshot(self) -> Snapshot:
        """Keep what the platform holds now; ``restore()`` of what this returns brings it back.

        Tests start from the same state so, without a new platform for each. Runs that go on are
        cancelled.

        Raises
        ------
        CivisLocalError
            When the state folder is not a temporary one: to bring that back would delete work. And
            when the latest changes of a database can't be written to its file.

        Examples
        --------
        >>> with start(samples=False) as platform:
        ...     snapshot = platform.snapshot()
        ...     client = platform.client()
        ...     script = client.scripts.post_python3(name="seven", source="print(7)")
        ...     snapshot.restore()
        ...     len(client.jobs.list())
        0
        """
        if not self._ephemeral:
            raise CivisLocalError(
                f"The platform stores its state in {self.state}: a snapshot would delete what is "
                "done there later. Start one without a state folder for that."
            )
        # Imported here: tests alone use it.
        from civis_nb.local.snapshot import Snapshot

        return Snapshot(self._context, self.state / f"snapshot-{secrets.token_hex(4)}")

    def wait(self, timeout_s: float) -> bool:
        """Wait until the server has ended, or until the time is up; return whether it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Stop the server and its runs, and close everything; a second time it does nothing."""
        if os.getpid() != self._process:
            # A forked child has inherited this object; the platform is its parent's.
            return
        with self._stopping:
            atexit.unregister(self.stop)
            self._undo.close()

    def __enter__(self) -> Platform:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        if not self._thread.is_alive():
            return f"<local platform that has stopped, state in {self.state}>"
        return f"<local platform at {self.endpoint}, state in {self.state}>"

    def _repr_html_(self) -> str:
        return preformatted(repr(self))


def start(
    state: str | Path | None = None,
    port: int = 0,
    samples: bool = True,
    host: str = "127.0.0.1",
    databases: Sequence[str] | Mapping[str, Dialect | None] = (),
    dialect: Dialect | None = None,
) -> Platform:
    """Start a local platform in this process; it is ready when this returns.

    Parameters
    ----------
    state
        The folder of everything it stores; None: a temporary one, removed when it stops.
    port
        The port; 0: a free one.
    samples
        Load the sample data when the database does not have it yet.
    host
        The address to listen on.
    databases
        Names of further databases, which are made, empty, when they are not there yet; a mapping
        gives each the dialect that it keeps.
    dialect
        What SQL means in databases without a dialect of their own: ``"redshift"``, ``"postgres"``
        or ``"duckdb"``. None: the setting ``dialect``, which is ``"redshift"`` by default.

    Returns
    -------
    Platform
        Running; stop it with `Platform.stop`, or by using it as a context manager.

    Raises
    ------
    PortInUseError
        When another program listens on `port`.
    StateInUseError
        When a running platform holds `state`.
    CivisLocalError
        When it can't start for another reason.
    """
    if isinstance(databases, Mapping):
        wanted: dict[str, Dialect | None] = {
            name: None if own is None else _known_dialect(own) for name, own in databases.items()
        }
    else:
        wanted = dict.fromkeys((databases,) if isinstance(databases, str) else databases)
    meaning = _known_dialect(config.get("dialect") if dialect is None else dialect)
    ephemeral = state is None
    folder = (
        Path(tempfile.mkdtemp(prefix="civis_nb-"))
        if state is None
        else Path(state).expanduser().resolve()
    )
    return Platform(
        folder,
        host,
        port,
        samples=samples,
        ephemeral=ephemeral,
        databases=wanted,
        dialect=meaning,
    )


def started_here() -> list[Platform]:
    """Return the platforms that were started in this process, those that have ended as well."""
    return list(_started)


def _known_dialect(name: str) -> Dialect:
    for known in DIALECTS:
        if known == name:
            return known
    raise CivisLocalError(f"There is no dialect {name!r}: use {', '.join(DIALECTS)}.")


def _listen(host: str, port: int) -> socket.socket:
    """Open the listening socket; raise a clear error when the port is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, so that asyncio turns Nagle off: 40 ms for every answer otherwise.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise PortInUseError(
                f"Port {port} on {host} is in use by another program. Give another port, or "
                "--port 0 (port=0) for a free one."
            ) from None
        raise CivisLocalError(
            f"The local platform can't listen on {host}:{port}: {str(error).rstrip('.')}."
        ) from error
    return listener


def _new_secret(store: Store) -> str:
    """Store and return what a new platform signs its URLs with."""
    secret = secrets.token_hex(32)
    store.set_fact("secret", secret)
    return secret


def _address(listener: socket.socket) -> str:
    """Return the address at which clients of this machine reach a listener."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - it is read here
    return (
        f"http://[{shown}]:{port}"
        if ":" in shown and "[" not in shown
        else f"http://{shown}:{port}"
    )


def _load_samples(context: PlatformContext) -> None:
    """Load the sample tables, once for each state folder."""
    if context.store.fact("samples_loaded") is not None:
        return
    from civis_nb.local.samples import load_samples

    load_samples(context.warehouses.get(_SAMPLE_DATABASE_ID))
    context.store.set_fact("samples_loaded", "1")
