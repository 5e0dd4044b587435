"""Shoppers order: drafted, planned and claimed as the intake does it, one at a time."""

from dataclasses import replace
from uuid import UUID

from ovunque.access.model import Actor, Scope
from ovunque.customers.model import ContactRequest, CustomerRequest
from ovunque.delivery.model import Service
from ovunque.delivery.rules.days import Level, asked_ppm
from ovunque.delivery.rules.instants import minutes_of
from ovunque.orders import events, pledging, rules, writing
from ovunque.orders.drafting import Placement, draft
from ovunque.orders.model import (
    CancelReason,
    DeliveryRequest,
    Draft,
    LineRequest,
    OnShortage,
    OrderRequest,
)
from ovunque.platform.idempotency import Key
from ovunque.promise.model import KeptPromise
from ovunque.promise.offering import DELIVERED_OVER, zone_of
from ovunque.simulation.history import habits, offering
from ovunque.simulation.history.house import House
from ovunque.simulation.orders import Address, OrderBody
from ovunque.sourcing.model import SourcingPlan
from ovunque.sourcing.planning import Wish, plan
from ovunque.stock.model import Move, Taken

CLIENT_ID = UUID(int=2)  # Of whoever placed the demo's orders.
E6 = 1_000_000


def request_of(body: OrderBody) -> OrderRequest:
    """An order as the rooms know it."""
    return OrderRequest(
        external_id=body["external_id"],
        channel=body["channel"],
        currency="EUR",
        customer=CustomerRequest(
            email=body["customer"]["email"],
            name=body["customer"]["name"],
            phone=body["customer"].get("phone"),
        ),
        lines=tuple(
            LineRequest(
                sku=line["sku"], quantity=line["quantity"], unit_price=line["unit_price"]["amount"]
            )
            for line in body["lines"]
        ),
        deliveries=tuple(
            DeliveryRequest(
                service=Service(each["service"]),
                address=contact_of(each["address"]) if "address" in each else None,
                location=each.get("location"),
            )
            for each in body["deliveries"]
        ),
        on_shortage=OnShortage(body["on_shortage"]),
    )


def contact_of(address: Address) -> ContactRequest:
    latitude, longitude = address.get("latitude"), address.get("longitude")
    return ContactRequest(
        name=address["name"],
        street=address["street"],
        postal_code=address["postal_code"],
        city=address["city"],
        country=address["country"],
        latitude_e6=None if latitude is None else round(latitude * E6),
        longitude_e6=None if longitude is None else round(longitude * E6),
    )


def place(house: House, request: OrderRequest) -> UUID | None:
    """The order's id; None when there was too little to accept it."""
    shelf = house.shelf()
    drafted = draft(request, house.snapshot, shelf, house.chronicle.new_id)
    wish = Wish(
        channel=house.snapshot.network.channels[request.channel],
        needs=drafted.needs,
        whole=request.on_shortage == OnShortage.REFUSE,
        now=house.now,
        sends=False,  # In this past, stores gave out what they had.
    )
    plans = plan(house.snapshot, shelf, wish)
    if plans is None:
        house.refused += 1
        return None
    return accept(house, drafted, plans, promise(house, drafted, plans))


def accept(
    house: House,
    drafted: Draft,
    plans: tuple[SourcingPlan, ...],
    promises: tuple[KeptPromise, ...],
) -> UUID:
    """The order stands, its stock is reserved, and its work waits to be offered."""
    channel = drafted.request.channel
    by = Actor(channel, CLIENT_ID, frozenset({Scope.ORDERS}))
    key = Key(CLIENT_ID, str(drafted.id), "")
    placement = Placement(draft=drafted, key=key, by=by, plan=plans)
    new_id = house.chronicle.new_id
    hope = writing.accept(placement, (), new_id)
    outcomes, levels = house.ledger.claim([hope.ask()])
    assert isinstance(outcomes[0], Taken), "nobody came in between"
    contacts = writing.contacts_of(hope, new_id)
    works = writing.works_of(hope, house.now, new_id, house.snapshot.steering)
    order = writing.order_of(hope, CLIENT_ID, contacts, works, (house.number(), house.now))
    order = replace(order, fulfillments=(), promises=promises)
    house.orders[order.id] = order
    house.people[order.id] = drafted.request.customer
    house.contacts |= {contact.id: contact for contact in contacts.values()}
    for work in works:
        house.add_work(work)
    offering.decide(house, order.id, plans, writing.decision_of(hope, house.now)["body"])
    house.chronicle.tell(channel, events.placed(replace(order, fulfillments=works)))
    house.chronicle.tell_stock("intake", levels)
    house.chronicle.within(*habits.SWEEP, lambda: offering.offer(house, order.id))
    if house.script_of(order.id) is None and house.chronicle.chance(habits.CANCEL_PERCENT):
        house.chronicle.within(*habits.CANCEL, lambda: cancel(house, order.id))
    return order.id


def promise(
    house: House, drafted: Draft, plans: tuple[SourcingPlan, ...]
) -> tuple[KeptPromise, ...]:
    """What a shopper was told at the check-out; a marketplace asks nobody."""
    request = drafted.request
    if request.on_shortage == OnShortage.ACCEPT or any(part.unmet for part in plans):
        return ()
    pledged = drafted.pledges
    if pledged:
        return pledging.kept(drafted, plans)
    return tuple(
        promise_of(house, drafted, nth, part) for nth, part in enumerate(plans) if part.shipments
    )


def promise_of(house: House, drafted: Draft, nth: int, part: SourcingPlan) -> KeptPromise:
    request = drafted.request
    latest = max(each.arrives_at for each in part.shipments)
    leaves = max(each.leaves_at for each in part.shipments)
    service = request.deliveries[nth].service
    collected = service == Service.COLLECT
    items = house.snapshot.catalog.items
    worth = sum(
        (items[line.sku].price_cents or 0) * line.quantity
        for line in request.lines
        if line.delivery == nth
    )
    return KeptPromise(
        order_id=drafted.id,
        delivery=nth,
        earliest=latest if collected else max(leaves, latest - DELIVERED_OVER),
        latest=latest,
        customer_price=house.prices.of(
            request.channel, service, zone_of(house.snapshot, drafted.needs[nth].destination), worth
        ),
        emissions_g=sum(each.emissions_g for each in part.shipments),
        deviation=None,
        service=service,
        confidence_ppm=asked_ppm(service),
        destination=pledging.destination_of(drafted.needs[nth].destination),
        basis=tuple(
            {
                "location": each.location_id,
                "carrier_service": each.carrier_service_id,
                "level": Level.CONTRACT,
                "parcels": 0,
                "days": 0,
                "leaves": minutes_of(each.leaves_at),
            }
            for each in part.shipments
        ),
    )


def cancel(house: House, order_id: UUID) -> None:
    """A shopper who has changed their mind, in time: nobody has picked anything yet."""
    order = house.order(order_id)
    live = [work for work in order.fulfillments if work.is_live]
    if not all(work.state in ("planned", "offered", "accepted") for work in live):
        return
    ids = rules.to_cancel(order)
    units = rules.canceled_units(order, ids)
    if not units:
        return
    asks, by = [Move(gives=work.reservations) for work in live], house.channel_of(order)
    for work in live:
        offering.cancel_work(house, by, work)
    _, levels = house.ledger.claim(asks)
    house.chronicle.tell_stock(by, levels)
    house.orders[order_id] = replace(
        house.orders[order_id],
        lines=tuple(
            replace(
                line,
                at_work={},
                canceled=line.canceled + units.get(line.id, 0),
                unplaced=0 if line.id in units else line.unplaced,
                backordered=0 if line.id in units else line.backordered,
            )
            for line in order.lines
        ),
    )
    fact = events.canceled(order, units, CancelReason.CUSTOMER)
    house.chronicle.tell(by, fact)
