"""A hundred thousand orders of six hundred locations against two drafts: how soon, how long."""

import os
import resource
import time
from collections.abc import Sequence

from tests.worlds import World, build, place_code

from bench.machine import facts_of
from bench.options import Options
from bench.report import Report
from bench.stage import BUYERS
from ovunque.network.model import LocationKind
from ovunque.platform.clock import new_id_source, now
from ovunque.platform.database import Database
from ovunque.platform.embedded import throwaway
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings
from ovunque.simulation.gathering import generate
from ovunque.simulation.replaying import Arm, Replay, replay
from ovunque.simulation.sharing import apart
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.model.ruling import Aim, PlanStep, Strategy
from ovunque.sourcing.planning import snapshot_shelf
from ovunque.sourcing.snapshot import Snapshot
from ovunque.sourcing.trying import with_draft

LOCATIONS, SKUS, ORDERS = 600, 400, 100_000
FIRST_SECONDS_MAX, SECONDS_MAX = 1.0, 120.0
DRAFTS: Sequence[Strategy] = (
    Strategy(
        code="warehouse-first",
        name="Warehouse first",
        steps=(
            PlanStep(name="Warehouse", kinds=(LocationKind.WAREHOUSE,), parcels_max=1),
            PlanStep(
                name="Store in time",
                kinds=(LocationKind.STORE,),
                keeps_promise=True,
                keep_units=1,
                aim=Aim.LOWEST_EMISSIONS,
                parcels_max=2,
            ),
        ),
    ),
    Strategy(code="fastest", name="Fastest", steps=(PlanStep(name="Fastest", aim=Aim.FASTEST),)),
)


def run(options: Options) -> Report:
    """Seconds to the first figures and to the last, and the memory of it all."""
    with throwaway(read_settings().pg_bin) as cluster:
        facts = facts_of(cluster)
        cluster.ensure_database("simulation")
        migrate(cluster.url("simulation"))
        snapshot = _snapshot(cluster.url("simulation"))
    at = now()
    orders = [*generate(snapshot, ORDERS, 1, at)]
    arms = [Arm(name="now", steering=snapshot.steering)]
    arms += [
        Arm(name=each.code, steering=with_draft(snapshot.steering, each, at)) for each in DRAFTS
    ]
    began, cpu_before = time.monotonic(), sum(os.times()[:4])
    first = 0.0
    state: Replay | None = None
    for state in replay(snapshot, orders, arms, snapshot_shelf(snapshot, at), apart):
        first = first or time.monotonic() - began
        if state.done % 10_000 == 50:
            options.tell(f"{state.done} orders after {time.monotonic() - began:.1f} s")
    assert state is not None
    seconds = time.monotonic() - began
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    memory = sum(each.ru_maxrss / 1_024 for each in used)
    cpu = sum(each.ru_utime + each.ru_stime for each in used) - cpu_before
    figures = {
        "s to the first figures": round(first, 2),
        f"s for {ORDERS} orders x {len(arms)} strategies": round(seconds, 1),
        "us an order and strategy": round(seconds / ORDERS / len(arms) * 1e6, 1),
        "us of processor time of it": round(cpu / ORDERS / len(arms) * 1e6, 1),
        "MB, this process and the largest child": round(memory),
    }
    for each in state.figures:
        figures[f"{each.name}: cost an order"] = round(each.cents / each.orders / 100, 2)
        figures[f"{each.name}: g an order"] = round(each.grams / each.orders, 1)
        figures[f"{each.name}: promises kept, percent"] = round(100 * each.kept / each.promised, 2)
        figures[f"{each.name}: not served whole"] = float(each.unfillable)
    late = [
        f"{what}: {took:.1f} s, {most:.0f} s at most"
        for what, took, most in (
            ("first figures", first, FIRST_SECONDS_MAX),
            ("all figures", seconds, SECONDS_MAX),
        )
        if took > most
    ]
    return Report(benchmark="simulation", facts=facts, figures=figures, violations=late)


def _snapshot(url: str) -> Snapshot:
    """Stores have some of the items, the warehouse many of all."""
    skus = [f"S{nth:04}" for nth in range(SKUS)]
    stock = {
        (place_code(nth), sku): 400 if nth == 0 else 2
        for nth in range(LOCATIONS)
        for at, sku in enumerate(skus)
        if nth == 0 or (nth * 7 + at * 13) % 4 == 0
    }
    world = World(locations=LOCATIONS, skus=skus, stock=stock)
    with Database(url) as database:
        build(database, world, BUYERS, new_id_source(), now())
        return database.read(sourcing_snapshot.load)
