"""A PostgreSQL server in a temporary folder, which only this process's user can reach.

It listens on a socket in that folder, so it takes no port and meets no other server.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

VERSION = "15"

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "lc_messages": "C",
}


class NoServerError(RuntimeError):
    """There are no PostgreSQL server programs, or those of another version."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    programs: Path
    folder: Path
    user: str | None

    def psql(
        self, script: str, *options: str, check: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run psql with `script` as its input, in a session of its own."""
        command = [str(self.programs / "psql"), "-X", "-q", "-h", str(self.folder), *options]
        return subprocess.run(
            [*command, "-U", "postgres", "-d", "postgres"],
            input=script, capture_output=True, text=True, encoding="utf-8", check=check,
            cwd=self.folder, env=_environment(), user=self.user, timeout=600,
        )  # fmt: skip


def programs() -> Path:
    """Return the folder of the server's programs.

    Raises
    ------
    NoServerError
        Where none of version 15 is found on the path or where Debian installs them.
    """
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    for folder in [*folders, Path(f"/usr/lib/postgresql/{VERSION}/bin")]:
        if (folder / "initdb").exists() and (folder / "psql").exists():
            command = [str(folder / "postgres"), "--version"]
            version = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            if f" {VERSION}." in version:
                return folder
    raise NoServerError(f"no programs of a PostgreSQL {VERSION} server (package postgresql)")


@contextmanager
def running() -> Iterator[Server]:
    """Start a server, and stop and remove it afterwards.

    PostgreSQL refuses to run as root: then it runs as the user ``postgres``.
    """
    bin_folder = programs()
    user = "postgres" if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        if user:
            shutil.chown(folder, user)
        server = Server(bin_folder, folder, user)
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        # Text sorts by its bytes, as on Redshift; letters beyond ASCII have upper and lower case.
        locale = ["--locale=C", "--lc-ctype=C.UTF-8"]
        _run(server, "initdb", "-D", str(folder / "data"), *options, *locale)
        settings = " ".join(f"-c {name}='{value}'" for name, value in _SETTINGS.items())
        control = ["-D", str(folder / "data"), "-w", "-t", "60", "-s"]
        listen = f"-k '{folder}' {settings}"
        _run(server, "pg_ctl", *control, "-l", str(folder / "log"), "-o", listen, "start")
        try:
            yield server
        finally:
            _run(server, "pg_ctl", *control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _run(server: Server, program: str, *arguments: str) -> None:
    # The server keeps what it inherits open: its output must not be a pipe that is waited for.
    subprocess.run(
        [str(server.programs / program), *arguments],
        stdout=subprocess.DEVNULL, check=True, cwd=server.folder, env=_environment(),
        user=server.user,
    )  # fmt: skip


def _environment() -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C", "PGCLIENTENCODING": "UTF8"}
