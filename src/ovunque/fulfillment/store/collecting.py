"""Goods that wait at a counter: where they lie, and who fetched them."""

from collections.abc import Collection as Some
from uuid import UUID

from ovunque.fulfillment.model import Collection
from ovunque.platform.database import Tx


def find_collection(tx: Tx, fulfillment_id: UUID) -> Collection:
    """What is known; nothing, as long as nobody has said anything."""
    row = tx.execute(
        """
        select shelf, wrong_codes, shown, collector, signature
          from collection where fulfillment_id = %(id)s
        """,
        {"id": fulfillment_id},
    ).fetchone()
    shelf, wrong_codes, shown, collector, signature = row or (None, 0, None, None, None)
    return Collection(
        fulfillment_id=fulfillment_id,
        shelf=shelf,
        wrong_codes=wrong_codes,
        shown=shown,
        collector=collector,
        signature=signature,
    )


def save_collection(tx: Tx, collection: Collection) -> None:
    tx.execute(
        """
        insert into collection (fulfillment_id, shelf, wrong_codes, shown, collector, signature)
        values (%(fulfillment_id)s, %(shelf)s, %(wrong_codes)s, %(shown)s, %(collector)s,
                %(signature)s)
            on conflict (fulfillment_id) do update
           set shelf = excluded.shelf, wrong_codes = excluded.wrong_codes,
               shown = excluded.shown, collector = excluded.collector,
               signature = excluded.signature
        """,
        {
            "fulfillment_id": collection.fulfillment_id,
            "shelf": collection.shelf,
            "wrong_codes": collection.wrong_codes,
            "shown": collection.shown,
            "collector": collection.collector,
            "signature": collection.signature,
        },
    )


def remove_visitors(tx: Tx, order_ids: Some[UUID]) -> None:
    """What counters noted of whoever fetched these orders' goods, taken away."""
    tx.execute(
        """
        update collection set shown = null, collector = null, signature = null
          from fulfillment as work
         where work.id = collection.fulfillment_id and work.order_id = any(%(ids)s::uuid[])
        """,
        {"ids": list(order_ids)},
    )
