"""Goods that wait for who fetches them, and for how long."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ovunque.fulfillment.model.waiting import PickupTerm
from ovunque.platform.database import Tx


def list_orders_to_expire(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with goods whose time is over, the longest first."""
    rows = tx.execute(
        """
        select order_id from fulfillment
         where state = 'ready' and collect_by <= %(now)s
         order by collect_by, id limit %(limit)s
        """,
        {"now": now, "limit": limit},
    )
    return tuple(dict.fromkeys(row[0] for row in rows))


def list_orders_to_remind(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with goods whose time is nearly over, and nobody was told."""
    rows = tx.execute(
        """
        select order_id from fulfillment
         where state = 'ready' and remind_at <= %(now)s
         order by remind_at, id limit %(limit)s
        """,
        {"now": now, "limit": limit},
    )
    return tuple(dict.fromkeys(row[0] for row in rows))


def save_reminded(tx: Tx, order_ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Their customers are reminded now, once; of which fulfillments."""
    rows = tx.execute(
        """
        update fulfillment set remind_at = null
         where order_id = any(%(ids)s::uuid[]) and state = 'ready' and remind_at <= %(now)s
        returning id
        """,
        {"ids": list(order_ids), "now": now},
    )
    return sorted(row[0] for row in rows)


def find_end(tx: Tx, fulfillment_id: UUID, since: datetime, days: int) -> datetime:
    """So many days later by the calendar of where it is fetched: some have 23 hours."""
    row = tx.execute(
        """
        select (%(since)s::timestamptz at time zone zone + %(days)s * interval '1 day')
               at time zone zone
          from (select coalesce(place.time_zone, 'UTC') as zone
                  from fulfillment as work
                  left join location as place
                    on place.id = coalesce(work.collect_at, work.location_id)
                 where work.id = %(id)s) as there
        """,
        {"id": fulfillment_id, "since": since, "days": days},
    ).fetchone()
    assert row is not None, "what waits is there"
    found: datetime = row[0]
    return found


def save_collect_by(
    tx: Tx, ids: Sequence[UUID], until: datetime, remind_at: datetime | None
) -> None:
    """They wait longer; their customers are reminded again then, or not of these."""
    tx.execute(
        """
        update fulfillment set collect_by = %(until)s, remind_at = %(remind_at)s
         where id = any(%(ids)s::uuid[]) and state = 'ready'
        """,
        {"ids": list(ids), "until": until, "remind_at": remind_at},
    )


def list_terms(tx: Tx) -> tuple[PickupTerm, ...]:
    rows = tx.execute(
        """
        select channel_id, location_id, days, remind_days from pickup_term
         order by location_id nulls first, channel_id nulls first
        """
    )
    return tuple(
        PickupTerm(channel_id=channel, location_id=place, days=days, remind_days=remind)
        for channel, place, days, remind in rows
    )


def save_term(tx: Tx, term: PickupTerm) -> None:
    tx.execute(
        """
        insert into pickup_term (channel_id, location_id, days, remind_days)
        values (%(channel_id)s, %(location_id)s, %(days)s, %(remind_days)s)
            on conflict (channel_id, location_id) do update
           set days = excluded.days, remind_days = excluded.remind_days
        """,
        {
            "channel_id": term.channel_id,
            "location_id": term.location_id,
            "days": term.days,
            "remind_days": term.remind_days,
        },
    )


def remove_term(tx: Tx, channel_id: UUID | None, location_id: UUID | None) -> bool:
    done = tx.execute(
        """
        delete from pickup_term
         where channel_id is not distinct from %(channel_id)s::uuid
           and location_id is not distinct from %(location_id)s::uuid
        """,
        {"channel_id": channel_id, "location_id": location_id},
    )
    return done.rowcount == 1
