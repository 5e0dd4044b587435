"""Accepted orders become rows: order, lines, deliveries, fulfillments, decision and fact."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import field, fields
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from ovunque.customers.knowing import add_contacts, introduce, look_up
from ovunque.customers.model import Contact, ContactRequest
from ovunque.fulfillment.model import Fulfillment, FulfillmentLine, FulfillmentState, Stage
from ovunque.fulfillment.model.keeping_back import OrderHold
from ovunque.fulfillment.planning import plan_work
from ovunque.fulfillment.rules.keeping_back import hold_of
from ovunque.kernel.freezing import frozen
from ovunque.kernel.ids import NewId
from ovunque.orders import awaiting, events, pledging, rules, store
from ovunque.orders.agreeing import name_collectors
from ovunque.orders.drafting import Placement
from ovunque.orders.keeping_back import hold_placed
from ovunque.orders.model import (
    Charge,
    Delivery,
    DraftLine,
    OnShortage,
    Order,
    OrderLine,
)
from ovunque.orders.ports import Desk
from ovunque.platform import journal
from ovunque.platform.database import Later, Tx
from ovunque.platform.journal import Fact
from ovunque.promise.keeping import keep
from ovunque.sourcing.explaining import body_of
from ovunque.sourcing.model import SourcingPlan, Supply
from ovunque.sourcing.steering import Steering
from ovunque.stock.model import Ask, Key, Plan, Reservation

ADDRESS_FIELDS = tuple(each.name for each in fields(ContactRequest))


@frozen
class Accepted:
    """A placement with the reservations that its plan becomes."""

    placement: Placement
    plan: tuple[SourcingPlan, ...]
    held: Plan  # What its holds keep for it: given back as it takes its own.
    reservations: tuple[Reservation, ...]  # In the order of the plan's supplies.
    days: Mapping[UUID, date] = field(default_factory=dict)  # Of lines that wait for goods.

    def ask(self) -> Ask:
        channel_id = self.placement.draft.channel_id
        return Ask(gives=self.held, plans=(self.reservations,), channel_id=channel_id)


def accept(placement: Placement, held: Plan, new_id: NewId) -> Accepted:
    """What is claimed for it; the rest is made of it when it got that."""
    assert placement.plan is not None
    order_id = placement.draft.id
    return Accepted(
        placement=placement,
        plan=placement.plan,
        held=held,
        reservations=tuple(
            [
                _reserve(order_id, shipment.location_id, supply, new_id)
                for part in placement.plan
                for shipment in part.shipments
                for supply in shipment.supplies
            ]
        ),
    )


def works_of(
    each: Accepted, now: datetime, new_id: NewId, steering: Steering
) -> tuple[Fulfillment, ...]:
    """The work orders that serve it: one for each shipment of its plan."""
    draft, taken = each.placement.draft, iter(each.reservations)
    works: list[Fulfillment] = []
    for delivery, part in enumerate(each.plan):
        grace = steering.grace(part.record.applied)
        works += [
            Fulfillment(
                id=new_id(),
                order_id=draft.id,
                delivery=delivery,
                location_id=shipment.location_id,
                carrier_service_id=shipment.carrier_service_id,
                service=draft.request.deliveries[delivery].service,
                state=FulfillmentState.PLANNED,
                planned_at=now,
                offer_at=rules.offered_at(now, shipment.leaves_at, grace),
                changed_at=now,
                lines=tuple(map(_work_line, islice(taken, len(shipment.supplies)))),
                arrives_at=shipment.arrives_at,
                cost_cents=shipment.cost_cents,
                emissions_g=shipment.emissions_g,
                collect_at=rules.collected_at(draft.needs[delivery].destination, shipment),
            )
            for shipment in part.shipments
        ]
    return tuple(works)


def _reserve(order_id: UUID, location_id: UUID, supply: Supply, new_id: NewId) -> Reservation:
    return Reservation(
        id=new_id(),
        order_id=order_id,
        line_id=supply.line_id,
        key=Key(supply.sku, location_id),
        quantity=supply.quantity,
    )


def _work_line(each: Reservation) -> FulfillmentLine:
    return FulfillmentLine(
        line_id=each.line_id, reservation_id=each.id, sku=each.key.sku, quantity=each.quantity
    )


@frozen
class Names:
    """What orders are written with: who of their people is known, and their numbers."""

    customers: Later[Mapping[str, UUID]]
    numbers: Later[list[str]]


def ask_names(tx: Tx, desk: Desk, placements: Sequence[Placement]) -> Names:
    """Asked for before the claim, so that one answer of the database brings all."""
    people = [each.draft.request.customer for each in placements]
    return Names(
        customers=look_up(tx, people) if people else dict,
        numbers=desk.numbers.draw(tx, len(placements)),
    )


def write(
    tx: Tx,
    desk: Desk,
    accepted: Sequence[Accepted],
    told: Sequence[Fact],
    *,
    names: Names,
    now: datetime,
) -> list[Order]:
    """Write the accepted orders of a batch, in the transaction that claimed their stock.

    `told` is what else the batch has done.
    """
    if not accepted:
        _record(tx, (), (), told, now)
        return []
    people = [each.placement.draft.request.customer for each in accepted]
    customer_ids = introduce(tx, people, names.customers(), now, desk.new_id)
    contacts = [contacts_of(each, desk.new_id) for each in accepted]
    add_contacts(tx, [contact for each in contacts for contact in each.values()])
    steering = desk.snapshot().steering
    orders = [
        order_of(
            each, customer_id, places, works_of(each, now, desk.new_id, steering), (number, now)
        )
        for each, customer_id, places, number in zip(
            accepted, customer_ids, contacts, names.numbers(), strict=False
        )
    ]
    decisions = [decision_of(each, now) for each in accepted]
    store.add_orders(tx, orders, decisions)
    drafts = [each.placement.draft for each in accepted]
    name_collectors(tx, [(each.id, each.request.deliveries) for each in drafts])
    keep(tx, [promise for order in orders for promise in order.promises])
    plan_work(tx, [work for order in orders for work in order.fulfillments])
    waiting = awaiting.wait(tx, awaiting.lines_of(orders))
    _record(tx, accepted, orders, (*told, *waiting), now)
    for each, order in zip(accepted, orders, strict=True):
        hold_placed(tx, each.placement.by, order, now)
    return orders


def contacts_of(each: Accepted, new_id: NewId) -> dict[int, Contact]:
    """Where the deliveries of an order go, by their number; collections go nowhere."""
    return {
        nth: Contact(id=new_id(), **fields_of(delivery.address))
        for nth, delivery in enumerate(each.placement.draft.request.deliveries)
        if delivery.address is not None
    }


def fields_of(address: ContactRequest) -> dict[str, Any]:
    """Its fields as they are; `asdict` would copy each one deeply."""
    return {name: getattr(address, name) for name in ADDRESS_FIELDS}


def order_of(
    each: Accepted,
    customer_id: UUID,
    contacts: dict[int, Contact],
    works: tuple[Fulfillment, ...],
    named: tuple[str, datetime],
) -> Order:
    """The order of an accepted placement, under its number and as of its moment."""
    draft, request = each.placement.draft, each.placement.draft.request
    number, now = named
    unmet = unmet_of(each)
    return Order(
        id=draft.id,
        number=number,
        external_id=request.external_id,
        channel_id=draft.channel_id,
        customer_id=customer_id,
        currency=request.currency,
        on_shortage=request.on_shortage,
        placed_at=now,
        gift=request.gift,
        notes=request.notes,
        lines=tuple(
            [
                _line(line, unmet.get(line.id, 0), request.on_shortage, each.days)
                for line in draft.lines
            ]
        ),
        deliveries=tuple(
            [
                Delivery(
                    nth=nth,
                    service=delivery.service,
                    contact_id=contacts[nth].id if nth in contacts else None,
                    location_id=draft.needs[nth].destination.location_id,
                )
                for nth, delivery in enumerate(request.deliveries)
            ]
        ),
        charges=tuple([Charge(kind=c.kind, amount=c.amount) for c in request.charges]),
        fulfillments=works,
        promises=pledging.kept(draft, each.plan) if draft.pledges else (),
        holds=_holds_of(each, now) if request.holds else (),
    )


def _holds_of(each: Accepted, now: datetime) -> tuple[OrderHold, ...]:
    asked = sorted(each.placement.draft.request.holds, key=lambda ask: ask.reason)
    order_id, by = each.placement.draft.id, each.placement.by.name
    return tuple(hold_of(ask, order_id, by, now) for ask in asked)


def unmet_of(each: Accepted) -> dict[UUID, int]:
    """Units of each line that no location serves; a bundle counts as one."""
    unmet: dict[UUID, int] = defaultdict(int)
    for need, part in zip(each.placement.draft.needs, each.plan, strict=True):
        if not part.unmet:
            continue
        sets = {(demand.line_id, demand.sku): demand.set_of for demand in need.demands}
        for supply in part.unmet:
            missing = supply.quantity // sets[supply.line_id, supply.sku]
            unmet[supply.line_id] = max(missing, unmet[supply.line_id])
    return unmet


def _line(
    line: DraftLine, unmet: int, on_shortage: OnShortage, days: Mapping[UUID, date]
) -> OrderLine:
    request = line.request
    assert unmet == 0 or on_shortage != OnShortage.REFUSE
    return OrderLine(
        id=line.id,
        nth=line.nth,
        delivery=request.delivery,
        sku=request.sku,
        ordered=request.quantity,
        unplaced=unmet if unmet and on_shortage == OnShortage.ACCEPT else 0,
        backordered=unmet if unmet and on_shortage == OnShortage.BACKORDER else 0,
        canceled=unmet if unmet and on_shortage == OnShortage.PARTIAL else 0,
        at_work={Stage.RESERVED: request.quantity - unmet},
        unit_price=request.unit_price,
        discount=request.discount,
        tax_rate_ppm=request.tax_rate_ppm,
        home_available=line.home_available,
        expected_on=days.get(line.id),
    )


def decision_of(each: Accepted, now: datetime) -> dict[str, Any]:
    """The first decision of an order: why it is served as it is."""
    return {
        "order_id": each.placement.draft.id,
        "nth": 1,
        "decided_at": now,
        "body": body_of(
            each.plan, passed_over=each.placement.passed_over, **pledging.deviations(each.plan)
        ),
    }


def _record(
    tx: Tx,
    accepted: Sequence[Accepted],
    orders: Sequence[Order],
    more: Sequence[Fact],
    now: datetime,
) -> None:
    """The first fact of each order, in its client's name, and what else the batch has done."""
    told = [
        (each.placement.by.name, events.placed(order))
        for each, order in zip(accepted, orders, strict=True)
    ]
    told += [("intake", fact) for fact in more]
    if told:
        journal.begin(tx, told, at=now)
