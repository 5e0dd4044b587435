"""Work that is taken from its location: it pauses, or something has happened."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ovunque.platform.database import Tx


def list_orders_under_incidents(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with work that falls under an incident in force, the longest planned first.

    Mostly there is none, and no plan may look at all open work to find that out.
    """
    in_force = tx.execute(
        """
        select id from incident
         where closed_at is null
           and starts_at <= %(now)s and (ends_at is null or ends_at > %(now)s)
        """,
        {"now": now},
    ).fetchall()
    if not in_force:
        return ()
    rows = tx.execute(
        """
        select order_id from incident_work where incident_id = any(%(in_force)s)
         order by fulfillment_id limit %(limit)s
        """,
        {"in_force": [id_ for (id_,) in in_force], "limit": limit},
    )
    return tuple(dict.fromkeys(row[0] for row in rows))


def list_under_incidents(tx: Tx, order_ids: Sequence[UUID], now: datetime) -> set[UUID]:
    """The work of some orders that falls under an incident in force."""
    rows = tx.execute(
        """
        select distinct fulfillment_id from incident_work
         where order_id = any(%(order_ids)s::uuid[])
           and starts_at <= %(now)s and (ends_at is null or ends_at > %(now)s)
        """,
        {"order_ids": list(order_ids), "now": now},
    )
    return {row[0] for row in rows}


def save_taken_by(tx: Tx, ids: Sequence[UUID], what: str) -> None:
    """Why they were taken away, where their locations are not to blame."""
    tx.execute(
        "update fulfillment set taken_by = %(what)s where id = any(%(ids)s::uuid[])",
        {"ids": list(ids), "what": what},
    )


def list_orders_to_move(tx: Tx, limit: int) -> tuple[UUID, ...]:
    """Orders with work at a location that cannot keep it, the longest waiting first."""
    places = tx.execute("select id from location where state in ('paused', 'closed')").fetchall()
    if not places:
        return ()
    rows = tx.execute(
        """
        select order_id from work_to_move where location_id = any(%(places)s)
         order by planned_at, id limit %(limit)s
        """,
        {"places": [id_ for (id_,) in places], "limit": limit},
    )
    return tuple(dict.fromkeys(row[0] for row in rows))


def list_to_move(tx: Tx, order_ids: Sequence[UUID]) -> frozenset[UUID]:
    """The work of some orders that its location cannot keep."""
    rows = tx.execute(
        "select id from work_to_move where order_id = any(%(ids)s::uuid[])",
        {"ids": list(order_ids)},
    )
    return frozenset(row[0] for row in rows)
