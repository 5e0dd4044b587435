"""Where the time of an order goes behind the door: checked, planned, written.

The intake is driven by hand, without its thread, so that nothing waits for the interpreter's
lock: what is seen is what the work costs, not how threads share it.
"""

import time
from collections.abc import Iterator, Sequence
from itertools import islice

from bench.buyers import CREATED, Load, orders_of
from bench.profiling import Cost, Profile, Samples, Stopwatch, sampling, statements
from bench.stage import Stage
from ovunque.app import furnish
from ovunque.orders.placing import Answered
from ovunque.orders.receiving import Asked, Intake
from ovunque.platform.database import Database
from ovunque.platform.settings import Settings

ASK, PREPARE, WRITE = "the client makes its request", "prepare: check and plan", "write"
WARMUP_BATCHES = 3


def profile(stage: Stage, load: Load) -> Profile:
    """Batches of as many orders as there are clients, one after the other."""
    watch = Stopwatch()
    with Database(stage.url) as database, furnish(Settings(), database) as services:
        services.intake.close()  # Its thread ends; we write by hand, on a connection of our own.
        batches = batches_of(load)
        for _ in range(WARMUP_BATCHES):
            write(services.intake, next(batches), watch)
        watch.clear()
        before = time.thread_time()
        with statements(stage) as served, sampling() as samples:
            orders = run(services.intake, batches, watch, load.seconds)
        cpu = time.thread_time() - before
    return Profile(
        name=f"in process, batches of {load.clients}",
        orders=orders,
        parts={
            "by the clock": steps(watch, orders),
            "in the database, by statement": [
                Cost(
                    name=name,
                    us=round(seconds / orders * 1e6, 1),
                    calls=round(calls / orders * load.clients, 2),
                    wal_bytes=round(logged / orders),
                )
                for name, calls, seconds, logged in served
                if seconds / orders * 1e6 >= 0.5
            ],
            **functions(samples, cpu / orders * 1e6),
        },
    )


def functions(samples: Samples, us_in_all: float) -> dict[str, Sequence[Cost]]:
    return {
        "in Python, by function": samples.costs(samples.own, us_in_all),
        "in Python, by function with all it calls": samples.costs(samples.inclusive, us_in_all),
    }


def batches_of(load: Load) -> Iterator[list[Asked]]:
    orders = orders_of(load)
    while True:
        yield list(islice(orders, load.clients))


def run(intake: Intake, batches: Iterator[list[Asked]], watch: Stopwatch, seconds: float) -> int:
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        with watch.time(ASK):
            batch = next(batches)
        count += write(intake, batch, watch)
    return count


def write(intake: Intake, batch: Sequence[Asked], watch: Stopwatch) -> int:
    with watch.time(PREPARE):
        placements = intake.enter_all(batch)
    with watch.time(WRITE):
        outcomes = intake.write(placements)
    for each in outcomes:
        assert isinstance(each, Answered), "nothing sells out here"
        assert each.answer.status == CREATED, each.answer
    return len(batch)


def steps(watch: Stopwatch, orders: int) -> list[Cost]:
    """Writing is taken apart into our own work and waiting for the database, commit included."""
    seconds = dict(watch.seconds)
    seconds["write: Python"] = watch.cpu[WRITE]
    seconds["write: waiting for the database"] = seconds.pop(WRITE) - watch.cpu[WRITE]
    ordered = sorted(seconds.items(), key=lambda each: -each[1])
    return [Cost(name=name, us=round(used / orders * 1e6, 1)) for name, used in ordered]
