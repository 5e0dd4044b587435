"""What a feed found before it was applied, and levels as they would be without it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.platform.database import Tx
from ovunque.stock import rules
from ovunque.stock.model import Key
from ovunque.stock.model.feeding import Restored, Source, Without
from ovunque.stock.store import columns_of
from ovunque.stock.store.counting import since

# The level still stands on what the feed told, and no later count has found the same.
OURS = """
  (level.baseline_as_of, level.baseline_source, level.baseline)
    = (was.told_as_of, %(source)s::text, was.told)
  and not exists (
    select from stock_confirmation as kept
     cross join lateral unnest(kept.skus, kept.location_ids, kept.as_ofs)
           as later (sku, location_id, as_of)
     where kept.span @> was.sku
       and (later.sku, later.location_id) = (was.sku, was.location_id)
       and later.as_of >= was.told_as_of)
"""


def add_before(tx: Tx, feed_id: UUID, keys: Sequence[Key]) -> None:
    """Keep on which counts some levels stand, which are locked."""
    tx.execute(
        """
        insert into stock_feed_before (feed_id, sku, location_id, baseline, baseline_added,
                                       baseline_as_of, baseline_source, baseline_lag_s,
                                       baseline_skew_s)
        select %(feed_id)s, level.sku, level.location_id, level.baseline, level.baseline_added,
               level.baseline_as_of, level.baseline_source, level.baseline_lag_s,
               level.baseline_skew_s
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
          join stock_level as level using (sku, location_id)
            on conflict do nothing
        """,
        {"feed_id": feed_id, **columns_of(keys)},
    )


def save_told(tx: Tx, feed_id: UUID) -> None:
    """Keep what the feed has made of those levels, and forget the others."""
    tx.execute(
        """
        update stock_feed_before as was
           set told = level.baseline, told_as_of = level.baseline_as_of
          from stock_level as level
         where was.feed_id = %(feed_id)s and was.told is null
           and (level.sku, level.location_id) = (was.sku, was.location_id)
           and (level.baseline_as_of, level.baseline_source, level.baseline, level.baseline_added)
               <> (was.baseline_as_of, was.baseline_source, was.baseline, was.baseline_added)
        """,
        {"feed_id": feed_id},
    )
    tx.execute(
        "delete from stock_feed_before where feed_id = %(feed_id)s and told is null",
        {"feed_id": feed_id},
    )


def save_complete_before(tx: Tx, feed_id: UUID) -> None:
    """Keep which whole counts stand for the locations that a feed counted whole."""
    tx.execute(
        """
        update stock_feed_complete as told
           set is_begun = true, before_source = newest.source, before_as_of = newest.as_of,
               before_lag_s = newest.lag_s, before_skew_s = newest.skew_s
          from stock_feed_complete as named
          left join stock_complete as newest using (location_id)
         where told.feed_id = %(feed_id)s and named.feed_id = told.feed_id
           and named.location_id = told.location_id
        """,
        {"feed_id": feed_id},
    )


def save_complete_restored(tx: Tx, feed_id: UUID, source: Source) -> None:
    """The whole counts of before, where none has come since."""
    asked = {"feed_id": feed_id, "source": source.code, "ahead": source.ahead}
    ours = """
      told.feed_id = %(feed_id)s and told.is_begun and told.location_id = newest.location_id
      and (newest.source, newest.as_of) = (%(source)s, told.as_of - %(ahead)s::interval)
    """
    tx.execute(
        f"""
        update stock_complete as newest
           set source = told.before_source, as_of = told.before_as_of,
               lag_s = told.before_lag_s, skew_s = told.before_skew_s
          from stock_feed_complete as told
         where {ours} and told.before_as_of is not null
        """,
        asked,
    )
    tx.execute(
        f"""
        delete from stock_complete as newest using stock_feed_complete as told
         where {ours} and told.before_as_of is null
        """,
        asked,
    )


def count_before(tx: Tx, feed_id: UUID) -> int:
    row = tx.execute(
        "select count(*) from stock_feed_before where feed_id = %(id)s", {"id": feed_id}
    ).fetchone()
    assert row is not None
    return int(row[0])


def list_next(tx: Tx, feed_id: UUID, limit: int) -> tuple[tuple[Key, datetime], ...]:
    """The next levels to look at, in the order of keys, and what moment the feed told of."""
    rows = tx.execute(
        """
        select sku, location_id, told_as_of from stock_feed_before
         where feed_id = %(id)s and outcome is null
         order by sku, location_id
         limit %(limit)s
        """,
        {"id": feed_id, "limit": limit},
    )
    return tuple((Key(sku, at), as_of) for sku, at, as_of in rows)


def save_restored(tx: Tx, feed_id: UUID, source: str, keys: Sequence[Key]) -> tuple[Key, ...]:
    """Levels stand on their counts of before where none is newer; returns which do.

    They are locked, and nothing newer is kept of them elsewhere.
    """
    rows = tx.execute(
        f"""
        with restored as (
          update stock_level as level
             set baseline = was.baseline, baseline_added = was.baseline_added,
                 baseline_as_of = was.baseline_as_of, baseline_source = was.baseline_source,
                 baseline_lag_s = was.baseline_lag_s, baseline_skew_s = was.baseline_skew_s
            from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
            join stock_feed_before as was using (sku, location_id)
           where was.feed_id = %(feed_id)s
             and (level.sku, level.location_id) = (was.sku, was.location_id)
             and {OURS}
          returning level.sku, level.location_id
        ), looked as (
          update stock_feed_before as was
             set outcome = case when restored.sku is null then 'left' else 'undone' end
            from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
            left join restored using (sku, location_id)
           where was.feed_id = %(feed_id)s
             and (was.sku, was.location_id) = (asked.sku, asked.location_id)
        )
        select sku, location_id from restored order by sku, location_id
        """,
        {"feed_id": feed_id, "source": source, **columns_of(keys)},
    )
    return tuple(Key(*row) for row in rows)


def list_without(
    tx: Tx, feed_id: UUID, source: str, after: Key | None, limit: int
) -> tuple[Without, ...]:
    """The levels that a feed changed, as they are and as they would be without it."""
    rows = tx.execute(
        f"""
        select was.sku, was.location_id, level.on_hand,
               was.baseline + coalesce(since.quantity, 0)::int,
               coalesce(since.adjusted, 0)::int,
               coalesce(was.outcome, case when {OURS} then 'pending' else 'newer' end)
          from stock_feed_before as was
          join stock_level as level
            on (level.sku, level.location_id) = (was.sku, was.location_id)
         cross join lateral (
           select sum(moved.quantity) as quantity,
                  sum(moved.quantity) filter (where moved.source = 'unrecorded') as adjusted
             from stock_movement as moved where {since("was")}) as since
         where was.feed_id = %(feed_id)s
           and (%(sku)s::text is null
                or (was.sku, was.location_id) > (%(sku)s::text, %(at)s::uuid))
         order by was.sku, was.location_id
         limit %(limit)s
        """,
        {
            "feed_id": feed_id,
            "source": source,
            "sku": after.sku if after else None,
            "at": after.location_id if after else None,
            "limit": limit,
        },
    )
    return tuple(_without(*row) for row in rows)


def _without(sku: str, at: UUID, on_hand: int, total: int, *rest: Any) -> Without:
    """No adjustment outlives the feed that made it necessary."""
    adjusted, outcome = rest
    units = rules.unrecorded(total, adjusted)
    return Without(
        key=Key(sku, at),
        on_hand=on_hand,
        without=total + units,
        outcome=Restored(outcome),
        adjusted=adjusted + units,
    )


def save_undoing(tx: Tx, feed_id: UUID, actor: str, now: datetime) -> None:
    tx.execute(
        """
        update stock_feed set state = 'undoing', undone_by = %(by)s, undone_at = %(now)s
         where id = %(id)s
        """,
        {"id": feed_id, "by": actor, "now": now},
    )


def save_undone(tx: Tx, feed_id: UUID) -> None:
    tx.execute("update stock_feed set state = 'undone' where id = %(id)s", {"id": feed_id})


def remove_before(tx: Tx, ended_before: datetime, limit: int) -> int:
    """Forget what feeds found that ended long ago; returns of how many levels."""
    return tx.execute(
        """
        delete from stock_feed_before
         where (feed_id, sku, location_id) in (
           select was.feed_id, was.sku, was.location_id
             from stock_feed_before as was join stock_feed as feed on feed.id = was.feed_id
            where feed.ended_at < %(before)s and feed.state <> 'undoing'
            order by was.feed_id, was.sku, was.location_id
            limit %(limit)s)
        """,
        {"before": ended_before, "limit": limit},
    ).rowcount
