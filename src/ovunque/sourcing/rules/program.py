"""Orders too large for tables, as an integer program for HiGHS.

A column may send several parcels of a weight band. What the solver says is read as units only:
they are packed and priced again by our own integers.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ovunque.network.model import Objective
from ovunque.sourcing.model import BIG, Ints, PlannedParcel, Problem, Solution
from ovunque.sourcing.rules import cover
from ovunque.sourcing.rules.pricing import priced

COLUMNS_MAX = 40
Rows = tuple[Any, Any, Any]  # A sparse matrix, and the bounds of each row.

MG_PER_TONNE = 1_000_000_000
TOLERANCE_MG = 500  # Of the least emissions, when the cheapest plan of these is looked for.


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Which unknowns there are: parcels (column, band), units (item, column), units left (item)."""

    column: Ints
    band: Ints
    item: Ints
    brings: Ints  # column of each pair of `item`
    items: int

    @property
    def size(self) -> int:
        return len(self.column) + len(self.item) + self.items


def solve(problem: Problem, seconds_max: float) -> Solution | None:
    """The best plan found in time, packed and priced; None when the solver has none.

    Of many columns only the most promising are looked at: in the time there is, that finds more.
    """
    chosen = promising(problem)
    if chosen is None:
        return _solve(problem, seconds_max)
    found = _solve(_only(problem, chosen), seconds_max)
    if found is None:
        return None
    parcels = [PlannedParcel(int(chosen[each.column]), each.picks) for each in found.parcels]
    return priced(problem, parcels, found.unmet)


def promising(problem: Problem) -> Ints | None:
    """Columns that bring most by themselves, and the cheapest ones of each item; None: all."""
    if len(problem.columns) <= COLUMNS_MAX:
        return None
    of = problem.columns
    taken = np.minimum(problem.reach, problem.want[:, None])
    cheap = of.parcel_cents.min(axis=0) + of.pick_cents
    chosen = np.lexsort((cheap, -taken.sum(axis=0)))[: COLUMNS_MAX // 2].tolist()
    for units in taken:
        order = np.lexsort((cheap, -units))
        chosen += order[: max(2, COLUMNS_MAX // 2 // len(taken))].tolist()
    return np.unique(chosen)


def _only(problem: Problem, chosen: Ints) -> Problem:
    of = problem.columns
    return replace(
        problem,
        columns=replace(
            of,
            location=of.location[chosen],
            arrives=of.arrives[chosen],
            pick_cents=of.pick_cents[chosen],
            parcel_cents=of.parcel_cents[:, chosen],
            number=of.number[: len(chosen)],
        ),
        reach=problem.reach[:, chosen],
        footprint=problem.footprint and problem.footprint.take(chosen),
        beside=problem.beside and problem.beside.take(chosen),
    )


def _solve(problem: Problem, seconds_max: float) -> Solution | None:
    if not len(problem.columns) or seconds_max <= 0:
        return None
    model = _model(problem)
    if problem.objective == Objective.LOWEST_EMISSIONS:
        green = _run(problem, model, _grams(problem, model), seconds_max / 2)
        if green is None:
            return None
        limit = (_grams(problem, model), float(_grams(problem, model) @ green) + TOLERANCE_MG)
        units = _run(problem, model, _cents(problem, model), seconds_max / 2, limit)
        units = green if units is None else units
    else:
        wanted = _cents(problem, model)
        if problem.tonne_cents:
            wanted = wanted + _grams(problem, model) * problem.tonne_cents * 64 // MG_PER_TONNE
        found = _run(problem, model, wanted, seconds_max)
        if found is None:
            return None
        units = found
    return _packed(problem, model, units)


def _model(problem: Problem) -> Model:
    """Bands that some column carries, and pairs of item and column with stock."""
    weight = int(problem.want @ problem.weight_g)
    heaviest = bisect_left(problem.columns.edges, weight)
    prices = problem.columns.parcel_cents[:-1][: heaviest + 1]
    useful = problem.reach.any(axis=0)
    band, column = np.nonzero((prices < BIG) & useful)
    item, brings = np.nonzero((problem.reach > 0) & (prices < BIG).any(axis=0))
    return Model(column, band, item, brings, len(problem.want))


def _cents(problem: Problem, model: Model) -> Ints:
    """Objective: cents of each unknown, and as little as a parcel more counts."""
    of = problem.columns
    left = np.where(problem.unmet_cents >= BIG, 0, problem.unmet_cents)
    parcels = of.parcel_cents[model.band, model.column] * 64 + 1
    units = of.pick_cents[model.brings] * 64
    if problem.beside is not None:  # Of a unit on average: what is found is priced again.
        parcels += problem.beside.parcel_cents[model.column] * 64
        want = problem.want[model.item]
        units += problem.beside.unit_cents[model.item, want, model.brings] * 64 // want
    return np.concatenate([parcels, units, left * 64])


def _grams(problem: Problem, model: Model) -> Ints:
    """Objective: milligrams of each unknown, near enough: the plan is weighed afterwards."""
    assert problem.footprint is not None
    fixed = problem.footprint.fixed_mg[model.column]
    per_gram = problem.footprint.gram_mg[model.brings] * problem.weight_g[model.item]
    return np.concatenate([fixed, per_gram, np.zeros(model.items, np.int64)])


def _run(
    problem: Problem,
    model: Model,
    objective: Ints,
    seconds_max: float,
    limit: tuple[Ints, float] | None = None,
) -> Ints | None:
    """The values of all unknowns; None without any in time."""
    # Imported when needed: it takes half a second, and few orders are as large.
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415

    left_max = np.where(problem.unmet_cents >= BIG, 0, problem.want)
    parcels_max = np.full(len(model.column), problem.parcels_max)
    units_max = np.minimum(problem.reach, problem.want[:, None])[model.item, model.brings]
    rules = [LinearConstraint(*each) for each in _constraints(problem, model, units_max)]
    if limit is not None:
        rules.append(LinearConstraint(limit[0][None, :].astype(float), -np.inf, limit[1]))
    found = milp(
        c=objective.astype(float),
        constraints=rules,
        bounds=Bounds(0, np.concatenate([parcels_max, units_max, left_max])),
        integrality=np.ones(model.size),
        options={"time_limit": seconds_max, "mip_rel_gap": 0.0},
    )
    return None if found.x is None else np.rint(found.x).astype(np.int64)


def _constraints(problem: Problem, model: Model, units_max: Ints) -> Iterator[Rows]:
    """What every plan keeps to, as rows over the unknowns with their bounds."""
    parcels, pairs = len(model.column), len(model.item)
    sent, brought = np.arange(parcels), np.arange(pairs) + parcels
    left = np.arange(model.items) + parcels + pairs
    ones = np.ones(pairs)

    item = (np.append(model.item, np.arange(model.items)), np.append(brought, left))
    want = problem.want.astype(float)
    yield _rows(model, item, np.ones(pairs + model.items)), want, want

    holds = (np.append(model.column, model.brings), np.append(sent, brought))
    edges = np.array(problem.columns.edges)[model.band]
    weights = np.append(-edges, problem.weight_g[model.item])
    yield _rows(model, holds, weights), -np.inf, 0.0

    # No units without a parcel: each pair with every band that its column could send.
    pair, parcel = np.nonzero(model.brings[:, None] == model.column)
    linked = (np.append(np.arange(pairs), pair), np.append(brought, parcel))
    yield _rows(model, linked, np.append(ones, -units_max[pair])), -np.inf, 0.0

    # Columns of one place share its stock.
    place = (
        model.item * (1 + problem.columns.location.max()) + problem.columns.location[model.brings]
    )
    _, first, shared = np.unique(place, return_index=True, return_inverse=True)
    stock = problem.reach[model.item, model.brings]
    most = np.zeros(len(first))
    np.maximum.at(most, shared, stock)
    yield _rows(model, (shared, brought), ones), -np.inf, most

    yield (
        _rows(model, (np.zeros(parcels, np.int64), sent), np.ones(parcels)),
        -np.inf,
        float(problem.parcels_max),
    )


def _rows(model: Model, at: tuple[Ints, Ints], values: Any) -> Any:
    """A sparse matrix over all unknowns."""
    from scipy.sparse import csr_array  # noqa: PLC0415

    shape = (int(at[0].max(initial=0)) + 1, model.size)
    return csr_array((np.asarray(values, float), at), shape=shape)


def _packed(problem: Problem, model: Model, values: Ints) -> Solution | None:
    """The units of each column in parcels that its service carries; None if that is too many."""
    parcels: list[PlannedParcel] = []
    brought = values[len(model.column) : len(model.column) + len(model.item)]
    for column in np.unique(model.brings[brought > 0]).tolist():
        left = np.zeros(len(problem.want), np.int64)
        mine = model.brings == column
        left[model.item[mine]] = brought[mine]
        while left.any():
            parcel = cover.pack(problem, column, left)
            if parcel is None or len(parcels) == problem.parcels_max:
                return None
            parcels.append(parcel)
            for pick in parcel.picks:
                left[pick.item] -= pick.quantity
    unmet = values[len(model.column) + len(model.item) :]
    return priced(problem, parcels, unmet.tolist())
