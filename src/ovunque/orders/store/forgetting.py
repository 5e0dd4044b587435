"""The orders of somebody who is to be forgotten."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from ovunque.platform.database import Tx


def list_of_customer(tx: Tx, customer_id: UUID) -> list[UUID]:
    rows = tx.execute(
        "select id from customer_order where customer_id = %(id)s order by id", {"id": customer_id}
    )
    return [row[0] for row in rows]


def remove_words(tx: Tx, order_ids: Collection[UUID]) -> None:
    """What customers wrote: gift notes and notes, and whom they sent to fetch their goods."""
    tx.execute(
        "update pickup_agreement set collector = null where order_id = any(%(ids)s::uuid[])",
        {"ids": list(order_ids)},
    )
    tx.execute(
        "update customer_order set words = null where id = any(%(ids)s::uuid[])",
        {"ids": list(order_ids)},
    )


def list_customers_without_order_since(tx: Tx, before: datetime, limit: int) -> list[UUID]:
    """Who became known, and ordered last, before an instant, and was not asked about yet."""
    rows = tx.execute(
        """
        select person.id from customer as person
         where person.created_at < %(before)s and person.erased_at is null
           and not exists (select from erasure where customer_id = person.id)
           and not exists (select from customer_order as placed
                            where placed.customer_id = person.id
                              and placed.placed_at >= %(before)s)
         order by person.id limit %(limit)s
        """,
        {"before": before, "limit": limit},
    )
    return [row[0] for row in rows]
