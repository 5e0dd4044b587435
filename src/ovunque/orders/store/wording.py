"""What customers wrote with an order: kept so that the database alone cannot read it."""

from uuid import UUID

import msgspec

from ovunque.orders.model import Order
from ovunque.platform.drawers import Drawer

WORDS = Drawer(table="customer_order", column="words")


def sealed_of(order: Order) -> bytes | None:
    """Gift note and notes; nothing, where nothing was said."""
    if order.gift is None and order.notes is None:
        return None
    return WORDS.seal(msgspec.json.encode((order.gift, order.notes)), order.id)


def words_of(order_id: UUID, sealed: bytes | None) -> tuple[str | None, str | None]:
    if sealed is None:
        return None, None
    gift, notes = msgspec.json.decode(WORDS.read(sealed, order_id))
    return gift, notes
