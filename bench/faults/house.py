"""The house as an operator runs it: a database, `serve`, `worker`, started again when killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from tests.worlds import World, build, place_code

from bench.faults.shoppers import Shop
from bench.points import MeasuringError
from bench.serving import SERVE, answers_at, create_token, free_port, tail
from bench.stage import BUYERS, FIRST, HOT
from ovunque.kernel.ids import parse_public_id
from ovunque.orders.checking import check_now
from ovunque.platform.clock import new_id_source, now
from ovunque.platform.database import Database, DatabaseSizes
from ovunque.platform.embedded import Cluster, wait_until
from ovunque.platform.migrating import migrate

HOUSE = "house"
PLACES, ITEMS, HOT_UNITS = 4, 200, 150
START_SECONDS_MAX = 300
PROCESSES = Path("/proc")
API, WORKER = b"api", b"worker"


def furnish(cluster: Cluster) -> None:
    """A small network: enough of everything but of one item, which sells out meanwhile."""
    cluster.ensure_database(HOUSE)
    migrate(cluster.url(HOUSE))
    skus = item_names()
    stock = {(place_code(nth), sku): 100_000 for nth in range(PLACES) for sku in skus}
    stock |= {(place_code(nth), HOT): HOT_UNITS for nth in range(PLACES)}
    world = World(locations=PLACES, skus=[*skus, HOT], stock=stock)
    with Database(cluster.url(HOUSE)) as database:
        build(database, world, BUYERS, new_id_source(), now())


def item_names() -> list[str]:
    return [f"S{nth}" for nth in range(FIRST, FIRST + ITEMS)]


@dataclass(slots=True)
class Process:
    """A command that somebody starts again whenever it has ended."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    running: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with self.log.open("ab") as said:
            self.running = subprocess.Popen(
                [sys.executable, "-c", SERVE, *self.arguments],
                env={**os.environ, **self.environment},
                stdout=said,
                stderr=said,
            )

    @property
    def pid(self) -> int:
        assert self.running is not None
        return self.running.pid

    def kill(self) -> None:
        """As the kernel does when memory is short: it learns nothing of it."""
        assert self.running is not None
        self.running.kill()
        self.running.wait()

    def has_ended(self) -> bool:
        return self.running is None or self.running.poll() is not None

    def end(self) -> None:
        if self.running is None or self.has_ended():
            return
        self.running.terminate()
        try:
            self.running.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """All that runs; `direct` is the owner's own way to the database."""

    direct: str
    port: int
    token: str
    server: Process
    worker: Process

    def start_server(self) -> None:
        """Started again as long as its socket is still held by children that answer."""
        if not wait_until(self._serves, START_SECONDS_MAX):
            raise MeasuringError(f"the server does not start: {tail(self.server.log)}")

    def _serves(self) -> bool:
        if self.server.has_ended():
            self.server.start()
        return answers_at(self.port) and not self.server.has_ended()

    def children(self, kind: bytes) -> list[int]:
        """The processes below the server that serve, or that work."""
        return [pid for pid in children_of(self.server.pid) if kind in command_line(pid)]

    def shop(self) -> Shop:
        return Shop(port=self.port, token=self.token, skus=item_names(), hot=HOT)


def children_of(parent: int) -> list[int]:
    running = [int(entry.name) for entry in PROCESSES.iterdir() if entry.name.isdecimal()]
    return sorted(pid for pid in running if parent_of(pid) == parent)


def parent_of(pid: int) -> int:
    try:
        stat = (PROCESSES / str(pid) / "stat").read_text()
    except OSError:  # Gone this very moment.
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def command_line(pid: int) -> list[bytes]:
    try:
        return (PROCESSES / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


@contextmanager
def keeping_house(
    direct: str, url: str, workers: int, *, port: int | None = None, keys: Path | None = None
) -> Iterator[House]:
    """`serve` without a worker, and a `worker` beside it, on the database at `url`.

    `keys`: the file that opens what is sealed there, for a house that others will take over.
    """
    port = port or free_port()
    with TemporaryDirectory(prefix="ovunque-faults-") as folder:
        environment = {"DATABASE_URL": url, "PORT": str(port), "OVUNQUE_HOME": folder}
        if keys is not None:
            environment["OVUNQUE_PERSONAL_KEYS"] = str(keys)
        serve = ("serve", "--no-worker", "--workers", str(workers))
        house = House(
            direct=direct,
            port=port,
            token=create_token(direct),
            server=Process(serve, environment, Path(folder) / "server.log"),
            worker=Process(("worker",), environment, Path(folder) / "worker.log"),
        )
        try:
            house.start_server()
            house.worker.start()
            yield house
        finally:
            house.worker.end()
            house.server.end()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What shoppers were told, against what is there."""

    accepted: int
    lost: int
    double: int
    oversold: int
    wrong: tuple[str, ...]

    @property
    def clean(self) -> bool:
        return not (self.lost or self.double or self.oversold or self.wrong)


def judge(url: str, shop: Shop) -> Verdict:
    """Compare everything; the invariants are part of it."""
    told = {parse_public_id("ord", each) for each in shop.accepted.values()}
    with psycopg.connect(url, autocommit=True) as owner:
        there = {row[0] for row in owner.execute("select id from customer_order")}
        row = owner.execute(
            "select coalesce(sum(greatest(0, reserved + unavailable - on_hand)), 0), "
            "coalesce(sum(reserved), 0) from stock_level"
        ).fetchone()
    assert row is not None
    with Database(url, DatabaseSizes(connections_max=2)) as database:
        wrong = [str(each) for each in check_now(database)]
    if row[1] - shop.other_units != shop.units:
        units = row[1] - shop.other_units
        wrong.append(f"{units} units are reserved, shoppers were told of {shop.units}")
    return Verdict(
        accepted=len(told),
        lost=len(told - there),
        double=len(there - told) - shop.others,
        oversold=int(row[0]),
        wrong=(*shop.wrong[:5], *wrong),
    )


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
