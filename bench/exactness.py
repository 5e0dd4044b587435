"""Whether plans are as cheap as can be: 2,000 random orders against an independent program.

One to six lines, up to 200 locations, quantities, limits of parcels, deadlines line by line, lines
that may stay open: the cost has to be equal to the cent, every time. Then how long a plan takes.
"""

import statistics
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
from tests.problems import cents_of, least_cents, order_columns, order_of

from bench.machine import facts_of
from bench.options import Options
from bench.report import Report
from ovunque.platform.embedded import throwaway
from ovunque.platform.settings import read_settings
from ovunque.sourcing.model import BIG, Problem
from ovunque.sourcing.rules import solve

ORDERS = 2_000
TOLD_EVERY = 200
LOCATIONS = (20, 200, 2_000)
SHAPES = (("1 line", 1, 1), ("3 lines", 3, 1), ("6 lines", 6, 1), ("3 lines of up to 3", 3, 3))
ROUNDS = 40  # Orders of each shape that are timed.


def run(options: Options) -> Report:
    """Compare and time; a single order that differs makes the report worthless."""
    with throwaway(read_settings().pg_bin) as cluster:
        facts = facts_of(cluster)
    seen: Counter[str] = Counter()
    ours = theirs = 0.0
    wrong = []
    for seed in range(ORDERS):
        asked = order_of(np.random.default_rng(seed))
        began = time.process_time()
        found = solve(asked)
        between = time.process_time()
        least = least_cents(asked)
        ours, theirs = ours + between - began, theirs + time.process_time() - between
        if cents_of(found) != least:
            wrong.append(f"order {seed}: {cents_of(found)} cents, {least} are enough")
        seen.update(_kinds(asked, found is not None and any(found.unmet), found is not None))
        if (seed + 1) % TOLD_EVERY == 0:
            options.tell(f"{seed + 1} of {ORDERS} orders, {len(wrong)} differ")
    figures = {"orders compared": float(ORDERS)} | {f"  {k}": float(n) for k, n in seen.items()}
    figures["ms a plan, ours, mean"] = round(ours / ORDERS * 1e3, 3)
    figures["ms a plan, the program's, mean"] = round(theirs / ORDERS * 1e3, 3)
    return Report(
        benchmark="exactness",
        facts=facts,
        figures=figures | dict(_times()),
        violations=wrong,
    )


def _kinds(asked: Problem, unmet: bool, planned: bool) -> Iterator[str]:
    yield "that can be served" if planned else "that cannot"
    if unmet:
        yield "with lines left open"
    if (asked.want > 1).any():
        yield "with quantities"
    if asked.parcels_max < len(asked.want):
        yield "with fewer parcels than lines"


def _times() -> Iterator[tuple[str, float]]:
    """Microseconds of processor time a plan, the median order."""
    for locations in LOCATIONS:
        for name, lines, units in SHAPES:
            found = [
                _microseconds(_scattered(np.random.default_rng(seed), locations, lines, units))
                for seed in range(ROUNDS)
            ]
            yield f"us a plan, {name}, {locations} locations", round(statistics.median(found), 1)


def _scattered(rng: np.random.Generator, locations: int, lines: int, units: int) -> Problem:
    """An order whose items lie in a third of the stores and in most warehouses."""
    warehouse = np.arange(locations) < 1 + locations // 50
    columns = order_columns(rng, warehouse)
    carried = rng.random((lines, locations)) < np.where(warehouse, 0.7, 0.3)
    have = np.where(carried, rng.integers(1, 1 + max(units, 2), (lines, locations)), 0)
    return Problem(
        columns=columns,
        want=rng.integers(1, units + 1, lines),
        weight_g=rng.integers(200, 1_500, lines),
        reach=have[:, columns.location],
        unmet_cents=np.full(lines, BIG),
        parcels_max=8,
    )


def _microseconds(asked: Problem) -> float:
    """The quickest of a few: the first one fills the caches that depend on the shape alone."""
    taken = []
    for _ in range(4):
        began = time.process_time_ns()
        solve(asked)
        taken.append((time.process_time_ns() - began) / 1e3)
    return min(taken)
