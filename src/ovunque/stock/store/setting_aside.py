"""Units out of sale, by reason."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from ovunque.platform.database import Tx
from ovunque.stock.model import Key, StockLevel
from ovunque.stock.store import columns_of, levels_of

Name = tuple[Key, str]  # Units of a level that are set aside for a reason.
NEVER: Mapping[Name, datetime] = MappingProxyType({})


def save_aside(
    tx: Tx, aside: Mapping[Name, int], now: datetime, since: Mapping[Name, datetime] = NEVER
) -> tuple[StockLevel, ...]:
    """Change how many units are unavailable, by reason, and their levels' sums with them.

    Never below nothing: what is given back has been set aside before. The levels are locked. What
    is set aside beside others of its reason begins their time anew: no older count knows of it.
    What has been aside `since` before was only forgotten.
    """
    keys = [key for key, _ in aside]
    rows = tx.execute(
        """
        with told as (
          select * from unnest(%(skus)s::text[], %(location_ids)s::uuid[], %(reasons)s::text[],
                               %(quantities)s::int[], %(sinces)s::timestamptz[])
                   as told (sku, location_id, reason, quantity, since)
        ), gone as (
          delete from stock_unavailable as aside using told
           where (aside.sku, aside.location_id, aside.reason)
                 = (told.sku, told.location_id, told.reason)
             and aside.quantity + told.quantity = 0
        ), fewer as (
          update stock_unavailable as aside set quantity = aside.quantity + told.quantity
            from told
           where (aside.sku, aside.location_id, aside.reason)
                 = (told.sku, told.location_id, told.reason)
             and told.quantity < 0 and aside.quantity + told.quantity > 0
        ), more as (
          insert into stock_unavailable as aside (sku, location_id, reason, quantity, since)
          select sku, location_id, reason, quantity, since from told where quantity > 0
              on conflict (sku, location_id, reason)
              do update set quantity = aside.quantity + excluded.quantity,
                            since = greatest(aside.since, excluded.since)
        )
        update stock_level as level
           set unavailable = level.unavailable + change.quantity, version = level.version + 1
          from (select sku, location_id, sum(quantity)::int as quantity
                  from told group by sku, location_id) as change
         where (level.sku, level.location_id) = (change.sku, change.location_id)
        returning level.sku, level.location_id, level.on_hand, level.unavailable,
                  level.reserved, level.version
        """,
        {
            **columns_of(keys),
            "reasons": [reason for _, reason in aside],
            "quantities": list(aside.values()),
            "sinces": [since.get(name, now) for name in aside],
        },
    ).fetchall()
    return levels_of(rows)


def list_aside(tx: Tx, keys: Sequence[Key]) -> dict[tuple[Key, str], int]:
    """How many units of some levels are unavailable, by reason."""
    rows = tx.execute(
        """
        select aside.sku, aside.location_id, aside.reason, aside.quantity
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
          join stock_unavailable as aside using (sku, location_id)
        """,
        columns_of(keys),
    )
    return {(Key(sku, at), reason): quantity for sku, at, reason, quantity in rows}


def list_seen(
    tx: Tx, source: str, keys: Sequence[Key], reasons: Collection[str]
) -> dict[tuple[Key, str], int]:
    """Units set aside before the count of a source that is their level's baseline now."""
    rows = tx.execute(
        """
        select aside.sku, aside.location_id, aside.reason, aside.quantity
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
          join stock_unavailable as aside using (sku, location_id)
          join stock_level as level using (sku, location_id)
         where aside.reason = any(%(reasons)s::text[])
           and level.baseline_source = %(source)s and aside.since <= level.baseline_as_of
        """,
        {"source": source, "reasons": list(reasons), **columns_of(keys)},
    )
    return {(Key(sku, at), reason): quantity for sku, at, reason, quantity in rows}


def list_of_reason(tx: Tx, location_id: UUID, reason: str, limit: int) -> list[tuple[str, int]]:
    """Items of a location that are out of sale for a reason, and how many units of each."""
    rows = tx.execute(
        """
        select sku, quantity from stock_unavailable
         where location_id = %(at)s and reason = %(reason)s order by since, sku limit %(limit)s
        """,
        {"at": location_id, "reason": reason, "limit": limit},
    )
    return [(sku, quantity) for sku, quantity in rows]
