"""A disk that is full: a small file system of its own holds all of PostgreSQL, data and log."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic, sleep

from bench.crowd import order_body
from bench.faults.house import HOUSE, House, furnish
from bench.faults.scenes import CALM_SECONDS, RECOVERY_SECONDS_MAX, Play, Played, Tell, playing
from bench.points import MeasuringError
from ovunque.platform.embedded import Cluster, find_binaries, wait_until
from ovunque.platform.embedded.throwaway import temporary_place
from ovunque.platform.settings import read_settings

SIZE_MB = 320
BLOCK = bytes(1024 * 1024)
FULL_SECONDS = 3.0  # Orders are refused for so long, before somebody makes room.
CHECKPOINT_MB = 64  # Of log between checkpoints: the small disk has room for no more.


@dataclass(frozen=True, slots=True)
class Disk:
    root: Path

    @property
    def filler(self) -> Path:
        return self.root / "filler"

    def fill(self) -> None:
        with suppress(OSError), self.filler.open("ab", buffering=0) as file:
            while True:
                file.write(BLOCK)

    def free(self) -> None:
        self.filler.unlink(missing_ok=True)


def run_out_of_room(played: Played, times: int, tell: Tell) -> None:
    """Somebody else's file takes all room, orders are refused, and taken again when there is."""
    with small_disk() as disk:
        if disk is None:
            played.skipped = "only root may mount a small file system"
            return
        cluster = Cluster(disk.root / "database", find_binaries(read_settings().pg_bin))
        try:
            shop_on(cluster, disk, times, played, tell)
        finally:
            disk.free()
            cluster.stop("immediate")


def shop_on(cluster: Cluster, disk: Disk, times: int, played: Played, tell: Tell) -> None:
    cluster.start()
    furnish(cluster)
    bound_log(cluster)
    with playing(cluster, cluster.url(HOUSE), played, tell) as play:
        for _ in range(times):
            fill_up(play, disk)


@contextmanager
def small_disk() -> Iterator[Disk | None]:
    root = Path(mkdtemp(prefix="ovq-disk-", dir=temporary_place()))
    mount = ("mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=711", "ovunque", str(root))
    mounted = os.geteuid() == 0 and done(*mount)
    try:
        yield Disk(root) if mounted else None
    finally:
        if mounted:
            done("umount", "--lazy", str(root))
        root.rmdir()


def done(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def bound_log(cluster: Cluster) -> None:
    """The disk is for the data: a log of gigabytes would fill it without anybody's help."""
    with (cluster.layout.data / "postgresql.conf").open("a") as file:
        file.write(f"min_wal_size = '{CHECKPOINT_MB}MB'\nmax_wal_size = '{CHECKPOINT_MB}MB'\n")
    cluster.stop()
    cluster.start()


def fill_up(play: Play, disk: Disk) -> None:
    """Full until orders are refused, and somewhat longer; then somebody makes room."""
    refused = play.shop.attempts_failed["503"]
    disk.fill()
    if not wait_until(lambda: refuses(play, disk, refused), RECOVERY_SECONDS_MAX):
        raise MeasuringError("a full disk refuses nothing")
    accepted = len(play.shop.accepted)
    why = told_when_full(play.house)
    sleep(FULL_SECONDS)
    running = play.cluster.status().running
    meanwhile = len(play.shop.accepted) - accepted
    moment = monotonic()
    disk.free()
    play.cluster.start()
    if not wait_until(lambda: play.shop.has_sold_since(moment), RECOVERY_SECONDS_MAX):
        raise MeasuringError("nobody can buy after room was made")
    sleep(CALM_SECONDS)
    seconds = play.shop.silence_since(moment)
    play.played.recoveries.append(seconds)
    play.played.times += 1
    play.tell(
        f"disk {play.played.times}: {meanwhile} orders while full, PostgreSQL "
        f"{'ran' if running else 'was down'}, told {why}; {seconds:.2f} s until the next order"
    )
    if why != "503, Retry-After 1":
        play.played.blemishes.append(f"an order was told {why} while the disk was full")


def refuses(play: Play, disk: Disk, before: int) -> bool:
    disk.fill()  # What a checkpoint gave back is taken too.
    return play.shop.attempts_failed["503"] > before


def told_when_full(house: House) -> str:
    """What one more order is answered, once it is refused."""
    connection = HTTPConnection("127.0.0.1", house.port, timeout=30)
    headers = {
        "Authorization": f"Bearer {house.token}",
        "Idempotency-Key": f"full-{monotonic()}",
        "Content-Type": "application/json",
    }
    # Of an item that nobody has: it could not be accepted, whatever the disk says.
    connection.request("POST", "/v1/orders", order_body("full", ["NOTHING"]), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return f"{answer.status}, Retry-After {answer.headers['Retry-After']}"
