"""Work that could move to a better place, and what has moved."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ovunque.platform.database import Tx


def list_orders_to_improve(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with work that nobody picks yet, those first that are due the longest.

    What was planned just now stays as it is for a while.
    """
    rows = tx.execute(
        """
        select order_id from (
          (select order_id, planned_at as since, id from fulfillment
            where state in ('planned', 'offered', 'accepted') and replaced_at is null
              and carrier_service_id is not null and collect_at is null and improve_at is null
              and planned_at <= %(now)s::timestamptz - interval '5 minutes'
            order by planned_at limit %(limit)s)
          union all
          (select order_id, improve_at, id from fulfillment
            where state in ('planned', 'offered', 'accepted') and replaced_at is null
              and carrier_service_id is not null and collect_at is null
              and improve_at <= %(now)s
            order by improve_at limit %(limit)s)
        ) as due
         order by since, id limit %(limit)s
        """,
        {"now": now, "limit": limit},
    )
    return tuple(dict.fromkeys(row[0] for row in rows))


def save_looked_at(tx: Tx, order_ids: Sequence[UUID], again: datetime) -> None:
    tx.execute(
        """
        update fulfillment set improve_at = %(again)s
         where order_id = any(%(order_ids)s::uuid[]) and replaced_at is null
           and state in ('planned', 'offered', 'accepted')
        """,
        {"order_ids": list(order_ids), "again": again},
    )


def save_rerouted(tx: Tx, fulfillment_ids: Sequence[UUID], now: datetime) -> None:
    """Their units have moved on, because elsewhere was better."""
    tx.execute(
        """
        update fulfillment set rerouted_at = %(now)s, taken_by = 'reroute'
         where id = any(%(ids)s::uuid[])
        """,
        {"ids": list(fulfillment_ids), "now": now},
    )


def count_rerouted(tx: Tx, since: datetime) -> dict[UUID, int]:
    """How much work was taken from each location for a better place since then."""
    rows = tx.execute(
        """
        select location_id, count(*) from fulfillment
         where rerouted_at > %(since)s group by location_id
        """,
        {"since": since},
    )
    return dict(rows.fetchall())


def count_moves(tx: Tx, order_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How often orders have moved to a better place already."""
    rows = tx.execute(
        """
        select order_id, count(distinct rerouted_at) from fulfillment
         where order_id = any(%(order_ids)s::uuid[]) and rerouted_at is not null
         group by order_id
        """,
        {"order_ids": list(order_ids)},
    )
    return dict(rows.fetchall())
