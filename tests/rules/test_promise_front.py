"""The front of money, arrival and grams: compared with every assignment there is."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.problems import Shape, random_problem

from ovunque.promise.model import Badge
from ovunque.promise.rules.front import Label, Point, front, thin
from ovunque.promise.rules.picking import best_of, picks
from ovunque.sourcing.model import BIG, PlannedParcel, Problem

Figures = tuple[int, int, int]


def every_plan(asked: Problem) -> set[Figures]:
    """Arrival, cents and grams of each way to put each line into a parcel of a column."""
    assert asked.footprint is not None
    found = set()
    for chosen in product(range(len(asked.columns)), repeat=len(asked.want)):
        figures = [figures_of(asked, column, chosen) for column in set(chosen)]
        if len(figures) <= asked.parcels_max and all(cents < BIG for _, cents, _ in figures):
            arrives, cents, grams = zip(*figures, strict=True)
            found.add((max(arrives), sum(cents), sum(grams)))
    return found


def figures_of(asked: Problem, column: int, chosen: tuple[int, ...]) -> Figures:
    units = np.array(
        [want if at == column else 0 for want, at in zip(asked.want, chosen, strict=True)]
    )
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


@pytest.mark.parametrize("seed", range(60))
def test_the_front_is_every_plan_that_no_other_beats(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = Shape(items=int(rng.integers(1, 4)), locations=int(rng.integers(2, 5)), scarce=True)
    asked = random_problem(rng, shape)
    points = front(asked)

    assert {(each.arrives, each.cents, each.grams) for each in points} == unbeaten(
        every_plan(asked)
    )
    for point in points:
        figures = [figures_of(asked, each.column, chosen_of(each, asked)) for each in point.parcels]
        assert point.cents == sum(cents for _, cents, _ in figures)
        assert point.grams == sum(grams for *_, grams in figures)
        assert point.arrives == max(arrives for arrives, *_ in figures)


def chosen_of(parcel: PlannedParcel, asked: Problem) -> tuple[int, ...]:
    inside = {pick.item for pick in parcel.picks}
    return tuple(parcel.column if item in inside else -1 for item in range(len(asked.want)))


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
