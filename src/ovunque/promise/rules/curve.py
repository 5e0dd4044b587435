"""The cheapest way to have a whole cart by each date, all dates at once: no search for each.

What a column can hold of a cart is a subset of its items. Of the columns that hold the same one and
arrive on the same date only the cheapest matters; so tables by date and subset, small ones, tell
for each subset the best parcel that is there by each date. Over them goes the exact programme of
`subsets`, whose ties fall alike: fewest parcels, then the first columns.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ovunque.network.model import Objective
from ovunque.sourcing.model import BIG, Ints, Pick, PlannedParcel, Problem
from ovunque.sourcing.rules.scoring import (
    GRAMS_MAX,
    IMPOSSIBLE,
    PER_CENT,
    Contents,
    values,
)
from ovunque.sourcing.rules.subsets import parts, sums

Parcels = tuple[PlannedParcel, ...]
Column = Callable[[int, int], int]  # Of the best parcel with some items by a date.

ITEMS_MAX = 6
COLUMN_BITS = 20  # Beside a figure in one integer: the least figure, then the first column.
COLUMN = (1 << COLUMN_BITS) - 1
CENTS_MAX = 1 << 36  # More is impossible.
NOTHING = 1 << 60
GRAM_MG = 1_000


def fits(problem: Problem) -> bool:
    """Whether money alone decides, all is wanted, and no line can come in parts."""
    return (
        problem.objective == Objective.ECONOMIC
        and not problem.counts_grams
        and problem.beside is None
        and len(problem.want) <= min(ITEMS_MAX, problem.parcels_max)
        and len(problem.columns) <= COLUMN
        and int(problem.unmet_cents.min()) >= BIG
        and not (problem.splits and int(problem.want.max()) > 1)
    )


def held(has: NDArray[np.bool_]) -> Ints:
    """[C]: the items of which each column has enough, as a subset."""
    bits: Ints = (1 << np.arange(len(has))) @ has
    return bits


class Curve:
    """The best plan for all of a cart by each date; what is not asked is not settled."""

    def __init__(self, problem: Problem, scores: Ints, column: Column) -> None:
        self._problem = problem
        self._scores = scores  # [D, 2^n] of the best single parcel with exactly these items
        self._column = column
        self._settled: dict[int, list[int]] = {}

    def score(self, row: int) -> int:
        """What the best plan counts by a date; IMPOSSIBLE where not all of it can be there."""
        return self._least(row)[-1]

    def best(self) -> Parcels | None:
        """The best plan of all; of equal ones the first to arrive."""
        return self.by(len(self._scores) - 1)

    def by(self, row: int) -> Parcels | None:
        """The best plan that is there by a date; of equal ones the first to arrive."""
        score = self.score(row)
        if score >= IMPOSSIBLE:
            return None
        date_row = self._problem.columns.date_row
        while True:
            found = [(self._column(part, row), part) for part in self._parts(row)]
            row = max([date_row.item(column) for column, _ in found])
            if not row or self.score(row - 1) != score:
                return _planned(self._problem, found)
            row -= 1

    def _least(self, row: int) -> list[int]:
        """[2^n]: the least score of each subset, in any number of parcels."""
        known = self._settled.get(row)
        if known is None:
            single = self._scores[row].tolist()
            known = self._settled[row] = [0] * len(single)
            for whole, pairs in ways(len(self._problem.want)):
                least = min([single[part] + known[rest] for part, rest in pairs])
                known[whole] = min(least, IMPOSSIBLE)
        return known

    def _parts(self, row: int) -> Iterator[int]:
        """What comes together in the best plan, one parcel after the other."""
        single, least = self._scores[row].tolist(), self._least(row)
        pairs = dict(ways(len(self._problem.want)))
        left = len(least) - 1
        while left:
            part = next(p for p, rest in pairs[left] if single[p] + least[rest] == least[left])
            yield part
            left ^= part


@cache
def ways(items: int) -> tuple[tuple[int, tuple[tuple[int, int], ...]], ...]:
    """Every set of items, the small ones first: its parts with the lowest item, and their rests."""
    return tuple(
        (whole, tuple((part, whole ^ part) for part in holding)) for whole, holding in parts(items)
    )


def _planned(problem: Problem, found: list[tuple[int, int]]) -> Parcels:
    """Parcels by their columns and parts, the first column first."""
    want = problem.want.tolist()
    return tuple(
        PlannedParcel(
            column, tuple([Pick(i, units) for i, units in enumerate(want) if part >> i & 1])
        )
        for column, part in sorted(found, key=lambda each: (each[0], each[1] & -each[1]))
    )


def curve_of(problem: Problem, which: Ints) -> Curve:
    """The least money by each date, of a problem that fits; `which` items each column has."""
    single = _single(problem, which)
    cents = single >> COLUMN_BITS
    scores = np.where(cents < CENTS_MAX, cents * PER_CENT + 1, IMPOSSIBLE)
    return Curve(problem, scores.T, lambda part, row: single.item(part, row) & COLUMN)


def _single(problem: Problem, which: Ints) -> Ints:
    """[2^n, D]: for every subset the cheapest parcel by each date, with its column."""
    columns, items = problem.columns, len(problem.want)
    subsets, dates = 1 << items, len(columns.dates)
    contents, key_of = _contents(problem)
    cell = columns.date_row * subsets + which
    tables = np.full((len(contents), dates * subsets), NOTHING)
    for table, (band, units) in zip(tables, contents, strict=True):
        cents = np.minimum(columns.parcel_cents[band] + columns.pick_cents * units, CENTS_MAX)
        np.minimum.at(table, cell, (cents << COLUMN_BITS) | columns.number)
    by_date = tables.reshape(len(contents), dates, subsets)
    np.minimum.accumulate(by_date, axis=1, out=by_date)
    of_supersets(by_date)
    found: Ints = by_date[key_of, :, np.arange(subsets)]
    found[0] = NOTHING
    return found


def of_supersets(table: Ints) -> None:
    """[..., 2^n]: who has more can bring less; each cell gets the least of those above it."""
    subsets = table.shape[-1]
    step = 1
    while step < subsets:
        pairs = table.reshape(*table.shape[:-1], subsets // (2 * step), 2, step)
        np.minimum(pairs[..., 0, :], pairs[..., 1, :], out=pairs[..., 0, :])
        step *= 2


def _contents(problem: Problem) -> tuple[list[tuple[int, int]], list[int]]:
    """The different weight bands and units of subsets; for each subset which of them it is."""
    want, weigh = problem.want.tolist(), problem.weight_g.tolist()
    weight_g = sums([units * each for units, each in zip(want, weigh, strict=True)])
    edges = problem.columns.edges
    told = [*zip([bisect_left(edges, each) for each in weight_g], sums(want), strict=True)]
    rows = {each: nth for nth, each in enumerate(dict.fromkeys(told[1:]))}
    return [*rows], [0, *(rows[each] for each in told[1:])]


def greenest(problem: Problem, which: Ints) -> Parcels:
    """The plan with least grams; of equal ones the cheapest, then the first to arrive.

    Empty where not all of the cart can be had.
    """
    kept = greener(problem, which)
    if not len(kept):
        return ()
    green = replace(problem.take(kept), objective=Objective.LOWEST_EMISSIONS)
    weigh, want = problem.weight_g.tolist(), problem.want.tolist()
    weight_g = sums([units * each for units, each in zip(want, weigh, strict=True)])
    value = values(green, Contents(weight_g, sums(want)), slice(None))
    subsets = np.arange(len(value))[:, None]
    value[(which[kept] & subsets) != subsets] = IMPOSSIBLE
    value[0] = IMPOSSIBLE
    columns = green.columns
    starts = columns.arrives.searchsorted(columns.dates)
    single = np.minimum.accumulate(np.minimum.reduceat(value, starts, axis=1), axis=1)
    counts = [*starts.tolist()[1:], len(kept)]
    curve = Curve(green, single.T, lambda part, row: int(value[part, : counts[row]].argmin()))
    found = curve.best() or ()
    return tuple(PlannedParcel(kept.item(each.column), each.picks) for each in found)


def greener(problem: Problem, which: Ints) -> Ints:
    """The columns that a plan with least grams may have: no other surely emits less.

    What parcels of a column emit is a line over their weight, but for what is rounded. A column
    that has all that another has, and stays below it by more than roundings at both the lightest
    and the heaviest parcel, is better in every plan.
    """
    columns, footprint = problem.columns, problem.footprint
    assert footprint is not None
    weights = (problem.want * problem.weight_g).tolist()
    light, heavy = max(1, min(weights)), sum(weights)
    fixed, gram, rests = footprint.fixed_mg, footprint.gram_mg, footprint.rest_mg_max
    low, high = fixed + light * gram, fixed + heavy * gram
    if int(high.max()) + heavy * rests >= GRAMS_MAX * GRAM_MG or len(columns) > COLUMN:
        return columns.number
    bands = slice(bisect_left(columns.edges, light), bisect_left(columns.edges, heavy) + 1)
    carries = (columns.parcel_cents[bands] < BIG).all(axis=0)
    table = np.full(1 << len(problem.want), NOTHING)
    coded = np.where(carries, (high << COLUMN_BITS) | columns.number, NOTHING)
    np.minimum.at(table, which, coded)
    of_supersets(table)
    best = table[which]
    at = np.where(best < NOTHING, best & COLUMN, columns.number)
    beaten = (low[at] + light * rests + GRAM_MG <= low) & (
        high[at] + heavy * rests + GRAM_MG <= high
    )
    return np.nonzero((which > 0) & ~beaten)[0]
