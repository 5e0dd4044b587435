"""Row-level security: what it costs a store to ask for its queue through the second wall."""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from uuid import UUID

import psycopg
from tests.worlds import place_code, place_id

from bench import buyers
from bench.buyers import Load, random_carts
from bench.machine import facts_of
from bench.options import Options
from bench.report import Report, goal_of
from bench.stage import Size, Stage, open_stage
from ovunque.insight.working import list_tasks
from ovunque.platform.database import Database

SHARE_MIN = 0.95  # Of the speed without the wall.
CLIENTS = 32
ACCEPT = "update fulfillment set state = 'accepted' where state = 'planned'"


def run(options: Options) -> Report:
    """The report of a whole run on a server of its own."""
    with open_stage(Size(locations=5, items=500)) as stage:
        facts = facts_of(stage.cluster)
        load = Load(
            name="orders",
            clients=CLIENTS,
            seconds=options.seconds,
            warmup_seconds=options.warmup_seconds,
            carts=random_carts(stage, seed=1),
        )
        buyers.measure(stage, load)
        figures, wrong = measure(stage, options)
    goal = goal_of("queue, bare / walled", 1, (figures["bare_ms"], figures["walled_ms"]), SHARE_MIN)
    return Report(benchmark="walls", facts=facts, goals=[goal], figures=figures, violations=wrong)


def measure(stage: Stage, options: Options) -> tuple[dict[str, float], list[str]]:
    """The same question with and without, in turns, for as long as was asked."""
    with psycopg.connect(stage.url, autocommit=True) as owner:
        owner.execute(ACCEPT)
        owner.execute("vacuum analyze")
    with Database(stage.url) as database:
        place = database.read(lambda tx: place_id(tx, place_code(0)))
        bare = database.transact(lambda tx: list_tasks(tx, place))
        walled = database.read_at(place, lambda tx: list_tasks(tx, place))
        others = database.read_at(UUID(int=9), lambda tx: list_tasks(tx, place))
        taken: dict[str, list[float]] = {"bare_ms": [], "walled_ms": []}
        began = perf_counter()
        while perf_counter() - began < options.seconds:
            for name, ask in (
                ("bare_ms", lambda: database.transact(lambda tx: list_tasks(tx, place))),
                ("walled_ms", lambda: database.read_at(place, lambda tx: list_tasks(tx, place))),
            ):
                taken[name].append(timed(ask))
    wrong = [] if bare == walled else ["the wall hides what is one's own"]
    wrong += [] if bare else ["there is no queue to ask for"]
    wrong += ["the wall shows what is another's"] if others else []
    return {name: median(times) for name, times in taken.items()} | {"tasks": len(bare)}, wrong


def timed(ask: Callable[[], object]) -> float:
    began = perf_counter()
    ask()
    return (perf_counter() - began) * 1_000
