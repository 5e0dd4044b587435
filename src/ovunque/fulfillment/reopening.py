"""Accepting was a mistake: for a moment the work is offered again, to all who were asked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.closing import TAKEN, told_to
from ovunque.fulfillment.holding import hold, step_on
from ovunque.fulfillment.model import Event, Fulfillment, Offer, OfferState
from ovunque.fulfillment.relocating import others
from ovunque.fulfillment.store import offering as store
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenRequest:
    fulfillment_id: UUID
    within: timedelta  # Of the acceptance.


def reopen(tx: Tx, by: Actor, request: ReopenRequest, now: datetime) -> Fulfillment:
    """The fulfillment as an offer again, here and with those who were slower.

    Refused once somebody has begun to pick, once the moment is over, or where nobody was asked.
    Its units stay where they stand: this location may still take it.
    """
    work = hold(tx, by, request.fulfillment_id)
    step = rules.go(work, Event.REOPEN)
    offers = store.list_offers(tx, [work.id])
    mine = undoable(work, offers, request.within, now)
    if mine is None:
        raise Refusal("undo_over")
    again = [
        replace(each, state=OfferState.OPEN, closed_at=None, closed_by=None, reason=None)
        for each in offers
        if each.id == mine.id or _was_slower(each, mine, now)
    ]
    store.save_reopened(tx, again)
    step_on(tx, [step], now)
    told = told_to(others(work, again))
    fact = events.told(events.REOPENED, work, [step], accept_by=mine.accept_by, **told)
    journal.record(tx, [fact], by=by.name, at=now)
    return replace(work, state=step.after, changed_at=now, offers=tuple(again))


def undoable(
    work: Fulfillment, offers: Sequence[Offer], within: timedelta, now: datetime
) -> Offer | None:
    """The acceptance that may still be undone; None where there is none, or not any more."""
    for offer in offers:
        if offer.state != OfferState.CLAIMED or offer.location_id != work.location_id:
            continue
        if offer.closed_at is None or offer.accept_by is None:
            continue
        if now <= offer.closed_at + within and now < offer.accept_by:
            return offer
    return None


def _was_slower(offer: Offer, mine: Offer, now: datetime) -> bool:
    withdrawn = offer.state == OfferState.WITHDRAWN and offer.reason == TAKEN
    in_time = offer.accept_by is not None and now < offer.accept_by
    return withdrawn and in_time and offer.closed_at == mine.closed_at
