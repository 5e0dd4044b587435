"""The front of money, arrival and grams: compared with every assignment there is."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.problems import Shape, random_problem

from ovunque.network.model import Objective
from ovunque.promise.model import Badge
from ovunque.promise.rules.alone import alone_of
from ovunque.promise.rules.curve import Parcels, curve_of, fits, greener, greenest, held
from ovunque.promise.rules.front import Point, extremes, front
from ovunque.promise.rules.labels import Label, thin
from ovunque.promise.rules.picking import best_of, picks
from ovunque.sourcing.model import BIG, Problem
from ovunque.sourcing.rules import best_of_whole, solve
from ovunque.sourcing.rules.scoring import IMPOSSIBLE, parcel_cents, weight_of

Figures = tuple[int, int, int]


def every_plan(asked: Problem) -> set[Figures]:
    """Arrival, cents and grams of each way to divide the lines into parcels, each by any column."""
    found = set()
    columns = range(len(asked.columns))
    for parts in partitions(list(range(len(asked.want)))):
        if len(parts) > asked.parcels_max:
            continue
        possible = [[figures_of(asked, column, part) for column in columns] for part in parts]
        carried = [[each for each in part if each[1] < BIG] for part in possible]
        for figures in product(*carried):
            arrives, cents, grams = zip(*figures, strict=True)
            found.add((max(arrives), sum(cents), sum(grams)))
    return found


def partitions(items: list[int]) -> Iterator[list[list[int]]]:
    """All ways to divide items into groups."""
    if not items:
        yield []
        return
    first, *others = items
    for smaller in partitions(others):
        yield [[first], *smaller]
        for nth, group in enumerate(smaller):
            yield [*smaller[:nth], [first, *group], *smaller[nth + 1 :]]


def figures_of(asked: Problem, column: int, items: Collection[int]) -> Figures:
    """One parcel with all of some items."""
    units = np.array([want if nth in items else 0 for nth, want in enumerate(asked.want)])
    weight = int(units @ asked.weight_g)
    band = int(np.searchsorted(asked.columns.edges_g, weight))
    cents = int(asked.columns.parcel_cents[band, column])
    if (units > asked.reach[:, column]).any():
        cents = BIG
    assert asked.footprint is not None
    grams = asked.footprint.take(np.array([column])).grams(np.array([weight]))
    picked = int(asked.columns.pick_cents[column]) * int(units.sum())
    return int(asked.columns.arrives[column]), min(cents + picked, BIG), int(grams[0])


def unbeaten(plans: set[Figures]) -> set[Figures]:
    return {
        plan
        for plan in plans
        if not any(other != plan and all(map(le, other, plan)) for other in plans)
    }


def le(one: int, other: int) -> bool:
    return one <= other


@pytest.mark.parametrize("tens", range(5))
def test_the_front_is_every_plan_that_no_other_beats(tens: int) -> None:
    """A hundred small carts each: to the cent, the minute and the gram."""
    for seed in range(100 * tens, 100 * tens + 100):
        asked = small_cart(seed)
        points = front(asked)

        assert {(each.arrives, each.cents, each.grams) for each in points} == unbeaten(
            every_plan(asked)
        )
        for point in points:
            figures = [
                figures_of(asked, each.column, {pick.item for pick in each.picks})
                for each in point.parcels
            ]
            assert point.cents == sum(cents for _, cents, _ in figures)
            assert point.grams == sum(grams for *_, grams in figures)
            assert point.arrives == max(arrives for arrives, *_ in figures)


def small_cart(seed: int) -> Problem:
    rng = np.random.default_rng(seed)
    items, locations = int(rng.integers(1, 4)), int(rng.integers(2, 5))
    return random_problem(rng, Shape(items=items, locations=locations, scarce=seed % 4 == 0))


def test_sums_of_weights_would_have_missed_many_points() -> None:
    """No weights reach what lies within the hull of others, however many sliders there are."""
    rng = np.random.default_rng(1)
    weights = rng.dirichlet([0.5, 0.5, 0.5], 2_000)
    total = reached = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        points = front(random_problem(rng, Shape(items=4, locations=24, scarce=True)))
        told = np.array([(each.arrives, each.cents, each.grams) for each in points], float)
        if len(told):
            told = (told - told.min(axis=0)) / np.maximum(np.ptp(told, axis=0), 1)
            reached += len(np.unique((told @ weights.T).argmin(axis=0)))
            total += len(told)
    print(f"weighted sums reach {reached} of {total} points")
    assert reached < total * 0.9


def test_of_a_large_cart_the_extremes_are_those_of_the_whole_front() -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        asked = random_problem(rng, Shape(items=5, locations=12, scarce=seed % 2 == 0))
        points, few = front(asked), extremes(asked)

        for axis in ("cents", "arrives", "grams"):
            best = [min([getattr(each, axis) for each in found] or [0]) for found in (few, points)]
            assert best[0] == best[1]


@given(st.lists(st.tuples(*[st.integers(0, 6)] * 3), max_size=40))
def test_thinning_keeps_what_nothing_beats(rows: list[Figures]) -> None:
    labels: list[Label] = [(*row, 1, ()) for row in rows]

    assert {label[:3] for label in thin(labels)} == unbeaten(set(rows))


def test_where_lines_have_to_be_split_there_is_a_plan_by_date() -> None:
    rng = np.random.default_rng(2)
    asked = random_problem(rng, Shape(items=2, locations=6, want_max=4))
    half = np.where(np.arange(6) < 4, 2, 0)[asked.columns.location]
    asked = replace(
        asked,
        want=np.array([4, 3]),
        reach=np.stack([half, half]),
        parcels_max=8,
        weight_g=np.array([90, 90]),
    )
    points = front(asked)

    assert points
    for point in points:
        taken = sum(pick.quantity for parcel in point.parcels for pick in parcel.picks)
        assert taken == 7
    dates = [point.arrives for point in points]
    assert dates == sorted(set(dates))
    assert [point.cents for point in points] == sorted({p.cents for p in points}, reverse=True)


def point(arrives: int, cents: int, grams: int) -> Point:
    return Point(arrives, cents, grams, ())


def test_picks_are_the_extremes_and_the_knee_each_once() -> None:
    cheap, fast, green, knee = (
        point(9, 100, 90),
        point(1, 900, 80),
        point(8, 800, 10),
        point(3, 300, 30),
    )
    dull = point(2, 850, 70)
    points = [fast, dull, knee, green, cheap]

    assert picks(points) == [fast, knee, green, cheap]
    chosen = best_of(points, lambda each: (each.cents, each.arrives, each.grams))
    assert chosen == {
        Badge.CHEAPEST: cheap,
        Badge.FASTEST: fast,
        Badge.LOWEST_EMISSIONS: green,
        Badge.BEST: knee,
    }
    assert picks([cheap]) == [cheap]


def test_one_parcel_that_is_proven_best_is_what_the_search_would_find() -> None:
    """Of carts of which many places have all, and of scattered ones: same plans, same columns."""
    proven = 0
    for seed in range(240):
        rng = np.random.default_rng(seed)
        shape = Shape(items=int(rng.integers(4, 7)), locations=16, scarce=seed % 3 == 0)
        asked = replace(random_problem(rng, shape), splits=bool(seed % 2))
        one = alone_of(asked, asked.reach >= asked.want[:, None])
        assert one is not None
        for count in (len(asked.columns), len(asked.columns) // 2):
            fewer = asked.first(count)
            if found := one.cheapest(count):
                searched = solve(fewer)
                assert searched is not None
                assert searched.parcels == found
                proven += 1
        if green := one.greenest():
            searched = best_of_whole(replace(asked, objective=Objective.LOWEST_EMISSIONS))
            assert searched is not None
            assert searched.parcels == green
            proven += 1
    assert proven > 40, "or it proves nothing here"


def test_the_curve_is_what_a_search_for_each_date_finds() -> None:
    """The same money on every date, and the least grams; a plan that is there by then."""
    for seed in range(120):
        rng = np.random.default_rng(seed)
        shape = Shape(items=int(rng.integers(2, 7)), locations=16, scarce=seed % 3 > 0)
        asked = replace(random_problem(rng, shape), parcels_max=8)
        which = held(asked.reach >= asked.want[:, None])
        curve = curve_of(asked, which)
        assert fits(asked)
        for row, by in enumerate(asked.columns.dates.tolist()):
            searched = solve(asked.by(by))
            assert (searched.score if searched else IMPOSSIBLE) == curve.score(row)
            plan = curve.by(row)
            if searched:
                assert plan
                assert searched.cents == sum(parcel_cents(asked, each) for each in plan)
                assert max(asked.columns.arrives.item(each.column) for each in plan) <= by
                assert whole(plan) == [*enumerate(asked.want.tolist())]
        searched = solve(replace(asked, objective=Objective.LOWEST_EMISSIONS))
        green = greenest(asked, which)
        assert bool(searched) == bool(green)
        if searched and green:
            assert figures(asked, searched.parcels) == figures(asked, green)
        few = greener(asked, which)
        assert len(few) <= len(asked.columns)


def whole(plan: Parcels) -> list[tuple[int, int]]:
    return sorted((pick.item, pick.quantity) for each in plan for pick in each.picks)


def figures(problem: Problem, plan: Parcels) -> tuple[int, int, int]:
    """Grams, cents, and the arrival of the last."""
    assert problem.footprint is not None
    return (
        sum(problem.footprint.grams_at(each.column, weight_of(problem, each)) for each in plan),
        sum(parcel_cents(problem, each) for each in plan),
        max(problem.columns.arrives.item(each.column) for each in plan),
    )
