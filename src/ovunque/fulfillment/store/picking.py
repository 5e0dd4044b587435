"""What becomes of a fulfillment's lines while it is picked and packed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from ovunque.fulfillment.model import Fulfillment, FulfillmentLine
from ovunque.platform.database import Tx, document


def save_picked(tx: Tx, fulfillment_id: UUID, units: Mapping[UUID, int], now: datetime) -> None:
    """More units picked, by reservation; below zero: so many fewer."""
    tx.execute(
        """
        update fulfillment_line as line
           set picked = line.picked + more.units,
               picked_at = case when more.units > 0 then %(now)s else line.picked_at end
          from unnest(%(reservation_ids)s::uuid[], %(units)s::int[]) as more (id, units)
         where line.fulfillment_id = %(fulfillment_id)s and line.reservation_id = more.id
        """,
        {
            "fulfillment_id": fulfillment_id,
            "reservation_ids": list(units),
            "units": list(units.values()),
            "now": now,
        },
    )


def save_split(
    tx: Tx, fulfillment_id: UUID, cut: Collection[UUID], lines: Sequence[FulfillmentLine]
) -> None:
    """Put lines in the place of those that were cut."""
    tx.execute(
        """
        with cut as (
          delete from fulfillment_line
           where fulfillment_id = %(fulfillment_id)s and reservation_id = any(%(cut)s::uuid[])
          returning line_id, sku, picked_at
        )
        insert into fulfillment_line (fulfillment_id, reservation_id, line_id, sku, quantity,
                                      picked, parcel_id, picked_at)
        select %(fulfillment_id)s, reservation_id, line_id, sku, quantity, picked, parcel_id,
               (select max(picked_at) from cut
                 where (cut.line_id, cut.sku) = (told.line_id, told.sku))
          from json_to_recordset(%(lines)s)
            as told (reservation_id uuid, line_id uuid, sku text, quantity int, picked int,
                     parcel_id uuid)
        """,
        {"fulfillment_id": fulfillment_id, "cut": list(cut), "lines": document(lines)},
    )


def save_moved_lines(tx: Tx, reservation_ids: Collection[UUID], start: UUID, end: UUID) -> None:
    """Lines go from one fulfillment to another, where nothing of them is picked or packed."""
    tx.execute(
        """
        update fulfillment_line set fulfillment_id = %(end)s, picked = 0, parcel_id = null
         where fulfillment_id = %(start)s and reservation_id = any(%(ids)s::uuid[])
        """,
        {"ids": list(reservation_ids), "start": start, "end": end},
    )


def save_parcel_of(tx: Tx, fulfillment_id: UUID, ids: Collection[UUID], parcel_id: UUID) -> None:
    """These lines are in this parcel."""
    tx.execute(
        """
        update fulfillment_line set parcel_id = %(parcel_id)s
         where fulfillment_id = %(fulfillment_id)s and reservation_id = any(%(ids)s::uuid[])
        """,
        {"fulfillment_id": fulfillment_id, "ids": list(ids), "parcel_id": parcel_id},
    )


def save_unpicked(tx: Tx, fulfillment_id: UUID) -> None:
    """What was picked of it waits to be put back, and is picked no more."""
    tx.execute(
        "update fulfillment_line set picked = 0 where fulfillment_id = %(id)s and picked > 0",
        {"id": fulfillment_id},
    )


def save_opened(tx: Tx, parcel_id: UUID, fulfillment_id: UUID) -> None:
    """Nothing is in this parcel any more."""
    tx.execute(
        """
        update fulfillment_line set parcel_id = null
         where fulfillment_id = %(fulfillment_id)s and parcel_id = %(parcel_id)s
        """,
        {"fulfillment_id": fulfillment_id, "parcel_id": parcel_id},
    )


def save_unpacked(tx: Tx, fulfillment_id: UUID) -> None:
    """Nothing of it is in a parcel any more."""
    tx.execute(
        "update fulfillment_line set parcel_id = null "
        "where fulfillment_id = %(id)s and parcel_id is not null",
        {"id": fulfillment_id},
    )


def save_pickup_code(tx: Tx, fulfillment_id: UUID, code: str, now: datetime) -> None:
    """What whoever fetches it says, and for how long it waits for them."""
    tx.execute(
        """
        update fulfillment as work
           set pickup_code = %(code)s, collect_by = until.collect_by, remind_at = until.remind_at
          from (select id, (pickup_until(order_id, location_id, %(now)s)).*
                  from fulfillment where id = %(id)s) as until
         where work.id = until.id
        """,
        {"id": fulfillment_id, "code": code, "now": now},
    )


def add_missing(
    tx: Tx, work: Fulfillment, lines: Collection[FulfillmentLine], now: datetime
) -> None:
    """Nobody found these units where they should lie: kept for how sure the place is."""
    tx.execute(
        """
        insert into fulfillment_missing (fulfillment_id, reservation_id, location_id, sku,
                                         quantity, found_at)
        select %(fulfillment_id)s, reservation_id, %(location_id)s, sku, quantity, %(now)s
          from json_to_recordset(%(lines)s)
            as told (reservation_id uuid, sku text, quantity int)
            on conflict do nothing
        """,
        {
            "fulfillment_id": work.id,
            "location_id": work.location_id,
            "lines": document(
                [
                    {
                        "reservation_id": each.reservation_id,
                        "sku": each.sku,
                        "quantity": each.quantity,
                    }
                    for each in lines
                ]
            ),
            "now": now,
        },
    )
