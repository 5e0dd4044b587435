"""Offers that nobody answered in time: with the last one the units are sourced again elsewhere."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events
from ovunque.fulfillment.holding import step_on
from ovunque.fulfillment.model import Offer, OfferState
from ovunque.fulfillment.passing_on import Passed, Passing, pass_on
from ovunque.fulfillment.store import offering as offers_store
from ovunque.fulfillment.store import planning as store
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with an offer whose deadline is over."""
    return offers_store.list_orders_to_expire(tx, now, limit)


def expire_offers(tx: Tx, by: Actor, order_ids: Sequence[UUID], now: datetime) -> int:
    """Close what is overdue; returns how many offers that were."""
    journal.lock(tx, order_ids)
    works = {work.id: work for work in store.list_of_orders(tx, order_ids)}
    offers: dict[UUID, list[Offer]] = defaultdict(list)
    for offer in offers_store.list_offers(tx, list(works)):
        offers[offer.fulfillment_id].append(offer)
    passing = []
    for id_, mine in offers.items():
        due = [
            replace(offer, state=OfferState.EXPIRED, closed_at=now, closed_by=by.name)
            for offer in mine
            if offer.state == OfferState.OPEN and offer.accept_by and offer.accept_by <= now
        ]
        if due:
            passing.append(Passing(work=works[id_], offers=mine, closed=due))
    if not passing:
        return 0
    closed = [offer for each in passing for offer in each.closed]
    offers_store.save_closed(tx, closed)
    passed = pass_on(tx, by, passing, now)
    step_on(tx, [step for each in passed for step in each.steps], now)
    facts = [fact for pair in zip(passing, passed, strict=True) for fact in _told(*pair)]
    journal.record(tx, facts, by=by.name, at=now)
    return len(closed)


def _told(before: Passing, after: Passed) -> list[Fact]:
    """One fact for each offer; the last one tells what became of the work, and of the stock."""
    facts = [
        events.told(events.OFFER_EXPIRED, replace(before.work, location_id=each.location_id))
        for each in before.closed[:-1]
    ]
    last = replace(before.work, location_id=before.closed[-1].location_id)
    facts.append(events.told(events.OFFER_EXPIRED, last, after.steps, **after.told))
    return [*facts, *after.facts]
