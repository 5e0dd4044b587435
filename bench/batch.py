"""What planning together saves: pending orders that compete for scarce stock, three ways.

First come first served, each exactly; then the same orders improved together. Nobody pays more than
before all together, no unit is taken twice, no order gets less than it had.
"""

import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from bench.machine import facts_of
from bench.options import Options
from bench.report import Report
from ovunque.platform.embedded import throwaway
from ovunque.platform.settings import read_settings
from ovunque.sourcing.model import Columns, Problem, Solution, parcel_prices, two_cheapest
from ovunque.sourcing.rules import solve
from ovunque.sourcing.rules.together import Member, Used, improve, left_for, uses

SIZES = (50, 200, 500)
SEEDS = 10
LOCATIONS, ITEMS = 30, 150
SECONDS_MAX = 3.0
SAVED_PERCENT_MIN, AT = 1.0, 200
EDGES = (2_000, 8_000, 1_000_000)


def run(options: Options) -> Report:
    """Percent saved and seconds taken, by how many orders are pending."""
    with throwaway(read_settings().pg_bin) as cluster:
        facts = facts_of(cluster)
    figures: dict[str, float] = {}
    wrong: list[str] = []
    for size in SIZES[: options.sizes]:
        saved, seconds = [], []
        for seed in range(SEEDS):
            members = _batch(np.random.default_rng(seed), size)
            began = time.process_time()
            plans = improve(members, SECONDS_MAX)
            seconds.append(time.process_time() - began)
            before = sum(each.plan.cents for each in members)
            after = sum(each.cents for each in plans)
            saved.append(100 * (before - after) / before)
            wrong += [f"{size} orders, seed {seed}: {each}" for each in _wrong(members, plans)]
        options.tell(f"{size} orders: {statistics.mean(saved):.2f} % below first come")
        figures[f"{size} orders: percent below first come, mean of {SEEDS}"] = round(
            statistics.mean(saved), 2
        )
        figures[f"{size} orders: percent below first come, worst"] = round(min(saved), 2)
        figures[f"{size} orders: s of processor time, median"] = round(
            statistics.median(seconds), 2
        )
        if size == AT and statistics.mean(saved) < SAVED_PERCENT_MIN:
            wrong.append(f"{size} orders: {statistics.mean(saved):.2f} % below first come")
    return Report(benchmark="batch", facts=facts, figures=figures, violations=wrong)


def _wrong(members: Sequence[Member], plans: Sequence[Solution]) -> Iterator[str]:
    """What must never be: dearer, oversold, not as much served as the plan says."""
    if sum(each.score for each in plans) > sum(each.plan.score for each in members):
        yield "dearer than before"
    taken: Used = {}
    for member, plan in zip(members, plans, strict=True):
        served: Counter[int] = Counter()
        for parcel in plan.parcels:
            for pick in parcel.picks:
                served[pick.item] += pick.quantity
        want = member.problem.want.tolist()
        if [served[row] + plan.unmet[row] for row in range(len(want))] != want:
            yield "an order gets another quantity than it wants"
        for key, units in uses(member, plan):
            taken[key] = taken.get(key, 0) + units
    for member in members:
        location = member.problem.columns.location.tolist()
        for sku, reach in zip(member.skus, member.problem.reach, strict=True):
            used = [taken.get((sku, place), 0) for place in location]
            if (reach < used).any():
                yield f"more of {sku} is taken than lies there"


def _batch(rng: np.random.Generator, size: int) -> list[Member]:
    """Orders of a few lines of popular items, each planned on what those before it left."""
    popular = 1 / np.arange(1, ITEMS + 1) ** 1.6
    popular /= popular.sum()
    orders = []
    for _ in range(size):
        lines = int(rng.choice([1, 2, 3, 4], p=[0.55, 0.25, 0.15, 0.05]))
        orders.append(sorted(rng.choice(ITEMS, lines, replace=False, p=popular).tolist()))
    asked = Counter(item for order in orders for item in order)
    stock = np.zeros((ITEMS, LOCATIONS), np.int64)
    for item, units in asked.items():  # As many as are wanted, scattered: harsh.
        np.add.at(stock[item], rng.integers(0, LOCATIONS, units), 1)
    place = rng.random((LOCATIONS, 2)) * 1_000
    store = np.arange(LOCATIONS) > 0
    base = np.where(store, 500, 400) + rng.integers(0, 150, LOCATIONS)
    pick = np.where(store, 140, 60) + rng.integers(0, 40, LOCATIONS)
    weight = np.maximum(20, np.rint(rng.lognormal(-0.3, 0.8, ITEMS) * 1_000)).astype(np.int64)
    members: list[Member] = []
    used: Used = {}
    for order in orders:
        far = np.hypot(*(place - rng.random(2) * 1_000).T)
        light = base + np.rint(far * 0.1).astype(np.int64)
        heavier = light + np.rint(60 + far * 0.12).astype(np.int64)
        prices = parcel_prices(np.stack([light, heavier, light * 2], 1), np.zeros_like(light))
        problem = Problem(
            columns=Columns(
                location=np.arange(LOCATIONS),
                arrives=np.zeros(LOCATIONS, np.int64),
                pick_cents=pick,
                edges=EDGES,
                edges_g=np.array(EDGES),
                parcel_cents=prices,
                number=np.arange(LOCATIONS),
                two_parcels_cents=two_cheapest(prices, np.arange(LOCATIONS)),
            ),
            want=np.ones(len(order), np.int64),
            weight_g=weight[order],
            reach=stock[order],
            unmet_cents=np.full(len(order), 3_000),
            parcels_max=8,
        )
        nobody = Solution(0, 0, (), ())
        member = Member(skus=tuple(map(str, order)), problem=problem, plan=nobody)
        plan = solve(left_for(member, used))
        assert plan is not None
        members.append(replace(member, plan=plan))
        for key, units in uses(member, plan):
            used[key] = used.get(key, 0) + units
    return members
