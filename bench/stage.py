"""Where benchmarks play: a durable server of their own, and a retail network on it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
from psycopg import sql
from tests.worlds import CHANNEL, World, build, place_code, place_id

from ovunque.access.model import Actor, Scope
from ovunque.platform.clock import new_id_source, now
from ovunque.platform.database import Database
from ovunque.platform.embedded import Cluster, throwaway
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings

WORLD, HOUSE, FLOORS = "bench_world", "bench_house", "bench_floors"
CONNECTIONS_MAX = 640  # The floors open one connection for each client.
LOG_MEGABYTES = 512  # As many as the server keeps at the least: see `platform.embedded.tuning`.
UNITS_MAX = 1_000_000
HOT = "HOT"
FIRST = 10_001  # Of the numbers of items: all names are equally long.
BUYERS = Actor(name="bench", client_id=UUID(int=7), scopes=frozenset({Scope.ALL}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large the network is; each item lies in every location."""

    locations: int = 20
    items: int = 5_000

    def skus(self) -> list[str]:
        return [f"S{nth}" for nth in range(FIRST, FIRST + self.items)]

    def world(self) -> World:
        """Enough of everything: nothing ever sells out, and the first location is the cheapest."""
        skus, places = self.skus(), [place_code(nth) for nth in range(self.locations)]
        stock = {(place, sku): 20_000 for place in places for sku in skus}
        stock |= {(place, HOT): UNITS_MAX for place in places}
        return World(locations=self.locations, skus=[*skus, HOT], stock=stock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running server with a network in a database, and copies of it to sell from.

    Each started server gets a copy of its own: its worker is not to catch up with orders that
    others have taken in.
    """

    cluster: Cluster
    size: Size
    sold: list[str] = field(default_factory=lambda: [HOUSE])  # Databases that we sell from.

    @property
    def url(self) -> str:
        """The database of what runs in this process."""
        return self.cluster.url(HOUSE)

    @property
    def floors_url(self) -> str:
        return self.cluster.url(FLOORS)

    def fresh_url(self) -> str:
        """A database of its own for one server."""
        self.sold.append(f"{HOUSE}_{len(self.sold)}")
        self.copy(self.sold[-1])
        return self.cluster.url(self.sold[-1])

    def copy(self, name: str) -> None:
        with psycopg.connect(self.cluster.url("postgres"), autocommit=True) as owner:
            copied = sql.SQL("create database {} template {}")
            owner.execute(copied.format(sql.Identifier(name), sql.Identifier(WORLD)))

    @property
    def server(self) -> int:
        """The process of the database server; its connections' processes are below it."""
        pid = self.cluster.status().pid
        assert pid is not None
        return pid

    def settle(self) -> None:
        """Write out what earlier measurements left, so that the next one does not pay for it."""
        with psycopg.connect(self.cluster.url("postgres"), autocommit=True) as owner:
            owner.execute("checkpoint")

    def fill_logs(self) -> None:
        """Give the server the log files of one that has run for a day.

        It uses each of them again; a new server makes them, while somebody waits.
        """
        with psycopg.connect(self.cluster.url("postgres"), autocommit=True) as owner:
            owner.execute(
                "select count(pg_logical_emit_message(false, 'bench', repeat('x', 1048576)))"
                "  from generate_series(1, %s)",
                [LOG_MEGABYTES],
            )
            owner.execute("checkpoint")

    def names(self) -> Mapping[str, str]:
        """What the floors' scripts have to know of the network."""
        with Database(self.url) as database:
            location = database.read(lambda tx: place_id(tx, place_code(0)))
            channel = database.read(
                lambda tx: tx.execute("select id from channel where code = %s", [CHANNEL])
            ).fetchone()
        assert channel is not None
        return {
            "location": str(location),
            "channel": str(channel[0]),
            "first": str(FIRST),
            "items": str(self.size.items),
        }


@contextmanager
def open_stage(size: Size, *, watched: bool = False) -> Iterator[Stage]:
    """A durable server that is gone afterwards, furnished; a watched one counts its statements."""
    with throwaway(read_settings().pg_bin, durable=True) as cluster:
        with psycopg.connect(cluster.url("postgres"), autocommit=True) as owner:
            owner.execute(f"alter system set max_connections = {CONNECTIONS_MAX}")
            if watched:
                owner.execute("alter system set shared_preload_libraries = 'pg_stat_statements'")
                owner.execute("alter system set pg_stat_statements.track_planning = on")
        cluster.stop()
        cluster.start()
        yield furnish_stage(cluster, size)


def furnish_stage(cluster: Cluster, size: Size) -> Stage:
    """A network of this size on a server that runs, and its first copies."""
    cluster.ensure_database(WORLD)
    url = cluster.url(WORLD)
    migrate(url)
    with Database(url) as database:
        build(database, size.world(), BUYERS, new_id_source(), now())
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("vacuum analyze")
    stage = Stage(cluster=cluster, size=size)
    for name in (HOUSE, FLOORS):
        stage.copy(name)
    return stage
