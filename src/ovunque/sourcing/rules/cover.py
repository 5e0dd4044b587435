"""A good plan for orders too large for an exact one: cover most units first, then cheapest."""

import numpy as np

from ovunque.sourcing.model import BIG, Ints, Pick, PlannedParcel, Problem, Solution
from ovunque.sourcing.rules.pricing import parcel_cents, priced


def solve(problem: Problem) -> Solution | None:
    """A plan that serves all that stock and parcels allow; None when that is not enough."""
    left, have = problem.want.copy(), problem.have.copy()
    parcels: list[PlannedParcel] = []
    while left.any() and len(parcels) < problem.parcels_max:
        parcel = _fullest(problem, left, have)
        if parcel is None:
            break
        parcels.append(parcel)
        for pick in parcel.picks:
            left[pick.item] -= pick.quantity
            have[problem.location[parcel.column], pick.item] -= pick.quantity
    if (problem.unmet_cents[left > 0] >= BIG).any():
        return None
    return priced(problem, tuple(parcels), [int(units) for units in left])


def _fullest(problem: Problem, left: Ints, have: Ints) -> PlannedParcel | None:
    units = np.minimum(have[problem.location], left)  # [C, n]
    for column in np.argsort(-units.sum(axis=1), kind="stable"):
        most = units[column].sum()
        if not most:
            return None
        equal = [int(each) for each in np.nonzero(units.sum(axis=1) == most)[0]]
        packed = [parcel for each in equal if (parcel := _pack(problem, each, units[each]))]
        if packed:
            return min(packed, key=lambda parcel: _rank(problem, parcel))
        units[equal] = 0
    return None


def _rank(problem: Problem, parcel: PlannedParcel) -> tuple[int, int, int]:
    units = sum(pick.quantity for pick in parcel.picks)
    return -units, parcel_cents(problem, parcel), parcel.column


def _pack(problem: Problem, column: int, units: Ints) -> PlannedParcel | None:
    """As many of the units as the heaviest parcel of this service holds."""
    possible = problem.edges_g[problem.price_cents[column] < BIG]
    room = int(possible[-1]) if len(possible) else 0
    picks = []
    for item in np.nonzero(units)[0]:
        weight = int(problem.weight_g[item])
        quantity = min(int(units[item]), room // weight)
        if quantity:
            picks.append(Pick(int(item), quantity))
            room -= quantity * weight
    return PlannedParcel(column, tuple(picks)) if picks else None
