"""The supervisor of one command: its parent, and of all that it leaves behind.

A program of its own, which `command.SupervisedCommand` starts with the bare interpreter: it imports
as little as it can, and no other module of the package. It has nothing to do with the user's own
process, whose children stay its own.

On Linux it is a subreaper: a process whose parent has ended becomes its child, also one that left
the session and the group of the command (``setsid``, daemons). So when the command ends, or is
ended, or the platform is gone, the supervisor ends every process that came of it, and no other.
Other systems have nothing of the kind: there it ends the command's group, and reports that it may
not be all.

It reads requests on descriptor 0: the command as one message, then ``T`` (request to end) and ``K``
(end by force); the end of the stream says that the platform has ended. Nothing is started before
the message has arrived whole. It reports in lines on the descriptor in its argument.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time

TYPE_CHECKING = False  # the module of that name takes a while to load
if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_CHILD_SUBREAPER = 36
#: How often the supervisor checks that the platform is still there. The stream of requests says so
#: at once, unless a fork of the platform's process holds it open.
_CHECK_MS = 1000
#: How long it waits for the ends of processes that it has killed.
_END_DEADLINE_S = 5.0
#: Python ignores some of them, and the supervisor handles others; the command has them as usual.
_SIGNALS = ("SIGCHLD", "SIGTERM", "SIGINT", "SIGHUP", "SIGPIPE", "SIGXFSZ")


def main() -> None:
    """Carry out one command."""
    report = int(sys.argv[1])
    os.set_inheritable(report, False)
    platform = os.getppid()
    is_subreaper = _adopt_orphans()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    fields = _request()
    if fields is None:
        return
    pid, error = _start(fields)
    _report(report, f"failed {error}" if error else f"started {pid}")
    status = None if error else _watch(pid, platform, woken)
    # Once it is collected, its number may become another's: descendants are known without it.
    left, late = _end_all(pid if status is None or not is_subreaper else None)
    used = os.times()
    status = late if status is None else status
    code = -signal.SIGKILL if status is None else os.waitstatus_to_exitcode(status)
    whole = is_subreaper and not left
    _report(report, f"ended {code} {used.children_user + used.children_system} {int(whole)}")


def _adopt_orphans() -> bool:
    """Become the parent of orphans among the descendants; False where the system has no such."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def _request() -> list[bytes] | None:
    """Read the command: folder, number of words, words, environment; None: the platform is gone."""
    data = b""
    size = None
    while size is None or len(data) < size:
        piece = os.read(0, 65536)
        if not piece:
            return None
        data += piece
        if size is None and b"\n" in data:
            length, _, data = data.partition(b"\n")
            size = int(length)
    return data.split(b"\0")


def _start(fields: list[bytes]) -> tuple[int, int]:
    """Start the command in a group of its own; return its id, and the error's number or 0."""
    folder, count = fields[0], int(fields[1])
    words, variables = fields[2 : 2 + count], fields[2 + count :]
    environment: dict[bytes, bytes] = {}
    for variable in variables:
        name, _, value = variable.partition(b"=")
        environment[name] = value
    failure, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _become(folder, words, environment)
        except OSError as error:
            os.write(tell, str(error.errno).encode())
        finally:
            os._exit(127)
    os.close(tell)
    number = os.read(failure, 16)
    os.close(failure)
    # Whoever reads the output sees its end when the command's processes have ended.
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2):
        os.dup2(null, descriptor)
    os.close(null)
    return pid, int(number or 0)


def _become(folder: bytes, words: list[bytes], environment: dict[bytes, bytes]) -> None:
    """Turn this process into the command."""
    os.setpgid(0, 0)
    signal.set_wakeup_fd(-1)
    for name in _SIGNALS:
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(folder)
    os.execvpe(words[0], words, environment)  # noqa: S606 - the command of the job


def _watch(command: int, platform: int, woken: int) -> int | None:
    """Carry out requests until the command has ended; None when it is to be ended by force."""
    poll = select.poll()
    for descriptor in (0, woken):
        poll.register(descriptor, select.POLLIN)
    while True:
        ready = [descriptor for descriptor, _event in poll.poll(_CHECK_MS)]
        requests = os.read(0, 64) if 0 in ready else None
        signals = os.read(woken, 64) if woken in ready else b""
        status = _collected(command)[1]
        if status is not None:
            return status
        if requests == b"" or os.getppid() != platform or signal.SIGTERM in signals:
            return None
        if requests is not None and b"K" in requests:
            return None
        if requests is not None:
            _signal_all(command, signal.SIGTERM)


def _collected(command: int | None) -> tuple[bool, int | None]:
    """Collect what has ended; return whether any child is left, and the status of the command."""
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False, found
        if pid == 0:
            return True, found
        if pid == command:
            found = status


def _end_all(command: int | None) -> tuple[bool, int | None]:
    """Kill all that came of the command; return whether any is left, and the command's status.

    ``command`` is None when it has ended before.
    """
    deadline = time.monotonic() + _END_DEADLINE_S
    status = None
    while True:
        _signal_all(command, signal.SIGKILL)
        left, ended = _collected(command)
        if ended is not None:
            # Its number, and that of its group, may be those of others from now on.
            status, command = ended, None
        if not left or time.monotonic() > deadline:
            return left, status
        time.sleep(0.001)


def _signal_all(command: int | None, number: int) -> None:
    """Send a signal to the command's group and to all other descendants."""
    if command is not None:
        _send(os.killpg, command, number)
    for pid in _descendants():
        try:
            # A member of the group has the signal already: its handler must not run twice.
            if command is None or os.getpgid(pid) != command:
                _send(os.kill, pid, number)
        except ProcessLookupError:
            continue


def _send(send: Callable[[int, int], None], to: int, number: int) -> None:
    """Send a signal to what may be gone, or (macOS) dead and not yet collected."""
    try:
        send(to, number)
    except (ProcessLookupError, PermissionError):
        return


def _descendants() -> list[int]:
    """Return the ids of all processes below this one, where the system lists them (Linux)."""
    children: dict[int, list[int]] = {}
    try:
        names = os.listdir("/proc")  # noqa: PTH208 - pathlib takes longer to load than all else
    except OSError:
        return []
    for name in names:
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123 - as above
                    words = file.read().rpartition(b")")[2].split()
            except OSError:
                continue  # it has ended meanwhile
            children.setdefault(int(words[1]), []).append(int(name))
    found: list[int] = []
    waiting = [os.getpid()]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _report(report: int, line: str) -> None:
    """Report to the platform, which may be gone."""
    try:
        os.write(report, f"{line}\n".encode())
    except OSError:
        return


if __name__ == "__main__":
    main()
    # Nothing is left to be done, and the platform waits for the end.
    os._exit(0)
