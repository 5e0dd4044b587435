"""Sourcing problems by seed, and what an independent program says about them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from ovunque.delivery.model import Quality, Settlement
from ovunque.delivery.rules.emissions import Chain, Factor
from ovunque.delivery.rules.footprint import Footprint, chains_of, footprint
from ovunque.network.model import Objective
from ovunque.sourcing.model import (
    BIG,
    Columns,
    Problem,
    Solution,
    parcel_prices,
    two_cheapest,
)

SERVICES = 2
DAY = 1_440


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How large a random problem is, and what may not happen in it."""

    items: int
    locations: int
    want_max: int = 1
    must: bool = True
    scarce: bool = False


def random_columns(rng: np.random.Generator, locations: int, *, heavy: bool = True) -> Columns:
    """Two services a location, three weight bands; the heaviest band is not always carried."""
    count = locations * SERVICES
    light = rng.integers(300, 1_500, count)
    # No two parcels are cheaper than one: else a program would need many copies of a column.
    price = light[:, None] + np.sort(rng.integers(0, 300, (count, 3)), axis=1)
    if heavy:
        price[rng.random(count) < 0.2, 2] = BIG
    arrives = rng.integers(1, 6, count) * DAY
    order = np.lexsort((np.arange(count), arrives))
    location = np.repeat(np.arange(locations), SERVICES)[order]
    prices = parcel_prices(price[order], rng.integers(0, 300, count))
    edges = (1_000, 3_000, 10_000 if heavy else 1_000_000)
    return Columns(
        location=location,
        arrives=arrives[order],
        pick_cents=rng.integers(0, 60, count),
        edges=edges,
        edges_g=np.array(edges),
        parcel_cents=prices,
        number=np.arange(len(order)),
        two_parcels_cents=two_cheapest(prices, location),
    )


def random_problem(
    rng: np.random.Generator, shape: Shape, objective: Objective = Objective.ECONOMIC
) -> Problem:
    """Warehouses have most of everything, stores some of it."""
    columns = random_columns(rng, shape.locations)
    have = rng.integers(0, shape.want_max + 1, (shape.items, shape.locations))
    if shape.scarce:
        have[rng.random(have.shape) < 0.6] = 0
    return Problem(
        columns=columns,
        want=rng.integers(1, shape.want_max + 1, shape.items),
        weight_g=rng.integers(100, 1_500, shape.items),
        reach=have[:, columns.location],
        unmet_cents=np.full(shape.items, BIG)
        if shape.must
        else rng.integers(100, 3_000, shape.items),
        parcels_max=int(rng.integers(1, 5)),
        objective=objective,
        footprint=random_footprint(rng, len(columns)),
    )


def random_footprint(rng: np.random.Generator, columns: int) -> Footprint:
    factor = Factor(7_703, 1_799, Quality.DEFAULT)
    van = Factor(25_561, 6_128, Quality.DEFAULT)
    chain = Chain(
        haul=factor, by_road=factor, flies=False, sort=factor, sorts=1, stop=van, stop_m=400
    )
    distance = rng.integers(0, 1_500_000, columns)
    nothing = np.zeros(columns, np.int64)
    return footprint(chains_of([chain], nothing), distance, nothing, Settlement.URBAN)


def order_of(rng: np.random.Generator) -> Problem:
    """An order as the acceptance has it: 1 to 6 lines, up to 200 locations, a map of distances.

    Quantities, a limit of parcels, a deadline, lines that may stay open.
    """
    items, locations = int(rng.integers(1, 7)), int(rng.choice([5, 20, 60, 200]))
    warehouse = np.arange(locations) < 1 + locations // 50
    columns = order_columns(rng, warehouse)
    carried = rng.random((items, locations)) < np.where(warehouse, 0.95, 0.3)
    units = np.where(
        warehouse, rng.integers(5, 50, (items, locations)), rng.integers(1, 4, (items, locations))
    )
    many = bool(rng.random() < 0.3) and items <= 4
    open_lines = rng.random(items) < (0.3 if rng.random() < 0.4 else 0.0)
    reach = np.where(carried, units, 0)[:, columns.location]
    if rng.random() < 0.4:  # Some lines are due on some day, the others whenever.
        due = np.where(rng.random(items) < 0.6, rng.integers(1, 5, items) * DAY, 99 * DAY)
        reach[columns.arrives > due[:, None]] = 0
    return Problem(
        columns=columns,
        want=rng.integers(1, 4, items) if many else np.ones(items, np.int64),
        weight_g=np.maximum(20, np.rint(rng.lognormal(-0.3, 0.8, items) * 1_000)).astype(np.int64),
        reach=reach,
        unmet_cents=np.where(open_lines, rng.integers(200, 2_000, items), BIG),
        parcels_max=int(rng.choice([1, 2, 3, 8])),
    )


def order_columns(rng: np.random.Generator, warehouse: NDArray[np.bool_]) -> Columns:
    """A column a location on a square of 1,000 km: dearer and slower the farther it is."""
    locations = len(warehouse)
    far = np.hypot(*(rng.random((2, locations)) * 1_000 - rng.random((2, 1)) * 1_000))
    light = 400 + 100 * ~warehouse + rng.integers(0, 150, locations) + far * 0.1
    steps = np.cumsum(rng.integers(0, 60, (locations, 3)) + far[:, None] * 0.06, axis=1)
    price = np.rint(light[:, None] + np.minimum(steps - steps[:, :1], light[:, None])).astype(int)
    arrives = (rng.integers(0, 3, locations) + 1 + far // 350).astype(np.int64) * DAY
    order = np.lexsort((np.arange(locations), arrives))
    prices = parcel_prices(price[order], np.where(warehouse, 60, 140)[order])
    return Columns(
        location=order,
        arrives=arrives[order],
        pick_cents=rng.integers(0, 60, locations),
        edges=(2_000, 8_000, 1_000_000),
        edges_g=np.array([2_000, 8_000, 1_000_000]),
        parcel_cents=prices,
        number=np.arange(len(order)),
        two_parcels_cents=two_cheapest(prices, order),
    )


def whole_lines(problem: Problem) -> Problem:
    """The same where a column has all of an item or nothing of it: whole lines of one unit."""
    full = problem.reach >= problem.want[:, None]
    return replace(
        problem,
        want=np.ones_like(problem.want),
        weight_g=problem.weight_g * problem.want,
        reach=full.astype(np.int64),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Unknowns:
    """Numbers of the unknowns: parcels by column and band, units by item and column, units left."""

    sent: NDArray[np.int64]
    brought: NDArray[np.int64]
    left: NDArray[np.int64]

    @property
    def size(self) -> int:
        return self.sent.size + self.brought.size + self.left.size


Row = tuple[NDArray[np.int64], Any]


def least_cents(problem: Problem) -> int | None:
    """What an independent integer program says is the least cost; None when there is no plan.

    It knows nothing of subsets or lattices, and sends one parcel a column at most.
    """
    n, c, b = len(problem.want), len(problem.columns), len(problem.columns.edges)
    price = problem.columns.parcel_cents[:-1].T  # [C, B]
    unknowns = Unknowns(
        sent=np.arange(c * b).reshape(c, b),
        brought=np.arange(n * c).reshape(n, c) + c * b,
        left=np.arange(n) + c * b + n * c,
    )
    must = problem.unmet_cents >= BIG
    most = [
        (price < BIG).ravel(),
        np.minimum(problem.reach, problem.want[:, None]).ravel(),
        np.where(must, 0, problem.want),
    ]
    cents = [
        np.where(price < BIG, price, 0).ravel(),
        np.broadcast_to(problem.columns.pick_cents, (n, c)).ravel(),
        np.where(must, 0, problem.unmet_cents),
    ]
    found = milp(
        c=np.concatenate(cents).astype(float),
        constraints=[_constraint(unknowns, *each) for each in _rules(problem, unknowns)],
        bounds=Bounds(0, np.concatenate(most)),
        integrality=np.ones(unknowns.size),
        options={"mip_rel_gap": 0.0},
    )
    return None if found.x is None else round(float(found.fun))


def _constraint(unknowns: Unknowns, rows: Sequence[Row], low: Any, high: Any) -> LinearConstraint:
    matrix = np.zeros((len(rows), unknowns.size))
    for row, (at, values) in zip(matrix, rows, strict=True):
        row[at] = values
    return LinearConstraint(matrix, low, high)


def _rules(problem: Problem, unknowns: Unknowns) -> Iterator[tuple[list[Row], Any, Any]]:
    """What is wanted is brought or left; parcels hold it; places have it; few parcels."""
    sent, brought, left = unknowns.sent, unknowns.brought, unknowns.left
    items, columns = range(len(left)), range(len(sent))
    edges, weights = np.array(problem.columns.edges), problem.weight_g
    wanted = [(np.append(brought[i], left[i]), 1) for i in items]
    yield wanted, problem.want, problem.want
    yield [(sent[j], 1) for j in columns], -np.inf, 1
    holds = [(np.append(sent[j], brought[:, j]), np.append(-edges, weights)) for j in columns]
    yield holds, -np.inf, 0
    empty = [np.append(np.full(len(edges), -units), 1) for units in problem.want]
    linked = [(np.append(sent[j], brought[i, j]), empty[i]) for i in items for j in columns]
    yield linked, -np.inf, 0
    yield [(sent.ravel(), 1)], -np.inf, problem.parcels_max
    for place in np.unique(problem.columns.location):
        at = problem.columns.location == place
        yield [(brought[i, at], 1) for i in items], -np.inf, problem.reach[:, at].max(axis=1)


def cents_of(solution: Solution | None) -> int | None:
    return None if solution is None else solution.cents
