"""What a plan costs, computed from the plan alone: no solver's own figure is ever stored."""

from collections.abc import Sequence

import numpy as np

from ovunque.sourcing.model import PlannedParcel, Problem, Solution


def priced(problem: Problem, parcels: tuple[PlannedParcel, ...], unmet: Sequence[int]) -> Solution:
    """The plan with its cost in cents: parcels, and the price of what stays unmet."""
    cents = sum(parcel_cents(problem, parcel) for parcel in parcels)
    cents += sum(
        units * int(price) for units, price in zip(unmet, problem.unmet_cents, strict=True) if units
    )
    return Solution(cents, parcels, tuple(unmet))


def parcel_cents(problem: Problem, parcel: PlannedParcel) -> int:
    """Tariff of the parcel's weight, handling, and picking of its units."""
    weight = sum(int(problem.weight_g[pick.item]) * pick.quantity for pick in parcel.picks)
    band = int(np.searchsorted(problem.edges_g, weight))
    assert band < len(problem.edges_g), "a parcel is heavier than any tariff"
    units = sum(pick.quantity for pick in parcel.picks)
    return (
        int(problem.price_cents[parcel.column, band])
        + int(problem.fixed_cents[parcel.column])
        + int(problem.pick_cents[parcel.column]) * units
    )
