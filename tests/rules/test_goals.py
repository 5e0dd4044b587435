"""Goals one after the other, with tolerances: compared with every assignment there is."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from tests.problems import Shape, random_problem
from tests.rules.test_promise_front import figures_of, partitions

from ovunque.sourcing.model import BIG, Problem, Solution
from ovunque.sourcing.model.ruling import Measure
from ovunque.sourcing.rules import solve
from ovunque.sourcing.rules.goals import Goal, measure

TENS = 4
CASES = 60  # In each; the other hundreds by `ovunque bench exactness`.
DAY = 1_440
Figures = dict[Measure, int]


def every_plan(asked: Problem) -> list[Figures]:
    """All ways to divide the lines into parcels, each by any column."""
    found: dict[tuple[int, ...], Figures] = {}
    for groups in partitions(list(range(len(asked.want)))):
        if len(groups) > asked.parcels_max:
            continue
        plans = [(0, 0, 0)]
        for group in groups:
            each = {figures_of(asked, column, group) for column in range(len(asked.columns))}
            parcels = [figures for figures in each if figures[1] < BIG]
            plans = [
                (max(a[0], b[0]), a[1] + b[1], a[2] + b[2]) for a in set(plans) for b in parcels
            ]
        for arrives, cents, grams in plans:
            found[arrives, cents, grams, len(groups)] = {
                Measure.TIME: arrives,
                Measure.COST: cents,
                Measure.EMISSIONS: grams,
                Measure.PARCELS: len(groups),
            }
    return list(found.values())


def walk(plans: list[Figures], goals: Sequence[Goal]) -> tuple[list[Figures], list[int]]:
    """What is left after each goal took the best within its tolerance, and these bests."""
    least = []
    for goal in goals:
        if not plans:
            break
        best = min(each[goal.by] for each in plans)
        least.append(best)
        bound = (
            best
            + goal.within
            + (0 if goal.by == Measure.TIME else best * goal.within_percent // 100)
        )
        plans = [each for each in plans if each[goal.by] <= bound]
    return plans, least


def random_goals(rng: np.random.Generator) -> tuple[Goal, ...]:
    units = {Measure.COST: 400, Measure.TIME: 2 * DAY, Measure.EMISSIONS: 150, Measure.PARCELS: 2}
    order = rng.permutation(list(units))[: int(rng.integers(1, 5))]
    return tuple(
        Goal(
            by=(by := Measure(str(each))),
            within=int(rng.integers(0, units[by])) if rng.random() < 0.6 else 0,
            within_percent=int(rng.choice([0, 0, 10, 30])),
        )
        for each in order
    )


def small_case(seed: int) -> tuple[Problem, tuple[Goal, ...]]:
    rng = np.random.default_rng(seed)
    shape = Shape(items=int(rng.integers(1, 4)), locations=int(rng.integers(1, 5)), want_max=2)
    return replace(random_problem(rng, shape), splits=False), random_goals(rng)


def told(asked: Problem, plan: Solution) -> Figures:
    return {by: measure(asked, plan, by) for by in Measure}


@pytest.mark.parametrize("tens", range(TENS))
def test_each_goal_gets_its_best_within_what_those_before_left(tens: int) -> None:
    served = 0
    for seed in range(CASES * tens, CASES * (tens + 1)):
        asked, goals = small_case(seed)
        left, least = walk(every_plan(asked), goals)

        found = solve(asked, goals=goals)

        assert (found is None) == (not left), seed
        if found is None:
            continue
        served += 1
        figures = told(asked, found)
        assert figures in left, f"{seed}: not within the tolerances"
        assert figures[goals[-1].by] == least[-1], f"{seed}: {goals} could be done better"
    assert served > CASES // 4


def test_a_tolerance_buys_grams_for_cents() -> None:
    """Somewhere the greenest plan within ten percent is greener than the cheapest one."""
    greener = 0
    for seed in range(40):
        asked, _ = small_case(seed)
        cheapest = solve(asked)
        goals = (Goal(by=Measure.COST, within_percent=10), Goal(by=Measure.EMISSIONS))
        green = solve(asked, goals=goals)
        if cheapest is None or green is None:
            continue
        assert measure(asked, green, Measure.COST) <= cheapest.cents * 110 // 100
        greener += measure(asked, green, Measure.EMISSIONS) < measure(
            asked, cheapest, Measure.EMISSIONS
        )
    assert greener


@pytest.mark.parametrize("seed", range(40))
def test_money_for_grams_and_days_is_the_least_of_their_sum(seed: int) -> None:
    asked, _ = small_case(seed)
    tonne, day = 80_000, 100
    plans = every_plan(asked)
    first = int(asked.columns.arrives[0])

    def weighed(each: Figures) -> float:
        days = (each[Measure.TIME] - first) / DAY
        return each[Measure.COST] + each[Measure.EMISSIONS] * tonne / 1_000_000 + days * day

    found = solve(replace(asked, tonne_cents=tonne), goals=(Goal(by=Measure.COST, day_cents=day),))

    assert (found is None) == (not plans)
    if found is not None:
        # Each parcel and each deadline is rounded to a 64th of a cent.
        assert weighed(told(asked, found)) <= min(map(weighed, plans)) + 0.2


def test_lines_that_may_be_split_are_never_done_worse() -> None:
    for seed in range(60):
        asked, goals = small_case(seed)
        whole, split = (
            solve(asked, goals=goals[:1]),
            solve(replace(asked, splits=True), goals=goals[:1]),
        )
        if whole is None or split is None:
            assert whole is None
            continue
        by = goals[0].by
        assert measure(asked, split, by) <= measure(asked, whole, by)
