"""Plans many orders at once, as long as one parcel is the best that can be done for each.

That is how most orders are served, and it needs no search: the cheapest parcel that brings all
is the plan, if it costs no more than two parcels ever could. The figures that tell so are the
ones that explain it, so that arrays of all orders take the steps of each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ovunque.delivery.rules.arrival import instant_of, minutes_of
from ovunque.delivery.rules.footprint import Footprint, side_by_side
from ovunque.network.model import Objective
from ovunque.network.snapshot import ChannelView
from ovunque.sourcing.explaining import BEST, BEST_MAX, LACKS, MISSING_BITS, MISSING_MAX
from ovunque.sourcing.model import (
    BIG,
    Demand,
    Ints,
    Reason,
    Reasons,
    Record,
    Shipment,
    SourcingPlan,
    Supply,
)
from ovunque.sourcing.planning import UNMET_CENTS, Shelf, Wish, plan, rules_for
from ovunque.sourcing.routing import Lanes, Ways
from ovunque.sourcing.rules.subsets import ITEMS_MAX
from ovunque.sourcing.snapshot import Snapshot

Plans = tuple[SourcingPlan, ...] | None
BY_SKU = attrgetter("sku")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Carts:
    """Deliveries that can come by the same lanes, and their items one below the other."""

    nths: Sequence[int]  # Among all that were asked.
    channel: ChannelView
    demands: Sequence[Sequence[Demand]]  # Of each, in the order of their items.
    starts: Sequence[int]  # Where the items of each begin.
    skus: Sequence[str]
    want: Ints  # [items, 1]
    weight_g: Ints  # [items, 1] of one unit.
    lanes: Lanes
    ways: Ways
    now: int
    footprint: Footprint  # Of all lanes, for one destination after the other.
    destination: Ints  # [m] which of them.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Figures:
    """[m, C]: what each column could bring of each cart by itself, in one parcel."""

    total: Ints  # [m, 1]
    units: Ints
    weight_g: Ints
    cents: Ints
    best: Ints  # [m, K] columns: most units first, of these the cheapest, of these the first.


def plan_all(snapshot: Snapshot, shelf: Shelf, wishes: Sequence[Wish]) -> list[Plans]:
    """For each wish what `plan` says; the wishes do not see each other."""
    found: dict[int, Plans] = {}
    together: dict[tuple[Lanes, ChannelView, datetime], list[int]] = {}
    for nth, wish in enumerate(wishes):
        if _is_plain(wish, snapshot) and rules_for(snapshot, wish, wish.needs[0]) is None:
            lanes = snapshot.lanes.to(wish.channel, wish.needs[0].destination)
            together.setdefault((lanes, wish.channel, wish.now), []).append(nth)
    for (lanes, _, _), nths in together.items():
        carts = _carts(snapshot, lanes, nths, wishes)
        if len(carts.ways.lane):
            found |= _plan(carts, _figures(carts, shelf))
    return [
        found[nth] if nth in found else plan(snapshot, shelf, wish)
        for nth, wish in enumerate(wishes)
    ]


def _is_plain(wish: Wish, snapshot: Snapshot) -> bool:
    return (
        len(wish.needs) == 1
        and wish.needs[0].promised is None
        and len(wish.needs[0].demands) <= ITEMS_MAX
        and not wish.excluded
        and wish.arrive_by is None
        and wish.channel.channel.objective == Objective.ECONOMIC
        and not snapshot.bars.touches([each.sku for each in wish.needs[0].demands], wish.now)
    )


def _carts(snapshot: Snapshot, lanes: Lanes, nths: Sequence[int], wishes: Sequence[Wish]) -> Carts:
    needs = [wishes[nth].needs[0] for nth in nths]
    footprints = [snapshot.lanes.footprint(lanes, need.destination) for need in needs]
    different = list(dict.fromkeys(footprints))
    first = wishes[nths[0]]
    now = minutes_of(first.now)
    demands = [sorted(need.demands, key=BY_SKU) for need in needs]
    starts, skus, asked = _items(demands)
    want, weight_g = np.array(asked, np.int64).T[:, :, None]
    return Carts(
        nths=nths,
        channel=first.channel,
        demands=demands,
        starts=starts,
        skus=skus,
        want=want,
        weight_g=weight_g,
        lanes=lanes,
        ways=lanes.at(now),
        now=now,
        footprint=side_by_side(different),
        destination=np.array([different.index(each) for each in footprints], np.int64),
    )


def _items(
    demands: Sequence[Sequence[Demand]],
) -> tuple[list[int], list[str], list[tuple[int, int]]]:
    """Where each cart's items begin, the items, how many units of them and what one weighs."""
    starts: list[int] = []
    skus: list[str] = []
    asked: list[tuple[int, int]] = []
    for cart in demands:
        starts.append(len(skus))
        before = None
        for each in cart:
            if each.sku == before:
                asked[-1] = asked[-1][0] + each.quantity, each.weight_g
            else:
                asked.append((each.quantity, each.weight_g))
                skus.append(each.sku)
                before = each.sku
    return starts, skus, asked


def _figures(carts: Carts, shelf: Shelf) -> Figures:
    columns, want, starts = carts.ways.columns, carts.want, carts.starts
    reach = shelf.rows(carts.skus, carts.channel).take(columns.location, axis=1)
    taken = np.minimum(reach, want)
    units = np.add.reduceat(taken, starts)
    weight_g = np.add.reduceat(taken * carts.weight_g, starts)
    total = np.add.reduceat(want, starts)
    cell = columns.edges_g.searchsorted(weight_g) * len(columns) + columns.number
    cents = columns.parcel_cents.ravel()[cell] + units * columns.pick_cents
    missing = np.minimum(total - units, MISSING_MAX) << MISSING_BITS
    return Figures(
        total=total,
        units=units,
        weight_g=weight_g,
        cents=cents,
        best=(missing + cents).argsort(axis=1, kind="stable")[:, :BEST_MAX],
    )


def _plan(carts: Carts, figures: Figures) -> dict[int, Plans]:
    """The plans of those for which nothing can be better than one parcel."""
    columns = carts.ways.columns
    row = np.arange(len(carts.demands))
    at = figures.best[:, 0]
    cents = figures.cents[row, at]
    two_cents = 2 * columns.parcel_cents.min() + figures.total[:, 0] * columns.pick_cents.min()
    whole = figures.units[row, at] == figures.total[:, 0]
    plain = whole & (cents <= two_cents) & (cents < UNMET_CENTS)
    plain &= (figures.cents < BIG).all(axis=1)  # What is too heavy for some takes more telling.
    records, found = _records(carts, figures), np.nonzero(plain)[0]
    ways, column = carts.ways, at[found]
    lanes, leaves = ways.lane[column].tolist(), ways.leaves[column].tolist()
    arrives = columns.arrives[column].tolist()
    return {
        carts.nths[nth]: (_plan_of(carts, nth, way, records[nth]),)
        for nth, *way in zip(found.tolist(), lanes, leaves, arrives, strict=True)
    }


def _records(carts: Carts, figures: Figures) -> list[Record]:
    """What was looked at for each cart, packed; the first of its best columns is the chosen one."""
    lanes, best = carts.lanes, figures.best
    lane = carts.ways.lane[best]
    cell = best + np.arange(0, figures.units.size, figures.units.shape[1])[:, None]
    units, cents = figures.units.take(cell), figures.cents.take(cell)
    minutes = carts.ways.columns.arrives[best] - carts.now
    at = carts.destination[:, None] * len(lanes.candidate) + lane
    grams = carts.footprint.take(at).grams(figures.weight_g.take(cell))
    told = np.empty(best.shape, BEST)
    told["candidate"], told["service"] = lanes.candidate[lane], lanes.service[lane]
    told["units"], told["cents"] = units, cents
    told["minutes"], told["grams"] = minutes, grams
    some = units > 0
    reasons = _each(
        _reasons(carts, figures, told["candidate"][:, 0]).ravel(),
        np.full(len(best), len(lanes.candidates.reasons)),
    )
    looked_at = _each(told.ravel().compress(some.ravel()), some.sum(axis=1))
    first = zip(*[told[name][:, 0].tolist() for name in BEST.names or ()], strict=True)
    return [
        Record(
            candidates=lanes.candidates,
            objective=Objective.ECONOMIC,
            decided=carts.now,
            reasons=reasons[nth],
            best=looked_at[nth],
            parcels=((candidate, service, count, minute, money, gram),),
        )
        for nth, (candidate, service, count, minute, money, gram) in enumerate(first)
    ]


def _each(values: NDArray[Any], counts: Ints) -> list[bytes]:
    """The bytes of so many values for each cart: cut from one piece, sooner than made apart."""
    whole, size = values.tobytes(), values.itemsize
    ends = (counts.cumsum() * size).tolist()
    return [whole[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _reasons(carts: Carts, figures: Figures, chosen: NDArray[np.uint16]) -> Reasons:
    """A byte for each cart and candidate."""
    fixed = carts.lanes.candidates.reasons
    reasons = np.empty((len(chosen), len(fixed)), np.uint8)
    reasons[:] = fixed
    lacks = (figures.units < figures.total).view(np.uint8) + (figures.units == 0)
    reasons[:, carts.lanes.candidate[carts.ways.lane]] = LACKS[lacks]
    reasons[np.arange(len(chosen)), chosen] = Reason.CHOSEN
    return reasons


def _plan_of(carts: Carts, nth: int, way: Sequence[int], record: Record) -> SourcingPlan:
    """The one parcel of a cart; first lines are served first."""
    tariff = carts.lanes.tariff
    lane, leaves, arrives = way
    *_, cents, grams = record.parcels[0]
    shipment = Shipment(
        location_id=tariff.location_ids[lane],
        carrier_service_id=tariff.service_ids[lane],
        supplies=tuple(
            [
                Supply(line_id=each.line_id, sku=each.sku, quantity=each.quantity)
                for each in carts.demands[nth]
            ]
        ),
        leaves_at=instant_of(leaves),
        arrives_at=instant_of(arrives),
        cost_cents=cents,
        emissions_g=grams,
    )
    return SourcingPlan(shipments=(shipment,), unmet=(), record=record)
