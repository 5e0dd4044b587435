"""An accepted order becomes work orders: planned, waiting to be offered."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ovunque.fulfillment.model import Fulfillment
from ovunque.fulfillment.store import planning as store
from ovunque.platform.database import Tx


def plan_work(tx: Tx, fulfillments: Sequence[Fulfillment]) -> None:
    """Write the work orders of a batch of orders; their units are reserved by the same caller."""
    if fulfillments:
        store.add_fulfillments(tx, fulfillments)


def replace(tx: Tx, fulfillment_ids: Sequence[UUID], now: datetime) -> None:
    """Close what was rejected or withdrawn: the caller has moved its units and holds its order."""
    store.save_replaced(tx, fulfillment_ids, now)


def postpone(tx: Tx, fulfillment_ids: Sequence[UUID], until: datetime) -> None:
    """Let units that nobody can serve now wait for another look."""
    store.save_resource_at(tx, fulfillment_ids, until)
