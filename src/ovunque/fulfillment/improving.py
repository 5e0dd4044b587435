"""Work that nobody picks yet may move to a better place, as seldom as stores can live with."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.fulfillment.model import Fulfillment, FulfillmentState
from ovunque.fulfillment.store import improving as store
from ovunque.platform.database import Tx

MOVABLE = frozenset({FulfillmentState.PLANNED, FulfillmentState.OFFERED, FulfillmentState.ACCEPTED})
AGAIN = timedelta(minutes=10)  # Until the same work is looked at again.
LIST_PERIOD = timedelta(hours=1)


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with work that could move."""
    return store.list_orders_to_improve(tx, now, limit)


def is_movable(work: Fulfillment) -> bool:
    """Whether nobody has touched it: it travels, and nothing of it is picked."""
    return (
        work.state in MOVABLE
        and work.replaced_at is None
        and work.carrier_service_id is not None
        and work.collect_at is None
        and not any(line.picked for line in work.lines)
    )


def note_looked_at(tx: Tx, order_ids: Sequence[UUID], now: datetime) -> None:
    """These were looked at: others come first."""
    store.save_looked_at(tx, order_ids, now + AGAIN)


def note_rerouted(tx: Tx, works: Sequence[Fulfillment], now: datetime) -> None:
    """The units of this work have moved to a better place."""
    store.save_rerouted(tx, [work.id for work in works], now)


def count_changes(tx: Tx, now: datetime) -> Mapping[UUID, int]:
    """How often the list of each location has changed lately for the sake of better plans."""
    return store.count_rerouted(tx, now - LIST_PERIOD)


def count_moves(tx: Tx, order_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """How often each order has moved already."""
    return store.count_moves(tx, order_ids)
