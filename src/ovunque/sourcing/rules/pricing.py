"""What a plan costs, computed from the plan alone: no solver's own figure is ever stored."""

from collections.abc import Sequence

from ovunque.sourcing.model import PlannedParcel, Problem, Solution
from ovunque.sourcing.rules.scoring import PER_CENT, parcel_cents, parcel_score


def priced(problem: Problem, parcels: Sequence[PlannedParcel], unmet: Sequence[int]) -> Solution:
    """The plan with its score and its cost: parcels, and the price of what stays unmet."""
    left = sum(
        units * int(price) for units, price in zip(unmet, problem.unmet_cents, strict=True) if units
    )
    cents = sum(parcel_cents(problem, parcel) for parcel in parcels)
    if problem.counts_grams or problem.beside is not None:
        score = sum(parcel_score(problem, parcel) for parcel in parcels)
    else:
        score = cents * PER_CENT + len(parcels)
    ordered = sorted(parcels, key=lambda parcel: (parcel.column, parcel.picks[0].item))
    return Solution(score + left * PER_CENT, cents + left, tuple(ordered), tuple(unmet))
