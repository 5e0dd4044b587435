"""Movements that have accounted for units which were set aside, each unit once."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ovunque.platform.database import Tx
from ovunque.stock.model import Key
from ovunque.stock.store import columns_of

Name = tuple[str, str]  # A movement: its source and its id there.

# Of a row `moved`: units that have not accounted for anything yet.
SPARE = """
  abs(moved.quantity) - coalesce((
    select known.units from stock_accounted as known
     where (known.source, known.id) = (moved.source, moved.id)), 0)
"""


def list_spare_sales(tx: Tx, since: Mapping[Key, datetime]) -> tuple[tuple[Name, Key, int], ...]:
    """Units sold of some levels from a moment on for which nobody waited, the oldest first.

    Read under the locks of the levels.
    """
    rows = tx.execute(
        f"""
        select moved.source, moved.id, moved.sku, moved.location_id, {SPARE}
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[], %(sinces)s::timestamptz[])
               as asked (sku, location_id, since)
          join stock_movement as moved using (sku, location_id)
         where moved.kind = 'sold_in_store' and moved.occurred_at >= asked.since and {SPARE} > 0
         order by moved.occurred_at, moved.source, moved.id
        """,
        {**columns_of(since), "sinces": list(since.values())},
    )
    return tuple(((source, id_), Key(sku, at), units) for source, id_, sku, at, units in rows)


def add_accounted(tx: Tx, units: Mapping[Name, int]) -> None:
    """So many units of these movements account for something from now on."""
    tx.execute(
        """
        insert into stock_accounted as known (source, id, units)
        select source, id, units
          from unnest(%(sources)s::text[], %(ids)s::text[], %(units)s::int[])
               as told (source, id, units)
         order by source, id collate "C"
            on conflict (source, id) do update set units = known.units + excluded.units
        """,
        {
            "sources": [source for source, _ in units],
            "ids": [id_ for _, id_ in units],
            "units": list(units.values()),
        },
    )


def save_spent(tx: Tx, source: str, ids: Sequence[str]) -> None:
    """Movements that were taken back account for nothing any more."""
    tx.execute(
        """
        insert into stock_accounted as known (source, id, units)
        select source, id, abs(quantity) from stock_movement
         where source = %(source)s and id = any(%(ids)s::text[])
         order by id collate "C"
            on conflict (source, id) do update set units = excluded.units
        """,
        {"source": source, "ids": list(ids)},
    )


def remove_accounted(tx: Tx, before: datetime, limit: int) -> int:
    """Forget for what movements accounted that happened and were told before; returns how many."""
    return tx.execute(
        """
        delete from stock_accounted
         where (source, id) in (
           select known.source, known.id
             from stock_accounted as known
             join stock_movement as moved using (source, id)
            where moved.occurred_at < %(before)s and moved.recorded_at < %(before)s
            order by known.source, known.id
            limit %(limit)s)
        """,
        {"before": before, "limit": limit},
    ).rowcount
