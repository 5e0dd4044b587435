"""The journal sealed: what it costs those who order, and how fast a million rows are verified.

`--sizes 1` verifies a tenth of them.
"""

import multiprocessing
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.synchronize import Event
from pathlib import Path
from threading import Event as Ending
from time import perf_counter

import psycopg

from bench import buyers
from bench.buyers import Load, random_carts
from bench.machine import facts_of
from bench.options import Options
from bench.points import Point, least_disturbed
from bench.report import Report, goal_of
from bench.stage import Size, Stage, open_stage
from ovunque import worker
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.sealing.checking import check_seals
from ovunque.platform.sealing.sealing import seal
from ovunque.platform.settings import Settings

PLAIN, SEALED = "orders, not sealed", "orders, sealed each second"
CLIENTS = 64
SHARE_MIN = 0.95  # Of what is placed without sealing.
READY_SECONDS_MAX = 60
ROWS = (100_000, 1_000_000)
VERIFIED_SECONDS_MAX = 10.0
FILL = """
insert into journal (epoch, at, kind, actor, subject, body)
select 1, now() + nth * interval '1 millisecond', 'stock.changed', 'bench',
       'lev_' || nth, jsonb_build_object('sku', 'S' || nth, 'on_hand', mod(nth, 50), 'version', nth,
                                         'location', gen_random_uuid())
  from generate_series(%(first)s::int, %(last)s::int) as nth
"""
FILLED_AT_ONCE = 50_000


def run(options: Options) -> Report:
    """The report of a whole run on a server of its own."""
    with open_stage(Size(locations=5, items=1_000)) as stage:
        facts = facts_of(stage.cluster)
        points = [*_turns(stage, options)]
        rate = {point.name: point.per_second for point in points}
        goals = [goal_of("sealed / not sealed", CLIENTS, (rate[SEALED], rate[PLAIN]), SHARE_MIN)]
        violations = [f"{each.name}: {each.wrong}" for each in points if each.failed]
        rows = ROWS[0] if options.sizes == 1 else ROWS[1]
        figures, wrong = _verify(stage, rows, options)
        seconds = figures["verified_seconds"] * ROWS[1] / figures["rows"]
        cost = figures["sealed_seconds"] / figures["rows"] * 1e6
        order = min(sum(p.cpu_us.values()) for p in points if p.name == PLAIN)
        figures |= {"order_cpu_us": order, "sealing_us_per_row": cost}
        goals.append(goal_of("order / order + its seal, CPU", 1, (order, order + cost), SHARE_MIN))
        goals.append(goal_of("s allowed / 1M verified", 1, (VERIFIED_SECONDS_MAX, seconds), 1.0))
    return Report(
        benchmark="seals",
        facts=facts,
        points=points,
        goals=goals,
        figures=figures,
        violations=violations + wrong,
    )


def _turns(stage: Stage, options: Options) -> list[Point]:
    """With and without, in turns: the machine is not equally quiet all the time."""
    points = []
    for _ in range(max(2, options.rounds)):
        for name in (PLAIN, SEALED):
            load = Load(
                name=name,
                clients=CLIENTS,
                seconds=options.seconds,
                warmup_seconds=options.warmup_seconds,
                carts=random_carts(stage, seed=1),
            )
            with sealing(stage.url) if name == SEALED else nothing():
                points.append(buyers.measure(stage, load))
            options.tell(f"{name}: {points[-1].per_second:,.0f}/s")
    return least_disturbed(points)


@contextmanager
def nothing() -> Iterator[None]:
    yield


@contextmanager
def sealing(url: str) -> Iterator[None]:
    """The worker's own round of seals, in a process of its own."""
    processes = multiprocessing.get_context("spawn")
    ending, ready = processes.Event(), processes.Event()
    with tempfile.TemporaryDirectory(prefix="ovunque-bench-") as folder:
        process = processes.Process(target=seal_on, args=(url, folder, ready, ending))
        process.start()
        ready.wait(READY_SECONDS_MAX)  # What it takes to start is not what sealing costs.
        try:
            yield
        finally:
            ending.set()
            process.join()


def seal_on(url: str, folder: str, ready: Event, told: Event) -> None:
    class Watched(Ending):
        def is_set(self) -> bool:
            return told.is_set()

        def wait(self, timeout: float | None = None) -> bool:
            return told.wait(timeout)

    with Database(url) as database:
        ready.set()
        worker.seal_journal(Watched(), database, Settings(home=Path(folder)))


def _verify(stage: Stage, rows: int, options: Options) -> tuple[dict[str, float], list[str]]:
    """Fill a journal, seal it, verify it; and plant a lie, which has to be found."""
    stage.copy("bench_seals")
    url = stage.cluster.url("bench_seals")
    with psycopg.connect(url, autocommit=True) as owner, Database(url) as database:
        for first in range(1, rows + 1, FILLED_AT_ONCE):
            last = min(rows, first + FILLED_AT_ONCE - 1)
            owner.execute(FILL, {"first": first, "last": last})
        owner.execute("vacuum analyze journal")
        began = perf_counter()
        while database.transact(partial(seal, now=now())):
            pass
        sealed = perf_counter() - began
        began = perf_counter()
        verdict = check_seals(database, bytes(32), ())
        verified = perf_counter() - began
        options.tell(
            f"{verdict.rows:,} rows sealed in {sealed:.1f} s, verified in {verified:.1f} s"
        )
        owner.execute("update journal set body = '{}' where subject = %s", [f"lev_{rows // 2}"])
        lied = check_seals(database, bytes(32), ()).wrong
    wrong = [f"untouched, and yet: {verdict.wrong}"] if verdict.wrong else []
    wrong += [] if lied and f"lev_{rows // 2}" in lied.subject else [f"a lie was not named: {lied}"]
    return {"rows": verdict.rows, "sealed_seconds": sealed, "verified_seconds": verified}, wrong
