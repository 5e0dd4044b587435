"""What is done to the house while people shop in it; each scene says how long they noticed."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from threading import Thread
from time import monotonic

import psycopg

from bench.faults.cutting import Scissors, proxied
from bench.faults.house import HOUSE, House, Verdict, furnish, judge, keeping_house, kill
from bench.faults.shoppers import Shop, shopping
from bench.points import MeasuringError
from ovunque.platform.embedded import Cluster, throwaway, wait_until
from ovunque.platform.migrating import Migration, migrate
from ovunque.platform.settings import read_settings

SHOPPERS = 6
RECOVERY_SECONDS_MAX = 180  # To fail by; what was measured stands in the table.
CALM_SECONDS = 0.6  # Between recovery and the next blow; chance adds up to as much.
API_PROCESSES = 2
# The supervisor gives up on what dies again and again soon after its start.
API_LIFE_SECONDS = 11.0


Tell = Callable[[str], None]


@dataclass(slots=True)
class Played:
    """One scene's outcome."""

    name: str
    times: int = 0
    recoveries: list[float] = field(default_factory=list)
    verdict: Verdict | None = None
    slowest: float = 0.0
    failed: Mapping[str, int] = field(default_factory=dict)
    skipped: str = ""
    notes: list[str] = field(default_factory=list)
    blemishes: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        sound = self.verdict is not None and self.verdict.clean and not self.blemishes
        return bool(self.skipped) or sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A scene under way."""

    cluster: Cluster
    house: House
    shop: Shop
    chance: random.Random
    played: Played
    tell: Tell

    def blow(self, strike: Callable[[], object], mend: Callable[[], object] = lambda: None) -> None:
        """Strike, mend, wait until people buy again, and let them for a while."""
        moment = monotonic()
        strike()
        mend()
        # What was on its way may still be told as sold, before the blow is felt.
        mended = monotonic()
        if not wait_until(lambda: self.shop.has_sold_since(mended), RECOVERY_SECONDS_MAX):
            raise MeasuringError(f"{self.played.name}: nobody can buy any more")
        time.sleep(CALM_SECONDS * (1 + self.chance.random()))
        seconds = self.shop.silence_since(moment)
        self.played.recoveries.append(seconds)
        self.played.times += 1
        self.tell(f"{self.played.name} {self.played.times}: {seconds:.2f} s without an order")


@contextmanager
def house_under_load(
    played: Played, tell: Tell, *, scissors: Scissors | None = None
) -> Iterator[Play]:
    """A house on a durable database with shoppers in it; judged when they have left."""
    with throwaway(read_settings().pg_bin, durable=True) as cluster:
        furnish(cluster)
        with proxied(cluster, HOUSE, scissors or Scissors()) as cut:
            url = cut if scissors else cluster.url(HOUSE)
            with playing(cluster, url, played, tell) as play:
                yield play


@contextmanager
def playing(cluster: Cluster, url: str, played: Played, tell: Tell) -> Iterator[Play]:
    """Shoppers in a house that reaches its database at `url`."""
    seed = random.randrange(10**6)
    with keeping_house(cluster.url(HOUSE), url, API_PROCESSES) as house:
        shop = house.shop()
        play = Play(
            cluster=cluster,
            house=house,
            shop=shop,
            chance=random.Random(seed),
            played=played,
            tell=tell,
        )
        with shopping(shop, SHOPPERS, seed):
            if not wait_until(lambda: len(shop.accepted) > 20, RECOVERY_SECONDS_MAX):
                raise MeasuringError(f"nobody can buy: {shop.wrong[:2]}")
            yield play
        house.worker.end()
        played.slowest, played.failed = shop.slowest, shop.attempts_failed
        if played.verdict is None:
            played.verdict = judge(house.direct, shop)


def kill_postgres(play: Play, times: int) -> None:
    """Every second time the whole server, else one of its processes: then it restarts itself."""
    for nth in range(times):
        pid = play.cluster.status().pid
        assert pid is not None
        if nth % 2:
            play.blow(
                lambda: kill_backend(play),
                lambda: wait_until(play.cluster.answers, RECOVERY_SECONDS_MAX),
            )
        else:
            play.blow(lambda pid=pid: kill(pid), play.cluster.start)  # type: ignore[misc]


def kill_backend(play: Play) -> None:
    """One process of PostgreSQL; felt when the others are ended because of it."""
    with closing(psycopg.connect(play.house.direct, autocommit=True)) as witness:
        kill(play.chance.choice([pid for pid in backends(play) if pid != witness.info.backend_pid]))
        wait_until(lambda: is_cut_off(witness), RECOVERY_SECONDS_MAX)


def is_cut_off(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("select 1")
    except psycopg.OperationalError:
        return True
    return False


def kill_api(play: Play, times: int) -> None:
    """One of the processes that serve, each in its turn: the others go on."""
    for _ in range(times):
        pid = play.house.children(b"api")[0]  # The one that has lived longest.
        began = monotonic()
        play.blow(lambda pid=pid: kill(pid), lambda: healed(play))  # type: ignore[misc]
        time.sleep(max(0.0, API_LIFE_SECONDS / API_PROCESSES - (monotonic() - began)))


def healed(play: Play) -> bool:
    return wait_until(
        lambda: len(play.house.children(b"api")) == API_PROCESSES, RECOVERY_SECONDS_MAX
    )


def kill_server(play: Play, times: int) -> None:
    """`ovunque serve` itself: its children end by themselves, and it is started again."""
    for _ in range(times):
        play.blow(play.house.server.kill, play.house.start_server)


def kill_worker(play: Play, times: int) -> None:
    """The worker, at any moment; recovered when it moves orders on again."""
    for nth in range(times):
        time.sleep(play.chance.random())
        moment = monotonic()
        play.house.worker.kill()
        before = offers(play)
        play.house.worker.start()
        if not wait_until(lambda before=before: offers(play) > before, RECOVERY_SECONDS_MAX):  # type: ignore[misc]
            raise MeasuringError("the worker does not come back")
        play.played.recoveries.append(monotonic() - moment)
        play.played.times = nth + 1
        play.tell(f"worker {nth + 1}: works after {play.played.recoveries[-1]:.2f} s")


def terminate(play: Play, times: int) -> None:
    """Every connection of the house at once, by pg_terminate_backend."""
    for _ in range(times):
        play.blow(lambda: ask(play, TERMINATE))


def restart(play: Play, times: int) -> None:
    """PostgreSQL stopped and started in order, as for an update."""
    for _ in range(times):
        play.blow(play.cluster.stop, play.cluster.start)


def cut(play: Play, scissors: Scissors, times: int) -> None:
    """The answer to a COMMIT lost; every fourth time the COMMIT itself."""
    for nth in range(times):
        name, wanted = "before" if nth % 4 == 3 else "after", scissors.cut + 1

        def arm(name: str = name, wanted: int = wanted) -> None:
            with scissors.lock:
                setattr(scissors, name, 1)
            assert wait_until(lambda: scissors.cut >= wanted, RECOVERY_SECONDS_MAX)

        play.blow(arm)


BACKENDS = """
select pid from pg_stat_activity
 where backend_type = 'client backend' and pid <> pg_backend_pid() and datname = current_database()
"""
TERMINATE = f"select pg_terminate_backend(pid) from ({BACKENDS}) as theirs"
OFFERS = "select count(*) from offer"


def ask(play: Play, question: str) -> list[tuple[int]]:
    with psycopg.connect(play.house.direct, autocommit=True) as owner:
        return list(owner.execute(question.encode()))


def backends(play: Play) -> list[int]:
    return [row[0] for row in ask(play, BACKENDS)]


def offers(play: Play) -> int:
    return ask(play, OFFERS)[0][0]


def renew(play: Play, times: int) -> None:
    """Every process replaced by a new one, as for an update: nobody may notice."""
    for _ in range(times):
        before = {*play.house.children(b"api")}

        def renewed(before: set[int] = before) -> bool:
            now = {*play.house.children(b"api")}
            return len(now) == API_PROCESSES and not now & before

        def wait() -> None:
            if not wait_until(renewed, RECOVERY_SECONDS_MAX):
                raise MeasuringError("the processes are not renewed")

        play.blow(lambda: os.kill(play.house.server.pid, signal.SIGUSR1), wait)


MIGRATION = """
alter table customer_order add column tried_at timestamptz;
alter table reservation add column tried_at timestamptz;
alter table stock_level add constraint tried check (version > 0) not valid;
create table tried (order_id uuid primary key, at timestamptz not null);
insert into tried select id, placed_at from customer_order;
"""
READING_SECONDS = 3.0


def migrate_under_load(play: Play, times: int) -> None:
    """Columns and a table more, while somebody reads orders for seconds: nobody waits in line."""
    for nth in range(times):
        text = MIGRATION.replace("tried", f"tried_{nth}")
        migration = Migration(f"9{nth:03}_tried.sql", text)
        play.blow(lambda migration=migration: migrate_beside_a_reader(play, migration))  # type: ignore[misc]


def migrate_beside_a_reader(play: Play, migration: Migration) -> None:
    url = play.house.direct
    with psycopg.connect(url, autocommit=True) as reader:
        reader.execute("set idle_in_transaction_session_timeout = 0")
        reader.execute("begin")
        reader.execute("select count(*) from customer_order")
        migrating = Thread(target=migrate, args=(url, (migration,)))
        migrating.start()
        time.sleep(READING_SECONDS)
        reader.execute("commit")
        migrating.join()
