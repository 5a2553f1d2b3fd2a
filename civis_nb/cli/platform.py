"""Local platforms as commands need them: run in the foreground, joined, inspected, reset."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import click

from civis_nb.errors import CivisLocalError
from civis_nb.local.join import answering, default_state
from civis_nb.local.lock import has_ended, read_running, write_private
from civis_nb.local.state_folder import folder_bytes
from civis_nb.local.warehouse.dialects import DIALECTS

__all__ = ["run", "serve", "shell_lines", "state_folder", "state_of"]

#: How often the foreground checks whether it is to stop; signals come in between.
_CHECK_S = 0.2
_ENDING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
_NOT_FOUND = 127
_NOT_EXECUTABLE = 126


def state_folder(state: str | None) -> Path:
    """Return the folder that --state names, else that of the user's own platform."""
    return Path(state).expanduser() if state is not None else default_state()


@contextmanager
def _on_signals(action: Callable[[int], None]) -> Iterator[None]:
    """Call `action` on each signal that asks for the end, as long as this is open."""

    def handle(number: int, _frame: FrameType | None) -> None:
        action(number)

    before = {number: signal.signal(number, handle) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def serve(
    host: str,
    port: int,
    state: str | None,
    samples: bool,
    write_env: str | None,
    databases: Sequence[str] = (),
    dialect: str | None = None,
    end_with_stdin: bool = False,
) -> None:
    """Run a platform until a signal asks for its end, or standard input comes to its own."""
    if write_env is not None and not Path(write_env).absolute().parent.is_dir():
        raise CivisLocalError(
            f"The file {write_env} of --write-env can't be written: its folder does not exist."
        )
    # Imported here: to look at a platform, or delete its state, needs no server.
    from civis_nb.local.serve import start

    signals: list[int] = []
    if end_with_stdin:
        threading.Thread(target=_wait_for_stdin, args=(signals,), daemon=True).start()
    with _on_signals(signals.append):
        folder = state_folder(state)
        with start(folder, port, samples, host, *_with_dialects(databases, dialect)) as platform:
            if not signals:
                if write_env is not None:
                    _write_env(Path(write_env), platform.endpoint, platform.api_key)
                click.echo(_startup_text(platform.endpoint, platform.state, write_env))
            while not signals:
                if platform.wait(_CHECK_S):
                    raise CivisLocalError("The local platform's server has ended by itself.")
            click.echo("Stopping the local platform.")


def _wait_for_stdin(signals: list[int]) -> None:
    """Request the end when standard input is closed.

    It is when the program that started this has ended.
    """
    # Not by sys.stdin, whose lock a thread that waits would hold when the interpreter ends.
    with suppress(OSError):  # there may be none from the start
        while os.read(0, 4096):
            pass
    signals.append(signal.SIGTERM)


def _write_env(path: Path, endpoint: str, api_key: str) -> None:
    """Write endpoint and key into a file that only its owner can read."""
    try:
        write_private(path, f"CIVIS_API_ENDPOINT={endpoint}\nCIVIS_API_KEY={api_key}\n")
    except OSError as error:
        raise CivisLocalError(
            f"The file {path} of --write-env can't be written ({error.strerror})."
        ) from error


def _startup_text(endpoint: str, state: Path, write_env: str | None) -> str:
    """Return what is printed once the platform is ready."""
    if write_env is not None:
        # Whole: some shells look for a bare name in PATH only.
        use = f"set -a; . {shlex.quote(str(Path(write_env).absolute()))}; set +a"
    else:
        use = f'eval "$(civis-nb local env --state {shlex.quote(str(state))})"'
    return (
        f"The local platform is ready at {endpoint}\n"
        f"  state: {state}\n"
        "  to point clients at it, in a shell (sets CIVIS_API_ENDPOINT and CIVIS_API_KEY):\n"
        f"    {use}\n"
        "  Ctrl-C stops it."
    )


def shell_lines(state: str | None) -> str:
    """Return the lines that point a shell at the platform that runs on a state folder.

    Raises
    ------
    CivisLocalError
        When none runs there.
    """
    folder = state_folder(state)
    running = answering(folder)
    if running is None:
        raise CivisLocalError(
            f"No local platform runs on the state folder {folder}. Start one: "
            f"civis-nb local serve --state {shlex.quote(str(folder))}"
        )
    return (
        f"export CIVIS_API_ENDPOINT={shlex.quote(running.endpoint)}\n"
        f"export CIVIS_API_KEY={shlex.quote(running.api_key)}"
    )


def _with_dialects(databases: Sequence[str], dialect: Any) -> tuple[Any, Any]:
    """Return the last arguments of `start` for options ``--database NAME[=DIALECT]``."""
    wanted: dict[str, str | None] = {}
    for text in databases:
        name, _, own = text.rpartition("=")
        wanted[name if own in DIALECTS else text] = own if own in DIALECTS and name else None
    return wanted, dialect


def run(
    state: str | None,
    samples: bool,
    command: Sequence[str],
    databases: Sequence[str] = (),
    dialect: str | None = None,
) -> int:
    """Run a command against a platform of its own; give its exit code as a shell would."""
    if shutil.which(command[0]) is None:
        found = Path(command[0]).exists()
        what = f"{command[0]} is no program" if found else f"there is no command {command[0]}"
        click.echo(f"Error: {what}.", err=True)
        return _NOT_EXECUTABLE if found else _NOT_FOUND
    from civis_nb.local.serve import start

    signals: list[int] = []
    running: list[subprocess.Popen[bytes]] = []

    def on_signal(number: int) -> None:
        signals.append(number)
        for process in running:
            _forward(process, number)

    with (
        _on_signals(on_signal),
        start(state, 0, samples, "127.0.0.1", *_with_dialects(databases, dialect)) as platform,
    ):
        variables = {
            "CIVIS_API_ENDPOINT": platform.endpoint,
            "CIVIS_API_KEY": platform.api_key,
        }
        if signals:
            return 128 + signals[0]
        try:
            process = subprocess.Popen(list(command), env={**os.environ, **variables})
        except OSError as error:
            click.echo(f"Error: {command[0]} can't be run: {error.strerror}.", err=True)
            return _NOT_EXECUTABLE
        running.append(process)
        for number in list(signals):
            # It came while the command was being started.
            _forward(process, number)
        code = process.wait()
    # A command that a signal has ended: shells say 128 and the signal's number.
    return code if code >= 0 else 128 - code


def _forward(process: subprocess.Popen[bytes], number: int) -> None:
    """Pass a signal on to the command that runs."""
    from_terminal = number == signal.SIGINT and os.isatty(0)
    # The terminal sends Ctrl-C to the command as well: a second one would break its clean-up.
    if not from_terminal and process.poll() is None:
        process.send_signal(number)


def state_of(state: str | None) -> tuple[bool, list[str]]:
    """Return whether a platform runs on a state folder, and lines that tell about it."""
    folder = state_folder(state)
    running = answering(folder)
    owner = read_running(folder)
    if running is not None and owner is not None:
        first = f"running at {running.endpoint} (process {owner.pid})"
    elif owner is not None and not has_ended(folder, owner.endpoint):
        first = f"process {owner.pid} holds the folder, and does not answer at {owner.endpoint}"
    else:
        first = "not running"
    lines = [f"platform:  {first}", f"state:     {folder}"]
    size = folder_bytes(folder)
    lines.append(f"holds:     {'nothing yet' if size is None else f'{size / 2**20:,.0f} MiB'}")
    if running is None:
        lines.append(f"start it:  civis-nb local serve --state {shlex.quote(str(folder))}")
    return running is not None, lines
