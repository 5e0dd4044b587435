"""What an order costs when the database is far away: how often it waits for the way there and back.

Orders one after the other, over wires of three lengths, each beside a bare question over the same
wire. What an order takes more on a longer wire, for each millisecond that the question takes more,
is how often it waits.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.buyers import Load, random_carts
from bench.machine import facts_of
from bench.options import Options
from bench.profile_intake import batches_of
from bench.report import Goal, Report, goal_of
from bench.serving import CHECKOUT
from bench.stage import Size, Stage, open_stage
from ovunque.app import furnish
from ovunque.platform.database import Database
from ovunque.platform.settings import Settings

ONE_WAY_MS = {"a short wire": 0.0, "a wire": 0.2, "a long wire": 3.0}  # And what the relay adds.
WAITS_MAX = 2.0  # For what is known, and for the commit.
SLACK = 0.25  # A longer wire brings its packets in other pieces.
WARMUP = 30


@contextmanager
def wire(url: str, one_way_ms: float) -> Iterator[str]:
    """The same database at the end of a wire."""
    told = conninfo_to_dict(url)
    path = f"{told['host']}/.s.PGSQL.{told.get('port') or 5432}"
    command = [sys.executable, "-m", "bench.relay", path, str(one_way_ms / 1_000)]
    relay = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=CHECKOUT)
    assert relay.stdin is not None
    assert relay.stdout is not None
    try:
        port = int(relay.stdout.readline())
        yield make_conninfo(url, host="127.0.0.1", port=port)
    finally:
        relay.stdin.close()
        relay.wait()


def run(options: Options) -> Report:
    """Milliseconds of an order and of a bare question by length of the wire."""
    figures: dict[str, float] = {}
    with open_stage(Size(locations=5, items=500)) as stage:
        facts = facts_of(stage.cluster)
        taken = {name: _at(stage, options, one_way) for name, one_way in ONE_WAY_MS.items()}
        for name, (question, order) in taken.items():
            options.tell(f"{name}: a question {question:.2f} ms, an order {order:.2f} ms")
            figures[f"{name}: a bare question, ms"] = round(question, 2)
            figures[f"{name}: an order, ms"] = round(order, 2)
    (near, here), *_, (far, there) = taken.values()
    return Report(
        benchmark="distance",
        facts=facts,
        figures=figures,
        goals=[_goal((there - here) / (far - near))],
    )


def _goal(waits: float) -> Goal:
    """How often an order waits, upside down: more than the floor is met."""
    return goal_of("waits allowed / waits of an order", 1, (WAITS_MAX + SLACK, waits), 1.0)


def _at(stage: Stage, options: Options, one_way_ms: float) -> tuple[float, float]:
    """Medians over a wire: a bare question, and an order."""
    load = Load(
        name="far",
        clients=1,
        seconds=options.seconds,
        warmup_seconds=0,
        carts=random_carts(stage, round(one_way_ms * 10)),
    )
    with (
        wire(stage.url, one_way_ms) as url,
        Database(url) as database,
        furnish(Settings(), database) as services,
        database.connect() as asking,
    ):
        services.intake.close()  # Its thread ends; we write by hand.
        orders = batches_of(load)

        def order() -> None:
            services.intake.write(services.intake.enter_all(next(orders)))

        question = _median_ms(lambda: asking.execute("select 1").fetchall(), options.seconds)
        return question, _median_ms(order, options.seconds)


def _median_ms(work: Callable[[], object], seconds: float) -> float:
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while len(taken) < 2 * WARMUP or time.perf_counter() < end:
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return 1_000 * median(taken[WARMUP:])
