"""Buyers in the server's own process: each asks for the next order when it has its answer."""

import asyncio
import gc
import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count, islice

import uvloop
from tests.worlds import asked

from bench.machine import Reading, read, read_threads
from bench.points import Done, Point, Window, between, point_of
from bench.stage import BUYERS, HOT, Stage
from ovunque.app import answer_in_loop, furnish
from ovunque.kernel.refusal import Refusal
from ovunque.orders.placing import Answered
from ovunque.orders.receiving import Asked, Intake
from ovunque.platform.database import Database
from ovunque.platform.settings import Settings
from ovunque.platform.telemetry import BATCH_SIZE

CREATED = 201
ORDERS_READY_PER_SECOND = 5_000
MEASUREMENTS = count()
THREADS = {"MainThread": "loop", "batcher": "writer", "follower": "follower"}

Cart = Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked, by how many at once, for how long."""

    name: str
    clients: int
    seconds: float
    warmup_seconds: float
    carts: Iterator[Cart]


def random_carts(stage: Stage, seed: int) -> Iterator[Cart]:
    """Orders of two different items."""
    chance, skus = random.Random(seed), stage.size.skus()
    while True:
        first, second = chance.sample(skus, 2)
        yield ((first, 1), (second, 1))


def hot_carts() -> Iterator[Cart]:
    """Everybody wants one unit of the same item."""
    while True:
        yield ((HOT, 1),)


@dataclass(slots=True)
class Run:
    """A measurement under way."""

    load: Load
    intake: Intake
    orders: Iterator[Asked]
    done: list[Done] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    ending: bool = False


def measure(stage: Stage, load: Load) -> Point:
    """Orders accepted by one house with one intake, as it stands in an API process."""
    stage.settle()
    with (
        Database(stage.url) as database,
        furnish(Settings(), database, answer_in_loop) as services,
    ):
        run = Run(load, services.intake, made_before(load))
        window, batches = uvloop.run(_drive(stage, run))
    accepted = run.statuses.pop(str(CREATED), 0)
    return point_of(
        load.name,
        load.clients,
        run.done,
        window,
        batch_mean=round(batches, 1),
        accepted=accepted,
        failed=run.statuses.total(),
    )


def orders_of(load: Load) -> Iterator[Asked]:
    """Each under a key that no other measurement of this run has used."""
    measurement = next(MEASUREMENTS)
    for nth, cart in enumerate(load.carts):
        yield asked(BUYERS, f"buyer-{measurement}-{nth}", cart)


def made_before(load: Load) -> Iterator[Asked]:
    """The same, most of them made before anybody buys: what that takes is no part of an order.

    The floors' clients are other processes; ours would make theirs on the intake's own thread.
    """
    orders = orders_of(load)
    seconds = load.seconds + load.warmup_seconds
    ready = list(islice(orders, int(ORDERS_READY_PER_SECOND * seconds)))
    gc.freeze()  # They would be looked at in every collection.
    return chain(ready, orders)


async def _drive(stage: Stage, run: Run) -> tuple[Window, float]:
    buyers = [asyncio.create_task(_buy(run)) for _ in range(run.load.clients)]
    await asyncio.sleep(run.load.warmup_seconds)
    batches, before = _batches(), _used(stage)
    await asyncio.sleep(run.load.seconds)
    after, later = _used(stage), _batches()
    run.ending = True
    await asyncio.gather(*buyers)
    return between(before, after), (later[1] - batches[1]) / max(1.0, later[0] - batches[0])


def _used(stage: Stage) -> Reading:
    """Processor time of both sides, and of ours by thread."""
    reading = read({"client": os.getpid(), "postgres": stage.server})
    threads = read_threads(THREADS)
    told = {part: threads[name] for name, part in THREADS.items()}
    return replace(reading, cpu={**reading.cpu, **told})


async def _buy(run: Run) -> None:
    loop = asyncio.get_running_loop()
    while not run.ending and (order := next(run.orders, None)):
        answer: asyncio.Future[Answered] = loop.create_future()
        began = time.perf_counter()
        try:
            run.intake.gather(order, answer)
            status = str((await answer).answer.status)
        except Refusal as refusal:
            status = refusal.code
        ended = time.perf_counter()
        run.statuses[status] += 1
        run.done.append(Done(ended, ended - began))


def _batches() -> tuple[float, float]:
    """How many batches were written so far, and how many orders in them."""
    samples = {each.name: each.value for metric in BATCH_SIZE.collect() for each in metric.samples}
    return samples["ovunque_intake_batch_size_count"], samples["ovunque_intake_batch_size_sum"]
