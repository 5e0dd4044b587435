"""What comes, who waits for it, and who may promise on it at a time."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ovunque.platform.database import Tx, document
from ovunque.stock.model import Movement
from ovunque.stock.model.expecting import Ahead, Awaited, Coming

Name = tuple[str, str, UUID]  # Reference, sku, location.
COLUMNS = "reference, sku, location_id, quantity, received, due_on, late_days, version"


def lock_ahead(tx: Tx, skus: Collection[str]) -> None:
    """Nobody else promises on what comes of these items until the transaction ends."""
    named = sorted(set(skus))
    tx.execute(
        """
        insert into stock_ahead (sku)
        select sku from unnest(%(skus)s::text[]) as asked (sku) order by sku collate "C"
            on conflict do nothing
        """,
        {"skus": named},
    )
    tx.execute(
        """
        select sku from stock_ahead where sku = any(%(skus)s::text[])
         order by sku for no key update
        """,
        {"skus": named},
    )


def list_incoming_of(tx: Tx, names: Collection[Name]) -> Sequence[Sequence[Any]]:
    """Deliveries by their names, as they stand."""
    references, skus, location_ids = zip(*names, strict=True) if names else ((), (), ())
    return tx.execute(
        f"""
        select {COLUMNS} from stock_incoming
          join unnest(%(references)s::text[], %(skus)s::text[], %(location_ids)s::uuid[])
               as asked (reference, sku, location_id) using (reference, sku, location_id)
         order by reference, sku, location_id
        """,
        {
            "references": list(references),
            "skus": list(skus),
            "location_ids": list(location_ids),
        },
    ).fetchall()


def list_incoming(
    tx: Tx,
    *,
    sku: str | None,
    location_id: UUID | None,
    is_open: bool,
    after: Name | None,
    limit: int,
) -> Sequence[Sequence[Any]]:
    """Deliveries in the order of their names."""
    reference, after_sku, after_at = after or (None, None, None)
    return tx.execute(
        f"""
        select {COLUMNS} from stock_incoming
         where (%(sku)s::text is null or sku = %(sku)s::text)
           and (%(at)s::uuid is null or location_id = %(at)s::uuid)
           and (not %(is_open)s or received < quantity)
           and (%(reference)s::text is null
                or (reference, sku, location_id)
                   > (%(reference)s::text, %(after_sku)s::text, %(after_at)s::uuid))
         order by reference, sku, location_id
         limit %(limit)s
        """,
        {
            "sku": sku,
            "at": location_id,
            "is_open": is_open,
            "reference": reference,
            "after_sku": after_sku,
            "after_at": after_at,
            "limit": limit,
        },
    ).fetchall()


def save_incoming(tx: Tx, rows: Iterable[dict[str, Any]]) -> None:
    """Create or change deliveries; what had come before it was told of is counted too."""
    tx.execute(
        """
        insert into stock_incoming (reference, sku, location_id, quantity, due_on, late_days,
                                    received)
        select told.*, coalesce((
                 select sum(moved.quantity) from stock_movement as moved
                  where moved.reference = told.reference and moved.kind = 'received'
                    and (moved.sku, moved.location_id) = (told.sku, told.location_id)), 0)
          from json_to_recordset(%(rows)s)
            as told (reference text collate "C", sku text collate "C", location_id uuid,
                     quantity int, due_on date, late_days int)
         order by told.reference, told.sku, told.location_id
            on conflict (reference, sku, location_id) do update
           set quantity = excluded.quantity, due_on = excluded.due_on,
               late_days = excluded.late_days, version = stock_incoming.version + 1
        """,
        {"rows": document(list(rows))},
    )


def save_received(tx: Tx, receipts: Sequence[Movement]) -> tuple[str, ...]:
    """These movements have come of what was announced; returns the items of which less comes."""
    rows = tx.execute(
        """
        with came as (
          select reference, sku, location_id, sum(quantity)::int as quantity
            from unnest(%(references)s::text[], %(skus)s::text[], %(location_ids)s::uuid[],
                        %(quantities)s::int[]) as told (reference, sku, location_id, quantity)
           group by reference, sku, location_id
        )
        update stock_incoming as coming
           set received = coming.received + came.quantity, version = coming.version + 1
          from came
         where (coming.reference, coming.sku, coming.location_id)
               = (came.reference, came.sku, came.location_id)
        returning coming.sku
        """,
        {
            "references": [each.reference for each in receipts],
            "skus": [each.key.sku for each in receipts],
            "location_ids": [each.key.location_id for each in receipts],
            "quantities": [each.quantity for each in receipts],
        },
    ).fetchall()
    return tuple(sorted({row[0] for row in rows}))


def save_awaited(tx: Tx, line_ids: Collection[UUID], rows: Iterable[Awaited]) -> tuple[str, ...]:
    """What these lines wait for from now on, and nothing else; returns the items it touches."""
    gone = tx.execute(
        "delete from stock_awaited where line_id = any(%(ids)s::uuid[]) returning sku",
        {"ids": list(line_ids)},
    ).fetchall()
    told = list(rows)
    tx.execute(
        """
        insert into stock_awaited (line_id, sku, channel_id, units, due_on)
        select * from unnest(%(line_ids)s::uuid[], %(skus)s::text[], %(channel_ids)s::uuid[],
                             %(units)s::int[], %(days)s::date[])
        """,
        {
            "line_ids": [each.line_id for each in told],
            "skus": [each.sku for each in told],
            "channel_ids": [each.channel_id for each in told],
            "units": [each.units for each in told],
            "days": [each.due_on for each in told],
        },
    )
    return tuple(sorted({row[0] for row in gone} | {each.sku for each in told}))


def list_ahead(tx: Tx, skus: Collection[str] | None) -> Ahead:
    """What comes of some items, or of all, and who waits for it."""
    asked = {"skus": None if skus is None else list(skus)}
    coming: dict[str, tuple[Coming, ...]] = {}
    for row in tx.execute(
        """
        select sku, location_id, due_on, until, quantity, reference, kind from stock_coming
         where %(skus)s::text[] is null or sku = any(%(skus)s::text[])
         order by sku, due_on, reference
        """,
        asked,
    ):
        coming[row[0]] = (*coming.get(row[0], ()), Coming(*row))
    awaited: dict[str, tuple[Awaited, ...]] = {}
    for row in tx.execute(
        """
        select line_id, sku, channel_id, units, due_on from stock_awaited
         where %(skus)s::text[] is null or sku = any(%(skus)s::text[])
         order by sku, due_on, line_id
        """,
        asked,
    ):
        awaited[row[1]] = (*awaited.get(row[1], ()), Awaited(*row))
    return Ahead(coming=coming, awaited=awaited)


def list_servable(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Lines that wait for an item of which some are free, by promised day, then by their ids."""
    rows = tx.execute(
        """
        select line_id from stock_awaited as waiting
         where look_at <= %(now)s
           and exists (select from stock_level as level
                        where level.sku = waiting.sku
                          and level.on_hand - level.unavailable - level.reserved > 0)
         group by line_id
         order by min(due_on) nulls last, line_id
         limit %(limit)s
        """,
        {"now": now, "limit": limit},
    )
    return tuple(row[0] for row in rows)


def save_look_at(tx: Tx, line_ids: Collection[UUID], until: datetime) -> None:
    tx.execute(
        "update stock_awaited set look_at = %(until)s where line_id = any(%(ids)s::uuid[])",
        {"until": until, "ids": list(line_ids)},
    )


def list_awaited_skus(tx: Tx, skus: Collection[str]) -> tuple[str, ...]:
    """Those of some items that somebody waits for."""
    rows = tx.execute(
        """
        select distinct sku from stock_awaited where sku = any(%(skus)s::text[]) order by sku
        """,
        {"skus": list(skus)},
    )
    return tuple(row[0] for row in rows)


def list_past_skus(tx: Tx, today: date, limit: int) -> tuple[str, ...]:
    """Items that somebody was promised for a day that is over, and waits for still."""
    rows = tx.execute(
        """
        select distinct sku from stock_awaited where due_on < %(today)s
         order by sku limit %(limit)s
        """,
        {"today": today, "limit": limit},
    )
    return tuple(row[0] for row in rows)


def list_waiting(tx: Tx, skus: Collection[str]) -> tuple[UUID, ...]:
    """The lines that wait for some items."""
    rows = tx.execute(
        """
        select distinct line_id from stock_awaited where sku = any(%(skus)s::text[])
         order by line_id
        """,
        {"skus": list(skus)},
    )
    return tuple(row[0] for row in rows)
