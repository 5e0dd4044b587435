"""Offers that nobody answered in time: their units are sourced again elsewhere."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.holding import step_on
from ovunque.fulfillment.model import Event, Offer, OfferState
from ovunque.fulfillment.store import offering as offers_store
from ovunque.fulfillment.store import planning as store
from ovunque.platform import journal
from ovunque.platform.database import Tx


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with an offer whose deadline is over."""
    return offers_store.list_orders_to_expire(tx, now, limit)


def expire_offers(tx: Tx, by: Actor, order_ids: Sequence[UUID], now: datetime) -> int:
    """Close what is overdue; returns how many offers that were."""
    journal.lock(tx, order_ids)
    works = {work.id: work for work in store.list_of_orders(tx, order_ids)}
    due: dict[UUID, list[Offer]] = defaultdict(list)
    for offer in offers_store.list_offers(tx, list(works)):
        if offer.state == OfferState.OPEN and offer.accept_by and offer.accept_by <= now:
            due[offer.fulfillment_id].append(
                replace(offer, state=OfferState.EXPIRED, closed_at=now, closed_by=by.name)
            )
    if not due:
        return 0
    steps = {id_: rules.go(works[id_], Event.REJECT) for id_ in due}
    closed = [offer for offers in due.values() for offer in offers]
    offers_store.save_closed(tx, closed)
    step_on(tx, list(steps.values()), now)
    facts = [events.told(events.OFFER_EXPIRED, works[id_], [step]) for id_, step in steps.items()]
    journal.record(tx, facts, by=by.name, at=now)
    return len(closed)
