"""What an order asks for again, and the work orders that would serve it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.customers.listing import list_contacts
from ovunque.customers.model import Contact
from ovunque.fulfillment.model import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentState,
    OfferState,
)
from ovunque.kernel.ids import NewId
from ovunque.orders import rules
from ovunque.orders.drafting import UNKNOWN_WEIGHT_G, at_e6
from ovunque.orders.looking import look
from ovunque.orders.model import Order
from ovunque.platform.database import Tx
from ovunque.sourcing.model import DeliveryNeed, Demand, Destination, Promised, SourcingPlan
from ovunque.sourcing.planning import NO_RULES, Shelf, Wish, plan, rules_for
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock.model import Plan

LOOK_AGAIN = timedelta(minutes=10)  # For a part of a bundle that nobody has now.
UNSERVING = frozenset({FulfillmentState.REJECTED, FulfillmentState.WITHDRAWN})
UNSERVED = frozenset({OfferState.REJECTED, OfferState.EXPIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An order, its fulfillments whose units wait, and what these ask for."""

    order: Order
    works: tuple[Fulfillment, ...]
    wants: tuple[rules.Want, ...]

    @property
    def reservations(self) -> Plan:
        """What stands where nobody serves it."""
        return tuple(each for work in self.works for each in work.reservations)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is known while orders are planned again: each takes from the shelf before the next."""

    snapshot: Snapshot
    shelf: Shelf
    contacts: Mapping[UUID, Contact]
    sends: bool = True  # To a store that customers fetch from, what it lacks.


@dataclass(frozen=True, slots=True, kw_only=True)
class Hope:
    """What is written if its claim succeeds."""

    waiting: Waiting
    plans: tuple[SourcingPlan, ...]
    works: tuple[Fulfillment, ...]
    given_up: Mapping[UUID, int]
    excluded: frozenset[UUID]
    instead: Mapping[str, object] | None = None  # What it was planned as, where that was possible.

    @property
    def reservations(self) -> Plan:
        return tuple(each for work in self.works for each in work.reservations)

    @property
    def is_idle(self) -> bool:
        """Whether nothing would change: what waits would wait on."""
        return not self.given_up and all(work.resource_at is not None for work in self.works)


def waits(order: Order, now: datetime) -> Waiting | None:
    """What of an order is due to be sourced again; None: nothing."""
    works = tuple(
        work
        for work in order.fulfillments
        if work.resource_at is not None and work.resource_at <= now
    )
    if not works:
        return None
    return Waiting(order=order, works=works, wants=rules.wants(order, works))


def world_of(tx: Tx, snapshot: Snapshot, waiting: Sequence[Waiting], now: datetime) -> World:
    """The truth about the stock that these orders ask for, and where they go."""
    skus = [want.sku for each in waiting for want in each.wants]
    contact_ids = {
        delivery.contact_id
        for each in waiting
        for delivery in each.order.deliveries
        if delivery.contact_id is not None
    }
    return World(
        snapshot=snapshot,
        shelf=look(tx, snapshot, skus, now),
        contacts=list_contacts(tx, sorted(contact_ids)),
    )


def hope(
    waiting: Waiting, world: World, new_id: NewId, now: datetime, only: UUID | None = None
) -> Hope:
    """The best that can be done for an order with what those before it leave.

    `only` names the location that a person has chosen, by no strategy's leave.
    """
    wish = stop_asking(wish_of(waiting, world, now), world.snapshot)
    if only is not None:
        places = {each.id for each in world.snapshot.network.locations}
        wish = replace(wish, excluded=frozenset(places - {only}), steering=NO_RULES)
    plans = plan(world.snapshot, world.shelf, wish)
    assert plans is not None, "who takes what can be had is never refused"
    world.shelf.take(plans, world.snapshot.network.position_of)
    unmet = [supply for part in plans for supply in part.unmet]
    given_up, parts = rules.left_over(waiting.wants, unmet)
    works = [
        *new_work(waiting, plans, new_id, now),
        *_same_work(waiting, parts, new_id, now),
    ]
    return Hope(
        waiting=waiting,
        plans=plans,
        works=tuple(works),
        given_up=given_up,
        excluded=unserving(waiting.order),
    )


def hope_with_its_own(
    tx: Tx, waiting: Waiting, snapshot: Snapshot, new_id: NewId, now: datetime
) -> Hope:
    """The best that can be done with the units that are kept for it already."""
    world = world_of(tx, snapshot, [waiting], now)
    positions = snapshot.network.position_of
    mine = [
        (line.sku, positions[work.location_id], line.quantity)
        for work in waiting.works
        if work.location_id in positions
        for line in work.lines
    ]
    return hope(waiting, replace(world, shelf=world.shelf.with_units(mine)), new_id, now)


def wish_of(waiting: Waiting, world: World, now: datetime) -> Wish:
    """What of an order is sought again, without who did not serve it."""
    order, snapshot = waiting.order, world.snapshot
    demands: dict[int, list[Demand]] = defaultdict(list)
    for want in waiting.wants:
        item = snapshot.catalog.items.get(want.sku)
        demands[want.delivery].append(
            Demand(
                line_id=want.key,
                sku=want.sku,
                quantity=want.quantity,
                weight_g=item.weight_g if item else UNKNOWN_WEIGHT_G,
                set_of=want.set_of,
            )
        )
    # In time if anybody can; else late, rather than not at all.
    promises = {
        each.delivery: Promised(arrive_by=each.latest, binding=False) for each in order.promises
    }
    return Wish(
        channel=snapshot.network.channel_of[order.channel_id],
        needs=tuple(
            DeliveryNeed(
                destination=destination_of(order, nth, world.contacts),
                demands=tuple(demands[nth]),
                promised=promises.get(nth),
            )
            for nth in sorted(demands)
        ),
        whole=False,
        now=now,
        excluded=unserving(order),
        sends=world.sends,
        value_cents=order.value_cents,
        order_id=order.id,
    )


def stop_asking(wish: Wish, snapshot: Snapshot) -> Wish:
    """After so many noes as its strategy says nobody is asked any more: a person decides."""
    version = rules_for(snapshot, wish, wish.needs[0]) if wish.excluded else None
    offers = version.strategy.offers if version else None
    if offers is None or len(wish.excluded) < offers.asked_max:
        return wish
    return replace(wish, excluded=frozenset(each.id for each in snapshot.network.locations))


def destination_of(
    order: Order, nth: int, contacts: Mapping[UUID, Contact], *, is_sent: bool = False
) -> Destination:
    """Where a delivery of an order goes."""
    delivery = order.deliveries[nth]
    contact = contacts[delivery.contact_id] if delivery.contact_id else None
    return Destination(
        service=delivery.service,
        country=contact.country if contact else None,
        postal_code=contact.postal_code if contact else None,
        at_e6=at_e6(contact),
        location_id=delivery.location_id,
        is_sent=is_sent,
    )


def unserving(order: Order) -> frozenset[UUID]:
    """The locations that did not serve this order when they were asked to."""
    works = (
        work.location_id
        for work in order.fulfillments
        if work.state in UNSERVING and work.taken_by is None
    )
    offers = (
        offer.location_id
        for work in order.fulfillments
        for offer in work.offers
        if offer.state in UNSERVED
    )
    return frozenset((*works, *offers))


def new_work(
    waiting: Waiting, plans: Sequence[SourcingPlan], new_id: NewId, now: datetime
) -> list[Fulfillment]:
    """The work orders of new plans, one plan for each delivery that waits."""
    line_of = {want.key: want.line_id for want in waiting.wants}
    nths = sorted({want.delivery for want in waiting.wants})
    offer_at = max([now, *(work.offer_at for work in waiting.works)])  # Its grace is not cut short.
    return [
        Fulfillment(
            id=new_id(),
            order_id=waiting.order.id,
            delivery=nth,
            location_id=shipment.location_id,
            carrier_service_id=shipment.carrier_service_id,
            service=waiting.order.deliveries[nth].service,
            state=FulfillmentState.PLANNED,
            planned_at=now,
            offer_at=offer_at,
            changed_at=now,
            lines=tuple(
                FulfillmentLine(
                    line_id=line_of[supply.line_id],
                    reservation_id=new_id(),
                    sku=supply.sku,
                    quantity=supply.quantity,
                )
                for supply in shipment.supplies
            ),
            arrives_at=shipment.arrives_at,
            cost_cents=shipment.cost_cents,
            emissions_g=shipment.emissions_g,
            collect_at=rules.collected_at(waiting.order.deliveries[nth], shipment),
        )
        for nth, part in zip(nths, plans, strict=True)
        for shipment in part.shipments
    ]


def _same_work(
    waiting: Waiting, parts: Mapping[tuple[UUID, str], int], new_id: NewId, now: datetime
) -> list[Fulfillment]:
    """Work orders for parts of a bundle that nobody has: they wait on where they were."""
    kept = rules.keep(waiting.works, parts)
    return [
        replace(
            work,
            id=new_id(),
            state=FulfillmentState.REJECTED,
            planned_at=now,
            changed_at=now,
            resource_at=now + LOOK_AGAIN,
            lines=tuple(replace(row, reservation_id=new_id()) for row in kept[work.id]),
        )
        for work in waiting.works
        if work.id in kept
    ]
