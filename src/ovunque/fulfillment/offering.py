"""Planned work is proposed to its location: a store answers, a warehouse has it at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.holding import step_on
from ovunque.fulfillment.model import Event, Fulfillment, FulfillmentState, Offer, OfferState, Step
from ovunque.fulfillment.store import offering as offers_store
from ovunque.fulfillment.store import planning as store
from ovunque.kernel.ids import NewId
from ovunque.network.snapshot import NetworkView
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRequest:
    """Orders whose planned work is to be offered, and what is known of locations."""

    order_ids: Sequence[UUID]
    network: NetworkView
    new_id: NewId


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A fulfillment's offer, the step it means, and the fact that tells it."""

    offer: Offer
    step: Step
    fact: Fact


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with work that is due to be offered."""
    return store.list_orders_to_offer(tx, now, limit)


def open_offers(tx: Tx, by: Actor, request: OfferRequest, now: datetime) -> int:
    """Offer what is planned and due; returns how many offers that were."""
    journal.lock(tx, request.order_ids)
    proposals = [
        propose(by, work, request, now)
        for work in store.list_of_orders(tx, request.order_ids)
        if work.state == FulfillmentState.PLANNED
        and work.offer_at <= now
        and work.location_id in request.network.position_of  # Else it is too new: next time.
    ]
    if proposals:
        step_on(tx, [each.step for each in proposals], now)
        offers_store.add_offers(tx, [each.offer for each in proposals])
        journal.record(tx, [each.fact for each in proposals], by=by.name, at=now)
    return len(proposals)


def propose(by: Actor, work: Fulfillment, request: OfferRequest, now: datetime) -> Proposal:
    """What it means to offer planned work to its location."""
    network = request.network
    kind = network.locations[network.position_of[work.location_id]].kind
    within = rules.terms(kind).answer_within
    offer = Offer(
        id=request.new_id(),
        fulfillment_id=work.id,
        order_id=work.order_id,
        location_id=work.location_id,
        state=OfferState.CLAIMED if within is None else OfferState.OPEN,
        opened_at=now,
        accept_by=None if within is None else now + within,
        closed_at=now if within is None else None,
        closed_by=by.name if within is None else None,
    )
    if within is None:
        step = rules.go(work, Event.OFFER, Event.ACCEPT)
        return Proposal(offer=offer, step=step, fact=events.told(events.ACCEPTED, work, [step]))
    step = rules.go(work, Event.OFFER)
    fact = events.told(events.OFFERED, work, [step], accept_by=offer.accept_by)
    return Proposal(offer=offer, step=step, fact=fact)
