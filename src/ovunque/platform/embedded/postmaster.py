"""The process that serves a data folder, told from a stranger that got its number."""

import os
import signal
from pathlib import Path

from ovunque.platform.embedded.layout import Layout
from ovunque.platform.embedded.waiting import wait_until

PID_FILE = "postmaster.pid"
PROCESSES = Path("/proc")
STOP_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
STOP_SECONDS_MAX = 30


def find_postmaster(data: Path) -> int | None:
    """The process that serves this data folder; a pid file alone proves nothing."""
    pid = read_pid(data / PID_FILE)
    return pid if pid is not None and serves(pid, data) else None


def read_pid(file: Path) -> int | None:
    try:
        return abs(int(file.read_text().split("\n", 1)[0]))
    except (FileNotFoundError, ValueError):  # Empty for a moment while it is being made.
        return None


def serves(pid: int, data: Path) -> bool:
    """Whether this process is a server started with this data folder.

    Its command line tells: readable without rights over the process, and empty once it is dead
    but not yet collected by its parent. Where there is no /proc, being alive has to do.
    """
    if not (PROCESSES / "self").exists():
        return is_alive(pid)
    try:
        arguments = (PROCESSES / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(data) in arguments


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def drop_stale(layout: Layout) -> None:
    """Remove lock files whose number belongs to a stranger now: PostgreSQL would believe them.

    A second server still cannot start: it finds the first one's shared memory by the folder.
    """
    for file in (layout.data / PID_FILE, layout.socket_lock):
        pid = read_pid(file)
        if pid is not None and is_alive(pid) and not serves(pid, layout.data):
            file.unlink(missing_ok=True)


def end(data: Path, mode: str) -> bool:
    """Stop the server and wait until its process is gone; False when none was there."""
    pid = find_postmaster(data)
    if pid is None:
        return False
    for step in dict.fromkeys((mode, "immediate")):  # Whoever does not listen is not asked twice.
        try:
            os.kill(pid, STOP_SIGNALS[step])
        except ProcessLookupError:
            return True
        if wait_until(lambda: not serves(pid, data), STOP_SECONDS_MAX):
            return True
    os.kill(pid, signal.SIGKILL)
    return wait_until(lambda: not serves(pid, data), STOP_SECONDS_MAX)
