"""A cluster for tests and benchmarks that is gone afterwards."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ovunque.platform.embedded import postmaster
from ovunque.platform.embedded.account import CLUSTER_FOLDER, server_account
from ovunque.platform.embedded.binaries import find_binaries
from ovunque.platform.embedded.cluster import Cluster
from ovunque.platform.embedded.layout import SHORT, Layout
from ovunque.platform.embedded.tuning import memory_bytes
from ovunque.platform.embedded.waiting import try_lock

PREFIX = "ovunque-throwaway-"
MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder inside, as anywhere
ROOM_BYTES = 2 * 1024**3  # Of one test process: its log of changes, and a few databases.


@contextmanager
def throwaway(
    pg_bin: Path | None = None, durable: bool = False, in_memory: bool = False
) -> Iterator[Cluster]:
    """A new cluster in a temporary folder; benchmarks ask for a durable one, tests for memory.

    The folder stays locked while its owner lives, so the next one sweeps what a killed one left.
    """
    place = (in_memory and memory_place()) or temporary_place()
    sweep(place)
    folder = Path(tempfile.mkdtemp(prefix="ovunque-new-", dir=place))
    handle = os.open(folder, os.O_RDONLY)
    try_lock(handle)
    folder = folder.rename(folder.with_name(folder.name.replace("ovunque-new-", PREFIX)))
    folder.chmod(0o711)
    cluster = Cluster(folder / CLUSTER_FOLDER, find_binaries(pg_bin), durable)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop("immediate")
        shutil.rmtree(folder)
        os.close(handle)


def memory_place(room: int = ROOM_BYTES) -> Path | None:
    """A folder that is kept in memory and has room for the databases of many tests, if there is.

    A database is seven hundred files. On a disk whoever has just removed as many waits for new
    ones: ext4 gives no file the number of one that went within the last seconds, and looks at each.
    """
    try:
        told = os.statvfs(MEMORY)
    except OSError:
        return None
    free = min(told.f_bavail * told.f_frsize, memory_bytes() // 2)
    account = server_account()
    closed = account.closed_part(MEMORY) if account.lent else not os.access(MEMORY, os.W_OK)
    return None if closed or free < room else MEMORY


def temporary_place() -> Path:
    """The person's folder for temporary files, unless the server's account cannot enter it."""
    asked, account = Path(tempfile.gettempdir()), server_account()
    return SHORT if account.lent and account.closed_part(asked) else asked


def sweep(place: Path) -> None:
    """Stop and remove clusters whose owners were killed."""
    for folder in place.glob(f"{PREFIX}*"):
        try:
            handle = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:  # Another user's, or gone this very moment.
            continue
        ours = os.fstat(handle).st_uid == os.geteuid()
        if ours and try_lock(handle) and folder.exists():
            postmaster.end(Layout(folder.resolve() / CLUSTER_FOLDER).data, "immediate")
            # Children of a killed server may still be taking their files away.
            shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)
