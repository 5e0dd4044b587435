"""What the orders room announces."""

from ovunque.orders.model import Order
from ovunque.platform.journal import Fact

PLACED = "order.placed"


def placed(order: Order) -> Fact:
    """An order was accepted, and its stock is reserved; contact data stays with the customers."""
    return Fact(
        kind=PLACED,
        subject=order.number,
        order_id=order.id,
        body={
            "channel_id": order.channel_id,
            "lines": len(order.lines),
            "units": sum(line.ordered for line in order.lines),
            "unplaced": sum(line.unplaced for line in order.lines),
            "fulfillments": [each.id for each in order.fulfillments],
        },
    )
