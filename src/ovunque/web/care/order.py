"""One order: where its goods are, what it cost, why it is served like this, what happened."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from ovunque.access.enrolling import list_people
from ovunque.access.model import Person, Role
from ovunque.catalog.listing import find_items
from ovunque.catalog.model import Item
from ovunque.customers import opening
from ovunque.customers import rules as customer_rules
from ovunque.customers.listing import find_customer, list_contacts
from ovunque.customers.model import Collector, Contact, Customer
from ovunque.fulfillment.events import PICKING
from ovunque.fulfillment.model import Fulfillment, Offer, OfferState
from ovunque.fulfillment.model.keeping_back import HoldReason
from ovunque.fulfillment.rules import is_fetched
from ovunque.network.model import Location
from ovunque.network.naming import list_given
from ovunque.network.snapshot import NetworkView
from ovunque.orders import listing, rules
from ovunque.orders.agreeing import list_agreements
from ovunque.orders.editing import ENDED, find_undoable
from ovunque.orders.listing import Decision
from ovunque.orders.model import Delivery, Order, OrderLine
from ovunque.orders.model.editing import PastEdit
from ovunque.orders.sharing import token_of
from ovunque.orders.tracing import Traced, trace
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Entry
from ovunque.promise.model import KeptPromise, Outcome, Standing
from ovunque.promise.rules.milestones import next_of
from ovunque.sourcing.snapshot import Snapshot
from ovunque.web import words
from ovunque.web.asking import Asked
from ovunque.web.care.orders import badges_of, total_of
from ovunque.web.care.why import Why, asked_about
from ovunque.web.screens import OFFICE, screens
from ovunque.web.visiting import Visit, Visiting

router = screens(OFFICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """All that the page is made of, as one moment of the database shows it."""

    order: Order
    customer: Customer
    contacts: Mapping[UUID, Contact]
    collectors: Mapping[int, Collector]  # By delivery.
    items: Mapping[str, Item]
    decisions: Sequence[Decision]
    story: Sequence[Entry]
    names: Mapping[str, str]  # Of people and carriers, by login and code.
    traced: Mapping[UUID, Traced]  # What each fulfillment emits.
    undoable: PastEdit | None  # The last edit, if who looks may turn it back.
    is_open: bool  # Whether who looks may see contact data.


@router.get("/orders/{number}")
def get_order(
    visit: Visiting,
    number: str,
    why_not: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    snapshot = visit.house.snapshot()
    found = visit.transact(lambda tx: read(tx, visit, snapshot, number))
    network = visit.house.snapshot().network
    order = found.order
    works = [Work(work, found, visit) for work in order.fulfillments]
    return visit.page(
        "care/order.html",
        asked="",
        order=order,
        word=words.ORDER[order.status],
        badges=badges_of(order),
        customer=found.customer,
        tracking=token_of(order.id),
        is_open=found.is_open,
        may_open=visit.person.role == Role.CARE and found.customer.erased_at is None,
        channel=network.channel_of[order.channel_id].channel,
        deliveries=[Part(each, found, works, network) for each in order.deliveries],
        lines=[Line(line, found.items.get(line.sku)) for line in order.lines],
        goods=order.value_cents,
        total=total_of(order),
        reasons_to_hold=reasons_to_hold(visit.person, order),
        may_release=visit.person.role == Role.CARE,
        may_edit=visit.person.role == Role.CARE and order.status not in ENDED,
        undoable=found.undoable,
        may_cancel=visit.person.role == Role.CARE and bool(rules.to_cancel(order)),
        why_not=why_not,
        places=sorted(network.by_code.values(), key=lambda each: each.name),
        asked_about=asked_about(found.decisions, snapshot, why_not),
        whys=[Why(each, visit.house.snapshot()) for each in reversed(found.decisions)],
        story=list(reversed(told(found, network))),
        expected=max(
            (each.arrives_at for each in live_works(order) if each.arrives_at), default=None
        ),
    )


def reasons_to_hold(person: Person, order: Order) -> list[HoldReason]:
    """Why an order may be kept back that is not for that reason already."""
    if person.role != Role.CARE or not rules.to_cancel(order):
        return []
    held = {each.reason for each in order.holds}
    return [reason for reason in HoldReason if reason not in held]


def read(tx: Tx, visit: Visit, snapshot: Snapshot, number: str) -> Read:
    order = listing.find_by_number(tx, number)
    customer = find_customer(tx, order.customer_id)
    is_open = opening.is_open(tx, visit.by, customer.id, visit.now)
    contacts = list_contacts(tx, [each.contact_id for each in order.deliveries if each.contact_id])
    skus = {line.sku for line in order.lines}
    skus |= {line.sku for work in order.fulfillments for line in work.lines}
    return Read(
        order=order,
        customer=seen_by(visit.person, customer) if not is_open else customer,
        contacts={id_: each if is_open else hidden(each) for id_, each in contacts.items()},
        collectors={
            nth: each.collector if is_open else customer_rules.masked_collector(each.collector)
            for (_, nth), each in list_agreements(tx, [order.id]).items()
            if each.collector is not None
        },
        undoable=find_undoable(tx, order) if visit.person.role == Role.CARE else None,
        is_open=is_open,
        items=find_items(tx, skus),
        decisions=listing.list_decisions(tx, order.id),
        story=journal.list_of_order(tx, order.id),
        names=names_of(tx),
        traced=trace(tx, snapshot, order, order.fulfillments),
    )


def names_of(tx: Tx) -> dict[str, str]:
    """What people call whoever may stand in a story: carriers, and each other."""
    given = {code: name for (kind, code), name in list_given(tx).items() if kind == "carrier"}
    return given | {person.login: person.name for person in list_people(tx)}


def seen_by(person: Person, customer: Customer) -> Customer:
    """Who serves customers knows them by name; for everybody else a name is nobody's business."""
    masked = customer_rules.masked(customer)
    if person.role == Role.CARE:
        return masked
    return replace(masked, name=customer_rules.initials(customer.name), external_id=None)


def hidden(contact: Contact) -> Contact:
    masked = customer_rules.masked_contact(contact)
    return replace(masked, name=customer_rules.initials(contact.name) if contact.name else None)


class Work:
    """A fulfillment as a card."""

    def __init__(self, work: Fulfillment, found: Read, visit: Visit) -> None:
        items, known = found.items, found.order.milestones.get(work.id)
        step = next_of(work, known) if known else None
        network = visit.house.snapshot().network
        self.work = work
        self.traced = found.traced.get(work.id)
        self.location: Location = network.locations[network.position_of[work.location_id]]
        self.place = words.LOCATION_KIND[self.location.kind]
        self.word = words.fulfillment_word(work.state, is_fetched=is_fetched(work))
        self.lines = [(items.get(sku), sku, units) for sku, units in units_of(work)]
        self.units = sum(line.quantity for line in work.lines)
        self.offer = open_offer(work.offers)
        self.carrier = carrier_name(work.carrier_service_id, visit)
        self.step = (words.MILESTONE[step[0]], step[1]) if step and step[0] != "arrive" else None
        self.parcels = [(each, words.PARCEL[each.state]) for each in work.parcels]


def units_of(work: Fulfillment) -> Iterable[tuple[str, int]]:
    """Units by item: a line that was split is one line to whoever reads it."""
    units: dict[str, int] = {}
    for line in work.lines:
        units[line.sku] = units.get(line.sku, 0) + line.quantity
    return units.items()


def open_offer(offers: Sequence[Offer]) -> Offer | None:
    return next((offer for offer in offers if offer.state == OfferState.OPEN), None)


def carrier_name(service_id: UUID | None, visit: Visit) -> str | None:
    services = visit.house.snapshot().delivery.services
    return next((each.name for each in services if each.id == service_id), None)


class Part:
    """One delivery of an order: where it goes, and who works on it."""

    def __init__(
        self, delivery: Delivery, found: Read, works: Sequence[Work], network: NetworkView
    ) -> None:
        self.delivery = delivery
        self.service = words.SERVICE[delivery.service]
        self.contact = found.contacts.get(delivery.contact_id) if delivery.contact_id else None
        self.collector = found.collectors.get(delivery.nth)
        at = delivery.location_id
        self.location = network.locations[network.position_of[at]] if at else None
        mine = [each for each in works if each.work.delivery == delivery.nth]
        self.works = [each for each in mine if each.work.replaced_at is None]
        self.former = [each for each in mine if each.work.replaced_at is not None]
        promises = [each for each in found.order.promises if each.delivery == delivery.nth]
        expected = [each.work.arrives_at for each in self.works if each.work.is_live]
        self.question = Asked.of(found.order, delivery.nth, network)
        self.kept = Kept(promises[0], expected) if promises else None


class Kept:
    """What was promised for a delivery, then and now."""

    def __init__(self, promise: KeptPromise, expected: Sequence[datetime | None]) -> None:
        self.promise = promise
        self.expected = max((each for each in expected if each), default=None)
        late = promise.outcome == Outcome.LATE or promise.standing == Standing.LATE
        if late:
            self.word = words.BADGE["late"]
        elif promise.outcome is not None:
            self.word = words.OUTCOME[promise.outcome]
        else:
            self.word = words.STANDING[promise.standing]
        self.blame = words.BLAME[promise.blame] if promise.blame else None


class Line:
    """An order line with its item, and where its units are."""

    def __init__(self, line: OrderLine, item: Item | None) -> None:
        self.line = line
        self.item = item
        self.amount = line.unit_price * line.ordered - line.discount


def live_works(order: Order) -> list[Fulfillment]:
    return [work for work in order.fulfillments if work.is_live]


def told(found: Read, network: NetworkView) -> list["Told"]:
    """The story, first to last; scans that follow each other are told as one."""
    story: list[Told] = []
    for entry in found.story:
        each = Told(entry, found.names, network)
        if story and each.goes_on(story[-1]):
            each.quantity += story.pop().quantity
        story.append(each)
    return story


class Told:
    """One line of the story, with the names that people know."""

    def __init__(self, entry: Entry, names: Mapping[str, str], network: NetworkView) -> None:
        self.kind = entry.kind
        self.at = entry.at
        self.body = entry.body
        self.subject = entry.subject
        self.who = names.get(entry.actor, entry.actor.removeprefix("cli:"))
        self.is_ours = entry.actor == "system"
        self.where = place_name(entry.body.get("location"), network)
        self.quantity: int = entry.body.get("quantity", 0)
        self.places = [place_name(each, network) for each in entry.body.get("locations", ())]

    def instant(self, name: str) -> datetime:
        return datetime.fromisoformat(self.body[name])

    def day(self, name: str) -> date:
        return date.fromisoformat(self.body[name])

    def goes_on(self, before: "Told") -> bool:
        """Whether this is one more scan of the same hand at the same shelf."""
        mine, theirs = (each.body.get("fulfillment") for each in (self, before))
        return self.kind == before.kind == PICKING and (mine, self.who) == (theirs, before.who)


def place_name(told: object, network: NetworkView) -> str:
    """A location by the id that a fact names."""
    position = network.position_of.get(UUID(told)) if isinstance(told, str) else None
    return network.locations[position].name if position is not None else "?"
