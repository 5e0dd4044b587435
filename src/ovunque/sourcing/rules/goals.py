"""Several goals one after the other, each left a tolerance for the sake of those behind it.

A time bounds the columns that may be used, a number of parcels bounds the plan: what is best
within both the solver says for any tariff. Money bounded while emissions decide, or the other way
round, takes labels over subsets: ways to settle some lines that no other beats in both.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np

from ovunque.network.model import Objective
from ovunque.sourcing.model import BIG, Pick, PlannedParcel, Problem, Solution
from ovunque.sourcing.model.ruling import Measure
from ovunque.sourcing.rules.pricing import priced
from ovunque.sourcing.rules.scoring import Contents, parcel_cents, values, weight_of
from ovunque.sourcing.rules.subsets import lacking, parts, sums

ITEMS_MAX = 6  # Up to which labels are kept; beyond, prices on emissions are tried.
LABELS_MAX = 256  # Of one subset.
TONNE_CENTS = (500, 2_000, 8_000, 30_000, 120_000, 500_000, 2_000_000, 20_000_000)
DAY_MINUTES = 1_440


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The least of a measure, and by how much a plan may miss it; or a price of time."""

    by: Measure
    within: int = 0
    within_percent: int = 0
    day_cents: int = 0  # With cost: what a day later than the earliest possible counts.

    def bound(self, least: int) -> int:
        return least + self.within + least * self.within_percent // 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the goals before left."""

    cents: int = BIG
    grams: int = BIG


Best = Callable[[Problem], Solution | None]
Label = tuple[int, int, int, tuple[tuple[int, int], ...]]  # Cents, grams, parcels; which.


def pursue(problem: Problem, goals: Sequence[Goal], best: Best) -> Solution | None:
    """The best plan for all that is wanted; of equal ones the cheapest. None: there is none."""
    found, bounds = None, Bounds()
    for goal in goals:
        if goal.day_cents:
            step = _soon_enough(problem, goal.day_cents, best)
        else:
            step = _least(problem, goal.by, bounds, best)
        if step is None:
            break
        found = step
        problem, bounds = _tightened(problem, bounds, goal, found)
    return found


def measure(problem: Problem, plan: Solution, by: Measure) -> int:
    """How good a plan is at something: the less, the better."""
    if by == Measure.COST:
        return sum(parcel_cents(problem, each) for each in plan.parcels)
    if by == Measure.PARCELS:
        return len(plan.parcels)
    if by == Measure.TIME:
        last: int = max(problem.columns.arrives.item(each.column) for each in plan.parcels)
        return last
    return grams_of(problem, plan.parcels)


def grams_of(problem: Problem, parcels: Sequence[PlannedParcel]) -> int:
    assert problem.footprint is not None
    columns = np.array([each.column for each in parcels], np.int64)
    weights = np.array([weight_of(problem, each) for each in parcels], np.int64)
    return int(problem.footprint.take(columns).grams(weights).sum())


def _tightened(
    problem: Problem, bounds: Bounds, goal: Goal, found: Solution
) -> tuple[Problem, Bounds]:
    """What the goals behind may choose from."""
    bound = goal.bound(0 if goal.by == Measure.TIME else measure(problem, found, goal.by))
    if goal.by == Measure.TIME:
        return problem.by(measure(problem, found, Measure.TIME) + bound), bounds
    if goal.by == Measure.PARCELS:
        return replace(problem, parcels_max=min(bound, problem.parcels_max)), bounds
    if goal.by == Measure.COST:
        return problem, replace(bounds, cents=min(bound, bounds.cents))
    return problem, replace(bounds, grams=min(bound, bounds.grams))


def _least(problem: Problem, by: Measure, bounds: Bounds, best: Best) -> Solution | None:
    if by == Measure.TIME:
        return _earliest(problem, bounds, best)
    if by == Measure.PARCELS:
        for parcels in range(1, problem.parcels_max + 1):
            found = _within(replace(problem, parcels_max=parcels), Measure.COST, bounds, best)
            if found is not None:
                return found
        return None
    return _within(problem, by, bounds, best)


def _earliest(problem: Problem, bounds: Bounds, best: Best) -> Solution | None:
    """The cheapest plan of those whose last parcel arrives first."""
    deadlines = np.unique(problem.columns.arrives).tolist()
    found, low, high = None, 0, len(deadlines) - 1
    while low <= high:
        middle = (low + high) // 2
        sooner = _within(problem.by(deadlines[middle]), Measure.COST, bounds, best)
        if sooner is None:
            low = middle + 1
        else:
            found, high = sooner, middle - 1
    return found


def _soon_enough(problem: Problem, day_cents: int, best: Best) -> Solution | None:
    """The least of money and of what the days until the last parcel count.

    Waiting longer never costs more money: once the days alone outweigh what any plan costs more
    than the cheapest, nothing later can be better.
    """
    cheapest = best(problem)
    if cheapest is None:
        return None
    earliest = int(problem.columns.arrives[0])
    found, least = cheapest, _weighed(problem, cheapest, earliest, day_cents)
    floor = cheapest.score
    for by in np.unique(problem.columns.arrives).tolist():
        if floor + _waiting(by - earliest, day_cents) >= least:
            break
        sooner = best(problem.by(by))
        if sooner is None:
            continue
        weighed = _weighed(problem, sooner, earliest, day_cents)
        if weighed < least:
            found, least = sooner, weighed
    return found


def _weighed(problem: Problem, plan: Solution, earliest: int, day_cents: int) -> int:
    return plan.score + _waiting(measure(problem, plan, Measure.TIME) - earliest, day_cents)


def _waiting(minutes: int, day_cents: int) -> int:
    """In 64ths of a cent, as scores are."""
    return minutes * day_cents * 64 // DAY_MINUTES


def _within(problem: Problem, by: Measure, bounds: Bounds, best: Best) -> Solution | None:
    """The least of money or emissions within both bounds."""
    if not len(problem.columns):
        return None
    found = best(_aimed(problem, by))
    if found is None:
        return None
    if _keeps(problem, found, bounds):
        return found
    own, other = (bounds.cents, bounds.grams)[:: 1 if by == Measure.COST else -1]
    if other == BIG or measure(problem, found, by) > own:
        return None  # Even the least is too much.
    plans = [*_by_labels(problem, by, bounds), *_by_prices(problem, bounds, best)]
    second = Measure.EMISSIONS if by == Measure.COST else Measure.COST
    return min(
        plans,
        key=lambda each: (measure(problem, each, by), measure(problem, each, second)),
        default=None,
    )


def _aimed(problem: Problem, by: Measure) -> Problem:
    if by == Measure.EMISSIONS:
        return replace(problem, objective=Objective.LOWEST_EMISSIONS)
    return problem


def _keeps(problem: Problem, plan: Solution, bounds: Bounds) -> bool:
    if bounds.cents < BIG and measure(problem, plan, Measure.COST) > bounds.cents:
        return False
    return bounds.grams == BIG or measure(problem, plan, Measure.EMISSIONS) <= bounds.grams


def _by_prices(problem: Problem, bounds: Bounds, best: Best) -> Iterable[Solution]:
    """Plans between the cheapest and the greenest, split lines among them."""
    if len(problem.want) <= ITEMS_MAX and not (problem.splits and (problem.want > 1).any()):
        return
    greenest = best(_aimed(problem, Measure.EMISSIONS))
    weighed = [best(replace(problem, tonne_cents=each)) for each in TONNE_CENTS]
    for plan in (greenest, *weighed, best(problem)):
        if plan is not None and _keeps(problem, plan, bounds):
            yield plan


def _by_labels(problem: Problem, by: Measure, bounds: Bounds) -> Iterable[Solution]:
    """The best of all plans that keep lines whole."""
    if len(problem.want) > ITEMS_MAX:
        return
    single = _single(problem, bounds)
    settled: list[list[Label]] = [[(0, 0, 0, ())]]
    settled += [[] for _ in range(len(single) - 1)]
    for whole, holding in parts(len(problem.want)):
        settled[whole] = _unbeaten(
            problem,
            (
                (one[0] + two[0], one[1] + two[1], one[2] + two[2], one[3] + two[3])
                for part in holding
                for one in single[part]
                for two in settled[whole ^ part]
                if one[0] + two[0] <= bounds.cents
                and one[1] + two[1] <= bounds.grams
                and one[2] + two[2] <= problem.parcels_max
            ),
        )
    if settled[-1]:
        order = itemgetter(0, 1, 2) if by == Measure.COST else itemgetter(1, 0, 2)
        yield _plan(problem, min(settled[-1], key=order))


def _single(problem: Problem, bounds: Bounds) -> list[list[Label]]:
    """For every subset the single parcels that no other beats."""
    assert problem.footprint is not None
    want = problem.want.tolist()
    weighs = zip(want, problem.weight_g.tolist(), strict=True)
    weight = sums([units * each for units, each in weighs])
    plain = replace(problem, objective=Objective.ECONOMIC, tonne_cents=0)
    cents = values(plain, Contents(weight, sums(want)), slice(None))
    cents[lacking(problem, slice(None))] = BIG
    grams = problem.footprint.grams(np.array(weight)[:, None])
    possible = (cents <= min(bounds.cents, BIG - 1)) & (grams <= bounds.grams)
    possible[0] = False
    return [
        _stairs(
            (cents.item(part, at), grams.item(part, at), 1, ((part, at),))
            for at in np.nonzero(possible[part])[0].tolist()
        )
        for part in range(len(weight))
    ]


def _unbeaten(problem: Problem, labels: Iterable[Label]) -> list[Label]:
    """By number of parcels, where that is limited: fewer of them may leave room for more."""
    if problem.parcels_max >= len(problem.want):
        return _stairs(labels)
    by_parcels: dict[int, list[Label]] = {}
    for label in labels:
        by_parcels.setdefault(label[2], []).append(label)
    return [label for count in sorted(by_parcels) for label in _stairs(by_parcels[count])]


def _stairs(labels: Iterable[Label]) -> list[Label]:
    """Cents ascending, grams descending: each label is greener than all cheaper ones."""
    kept: list[Label] = []
    for label in sorted(labels):
        if not kept or label[1] < kept[-1][1]:
            kept.append(label)
    if len(kept) <= LABELS_MAX:
        return kept
    step = (len(kept) - 1) / (LABELS_MAX - 1)
    return [kept[round(nth * step)] for nth in range(LABELS_MAX)]


def _plan(problem: Problem, label: Label) -> Solution:
    want = problem.want.tolist()
    parcels = [
        PlannedParcel(
            column, tuple(Pick(item, units) for item, units in enumerate(want) if part >> item & 1)
        )
        for part, column in label[3]
    ]
    return priced(problem, parcels, (0,) * len(want))
