"""The exact plan over whole lines: dynamic programming over the subsets of an order's items.

`best[S]` is the cheapest single parcel that holds exactly the items S; the cheapest way to
settle the items M leaves the lowest one unmet or puts it in a parcel S of M. Exact for any
tariff, since S alone decides weight and price of its parcel.
"""

from functools import cache

import numpy as np

from ovunque.sourcing.model import BIG, Ints, Pick, PlannedParcel, Problem, Solution

ITEMS_MAX = 12  # 2^12 subsets; beyond, the tables outgrow the answer.
CELLS_MAX = 1 << 22  # subsets x columns held in memory at once
PER_CENT = 64  # Scores count 64ths of a cent, so that one more parcel weighs less than a cent.

Layer = tuple[Ints, Ints, Ints, Ints]


@cache
def partitions(items: int) -> tuple[Layer, ...]:
    """For each size of a set M: the sets, their parts that hold the lowest item, lowest, rests."""
    by_size: dict[int, list[tuple[int, list[int]]]] = {}
    for whole in range(1, 1 << items):
        low = whole & -whole
        rest = part = whole ^ low
        parts = []
        while part:
            parts.append(part | low)
            part = (part - 1) & rest
        by_size.setdefault(whole.bit_count(), []).append((whole, [*parts, low]))
    return tuple(_layer(by_size[size]) for size in sorted(by_size))


def _layer(sets: list[tuple[int, list[int]]]) -> Layer:
    whole = np.array([each for each, _ in sets], np.int64)
    parts = np.array([each for _, each in sets], np.int64)
    lowest = np.log2(whole & -whole).astype(np.int64)
    return whole, parts, lowest, whole[:, None] ^ parts


def solve(problem: Problem) -> Solution | None:
    """The cheapest plan that keeps lines whole; None when something wanted cannot be served."""
    count = len(problem.want)
    assert count <= ITEMS_MAX
    unmet = np.minimum(problem.unmet_cents, BIG // PER_CENT) * problem.want
    unmet = np.where(problem.unmet_cents >= BIG, BIG, unmet * PER_CENT)
    best, column = parcels(problem)
    total, choice = assemble(best, unmet, min(problem.parcels_max, count))
    if total >= BIG:
        return None
    # The score is 64 times the cents and one for each parcel: exact integers, so it divides out.
    return _read_back(problem, choice, column, total // PER_CENT)


def sums(values: Ints) -> Ints:
    """[n, ...] -> [2^n, ...]: the sum over every subset of the first axis."""
    table = np.zeros((1 << len(values), *values.shape[1:]), np.int64)
    for i, value in enumerate(values):
        np.add(table[: 1 << i], value, out=table[1 << i : 2 << i])
    return table


def parcels(problem: Problem) -> tuple[Ints, Ints]:
    """For every subset of the items: the score of its cheapest single parcel, and its column."""
    width = max(1, CELLS_MAX >> len(problem.want))
    best = np.full(1 << len(problem.want), BIG, np.int64)
    column = np.zeros(1 << len(problem.want), np.int64)
    band = np.searchsorted(problem.edges_g, sums(problem.weight_g * problem.want))
    for start in range(0, len(problem.location), width):
        score = _scores(problem, slice(start, start + width), band)
        at = score.argmin(1)  # The first minimum: the smallest (location, carrier, service).
        value = score[np.arange(len(score)), at]
        better = value < best
        best[better], column[better] = value[better], at[better] + start
    best[0] = BIG
    return best, column


def _scores(problem: Problem, columns: slice, band: Ints) -> Ints:
    location = problem.location[columns]
    unit = problem.want[:, None] * problem.pick_cents[columns] * PER_CENT
    unit[problem.want[:, None] > problem.have[location].T] = BIG
    price = problem.price_cents[columns]
    tariff = np.column_stack([price, np.full(len(price), BIG)])[:, band].T
    fixed = problem.fixed_cents[columns] * PER_CENT + 1
    score = sums(unit) + fixed
    score += np.where(tariff >= BIG, BIG, tariff * PER_CENT)
    np.minimum(score, BIG, out=score)
    return score


def assemble(best: Ints, unmet: Ints, parcels_max: int) -> tuple[int, list[Ints]]:
    """The least score to settle all items with at most so many parcels, and how to walk back.

    `choice[k][M]` is the parcel that holds the lowest item of M when k + 1 parcels are left;
    0 leaves that item unmet. With a parcel for each item there is no limit to keep, and one
    table serves all k.
    """
    items = len(unmet)
    unlimited = parcels_max >= items
    before = np.minimum(sums(unmet), BIG)
    choice: list[Ints] = []
    for _ in range(1 if unlimited else parcels_max):
        now, pick = np.zeros_like(before), np.zeros_like(before)
        if unlimited:
            before = now
        for whole, parts, lowest, rest in partitions(items):
            value = best[parts] + before[rest]
            at, row = value.argmin(1), np.arange(len(whole))
            served = value[row, at]
            skipped = unmet[lowest] + now[whole ^ (1 << lowest)]
            now[whole] = np.minimum(np.minimum(served, skipped), BIG)
            pick[whole] = np.where(served <= skipped, parts[row, at], 0)
        before, choice = now, [*choice, pick]
    return int(before[-1]), choice * items if unlimited else choice


def _read_back(problem: Problem, choice: list[Ints], column: Ints, cents: int) -> Solution:
    want = problem.want.tolist()
    left, chosen = (1 << len(want)) - 1, []
    unmet = [0] * len(want)
    k = len(choice) - 1
    while left:
        part = int(choice[k][left]) if k >= 0 else 0
        if part:
            picks = tuple(Pick(i, units) for i, units in enumerate(want) if part >> i & 1)
            chosen.append(PlannedParcel(int(column[part]), picks))
            left, k = left ^ part, k - 1
        else:
            lowest = (left & -left).bit_length() - 1
            unmet[lowest] = want[lowest]
            left &= left - 1
    parcels = tuple(sorted(chosen, key=lambda parcel: (parcel.column, parcel.picks[0].item)))
    return Solution(cents, parcels, tuple(unmet))
