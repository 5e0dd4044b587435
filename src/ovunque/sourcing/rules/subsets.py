"""The exact plan over whole lines: dynamic programming over the subsets of an order's items.

`best[S]` is the best single parcel that holds exactly the items S; the best way to settle the
items M leaves the lowest one unmet or puts it in a parcel S of M. Exact for any tariff, since S
alone decides weight and price of its parcel.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ovunque.network.model import Objective
from ovunque.sourcing.model import BIG, Ints, Pick, PlannedParcel, Problem, Solution
from ovunque.sourcing.rules.pricing import priced
from ovunque.sourcing.rules.scoring import (
    IMPOSSIBLE,
    PER_CENT,
    Contents,
    scored,
    unmet_scores,
    values,
)

ITEMS_MAX = 12  # 2^12 subsets; beyond, the tables outgrow the answer.
FEW = 4  # Items up to which ranked columns are looked through sooner than tables are made.
SETTLED_MAX = 6  # Items up to which plain Python settles sooner than arrays.
CELLS_MAX = 1 << 22  # subsets x columns held in memory at once
ROWS = np.arange(1 << ITEMS_MAX)

Layer = tuple[Ints, Ints, Ints, Ints]
Settled = tuple[int, list[list[int]]]  # The score, and by parcels left and items: the choice.


@cache
def parts(items: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Every set of items, the small ones first, with its parts that hold the lowest item."""
    found = []
    for whole in range(1, 1 << items):
        low = whole & -whole
        rest = part = whole ^ low
        holding = []
        while part:
            holding.append(part | low)
            part = (part - 1) & rest
        found.append((whole, (*holding, low)))
    return tuple(sorted(found, key=lambda each: each[0].bit_count()))


@cache
def layers(items: int) -> tuple[Layer, ...]:
    """For each size of a set M: the sets, their parts that hold the lowest item, lowest, rests."""
    by_size: dict[int, list[tuple[int, tuple[int, ...]]]] = {}
    for whole, holding in parts(items):
        by_size.setdefault(whole.bit_count(), []).append((whole, holding))
    return tuple(_layer(by_size[size]) for size in sorted(by_size))


def _layer(sets: list[tuple[int, tuple[int, ...]]]) -> Layer:
    whole = np.array([each for each, _ in sets], np.int64)
    holding = np.array([each for _, each in sets], np.int64)
    lowest = np.log2(whole & -whole).astype(np.int64)
    return whole, holding, lowest, whole[:, None] ^ holding


def solve(problem: Problem) -> Solution | None:
    """The best plan that keeps lines whole; None when something wanted cannot be served."""
    count = len(problem.want)
    assert count <= ITEMS_MAX
    plain = problem.objective == Objective.ECONOMIC and not problem.counts_grams
    few = count <= FEW and plain and problem.beside is None
    best, column = ranked_parcels(problem) if few else parcels(problem)
    if count == 1:
        return _solve_one(problem, best[1], column[1])
    limit = min(problem.parcels_max, count)
    settle = settle_few if count <= SETTLED_MAX else settle_many
    score, choice = settle(best, unmet_scores(problem), limit)
    return _read_back(problem, choice, column, score) if score < IMPOSSIBLE else None


def _solve_one(problem: Problem, score: int, column: int) -> Solution | None:
    """One line, as most orders have: its best parcel, and no table."""
    want = problem.want.item(0)
    (skipped,) = unmet_scores(problem)
    if min(score, skipped) >= IMPOSSIBLE:
        return None
    if score > skipped:
        return priced(problem, (), (want,))
    return priced(problem, (PlannedParcel(column, (Pick(0, want),)),), (0,))


def sums(values: Sequence[int]) -> list[int]:
    """[n] -> [2^n]: the sum over every subset."""
    table = [0]
    for value in values:
        table += [each + value for each in table]
    return table


def contents_of(problem: Problem) -> Contents:
    """Weight and units of every subset of the items."""
    want = problem.want.tolist()
    pairs = zip(want, problem.weight_g.tolist(), strict=True)
    weight_g = sums([units * each for units, each in pairs])
    return Contents(weight_g, sums(want), _beside(problem, want))


def _beside(problem: Problem, want: Sequence[int]) -> Ints | None:
    """[2^n, C]: what counts beside the price of every subset as one parcel."""
    beside = problem.beside
    if beside is None:
        return None
    table = np.empty((1 << len(want), len(problem.columns)), np.int64)
    table[0] = beside.parcel_cents
    for i, units in enumerate(want):
        np.add(table[: 1 << i], beside.unit_cents[i, units], out=table[1 << i : 2 << i])
    return table


def ranked_parcels(problem: Problem) -> tuple[list[int], list[int]]:
    """For every subset of few items: the score of its cheapest single parcel, and its column.

    The columns are ranked by price already: the first that has all of the items is the one.
    """
    columns = problem.columns
    able: list[NDArray[np.bool_]] = []
    for has in problem.reach >= problem.want[:, None]:
        able += [has, *[each & has for each in able]]
    best, column = [IMPOSSIBLE], [0]
    weight_g, units, _ = contents_of(problem)
    for has, grams, count in zip(able, weight_g[1:], units[1:], strict=True):
        ranking = columns.ranking(grams, count)
        at = ranking.item(0)
        if not has.item(at):
            at = ranking.item(has[ranking].argmax())
        cents = columns.cents(at, grams, count) if has.item(at) else BIG
        best.append(scored(problem, cents))
        column.append(at)
    return best, column


def parcels(problem: Problem) -> tuple[list[int], list[int]]:
    """The same for any number of items, and where emissions decide: every column is scored."""
    contents = contents_of(problem)
    width = max(1, CELLS_MAX >> len(problem.want))
    if len(problem.columns) <= width:
        score, column = _best(problem, contents, slice(0, len(problem.columns)))
    else:
        score = np.full(len(contents.units), IMPOSSIBLE, np.int64)
        column = np.zeros(len(contents.units), np.int64)
        for start in range(0, len(problem.columns), width):
            value, at = _best(problem, contents, slice(start, start + width))
            better = value < score  # Values stand in the order of scores.
            score[better], column[better] = value[better], at[better] + start
    best = [scored(problem, each) for each in score.tolist()]
    best[0] = IMPOSSIBLE
    return best, column.tolist()


def _best(problem: Problem, contents: Contents, columns: slice) -> tuple[Ints, Ints]:
    value = values(problem, contents, columns)
    value[lacking(problem, columns)] = IMPOSSIBLE
    at = value.argmin(1)  # The first minimum: earliest, then smallest (location, carrier, service).
    return value[ROWS[: len(value)], at], at


def lacking(problem: Problem, columns: slice) -> NDArray[np.bool_]:
    """[2^n, C]: where a column cannot bring all of a subset."""
    lacks = problem.want[:, None] > problem.reach[:, columns]
    table = np.zeros((1 << len(lacks), lacks.shape[1]), bool)
    for i, lack in enumerate(lacks):
        np.logical_or(table[: 1 << i], lack, out=table[1 << i : 2 << i])
    return table


def settle_few(best: list[int], unmet: list[int], parcels_max: int) -> Settled:
    """The least score to settle all items with at most so many parcels, and how to walk back.

    `choice[k][M]` is the parcel that holds the lowest item of M when k + 1 parcels are left;
    0 leaves that item unmet. With a parcel for each item there is no limit to keep, and one
    table serves all k.
    """
    items = len(unmet)
    unlimited = parcels_max >= items
    before = [min(each, IMPOSSIBLE) for each in sums(unmet)]
    choice: list[list[int]] = []
    for _ in range(1 if unlimited else parcels_max):
        now = [0] * len(before)
        choice.append(_choose(best, unmet, now if unlimited else before, now))
        before = now
    return before[-1], choice * items if unlimited else choice


def _choose(best: list[int], unmet: list[int], before: list[int], now: list[int]) -> list[int]:
    """Fill `now` with the least scores, a parcel more than `before`; returns what was chosen."""
    pick = [0] * len(now)
    for whole, holding in parts(len(unmet)):
        low = whole & -whole
        least = unmet[low.bit_length() - 1] + now[whole ^ low]
        for part in holding:
            value = best[part] + before[whole ^ part]
            if value < least or (value == least and not pick[whole]):
                least, pick[whole] = value, part
        now[whole] = min(least, IMPOSSIBLE)
    return pick


def settle_many(best: list[int], unmet: list[int], parcels_max: int) -> Settled:
    """The same with arrays, a layer of equally large sets at a time."""
    items = len(unmet)
    unlimited = parcels_max >= items
    parcel, left = np.array(best, np.int64), np.array(unmet, np.int64)
    before = np.minimum(np.array(sums(unmet), np.int64), IMPOSSIBLE)
    choice: list[list[int]] = []
    for _ in range(1 if unlimited else parcels_max):
        now, pick = np.zeros_like(before), np.zeros_like(before)
        if unlimited:
            before = now
        for whole, holding, lowest, rest in layers(items):
            value = parcel[holding] + before[rest]
            at, row = value.argmin(1), np.arange(len(whole))
            served = value[row, at]
            skipped = left[lowest] + now[whole ^ (1 << lowest)]
            now[whole] = np.minimum(np.minimum(served, skipped), IMPOSSIBLE)
            pick[whole] = np.where(served <= skipped, holding[row, at], 0)
        before, choice = now, [*choice, pick.tolist()]
    return int(before[-1]), choice * items if unlimited else choice


def _read_back(
    problem: Problem, choice: list[list[int]], column: list[int], score: int
) -> Solution:
    want = problem.want.tolist()
    left, chosen = (1 << len(want)) - 1, []
    unmet = [0] * len(want)
    k = len(choice) - 1
    while left:
        part = choice[k][left] if k >= 0 else 0
        if part:
            picks = tuple([Pick(i, units) for i, units in enumerate(want) if part >> i & 1])
            chosen.append(PlannedParcel(column[part], picks))
            left, k = left ^ part, k - 1
        else:
            lowest = (left & -left).bit_length() - 1
            unmet[lowest] = want[lowest]
            left &= left - 1
    plain = problem.objective == Objective.ECONOMIC and not problem.counts_grams
    if not plain or problem.beside is not None:
        return priced(problem, chosen, unmet)
    if len(chosen) > 1:
        chosen.sort(key=lambda parcel: (parcel.column, parcel.picks[0].item))
    return Solution(score, score // PER_CENT, tuple(chosen), tuple(unmet))
