"""What deciding costs: the time of an order's plan, and what keeping its reasons costs the intake.

Orders of three lines over 600 locations, planned one by one: half of them and 99 in a hundred take
so long, by the channel's objective and by strategies. Then the same intake with and without its
decisions stored, in turns, so that whatever else the machine does meets both alike.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from random import Random
from typing import Any
from unittest.mock import patch

import numpy as np
from tests.worlds import CHANNEL, World, build, order_request, place_code

from bench.buyers import CREATED, Load, orders_of
from bench.machine import facts_of
from bench.options import Options
from bench.report import Report
from bench.stage import BUYERS
from ovunque.app import furnish
from ovunque.network.model import LocationKind
from ovunque.orders import store, writing
from ovunque.orders.drafting import draft
from ovunque.orders.model import Order
from ovunque.orders.placing import Answered
from ovunque.orders.receiving import Intake
from ovunque.platform.clock import new_id_source, now
from ovunque.platform.database import Database, Tx
from ovunque.platform.embedded import throwaway
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import Settings, read_settings
from ovunque.sourcing.model.ruling import Aim, PlanStep, Strategy
from ovunque.sourcing.planning import Wish, plan, snapshot_shelf
from ovunque.sourcing.snapshot import Snapshot
from ovunque.sourcing.steering import Steering
from ovunque.sourcing.trying import with_draft

LOCATIONS, ITEMS, LINES = 600, 300, 3
PLANS, BATCH, ROUNDS = 1_000, 32, 12
COST_PERCENT_MAX = 15.0
STORED_BYTES = """
select avg(pg_column_size(body)), max(pg_column_size(body)) from decision
"""
STRATEGIES = (
    Strategy(
        code="warehouse-first",
        name="Warehouse first",
        steps=(
            PlanStep(name="Warehouse", kinds=(LocationKind.WAREHOUSE,), parcels_max=1),
            PlanStep(name="Store", kinds=(LocationKind.STORE,), keep_units=1, parcels_max=2),
        ),
    ),
    Strategy(
        code="whole-cost", name="Whole cost", steps=(PlanStep(name="Whole", aim=Aim.WHOLE_COST),)
    ),
)


def run(options: Options) -> Report:
    """Milliseconds of a plan; percent of the intake's throughput, and bytes, for its reasons."""
    with throwaway(read_settings().pg_bin, durable=True) as cluster:
        facts = facts_of(cluster)
        cluster.ensure_database("decisions")
        migrate(cluster.url("decisions"))
        with Database(cluster.url("decisions")) as database:
            build(database, _world(), BUYERS, new_id_source(), now())
            figures: dict[str, float] = {}
            with furnish(Settings(), database) as services:
                services.intake.close()  # Its thread ends; we write by hand.
                figures |= _times(services.snapshot(), options)
                cost, told = _cost(services.intake, options)
                figures |= told
            mean, most = database.read(lambda tx: tx.execute(STORED_BYTES).fetchone()) or (0, 0)
    figures["bytes of a stored decision, mean"] = round(float(mean))
    figures["bytes of a stored decision, most"] = round(float(most))
    wrong = []
    if cost > COST_PERCENT_MAX:
        wrong.append(f"decisions cost {cost:.1f} % of the intake, {COST_PERCENT_MAX} % at most")
    return Report(benchmark="decisions", facts=facts, figures=figures, violations=wrong)


def _world() -> World:
    """The warehouse has enough of everything, each store a quarter of the items."""
    skus = [f"S{nth:04}" for nth in range(ITEMS)]
    stock = {
        (place_code(nth), sku): 1_000_000 if nth == 0 else 1_000
        for nth in range(LOCATIONS)
        for at, sku in enumerate(skus)
        if nth == 0 or (nth * 7 + at * 13) % 4 == 0
    }
    return World(locations=LOCATIONS, skus=skus, stock=stock)


def _carts() -> Iterator[list[tuple[str, int]]]:
    chance = Random(1)
    while True:
        yield [(f"S{nth:04}", 1) for nth in sorted(chance.sample(range(ITEMS), LINES))]


def _times(snapshot: Snapshot, options: Options) -> dict[str, float]:
    """Processor time of plans one after the other, p50 and p99: whoever waits meanwhile, waits."""
    at = now()
    steerings = {"the channel's objective": snapshot.steering} | {
        f"the strategy {each.code}": with_draft(snapshot.steering, each, at) for each in STRATEGIES
    }
    figures = {}
    for name, steering in steerings.items():
        taken = np.array([*_planned(snapshot, steering)])
        p50, p99 = np.percentile(taken, [50, 99])
        figures[f"ms a plan by {name}, p50"] = round(p50 * 1e3, 3)
        figures[f"ms a plan by {name}, p99"] = round(p99 * 1e3, 3)
        options.tell(f"{name}: {p50 * 1e3:.2f} ms, 99 % within {p99 * 1e3:.2f} ms")
    return figures


def _planned(snapshot: Snapshot, steering: Steering) -> Iterator[float]:
    new_id = new_id_source()
    channel = snapshot.network.channels[CHANNEL]
    for cart in islice(_carts(), PLANS):
        shelf = snapshot_shelf(snapshot, now())
        drafted = draft(order_request(cart, "buyer"), snapshot, shelf, new_id)
        wish = Wish(channel=channel, needs=drafted.needs, whole=True, now=now(), steering=steering)
        began = time.thread_time()
        found = plan(snapshot, snapshot_shelf(snapshot, wish.now), wish)
        yield time.thread_time() - began
        assert found is not None


def _cost(intake: Intake, options: Options) -> tuple[float, dict[str, float]]:
    """Orders a second with and without decisions stored, in turns; the median round of each."""
    load = Load(name="", clients=BATCH, seconds=0, warmup_seconds=0, carts=_carts())
    carts = orders_of(load)
    seconds = max(options.seconds / ROUNDS, 0.3)
    took = partial(_orders_a_second, intake, carts, seconds)
    took()
    with_, without = [], []
    for _ in range(ROUNDS):
        with_.append(took())
        with _nothing_kept():
            without.append(took())
    kept, bare = statistics.median(with_), statistics.median(without)
    cost = 100 * (1 - kept / bare)
    options.tell(f"{kept:.0f} orders a second with decisions, {bare:.0f} without")
    return cost, {
        f"orders a second, batches of {BATCH}, decisions stored": round(kept),
        f"orders a second, batches of {BATCH}, not stored": round(bare),
        "percent of the throughput for storing decisions": round(cost, 1),
    }


def _orders_a_second(intake: Intake, asked: Iterator[Any], seconds: float) -> float:
    count, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        batch = [*islice(asked, BATCH)]
        for each in intake.write(intake.enter_all(batch)):
            assert isinstance(each, Answered), "nothing sells out here"
            assert each.answer.status == CREATED, each.answer
        count += len(batch)
    return count / took


@contextmanager
def _nothing_kept() -> Iterator[None]:
    """Orders are written without the reasons of their plans."""
    add = store.add_orders

    def add_bare(tx: Tx, orders: Sequence[Order], _: Sequence[dict[str, Any]]) -> None:
        add(tx, orders, [])

    with (
        patch.object(writing, "decision_of", return_value={}),
        patch.object(store, "add_orders", add_bare),
    ):
        yield
