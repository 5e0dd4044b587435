"""Orders planned together: never dearer than they were, and few as cheaply as can be."""

from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from tests.problems import Shape, random_problem

from ovunque.sourcing.model import Problem, Solution
from ovunque.sourcing.rules import solve
from ovunque.sourcing.rules.together import Member, Used, improve, left_for, uses


def batch(seed: int, size: int, locations: int) -> list[Member]:
    """Orders for three items of which there are few, served as they come."""
    rng = np.random.default_rng(seed)
    stock = rng.integers(0, 3, (3, locations))
    members: list[Member] = []
    used: Used = {}
    for _ in range(size):
        problem = random_problem(rng, Shape(items=2, locations=locations, must=False))
        items = sorted(rng.choice(3, 2, replace=False).tolist())
        problem = replace(
            problem,
            reach=stock[items][:, problem.columns.location],
            want=np.ones(2, np.int64),
            parcels_max=2,
        )
        member = Member(skus=tuple(map(str, items)), problem=problem, plan=Solution(0, 0, (), ()))
        plan = solve(left_for(member, used))
        assert plan is not None
        members.append(replace(member, plan=plan))
        for key, units in uses(member, plan):
            used[key] = used.get(key, 0) + units
    return members


def total(plans: list[Solution] | tuple[Solution, ...]) -> int:
    return sum(each.score for each in plans)


@pytest.mark.parametrize("seed", range(10))
def test_nobody_pays_more_and_nothing_is_taken_twice(seed: int) -> None:
    members = batch(seed, size=8, locations=5)

    plans = improve(members, seconds_max=5.0)

    assert total(plans) <= sum(each.plan.score for each in members)
    taken: Counter[tuple[str, int]] = Counter()
    for member, plan in zip(members, plans, strict=True):
        for key, units in uses(member, plan):
            taken[key] += units
    for member in members:
        for row, sku in enumerate(member.skus):
            for at, place in enumerate(member.problem.columns.location.tolist()):
                assert taken[sku, place] <= member.problem.reach[row, at]


@pytest.mark.parametrize("seed", range(6))
def test_a_few_orders_are_settled_as_cheaply_as_can_be(seed: int) -> None:
    members = batch(seed, size=3, locations=3)

    assert total(improve(members, seconds_max=5.0)) == least(members)


def least(members: list[Member]) -> int:
    """By trying every order's every way to serve its two items."""
    best = None
    ways = [list(all_ways(each.problem)) for each in members]
    for chosen in product(*ways):
        taken: Counter[tuple[str, int]] = Counter()
        room: dict[tuple[str, int], int] = {}
        score = 0
        for member, (places, cents) in zip(members, chosen, strict=True):
            score += cents
            for row, column in places:
                key = member.skus[row], member.problem.columns.location.item(column)
                taken[key] += 1
                room[key] = member.problem.reach.item(row, column)
        if all(units <= room[key] for key, units in taken.items()):
            best = score if best is None else min(best, score)
    assert best is not None
    return best


def all_ways(problem: Problem) -> list[tuple[tuple[tuple[int, int], ...], int]]:
    """Where each item may come from, or from nowhere; equal columns are one parcel."""
    columns = range(len(problem.columns))
    cents = problem.columns.cents
    weight, unmet = problem.weight_g.tolist(), problem.unmet_cents.tolist()
    found = []
    for one, two in product([None, *columns], repeat=2):
        places = tuple((row, at) for row, at in enumerate((one, two)) if at is not None)
        if any(not problem.reach[row, at] for row, at in places):
            continue
        score = sum(64 * unmet[row] for row, at in enumerate((one, two)) if at is None)
        together = one is not None and one == two
        parcels = [sum(weight)] if together else [weight[row] for row, _ in places]
        where = [one] if together else [at for _, at in places]
        for grams, at in zip(parcels, where, strict=True):
            assert at is not None
            score += 64 * cents(at, grams, 2 if together else 1) + 1
        if score < 1 << 56:
            found.append((places, score))
    return found
