"""What feeds have settled beside levels, and what of it would be open without them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ovunque.platform.database import Tx, document
from ovunque.stock.model import Key, Movement, MovementKind
from ovunque.stock.model.feeding import TaskOutcome
from ovunque.stock.store import columns_of
from ovunque.stock.store.accounting import SPARE
from ovunque.stock.store.accounting import Name as Told
from ovunque.stock.store.counting import since as since_baseline
from ovunque.stock.store.setting_aside import Name


class Aside(NamedTuple):
    quantity: int
    since: datetime


class Raised(NamedTuple):
    """A task that a feed raised and that is open, and what stands of its level."""

    opened_at: datetime
    free: int
    adjusted: int  # Of its units, because more left than had come.
    is_missing: bool  # Units of it are looked for.


def list_asides(tx: Tx, keys: Sequence[Key]) -> dict[Name, Aside]:
    rows = tx.execute(
        """
        select aside.sku, aside.location_id, aside.reason, aside.quantity, aside.since
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
          join stock_unavailable as aside using (sku, location_id)
        """,
        columns_of(keys),
    )
    return {(Key(sku, at), reason): Aside(*rest) for sku, at, reason, *rest in rows}


def list_open_tasks(tx: Tx, keys: Sequence[Key]) -> dict[Key, datetime]:
    """Since when somebody has to count some levels."""
    rows = tx.execute(
        """
        select task.sku, task.location_id, task.opened_at
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
          join stock_count_task as task using (sku, location_id)
         where task.closed_at is null
        """,
        columns_of(keys),
    )
    return {Key(sku, at): opened_at for sku, at, opened_at in rows}


def add_asides(tx: Tx, feed_id: UUID, settled: Mapping[Name, Aside], now: datetime) -> None:
    tx.execute(
        """
        insert into stock_feed_aside as known (feed_id, sku, location_id, reason, quantity, since,
                                               settled_at)
        select %(feed_id)s, sku, location_id, reason, quantity, since, %(now)s
          from json_to_recordset(%(rows)s)
            as told (sku text, location_id uuid, reason text, quantity int, since timestamptz)
            on conflict (feed_id, sku, location_id, reason)
            do update set quantity = known.quantity + excluded.quantity
        """,
        {
            "feed_id": feed_id,
            "now": now,
            "rows": document(
                [
                    {
                        "sku": key.sku,
                        "location_id": key.location_id,
                        "reason": reason,
                        "quantity": aside.quantity,
                        "since": aside.since,
                    }
                    for (key, reason), aside in settled.items()
                ]
            ),
        },
    )


def add_tasks(
    tx: Tx, feed_id: UUID, tasks: Mapping[Key, datetime], now: datetime, *, is_raised: bool
) -> None:
    tx.execute(
        """
        insert into stock_feed_task (feed_id, sku, location_id, opened_at, is_raised, settled_at)
        select %(feed_id)s, sku, location_id, opened_at, %(is_raised)s, %(now)s
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[], %(opened_ats)s::timestamptz[])
               as told (sku, location_id, opened_at)
            on conflict do nothing
        """,
        {
            "feed_id": feed_id,
            "is_raised": is_raised,
            "now": now,
            "opened_ats": list(tasks.values()),
            **columns_of(tasks),
        },
    )


# The level's count of now, unless it is the one that goes, has not seen what the feed settled.
UNSEEN = """
  ((level.sku, level.location_id) in (
     select * from unnest(%(gone_skus)s::text[], %(gone_location_ids)s::uuid[]))
   or not exists (select from stock_source as source
                   where source.code = level.baseline_source and source.kind = 'physical'))
"""


def list_settled_asides(
    tx: Tx, feed_id: UUID, keys: Sequence[Key], gone: Collection[Key]
) -> dict[Name, Aside]:
    """Units of some levels that a feed ended being set aside, and nobody has seen since.

    `gone` are the levels whose count of now is the feed's own, which does not count.
    """
    rows = tx.execute(
        f"""
        select told.sku, told.location_id, told.reason, told.quantity, told.since
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
          join stock_feed_aside as told using (sku, location_id)
          join stock_level as level using (sku, location_id)
         where told.feed_id = %(feed_id)s and {UNSEEN}
        """,
        {"feed_id": feed_id, **columns_of(keys), **_gone(gone)},
    )
    return {(Key(sku, at), reason): Aside(*rest) for sku, at, reason, *rest in rows}


def list_accounting(
    tx: Tx, feed_id: UUID, keys: Sequence[Key]
) -> tuple[tuple[Told, Movement], ...]:
    """What others told since that may account for units which were set aside, and for how many."""
    rows = tx.execute(
        f"""
        select moved.source, moved.id, moved.sku, moved.location_id, moved.kind, {SPARE},
               moved.occurred_at
          from (select sku, location_id, min(settled_at) as settled_at
                  from stock_feed_aside where feed_id = %(feed_id)s
                 group by sku, location_id) as told
          join unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
            on (asked.sku, asked.location_id) = (told.sku, told.location_id)
          join stock_movement as moved
            on (moved.sku, moved.location_id) = (told.sku, told.location_id)
         where moved.recorded_at > told.settled_at
           and moved.kind in ('sold_in_store', 'written_off') and {SPARE} > 0
           and not exists (select from stock_feed_movement as own
                            where own.feed_id = %(feed_id)s
                              and (own.source, own.id) = (moved.source, moved.id))
         order by moved.occurred_at, moved.source, moved.id
        """,
        {"feed_id": feed_id, **columns_of(keys)},
    )
    return tuple(
        (
            (source, id_),
            Movement(
                id=id_,
                key=Key(sku, at),
                kind=MovementKind(kind),
                quantity=quantity,
                occurred_at=occurred_at,
            ),
        )
        for source, id_, sku, at, kind, quantity, occurred_at in rows
    )


def save_unsettled(tx: Tx, feed_id: UUID, units: Mapping[Name, int]) -> None:
    """These are set aside again, or accounted for: the feed has settled so many fewer."""
    tx.execute(
        """
        with told as (
          select * from unnest(%(skus)s::text[], %(location_ids)s::uuid[], %(reasons)s::text[],
                               %(quantities)s::int[]) as told (sku, location_id, reason, quantity)
        ), gone as (
          delete from stock_feed_aside as settled using told
           where settled.feed_id = %(feed_id)s
             and (settled.sku, settled.location_id, settled.reason)
                 = (told.sku, told.location_id, told.reason)
             and settled.quantity <= told.quantity
        )
        update stock_feed_aside as settled set quantity = settled.quantity - told.quantity
          from told
         where settled.feed_id = %(feed_id)s
           and (settled.sku, settled.location_id, settled.reason)
               = (told.sku, told.location_id, told.reason)
           and settled.quantity > told.quantity
        """,
        {
            "feed_id": feed_id,
            **columns_of(key for key, _ in units),
            "reasons": [reason for _, reason in units],
            "quantities": list(units.values()),
        },
    )


def list_raised(tx: Tx, feed_id: UUID, keys: Sequence[Key]) -> dict[Key, Raised]:
    """The tasks that a feed raised, as far as they are open and nobody has taken them on."""
    rows = tx.execute(
        f"""
        select level.sku, level.location_id, task.opened_at,
               level.on_hand - level.unavailable - level.reserved,
               coalesce((select sum(moved.quantity)::int from stock_movement as moved
                          where moved.source = 'unrecorded' and {since_baseline("level")}), 0),
               exists (select from stock_unavailable as aside
                        where (aside.sku, aside.location_id) = (level.sku, level.location_id)
                          and aside.reason = 'missing')
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
          join stock_feed_task as told using (sku, location_id)
          join stock_count_task as task using (sku, location_id, opened_at)
          join stock_level as level using (sku, location_id)
         where told.feed_id = %(feed_id)s and told.is_raised
           and task.closed_at is null and task.assigned_to is null
        """,
        {"feed_id": feed_id, **columns_of(keys)},
    )
    return {Key(sku, at): Raised(*rest) for sku, at, *rest in rows}


def list_ended(
    tx: Tx, feed_id: UUID, keys: Sequence[Key], gone: Collection[Key]
) -> dict[Key, datetime]:
    """The tasks that a feed ended, of levels that nobody has counted or has to count since."""
    rows = tx.execute(
        f"""
        select level.sku, level.location_id, task.opened_at
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
          join stock_feed_task as told using (sku, location_id)
          join stock_count_task as task using (sku, location_id, opened_at)
          join stock_level as level using (sku, location_id)
         where told.feed_id = %(feed_id)s and not told.is_raised
           and task.closed_at = told.settled_at and {UNSEEN}
           and not exists (
             select from stock_count_task as other
              where (other.sku, other.location_id) = (level.sku, level.location_id)
                and other.closed_at is null)
        """,
        {"feed_id": feed_id, **columns_of(keys), **_gone(gone)},
    )
    return {Key(sku, at): opened_at for sku, at, opened_at in rows}


def save_withdrawn(tx: Tx, keys: Collection[Key], actor: str, now: datetime) -> None:
    """Nobody has to count these: what asked for it was taken back."""
    tx.execute(
        """
        update stock_count_task as task
           set closed_at = %(now)s, closed_by = %(by)s, outcome = %(outcome)s
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
         where (task.sku, task.location_id) = (asked.sku, asked.location_id)
           and task.closed_at is null
        """,
        {"now": now, "by": actor, "outcome": TaskOutcome.DISMISSED, **columns_of(keys)},
    )


def save_open_again(tx: Tx, tasks: Mapping[Key, datetime]) -> None:
    """These were not counted after all."""
    tx.execute(
        """
        update stock_count_task as task
           set closed_at = null, closed_by = null, outcome = null
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[], %(opened_ats)s::timestamptz[])
               as told (sku, location_id, opened_at)
         where (task.sku, task.location_id, task.opened_at)
               = (told.sku, told.location_id, told.opened_at)
        """,
        {"opened_ats": list(tasks.values()), **columns_of(tasks)},
    )


def remove_settled(tx: Tx, ended_before: datetime) -> None:
    """Forget what feeds settled that ended long ago."""
    for table in ("stock_feed_aside", "stock_feed_task"):
        tx.execute(
            f"""
            delete from {table} as settled using stock_feed as feed
             where feed.id = settled.feed_id and feed.ended_at < %(before)s
               and feed.state <> 'undoing'
            """,
            {"before": ended_before},
        )


def _gone(gone: Collection[Key]) -> dict[str, list[object]]:
    named = columns_of(gone)
    return {"gone_skus": named["skus"], "gone_location_ids": named["location_ids"]}
