"""A location takes an offer: the first claim wins, everybody later is told who it was."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.holding import hold, step_on
from ovunque.fulfillment.model import Event, Fulfillment, Offer, OfferState
from ovunque.fulfillment.store import offering as store
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx


def accept(tx: Tx, by: Actor, fulfillment_id: UUID, now: datetime) -> Fulfillment:
    """The fulfillment is its location's own work from now on."""
    work = hold(tx, by, fulfillment_id)
    offer = find_open(store.list_offers(tx, [work.id]))
    if offer.accept_by is not None and offer.accept_by <= now:
        raise Refusal("offer_closed", state=OfferState.EXPIRED.value, by="its deadline")
    step = rules.go(work, Event.ACCEPT)
    claimed = replace(offer, state=OfferState.CLAIMED, closed_at=now, closed_by=by.name)
    store.save_closed(tx, [claimed])
    step_on(tx, [step], now)
    journal.record(tx, [events.told(events.ACCEPTED, work, [step])], by=by.name, at=now)
    return replace(work, state=step.after, changed_at=now, offers=(claimed,))


def find_open(offers: tuple[Offer, ...]) -> Offer:
    """The offer that waits for an answer; refused with what became of it."""
    for offer in offers:
        if offer.state == OfferState.OPEN:
            return offer
    if not offers:
        raise Refusal("offer_closed", state="not opened", by="nobody")
    raise Refusal("offer_closed", state=offers[-1].state.value, by=offers[-1].closed_by)
