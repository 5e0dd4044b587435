"""Takes a base backup of a running server, and follows its log from then on."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ovunque.kernel.refusal import Refusal
from ovunque.platform.backing_up.shelf import PARTIAL, STAMP, Base, Shelf, run
from ovunque.platform.embedded import wait_until

SLOT = "ovunque_backup"  # Keeps on the server what we have not received yet.
FOLLOWING_SECONDS_MAX = 30
ENDING_SECONDS_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A running server, and the programs that copy from it."""

    url: str  # As somebody who may replicate: for the embedded server its owner.
    programs: Path


def take_base(source: Source, shelf: Shelf, now: datetime) -> Base:
    """A new base, checked against its own list of files; complete, or not there at all."""
    target = shelf.bases / now.strftime(STAMP)
    unfinished = shelf.bases / "unfinished"
    shelf.bases.mkdir(mode=0o700, parents=True, exist_ok=True)
    if target.exists():
        raise Refusal("backup_failed", detail=f"{target} is there already")
    if unfinished.exists():
        run(["rm", "-rf", unfinished])
    copy: list[str | Path] = [source.programs / "pg_basebackup", "-d", source.url, "-D", unfinished]
    run([*copy, "--checkpoint=fast", "--wal-method=stream", "--no-password"])
    run([source.programs / "pg_verifybackup", "--quiet", unfinished])
    unfinished.rename(target)
    return Base(target, now)


@contextmanager
def following(source: Source, shelf: Shelf) -> Iterator["subprocess.Popen[bytes]"]:
    """The log as it is written, kept until the end; the server holds what is not received yet.

    It waits by itself for a server that is away.
    """
    shelf.log.mkdir(mode=0o700, parents=True, exist_ok=True)
    receive: list[str | Path] = [source.programs / "pg_receivewal", "-d", source.url]
    receive += ["-D", shelf.log, "--slot", SLOT, "--no-password"]
    run([*receive, "--create-slot", "--if-not-exists"])
    process = subprocess.Popen([*receive, "--synchronous"])  # noqa: S603 - PostgreSQL's program
    try:
        wait_until(lambda: is_following(shelf) or process.poll() is not None, FOLLOWING_SECONDS_MAX)
        if process.poll() is not None or not is_following(shelf):
            raise Refusal("backup_failed", detail="the server's log cannot be followed")
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(ENDING_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def is_following(shelf: Shelf) -> bool:
    return any(shelf.log.glob(f"*{PARTIAL}"))
