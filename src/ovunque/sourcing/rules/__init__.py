"""Which method answers a problem: whole lines first, split where it is needed or pays."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ovunque.network.model import Objective
from ovunque.sourcing.model import BIG, Ints, Pick, PlannedParcel, Problem, Solution
from ovunque.sourcing.rules import cover, lattice, program, subsets
from ovunque.sourcing.rules.goals import Goal, pursue
from ovunque.sourcing.rules.pricing import priced
from ovunque.sourcing.rules.scoring import GRAM, PER_CENT

PAIR = 2  # Items up to which whole lines have no equal plans but by single parcels.


def solve(
    problem: Problem, seconds_max: float = 0.0, goals: Sequence[Goal] = ()
) -> Solution | None:
    """The best plan by the objective, or by goals one after the other.

    None when something that must be met cannot be.

    Exact over whole lines up to 12 distinct items, and over split quantities as long as their
    lattice is small enough. Beyond, an integer program gets so many seconds, and what covers
    most is the answer when it finds nothing. Of equal plans: fewest parcels, earliest arrival,
    smallest (location, carrier, service). What cannot be served at all is decided by money; the
    objective, or the goals, decide how the rest travels.
    """
    if problem.objective == Objective.ECONOMIC and not goals:
        return _cheapest(problem, seconds_max)
    cheapest = _cheapest(replace(problem, objective=Objective.ECONOMIC, tonne_cents=0), seconds_max)
    if cheapest is None or not cheapest.parcels:
        return cheapest
    served = problem.want - np.array(cheapest.unmet)
    asked = served > 0
    kept = replace(
        problem,
        want=served[asked],
        weight_g=problem.weight_g[asked],
        reach=problem.reach[asked],
        unmet_cents=np.full(int(asked.sum()), BIG, np.int64),
        beside=problem.beside
        and replace(problem.beside, unit_cents=problem.beside.unit_cents[asked]),
    )
    if goals:
        plain = replace(kept, objective=Objective.ECONOMIC)
        found = pursue(plain, goals, lambda part: _cheapest(part, seconds_max))
    elif problem.objective == Objective.FASTEST:
        found = _fastest(replace(kept, objective=Objective.ECONOMIC), seconds_max)
    else:
        found = _cheapest(kept, seconds_max)
    return _as_asked(problem, found, asked, cheapest) if found else cheapest


def best_of_whole(problem: Problem) -> Solution | None:
    """The best plan by the objective, where it is known that all of it can be served."""
    must = np.full(len(problem.want), BIG, np.int64)
    return _cheapest(replace(problem, unmet_cents=must), 0.0)


def _fastest(problem: Problem, seconds_max: float) -> Solution | None:
    """The cheapest plan of those whose last parcel arrives first."""
    deadlines = np.unique(problem.columns.arrives).tolist()
    found, low, high = None, 0, len(deadlines) - 1
    while low <= high:
        middle = (low + high) // 2
        sooner = _cheapest(problem.by(deadlines[middle]), seconds_max)
        if sooner is None:
            low = middle + 1
        else:
            found, high = sooner, middle - 1
    return found


def _as_asked(
    problem: Problem, found: Solution, asked: NDArray[np.bool_], cheapest: Solution
) -> Solution:
    """A plan for what can be served, as a plan for all that was wanted."""
    item = np.nonzero(asked)[0].tolist()
    parcels = [
        PlannedParcel(
            parcel.column, tuple(Pick(item[pick.item], pick.quantity) for pick in parcel.picks)
        )
        for parcel in found.parcels
    ]
    return priced(problem, parcels, cheapest.unmet)


def _cheapest(problem: Problem, seconds_max: float) -> Solution | None:
    """The plan with the least score."""
    if not len(problem.columns):
        return _unserved(problem)
    if len(problem.want) > subsets.ITEMS_MAX:
        return _approximate(problem, seconds_max)
    whole = subsets.solve(problem)
    found = [whole]
    if whole is None or any(whole.unmet) or _may_pay(problem, whole):
        found += _split(problem, seconds_max)
    plans = [each for each in found if each is not None]
    return _earliest(problem, min(plans, key=lambda each: each.score)) if plans else None


def _split(problem: Problem, seconds_max: float) -> list[Solution | None]:
    """Plans that take one line from several places, or a heavy one in several parcels."""
    must = problem.unmet_cents >= BIG
    if (
        not problem.splits
        or not (problem.want > 1).any()
        or (must & (_in_reach(problem) < problem.want)).any()
    ):
        return []
    found = [lattice.solve(problem)] if lattice.fits(problem) else []
    if not found or _is_heavy(problem):
        found.append(_approximate(problem, seconds_max))
    return found


def _in_reach(problem: Problem) -> Ints:
    """[n]: all units of an item that lie about, those of a place with two columns once."""
    _, row = np.unique(problem.columns.location, return_inverse=True)
    most = np.zeros((len(problem.reach), len(row)), np.int64)
    for item, units in enumerate(problem.reach):
        np.maximum.at(most[item], row, units)
    total: Ints = most.sum(axis=1)
    return total


def _is_heavy(problem: Problem) -> bool:
    return int(problem.want @ problem.weight_g) > problem.columns.edges[-1]


def _approximate(problem: Problem, seconds_max: float) -> Solution | None:
    found = [cover.solve(problem)]
    if seconds_max > 0:
        found.append(program.solve(problem, seconds_max))
    plans = [each for each in found if each is not None]
    return min(plans, key=lambda each: each.score, default=None)


def _may_pay(problem: Problem, whole: Solution) -> bool:
    """Whether splitting a line could beat whole lines: it takes two parcels from two places.

    Or one parcel, and a unit left unmet because that is cheaper.
    """
    many = problem.want > 1
    if not many.any() or not problem.splits:
        return False
    if problem.beside is not None:
        return True  # Stores give their first unit cheaper than their last.
    if problem.unmet_cents[many].min() <= _dearest(problem):
        return True
    if problem.parcels_max < 2:
        return False
    if problem.objective == Objective.LOWEST_EMISSIONS:
        footprint = problem.footprint
        assert footprint is not None
        weight = int(problem.want @ problem.weight_g)
        least_mg = 2 * int(footprint.fixed_mg.min()) + weight * int(footprint.gram_mg.min())
        return (least_mg // 1_000 - 2) * GRAM < whole.score
    picks = int(problem.want.sum()) * int(problem.columns.pick_cents.min())
    return (problem.columns.two_parcels_cents + picks) * PER_CENT + 2 < whole.score


def _dearest(problem: Problem) -> int:
    """More than a unit in a parcel ever costs."""
    prices = problem.columns.parcel_cents
    dearest = int(prices.max(where=prices < BIG, initial=0))
    return dearest + int(problem.columns.pick_cents.max())


def _earliest(problem: Problem, found: Solution) -> Solution:
    """Of equally good plans the one whose last parcel arrives first.

    Columns are sorted by arrival: with one parcel an item, or both items in one, the first of
    equal columns is that already.
    """
    whole = not any(found.unmet) and len(found.parcels) <= len(problem.want) <= PAIR
    split = len({pick.item for each in found.parcels for pick in each.picks}) < sum(
        len(each.picks) for each in found.parcels
    )
    if whole and not split:
        return found
    method = lattice.solve if split and lattice.fits(problem) else subsets.solve
    while found.parcels and len(problem.want) <= subsets.ITEMS_MAX:
        last = max(problem.columns.arrives.item(each.column) for each in found.parcels)
        sooner = problem.first(int(np.searchsorted(problem.columns.arrives, last)))
        again = method(sooner) if len(sooner.columns) else None
        if again is None or again.score > found.score:
            break
        found = again
    return found


def _unserved(problem: Problem) -> Solution | None:
    if (problem.unmet_cents >= BIG).any():
        return None
    return priced(problem, (), problem.want.tolist())
