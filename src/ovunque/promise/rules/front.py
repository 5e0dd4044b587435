"""Every plan that no other beats at once in money, arrival and grams.

Labels over subsets: a label is a way to settle some lines, with its cents, its grams and the
arrival of its last parcel. A label that another one beats is forgotten. By construction each
point of the front is a plan.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import lt

import numpy as np
from numpy.typing import NDArray

from ovunque.network.model import Objective
from ovunque.promise.rules.alone import alone_of
from ovunque.promise.rules.curve import Curve, curve_of, fits, greenest, held
from ovunque.sourcing.model import BIG, Ints, Pick, PlannedParcel, Problem, Solution
from ovunque.sourcing.rules import best_of_whole, solve
from ovunque.sourcing.rules.scoring import (
    Contents,
    values,
    weight_of,
)
from ovunque.sourcing.rules.subsets import lacking, parts, sums

ITEMS_MAX = 6  # Beyond, and where lines have to be split: cost by date only.
EXACT_MAX = 3  # Items up to which picks are taken from all points.
BETWEEN_MAX = 3  # Dates looked at besides the cheapest plan's own.
LABELS_MAX = 64  # Of one subset: the extremes, and the rest evenly along the cost.

Parcels = tuple[PlannedParcel, ...]
Subsets = tuple[tuple[int, int], ...]  # Each with its column.
Label = tuple[int, int, int, int, Subsets]  # Arrival, cents, grams, parcels, which.


@dataclass(frozen=True, slots=True)
class Point:
    """A plan that no other beats."""

    arrives: int
    cents: int
    grams: int
    parcels: tuple[PlannedParcel, ...]


def front(problem: Problem) -> tuple[Point, ...]:
    """All points, the earliest first; of whole lines if there is any, else of split ones."""
    if not len(problem.columns):
        return ()
    if len(problem.columns) == 1:
        return _only(problem)
    points = _of_one_line(problem) if len(problem.want) == 1 else ()
    points = points or (_whole(problem) if len(problem.want) <= ITEMS_MAX else ())
    return points or _by_date(problem)


def extremes(problem: Problem) -> tuple[Point, ...]:
    """What picks need of a large cart: the cheapest, the earliest, the greenest, and the cheapest
    by some dates between; each exact, without all that lies between them."""
    if len(problem.columns) == 1 or len(problem.want) <= EXACT_MAX:
        return front(problem)
    search = Search(problem)
    cheapest = search.cheapest()
    if cheapest is None:
        return ()
    last = _point(problem, cheapest)
    plans = [search.greenest(cheapest), *search.sooner(last.arrives)]
    found = [last, *(_point(problem, each) for each in dict.fromkeys(plans) if each)]
    told = {(each.arrives, each.cents, each.grams): each for each in found}
    if len(told) == 1:
        return (last,)
    kept = thin((*figures, len(point.parcels), ()) for figures, point in told.items())
    return tuple(told[label[:3]] for label in kept)


class Search:
    """Looks for the best plans of a cart, in the shortest way that proves them."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._has = problem.reach >= problem.want[:, None]
        self._alone = alone_of(problem, self._has)

    @cached_property
    def _which(self) -> Ints:
        return held(self._has)

    @cached_property
    def _curve(self) -> Curve | None:
        return curve_of(self._problem, self._which) if fits(self._problem) else None

    def cheapest(self) -> Parcels | None:
        """The cheapest; of equal ones the first to arrive."""
        known = self._alone.cheapest(len(self._problem.columns)) if self._alone else None
        if known:
            return known
        if self._curve is not None:
            return self._curve.best()
        return _parcels(solve(self._problem))

    def greenest(self, cheapest: Parcels) -> Parcels | None:
        """With least grams; that all can be served is known where money decided first."""
        alone = self._alone.greenest() if self._alone else None
        if alone:
            return alone
        problem = self._problem
        if fits(problem):
            return greenest(problem, self._which) or None
        green = replace(problem, objective=Objective.LOWEST_EMISSIONS)
        served = sum(pick.quantity for each in cheapest for pick in each.picks)
        known = problem.objective == Objective.ECONOMIC and served == int(problem.want.sum())
        return _parcels(best_of_whole(green) if known else solve(green))

    def sooner(self, latest: int) -> Iterator[Parcels | None]:
        """The cheapest by some dates before."""
        for by in _some(self._between(latest)):
            count = self._problem.columns.count_by(by)
            alone = self._alone.cheapest(count) if self._alone else None
            yield alone or self._cheapest_of(count)

    def _cheapest_of(self, count: int) -> Parcels | None:
        """Of the columns that arrive first."""
        if self._curve is not None:
            return self._curve.by(self._problem.columns.date_row.item(count - 1))
        bare = self._problem
        if not bare.counts_grams:
            bare = replace(bare, footprint=None)
        return _parcels(solve(bare.first(count)))

    def _between(self, latest: int) -> list[int]:
        """The first date on which every line could be there, and those until the last one."""
        columns = self._problem.columns
        first = int(columns.arrives[self._has.argmax(axis=1)].max())
        dates = columns.dates
        found: list[int] = dates[(dates >= first) & (dates < latest)].tolist()
        return found


def _some(rows: Sequence[int]) -> list[int]:
    """The first of them, and some others evenly."""
    count = min(BETWEEN_MAX, len(rows))
    return [rows[nth * len(rows) // count] for nth in range(count)]


def _parcels(found: Solution | None) -> Parcels | None:
    return found.parcels if found else None


def _of_one_line(problem: Problem) -> tuple[Point, ...]:
    """It comes in one parcel, and there is nothing to combine."""
    one = alone_of(problem, problem.reach >= problem.want[:, None])
    found = one.unbeaten() if one else []
    return tuple(Point(*each) for each in found) if len(found) <= LABELS_MAX else ()


def _only(problem: Problem) -> tuple[Point, ...]:
    """One column, such as a counter: all of it in one parcel, if that can be."""
    want = problem.want.tolist()
    if any(map(lt, problem.reach[:, 0].tolist(), want)):
        return ()
    parcel = PlannedParcel(0, tuple([Pick(item, units) for item, units in enumerate(want)]))
    point = _point(problem, (parcel,))
    return (point,) if point.cents < BIG else ()


def _whole(problem: Problem) -> tuple[Point, ...]:
    single = _single(problem)
    best: list[list[Label]] = [[(0, 0, 0, 0, ())]]
    best += [[] for _ in range(len(single) - 1)]
    for whole, holding in parts(len(problem.want)):
        labels = [label for part in holding for label in _joined(single[part], best[whole ^ part])]
        best[whole] = thin(label for label in labels if label[3] <= problem.parcels_max)
    want = problem.want.tolist()
    return tuple(
        Point(arrives, cents, grams, tuple(_parcel(want, *each) for each in parcels))
        for arrives, cents, grams, _, parcels in best[-1]
    )


def _parcel(want: Sequence[int], part: int, column: int) -> PlannedParcel:
    picks = (Pick(item, units) for item, units in enumerate(want) if part >> item & 1)
    return PlannedParcel(column, tuple(picks))


def _single(problem: Problem) -> list[list[Label]]:
    """For every subset the single parcels that no other beats."""
    assert problem.footprint is not None
    want, weighs = problem.want.tolist(), problem.weight_g.tolist()
    weight = sums([units * each for units, each in zip(want, weighs, strict=True)])
    cents = values(problem, Contents(weight, sums(want)), slice(None))
    cents[lacking(problem, slice(None))] = BIG
    grams = problem.footprint.grams(np.array(weight)[:, None])
    arrives = problem.columns.arrives
    kept = _promising(cents, grams)
    return [
        thin(
            (arrives.item(at), cents.item(part, at), grams.item(part, at), 1, ((part, at),))
            for at in np.nonzero(kept[part])[0].tolist()
        )
        for part in range(len(weight))
    ]


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


def _joined(single: Sequence[Label], rest: Sequence[Label]) -> list[Label]:
    return [
        (max(one[0], two[0]), one[1] + two[1], one[2] + two[2], one[3] + two[3], one[4] + two[4])
        for one in single
        for two in rest
    ]


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


def _by_date(problem: Problem) -> tuple[Point, ...]:
    """The cheapest plan by each date, lines split where that is needed."""
    points: list[Point] = []
    for by in np.unique(problem.columns.arrives).tolist():
        found = solve(problem.by(by))
        if found is not None and (not points or found.cents < points[-1].cents):
            points.append(_point(problem, found.parcels))
    return tuple(points)


def _point(problem: Problem, parcels: tuple[PlannedParcel, ...]) -> Point:
    footprint, columns = problem.footprint, problem.columns
    assert footprint is not None
    arrives = cents = grams = 0
    for each in parcels:
        weight_g = weight_of(problem, each)
        arrives = max(arrives, columns.arrives.item(each.column))
        cents += columns.cents(each.column, weight_g, sum([pick.quantity for pick in each.picks]))
        grams += footprint.grams_at(each.column, weight_g)
    return Point(arrives, cents, grams, parcels)
