"""What keeps orders back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from ovunque.fulfillment.model.keeping_back import HoldReason, OnExpiry, OrderHold
from ovunque.platform.database import Tx


def add_hold(tx: Tx, hold: OrderHold) -> bool:
    """Whether it was not kept back for that reason already."""
    done = tx.execute(
        """
        insert into order_hold (order_id, reason, owner, held_at, held_by, expires_at, on_expiry)
        values (%(order_id)s, %(reason)s, %(owner)s, %(held_at)s, %(held_by)s, %(expires_at)s,
                %(on_expiry)s)
            on conflict (order_id, reason) where released_at is null do nothing
        """,
        {
            "order_id": hold.order_id,
            "reason": hold.reason,
            "owner": hold.owner,
            "held_at": hold.held_at,
            "held_by": hold.held_by,
            "expires_at": hold.expires_at,
            "on_expiry": hold.on_expiry,
        },
    )
    return done.rowcount == 1


def list_open(tx: Tx, order_ids: Sequence[UUID]) -> tuple[OrderHold, ...]:
    """What keeps some orders back, order by order, the oldest first."""
    rows = tx.execute(
        """
        select order_id, reason, owner, held_at, held_by, expires_at, on_expiry from order_hold
         where order_id = any(%(ids)s::uuid[]) and released_at is null
         order by order_id, held_at, reason
        """,
        {"ids": list(order_ids)},
    )
    return tuple(
        OrderHold(
            order_id=order_id,
            reason=HoldReason(reason),
            owner=owner,
            held_at=held_at,
            held_by=held_by,
            expires_at=expires_at,
            on_expiry=OnExpiry(on_expiry) if on_expiry else None,
        )
        for order_id, reason, owner, held_at, held_by, expires_at, on_expiry in rows
    )


def list_over(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with a hold whose time is over, the longest overdue first."""
    rows = tx.execute(
        """
        select order_id from order_hold
         where released_at is null and expires_at <= %(now)s
         order by expires_at, order_id limit %(limit)s
        """,
        {"now": now, "limit": limit},
    )
    return tuple(dict.fromkeys(row[0] for row in rows))


def save_released(
    tx: Tx, order_id: UUID, reasons: Collection[HoldReason], actor: str, now: datetime
) -> None:
    tx.execute(
        """
        update order_hold set released_at = %(now)s, released_by = %(by)s
         where order_id = %(order_id)s and reason = any(%(reasons)s::text[])
           and released_at is null
        """,
        {"order_id": order_id, "reasons": list(reasons), "by": actor, "now": now},
    )
