"""Goods that a customer will fetch have a place, so that nobody searches at the counter."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.holding import hold
from ovunque.fulfillment.model import Collection, Event, FulfillmentState
from ovunque.fulfillment.store import collecting as store
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfRequest:
    fulfillment_id: UUID
    shelf: str


def shelve(tx: Tx, by: Actor, request: ShelfRequest, now: datetime) -> Collection:
    """Where they lie from now on; refused unless they wait for a customer."""
    work = hold(tx, by, request.fulfillment_id)
    if work.state != FulfillmentState.READY or not rules.is_fetched(work):
        raise Refusal("transition_refused", state=work.state.value, event=Event.SET_OUT.value)
    placed = replace(store.find_collection(tx, work.id), shelf=request.shelf)
    store.save_collection(tx, placed)
    journal.record(tx, [events.told(events.SHELVED, work, shelf=request.shelf)], by=by.name, at=now)
    return placed


def find_collection(tx: Tx, fulfillment_id: UUID) -> Collection:
    """What the counter knows of goods that are fetched."""
    return store.find_collection(tx, fulfillment_id)
