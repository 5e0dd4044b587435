"""Work of an order that is kept back is not offered, and taken back from who has not begun it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment.model import Fulfillment, FulfillmentState, WithdrawReason
from ovunque.fulfillment.model.keeping_back import HoldReason, OrderHold
from ovunque.fulfillment.relieving import relieve
from ovunque.fulfillment.store import keeping_back as store
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact

NOT_BEGUN = frozenset({FulfillmentState.OFFERED, FulfillmentState.ACCEPTED})


def keep_back(tx: Tx, hold: OrderHold) -> bool:
    """Whether that is news; the caller holds the order and tells it."""
    return store.add_hold(tx, hold)


def stand_down(tx: Tx, by: Actor, works: Sequence[Fulfillment], now: datetime) -> list[Fact]:
    """Nobody goes on with what nobody has begun; no location is to blame for it."""
    live = [work for work in works if work.is_live and work.state in NOT_BEGUN]
    return relieve(tx, by, live, now, WithdrawReason.HELD)


def release(
    tx: Tx, by: Actor, request: tuple[UUID, HoldReason | None], now: datetime
) -> tuple[OrderHold, ...]:
    """What keeps an order back for a reason, or for any, does so no longer; the caller tells it."""
    order_id, reason = request
    holds = tuple(each for each in store.list_open(tx, [order_id]) if reason in (None, each.reason))
    if holds:
        store.save_released(tx, order_id, [each.reason for each in holds], by.name, now)
    return holds


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with a hold whose time is over."""
    return store.list_over(tx, now, limit)


def list_open(tx: Tx, order_ids: Sequence[UUID]) -> tuple[OrderHold, ...]:
    """What keeps some orders back."""
    return store.list_open(tx, order_ids)
