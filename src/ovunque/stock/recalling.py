"""What was counted, and what came and went, as long ago as it is kept."""

from datetime import datetime, timedelta
from uuid import UUID

from ovunque.platform.database import Tx
from ovunque.stock.model import Movement, MovementKind
from ovunque.stock.model.recalling import Happening
from ovunque.stock.store import recalling as store

Turn = tuple[datetime, str, UUID, int]  # When, which item, where, and how many more.

# These take what an order had reserved, from what nobody could have anyway.
BY_ORDERS = (MovementKind.SHIPPED, MovementKind.COLLECTED)


def list_turns(tx: Tx, since: datetime) -> tuple[Turn, ...]:
    """Units that came or went since then, in the order in which they did."""
    return store.list_turns(tx, since, BY_ORDERS)


def list_told(tx: Tx, source: str, after: str, limit: int) -> tuple[Movement, ...]:
    """Movements of a source as it told them, in the order of their ids."""
    return store.list_told(tx, source, after, limit)


FIRST_YEAR = 2000
WINDOW = timedelta(days=30)  # A full feed a day holds so many counts of an item and a place.


def list_happenings(
    tx: Tx, sku: str, location_id: UUID | None, until: datetime, limit: int
) -> tuple[Happening, ...]:
    """What happened to an item in the thirty days before, newest first.

    Those of one moment come together, also when they are more than asked for: whoever goes on
    before the last of them misses none.
    """
    return store.list_happenings(tx, sku, location_id, span=(until - WINDOW, until), limit=limit)


def is_first(tx: Tx, sku: str, location_id: UUID | None, until: datetime) -> bool:
    """Whether nothing is known of an item from before that moment."""
    return not store.find_earlier(tx, sku, location_id, until)
