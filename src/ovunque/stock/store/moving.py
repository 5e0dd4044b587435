"""Movements, each once."""

from collections.abc import Sequence
from datetime import datetime

from ovunque.platform.database import Tx, document
from ovunque.stock import rules
from ovunque.stock.model import Movement, StockLevel
from ovunque.stock.store import columns_of, levels_of
from ovunque.stock.store.counting import since


def add_movements(
    tx: Tx, source: str, movements: Sequence[Movement], now: datetime
) -> tuple[tuple[str, ...], tuple[StockLevel, ...]]:
    """Book movements once; returns the ids that were new, and the levels that changed.

    A movement from before a level's baseline is in that count already: booked, not added.
    """
    rows = tx.execute(
        """
        insert into stock_movement (source, id, sku, location_id, kind, quantity,
                                    occurred_at, recorded_at, sequence, reason, reference)
        select %(source)s, id, sku, location_id, kind, quantity, occurred_at, %(now)s,
               sequence, reason, reference
          from json_to_recordset(%(rows)s)
            as told (id text, sku text, location_id uuid, kind text, quantity int,
                     occurred_at timestamptz, sequence bigint, reason text, reference text)
         order by id collate "C"
            on conflict do nothing
        returning id
        """,
        {
            "source": source,
            "now": now,
            "rows": document([_movement_row(each) for each in movements]),
        },
    ).fetchall()
    new = {row[0] for row in rows}
    booked = [each for each in movements if each.id in new]
    return tuple(sorted(new)), _add_to_levels(tx, source, booked)


def list_booked(tx: Tx, source: str, ids: Sequence[str]) -> tuple[str, ...]:
    """Those of some movements that are booked already."""
    rows = tx.execute(
        "select id from stock_movement where source = %(source)s and id = any(%(ids)s::text[])",
        {"source": source, "ids": list(ids)},
    )
    return tuple(row[0] for row in rows)


def _movement_row(each: Movement) -> dict[str, object]:
    return {
        "id": each.id,
        "sku": each.key.sku,
        "location_id": each.key.location_id,
        "kind": each.kind,
        "quantity": rules.signed(each),
        "occurred_at": each.occurred_at,
        "sequence": each.sequence,
        "reason": each.reason,
        "reference": each.reference,
    }


def _add_to_levels(tx: Tx, source: str, booked: Sequence[Movement]) -> tuple[StockLevel, ...]:
    rows = tx.execute(
        f"""
        with moved as (
          select moved.sku, moved.location_id, sum(moved.quantity)::int as quantity
            from unnest(%(ids)s::text[], %(skus)s::text[], %(location_ids)s::uuid[],
                        %(quantities)s::int[], %(occurred_ats)s::timestamptz[])
                 as told (id, sku, location_id, quantity, occurred_at)
           cross join lateral (select told.*, %(source)s::text as source) as moved
            join stock_level as level
              on (level.sku, level.location_id) = (moved.sku, moved.location_id)
           where {since("level")}
           group by moved.sku, moved.location_id
        )
        update stock_level as level
           set on_hand = level.on_hand + moved.quantity, version = level.version + 1
          from moved
         where (level.sku, level.location_id) = (moved.sku, moved.location_id)
        returning level.sku, level.location_id, level.on_hand, level.unavailable,
                  level.reserved, level.version
        """,
        {
            **columns_of(each.key for each in booked),
            "source": source,
            "ids": [each.id for each in booked],
            "quantities": [rules.signed(each) for each in booked],
            "occurred_ats": [each.occurred_at for each in booked],
        },
    ).fetchall()
    return levels_of(rows)
