"""`ovunque check` over many orders: how long all of it takes, and each of its questions.

`--sizes 1` asks over a twentieth of them.
"""

from collections.abc import Sequence
from time import perf_counter

import psycopg
from tests.worlds import asked

from bench.faults.drill import multiply
from bench.machine import facts_of
from bench.options import Options
from bench.report import Goal, Report, goal_of
from bench.stage import BUYERS, Size, open_stage
from ovunque.app import furnish
from ovunque.orders.checking import INVARIANTS, check_now, prepare
from ovunque.platform.clock import now
from ovunque.platform.database import Database, Tx
from ovunque.platform.invariants import Invariant, find_violations
from ovunque.platform.settings import read_settings
from ovunque.sweeping import sweep, sweepers

RESERVATIONS = (50_000, 1_000_000)
LINES = 4  # Of an order, each with units of its own.
MOTHERS = 400
SECONDS_MAX = 5.0
SHOWN = 8


def run(options: Options) -> Report:
    """The report of a whole run on a server of its own."""
    figures: dict[str, float] = {}
    goals: list[Goal] = []
    violations: list[str] = []
    with open_stage(Size(items=2_000)) as stage:
        facts = facts_of(stage.cluster)
        for reservations in RESERVATIONS[: options.sizes]:
            url = stage.fresh_url()
            place_mothers(url, stage.size.skus())
            multiply(url, reservations // LINES, options.tell)
            found = measure(url, options)
            slowest = sorted(found.items(), key=lambda each: -each[1])[:SHOWN]
            figures |= {f"{reservations:,}: {name}, ms": 1_000 * s for name, s in slowest}
            with Database(url) as database:
                began = perf_counter()
                violations += [str(each) for each in check_now(database)]
                seconds = perf_counter() - began
            options.tell(f"checked {reservations:,} reservations in {seconds:.2f} s")
            figures[f"{reservations:,}: all of it, ms"] = 1_000 * seconds
            goals += [goal_of("checks in 5 s", 1, (SECONDS_MAX / seconds, 1.0), 1.0)]
    return Report(
        benchmark="checking", facts=facts, goals=goals, figures=figures, violations=violations
    )


def place_mothers(url: str, skus: Sequence[str]) -> None:
    """Orders as the intake takes them and a worker offers them."""
    carts = [
        [(skus[(LINES * nth + part) % len(skus)], 1) for part in range(LINES)]
        for nth in range(MOTHERS)
    ]
    with Database(url) as database, furnish(read_settings(), database) as services:
        batch = [
            services.intake.enter(asked(BUYERS, f"mother-{nth}", cart))
            for nth, cart in enumerate(carts)
        ]
        services.intake.write(batch)
        for each in sweepers(services.snapshot, services.new_id):
            sweep(database, each, now())


def measure(url: str, options: Options) -> dict[str, float]:
    """Seconds of each question, the least of all rounds."""
    found: dict[str, float] = {}
    with psycopg.connect(url, autocommit=True) as owner:
        for invariant in INVARIANTS * options.rounds:
            seconds = ask(owner, invariant)
            found[invariant.name] = min(seconds, found.get(invariant.name, seconds))
    return found


def ask(tx: Tx, invariant: Invariant) -> float:
    with tx.transaction():
        prepare(tx)
        began = perf_counter()
        find_violations(tx, [invariant])
        return perf_counter() - began
