"""Plans are exact: compared with every assignment there is."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovunque.sourcing import rules as solver
from ovunque.sourcing.model import BIG, Problem, Solution
from ovunque.sourcing.rules import cover, lattice, subsets
from ovunque.sourcing.rules.pricing import parcel_cents


def problem(
    rng: np.random.Generator, items: int, locations: int, want_max: int, must: bool
) -> Problem:
    services = 2
    columns = locations * services
    edges = np.array([1_000, 3_000, 10_000])
    price = np.sort(rng.integers(300, 2_000, (columns, 3)), axis=1)
    price[rng.random(columns) < 0.2, 2] = BIG
    return Problem(
        want=rng.integers(1, want_max + 1, items),
        weight_g=rng.integers(100, 1_500, items),
        have=rng.integers(0, want_max + 1, (locations, items)),
        location=np.repeat(np.arange(locations), services),
        fixed_cents=rng.integers(0, 300, columns),
        pick_cents=rng.integers(0, 60, columns),
        lead_minutes=rng.integers(600, 6_000, columns),
        edges_g=edges,
        price_cents=price,
        unmet_cents=np.full(items, BIG) if must else rng.integers(100, 3_000, items),
        parcels_max=int(rng.integers(1, 5)),
    )


def parcel_price(p: Problem, column: int, units: tuple[int, ...]) -> int:
    weight = int(np.array(units) @ p.weight_g)
    band = int(np.searchsorted(p.edges_g, weight))
    if band == len(p.edges_g) or p.price_cents[column, band] >= BIG:
        return BIG
    return int(
        p.price_cents[column, band] + p.fixed_cents[column] + p.pick_cents[column] * sum(units)
    )


def best_whole(p: Problem) -> int:
    """Every assignment of each line to a parcel, several of a column among them, or to nothing."""
    best, parcels = BIG, len(p.location) * len(p.want)
    for chosen in product(range(-1, parcels), repeat=len(p.want)):
        cents = 0
        for item, parcel in enumerate(chosen):
            column = parcel // len(p.want)
            if parcel < 0:
                cents += int(p.unmet_cents[item]) * int(p.want[item])
            elif p.have[p.location[column], item] < p.want[item]:
                cents = BIG
        used = {parcel for parcel in chosen if parcel >= 0}
        if cents >= BIG or len(used) > p.parcels_max:
            continue
        for parcel in used:
            units = tuple(int(w) if c == parcel else 0 for w, c in zip(p.want, chosen, strict=True))
            cents += parcel_price(p, parcel // len(p.want), units)
        best = min(best, cents)
    return best


def best_split(p: Problem) -> int:
    """Every vector of units from every location, each by its cheapest service."""
    states = {(0, *[0] * len(p.want)): 0}
    for location in range(len(p.have)):
        columns = np.nonzero(p.location == location)[0]
        most = np.minimum(p.have[location], p.want)
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
    unmet = {
        key: cents
        + sum(
            (int(w) - s) * int(u) if w > s else 0
            for s, w, u in zip(key[1:], p.want, p.unmet_cents, strict=True)
        )
        for key, cents in states.items()
    }
    return min([*unmet.values(), BIG])


def cents_of(solution: Solution | None) -> int:
    return BIG if solution is None else solution.cents


@pytest.mark.parametrize("must", [True, False])
@pytest.mark.parametrize("seed", range(40))
def test_whole_lines_are_planned_as_cheaply_as_can_be(seed: int, must: bool) -> None:
    rng = np.random.default_rng(seed)
    asked = problem(rng, items=int(rng.integers(1, 4)), locations=2, want_max=2, must=must)

    assert cents_of(subsets.solve(asked)) == min(best_whole(asked), BIG)


@pytest.mark.parametrize("must", [True, False])
@pytest.mark.parametrize("seed", range(40))
def test_split_quantities_are_planned_as_cheaply_as_can_be(seed: int, must: bool) -> None:
    rng = np.random.default_rng(seed)
    asked = problem(rng, items=int(rng.integers(1, 4)), locations=4, want_max=3, must=must)

    assert cents_of(lattice.solve(asked)) == min(best_split(asked), BIG)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 1 << 30), items=st.integers(1, 16), must=st.booleans())
def test_every_plan_keeps_to_stock_weight_and_parcels(seed: int, items: int, must: bool) -> None:
    asked = problem(np.random.default_rng(seed), items, locations=5, want_max=3, must=must)

    for found in (solver.solve(asked), cover.solve(asked)):
        if found is None:
            assert must
            continue
        taken = np.zeros_like(asked.have)
        for parcel in found.parcels:
            assert parcel_cents(asked, parcel) < BIG
            for pick in parcel.picks:
                taken[asked.location[parcel.column], pick.item] += pick.quantity
        assert (taken <= asked.have).all()
        assert (taken.sum(axis=0) + np.array(found.unmet) == asked.want).all()
        assert len(found.parcels) <= asked.parcels_max


def test_two_of_an_item_come_from_two_places_when_no_place_has_both() -> None:
    asked = problem(np.random.default_rng(1), items=1, locations=3, want_max=2, must=True)
    object.__setattr__(asked, "want", np.array([2]))
    object.__setattr__(asked, "have", np.array([[1], [1], [0]]))
    object.__setattr__(asked, "parcels_max", 2)

    found = solver.solve(asked)

    assert found is not None
    assert [pick.quantity for parcel in found.parcels for pick in parcel.picks] == [1, 1]


def test_equal_costs_fall_to_the_first_column() -> None:
    asked = problem(np.random.default_rng(1), items=2, locations=4, want_max=1, must=True)
    for name in ("price_cents", "fixed_cents", "pick_cents"):
        object.__setattr__(asked, name, np.zeros_like(getattr(asked, name)))
    object.__setattr__(asked, "have", np.ones_like(asked.have))

    found = solver.solve(asked)

    assert found is not None
    assert [parcel.column for parcel in found.parcels] == [0]
