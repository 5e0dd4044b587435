"""What stores keep for visits."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.customers.rules import parse_collector, written
from ovunque.fulfillment.model.reserving import (
    ReservedLine,
    StoreReservation,
    StoreReservationState,
)
from ovunque.platform.database import Tx, document
from ovunque.platform.drawers import Drawer

NOTES = Drawer(table="store_reservation", column="note")
COLLECTORS = Drawer(table="store_reservation", column="collector")
COLUMNS = """
  kept.id, kept.channel_id, kept.location_id, kept.customer_id, kept.state, kept.code,
  kept.requested_at, kept.answer_by, kept.changed_at, kept.comes_at, kept.note, kept.shelf,
  kept.stands_until, kept.reminded_at, kept.reason, kept.collector,
  (select json_agg(json_build_array(line.sku, line.quantity, line.reservation_id, line.found,
                                    line.bought) order by line.sku)
     from store_reservation_line as line where line.store_reservation_id = kept.id)
"""


def _reservation(row: Sequence[Any]) -> StoreReservation:
    (id_, channel_id, location_id, customer_id, state, code, requested_at, answer_by) = row[:8]
    (changed_at, comes_at, note, shelf, stands_until, reminded_at, reason, who) = row[8:16]
    collector = who and COLLECTORS.read(who, id_).decode()
    return StoreReservation(
        id=id_,
        channel_id=channel_id,
        location_id=location_id,
        customer_id=customer_id,
        state=StoreReservationState(state),
        code=code,
        requested_at=requested_at,
        answer_by=answer_by,
        changed_at=changed_at,
        comes_at=comes_at,
        note=note and NOTES.read(note, id_).decode(),
        collector=parse_collector(collector) if collector else None,
        shelf=shelf,
        stands_until=stands_until,
        reminded_at=reminded_at,
        reason=reason,
        lines=tuple(
            ReservedLine(
                sku=sku,
                quantity=quantity,
                reservation_id=UUID(reservation_id),
                found=found,
                bought=bought,
            )
            for sku, quantity, reservation_id, found, bought in row[16]
        ),
    )


def add_reservation(tx: Tx, kept: StoreReservation) -> None:
    tx.execute(
        """
        with kept as (
          insert into store_reservation (id, channel_id, location_id, customer_id, state, code,
                                         requested_at, answer_by, changed_at, comes_at, note,
                                         collector)
          values (%(id)s, %(channel_id)s, %(location_id)s, %(customer_id)s, %(state)s, %(code)s,
                  %(requested_at)s, %(answer_by)s, %(changed_at)s, %(comes_at)s, %(note)s,
                  %(collector)s)
        )
        insert into store_reservation_line (store_reservation_id, sku, quantity, reservation_id)
        select %(id)s, * from json_to_recordset(%(lines)s)
            as told (sku text, quantity int, reservation_id uuid)
        """,
        {
            "id": kept.id,
            "channel_id": kept.channel_id,
            "location_id": kept.location_id,
            "customer_id": kept.customer_id,
            "state": kept.state,
            "code": kept.code,
            "requested_at": kept.requested_at,
            "answer_by": kept.answer_by,
            "changed_at": kept.changed_at,
            "comes_at": kept.comes_at,
            "note": kept.note and NOTES.seal(kept.note.encode(), kept.id),
            "collector": kept.collector
            and COLLECTORS.seal(written(kept.collector).encode(), kept.id),
            "lines": document(
                [
                    {"sku": e.sku, "quantity": e.quantity, "reservation_id": e.reservation_id}
                    for e in kept.lines
                ]
            ),
        },
    )


def save_reservation(tx: Tx, kept: StoreReservation) -> None:
    """Write how far it has come; its row is locked."""
    tx.execute(
        """
        with line as (
          update store_reservation_line as line
             set found = told.found, bought = told.bought, reservation_id = told.reservation_id
            from json_to_recordset(%(lines)s)
                 as told (sku text, reservation_id uuid, found int, bought int)
           where line.store_reservation_id = %(id)s and line.sku = told.sku
        )
        update store_reservation
           set state = %(state)s, changed_at = %(changed_at)s, shelf = %(shelf)s,
               stands_until = %(stands_until)s, reminded_at = %(reminded_at)s,
               reason = %(reason)s
         where id = %(id)s
        """,
        {
            "id": kept.id,
            "state": kept.state,
            "changed_at": kept.changed_at,
            "shelf": kept.shelf,
            "stands_until": kept.stands_until,
            "reminded_at": kept.reminded_at,
            "reason": kept.reason,
            "lines": document(
                [
                    {
                        "sku": each.sku,
                        "reservation_id": each.reservation_id,
                        "found": each.found,
                        "bought": each.bought,
                    }
                    for each in kept.lines
                ]
            ),
        },
    )


def find_reservation(tx: Tx, by: Actor, id_: UUID) -> StoreReservation | None:
    row = tx.execute(
        f"""
        select {COLUMNS} from store_reservation as kept
         where kept.id = %(id)s
           and (%(at)s::uuid is null or kept.location_id = %(at)s)
        """,
        {"id": id_, "at": by.location_id},
    ).fetchone()
    return _reservation(row) if row else None


def lock_reservation(tx: Tx, by: Actor, id_: UUID) -> StoreReservation | None:
    """The same, and nobody else changes it until we are done."""
    _lock(tx, [id_])
    return find_reservation(tx, by, id_)


def _lock(tx: Tx, ids: Collection[UUID]) -> None:
    """Before they are read: who has waited would read the lines of before its wait."""
    tx.execute(
        """
        select id from store_reservation where id = any(%(ids)s::uuid[])
         order by id for update
        """,
        {"ids": list(ids)},
    )


def list_reservations(
    tx: Tx, location_id: UUID | None, state: str | None, page: tuple[UUID | None, int]
) -> tuple[StoreReservation, ...]:
    rows = tx.execute(
        f"""
        select {COLUMNS} from store_reservation as kept
         where (%(at)s::uuid is null or kept.location_id = %(at)s)
           and (%(state)s::text is null or kept.state = %(state)s)
           and (%(after)s::uuid is null or kept.id > %(after)s)
         order by kept.id limit %(limit)s
        """,
        {"at": location_id, "state": state, "after": page[0], "limit": page[1]},
    )
    return tuple(_reservation(row) for row in rows)


def list_open(tx: Tx, location_id: UUID, limit: int) -> tuple[StoreReservation, ...]:
    """What a store has to do with now, the most pressing first."""
    rows = tx.execute(
        f"""
        select {COLUMNS} from store_reservation as kept
         where kept.location_id = %(at)s and kept.state in ('requested', 'set_aside')
         order by coalesce(kept.stands_until, kept.answer_by), kept.id limit %(limit)s
        """,
        {"at": location_id, "limit": limit},
    )
    return tuple(_reservation(row) for row in rows)


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Those whose time is over, unlocked, the oldest first."""
    rows = tx.execute(
        """
        select id from store_reservation
         where state in ('requested', 'set_aside')
           and coalesce(stands_until, answer_by) <= %(now)s
         order by coalesce(stands_until, answer_by) limit %(limit)s
        """,
        {"now": now, "limit": limit},
    )
    return tuple(row[0] for row in rows)


def list_to_remind(tx: Tx, now: datetime, before: timedelta, limit: int) -> tuple[UUID, ...]:
    """Those that end soon, of whose customers nobody has been told."""
    rows = tx.execute(
        f"""
        select id from store_reservation
         where state = 'set_aside' and reminded_at is null
           and stands_until <= %(now)s + interval '{before.total_seconds():.0f} seconds'
         order by stands_until limit %(limit)s
        """,
        {"now": now, "limit": limit},
    )
    return tuple(row[0] for row in rows)


def lock_reservations(tx: Tx, ids: Collection[UUID]) -> tuple[StoreReservation, ...]:
    """Some of them, locked in the order of their ids."""
    _lock(tx, ids)
    rows = tx.execute(
        f"""
        select {COLUMNS} from store_reservation as kept
         where kept.id = any(%(ids)s::uuid[]) order by kept.id
        """,
        {"ids": list(ids)},
    )
    return tuple(_reservation(row) for row in rows)


def remove_notes(tx: Tx, customer_id: UUID) -> None:
    """What somebody wrote with what stores kept for them, and whom they sent, taken away."""
    tx.execute(
        """
        update store_reservation set note = null, collector = null
         where customer_id = %(id)s and (note is not null or collector is not null)
        """,
        {"id": customer_id},
    )
