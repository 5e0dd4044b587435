"""From what an order asks for to the plan that serves it, on whatever stock is shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import numpy as np

from ovunque.network.snapshot import ChannelView
from ovunque.sourcing.model import (
    BIG,
    DeliveryNeed,
    Demand,
    Ints,
    Problem,
    Shipment,
    Solution,
    SourcingPlan,
    Supply,
)
from ovunque.sourcing.rules import solve
from ovunque.sourcing.snapshot import Lanes, Snapshot

PARCELS_MAX = 8
UNMET_CENTS = 1_000_000  # Leaving a unit unserved is dearer than any parcel.

FreeOf = Callable[[str], Ints]  # An item's free units at every position.


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one order asks of sourcing."""

    channel: ChannelView
    needs: tuple[DeliveryNeed, ...]
    whole: bool  # All or nothing.
    now: datetime
    excluded: frozenset[UUID] = frozenset()  # Locations that were asked already and said no.


class Shelf:
    """Stock as one planner sees it: what it has planned already is gone."""

    def __init__(self, free_of: FreeOf) -> None:
        self._free_of = free_of
        self._rows: dict[str, Ints] = {}

    def row(self, sku: str) -> Ints:
        row = self._rows.get(sku)
        if row is None:
            row = self._rows[sku] = np.maximum(self._free_of(sku), 0)
        return row

    def apart(self) -> "Shelf":
        """The same shelf to plan on without taking anything from this one."""
        return Shelf(lambda sku: self.row(sku).copy())

    def take(self, plans: Sequence[SourcingPlan], positions: Mapping[UUID, int]) -> None:
        """Take the units of plans off the shelf."""
        for plan in plans:
            for shipment in plan.shipments:
                for supply in shipment.supplies:
                    self.row(supply.sku)[positions[shipment.location_id]] -= supply.quantity


def snapshot_shelf(snapshot: Snapshot) -> Shelf:
    """The stock that the snapshot shows."""
    size = len(snapshot.network.locations)
    return Shelf(lambda sku: snapshot.stock.free_at(sku, size))


def plan(snapshot: Snapshot, shelf: Shelf, wish: Wish) -> tuple[SourcingPlan, ...] | None:
    """The cheapest way to serve an order, one plan for each delivery.

    None when all is wanted and not all can be had. Deliveries of one order share the stock: each
    is planned on what the one before left.
    """
    if len(wish.needs) > 1:
        shelf = shelf.apart()
    plans: list[SourcingPlan] = []
    for need in wish.needs:
        found = _plan_delivery(snapshot, shelf, wish, need)
        if found is None:
            return None
        plans.append(found)
        if len(wish.needs) > 1:
            shelf.take([found], snapshot.network.position_of)
    return tuple(plans)


def _plan_delivery(
    snapshot: Snapshot, shelf: Shelf, wish: Wish, need: DeliveryNeed
) -> SourcingPlan | None:
    lanes = snapshot.lanes.to(wish.channel, need.destination)
    if not need.demands:
        return SourcingPlan(shipments=(), unmet=(), cost_cents=0, candidates=len(lanes.location))
    skus = sorted({demand.sku for demand in need.demands})
    problem = _problem(lanes, skus, need.demands, shelf, whole=wish.whole)
    for location_id in wish.excluded & snapshot.network.position_of.keys():
        problem.have[snapshot.network.position_of[location_id]] = 0
    solution = solve(problem) if len(lanes.location) else _nothing(problem, wish)
    if solution is None:
        return None
    found = _explain(snapshot, lanes, need.demands, skus, solution)
    if not found.unmet:
        return found
    complete = _complete_sets(need.demands, found.unmet)
    if complete == found.unmet:
        return found
    # A bundle of which a part is missing is not served at all: plan again without it.
    fewer = tuple(
        replace(demand, quantity=demand.quantity - missing)
        for demand, missing in _with_missing(need.demands, complete)
        if demand.quantity > missing
    )
    again = _plan_delivery(snapshot, shelf, wish, replace(need, demands=fewer))
    assert again is not None, "less than what was served can be served"
    return replace(again, unmet=_added(complete, again.unmet))


def _problem(
    lanes: Lanes, skus: Sequence[str], demands: Sequence[Demand], shelf: Shelf, *, whole: bool
) -> Problem:
    want = dict.fromkeys(skus, 0)
    weight = dict(want)
    for demand in demands:
        want[demand.sku] += demand.quantity
        weight[demand.sku] = demand.weight_g
    return Problem(
        want=np.fromiter(want.values(), np.int64, len(want)),
        weight_g=np.fromiter(weight.values(), np.int64, len(want)),
        have=np.stack([shelf.row(sku) for sku in skus], axis=1),
        location=lanes.location,
        fixed_cents=lanes.fixed_cents,
        pick_cents=lanes.pick_cents,
        lead_minutes=lanes.lead_minutes,
        edges_g=lanes.edges_g,
        price_cents=lanes.price_cents,
        unmet_cents=np.full(len(want), BIG if whole else UNMET_CENTS, np.int64),
        parcels_max=PARCELS_MAX,
    )


def _nothing(problem: Problem, wish: Wish) -> Solution | None:
    """Where nobody delivers, all is unmet, if it may be."""
    if wish.whole:
        return None
    cents = UNMET_CENTS * int(problem.want.sum())
    return Solution(cents, (), tuple(int(units) for units in problem.want))


def _explain(
    snapshot: Snapshot,
    lanes: Lanes,
    demands: Sequence[Demand],
    skus: Sequence[str],
    solution: Solution,
) -> SourcingPlan:
    """The solver's picks as supplies of order lines; first lines are served first."""
    open_units = {(demand.line_id, demand.sku): demand.quantity for demand in demands}
    shipments = []
    for parcel in solution.parcels:
        supplies: list[Supply] = []
        for pick in parcel.picks:
            supplies += _serve(open_units, skus[pick.item], pick.quantity)
        location = snapshot.network.locations[int(lanes.location[parcel.column])]
        shipments.append(
            Shipment(
                location_id=location.id,
                carrier_service_id=lanes.carrier_service_ids[parcel.column],
                supplies=tuple(supplies),
                lead_minutes=int(lanes.lead_minutes[parcel.column]),
            )
        )
    left = tuple(
        Supply(line_id=line_id, sku=sku, quantity=units)
        for (line_id, sku), units in open_units.items()
        if units
    )
    return SourcingPlan(
        shipments=tuple(shipments),
        unmet=left,
        cost_cents=solution.cents - UNMET_CENTS * sum(solution.unmet),
        candidates=len(lanes.location),
    )


def _complete_sets(demands: Sequence[Demand], unmet: Sequence[Supply]) -> tuple[Supply, ...]:
    """What stays unmet when only whole bundles are served."""
    sets: dict[UUID, int] = {}
    for demand, missing in _with_missing(demands, unmet):
        served = (demand.quantity - missing) // demand.set_of
        sets[demand.line_id] = min(served, sets.get(demand.line_id, served))
    left = [
        Supply(
            line_id=demand.line_id,
            sku=demand.sku,
            quantity=demand.quantity - sets[demand.line_id] * demand.set_of,
        )
        for demand in demands
    ]
    return tuple(each for each in left if each.quantity)


def _with_missing(demands: Sequence[Demand], unmet: Sequence[Supply]) -> list[tuple[Demand, int]]:
    missing = {(each.line_id, each.sku): each.quantity for each in unmet}
    return [(demand, missing.get((demand.line_id, demand.sku), 0)) for demand in demands]


def _added(one: Sequence[Supply], other: Sequence[Supply]) -> tuple[Supply, ...]:
    total: dict[tuple[UUID, str], int] = {}
    for each in (*one, *other):
        total[each.line_id, each.sku] = total.get((each.line_id, each.sku), 0) + each.quantity
    return tuple(
        Supply(line_id=line_id, sku=sku, quantity=units) for (line_id, sku), units in total.items()
    )


def _serve(open_units: dict[tuple[UUID, str], int], sku: str, quantity: int) -> list[Supply]:
    served = []
    for (line_id, wanted), units in open_units.items():
        took = min(units, quantity) if wanted == sku else 0
        if took:
            open_units[line_id, wanted] -= took
            quantity -= took
            served.append(Supply(line_id=line_id, sku=sku, quantity=took))
    assert quantity == 0, "a plan took units that nobody asked for"
    return served
