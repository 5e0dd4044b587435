"""The exact plan with split quantities: dynamic programming over the units served of each item.

A line served from two places breaks the argument over subsets, since stock is shared. The state
is the vector of units served so far; locations enter one at a time with any vector they can
give, each priced by the cheapest of their services. Exact for any tariff.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from ovunque.sourcing.model import BIG, Ints, Pick, PlannedParcel, Problem, Solution
from ovunque.sourcing.rules.pricing import priced

STEPS_MAX = 200_000  # vectors tried over all locations: some tenths of a second

Vector = tuple[int, ...]


@dataclass(slots=True)
class _Row:
    """One location's part: where its best vector leads to, state by state."""

    column: dict[Vector, int]
    taken: Ints  # [states] flat index of the vector taken here; 0 takes nothing


def fits(problem: Problem) -> bool:
    """Whether the lattice is small enough to be walked."""
    cells = np.prod(problem.want.astype(float) + 1)
    each = np.minimum(problem.have, problem.want)[_used(problem)].astype(float) + 1
    return bool(cells <= STEPS_MAX and each.prod(axis=1).sum() <= STEPS_MAX)


def solve(problem: Problem) -> Solution | None:
    """The cheapest plan, one parcel a location at most; None when something cannot be served."""
    shape = tuple(int(units) + 1 for units in problem.want)
    limit = min(problem.parcels_max, len(_used(problem)))
    best = np.full((limit + 1, *shape), BIG, np.int64)
    best.reshape(limit + 1, -1)[:, 0] = 0
    rows: list[_Row] = []
    for location in _used(problem):
        best, row = _enter(problem, int(location), best)
        rows.append(row)
    unmet = _unmet_cents(problem, shape)
    total = np.minimum(best[-1] + unmet, BIG)
    at = np.unravel_index(int(total.argmin()), shape)
    if total[at] >= BIG:
        return None
    return _read_back(problem, rows, tuple(int(each) for each in at))


def _used(problem: Problem) -> Ints:
    """Locations that have a column and at least one unit, in the order of their columns."""
    _, first = np.unique(problem.location, return_index=True)
    ordered = problem.location[np.sort(first)]
    return ordered[problem.have[ordered].any(axis=1)]


def _enter(problem: Problem, location: int, best: Ints) -> tuple[Ints, _Row]:
    """One more location: each state may take one vector of units from it."""
    after = best.copy()
    row = _Row(column={}, taken=np.zeros(best.shape, np.int64))
    shape = best.shape[1:]
    for vector, column, cents in _vectors(problem, location):
        here = (slice(1, None), *[slice(units, None) for units in vector])
        there = (
            slice(None, -1),
            *[slice(None, size - units) for units, size in zip(vector, shape, strict=True)],
        )
        value = best[there] + cents
        better = value < after[here]
        if better.any():
            after[here][better] = value[better]
            row.taken[here][better] = np.ravel_multi_index(vector, shape)
            row.column[vector] = column
    return np.minimum(after, BIG), row


def _vectors(problem: Problem, location: int) -> Iterator[tuple[Vector, int, int]]:
    """What a location can give, with the cheapest column for it and its cents."""
    columns = np.nonzero(problem.location == location)[0]
    most = np.minimum(problem.have[location], problem.want)
    for vector in product(*[range(int(units) + 1) for units in most]):
        weight = int(problem.weight_g @ np.array(vector))
        band = int(np.searchsorted(problem.edges_g, weight))
        if not any(vector) or band == len(problem.edges_g):
            continue
        cents = problem.price_cents[columns, band] + problem.fixed_cents[columns]
        cents = cents + problem.pick_cents[columns] * sum(vector)
        cheapest = int(cents.argmin())
        if cents[cheapest] < BIG:
            yield vector, int(columns[cheapest]), int(cents[cheapest])


def _unmet_cents(problem: Problem, shape: tuple[int, ...]) -> Ints:
    total = np.zeros(shape, np.int64)
    for item, size in enumerate(shape):
        left = np.arange(size - 1, -1, -1, dtype=np.int64)
        price = min(int(problem.unmet_cents[item]), BIG)
        cents = np.where(left > 0, np.minimum(left * min(price, BIG // size), BIG), 0)
        cents = np.where((left > 0) & (price >= BIG), BIG, cents)
        total = total + cents.reshape([-1 if axis == item else 1 for axis in range(len(shape))])
    return np.minimum(total, BIG)


def _read_back(problem: Problem, rows: list[_Row], served: Vector) -> Solution:
    parcels = []
    state, shape = served, rows[0].taken.shape[1:] if rows else ()
    left = rows[0].taken.shape[0] - 1 if rows else 0
    for row in reversed(rows):
        flat = int(row.taken[(left, *state)])
        if not flat:
            continue
        vector = tuple(int(each) for each in np.unravel_index(flat, shape))
        picks = tuple(Pick(item, units) for item, units in enumerate(vector) if units)
        parcels.append(PlannedParcel(row.column[vector], picks))
        state = tuple(have - took for have, took in zip(state, vector, strict=True))
        left -= 1
    unmet = [int(want) - done for want, done in zip(problem.want, served, strict=True)]
    return priced(problem, tuple(sorted(parcels, key=lambda each: each.column)), unmet)
