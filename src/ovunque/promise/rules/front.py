"""Every plan that no other beats at once in money, arrival and grams.

Labels over subsets: a label is a way to settle some lines, with its cents, its grams and the
arrival of its last parcel. A label that another one beats is forgotten. By construction each
point of the front is a plan.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ovunque.network.model import Objective
from ovunque.promise.rules.alone import Alone, alone_of
from ovunque.sourcing.model import BIG, Ints, Pick, PlannedParcel, Problem, Solution
from ovunque.sourcing.rules import best_of_whole, solve
from ovunque.sourcing.rules.scoring import Contents, parcel_cents, values, weight_of
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
    one = alone_of(problem)
    cheapest = _cheapest(problem, one)
    if cheapest is None:
        return ()
    last = _point(problem, cheapest)
    plans = [cheapest, _greenest(problem, one, cheapest), *_sooner(problem, one, last.arrives)]
    found = [last, *(_point(problem, each) for each in dict.fromkeys(plans[1:]) if each)]
    told = {(each.arrives, each.cents, each.grams): each for each in found}
    kept = thin((*figures, len(point.parcels), ()) for figures, point in told.items())
    return tuple(told[label[:3]] for label in kept)


def _of_one_line(problem: Problem) -> tuple[Point, ...]:
    """It comes in one parcel, and there is nothing to combine."""
    one = alone_of(problem)
    found = one.unbeaten() if one else []
    return tuple(Point(*each) for each in found) if len(found) <= LABELS_MAX else ()


def _cheapest(problem: Problem, one: Alone | None) -> Parcels | None:
    known = one.cheapest(len(problem.columns)) if one else None
    return known or _parcels(solve(problem))


def _parcels(found: Solution | None) -> Parcels | None:
    return found.parcels if found else None


def _greenest(problem: Problem, one: Alone | None, cheapest: Parcels) -> Parcels | None:
    """With least grams; that all can be served is known already where money decided first."""
    alone = one.greenest() if one else None
    if alone:
        return alone
    green = replace(problem, objective=Objective.LOWEST_EMISSIONS)
    served = sum(pick.quantity for each in cheapest for pick in each.picks)
    known = problem.objective == Objective.ECONOMIC and served == int(problem.want.sum())
    return _parcels(best_of_whole(green) if known else solve(green))


def _sooner(problem: Problem, one: Alone | None, latest: int) -> Iterator[Parcels | None]:
    """The cheapest by some dates before."""
    bare = problem if problem.counts_grams else replace(problem, footprint=None)
    for by in _dates(problem, latest):
        alone = one.cheapest(problem.columns.count_by(by)) if one else None
        yield alone or _parcels(solve(bare.by(by)))


def _dates(problem: Problem, latest: int) -> list[int]:
    """The first date on which every line could be there, and some between it and the last one."""
    could = problem.reach >= problem.want[:, None]
    arrives = np.where(could, problem.columns.arrives, latest).min(axis=1)
    dates = problem.columns.dates
    between = dates[(dates >= arrives.max()) & (dates < latest)].tolist()
    count = min(BETWEEN_MAX, len(between))
    return [between[nth * len(between) // count] for nth in range(count)]


def _only(problem: Problem) -> tuple[Point, ...]:
    """One column, such as a counter: all of it in one parcel, if that can be."""
    picks = tuple(Pick(item, units) for item, units in enumerate(problem.want.tolist()))
    parcel = PlannedParcel(0, picks)
    if (problem.reach[:, 0] < problem.want).any():
        return ()
    return (_point(problem, (parcel,)),) if parcel_cents(problem, parcel) < BIG else ()


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
    assert problem.footprint is not None
    columns = np.array([each.column for each in parcels])
    weights = np.array([weight_of(problem, each) for each in parcels])
    return Point(
        arrives=int(problem.columns.arrives[columns].max()),
        cents=sum(parcel_cents(problem, each) for each in parcels),
        grams=int(problem.footprint.take(columns).grams(weights).sum()),
        parcels=parcels,
    )
