"""Every plan that no other beats at once in money, arrival and grams."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import lt

import numpy as np

from ovunque.network.model import Objective
from ovunque.promise.rules.alone import alone_of
from ovunque.promise.rules.curve import Curve, curve_of, fits, greenest, held
from ovunque.promise.rules.labels import LABELS_MAX, thin, unbeaten
from ovunque.sourcing.model import BIG, Ints, Pick, PlannedParcel, Problem, Solution
from ovunque.sourcing.rules import best_of_whole, solve
from ovunque.sourcing.rules.scoring import weight_of

ITEMS_MAX = 6  # Beyond, and where lines have to be split: cost by date only.
EXACT_MAX = 3  # Items up to which picks are taken from all points.
BETWEEN_MAX = 3  # Dates looked at besides the cheapest plan's own.

Parcels = tuple[PlannedParcel, ...]


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
    want = problem.want.tolist()
    return tuple(
        Point(arrives, cents, grams, tuple(_parcel(want, *each) for each in parcels))
        for arrives, cents, grams, _, parcels in unbeaten(problem)
    )


def _parcel(want: Sequence[int], part: int, column: int) -> PlannedParcel:
    picks = (Pick(item, units) for item, units in enumerate(want) if part >> item & 1)
    return PlannedParcel(column, tuple(picks))


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
