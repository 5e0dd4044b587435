"""A good plan for orders too large for an exact one: cover most units first, then the best."""

import numpy as np

from ovunque.sourcing.model import BIG, Ints, Pick, PlannedParcel, Problem, Solution
from ovunque.sourcing.rules.pricing import priced
from ovunque.sourcing.rules.scoring import parcel_score


def solve(problem: Problem) -> Solution | None:
    """A plan that serves all that stock and parcels allow; None when that is not enough."""
    left, reach = problem.want.copy(), problem.reach.copy()
    parcels: list[PlannedParcel] = []
    while left.any() and len(parcels) < problem.parcels_max:
        parcel = _fullest(problem, left, reach)
        if parcel is None:
            break
        parcels.append(parcel)
        shared = problem.columns.location == problem.columns.location[parcel.column]
        for pick in parcel.picks:
            left[pick.item] -= pick.quantity
            reach[pick.item, shared] -= pick.quantity
    if (problem.unmet_cents[left > 0] >= BIG).any():
        return None
    return priced(problem, parcels, left.tolist())


def _fullest(problem: Problem, left: Ints, reach: Ints) -> PlannedParcel | None:
    units = np.minimum(reach, left[:, None])  # [n, C]
    while (most := units.sum(axis=0).max(initial=0)) > 0:
        equal = np.nonzero(units.sum(axis=0) == most)[0].tolist()
        packed = [each for at in equal if (each := pack(problem, at, units[:, at]))]
        if packed:
            return min(packed, key=lambda parcel: _rank(problem, parcel))
        units[:, equal] = 0
    return None


def _rank(problem: Problem, parcel: PlannedParcel) -> tuple[int, int, int]:
    units = sum(pick.quantity for pick in parcel.picks)
    return -units, parcel_score(problem, parcel), parcel.column


def pack(problem: Problem, column: int, units: Ints) -> PlannedParcel | None:
    """As many of the units as the heaviest parcel of this column holds."""
    possible = np.array(problem.columns.edges)[problem.columns.parcel_cents[:-1, column] < BIG]
    room = int(possible[-1]) if len(possible) else 0
    picks = []
    for item in np.nonzero(units > 0)[0].tolist():
        weight = problem.weight_g.item(item)
        quantity = min(int(units[item]), room // weight)
        if quantity:
            picks.append(Pick(item, quantity))
            room -= quantity * weight
    return PlannedParcel(column, tuple(picks)) if picks else None
