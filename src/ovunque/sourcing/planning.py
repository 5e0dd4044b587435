"""From what an order asks for to the plan that serves it, on whatever stock is shown."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import numpy as np

from ovunque.delivery.rules.arrival import minutes_of
from ovunque.kernel.freezing import frozen
from ovunque.network.model import Objective
from ovunque.network.snapshot import ChannelView, Positions
from ovunque.sourcing.explaining import Sight
from ovunque.sourcing.following import follow
from ovunque.sourcing.handing_over import SENT
from ovunque.sourcing.model import (
    BIG,
    DeliveryNeed,
    Deviation,
    Ints,
    Problem,
    Promised,
    Shipment,
    Solution,
    SourcingPlan,
)
from ovunque.sourcing.model.ruling import Version
from ovunque.sourcing.routing import NO_END
from ovunque.sourcing.rules import solve
from ovunque.sourcing.rules.pricing import priced
from ovunque.sourcing.rules.strategy import Case
from ovunque.sourcing.ruling_out import rule_out
from ovunque.sourcing.serving import added, complete_sets, plan_of, with_missing
from ovunque.sourcing.snapshot import Snapshot
from ovunque.sourcing.steering import Steering
from ovunque.sourcing.stepping import Terms, step_through

PARCELS_MAX = 8
OBJECTIVES = {each.value: each for each in Objective}
NOWHERE = NOTHING = np.zeros(0, np.int64)
NO_RULES = Steering()
UNMET_CENTS = 1_000_000  # Leaving a unit unserved is dearer than any parcel.

FreeOf = Callable[[str], Ints]  # An item's free units at every position.
KeptOf = Callable[[str, UUID], Ints | None]  # Those that a channel may not take; None: none.


def nothing_kept(_: str, __: UUID) -> None:
    """Where nothing is protected from anybody."""


@frozen
class Wish:
    """What one order asks of sourcing."""

    channel: ChannelView
    needs: tuple[DeliveryNeed, ...]
    whole: bool  # All or nothing.
    now: datetime
    excluded: frozenset[UUID] = frozenset()  # Locations that were asked already and said no.
    arrive_by: datetime | None = None  # What was promised.
    sends: bool = True  # To a store that customers fetch from, what it lacks.
    seconds_max: float = 0.0  # For orders too large for exact tables; 0: whatever covers most.
    value_cents: int = 0  # Of the whole order.
    steering: Steering | None = None  # The strategies; None: those in force.
    order_id: UUID | None = None  # By which it takes part in trials; None: in none.
    by_steps_only: bool = False  # Not by what a strategy says for when its steps find nothing.


class Shelf:
    """Stock as one planner sees it: what it has planned already is gone.

    A channel sees what is not protected from it.
    """

    def __init__(
        self,
        free_of: FreeOf,
        kept_of: KeptOf = nothing_kept,
        skus: Sequence[str] = (),
        free: Ints = NOTHING,
    ) -> None:
        """Items that are laid out before, a row for each, need not be looked up one by one."""
        self._free_of = free_of
        self._kept_of = kept_of
        self._laid = {sku: row for row, sku in enumerate(skus)}
        self._table: Ints = np.maximum(free, 0)
        self._rows: dict[str, Ints] = {}
        self._kept: dict[tuple[str, UUID], Ints | None] = {}

    def row(self, sku: str, channel: ChannelView) -> Ints:
        """What a channel may take of an item at every position."""
        if self._kept_of is nothing_kept:
            return self.free(sku)
        channel_id = channel.channel.id
        key = sku, channel_id
        if key not in self._kept:
            self._kept[key] = self._kept_of(sku, channel_id)
        kept = self._kept[key]
        return self.free(sku) if kept is None else np.maximum(self.free(sku) - kept, 0)

    def free(self, sku: str) -> Ints:
        """All free units of an item at every position, whoever may take them."""
        row = self._rows.get(sku)
        if row is None:
            at = self._laid.get(sku)
            row = np.maximum(self._free_of(sku), 0) if at is None else self._table[at]
            self._rows[sku] = row
        return row

    def rows(self, skus: Sequence[str], channel: ChannelView) -> Ints:
        """What a channel may take of several items at every position, a row for each."""
        if self._kept_of is nothing_kept:
            laid = [self._laid.get(sku, -1) for sku in skus]
            if -1 not in laid:
                return self._table.take(laid, axis=0)
        return np.array([self.row(sku, channel) for sku in skus])

    def total(self, sku: str, channel: ChannelView, positions: Positions) -> int:
        """What a channel may take of an item at some positions, all together."""
        return self.totals([sku], channel, positions)[0]

    def totals(self, skus: Sequence[str], channel: ChannelView, positions: Positions) -> list[int]:
        """The same for several items at once."""
        if not skus:
            return []
        found = self.rows(skus, channel).take(positions, axis=1)
        totals: list[int] = np.add.reduce(found, axis=1).tolist()
        return totals

    def apart(self) -> "Shelf":
        """The same shelf to plan on without taking anything from this one."""
        return Shelf(lambda sku: self.free(sku).copy(), self._kept_of)

    def with_units(self, units: Iterable[tuple[str, int, int]]) -> "Shelf":
        """The same shelf with units more by sku and position: what is held for whom it is for."""
        more = self.apart()
        more.turn(units)
        return more

    def take_units(self, units: Iterable[tuple[str, int, int]]) -> None:
        """Take units off the shelf, by sku and position."""
        for sku, position, quantity in units:
            self.free(sku)[position] -= quantity

    def turn(self, units: Iterable[tuple[str, int, int]]) -> None:
        """What came or went without an order; no more goes than lies there."""
        for sku, position, quantity in units:
            row = self.free(sku)
            row[position] = max(0, row[position] + quantity)

    def take(self, plans: Sequence[SourcingPlan], positions: Mapping[UUID, int]) -> None:
        """Take the units of plans off the shelf."""
        for plan in plans:
            for shipment in plan.shipments:
                for supply in shipment.supplies:
                    self.free(supply.sku)[positions[shipment.location_id]] -= supply.quantity


def snapshot_shelf(snapshot: Snapshot, now: datetime, skus: Sequence[str] = ()) -> Shelf:
    """The stock that the snapshot shows; the items that are known to be wanted all at once."""
    size = len(snapshot.network.locations)

    def kept_of(sku: str, channel_id: UUID) -> Ints | None:
        return snapshot.withheld(sku, channel_id, now)

    kept = kept_of if snapshot.kept.book.rules else nothing_kept
    free = snapshot.stock.free_of(skus, size) if skus else NOTHING
    return Shelf(lambda sku: snapshot.stock.free_at(sku, size), kept, skus, free)


def plan(snapshot: Snapshot, shelf: Shelf, wish: Wish) -> tuple[SourcingPlan, ...] | None:
    """The cheapest way to serve an order, one plan for each delivery.

    None when all is wanted and not all can be had. Deliveries of one order share the stock: each
    is planned on what the one before left.
    """
    shelf = shelf.apart() if len(wish.needs) > 1 else shelf
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
    """The plan that was promised, if it still holds; else another one in time; else the best."""
    promised = need.promised
    if promised is None:
        return _plan_here_or_sent(snapshot, shelf, wish, need)
    need = _as_promised(need, promised)
    in_time = replace(wish, arrive_by=promised.arrive_by, whole=True)
    if rules_for(snapshot, wish, need) is not None:
        ruled = replace(in_time, by_steps_only=True)
        found = _plan_here_or_sent(snapshot, shelf, ruled, need)
        if found is not None:
            return replace(found, deviation=_moved(found, promised))
        in_time = replace(in_time, steering=NO_RULES)  # The promise is kept all the same.
    sight = see(snapshot, shelf, wish, need)
    parcels = follow(sight, promised)
    if parcels is not None:
        unmet = (0,) * len(sight.skus)
        return plan_of(sight, need.demands, priced(sight.problem, parcels, unmet))
    found = _plan_here_or_sent(snapshot, shelf, in_time, need)
    if found is not None:
        return replace(found, deviation=Deviation.MOVED if promised.parcels else None)
    if promised.binding:
        return None
    late = _plan_here_or_sent(snapshot, shelf, wish, need)
    return late and replace(late, deviation=Deviation.LATE)


def rules_for(snapshot: Snapshot, wish: Wish, need: DeliveryNeed) -> Version | None:
    """The strategy that a delivery falls under; None: the objective of its channel decides."""
    steering = snapshot.steering if wish.steering is None else wish.steering
    if not steering.versions:
        return None
    return steering.choose(case_of(snapshot, wish, need))


def case_of(snapshot: Snapshot, wish: Wish, need: DeliveryNeed) -> Case:
    """What of a delivery decides under which strategy it falls."""
    destination, country = need.destination, need.destination.country
    if country is None and destination.location_id is not None:
        network = snapshot.network
        country = network.locations[network.position_of[destination.location_id]].country
    return Case(
        channel=wish.channel.channel.code,
        service=destination.service,
        country=country,
        value_cents=wish.value_cents,
        now=wish.now,
        order_id=wish.order_id,
    )


def _moved(found: SourcingPlan, promised: Promised) -> Deviation | None:
    """Whether a plan in time is another one than the customer's option held."""
    told = {(each.location_id, each.carrier_service_id, each.units) for each in promised.parcels}
    plan = {
        (each.location_id, each.carrier_service_id, tuple(sorted(units_of(each).items())))
        for each in found.shipments
    }
    told = {(place, service, tuple(sorted(units))) for place, service, units in told}
    return Deviation.MOVED if told and told != plan else None


def units_of(shipment: Shipment) -> Counter[str]:
    """What is in a parcel, by item."""
    units: Counter[str] = Counter()
    for supply in shipment.supplies:
        units[supply.sku] += supply.quantity
    return units


def _as_promised(need: DeliveryNeed, promised: Promised) -> DeliveryNeed:
    """What was promised to come from elsewhere is sought there too."""
    place = need.destination.location_id
    sent = any(each.location_id != place for each in promised.parcels)
    if place is None or not sent:
        return need
    return replace(need, destination=replace(need.destination, is_sent=True))


def _plan_here_or_sent(
    snapshot: Snapshot, shelf: Shelf, wish: Wish, need: DeliveryNeed
) -> SourcingPlan | None:
    """Out of the collecting store's own stock; what it lacks is sent there."""
    here = _plan_anew(snapshot, shelf, wish, need)
    is_enough = here is not None and not here.unmet
    if is_enough or not wish.sends or need.destination.service not in SENT:
        return here
    sent = replace(need, destination=replace(need.destination, is_sent=True))
    return _plan_anew(snapshot, shelf, wish, sent)


def _plan_anew(
    snapshot: Snapshot, shelf: Shelf, wish: Wish, need: DeliveryNeed
) -> SourcingPlan | None:
    result = solved(snapshot, wish, need, see(snapshot, shelf, wish, need))
    if result is None:
        return None
    sight, solution = result
    found = plan_of(sight, need.demands, solution)
    if not found.unmet:
        return found
    complete = complete_sets(need.demands, found.unmet)
    if complete == found.unmet:
        return found
    # A bundle of which a part is missing is not served at all: plan again without it.
    fewer = tuple(
        replace(demand, quantity=demand.quantity - missing)
        for demand, missing in with_missing(need.demands, complete)
        if demand.quantity > missing
    )
    again = _plan_anew(snapshot, shelf, wish, replace(need, demands=fewer))
    assert again is not None, "less than what was served can be served"
    return replace(again, unmet=added(complete, again.unmet))


def solved(
    snapshot: Snapshot, wish: Wish, need: DeliveryNeed, sight: Sight
) -> tuple[Sight, Solution] | None:
    """The best plan by the strategy that applies, else by the objective of the channel."""
    version = rules_for(snapshot, wish, need)
    if version is None:
        found = solve(sight.problem, wish.seconds_max)
        return (sight, found) if found else None
    terms = Terms(
        destination=need.destination,
        whole=wish.whole,
        seconds_max=wish.seconds_max,
        promised=minutes_of(need.promised.arrive_by) if need.promised else None,
        by_steps_only=wish.by_steps_only,
    )
    steering = snapshot.steering if wish.steering is None else wish.steering
    return step_through(snapshot, steering, version, sight, terms)


def see(snapshot: Snapshot, shelf: Shelf, wish: Wish, need: DeliveryNeed) -> Sight:
    """One delivery as the solver sees it, and all that explains it afterwards."""
    now = minutes_of(wish.now)
    lanes = snapshot.lanes.to(wish.channel, need.destination)
    ways = lanes.at(now)
    footprint = snapshot.lanes.footprint(lanes, need.destination)
    skus = sorted({demand.sku for demand in need.demands})
    want = dict.fromkeys(skus, 0)
    weight = dict(want)
    for demand in need.demands:
        want[demand.sku] += demand.quantity
        weight[demand.sku] = demand.weight_g
    columns = ways.columns
    reach = np.empty((len(skus), len(columns)), np.int64)
    for row, sku in enumerate(skus):
        reach[row] = shelf.row(sku, wish.channel)[columns.location]
    refused = NOWHERE
    if wish.excluded:
        refused = _positions(snapshot, wish.excluded)
        reach[:, np.isin(columns.location, refused)] = 0
    deadline = minutes_of(wish.arrive_by) if wish.arrive_by else NO_END
    if deadline < NO_END:
        reach[:, columns.arrives > deadline] = 0
    wanted = np.array([*want.values()], np.int64)
    road = (lanes, ways, need.destination)
    out = rule_out(snapshot, road, skus, (reach, wanted), wish.now)
    objective = OBJECTIVES[wish.channel.channel.objective]
    problem = Problem(
        columns=columns,
        want=wanted,
        weight_g=np.array([*weight.values()], np.int64),
        reach=reach,
        unmet_cents=np.full(len(want), BIG if wish.whole else UNMET_CENTS, np.int64),
        parcels_max=PARCELS_MAX,
        objective=objective,
        footprint=footprint.take(ways.lane) if objective == Objective.LOWEST_EMISSIONS else None,
    )
    return Sight(
        skus=tuple(skus),
        lanes=lanes,
        ways=ways,
        footprint=footprint,
        problem=problem,
        now=now,
        deadline=deadline,
        refused=refused,
        out=out,
        free_of=shelf.free,
    )


def _positions(snapshot: Snapshot, location_ids: Collection[UUID]) -> Ints:
    known = snapshot.network.position_of
    return np.array([known[each] for each in location_ids if each in known], np.int64)
