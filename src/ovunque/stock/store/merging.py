"""Counts by the thousand, merged into levels by one statement: the ordinary case."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg.errors import UniqueViolation

from ovunque.platform.database import StartAgain, Tx
from ovunque.stock.model import CountColumns
from ovunque.stock.model.feeding import Source
from ovunque.stock.store.counting import BASELINE, HISTORY, NEWER, since

TOLD = """
told as materialized (
select sku, location_id, told, baseline_as_of, 0 as added, %(source)s::text as baseline_source,
       %(lag_s)s::int as baseline_lag_s, %(skew_s)s::int as baseline_skew_s
  from unnest(%(skus)s::text[], %(location_ids)s::uuid[], %(on_hands)s::int[],
              %(as_ofs)s::timestamptz[])
       as told (sku, location_id, told, baseline_as_of)
)
"""


class Merged(NamedTuple):
    """What came of it: how many levels changed, and those as the journal tells them, in JSON."""

    changed: int
    first: str | None
    levels: str | None


def lock_told(tx: Tx, told: CountColumns) -> int:
    """Hold the levels that are counted and exist, in key order; returns how many those are."""
    row = tx.execute(
        """
        select count(*) from (
          select from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
            join stock_level as level using (sku, location_id)
           order by level.sku, level.location_id
             for update of level
        ) as locked
        """,
        {"skus": texts(told.skus), "location_ids": numbers(told.location_ids)},
    ).fetchone()
    assert row is not None
    return int(row[0])


def find_whole(tx: Tx, told: CountColumns) -> bool:
    """Whether any of the locations was counted whole later than it is told of."""
    row = tx.execute(
        """
        select exists (select from stock_complete
                        where location_id = any(%(location_ids)s::uuid[]) and as_of > %(oldest)s)
        """,
        {"location_ids": numbers({*told.location_ids}), "oldest": min(told.as_ofs)},
    ).fetchone()
    return row is not None and row[0]


def add_told(tx: Tx, source: Source, told: CountColumns, now: datetime) -> Merged:
    """Levels that nobody had, by COPY; to be begun again when somebody makes one meanwhile."""
    read_as = f"{source.code}\t{source.delay_s}\t{source.clock_skew_s}"
    moments = iso(told.as_ofs)
    rows = zip(told.skus, told.location_ids, told.on_hands, strict=True)
    lines = [
        f"{sku}\t{at}\t{units}\t{units}\t{as_of}\t{read_as}\n"
        for (sku, at, units), as_of in zip(rows, moments, strict=True)
    ]
    try:
        with tx.cursor().copy(f"copy stock_level ({ADDED}) from stdin") as pipe:
            pipe.write("".join(lines))
    except UniqueViolation:
        raise StartAgain from None
    tx.execute(ADDED_HISTORY, {**arrays(told), "source": source.code, "now": now})
    rows = zip(told.skus, told.location_ids, told.on_hands, strict=True)
    levels = [f'["{sku}","{at}",{units},0,0,1]' for sku, at, units in rows]
    return Merged(len(levels), told.skus[0], f"[{','.join(levels)}]")


ADDED = (
    "sku, location_id, on_hand, baseline, baseline_as_of, baseline_source, baseline_lag_s, "
    "baseline_skew_s"
)
ADDED_HISTORY = """
insert into stock_counted (source, recorded_at, span, skus, location_ids, as_ofs, on_hands)
select %(source)s, %(now)s, sku_range(skus[1], skus[cardinality(skus)], '[]'), skus, location_ids,
       as_ofs, on_hands
  from (select %(skus)s::text[] as skus, %(location_ids)s::uuid[] as location_ids,
               %(as_ofs)s::timestamptz[] as as_ofs, %(on_hands)s::int[] as on_hands) as told
"""


def save_merged(tx: Tx, source: Source, told: CountColumns, now: datetime) -> Merged | None:
    """Make newer counts the baselines of their levels, which are locked; keys come once.

    None, and nothing is written, when any of it is not ordinary: a level is or would be short, was
    adjusted, or is told of from before its location was counted whole. To be begun again when
    somebody made one of the levels a moment ago.
    """
    row = tx.execute(
        MERGE,
        {
            **arrays(told),
            "source": source.code,
            "lag_s": source.delay_s,
            "skew_s": source.clock_skew_s,
            "now": now,
        },
    ).fetchone()
    assert row is not None
    is_ordinary, lost, *merged = row
    if not is_ordinary:
        return None
    if lost:
        raise StartAgain
    return Merged(*merged)


MERGE = f"""
with {TOLD}
, newer as materialized (
  select told.*, level.sku is null as is_new, level.on_hand as before,
         coalesce(level.unavailable + level.reserved, 0) as set_aside,
         level.baseline_as_of = '-infinity' as is_first,
         told.told + case when level.sku is null then 0 else coalesce((
           select sum(moved.quantity)::int from stock_movement as moved
            where {since("told")}), 0) end as on_hand
    from told
    left join stock_level as level
      on (level.sku, level.location_id) = (told.sku, told.location_id)
   where level.sku is null or {NEWER}
), ordinary as (
  select not exists (
           select from newer
            where on_hand < set_aside or before < set_aside)
     and not exists (
           select from newer join stock_movement as moved using (sku, location_id)
            where moved.source = 'unrecorded')
     and not exists (
           select from newer join stock_complete as whole using (location_id)
            where newer.is_new and whole.as_of > newer.baseline_as_of) as yes
), added as (
  insert into stock_level (sku, location_id, on_hand, baseline, baseline_as_of, baseline_source,
                           baseline_lag_s, baseline_skew_s)
  select sku, location_id, told, told, baseline_as_of, baseline_source, baseline_lag_s,
         baseline_skew_s
    from newer
   where is_new and (select yes from ordinary)
      on conflict do nothing
  returning sku, location_id, on_hand, unavailable, reserved, version
), updated as (
  update stock_level as level
     set {BASELINE}, on_hand = newer.on_hand,
         version = level.version + (newer.on_hand <> newer.before or newer.is_first)::int
    from newer
   where (level.sku, level.location_id) = (newer.sku, newer.location_id)
     and not newer.is_new and (select yes from ordinary)
  returning level.sku, level.location_id, level.on_hand, level.unavailable, level.reserved,
            level.version, newer.on_hand <> newer.before or newer.is_first as is_changed
), counted as (
  {HISTORY} where (select yes from ordinary) having count(*) > 0
), changed as (
  select * from added
   union all
  select sku, location_id, on_hand, unavailable, reserved, version from updated where is_changed
)
select (select yes from ordinary),
       (select count(*) from newer where is_new) - (select count(*) from added),
       count(*), min(sku),
       json_agg(json_build_array(sku, location_id, on_hand, unavailable, reserved, version))::text
  from changed
"""


def standing(told: CountColumns) -> str:
    """The levels that are told of, as a part of a statement that also knows the items `named`.

    Whoever tells of most locations finds them quicker side by side than each by its key.
    """
    named = len({*told.skus})
    if told.places and DENSE * len(told.skus) >= named * told.places:
        return f"level as materialized ({LEVELS} where sku = any(%(named)s::text[]))"
    return f"level as ({LEVELS})"


DENSE = 4  # Beside one that is told of, so many others may lie.
LEVELS = """
select sku, location_id, on_hand, unavailable, reserved, baseline, baseline_added, baseline_as_of,
       baseline_source
  from stock_level
"""


def arrays(told: CountColumns) -> dict[str, str]:
    """The columns as a statement takes them."""
    return {
        "skus": texts(told.skus),
        "location_ids": numbers(told.location_ids),
        "on_hands": numbers(told.on_hands),
        "as_ofs": texts(iso(told.as_ofs)),
    }


def iso(moments: Sequence[datetime]) -> list[str]:
    """Moments as text; rows that are told together are mostly of the same few."""
    known = {each: each.isoformat() for each in {*moments}}
    return [known[each] for each in moments]


def texts(values: Iterable[str]) -> str:
    """An array as PostgreSQL reads it: a thousand texts in a fraction of the driver's time."""
    inside = '","'.join(values)
    assert "\\" not in inside, "codes are plain"
    assert inside.count('"') == 2 * inside.count('","'), "codes are plain"
    return f'{{"{inside}"}}'


def numbers(values: Iterable[object]) -> str:
    return "{" + ",".join(map(str, values)) + "}"
