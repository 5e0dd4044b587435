"""Ways to settle some lines of a cart: its plans that no other beats are made of them.

A label is a way to settle a subset of the lines whole, with the arrival of its last parcel, its
cents and its grams. A label is forgotten where another one beats it, and where a plan that is
known beats all that could become of it. So each that is left in the end is a plan.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ovunque.sourcing.model import BIG, Ints, Problem
from ovunque.sourcing.rules.scoring import Contents, values
from ovunque.sourcing.rules.subsets import lacking, parts, sums

LABELS_MAX = 64  # Of one subset: the extremes, and the rest evenly along the cost.

Subsets = tuple[tuple[int, int], ...]  # Each with its column.
Label = tuple[int, int, int, int, Subsets]  # Arrival, cents, grams, parcels, which.


def unbeaten(problem: Problem) -> list[Label]:
    """Of all plans that keep lines whole those that no other beats, the earliest first."""
    table = _table_of(problem)
    goal = len(table.cents) - 1
    prospect = _prospect_of(table)
    single = [table.labels(part, kept) for part, kept in enumerate(prospect.columns(table))]
    best: list[list[Label]] = [[(0, 0, 0, 0, ())], *([] for _ in range(goal))]
    for whole, holding in parts(len(problem.want)):
        joined = (each for part in holding for each in _joined(single[part], best[whole ^ part]))
        best[whole] = thin(
            label
            for label in joined
            if label[3] <= problem.parcels_max and prospect.allows(label, goal ^ whole)
        )
    return best[goal]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Every subset of the lines as one parcel of each column."""

    arrives: Ints  # [C]
    cents: Ints  # [2^n, C]; BIG: it cannot bring that
    grams: Ints  # [2^n, C]
    kept: NDArray[np.bool_]  # [2^n, C]: which may be worth a label

    def labels(self, part: int, kept: NDArray[np.bool_]) -> list[Label]:
        """The parcels of a subset that no other beats, out of some columns."""
        arrives, cents, grams = self.arrives, self.cents, self.grams
        return thin(
            (arrives.item(at), cents.item(part, at), grams.item(part, at), 1, ((part, at),))
            for at in np.nonzero(kept)[0].tolist()
        )


def _table_of(problem: Problem) -> Table:
    assert problem.footprint is not None
    want, weighs = problem.want.tolist(), problem.weight_g.tolist()
    weight = sums([units * each for units, each in zip(want, weighs, strict=True)])
    cents = values(problem, Contents(weight, sums(want)), slice(None))
    cents[lacking(problem, slice(None))] = BIG
    grams = problem.footprint.grams(np.array(weight)[:, None])
    return Table(problem.columns.arrives, cents, grams, _promising(cents, grams))


def _promising(cents: Ints, grams: Ints) -> NDArray[np.bool_]:
    """[2^n, C]: parcels that neither the cheapest nor the greenest to arrive sooner beats."""
    possible = cents < BIG
    number = np.arange(cents.shape[1])
    kept = possible.copy()
    kept[0] = False
    for first, second in ((cents, grams), (grams, cents)):
        least = np.minimum.accumulate(np.where(possible, first, BIG), axis=1)
        holder = np.maximum.accumulate(np.where(possible & (first == least), number, 0), axis=1)
        before = holder[:, :-1]
        beaten = np.take_along_axis(possible, before, 1)
        beaten &= np.take_along_axis(first, before, 1) <= first[:, 1:]
        beaten &= np.take_along_axis(second, before, 1) <= second[:, 1:]
        kept[:, 1:] &= ~beaten
    return kept


@dataclass(frozen=True, slots=True, eq=False)
class Prospect:
    """What the lines that are left will add at least, and the plans that are known: one parcel
    with all of the cart. Of equal plans the fewest parcels win, so that these beat their like."""

    cents: Sequence[int]  # [2^n]: the least to settle a subset, in however many parcels
    grams: Sequence[int]
    known: Sequence[Label]

    def allows(self, label: Label, left: int) -> bool:
        """Whether a label could become a plan that no known one beats."""
        if not left:
            return True
        arrives, cents, grams = label[0], label[1] + self.cents[left], label[2] + self.grams[left]
        return not any(
            known[0] <= arrives and known[1] <= cents and known[2] <= grams for known in self.known
        )

    def columns(self, table: Table) -> NDArray[np.bool_]:
        """[2^n, C]: the single parcels that could."""
        if not self.known:
            return table.kept
        part, at = np.nonzero(table.kept[:-1])
        figures = (
            table.arrives[at],
            table.cents[part, at] + np.array(self.cents)[::-1][part],
            table.grams[part, at] + np.array(self.grams)[::-1][part],
        )
        beaten = np.zeros(len(part), np.bool_)
        for known in self.known:
            beaten |= np.logical_and.reduce(
                [mine >= best for mine, best in zip(figures, known[:3], strict=True)]
            )
        kept = table.kept.copy()
        kept[part[beaten], at[beaten]] = False
        return kept


def _prospect_of(table: Table) -> Prospect:
    known = table.labels(len(table.kept) - 1, table.kept[-1])
    grams = np.where(table.cents < BIG, table.grams, BIG)
    return Prospect(_least(table.cents), _least(grams), known)


def _least(single: Ints) -> list[int]:
    """[2^n, C] -> [2^n]: the least sum over all ways to part a subset."""
    least: list[int] = [0, *single[1:].min(axis=1).tolist()]
    for whole, holding in parts(len(single).bit_length() - 1):
        least[whole] = min([least[part] + least[whole ^ part] for part in holding])
    return least


def _joined(single: Sequence[Label], rest: Sequence[Label]) -> Iterator[Label]:
    return (
        (max(one[0], two[0]), one[1] + two[1], one[2] + two[2], one[3] + two[3], one[4] + two[4])
        for one in single
        for two in rest
    )


def thin(labels: Iterable[Label]) -> list[Label]:
    """The labels that no other beats, the earliest first; of equal ones the fewest parcels."""
    stairs: list[tuple[int, int]] = []  # Cents ascending, grams descending.
    kept = []
    for label in sorted(labels):
        cents, grams = label[1], label[2]
        at = bisect_right(stairs, (cents, BIG))
        if at and stairs[at - 1][1] <= grams:
            continue
        kept.append(label)
        first = bisect_left(stairs, (cents, grams))
        last = first
        while last < len(stairs) and stairs[last][1] >= grams:
            last += 1
        del stairs[first:last]
        insort(stairs, (cents, grams))
    return kept if len(kept) <= LABELS_MAX else _spread(kept)


def _spread(labels: list[Label]) -> list[Label]:
    """So many labels: the best of each kind, and others evenly along the cost."""
    by_cost = sorted(labels, key=lambda each: each[1:3])
    extremes = {min(labels, key=lambda each: each[axis:] + each[:axis]) for axis in (0, 1, 2)}
    step = len(by_cost) / (LABELS_MAX - len(extremes))
    chosen = extremes | {by_cost[int(nth * step)] for nth in range(LABELS_MAX - len(extremes))}
    return sorted(chosen)
