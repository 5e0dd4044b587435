"""An accepted order becomes work orders: planned, waiting to be offered."""

from collections.abc import Sequence
from uuid import UUID

from ovunque.fulfillment import store
from ovunque.fulfillment.model import Fulfillment
from ovunque.platform.database import Tx


def plan_work(tx: Tx, fulfillments: Sequence[Fulfillment]) -> None:
    """Write the work orders of a batch of orders; their units are reserved by the same caller."""
    if fulfillments:
        store.add_fulfillments(tx, fulfillments)


def list_work(
    tx: Tx, *, location_id: UUID | None, state: str | None, after: UUID | None, limit: int
) -> tuple[Fulfillment, ...]:
    """The work of a location, or of all, oldest first."""
    return store.list_fulfillments(
        tx, location_id=location_id, state=state, after=after, limit=limit
    )


def list_work_of(tx: Tx, order_ids: Sequence[UUID]) -> tuple[Fulfillment, ...]:
    """The work orders of some orders."""
    return store.list_of_orders(tx, order_ids)
