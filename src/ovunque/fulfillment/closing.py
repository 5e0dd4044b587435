"""Offers end: each is closed once, and whoever had it on their screen is told."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ovunque.fulfillment.model import Offer, OfferState
from ovunque.fulfillment.store import offering as store
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx

TAKEN = "taken"  # Why the offers of those who were slower are withdrawn.


def open_ones(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    return tuple(offer for offer in offers if offer.state == OfferState.OPEN)


def find_open(offers: Sequence[Offer], location_id: UUID) -> Offer:
    """The offer to a location that waits for an answer; refused with what became of it."""
    mine = next((offer for offer in offers if offer.location_id == location_id), None)
    if mine is None:
        raise Refusal("offer_closed", state="not opened", by="nobody")
    if mine.state == OfferState.WITHDRAWN and mine.reason == TAKEN:
        raise Refusal("offer_closed", state=OfferState.CLAIMED.value, by=mine.closed_by)
    if mine.state != OfferState.OPEN:
        raise Refusal("offer_closed", state=mine.state.value, by=mine.closed_by)
    return mine


def withdraw(tx: Tx, by: str, offers: Iterable[Offer], reason: str, now: datetime) -> list[Offer]:
    """Nobody waits for an answer to these any more; those that are closed stay as they are."""
    closed = [
        replace(offer, state=OfferState.WITHDRAWN, closed_at=now, closed_by=by, reason=reason)
        for offer in open_ones(offers)
    ]
    if closed:
        store.save_closed(tx, closed)
    return closed


def told_to(offers: Iterable[Offer]) -> dict[str, list[UUID]]:
    """Whose screens a fact concerns beside its own location's; nobody else's: nothing is said."""
    named = list(dict.fromkeys(offer.location_id for offer in offers))
    return {"others": named} if named else {}
