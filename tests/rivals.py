"""Shoppers in a process of their own, for races between processes."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from tests.factories import NOW, cart

from ovunque.platform.clock import new_id_source
from ovunque.platform.database import Database, DatabaseSizes
from ovunque.stock.claiming import claim
from ovunque.stock.model import Key, Taken


def buy_many(url: str, sku: str, location_id: UUID, channel_ids: list[UUID]) -> int:
    """One unit for each of these channels, four at a time; how many got theirs."""
    new_id, key = new_id_source(), Key(sku, location_id)
    with Database(url, DatabaseSizes(connections_max=4)) as database:

        def buy(channel_id: UUID) -> bool:
            asks = [cart(new_id, key, channel_id=channel_id)]
            claimed = database.transact(lambda tx: claim(tx, asks, NOW))
            return isinstance(claimed.outcomes[0], Taken)

        with ThreadPoolExecutor(4) as shoppers:
            return sum(shoppers.map(buy, channel_ids))
