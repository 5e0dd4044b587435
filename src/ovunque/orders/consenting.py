"""A customer has said what happens to goods that their store does not hand over.

They come to the same store from elsewhere, as was planned and kept for them meanwhile; or they go
to the customer's door, if somebody can bring them there: else nothing changes, and who asked is
told so.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.catalog.listing import list_components
from ovunque.customers.knowing import add_contacts
from ovunque.customers.model import Contact, ContactRequest
from ovunque.customers.rules import check_contact
from ovunque.delivery.model import Service
from ovunque.fulfillment import consulting
from ovunque.fulfillment.consulting import Answered
from ovunque.fulfillment.model.consulting import Consent, Instead, PickupQuestion
from ovunque.fulfillment.relieving import relieve
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.orders import events, replanning, resourcing, rules, serving_waiting, store
from ovunque.orders.listing import find_order
from ovunque.orders.model import Order
from ovunque.orders.replanning import Waiting
from ovunque.orders.writing import fields_of
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock import events as stock_events
from ovunque.stock.claiming import claim
from ovunque.stock.model import Ask, Move, Short


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRequest:
    """What a customer said about a delivery, how it was heard, and what is known of the world."""

    order_id: UUID
    delivery: int
    answer: Instead
    consent: Consent
    address: ContactRequest | None = None  # Where it goes, if it is to be delivered.
    snapshot: Snapshot
    new_id: NewId


def answer_for(tx: Tx, by: Actor, request: AnswerRequest, now: datetime) -> Order:
    """The order as it goes on; refused where nobody was asked, or nobody can deliver."""
    journal.lock(tx, [request.order_id])
    question = find_question(tx, by, request.order_id, request.delivery)
    if request.answer == Instead.CANCELED:
        raise Refusal("nothing_asked")  # That is another thing, with another right.
    answered = Answered(answer=request.answer, consent=request.consent, by=by.name, at=now)
    closed = consulting.answer(tx, question, answered)
    order = find_order(tx, request.order_id)
    facts = [events.pickup_answered(order, closed)]
    if request.answer == Instead.DELIVERY:
        facts += _deliver(tx, by, order, request, now)
    journal.record(tx, facts, by=by.name, at=now)
    return find_order(tx, order.id)


def find_question(tx: Tx, by: Actor, order_id: UUID, delivery: int) -> PickupQuestion:
    """What the customer is asked about a delivery; a store hears answers to its own questions."""
    for each in consulting.list_open(tx, [order_id]):
        if each.delivery == delivery and by.location_id in (None, each.location_id):
            return each
    raise Refusal("nothing_asked")


def _deliver(tx: Tx, by: Actor, order: Order, request: AnswerRequest, now: datetime) -> list[Fact]:
    """The delivery goes to an address from now on, and so do the units that are kept for it."""
    contact = _contact(request)
    add_contacts(tx, [contact])
    store.save_address(tx, order.id, request.delivery, contact.id)
    deliveries = tuple(
        replace(each, service=Service.HOME, contact_id=contact.id, location_id=None)
        if each.nth == request.delivery
        else each
        for each in order.deliveries
    )
    redirected = replace(order, deliveries=deliveries)
    facts = _move_work(tx, by, redirected, request, now)
    return facts + _serve(tx, redirected, request, now)


def _contact(request: AnswerRequest) -> Contact:
    if request.address is None:
        raise _invalid(Fault("/address", "missing", "Say where it is to be delivered."))
    faults = tuple(check_contact(request.address))
    if faults:
        raise _invalid(
            *(Fault(f"/address{each.pointer}", each.code, each.detail) for each in faults)
        )
    return Contact(id=request.new_id(), **fields_of(request.address))


def _invalid(*faults: Fault) -> Refusal:
    return Refusal("invalid", errors=faults, detail=faults[0].detail)


def _move_work(
    tx: Tx, by: Actor, order: Order, request: AnswerRequest, now: datetime
) -> list[Fact]:
    """New work in place of what was to be sent to the store: one claim, nothing is let go of."""
    works = tuple(w for w in order.fulfillments if w.is_live and w.delivery == request.delivery)
    if not works:
        return []
    waiting = Waiting(order=order, works=works, wants=rules.wants(order, works))
    hope = replanning.hope_with_its_own(tx, waiting, request.snapshot, request.new_id, now)
    if hope.given_up or any(work.resource_at is not None for work in hope.works):
        raise Refusal("cannot_deliver")
    ask = Move(gives=waiting.reservations, plans=(hope.reservations,))
    claimed = claim(tx, [ask], now)
    if isinstance(claimed.outcomes[0], Short):
        raise Refusal("busy")
    facts = relieve(tx, by, [work for work in works if work.resource_at is None], now)
    facts += resourcing.write(tx, [hope], now)
    return facts + stock_events.claimed(claimed.levels, claimed.expired)


def _serve(tx: Tx, order: Order, request: AnswerRequest, now: datetime) -> list[Fact]:
    """What nobody could send to the store may be sent to an address: if not, it goes on waiting."""
    lines = tuple(line for line in order.lines if line.delivery == request.delivery)
    parts = list_components(tx, {line.sku for line in lines})
    waiting = serving_waiting.waits_for(replace(order, lines=lines), parts)
    if not waiting.wants:
        return []
    hope = replanning.hope_with_its_own(tx, waiting, request.snapshot, request.new_id, now)
    if not hope.works:
        return []
    claimed = claim(tx, [Ask(plans=(hope.reservations,), channel_id=order.channel_id)], now)
    if isinstance(claimed.outcomes[0], Short):
        return []  # Somebody was faster: it is looked at again like all that waits.
    facts = serving_waiting.write_served(tx, [hope], now)
    return facts + stock_events.claimed(claimed.levels, claimed.expired)
