"""The exact plan with split quantities: dynamic programming over the units served of each item.

A line served from two places breaks the argument over subsets, since stock is shared. The state
is the vector of units served so far; locations enter one at a time, each with any vector it can
give in one parcel, by the best of its columns. Exact for any tariff; a location gives one parcel
at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ovunque.sourcing.model import BIG, Ints, Pick, PlannedParcel, Problem, Solution
from ovunque.sourcing.rules.pricing import priced
from ovunque.sourcing.rules.scoring import IMPOSSIBLE, PER_CENT, Contents, unmet_scores, values

STEPS_MAX = 3_000_000  # pairs of states x locations, and vectors x columns: some 30 ms


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """All vectors of units up to what is wanted, and which one leads from where to where."""

    vectors: Ints  # [cells, n]
    before: Ints  # [pairs] cell from which a parcel starts
    parcel: Ints  # [pairs] cell of the vector it brings; together they make the cell after it
    starts: Ints  # [cells - 1] where the pairs of each cell but the first begin


@lru_cache(maxsize=64)
def grid(want: tuple[int, ...]) -> Grid:
    """The lattice of an order: it depends on its quantities alone."""
    shape = tuple(units + 1 for units in want)
    vectors = np.stack(np.unravel_index(np.arange(np.prod(shape)), shape), axis=1)
    before: list[Ints] = []
    parcel: list[Ints] = []
    for after in vectors[1:]:
        inside = np.nonzero((vectors <= after).all(axis=1))[0][1:]  # Never the empty parcel.
        parcel.append(inside)
        before.append(np.ravel_multi_index(tuple((after - vectors[inside]).T), shape))
    starts = np.cumsum([0, *(len(each) for each in parcel[:-1])])
    return Grid(vectors, np.concatenate(before), np.concatenate(parcel), starts)


def fits(problem: Problem) -> bool:
    """Whether the lattice is small enough to be walked."""
    want = problem.want.astype(float)
    cells, pairs = np.prod(want + 1), np.prod((want + 1) * (want + 2) / 2)
    locations = len(np.unique(problem.columns.location))
    return bool(max(pairs * locations, cells * len(problem.columns), cells**2) <= STEPS_MAX)


def solve(problem: Problem) -> Solution | None:
    """The best plan, one parcel a location at most; None when something cannot be served."""
    steps = grid(tuple(problem.want.tolist()))
    weight, units = steps.vectors @ problem.weight_g, steps.vectors.sum(axis=1)
    contents = Contents(weight.tolist(), units.tolist(), _beside(problem, steps))
    value = values(problem, contents, slice(None))
    money = not problem.counts_grams
    score = np.where(value >= BIG, IMPOSSIBLE, value * PER_CENT + 1) if money else value
    for item, units in enumerate(problem.reach):
        score[steps.vectors[:, item, None] > units] = IMPOSSIBLE
    places = _places(problem, score)
    best = [score[:, columns].min(axis=1) for columns in places]
    limit = problem.parcels_max
    found = _walk(problem, steps, best, 0)
    if found is not None and len(found) > limit:
        found = _walk(problem, steps, best, limit) if limit < len(places) else found
    if found is None:
        return None
    parcels = [_parcel(steps, score, places[nth], vector) for nth, vector in found]
    served = steps.vectors[np.array([vector for _, vector in found], np.int64)].sum(axis=0)
    return priced(problem, parcels, (problem.want - served).tolist())


def _beside(problem: Problem, steps: Grid) -> Ints | None:
    """[cells, C]: what counts beside the price of each vector as one parcel."""
    beside = problem.beside
    if beside is None:
        return None
    told = np.repeat(beside.parcel_cents[None, :], len(steps.vectors), axis=0)
    for item, units in enumerate(beside.unit_cents):
        told += units[steps.vectors[:, item]]
    return told


def _places(problem: Problem, score: Ints) -> list[Ints]:
    """The columns of each location that can give anything, in the order of their first ones."""
    useful = np.nonzero((score[1:] < IMPOSSIBLE).any(axis=0))[0]
    by_place: dict[int, list[int]] = {}
    for column in useful.tolist():
        by_place.setdefault(problem.columns.location.item(column), []).append(column)
    return [np.array(columns) for columns in by_place.values()]


def _walk(
    problem: Problem, steps: Grid, best: Sequence[Ints], limit: int
) -> list[tuple[int, int]] | None:
    """Which locations give which vectors, with at most so many parcels; 0: as many as it takes."""
    first = np.full((limit + 1, len(steps.vectors)), IMPOSSIBLE, np.int64)
    first[:, 0] = 0
    tables = [first]
    for given in best:
        before = _one_less(tables[-1])
        value = before[:, steps.before] + given[steps.parcel]
        least = np.minimum.reduceat(value, steps.starts, axis=1)
        after = tables[-1].copy()
        after[:, 1:] = np.minimum(after[:, 1:], least)
        tables.append(after)
    total = tables[-1][-1] + _unmet(problem, steps)
    at = len(total) - 1 - int(total[::-1].argmin())  # Of equals the one that serves most.
    return _read_back(steps, best, tables, at) if total[at] < IMPOSSIBLE else None


def _one_less(table: Ints) -> Ints:
    """Where one parcel more leads from: without a limit it is the table itself."""
    if len(table) == 1:
        return table
    return np.vstack([np.full_like(table[:1], IMPOSSIBLE), table[:-1]])


def _unmet(problem: Problem, steps: Grid) -> Ints:
    """What each cell leaves unmet counts."""
    left = problem.want - steps.vectors
    line = np.array(unmet_scores(problem), np.int64)
    per_unit = line // problem.want
    must = ((left > 0) & (line >= IMPOSSIBLE)).any(axis=1)
    unmet: Ints = np.where(must, IMPOSSIBLE, (left * np.minimum(per_unit, 1 << 40)).sum(axis=1))
    return unmet


def _read_back(
    steps: Grid, best: Sequence[Ints], tables: Sequence[Ints], at: int
) -> list[tuple[int, int]]:
    found = []
    row = len(tables[0]) - 1
    for nth in range(len(best) - 1, -1, -1):
        if tables[nth + 1][row, at] == tables[nth][row, at]:
            continue
        start = int(steps.starts[at - 1])
        end = int(steps.starts[at]) if at < len(steps.starts) else len(steps.before)
        before = _one_less(tables[nth])[row, steps.before[start:end]]
        pair = start + int((before + best[nth][steps.parcel[start:end]]).argmin())
        found.append((nth, int(steps.parcel[pair])))
        at, row = int(steps.before[pair]), max(row - 1, 0)
    return found


def _parcel(steps: Grid, score: Ints, columns: Ints, vector: int) -> PlannedParcel:
    column = int(columns[score[vector, columns].argmin()])
    picks = [Pick(item, units) for item, units in enumerate(steps.vectors[vector].tolist())]
    return PlannedParcel(column, tuple(pick for pick in picks if pick.quantity))
