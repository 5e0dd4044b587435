"""Levels as counts would leave them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ovunque.platform.database import Tx
from ovunque.stock.model import Count, Key
from ovunque.stock.model.feeding import Source
from ovunque.stock.store.counting import TOLD, since, told_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """A level, what a newer count makes of it, and how much of that was adjusted."""

    key: Key
    before: int
    on_hand: int
    adjusted: int


def list_foretold(
    tx: Tx, source: Source, counts: Sequence[Count], added: Mapping[Key, int]
) -> tuple[Foretold, ...]:
    """Those levels that counts would change, or find as they are; an older count does neither."""
    rows = tx.execute(
        f"""
        with {TOLD}
        , found as (
          select newer.*, coalesce((
                   select sum(moved.quantity)::int from stock_movement as moved
                    where moved.source = 'unrecorded' and {since("newer")}), 0) as adjusted
            from newer
           where not exists (
                   select from stock_confirmation as kept
                    cross join lateral unnest(kept.skus, kept.location_ids, kept.as_ofs)
                          as later (sku, location_id, as_of)
                    where kept.span @> newer.sku
                      and (later.sku, later.location_id) = (newer.sku, newer.location_id)
                      and (later.as_of, kept.source)
                          > (newer.baseline_as_of, newer.baseline_source))
        )
        select sku, location_id, before, on_hand, adjusted from found
         union all
        select told.sku, told.location_id, 0, told.told + told.added, 0
          from told
          left join stock_complete as whole using (location_id)
         where not exists (select from stock_level as level
                            where (level.sku, level.location_id) = (told.sku, told.location_id))
           and told.baseline_as_of >= coalesce(whole.as_of, '-infinity')
        """,
        told_rows(source, counts, added),
    )
    return tuple(
        Foretold(key=Key(sku, at), before=before, on_hand=on_hand, adjusted=adjusted)
        for sku, at, before, on_hand, adjusted in rows
    )
