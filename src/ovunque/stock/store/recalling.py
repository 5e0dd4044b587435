"""Counts and movements of the past."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from ovunque.platform.database import Tx
from ovunque.stock import rules
from ovunque.stock.model import Key, Movement, MovementKind
from ovunque.stock.model.recalling import Happening

AHEAD_MAX = timedelta(days=1)  # No clock that is believed runs further ahead of ours.
COUNTED: LiteralString = """
  (select source, recorded_at, span, skus, location_ids, as_ofs, on_hands from stock_counted
    union all
   select source, recorded_at, span, skus, location_ids, as_ofs, on_hands from stock_confirmation
  ) as counted
"""


def list_turns(
    tx: Tx, since: datetime, without: Sequence[str]
) -> tuple[tuple[datetime, str, UUID, int], ...]:
    """What moved since then, but for some kinds."""
    rows = tx.execute(
        """
        select occurred_at, sku, location_id, sum(quantity)::int
          from stock_movement
         where occurred_at > %(since)s and kind <> all(%(without)s::text[])
         group by occurred_at, sku, location_id
         order by occurred_at, sku, location_id
        """,
        {"since": since, "without": list(without)},
    )
    return tuple((at, sku, location_id, units) for at, sku, location_id, units in rows)


def list_told(tx: Tx, source: str, after: str, limit: int) -> tuple[Movement, ...]:
    """Movements of a source behind an id; a kind that gives the sign has its units without one."""
    rows = tx.execute(
        """
        select id, sku, location_id, kind, quantity, occurred_at, sequence, reason, reference
          from stock_movement
         where source = %(source)s and id > %(after)s
         order by id
         limit %(limit)s
        """,
        {"source": source, "after": after, "limit": limit},
    )
    return tuple(
        Movement(
            id=id_,
            key=Key(sku, at),
            kind=MovementKind(kind),
            quantity=rules.SIGNS[MovementKind(kind)] * quantity,
            occurred_at=occurred_at,
            sequence=sequence,
            reason=reason,
            reference=reference,
        )
        for id_, sku, at, kind, quantity, occurred_at, sequence, reason, reference in rows
    )


def list_happenings(
    tx: Tx,
    sku: str,
    location_id: UUID | None,
    *,
    span: tuple[datetime, datetime],
    limit: int,
) -> tuple[Happening, ...]:
    """Counts and movements of an item between two moments, newest first, ties whole."""
    since, until = span
    rows = tx.execute(
        f"""
        select at, location_id, kind, units, source, recorded_at, reason from (
          select occurred_at as at, location_id, kind, quantity as units, source, recorded_at,
                 reason, id
            from stock_movement
           where sku = %(sku)s and (%(place)s::uuid is null or location_id = %(place)s::uuid)
             and occurred_at >= %(since)s and occurred_at < %(until)s
           union all
          select told.as_of, told.location_id, null, told.on_hand, counted.source,
                 counted.recorded_at, null, ''
            from {COUNTED}
           cross join lateral unnest(counted.skus, counted.location_ids, counted.as_ofs,
                                     counted.on_hands) as told (sku, location_id, as_of, on_hand)
           where counted.span @> %(sku)s::text and counted.recorded_at > %(heard)s
             and told.sku = %(sku)s
             and (%(place)s::uuid is null or told.location_id = %(place)s::uuid)
             and told.as_of >= %(since)s and told.as_of < %(until)s
        ) as happened
         order by at desc
         fetch first %(limit)s rows with ties
        """,
        {
            "sku": sku,
            "place": location_id,
            "since": since,
            "until": until,
            "heard": since - AHEAD_MAX,
            "limit": limit,
        },
    ).fetchall()
    found = [_happening(row) for row in rows]
    return tuple(sorted(found, key=lambda each: (each.at, each.recorded_at), reverse=True))


def _happening(row: Sequence[Any]) -> Happening:
    at, location_id, kind, units, source, recorded_at, reason = row
    return Happening(
        at=at,
        location_id=location_id,
        kind=MovementKind(kind) if kind else None,
        units=units,
        source=source,
        recorded_at=recorded_at,
        reason=reason,
    )


def find_earlier(tx: Tx, sku: str, location_id: UUID | None, until: datetime) -> bool:
    """Whether an item was moved or counted before a moment."""
    row = tx.execute(
        f"""
        select exists (
                 select from stock_movement
                  where sku = %(sku)s and occurred_at < %(until)s
                    and (%(place)s::uuid is null or location_id = %(place)s::uuid))
            or exists (
                 select from {COUNTED}
                  cross join lateral unnest(counted.skus, counted.location_ids, counted.as_ofs)
                        as told (sku, location_id, as_of)
                  where counted.span @> %(sku)s::text and told.sku = %(sku)s
                    and (%(place)s::uuid is null or told.location_id = %(place)s::uuid)
                    and told.as_of < %(until)s)
        """,
        {"sku": sku, "place": location_id, "until": until},
    ).fetchone()
    assert row is not None
    found: bool = row[0]
    return found
