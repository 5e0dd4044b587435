"""A past that was computed elsewhere by this room's rules, taken over as it is."""

from collections.abc import Sequence
from typing import Any

from ovunque.orders import awaiting, store
from ovunque.orders.model import Order
from ovunque.platform.database import Tx

ROWS_AT_ONCE = 2_000


def restore(tx: Tx, orders: Sequence[Order], decisions: Sequence[dict[str, Any]]) -> int:
    """Write orders with all that belongs to them; returns the number of rows.

    The caller writes their work, their promises and their stories in the same transaction.
    """
    for start in range(0, max(len(orders), len(decisions)), ROWS_AT_ONCE):
        chunk = slice(start, start + ROWS_AT_ONCE)
        store.add_orders(tx, orders[chunk], decisions[chunk])
        awaiting.wait(tx, awaiting.lines_of(orders[chunk]))
    parts = sum(len(o.lines) + len(o.deliveries) + len(o.charges) for o in orders)
    return len(orders) + len(decisions) + parts
