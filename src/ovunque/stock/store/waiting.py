"""Movements that wait for a person, or have waited: one by one, in the order of their telling."""

from collections.abc import Sequence
from uuid import UUID

from ovunque.platform.database import Tx, document
from ovunque.stock.model import Key, Movement, MovementKind
from ovunque.stock.model.feeding import Feed, Restored, Without
from ovunque.stock.store.counting import since


def list_known(tx: Tx, source: str, ids: Sequence[str]) -> frozenset[str]:
    """Those of some movements that a person has to decide or has decided about."""
    rows = tx.execute(
        "select id from stock_feed_movement where source = %(source)s and id = any(%(ids)s)",
        {"source": source, "ids": list(ids)},
    )
    return frozenset(row[0] for row in rows)


def add_waiting(tx: Tx, feed: Feed, movements: Sequence[Movement]) -> None:
    """The last of the rows of a feed."""
    tx.execute(
        """
        insert into stock_feed_movement (source, id, feed_id, nth, sku, location_id, kind, quantity,
                                         occurred_at, sequence, reason, reference)
        select %(source)s, id, %(feed_id)s, nth, sku, location_id, kind, quantity, occurred_at,
               sequence, reason, reference
          from json_to_recordset(%(rows)s)
            as told (nth int, id text, sku text, location_id uuid, kind text, quantity int,
                     occurred_at timestamptz, sequence bigint, reason text, reference text)
        """,
        {
            "source": feed.source,
            "feed_id": feed.id,
            "rows": document(
                [
                    {
                        "nth": nth,
                        "id": each.id,
                        "sku": each.key.sku,
                        "location_id": each.key.location_id,
                        "kind": each.kind,
                        "quantity": each.quantity,
                        "occurred_at": each.occurred_at,
                        "sequence": each.sequence,
                        "reason": each.reason,
                        "reference": each.reference,
                    }
                    for nth, each in enumerate(movements, feed.rows - len(movements))
                ]
            ),
        },
    )


def list_waiting(tx: Tx, feed_id: UUID, first: int, limit: int) -> tuple[Movement, ...]:
    """The movements of a feed from one of them on."""
    rows = tx.execute(
        """
        select id, sku, location_id, kind, quantity, occurred_at, sequence, reason, reference
          from stock_feed_movement
         where feed_id = %(feed_id)s and nth >= %(first)s
         order by nth
         limit %(limit)s
        """,
        {"feed_id": feed_id, "first": first, "limit": limit},
    )
    return tuple(
        Movement(
            id=id_,
            key=Key(sku, at),
            kind=MovementKind(kind),
            quantity=quantity,
            occurred_at=occurred_at,
            sequence=sequence,
            reason=reason,
            reference=reference,
        )
        for id_, sku, at, kind, quantity, occurred_at, sequence, reason, reference in rows
    )


def save_booked(tx: Tx, feed_id: UUID, booked: int) -> None:
    tx.execute(
        "update stock_feed set booked = %(booked)s where id = %(id)s",
        {"id": feed_id, "booked": booked},
    )


def list_contained(tx: Tx, source: str, ids: Sequence[str]) -> frozenset[str]:
    """Those of some booked movements that a later count contains."""
    rows = tx.execute(
        f"""
        select moved.id
          from stock_movement as moved
          join stock_level as level
            on (level.sku, level.location_id) = (moved.sku, moved.location_id)
         where moved.source = %(source)s and moved.id = any(%(ids)s::text[])
           and not coalesce(({since("level")}), false)
        """,
        {"source": source, "ids": list(ids)},
    )
    return frozenset(row[0] for row in rows)


def list_without(
    tx: Tx, feed: Feed, opposite: str, after: Key | None, limit: int
) -> tuple[Without, ...]:
    """The levels that movements of a feed changed, and how they would be without those.

    An `opposite` is called so and by the place of what it takes back; if a part of a level is to
    be left, the rest is told.
    """
    rows = tx.execute(
        f"""
        select sku, location_id, on_hand,
               on_hand - sum(case when is_undone or is_contained then 0 else quantity end)::int,
               case when bool_or(is_undone) then 'undone' when %(is_over)s then 'left'
                    when bool_and(is_contained) then 'newer' else 'pending' end
          from (
            select level.sku, level.location_id, level.on_hand, moved.quantity,
                   not coalesce(({since("level")}), false) as is_contained,
                   exists (select from stock_movement as back
                            where (back.source, back.id)
                                  = (moved.source, %(opposite)s || '-' || waiting.nth)) as is_undone
              from stock_feed_movement as waiting
              join stock_movement as moved
                on (moved.source, moved.id) = (waiting.source, waiting.id)
              join stock_level as level
                on (level.sku, level.location_id) = (moved.sku, moved.location_id)
             where waiting.feed_id = %(feed_id)s
               and (%(sku)s::text is null
                    or (level.sku, level.location_id) > (%(sku)s::text, %(at)s::uuid))
          ) as told
         group by sku, location_id, on_hand
         order by sku, location_id
         limit %(limit)s
        """,
        {
            "feed_id": feed.id,
            "opposite": opposite,
            "is_over": feed.undone_at is not None,
            "sku": after.sku if after else None,
            "at": after.location_id if after else None,
            "limit": limit,
        },
    )
    return tuple(
        Without(key=Key(sku, at), on_hand=on_hand, without=without, outcome=Restored(outcome))
        for sku, at, on_hand, without, outcome in rows
    )
