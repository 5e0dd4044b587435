"""Holds and whose they are."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.platform.database import Tx, document
from ovunque.stock.model import Hold, Key, Reservation
from ovunque.stock.store import columns_of

HOLD_COLUMNS = """
select hold.id, hold.channel_id, hold.client_id, hold.reference, hold.created_at,
       hold.expires_at, hold.lines, hold.ended, hold.order_id,
       (select json_agg(json_build_array(claim.id, claim.line_id, claim.sku, claim.location_id,
                                         claim.quantity) order by claim.id)
          from reservation as claim
         where claim.hold_id = hold.id and claim.state = 'held') as reservations
  from hold
"""


def _hold(row: Sequence[Any]) -> Hold:
    id_, channel_id, client_id, reference, created_at, expires_at, lines, ended, order_id, held = (
        row
    )
    return Hold(
        id=id_,
        channel_id=channel_id,
        client_id=client_id,
        reference=reference,
        created_at=created_at,
        expires_at=expires_at,
        lines=tuple((sku, quantity) for sku, quantity in lines),
        ended=ended,
        order_id=order_id,
        reservations=tuple(
            Reservation(
                id=UUID(claim),
                line_id=UUID(line_id),
                hold_id=id_,
                key=Key(sku, UUID(location_id)),
                quantity=quantity,
                expires_at=expires_at,
            )
            for claim, line_id, sku, location_id, quantity in held or ()
        ),
    )


def list_holds_of(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Hold]:
    """Some holds with the reservations that still hold their units."""
    rows = tx.execute(HOLD_COLUMNS + " where id = any(%(ids)s::uuid[])", {"ids": list(ids)})
    return {row[0]: _hold(row) for row in rows}


def list_open_holds(
    tx: Tx, channel_id: UUID | None, after: UUID | None, limit: int, now: datetime
) -> tuple[Hold, ...]:
    """Holds whose time is not over, in the order in which they were made."""
    statement = HOLD_COLUMNS + (
        """
         where ended is null and expires_at > %(now)s
           and (%(channel_id)s::uuid is null or channel_id = %(channel_id)s)
           and (%(after)s::uuid is null or id > %(after)s)
         order by id limit %(limit)s
        """
    )
    asked = {"channel_id": channel_id, "after": after, "limit": limit, "now": now}
    return tuple(_hold(row) for row in tx.execute(statement, asked))


def add_holds(tx: Tx, holds: Iterable[Hold]) -> None:
    tx.execute(
        """
        insert into hold (id, channel_id, client_id, reference, created_at, expires_at, lines)
        select * from json_to_recordset(%(rows)s)
            as told (id uuid, channel_id uuid, client_id uuid, reference text,
                     created_at timestamptz, expires_at timestamptz, lines jsonb)
        """,
        {
            "rows": document(
                [
                    {
                        "id": each.id,
                        "channel_id": each.channel_id,
                        "client_id": each.client_id,
                        "reference": each.reference,
                        "created_at": each.created_at,
                        "expires_at": each.expires_at,
                        "lines": each.lines,
                    }
                    for each in holds
                ]
            )
        },
    )


def save_endings(tx: Tx, ended: str, order_ids: dict[UUID, UUID | None], now: datetime) -> None:
    """Say how holds have ended, and which orders took them over."""
    tx.execute(
        """
        update hold set ended = %(ended)s, ended_at = %(now)s, order_id = told.order_id
          from unnest(%(ids)s::uuid[], %(order_ids)s::uuid[]) as told (id, order_id)
         where hold.id = told.id and hold.ended is null
        """,
        {
            "ended": ended,
            "now": now,
            "ids": list(order_ids),
            "order_ids": list(order_ids.values()),
        },
    )


def save_expiry(tx: Tx, hold: Hold, expires_at: datetime) -> None:
    """Let a hold last longer; the levels of its reservations are locked."""
    tx.execute(
        """
        with units as (
          update reservation set expires_at = %(at)s
           where hold_id = %(id)s and state = 'held'
        )
        update hold set expires_at = %(at)s where id = %(id)s
        """,
        {"id": hold.id, "at": expires_at},
    )


Owner = tuple[UUID, str]


def lock_owners(tx: Tx, owners: Collection[Owner]) -> None:
    """Hold the rows of those whose holds are counted, in one order."""
    named = sorted(owners)
    asked = {"client_ids": [each[0] for each in named], "references": [each[1] for each in named]}
    tx.execute(
        """
        insert into hold_owner (client_id, reference)
        select * from unnest(%(client_ids)s::uuid[], %(references)s::text[])
            on conflict do nothing
        """,
        asked,
    )
    tx.execute(
        """
        select from hold_owner
          join unnest(%(client_ids)s::uuid[], %(references)s::text[])
               as asked (client_id, reference) using (client_id, reference)
         order by client_id, reference for update of hold_owner
        """,
        asked,
    )


def count_holds(tx: Tx, owners: Collection[Owner], most: int, now: datetime) -> dict[Owner, int]:
    """How many holds of each stand, counted no further than to `most`."""
    named = sorted(owners)
    rows = tx.execute(
        """
        select asked.client_id, asked.reference, counted.holds
          from unnest(%(client_ids)s::uuid[], %(references)s::text[])
               as asked (client_id, reference)
         cross join lateral (
           select count(*) as holds from (
             select from hold
              where (hold.client_id, hold.reference) = (asked.client_id, asked.reference)
                and hold.ended is null and hold.expires_at > %(now)s
              order by hold.expires_at limit %(most)s
           ) as standing
         ) as counted
        """,
        {
            "client_ids": [each[0] for each in named],
            "references": [each[1] for each in named],
            "now": now,
            "most": most,
        },
    )
    return {(client_id, reference): count for client_id, reference, count in rows}


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Reservations whose time is over, unlocked, the oldest first, then in the order of levels."""
    rows = tx.execute(
        """
        select id from reservation where state = 'held' and expires_at <= %(now)s
         order by expires_at, sku, location_id limit %(limit)s
        """,
        {"now": now, "limit": limit},
    )
    return tuple(row[0] for row in rows)


def list_held(tx: Tx, ids: Collection[UUID]) -> tuple[Reservation, ...]:
    """Some reservations that are held."""
    rows = tx.execute(
        """
        select id, line_id, sku, location_id, quantity, hold_id, expires_at from reservation
         where id = any(%(ids)s::uuid[]) and state = 'held'
        """,
        {"ids": list(ids)},
    )
    return tuple(
        Reservation(
            id=id_,
            line_id=line_id,
            key=Key(sku, location_id),
            quantity=quantity,
            hold_id=hold_id,
            expires_at=expires_at,
        )
        for id_, line_id, sku, location_id, quantity, hold_id, expires_at in rows
    )


def lock_idle(tx: Tx, keys: Iterable[Key]) -> frozenset[Key]:
    """Lock those of some levels that nobody else holds; returns which these are."""
    rows = tx.execute(
        """
        select level.sku, level.location_id
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
          join stock_level as level using (sku, location_id)
         order by level.sku, level.location_id
           for update of level skip locked
        """,
        columns_of(keys),
    )
    return frozenset(Key(*row) for row in rows)


def count_overdue(tx: Tx, skus: Sequence[str], now: datetime) -> dict[Key, int]:
    """Units of some items that are held though their time is over, by level."""
    rows = tx.execute(
        """
        select sku, location_id, sum(quantity)::int from reservation
         where sku = any(%(skus)s::text[]) and state = 'held' and expires_at <= %(now)s
         group by sku, location_id
        """,
        {"skus": list(skus), "now": now},
    )
    return {Key(sku, location_id): units for sku, location_id, units in rows}
