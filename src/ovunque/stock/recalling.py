"""What came and went without an order, as long ago as movements are kept."""

from datetime import datetime
from uuid import UUID

from ovunque.platform.database import Tx
from ovunque.stock.model import MovementKind
from ovunque.stock.store import recalling as store

Turn = tuple[datetime, str, UUID, int]  # When, which item, where, and how many more.

# These take what an order had reserved, from what nobody could have anyway.
BY_ORDERS = (MovementKind.SHIPPED, MovementKind.COLLECTED)


def list_turns(tx: Tx, since: datetime) -> tuple[Turn, ...]:
    """Units that came or went since then, in the order in which they did."""
    return store.list_turns(tx, since, BY_ORDERS)
