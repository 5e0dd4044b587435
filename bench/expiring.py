"""Holds whose time is over all at once, while orders come at a steady pace and a worker works."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psycopg
import uvloop

from bench.buyers import Load, orders_of, random_carts
from bench.options import Options
from bench.points import MeasuringError
from bench.serving import SERVE, tail
from bench.stage import BUYERS, Stage
from ovunque.app import answer_in_loop, furnish
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.orders.placing import Answered
from ovunque.orders.receiving import Asked, Intake
from ovunque.platform.database import Database
from ovunque.platform.settings import Settings

ORDERS_PER_SECOND = 60
CREATED = 201
LOOK_SECONDS = 0.5
EXPIRY_SECONDS_MAX = 60.0
GIVEN_UP_SECONDS = 300.0

# One unit of each level, again and again until there are enough; all end in the same moment.
HOLDS = """
with drawn as (
  select gen_random_uuid() as id, sku, location_id
    from generate_series(1, %(holds)s / (select count(*) from stock_level) + 1) as round,
         stock_level order by round, sku, location_id limit %(holds)s
), seller as (select id from channel limit 1
), kept as (
  insert into hold (id, channel_id, client_id, reference, created_at, expires_at, lines)
  select drawn.id, seller.id, %(client)s, drawn.id::text, now() - interval '1 hour', %(until)s,
         json_build_array(json_build_array(sku, 1))
    from drawn, seller
), claims as (
  insert into reservation (id, line_id, sku, location_id, quantity, state, expires_at, channel_id,
                           hold_id)
  select gen_random_uuid(), drawn.id, sku, location_id, 1, 'held', %(until)s, seller.id, drawn.id
    from drawn, seller
)
update stock_level as level set reserved = reserved + units, version = version + 1
  from (select sku, location_id, count(*)::int as units
          from drawn group by sku, location_id) as told
 where (level.sku, level.location_id) = (told.sku, told.location_id)
"""


@dataclass(slots=True)
class Paced:
    """Orders at a steady pace: each counts from the moment in which it was due."""

    intake: Intake
    orders: Iterator[Asked]
    seconds: list[float] = field(default_factory=list)
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """What it took, and what the orders felt of it."""

    seconds: float
    p99_without_ms: float
    p99_with_ms: float
    figures: dict[str, float]
    violations: tuple[str, ...]


def measure(stage: Stage, options: Options, holds: int) -> Expiry:
    """Orders without anything that expires, with it, and without it again."""
    url = stage.fresh_url()
    with (
        Database(url) as database,
        furnish(Settings(), database, answer_in_loop) as services,
        working(url),
    ):
        load = Load(
            name="paced",
            clients=1,
            seconds=options.seconds,
            warmup_seconds=options.warmup_seconds,
            carts=random_carts(stage, seed=holds),
        )
        orders = orders_of(load)
        enough = _after(2 * options.warmup_seconds)  # The worker starts meanwhile.
        uvloop.run(_pace(Paced(services.intake, orders), enough))
        calm = Paced(services.intake, orders)
        uvloop.run(_pace(calm, _after(options.seconds)))
        fill(url, holds)
        stage.settle()
        busy = Paced(services.intake, orders)
        began = time.perf_counter()
        uvloop.run(_pace(busy, lambda: _given_up(began) or not _is_any_held(database)))
        took = time.perf_counter() - began
        options.tell(f"{holds:,} holds expired in {took:.1f} s, {len(busy.seconds)} orders")
        uvloop.run(_pace(calm, _after(options.seconds)))
        wrong = [f"{each.invariant}: {each.examples[0]}" for each in check_now(database)]
        expired = _count(database, "state = 'expired'")
    if expired != holds:
        wrong.append(f"{expired} of {holds} holds have expired")
    if calm.failed or busy.failed:
        wrong.append(f"{calm.failed + busy.failed} orders were refused")
    return Expiry(
        seconds=took,
        p99_without_ms=_p99(calm),
        p99_with_ms=_p99(busy),
        figures=_figures(f"{holds:,}", took, calm, busy),
        violations=tuple(wrong),
    )


def _figures(holds: str, took: float, calm: Paced, busy: Paced) -> dict[str, float]:
    p50, p50_busy = (float(np.median(each.seconds)) * 1e3 for each in (calm, busy))
    return {
        f"s until {holds} holds have expired": round(took, 1),
        f"  orders a second while {holds} expire": round(len(busy.seconds) / took, 1),
        f"  ms an order, p50, before {holds} expire": round(p50, 2),
        f"  ms an order, p50, while {holds} expire": round(p50_busy, 2),
        f"  ms an order, p99, before {holds} expire": round(_p99(calm), 2),
        f"  ms an order, p99, while {holds} expire": round(_p99(busy), 2),
    }


def fill(url: str, holds: int) -> None:
    """Holds that ended a moment ago, written at once: nobody could make them so fast."""
    with psycopg.connect(url, autocommit=True) as owner:
        until = owner.execute("select now()").fetchall()[0][0]
        asked = {"holds": holds, "client": BUYERS.client_id, "until": until}
        owner.execute(HOLDS, asked)
        owner.execute("analyze reservation, hold")


@contextmanager
def working(url: str) -> Iterator[None]:
    """`ovunque worker` as it is really started, until the end."""
    with tempfile.TemporaryDirectory(prefix="ovunque-bench-") as folder:
        log = Path(folder) / "log"
        environment = {**os.environ, "DATABASE_URL": url, "OVUNQUE_HOME": folder}
        command = [sys.executable, "-c", SERVE, "worker"]
        with log.open("wb") as said:
            process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
        try:
            yield
            if process.poll() is not None:
                raise MeasuringError(f"the worker has ended: {tail(log)}")
        finally:
            process.terminate()
            process.wait()


def _after(seconds: float) -> Callable[[], bool]:
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() >= end


def _given_up(began: float) -> bool:
    return time.perf_counter() - began > GIVEN_UP_SECONDS


def _is_any_held(database: Database) -> bool:
    return _count(database, "state = 'held'", at_most=1) > 0


def _count(database: Database, condition: str, at_most: int | None = None) -> int:
    told = f"select count(*) from (select from reservation where {condition} limit %s) as found"
    found = database.read(lambda tx: tx.execute(told, [at_most]).fetchone())
    assert found is not None
    return int(found[0])


async def _pace(paced: Paced, is_over: Callable[[], bool]) -> None:
    """Ask at a steady pace until it is over; whoever has asked gets the answer."""
    loop, began = asyncio.get_running_loop(), time.perf_counter()
    buyers: list[asyncio.Task[None]] = []
    over = loop.run_in_executor(None, _wait, is_over)
    while not over.done():
        due = began + len(buyers) / ORDERS_PER_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        buyers.append(asyncio.create_task(_buy(paced, due)))
    await asyncio.gather(*buyers)


def _wait(is_over: Callable[[], bool]) -> None:
    while not is_over():
        time.sleep(LOOK_SECONDS)


async def _buy(paced: Paced, due: float) -> None:
    answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
    try:
        paced.intake.submit(next(paced.orders), answer)
        status = (await answer).answer.status
    except Refusal:
        status = 0
    paced.seconds.append(time.perf_counter() - due)
    paced.failed += status != CREATED


def _p99(paced: Paced) -> float:
    return float(np.percentile(paced.seconds, 99)) * 1e3
