"""Waiting with an end, and one process at a time."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from ovunque.kernel.refusal import Refusal

LOCK_SECONDS_MAX = 90
PAUSE_SECONDS = 0.02


def wait_until(check: Callable[[], bool], seconds: float) -> bool:
    """Whether the check came true in time."""
    deadline = monotonic() + seconds
    while not check():
        if monotonic() >= deadline:
            return False
        sleep(PAUSE_SECONDS)
    return True


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """The folder for this process alone; yields the handle that holds the lock.

    The lock is on the folder itself, so no file is left behind, and the system gives it back
    when its holder dies. A child that inherits the handle keeps the lock until it ends too.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if not wait_until(lambda: try_lock(handle), LOCK_SECONDS_MAX):
            raise Refusal(
                "database_start_failed",
                detail=f"another process has been busy in {folder} for {LOCK_SECONDS_MAX} s",
            )
        yield handle
    finally:
        os.close(handle)


def try_lock(handle: int) -> bool:
    """Whether the lock is ours now."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
