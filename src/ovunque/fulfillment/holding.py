"""The first step of whatever changes a fulfillment: hold its order's timeline, then look."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment.model import Fulfillment, Step
from ovunque.fulfillment.store import planning as store
from ovunque.fulfillment.store.keeping_back import list_open
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx


def hold(tx: Tx, by: Actor, fulfillment_id: UUID) -> Fulfillment:
    """The fulfillment as it stands, with nobody else changing its order until we are done."""
    return _hold(tx, store.find_order(tx, by, fulfillment_id), fulfillment_id)


def hold_offered(tx: Tx, by: Actor, fulfillment_id: UUID) -> Fulfillment:
    """The same for a location that was asked, whether or not it has the work."""
    return _hold(tx, store.find_order_asked(tx, by, fulfillment_id), fulfillment_id)


def _hold(tx: Tx, order_id: UUID | None, fulfillment_id: UUID) -> Fulfillment:
    if order_id is None:
        raise Refusal("not_found", what="fulfillment")
    journal.lock(tx, [order_id])
    (work,) = store.list_by_id(tx, [fulfillment_id])
    return work


def refuse_held(tx: Tx, order_ids: Collection[UUID]) -> None:
    """Goods of an order that is kept back stay where they are; the caller holds its timeline."""
    if list_open(tx, list(order_ids)):
        raise Refusal("order_held")


def step_on(tx: Tx, steps: Sequence[Step], now: datetime) -> None:
    """Write where fulfillments have got to; those that stay where they are need nothing."""
    moving = [step for step in steps if step.before != step.after]
    if moving:
        store.save_steps(tx, moving, now)
