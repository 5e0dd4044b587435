"""Counts that found what we had: kept together, written into their levels only when it matters."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from ovunque.platform.database import Tx
from ovunque.stock.model import CountColumns, Key
from ovunque.stock.model.feeding import Source
from ovunque.stock.store.counting import NEWER
from ovunque.stock.store.merging import arrays, iso, numbers, texts

LOCK = 4_021_093  # Shared by those who confirm; alone for whoever books something older.

Span = tuple[datetime, datetime]


def find_acknowledged(tx: Tx, source: str) -> bool:
    """Whether a source has ever said which of our movements are in its books."""
    row = tx.execute(
        "select exists (select from stock_acknowledged where source = %(source)s)",
        {"source": source},
    ).fetchone()
    return row is not None and row[0]


def save_spans(tx: Tx, feed_id: UUID, spans: Mapping[UUID, Span]) -> frozenset[UUID]:
    """From now on counts of a feed may be kept together; returns at which locations they may.

    Not where another feed told of the same time, or of a later one.
    """
    rows = tx.execute(
        """
        insert into stock_confirmed as known (location_id, since, as_of, feed)
        select location_id, since, as_of, %(feed)s
          from unnest(%(location_ids)s::uuid[], %(sinces)s::timestamptz[],
                      %(as_ofs)s::timestamptz[]) as told (location_id, since, as_of)
         order by location_id
            on conflict (location_id) do update
           set since = excluded.since, as_of = excluded.as_of, feed = excluded.feed,
               is_disturbed = false
         where known.as_of < excluded.since or known.feed = excluded.feed
        returning location_id
        """,
        {
            "feed": feed_id,
            "location_ids": list(spans),
            "sinces": [each[0] for each in spans.values()],
            "as_ofs": [each[1] for each in spans.values()],
        },
    )
    return frozenset(row[0] for row in rows)


def find_horizon(tx: Tx) -> int:
    """Whoever writes from now on, and was not at it before, sees what was committed before."""
    row = tx.execute("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
    assert row is not None
    return int(row[0])


def lock_shared(tx: Tx) -> None:
    tx.execute("select pg_advisory_xact_lock_shared(%(lock)s)", {"lock": LOCK})


def lock_alone(tx: Tx) -> None:
    tx.execute("select pg_advisory_xact_lock(%(lock)s)", {"lock": LOCK})


def list_disturbed(tx: Tx, feed_id: UUID, location_ids: Collection[str]) -> frozenset[str]:
    """Where something older was booked since a feed was announced, or another feed was."""
    rows = tx.execute(
        """
        select named.location_id
          from unnest(%(location_ids)s::uuid[]) as named (location_id)
          left join stock_confirmed as known using (location_id)
         where known.feed is distinct from %(feed)s or known.is_disturbed
        """,
        {"feed": feed_id, "location_ids": [*location_ids]},
    )
    return frozenset(str(row[0]) for row in rows)


def save_disturbed(tx: Tx, location_ids: Collection[UUID]) -> None:
    tx.execute(
        """
        update stock_confirmed set is_disturbed = true
         where location_id = any(%(location_ids)s::uuid[]) and not is_disturbed
        """,
        {"location_ids": sorted(location_ids)},
    )


def add_confirmations(tx: Tx, source: Source, told: CountColumns, now: datetime) -> None:
    """Keep counts that find what we have: their levels stay as they are."""
    first = told.as_ofs[0]
    # Most feeds are of one moment, and to read it a thousand times was a third of what this costs.
    moments = "array_fill(%(as_of)s::timestamptz, array[%(rows)s::int])"
    if any(each != first for each in told.as_ofs):
        moments = "%(as_ofs)s::timestamptz[]"
    tx.execute(
        f"""
        insert into stock_confirmation (source, recorded_at, lag_s, skew_s, span, skus,
                                        location_ids, as_ofs, on_hands)
        select %(source)s, %(now)s, %(lag_s)s, %(skew_s)s,
               sku_range(skus[1], skus[cardinality(skus)], '[]'), skus, location_ids, as_ofs,
               on_hands
          from (select %(skus)s::text[] as skus, %(location_ids)s::uuid[] as location_ids,
                       {moments} as as_ofs, %(on_hands)s::int[] as on_hands) as told
        """,
        {
            **arrays(told),
            "as_of": first,
            "rows": len(told.as_ofs),
            "source": source.code,
            "lag_s": source.delay_s,
            "skew_s": source.clock_skew_s,
            "now": now,
        },
    )


def list_late(tx: Tx, told: CountColumns, own: UUID | None) -> tuple[Key, ...]:
    """Those of some levels that a feed, not one's own, may have confirmed as of a later moment.

    Asked when the levels are locked: then no feed overlooks us.
    """
    rows = tx.execute(
        """
        select distinct told.sku, told.location_id
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[], %(moments)s::timestamptz[])
               as told (sku, location_id, moment)
          join stock_confirmed as known using (location_id)
         where told.moment <= known.as_of and known.feed is distinct from %(own)s
        """,
        {
            "skus": texts(told.skus),
            "location_ids": numbers(told.location_ids),
            "moments": texts(iso(told.as_ofs)),
            "own": own,
        },
    )
    return tuple(sorted(Key(*row) for row in rows))


def save_confirmed(tx: Tx, keys: Sequence[Key]) -> int:
    """Make the newest counts that were kept of some levels their baselines; on-hand stays."""
    return tx.execute(
        f"""
        with asked as materialized (
          select * from unnest(%(skus)s::text[], %(location_ids)s::uuid[])
            as asked (sku, location_id)
        ), found as materialized (
          select distinct position from stock_confirmation as kept
            join (select distinct sku from asked) as named on kept.span @> named.sku
        ), told as materialized (
          select distinct on (asked.sku, asked.location_id) asked.sku, asked.location_id, told.told,
                 told.baseline_as_of, kept.source as baseline_source,
                 kept.lag_s as baseline_lag_s, kept.skew_s as baseline_skew_s
            from found join stock_confirmation as kept using (position)
           cross join lateral unnest(kept.skus, kept.location_ids, kept.on_hands, kept.as_ofs)
                 as told (sku, location_id, told, baseline_as_of)
            join asked on (asked.sku, asked.location_id) = (told.sku, told.location_id)
           order by asked.sku, asked.location_id, told.baseline_as_of desc, kept.source desc,
                    told.told
        )
        update stock_level as level
           set baseline = told.told, baseline_added = 0, baseline_as_of = told.baseline_as_of,
               baseline_source = told.baseline_source, baseline_lag_s = told.baseline_lag_s,
               baseline_skew_s = told.baseline_skew_s
          from told
         where (level.sku, level.location_id) = (told.sku, told.location_id) and {NEWER}
        """,
        {
            "skus": [key.sku for key in keys],
            "location_ids": [key.location_id for key in keys],
        },
    ).rowcount


def lock_old(tx: Tx, before: datetime) -> tuple[int, tuple[Key, ...]] | None:
    """Counts that were kept together long ago, and those of them that no later one repeats."""
    row = tx.execute(
        """
        select position from stock_confirmation where recorded_at < %(before)s
         order by position limit 1 for update skip locked
        """,
        {"before": before},
    ).fetchone()
    if row is None:
        return None
    rows = tx.execute(
        """
        with old as materialized (
          select * from stock_confirmation where position = %(position)s
        ), later as materialized (
          select told.* from (
            select kept.* from stock_confirmation as kept join old on kept.span && old.span
             where kept.position > old.position order by kept.position desc limit 3
          ) as kept
           cross join lateral unnest(kept.skus, kept.location_ids, kept.as_ofs)
                 as told (sku, location_id, as_of)
        )
        select told.sku, told.location_id from old
         cross join lateral unnest(old.skus, old.location_ids, old.as_ofs)
               as told (sku, location_id, as_of)
         where not exists (
                 select from later
                  where (later.sku, later.location_id) = (told.sku, told.location_id)
                    and later.as_of >= told.as_of)
         order by told.sku, told.location_id
        """,
        {"position": row[0]},
    )
    return row[0], tuple(Key(sku, at) for sku, at in rows)


def save_history(tx: Tx, position: int) -> None:
    tx.execute(
        """
        with old as (
          delete from stock_confirmation where position = %(position)s
          returning source, recorded_at, span, skus, location_ids, as_ofs, on_hands
        )
        insert into stock_counted (source, recorded_at, span, skus, location_ids, as_ofs, on_hands)
        select * from old
        """,
        {"position": position},
    )
