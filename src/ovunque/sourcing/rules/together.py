"""Orders that are planned already, planned again together: never dearer than they are.

They share stock, so that what is best for one may be dear for all. Few orders are settled at once,
exactly, by an integer program over parcels; many by the prices that its relaxation puts on scarce
units. Then each is taken out and planned again on what the others leave, as long as that saves
anything. (P. Xu, R. Allgor, S. Graves, Benefits of reevaluating real-time order fulfillment
decisions, M&SOM 11(2), 2009.)
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ovunque.sourcing.model import Beside, Ints, Pick, PlannedParcel, Problem, Solution
from ovunque.sourcing.rules import solve
from ovunque.sourcing.rules.pricing import priced
from ovunque.sourcing.rules.scoring import IMPOSSIBLE, PER_CENT, scored, unmet_scores, values
from ovunque.sourcing.rules.subsets import contents_of, lacking

PASSES_MAX = 6
SETTLED_MAX = 250  # Orders that are settled at once; beyond, prices do it.
ITEMS_MAX = 4  # Of an order that the program knows: it has a number for each set of its items.
UNKNOWNS_MAX = 60_000
COLUMNS_MIN = 4  # For each such set; with fewer the program sees too little.


def prepare() -> None:
    """Load the solver: half a second that no transaction should wait for."""
    import scipy.optimize  # noqa: F401, PLC0415


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Member:
    """One order: its problem as if nobody else of the batch took anything, and its plan."""

    skus: tuple[str, ...]  # Of its items.
    problem: Problem
    plan: Solution


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Parcels that the program may choose: of which member, which items, from which column."""

    member: Ints
    part: Ints
    column: Ints
    score: Ints


Used = dict[tuple[str, int], int]  # Units by item and position.


def improve(members: Sequence[Member], seconds_max: float) -> tuple[Solution, ...]:
    """A plan for each, all together at most as dear as they were; many may stay as they are."""
    plans = [each.plan for each in members]
    found = [_evaluated(members, plans)]
    choices = _choices(members)
    if seconds_max > 0 and len(choices.member):
        methods = (_by_prices, _settled) if len(members) <= SETTLED_MAX else (_by_prices,)
        starts = (method(members, choices, seconds_max) for method in methods)
        found += [_evaluated(members, start) for start in starts if start is not None]
    best = min(found, key=_total)
    return tuple(best if _total(best) < _total(plans) else plans)


def _total(plans: Sequence[Solution]) -> int:
    return sum(each.score for each in plans)


def uses(member: Member, plan: Solution) -> Iterator[tuple[tuple[str, int], int]]:
    """What a plan takes, by item and position."""
    location = member.problem.columns.location
    for parcel in plan.parcels:
        for pick in parcel.picks:
            yield (member.skus[pick.item], location.item(parcel.column)), pick.quantity


def left_for(member: Member, used: Used) -> Problem:
    """The problem of one order on what the others leave."""
    problem = member.problem
    reach = problem.reach.copy()
    location = problem.columns.location
    for row, sku in enumerate(member.skus):
        for column in np.nonzero(reach[row])[0].tolist():
            taken = used.get((sku, location.item(column)))
            if taken:
                reach[row, column] = max(0, reach[row, column] - taken)
    return replace(problem, reach=reach)


def _evaluated(members: Sequence[Member], plans: Sequence[Solution]) -> list[Solution]:
    """One order out, planned again on what the others leave, kept if it is cheaper; and again."""
    found = list(plans)
    used: Used = {}
    for member, plan in zip(members, found, strict=True):
        for key, units in uses(member, plan):
            used[key] = used.get(key, 0) + units
    for _ in range(PASSES_MAX):
        moved = False
        for nth, member in enumerate(members):
            for key, units in uses(member, found[nth]):
                used[key] -= units
            again = solve(left_for(member, used))
            if again is not None and again.score < found[nth].score:
                found[nth], moved = again, True
            for key, units in uses(member, found[nth]):
                used[key] = used.get(key, 0) + units
        if not moved:
            break
    return found


def _choices(members: Sequence[Member]) -> Choices:
    """The cheapest parcels of every set of items of every order; none if that is too much."""
    sets = sum((1 << len(each.problem.want)) - 1 for each in members)
    most = UNKNOWNS_MAX // max(sets, 1)
    if most < COLUMNS_MIN:
        return _no_choices()
    rows: list[tuple[int, int, int, int]] = []
    for nth, member in enumerate(members):
        problem = member.problem
        if len(problem.want) > ITEMS_MAX or not len(problem.columns):
            return _no_choices()
        rows += [(nth, *each) for each in _parcels(problem, most)]
    if not rows:
        return _no_choices()
    return Choices(*np.array(rows, np.int64).T)


def _parcels(problem: Problem, most: int) -> Iterator[tuple[int, int, int]]:
    """Of every set of items the cheapest parcels: set, column, score."""
    value = values(problem, contents_of(problem), slice(None))
    value[lacking(problem, slice(None))] = IMPOSSIBLE
    for part in range(1, len(value)):
        for column in value[part].argsort(kind="stable")[:most].tolist():
            score = scored(problem, value.item(part, column))
            if score < IMPOSSIBLE:
                yield part, column, score


def _no_choices() -> Choices:
    nothing = np.zeros(0, np.int64)
    return Choices(nothing, nothing, nothing, nothing)


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Every line once; no more units than there are; no more parcels than an order takes."""

    once: Any
    stock: Any
    room: Ints  # Of each row of stock.
    keys: tuple[tuple[str, int], ...]  # What each row of stock is.
    parcels: Any
    parcels_max: Ints


def _settled(
    members: Sequence[Member], choices: Choices, seconds_max: float
) -> list[Solution] | None:
    """The best plans of all, as far as the program knows them; None without any in time."""
    # Imported when needed: it takes half a second, and few processes settle batches.
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415

    lines = _lines(members)
    cost, most = _objective(members, choices, lines)
    limits = _limits(members, choices, lines)
    found = milp(
        c=cost,
        constraints=[
            LinearConstraint(limits.once, 1.0, 1.0),
            LinearConstraint(limits.stock, -np.inf, limits.room),
            LinearConstraint(limits.parcels, -np.inf, limits.parcels_max),
        ],
        bounds=Bounds(0, most),
        integrality=np.ones(len(cost)),
        options={"time_limit": seconds_max, "mip_rel_gap": 0.0},
    )
    if found.x is None:
        return None
    return _read_back(members, choices, np.rint(found.x).astype(np.int64))


def _by_prices(
    members: Sequence[Member], choices: Choices, seconds_max: float
) -> list[Solution] | None:
    """Each order planned once, on what those before leave, with scarce units at their prices."""
    from scipy.optimize import linprog  # noqa: PLC0415
    from scipy.sparse import vstack  # noqa: PLC0415

    lines = _lines(members)
    cost, most = _objective(members, choices, lines)
    limits = _limits(members, choices, lines)
    found = linprog(
        c=cost,
        A_ub=vstack([limits.stock, limits.parcels]),
        b_ub=np.concatenate([limits.room, limits.parcels_max]),
        A_eq=limits.once,
        b_eq=np.ones(len(lines)),
        bounds=np.stack([np.zeros(len(cost)), most], axis=1),
        method="highs",
        options={"time_limit": seconds_max},
    )
    if found.x is None:
        return None
    scores = -found.ineqlin.marginals[: len(limits.keys)]
    prices = dict(zip(limits.keys, np.rint(scores / PER_CENT).astype(int).tolist(), strict=True))
    plans: list[Solution] = []
    used: Used = {}
    for member in members:
        left = left_for(member, used)
        plan = solve(replace(left, beside=_with_prices(member, prices)))
        if plan is None:
            return None
        plans.append(priced(member.problem, plan.parcels, plan.unmet))
        for key, units in uses(member, plan):
            used[key] = used.get(key, 0) + units
    return plans


def _with_prices(member: Member, prices: Mapping[tuple[str, int], int]) -> Beside:
    """What counts beside the cost already, and the price of each unit that others want too."""
    problem = member.problem
    units = np.arange(int(problem.want.max()) + 1)
    places = problem.columns.location.tolist()
    price = np.array([[prices.get((sku, at), 0) for at in places] for sku in member.skus])
    unit_cents = units[None, :, None] * price[:, None, :]
    if problem.beside is None:
        return Beside(unit_cents=unit_cents, parcel_cents=np.zeros(len(places), np.int64))
    return replace(problem.beside, unit_cents=problem.beside.unit_cents + unit_cents)


Lines = list[tuple[int, int]]  # Member and item.


def _lines(members: Sequence[Member]) -> Lines:
    return [
        (nth, item) for nth, each in enumerate(members) for item in range(len(each.problem.want))
    ]


def _objective(members: Sequence[Member], choices: Choices, lines: Lines) -> tuple[Any, Any]:
    """Scores of parcels, then of lines that stay open; and how many there may be of each."""
    unmet = [unmet_scores(each.problem) for each in members]
    open_scores = np.array([unmet[nth][item] for nth, item in lines], float)
    must = open_scores >= IMPOSSIBLE
    cost = np.concatenate([choices.score.astype(float), np.where(must, 0.0, open_scores)])
    return cost, np.concatenate([np.ones(len(choices.score)), np.where(must, 0.0, 1.0)])


def _limits(members: Sequence[Member], choices: Choices, lines: Lines) -> Limits:
    row_of = {line: row for row, line in enumerate(lines)}
    once = [(row, len(choices.score) + row, 1) for row in range(len(lines))]
    stock: dict[tuple[str, int], int] = {}
    room: list[int] = []
    takes: list[tuple[int, int, int]] = []
    picked = zip(
        choices.member.tolist(), choices.part.tolist(), choices.column.tolist(), strict=True
    )
    for at, (nth, part, column) in enumerate(picked):
        problem = members[nth].problem
        for item, sku in enumerate(members[nth].skus):
            if not part >> item & 1:
                continue
            once.append((row_of[nth, item], at, 1))
            row = stock.setdefault((sku, problem.columns.location.item(column)), len(stock))
            if row == len(room):
                room.append(0)
            room[row] = max(room[row], problem.reach.item(item, column))
            takes.append((row, at, problem.want.item(item)))
    parcels = [(nth, at, 1) for at, nth in enumerate(choices.member.tolist())]
    size = len(choices.score) + len(lines)
    return Limits(
        once=_matrix(once, len(lines), size),
        stock=_matrix(takes, len(room), size),
        room=np.array(room, np.int64),
        keys=tuple(stock),
        parcels=_matrix(parcels, len(members), size),
        parcels_max=np.array([each.problem.parcels_max for each in members], np.int64),
    )


def _matrix(cells: Sequence[tuple[int, int, int]], rows: int, columns: int) -> Any:
    from scipy.sparse import csr_array  # noqa: PLC0415

    row, at, units = np.array(cells, np.int64).T
    return csr_array((units.astype(float), (row, at)), shape=(rows, columns))


def _read_back(members: Sequence[Member], choices: Choices, chosen: Ints) -> list[Solution]:
    """Parcels and open lines of each order, priced by our own integers."""
    parcels: list[list[PlannedParcel]] = [[] for _ in members]
    unmet = [each.problem.want.tolist() for each in members]
    for at in np.nonzero(chosen[: len(choices.score)])[0].tolist():
        nth, part = choices.member.item(at), choices.part.item(at)
        want = members[nth].problem.want.tolist()
        items = [item for item in range(len(want)) if part >> item & 1]
        picks = tuple(Pick(item, want[item]) for item in items)
        parcels[nth].append(PlannedParcel(choices.column.item(at), picks))
        for item in items:
            unmet[nth][item] = 0
    return [
        priced(each.problem, mine, left)
        for each, mine, left in zip(members, parcels, unmet, strict=True)
    ]
