"""Picks of a cart where one parcel with all of it is proven to be best: no table of subsets.

Two parcels cost at least twice the cheapest one, whatever is in them, and emit at least twice the
least. A parcel that is not worse than that is the best plan of all, and of equal ones the fewest
parcels, the earliest, then the first column win, as everywhere.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ovunque.network.model import Objective
from ovunque.sourcing.model import BIG, Ints, Pick, PlannedParcel, Problem
from ovunque.sourcing.rules.scoring import CENTS_MAX, GRAMS_MAX

Parcels = tuple[PlannedParcel, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    """What each column asks and emits for all of a cart in one parcel; BIG: it cannot."""

    problem: Problem
    cents: Ints  # [C]
    units: int
    weight_g: int

    def cheapest(self, count: int) -> Parcels | None:
        """The best of the first columns; None where several parcels could be better."""
        cents = self.cents[:count]
        at = int(cents.argmin()) if count else 0
        if not count or cents.item(at) >= BIG:
            return None
        columns = self.problem.columns
        two = 2 * int(columns.least_cents[:count].min()) + self.units * columns.least_pick_cents
        return self._parcel(at) if cents.item(at) <= two else None

    def greenest(self) -> Parcels | None:
        """The one with least grams; None where several parcels could have less."""
        footprint, weight_g = self.problem.footprint, self.weight_g
        assert footprint is not None
        mg = footprint.fixed_mg + weight_g * footprint.gram_mg
        mg[self.cents >= BIG] = BIG
        most = int(mg.min()) + weight_g * footprint.rest_mg_max + 1_000
        if most >= BIG:
            return None
        able = np.nonzero(mg <= most)[0]
        grams = footprint.take(able).grams(np.full(len(able), weight_g))
        least = int(grams.min())
        fixed_mg, gram_mg = int(footprint.fixed_mg.min()), int(footprint.gram_mg.min())
        two = (2 * fixed_mg + self.weight_g * gram_mg) // 1_000 - 2  # Each is rounded down.
        if least >= min(two, GRAMS_MAX):
            return None
        equal = able[grams == least]
        return self._parcel(int(equal[np.minimum(self.cents[equal], CENTS_MAX).argmin()]))

    def unbeaten(self) -> list[tuple[int, int, int, Parcels]]:
        """What no other of these parcels beats: arrival, cents, grams; the earliest first."""
        footprint = self.problem.footprint
        assert footprint is not None
        able = np.nonzero(self.cents < BIG)[0]
        if not len(able):
            return []
        arrives, cents = self.problem.columns.arrives[able], self.cents[able]
        grams = footprint.take(able).grams(np.full(len(able), self.weight_g))
        kept = _left(arrives, cents, grams)
        order = np.lexsort((grams[kept], cents[kept], arrives[kept]))
        rows = (each[kept][order].tolist() for each in (arrives, cents, grams, able))
        return [(*row[:3], self._parcel(row[3])) for row in zip(*rows, strict=True)]

    def _parcel(self, column: int) -> Parcels:
        picks = [Pick(item, units) for item, units in enumerate(self.problem.want.tolist())]
        return (PlannedParcel(column, tuple(picks)),)


def _left(arrives: Ints, cents: Ints, grams: Ints) -> Ints:
    """The rows that no other beats; of equal ones the first. Rows are sorted by arrival.

    What the cheapest or the greenest to arrive sooner beats goes first: few are left then.
    """
    number = np.arange(len(cents))
    worse: NDArray[np.bool_] = np.zeros(len(cents), np.bool_)
    for first, second in ((cents, grams), (grams, cents)):
        least = np.minimum.accumulate(first)
        holder = np.maximum.accumulate(np.where(first == least, number, 0))[:-1]
        worse[1:] |= (first[holder] <= first[1:]) & (second[holder] <= second[1:])
    kept = number[~worse]
    rows = np.stack([arrives[kept], cents[kept], grams[kept]])
    no_more = (rows[:, :, None] <= rows[:, None, :]).all(axis=0)
    strictly = no_more & ~no_more.T
    earlier = no_more & (kept[:, None] < kept[None, :])
    left: Ints = kept[~(strictly | earlier).any(axis=0)]
    return left


def alone_of(problem: Problem, has: NDArray[np.bool_]) -> Alone | None:
    """None where something else than paid money decides, or something may be left out.

    `has`: [n, C] whether a column has enough of an item.
    """
    if problem.objective != Objective.ECONOMIC or problem.counts_grams or problem.beside:
        return None
    if int(problem.unmet_cents.min()) < BIG:
        return None
    want = problem.want
    units, weight_g = int(want.sum()), int(want @ problem.weight_g)
    cents = problem.columns.cents_of_all(weight_g, units)
    cents[~np.logical_and.reduce(has)] = BIG
    return Alone(problem, cents, units, weight_g)
