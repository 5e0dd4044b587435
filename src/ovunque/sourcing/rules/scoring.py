"""What a parcel counts by the objective of its order, as one exact integer.

Money: 64ths of a cent and one for the parcel, so that of two equally cheap plans the one with
fewer parcels wins; where a tonne of emissions has a price, each parcel's grams are added, rounded
down to a 64th. Emissions: grams first, the money below them. Speed has no score of its own: it is
the cheapest plan of those that arrive first.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ovunque.network.model import Objective
from ovunque.sourcing.model import BIG, Ints, PlannedParcel, Problem

PER_CENT = 64
GRAM = 1 << 33  # What a gram counts: more than all the money of a plan.
CENTS_MAX = (1 << 23) - 1  # Of one parcel, where grams decide: a dozen of them stay below a gram.
GRAMS_MAX = (1 << 20) - 1
GRAMS_PER_TONNE = 1_000_000
UNMET_MAX = 1 << 34  # Cents of a unit: ten thousand of them stay below what is impossible.
IMPOSSIBLE = 1 << 58  # As a score; a dozen of them add up and nothing overflows.


class Contents(NamedTuple):
    """What could be in one parcel, case by case."""

    weight_g: Sequence[int]
    units: Sequence[int]
    beside: Ints | None = None  # [m, C] of each of them in each column.


def values(problem: Problem, contents: Contents, columns: slice) -> Ints:
    """[m, C]: each of m contents as one parcel of each column, whatever its stock.

    In the order of scores, not yet scores: cents where money decides, which is quicker.
    """
    of = problem.columns
    edges = of.edges
    cents = of.parcel_cents[:, columns][[bisect_left(edges, each) for each in contents.weight_g]]
    cents += np.array(contents.units)[:, None] * of.pick_cents[columns]
    if contents.beside is not None:
        cents += np.where(cents < BIG, contents.beside[:, columns], 0)
    if not problem.counts_grams:
        return cents
    return _green(problem, cents, np.array(contents.weight_g)[:, None], columns)


def _green(problem: Problem, cents: Ints, weight_g: Ints, columns: slice) -> Ints:
    assert problem.footprint is not None
    span = range(*columns.indices(len(problem.columns)))
    whole = len(span) == len(problem.columns)
    footprint = problem.footprint if whole else problem.footprint.take(np.array(span))
    grams = np.minimum(footprint.grams(weight_g), GRAMS_MAX)
    if problem.objective == Objective.LOWEST_EMISSIONS:
        counted = grams * GRAM
    else:
        counted = grams * (problem.tonne_cents * PER_CENT) // GRAMS_PER_TONNE
    money: Ints = np.minimum(cents, CENTS_MAX) * PER_CENT + (counted + 1)
    money[cents >= BIG] = IMPOSSIBLE
    return money


def scored(problem: Problem, value: int) -> int:
    """A value as a score."""
    if problem.counts_grams:
        return value
    return IMPOSSIBLE if value >= BIG else value * PER_CENT + 1


def unmet_scores(problem: Problem) -> list[int]:
    """[n]: what leaving a whole line unmet counts."""
    pairs = zip(problem.unmet_cents.tolist(), problem.want.tolist(), strict=True)
    return [
        IMPOSSIBLE if cents >= BIG else min(cents, UNMET_MAX) * units * PER_CENT
        for cents, units in pairs
    ]


def parcel_score(problem: Problem, parcel: PlannedParcel) -> int:
    """One planned parcel by the objective."""
    cents = counted_cents(problem, parcel)
    if not problem.counts_grams:
        return IMPOSSIBLE if cents >= BIG else cents * PER_CENT + 1
    at = slice(parcel.column, parcel.column + 1)
    weight = np.array([weight_of(problem, parcel)])
    return _green(problem, np.array([cents]), weight, at).item()


def weight_of(problem: Problem, parcel: PlannedParcel) -> int:
    return sum([problem.weight_g.item(pick.item) * pick.quantity for pick in parcel.picks])


def counted_cents(problem: Problem, parcel: PlannedParcel) -> int:
    """What is paid for a parcel and what counts beside it; BIG if it is too heavy."""
    cents = parcel_cents(problem, parcel)
    if problem.beside is None or cents >= BIG:
        return cents
    return cents + problem.beside.of(parcel.column, parcel.picks)


def parcel_cents(problem: Problem, parcel: PlannedParcel) -> int:
    """Tariff of the parcel's weight, handling, and picking of its units; BIG if too heavy."""
    units = sum([pick.quantity for pick in parcel.picks])
    return problem.columns.cents(parcel.column, weight_of(problem, parcel), units)
