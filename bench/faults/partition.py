"""A cable that is pulled: PostgreSQL lives in a network of its own, and packets stop to arrive."""

import ctypes
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import psycopg
from psycopg.conninfo import make_conninfo

from bench.faults.house import HOUSE, furnish
from bench.faults.room import done
from bench.faults.scenes import CALM_SECONDS, RECOVERY_SECONDS_MAX, Play, Played, Tell, playing
from bench.points import MeasuringError
from ovunque.platform.database import connect, service_conninfo
from ovunque.platform.embedded import Cluster, throwaway, wait_until
from ovunque.platform.settings import read_settings

SPACE, HERE, THERE = f"ovq-{os.getpid()}", f"ovqa{os.getpid()}"[:15], f"ovqb{os.getpid()}"[:15]
OUR_ADDRESS, ITS_ADDRESS = "10.213.7.1", "10.213.7.2"
NOBODY = "02:00:00:00:00:99"  # Frames to this card reach none.
NEW_NETWORK = 0x40000000  # CLONE_NEWNET of setns(2).
LOCK = 84_17
LOCK_SECONDS_MAX = 6.0
SLACK_SECONDS = 1.0  # Of a busy machine.


def pull_cable(played: Played, times: int, tell: Tell) -> None:
    """Packets are lost without a word, for as long as a lock of ours is not free, and longer."""
    with network() as there, ExitStack() as ending:
        if not there:
            played.skipped = "only root may make networks, where the system has them"
            return
        cluster = ending.enter_context(throwaway(read_settings().pg_bin, durable=True))
        furnish(cluster)
        move(cluster)
        url = make_conninfo(host=ITS_ADDRESS, port=5432, dbname=HOUSE, user="ovunque_owner")
        with playing(cluster, url, played, tell) as play:
            for _ in range(times):
                part(play, url)
        longest = max(float(each.split()[1]) for each in played.notes)
        played.notes[:] = [f"a lock of whoever was cut off was free after {longest:.1f} s at most"]
        if longest > LOCK_SECONDS_MAX + SLACK_SECONDS:
            played.blemishes.append(f"a lock was held for {longest:.1f} s")


@contextmanager
def network() -> Iterator[bool]:
    """A network with one cable to it; False where there cannot be one."""
    ours = os.geteuid() == 0 and done("ip", "netns", "add", SPACE)
    try:
        yield ours and all(done("ip", *each.split()) for each in cable())
    finally:
        if ours:
            done("ip", "netns", "delete", SPACE)
            done("ip", "link", "delete", HERE)


def cable() -> tuple[str, ...]:
    return (
        f"link add {HERE} type veth peer name {THERE} netns {SPACE}",
        f"address add {OUR_ADDRESS}/30 dev {HERE}",
        f"link set {HERE} up",
        f"-n {SPACE} address add {ITS_ADDRESS}/30 dev {THERE}",
        f"-n {SPACE} link set {THERE} up",
        f"-n {SPACE} link set lo up",
    )


def move(cluster: Cluster) -> None:
    """Start the server over there; its socket in the file system still leads to it from here."""
    with (cluster.layout.data / "postgresql.conf").open("a") as file:
        file.write(f"listen_addresses = '{ITS_ADDRESS}'\n")
    with (cluster.layout.data / "pg_hba.conf").open("a") as file:
        file.write(f"host all all {OUR_ADDRESS}/32 trust\n")
    cluster.stop()
    in_space(cluster.start)


def in_space(work: Callable[[], object]) -> None:
    """Networks belong to threads: what one starts lives in its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    failed: list[Exception] = []

    def run() -> None:
        try:
            with Path(f"/run/netns/{SPACE}").open() as space:
                if libc.setns(space.fileno(), NEW_NETWORK):
                    raise OSError(ctypes.get_errno(), "setns")
            work()
        except Exception as error:
            failed.append(error)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def cut() -> None:
    """Both ends send to a card that nobody has: nothing is refused, nothing arrives."""
    for here, address, card in (([], ITS_ADDRESS, HERE), (["-n", SPACE], OUR_ADDRESS, THERE)):
        change = ["neigh", "replace", address, "lladdr", NOBODY, "dev", card, "nud", "permanent"]
        subprocess.run(["ip", *here, *change], check=True)


def heal() -> None:
    for here, address, card in (([], ITS_ADDRESS, HERE), (["-n", SPACE], OUR_ADDRESS, THERE)):
        subprocess.run(["ip", *here, "neigh", "delete", address, "dev", card], check=True)


def part(play: Play, url: str) -> None:
    failed = sum(play.shop.attempts_failed.values())
    with closing(connect(service_conninfo(url))) as holder:
        holder.execute("begin")
        holder.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        cut()
        began = monotonic()
        with psycopg.connect(play.house.direct, autocommit=True) as other:
            other.execute("select pg_advisory_lock(%s)", [LOCK])
        held = monotonic() - began
        wait_until(lambda: sum(play.shop.attempts_failed.values()) > failed, RECOVERY_SECONDS_MAX)
        moment = monotonic()
        heal()
    if not wait_until(lambda: play.shop.has_sold_since(moment), RECOVERY_SECONDS_MAX):
        raise MeasuringError("nobody can buy after the network came back")
    sleep(CALM_SECONDS)
    seconds = play.shop.silence_since(moment)
    play.played.recoveries.append(seconds)
    play.played.times += 1
    play.played.notes.append(f"held {held:.2f} s")
    play.tell(
        f"partition {play.played.times}: lock free after {held:.2f} s, {seconds:.2f} s to heal"
    )
