"""Plans are exact: compared with every assignment there is, and with an independent program."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.problems import (
    Shape,
    cents_of,
    least_cents,
    order_of,
    random_problem,
    whole_lines,
)

from ovunque.network.model import Objective
from ovunque.sourcing import rules as solver
from ovunque.sourcing.model import BIG, Problem, Solution
from ovunque.sourcing.rules import cover, lattice, program, subsets
from ovunque.sourcing.rules.scoring import IMPOSSIBLE, parcel_cents

SOME = 200  # Orders compared with the program here; all 2,000 by `ovunque bench exactness`.


def parcel_price(p: Problem, column: int, units: tuple[int, ...]) -> int:
    weight = int(np.array(units) @ p.weight_g)
    band = int(np.searchsorted(p.columns.edges, weight))
    price = int(p.columns.parcel_cents[band, column])
    return BIG if price >= BIG else price + int(p.columns.pick_cents[column]) * sum(units)


def best_whole(p: Problem) -> int | None:
    """Every assignment of each line to a parcel, several of a column among them, or to nothing."""
    best, parcels = BIG, len(p.columns) * len(p.want)
    for chosen in product(range(-1, parcels), repeat=len(p.want)):
        cents = 0
        for item, parcel in enumerate(chosen):
            column = parcel // len(p.want)
            if parcel < 0:
                cents += int(p.unmet_cents[item]) * int(p.want[item])
            elif p.reach[item, column] < p.want[item]:
                cents = BIG
        used = {parcel for parcel in chosen if parcel >= 0}
        if cents >= BIG or len(used) > p.parcels_max:
            continue
        for parcel in used:
            units = tuple(int(w) if c == parcel else 0 for w, c in zip(p.want, chosen, strict=True))
            cents += parcel_price(p, parcel // len(p.want), units)
        best = min(best, cents)
    return best if best < BIG else None


def best_split(p: Problem) -> int | None:
    """Every vector of units from every location, each by its cheapest service."""
    states = {(0, *[0] * len(p.want)): 0}
    for place in np.unique(p.columns.location):
        columns = np.nonzero(p.columns.location == place)[0]
        most = np.minimum(p.reach[:, columns].max(axis=1), p.want)
        after = dict(states)
        for (used, *served), cents in states.items():
            for vector in product(*[range(int(units) + 1) for units in most]):
                total = tuple(a + b for a, b in zip(served, vector, strict=True))
                if not any(vector) or any(t > w for t, w in zip(total, p.want, strict=True)):
                    continue
                price = cents + min(parcel_price(p, int(c), vector) for c in columns)
                key = (used + 1, *total)
                if used < p.parcels_max and price < after.get(key, BIG):
                    after[key] = price
        states = after
    unmet = [
        cents
        + sum(
            (int(w) - s) * int(u) if w > s else 0
            for s, w, u in zip(key[1:], p.want, p.unmet_cents, strict=True)
        )
        for key, cents in states.items()
    ]
    best = min(unmet)
    return best if best < BIG else None


@pytest.mark.parametrize("must", [True, False])
@pytest.mark.parametrize("seed", range(40))
def test_whole_lines_are_planned_as_cheaply_as_can_be(seed: int, must: bool) -> None:
    rng = np.random.default_rng(seed)
    items = int(rng.integers(1, 4))
    asked = random_problem(rng, Shape(items=items, locations=2, want_max=2, must=must))

    assert cents_of(subsets.solve(asked)) == best_whole(asked)


@pytest.mark.parametrize("must", [True, False])
@pytest.mark.parametrize("seed", range(40))
def test_split_quantities_are_planned_as_cheaply_as_can_be(seed: int, must: bool) -> None:
    rng = np.random.default_rng(seed)
    items = int(rng.integers(1, 4))
    asked = random_problem(rng, Shape(items=items, locations=4, want_max=3, must=must))

    assert cents_of(lattice.solve(asked)) == best_split(asked)


@pytest.mark.parametrize("seed", range(SOME))
def test_a_plan_costs_what_an_independent_program_says(seed: int) -> None:
    """Quantities, parcel limits, deadlines line by line, lines that may stay open."""
    asked = order_of(np.random.default_rng(seed))

    assert cents_of(solver.solve(asked)) == least_cents(asked)


@pytest.mark.parametrize("seed", range(30))
def test_few_items_and_many_are_settled_alike(seed: int) -> None:
    rng = np.random.default_rng(seed)
    items = int(rng.integers(1, 6))
    best = rng.integers(1, 20, 1 << items)
    best[rng.random(len(best)) < 0.2] = IMPOSSIBLE
    unmet = np.where(rng.random(items) < 0.3, rng.integers(1, 30, items), IMPOSSIBLE)
    limit = int(rng.integers(1, items + 1))

    asked = best.tolist(), unmet.tolist(), limit
    assert subsets.settle_few(*asked) == subsets.settle_many(*asked)


def legal(asked: Problem, found: Solution) -> None:
    """A plan keeps to stock, weight and parcels, and adds up to what was wanted."""
    taken = {int(place): np.zeros(len(asked.want), int) for place in asked.columns.location}
    for parcel in found.parcels:
        assert parcel_cents(asked, parcel) < BIG
        for pick in parcel.picks:
            assert 0 < pick.quantity <= asked.reach[pick.item, parcel.column]
            taken[int(asked.columns.location[parcel.column])][pick.item] += pick.quantity
    for place, units in taken.items():
        assert (units <= asked.reach[:, asked.columns.location == place].max(axis=1)).all()
    assert (sum(taken.values()) + np.array(found.unmet) == asked.want).all()
    assert len(found.parcels) <= asked.parcels_max


@settings(max_examples=60)
@given(
    seed=st.integers(0, 1 << 30),
    items=st.integers(1, 16),
    must=st.booleans(),
    objective=st.sampled_from(Objective),
)
def test_every_plan_keeps_to_stock_weight_and_parcels(
    seed: int, items: int, must: bool, objective: Objective
) -> None:
    shape = Shape(items=items, locations=5, want_max=3, must=must)
    asked = random_problem(np.random.default_rng(seed), shape, objective)

    for found in (solver.solve(asked), cover.solve(asked)):
        assert found is not None or must
        if found is not None:
            legal(asked, found)


def test_two_of_an_item_come_from_two_places_when_no_place_has_both() -> None:
    asked = random_problem(np.random.default_rng(1), Shape(items=1, locations=3, want_max=2))
    have = np.array([1, 1, 0])
    asked = replace(
        asked, want=np.array([2]), reach=have[asked.columns.location][None], parcels_max=2
    )

    found = solver.solve(asked)

    assert found is not None
    assert [pick.quantity for parcel in found.parcels for pick in parcel.picks] == [1, 1]


def equal_columns(asked: Problem) -> Problem:
    """The same problem where every parcel costs the same."""
    prices = np.where(asked.columns.parcel_cents < BIG, 100, BIG)
    columns = replace(
        asked.columns, parcel_cents=prices, pick_cents=np.zeros_like(asked.columns.pick_cents)
    )
    return replace(asked, columns=columns)


@pytest.mark.parametrize("seed", range(40))
def test_of_equal_plans_the_one_whose_last_parcel_arrives_first_wins(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = Shape(items=int(rng.integers(1, 5)), locations=6, want_max=2, scarce=True, must=False)
    asked = equal_columns(random_problem(rng, shape))
    found = solver.solve(asked)
    assert found is not None

    last = max((int(asked.columns.arrives[each.column]) for each in found.parcels), default=0)
    sooner = solver.solve(asked.by(last - 1))
    assert sooner is not None
    assert not found.parcels or sooner.score > found.score


@pytest.mark.parametrize("seed", range(40))
def test_the_order_of_lines_changes_no_parcel(seed: int) -> None:
    """Half of all costs are equal; columns have an order of their own."""
    rng = np.random.default_rng(seed)
    asked = random_problem(rng, Shape(items=3, locations=6, scarce=True))
    if seed % 2:
        asked = equal_columns(asked)
    turned = [2, 0, 1]
    other = replace(
        asked,
        want=asked.want[turned],
        weight_g=asked.weight_g[turned],
        reach=asked.reach[turned],
    )
    one, two = solver.solve(asked), solver.solve(other)

    assert (one is None) == (two is None)
    if one is not None and two is not None:
        assert one.score == two.score
        last = [
            max(int(asked.columns.arrives[each.column]) for each in found.parcels)
            for found in (one, two)
        ]
        assert last[0] == last[1]


@pytest.mark.parametrize("seed", range(60))
def test_the_fastest_plan_is_the_cheapest_of_the_first_to_arrive(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = Shape(items=int(rng.integers(1, 4)), locations=6, want_max=2, scarce=True)
    asked = random_problem(rng, shape, Objective.FASTEST)
    found = solver.solve(asked)
    cheapest = solver.solve(replace(asked, objective=Objective.ECONOMIC))

    assert (found is None) == (cheapest is None)
    if found is None:
        return
    last = max(int(asked.columns.arrives[each.column]) for each in found.parcels)
    plain = replace(asked, objective=Objective.ECONOMIC)
    assert solver.solve(plain.by(last - 1)) is None
    assert found.cents == cents_of(solver.solve(plain.by(last)))


@pytest.mark.parametrize("seed", range(60))
def test_the_greenest_plan_has_the_fewest_grams_then_cents(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = Shape(items=int(rng.integers(1, 3)), locations=3, want_max=2, scarce=True)
    asked = whole_lines(random_problem(rng, shape, Objective.LOWEST_EMISSIONS))
    assert asked.footprint is not None
    found = solver.solve(asked)
    best = (1 << 60, 0)
    for chosen in product(range(len(asked.columns)), repeat=len(asked.want)):
        grams = cents = 0
        for column in set(chosen):
            units = tuple(int(at == column) for at in chosen)
            weight = np.array([int(np.array(units) @ asked.weight_g)])
            short = any(asked.reach[i, column] < u for i, u in enumerate(units))
            cents += BIG if short else parcel_price(asked, column, units)
            grams += int(asked.footprint.take(np.array([column])).grams(weight)[0])
        if cents < BIG and len(set(chosen)) <= asked.parcels_max:
            best = min(best, (grams, cents))

    assert cents_of(found) == (None if best[0] == 1 << 60 else best[1])


@pytest.mark.parametrize("seed", range(25))
def test_the_program_for_large_orders_agrees_with_the_tables(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = Shape(items=int(rng.integers(2, 6)), locations=8, must=seed % 2 == 0, scarce=True)
    asked = random_problem(rng, shape)
    found = program.solve(asked, seconds_max=10.0)

    assert cents_of(found) == cents_of(subsets.solve(asked))


def test_a_large_order_is_planned_in_time_and_no_worse_than_what_covers_most() -> None:
    rng = np.random.default_rng(5)
    asked = random_problem(rng, Shape(items=18, locations=20, want_max=3, must=False))
    asked = replace(asked, parcels_max=8)
    found, covering = solver.solve(asked, seconds_max=2.0), cover.solve(asked)

    assert found is not None
    assert covering is not None
    legal(asked, found)
    assert found.cents <= covering.cents


def test_a_line_too_heavy_for_one_parcel_travels_in_several() -> None:
    asked = random_problem(np.random.default_rng(3), Shape(items=1, locations=1))
    asked = replace(
        asked,
        want=np.array([25]),
        weight_g=np.array([1_000]),
        reach=np.full_like(asked.reach, 30),
        parcels_max=8,
    )
    for seconds in (0.0, 5.0):
        found = solver.solve(asked, seconds)
        assert found is not None
        legal(asked, found)
        assert len(found.parcels) > 1
