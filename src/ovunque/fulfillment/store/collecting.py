"""Goods that wait at a counter: where they lie, and who fetched them."""

from collections.abc import Collection as Some
from uuid import UUID

import msgspec

from ovunque.fulfillment.model import Collection
from ovunque.platform.database import Tx
from ovunque.platform.drawers import Drawer

VISITORS = Drawer(table="collection", column="visitor", keys=("fulfillment_id",))


def find_collection(tx: Tx, fulfillment_id: UUID) -> Collection:
    """What is known; nothing, as long as nobody has said anything."""
    row = tx.execute(
        """
        select shelf, wrong_codes, visitor
          from collection where fulfillment_id = %(id)s
        """,
        {"id": fulfillment_id},
    ).fetchone()
    shelf, wrong_codes, visitor = row or (None, 0, None)
    shown, collector, signature = (
        msgspec.json.decode(VISITORS.read(visitor, fulfillment_id)) if visitor else [None] * 3
    )
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
        insert into collection (fulfillment_id, shelf, wrong_codes, visitor)
        values (%(fulfillment_id)s, %(shelf)s, %(wrong_codes)s, %(visitor)s)
            on conflict (fulfillment_id) do update
           set shelf = excluded.shelf, wrong_codes = excluded.wrong_codes,
               visitor = excluded.visitor
        """,
        {
            "fulfillment_id": collection.fulfillment_id,
            "shelf": collection.shelf,
            "wrong_codes": collection.wrong_codes,
            "visitor": _sealed(collection),
        },
    )


def _sealed(collection: Collection) -> bytes | None:
    """What was noted of a visitor; nothing, where nothing was."""
    noted = (collection.shown, collection.collector, collection.signature)
    if noted == (None, None, None):
        return None
    return VISITORS.seal(msgspec.json.encode(noted), collection.fulfillment_id)


def remove_visitors(tx: Tx, order_ids: Some[UUID]) -> None:
    """What counters noted of whoever fetched these orders' goods, taken away."""
    tx.execute(
        """
        update collection set visitor = null
          from fulfillment as work
         where work.id = collection.fulfillment_id and work.order_id = any(%(ids)s::uuid[])
        """,
        {"ids": list(order_ids)},
    )
