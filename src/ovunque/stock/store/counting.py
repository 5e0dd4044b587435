"""Baselines of levels, and the movements that stand beside them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.platform.database import Tx, document
from ovunque.stock.model import Count, Key, StockLevel
from ovunque.stock.model.feeding import Source
from ovunque.stock.store import columns_of, levels_of


def since(base: str) -> str:
    """The condition under which a row `moved` is not in the baseline that `base` names.

    What a source told as of a moment contains all that moved before, but for movements of others
    that its books had not by then, and for those within the reach of its clock's error that took
    something away: a unit too few is found again, a unit too many is sold twice. What it says it
    has booked is in it in any case.
    """
    return f"""
      (moved.sku, moved.location_id) = ({base}.sku, {base}.location_id)
      and moved.occurred_at > {base}.baseline_as_of - make_interval(
            secs => greatest({base}.baseline_lag_s, {base}.baseline_skew_s))
      and (moved.occurred_at > {base}.baseline_as_of
           or (moved.source <> {base}.baseline_source
               and moved.occurred_at > {base}.baseline_as_of - make_interval(
                     secs => case when moved.quantity < 0
                                  then greatest({base}.baseline_lag_s, {base}.baseline_skew_s)
                                  else {base}.baseline_lag_s end)))
      and not exists (
        select from stock_acknowledged as known
         where (known.source, known.movement_source, known.movement_id)
               = ({base}.baseline_source, moved.source, moved.id)
           and known.as_of <= {base}.baseline_as_of)
    """


NEWER = """
  (level.baseline_as_of, level.baseline_source, level.baseline_added - level.baseline)
  < (told.baseline_as_of, told.baseline_source, -told.told)
"""

TOLD = f"""
told as (
select distinct on (sku, location_id) sku, location_id, on_hand as told, added,
       as_of as baseline_as_of, %(source)s::text as baseline_source,
       %(lag_s)s::int as baseline_lag_s, %(skew_s)s::int + took_s as baseline_skew_s
  from json_to_recordset(%(rows)s)
    as told (sku text, location_id uuid, on_hand int, as_of timestamptz, added int, took_s int)
 order by sku, location_id, as_of desc, on_hand
), newer as (
select told.*, level.on_hand as before, told.told + told.added + coalesce((
         select sum(moved.quantity) from stock_movement as moved
          where {since("told")}), 0) as on_hand,
       level.baseline_as_of = '-infinity' as is_first
  from told join stock_level as level using (sku, location_id)
 where {NEWER}
)
"""
BASELINE = """
  baseline = newer.told + newer.added, baseline_added = newer.added,
  baseline_as_of = newer.baseline_as_of, baseline_source = newer.baseline_source,
  baseline_lag_s = newer.baseline_lag_s, baseline_skew_s = newer.baseline_skew_s
"""

# Every count that became a baseline, also one that found what we had: one row of a transaction's.
HISTORY = """
  insert into stock_counted (source, recorded_at, span, skus, location_ids, as_ofs, on_hands)
  select %(source)s, %(now)s, sku_range(min(sku), max(sku), '[]'), array_agg(sku),
         array_agg(location_id), array_agg(baseline_as_of), array_agg(told)
    from newer
"""


def save_counts(
    tx: Tx,
    source: Source,
    counts: Sequence[Count],
    added: Mapping[Key, int],
    now: datetime,
) -> tuple[StockLevel, ...]:
    """Make newer counts the baseline of their levels; returns the levels that changed.

    on_hand = baseline + what moved since: a definition that does not ask in which order the
    messages came. An older count, or the same one again, changes nothing. One that finds what we
    have moves the baseline on, and is no change: nobody has to be told.
    """
    rows = tx.execute(
        f"""
        with {TOLD}
        , counted as (
          {HISTORY} having count(*) > 0
        ), confirmed as (
          update stock_level as level set {BASELINE}
            from newer
           where (level.sku, level.location_id) = (newer.sku, newer.location_id)
             and newer.on_hand = newer.before and not newer.is_first
        )
        update stock_level as level
           set {BASELINE}, on_hand = newer.on_hand, version = level.version + 1
          from newer
         where (level.sku, level.location_id) = (newer.sku, newer.location_id)
           and (newer.on_hand <> newer.before or newer.is_first)
        returning level.sku, level.location_id, level.on_hand, level.unavailable,
                  level.reserved, level.version
        """,
        {**told_rows(source, counts, added), "now": now},
    ).fetchall()
    return levels_of(rows)


def told_rows(
    source: Source, counts: Sequence[Count], added: Mapping[Key, int]
) -> dict[str, object]:
    """What `TOLD` asks for."""
    return {
        "rows": document([_count_row(each, added.get(each.key, 0)) for each in counts]),
        "source": source.code,
        "lag_s": source.delay_s,
        "skew_s": source.clock_skew_s,
    }


def _count_row(each: Count, added: int) -> dict[str, object]:
    return {
        "sku": each.key.sku,
        "location_id": each.key.location_id,
        "on_hand": each.on_hand,
        "as_of": each.as_of,
        "added": added,
        "took_s": each.took_s,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """A level, and how many of its units were adjusted because more left than had come."""

    key: Key
    on_hand: int
    adjusted: int
    counted_at: datetime | None
    version: int


def list_adjusted(tx: Tx, keys: Sequence[Key]) -> tuple[Adjusted, ...]:
    """Of some levels those below nothing, and those with adjustments that may be taken back."""
    rows = tx.execute(
        f"""
        select level.sku, level.location_id, level.on_hand,
               coalesce((select sum(moved.quantity)::int from stock_movement as moved
                          where moved.source = 'unrecorded' and {since("level")}), 0),
               nullif(level.baseline_as_of, '-infinity'), level.version
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
          join stock_level as level using (sku, location_id)
         where level.on_hand < 0
            or exists (select from stock_movement as moved
                        where moved.source = 'unrecorded'
                          and (moved.sku, moved.location_id) = (level.sku, level.location_id))
        """,
        columns_of(keys),
    )
    return tuple(
        Adjusted(
            key=Key(sku, at),
            on_hand=on_hand,
            adjusted=adjusted,
            counted_at=counted_at,
            version=version,
        )
        for sku, at, on_hand, adjusted, counted_at, version in rows
    )


def list_acknowledged(tx: Tx, source: str, ids: Collection[str]) -> tuple[Key, ...]:
    """The levels of some movements of a source."""
    rows = tx.execute(
        """
        select distinct sku, location_id from stock_movement
         where source = %(source)s and id = any(%(ids)s::text[])
        """,
        {"source": source, "ids": list(ids)},
    )
    return tuple(sorted(Key(*row) for row in rows))


def save_acknowledged(
    tx: Tx, source: str, movements: tuple[str, Collection[str]], as_of: datetime
) -> None:
    """From a moment on, the counts of a source contain these movements of another."""
    movement_source, ids = movements
    tx.execute(
        """
        insert into stock_acknowledged (source, movement_source, movement_id, as_of)
        select distinct %(source)s, %(movement_source)s, id, %(as_of)s::timestamptz
          from unnest(%(ids)s::text[]) as told (id) order by id
            on conflict (source, movement_source, movement_id)
            do update set as_of = least(stock_acknowledged.as_of, excluded.as_of)
        """,
        {"source": source, "movement_source": movement_source, "ids": list(ids), "as_of": as_of},
    )


def save_recounted(tx: Tx, keys: Sequence[Key]) -> tuple[StockLevel, ...]:
    """Levels whose movements are counted anew; returns those that changed."""
    rows = tx.execute(
        f"""
        with recounted as (
          select level.sku, level.location_id, level.baseline + coalesce((
                   select sum(moved.quantity) from stock_movement as moved
                    where {since("level")}), 0) as on_hand
            from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
            join stock_level as level using (sku, location_id)
        )
        update stock_level as level
           set on_hand = recounted.on_hand, version = level.version + 1
          from recounted
         where (level.sku, level.location_id) = (recounted.sku, recounted.location_id)
           and level.on_hand <> recounted.on_hand
        returning level.sku, level.location_id, level.on_hand, level.unavailable,
                  level.reserved, level.version
        """,
        columns_of(keys),
    ).fetchall()
    return levels_of(rows)


def save_complete(tx: Tx, source: Source, location_id: UUID, as_of: datetime) -> None:
    """Of a location everything was counted: what was not named is not there, now or told later."""
    tx.execute(
        """
        insert into stock_complete as newest (location_id, source, as_of, lag_s, skew_s)
        values (%(location_id)s, %(source)s, %(as_of)s, %(lag_s)s, %(skew_s)s)
        on conflict (location_id) do update
           set source = excluded.source, as_of = excluded.as_of, lag_s = excluded.lag_s,
               skew_s = excluded.skew_s
         where (newest.as_of, newest.source) < (excluded.as_of, excluded.source)
        """,
        {
            "location_id": location_id,
            "source": source.code,
            "as_of": as_of,
            "lag_s": source.delay_s,
            "skew_s": source.clock_skew_s,
        },
    )


def list_skus_at(tx: Tx, location_id: UUID, counted_before: datetime) -> tuple[str, ...]:
    """The items that have a level at a location, whose count is older than a moment or as old."""
    rows = tx.execute(
        """
        select sku from stock_level
         where location_id = %(location_id)s and baseline_as_of <= %(before)s
         order by sku
        """,
        {"location_id": location_id, "before": counted_before},
    )
    return tuple(row[0] for row in rows)
